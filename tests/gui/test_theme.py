"""The look: contrast, one table of colours, icons that follow it, and widgets that follow a change of theme."""

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QPushButton

import sepstudio.gui
from sepstudio.gui import theme
from sepstudio.gui.icons import icon
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.paths import resource

THEMES = pytest.mark.parametrize("palette", [theme.DARK, theme.LIGHT], ids=["dark", "light"])
ICONS = sorted(path.stem for path in resource("icons").glob("*.svg"))


def colours_of(image) -> set[str]:
    """Colours of the fully opaque pixels."""
    pixels = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


def test_contrast_of_black_on_white_is_21_and_of_equals_1():
    assert theme.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert theme.contrast("#5AA9E6", "#5AA9E6") == pytest.approx(1.0)
    # The grey that WCAG's own examples give as just passing on white.
    assert theme.contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


@THEMES
@pytest.mark.parametrize("ground", ["window", "panel", "raised"])
@pytest.mark.parametrize("name", ["text", "muted"])
def test_text_can_be_read_on_every_ground(palette, ground, name):
    assert theme.contrast(getattr(palette, name), getattr(palette, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize("ground", ["window", "panel"])
@pytest.mark.parametrize("name", ["accent", "warning", "error", "ok"])
def test_coloured_words_can_be_read(palette, ground, name):
    assert theme.contrast(getattr(palette, name), getattr(palette, ground)) >= 4.5


@THEMES
@pytest.mark.parametrize("ground", ["accent", "warning", "error"])
def test_letters_on_lit_buttons_can_be_read(palette, ground):
    assert theme.contrast(palette.window, getattr(palette, ground)) >= 4.5


def test_stem_colours_are_the_agreed_ones_and_stable():
    assert theme.stem_colour("harmonic") == "#0072B2"
    assert theme.stem_colour("percussive") == "#E69F00"
    assert theme.stem_colour("residual") == "#999999"
    assert theme.stem_colour("Drums") == theme.stem_colour("drums") == "#009E73"
    unknown = theme.stem_colour("theremin")
    assert unknown == theme.stem_colour("theremin")
    assert re.fullmatch("#[0-9A-F]{6}", unknown)
    # Not one grey for all: eight made-up names get several colours.
    assert len({theme.stem_colour(f"source {n}") for n in range(8)}) >= 4


def test_blend_goes_from_ground_to_colour():
    assert theme.blend("#FF0000", "#0000FF", 0.0) == "#0000ff"
    assert theme.blend("#FF0000", "#0000FF", 1.0) == "#ff0000"
    assert theme.blend("#FFFFFF", "#000000", 0.5) == "#808080"


@THEMES
def test_apply_theme_reaches_palette_font_and_custom_painting(qapp, palette):
    theme.apply_theme(qapp, palette)
    assert theme.current_palette() == palette
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == palette.window.lower()
    assert qapp.palette().color(QPalette.ColorRole.Text).name() == palette.text.lower()
    assert qapp.font().pixelSize() == 13
    assert theme.title_font().pixelSize() == 15
    assert palette.accent in qapp.styleSheet()
    assert "$" not in qapp.styleSheet()


def test_numbers_do_not_shift_as_they_count(qapp):
    from PySide6.QtGui import QFontMetricsF

    metrics = QFontMetricsF(theme.number_font())
    assert len({metrics.horizontalAdvance(digit) for digit in "0123456789"}) == 1


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_is_drawn_in_the_colour_that_is_asked_for(qapp, name):
    image = icon(name, "#12ab34").pixmap(QSize(48, 48)).toImage()
    assert colours_of(image)
    if name != "app":
        assert colours_of(image) == {"#12ab34"}


@pytest.mark.parametrize("name", [name for name in ICONS if name != "app"])
def test_icon_files_keep_to_the_one_drawing_style(name):
    text = resource("icons", f"{name}.svg").read_text(encoding="utf-8")
    assert 'viewBox="0 0 24 24"' in text
    assert 'stroke-width="1.5"' in text
    assert 'stroke="currentColor"' in text
    assert not re.search("#[0-9a-fA-F]{3}", text)


def test_an_unknown_icon_is_an_error(qapp):
    with pytest.raises(FileNotFoundError, match="no-such-icon"):
        icon("no-such-icon", "#000000")


def test_no_colour_literal_outside_the_theme():
    root = Path(sepstudio.gui.__file__).parent
    own = [*root.joinpath("panels").rglob("*.py"), *root.joinpath("widgets").rglob("*.py"), root / "stylesheet.py"]
    literal = re.compile(r"#[0-9a-fA-F]{6}\b|QColor\(\s*(\d|Qt\.)")
    assert {path.name for path in own if literal.search(path.read_text(encoding="utf-8"))} == set()


def test_an_icon_button_follows_a_change_of_theme(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    button = IconButton("play", "Play", shortcut="Space")
    qtbot.addWidget(button)
    button.show()
    assert theme.DARK.text.lower() in colours_of(button.icon().pixmap(48, 48).toImage())
    theme.apply_theme(qapp, theme.LIGHT)
    assert theme.LIGHT.text.lower() in colours_of(button.icon().pixmap(48, 48).toImage())
    assert button.toolTip() == "Play (Space)"
    assert button.accessibleName() == "Play"


def test_a_check_box_is_ticked_visibly(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    box = CheckBox("Spatial model")
    qtbot.addWidget(box)
    box.show()
    assert theme.DARK.accent.lower() not in colours_of(box.grab().toImage())
    box.setChecked(True)
    found = colours_of(box.grab().toImage())
    assert theme.DARK.accent.lower() in found
    # The tick itself is in the colour of the window, on the accent.
    assert min(theme.contrast(colour, theme.DARK.window) for colour in found) < 1.3


@pytest.mark.parametrize("make", [QPushButton, QComboBox, QDoubleSpinBox])
def test_controls_have_the_height_of_the_grid(qtbot, qapp, make):
    theme.apply_theme(qapp, theme.DARK)
    control = make()
    qtbot.addWidget(control)
    control.show()
    assert theme.CONTROL_HEIGHT <= control.sizeHint().height() <= theme.CONTROL_HEIGHT + 4


def test_a_number_box_shows_its_number_under_the_stylesheet(qtbot, qapp):
    # Without an origin for the hidden arrows, Qt leaves the text a width of one pixel.
    theme.apply_theme(qapp, theme.DARK)
    box = QDoubleSpinBox()
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    qtbot.addWidget(box)
    box.resize(120, 28)
    box.show()
    assert box.lineEdit().width() > 100


def test_dark_is_dark_and_light_is_light():
    assert QColor(theme.DARK.window).lightness() < 40
    assert QColor(theme.LIGHT.window).lightness() > 215
