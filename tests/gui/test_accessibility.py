"""Everything can be named by a screen reader, reached by Tab, and seen to have the focus; pictures are sharp."""

import os
import subprocess
import sys

import pytest
from codec_scenes import install_codec, write_scene
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLabel,
    QScrollBar,
    QTabBar,
    QWidget,
)
from tiny_models import tiny_model

from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.help import KeysWindow
from sepstudio.gui.icons import icon
from sepstudio.gui.preferences.window import PreferencesWindow
from sepstudio.gui.theme import DARK
from sepstudio.nn.library import own_folder
from sepstudio.paths import resource

# Text that can be marked with the mouse speaks for itself.
NOT_CONTROLS = (QScrollBar, QLabel)
CLICKABLE = (QAbstractButton, QAbstractSlider, QComboBox)
# More than any window has controls.
MANY = 400


def controls(root):
    """What can be focused or clicked and is on show; parts of a control that only serve it do not count."""
    return [
        widget
        for widget in root.findChildren(QWidget)
        if widget.isVisibleTo(root)
        and widget.isEnabled()
        and not isinstance(widget, NOT_CONTROLS)
        and widget.focusProxy() is None
        and (widget.focusPolicy() != Qt.FocusPolicy.NoFocus or isinstance(widget, CLICKABLE))
        and not (isinstance(widget, QAbstractButton) and isinstance(widget.parent(), QTabBar))
        and not widget.objectName().startswith("qt_spinbox")
    ]


def told(widget):
    return f"{type(widget).__name__} {widget.objectName()!r} in {widget.parentWidget().objectName()!r}"


def tabbed(start):
    """Press Tab until the focus has come round; return what had it, in order."""
    start.setFocus()
    reached = [start]
    for _ in range(MANY):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        focused = QApplication.focusWidget()
        if focused in reached:
            return reached
        reached.append(focused)
    raise AssertionError("Tab never comes round")


def with_run(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    window.panel.set_params(type(window.panel.params)(iterations=1))
    window.panel.separate.click()
    qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
    qtbot.waitUntil(window.tab.settled, timeout=60_000)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def unnamed(root):
    return [told(widget) for widget in controls(root) if not (widget.accessibleName() and widget.toolTip())]


def unreached(root, start):
    reached = tabbed(start)
    return [
        told(widget)
        for widget in controls(root)
        if widget not in reached and not isinstance(widget, QTabBar) and widget.window() is root
    ]


def unseen(start):
    """Return what looks with the focus as it does without."""
    hidden, reached = [], tabbed(start)
    for widget in reached:
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        focused = widget.grab().toImage()
        reached[widget is reached[0]].setFocus(Qt.FocusReason.TabFocusReason)
        if widget.grab().toImage() == focused:
            hidden.append(told(widget))
    return hidden


def test_every_control_of_the_window_has_a_name_and_a_tooltip(in_studio, qtbot, recording):
    def scenario(window):
        with_run(window, qtbot)
        assert len(controls(window)) > 60
        assert unnamed(window) == []

    in_studio([recording], scenario)


def test_every_control_of_the_empty_window_has_a_name_and_a_tooltip(in_studio):
    def scenario(window):
        assert unnamed(window) == []

    in_studio([], scenario)


def test_tab_reaches_every_control_of_the_window(in_studio, qtbot, recording):
    def scenario(window):
        with_run(window, qtbot)
        assert "\n".join(unreached(window, window.tab.mixture.view)) == ""

    in_studio([recording], scenario)


@pytest.mark.parametrize("page", ["library", "train", "train-codec"])
def test_the_models_tab_is_named_and_reached(in_studio, qtbot, page):
    own_folder().mkdir(parents=True)
    tiny_model(own_folder() / "choir.safetensors", ("vocals",))

    def scenario(window):
        tab = window.models.tab
        window.actions_by_id["tab-models"].trigger()
        tab.show_page(page)
        if page == "library":
            tab.library.open_download()
            tab.library.row.url.setText("https://example.org/model.safetensors")
            qtbot.waitUntil(tab.library.card.verify.isEnabled, timeout=20_000)
        else:
            (tab.training if page == "train" else tab.codec_training).form.params.complete()
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        qtbot.waitUntil(lambda: len(controls(tab)) > 10)
        assert unnamed(window) == []
        assert "\n".join(unreached(window, controls(tab)[0])) == ""
        assert "\n".join(unseen(controls(tab)[0])) == ""

    in_studio([], scenario)


@pytest.mark.parametrize("is_open", [True, False])
def test_the_codec_tab_is_named_and_reached(in_studio, qtbot, own_home, tmp_path, is_open):
    install_codec()

    def scenario(window):
        codec = window.codec
        window.actions_by_id["tab-codec"].trigger()
        qtbot.waitUntil(lambda: codec.is_complete and codec.tab.turns.idle, timeout=20_000)
        if is_open:
            qtbot.waitUntil(codec.foot.encode.isEnabled, timeout=20_000)
            codec.foot.encode.click()
            qtbot.waitUntil(lambda: len(codec.conditions.rows) == 2, timeout=60_000)
            qtbot.waitUntil(lambda: all(pane.filled for pane in codec.views.panes.values()), timeout=20_000)
        qtbot.waitUntil(lambda: not window.bridge.busy and codec.tab.turns.idle, timeout=20_000)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        assert len(controls(codec.tab)) > (10 if is_open else 5)
        assert unnamed(window) == []
        assert "\n".join(unreached(window, controls(codec.tab)[0])) == ""
        assert "\n".join(unseen(controls(codec.tab)[0])) == ""

    in_studio([write_scene(tmp_path / "scene.wav", 0.5)] if is_open else [], scenario)


def test_the_focus_can_be_seen_on_every_control(in_studio, qtbot, recording):
    def scenario(window):
        with_run(window, qtbot)
        assert "\n".join(unseen(window.tab.mixture.view)) == ""

    in_studio([recording], scenario)


@pytest.mark.parametrize("page", ["Look", "Spectrogram", "Sound", "Computing", "Files", "Keys"])
def test_the_preferences_are_named_and_reached(in_studio, qtbot, page):
    def scenario(window):
        window.actions_by_id["preferences"].trigger()
        dialog = window.findChild(PreferencesWindow)
        dialog.show_page(page)
        dialog.activateWindow()
        qtbot.waitUntil(dialog.isActiveWindow)
        assert unnamed(dialog) == []
        assert unreached(dialog, dialog.pages) == []

    in_studio([], scenario)


def test_help_and_errors_are_named_and_reached(in_studio, qtbot):
    def scenario(window):
        window.actions_by_id["keys"].trigger()
        sheet = window.findChild(KeysWindow)
        error = error_box(window, "Opening a.wav", ValueError("x"), "details")
        error.findChild(QAbstractButton, "error.fold").click()
        error.show()
        for dialog in (sheet, error):
            dialog.activateWindow()
            qtbot.waitUntil(dialog.isActiveWindow)
            assert unnamed(dialog) == []
            assert unreached(dialog, controls(dialog)[0]) == []
            dialog.close()

    in_studio([], scenario)


# -- sharp pictures ----------------------------------------------------------------------------


@pytest.mark.parametrize("ratio", [1.0, 2.0])
@pytest.mark.parametrize("side", [14, 16, 18, 32])
def test_icons_are_drawn_in_the_pixels_of_the_screen(qapp, ratio, side):
    pixmap = icon("separate", DARK.text).pixmap(QSize(side, side), ratio)
    assert pixmap.devicePixelRatio() == pytest.approx(ratio)
    assert pixmap.width() == round(side * ratio)
    # The picture is that of its own size, pixel by pixel, and not another one that was scaled.
    drawn = QImage(pixmap.size(), QImage.Format.Format_ARGB32_Premultiplied)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    svg = resource("icons", "separate.svg").read_text(encoding="utf-8").replace("currentColor", DARK.text)
    QSvgRenderer(svg.encode()).render(painter, QRectF(drawn.rect()))
    painter.end()
    assert pixmap.toImage().convertToFormat(drawn.format()).constBits() == drawn.constBits()


SHARP = """
import sys
from PySide6.QtWidgets import QLabel, QToolButton
from sepstudio.gui.app import application, studio
from sepstudio.gui.error_dialog import error_box
app = application()
with studio() as window:
    window.show()
    app.processEvents()
    ratio = float(sys.argv[1])
    assert window.devicePixelRatio() == ratio, window.devicePixelRatio()
    assert window.grab().width() == round(window.width() * ratio)
    dialog = error_box(window, "Test", ValueError("x"), "")
    signs = [label.pixmap() for label in dialog.findChildren(QLabel) if not label.pixmap().isNull()]
    assert signs and all(sign.devicePixelRatio() == ratio for sign in signs)
    for button in window.findChildren(QToolButton):
        if not button.icon().isNull():
            made = button.icon().pixmap(button.iconSize(), ratio)
            assert made.devicePixelRatio() == ratio, button.objectName()
            assert made.width() == round(button.iconSize().width() * ratio), button.objectName()
    print("sharp")
"""


@pytest.mark.parametrize("ratio", ["1", "1.5", "2"])
def test_the_window_draws_at_the_ratio_of_its_screen(own_home, ratio):
    environment = {**os.environ, "QT_SCALE_FACTOR": ratio, "QT_QPA_PLATFORM": "offscreen"}
    ended = subprocess.run(
        [sys.executable, "-c", SHARP, ratio],
        capture_output=True, text=True, timeout=180, check=False, env=environment,
    )  # fmt: skip
    assert ended.stdout.strip() == "sharp", ended.stderr
