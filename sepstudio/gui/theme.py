"""The look of the window: one palette table, the stem colours, the fonts and the stylesheet."""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass

from PySide6.QtGui import (
    QColor,
    QFont,
    QFontDatabase,
    QPalette,
)
from PySide6.QtWidgets import QApplication

from sepstudio.gui.stylesheet import stylesheet

GRID = 8
PADDING = 12
CONTROL_HEIGHT = 28
TEXT_PIXELS = 13
TITLE_PIXELS = 15
# How much of the muted colour is left in the text of a disabled control.
FADED = 0.6

# Where the palette in force is kept: a property of the application, so that no module holds state.
_PALETTE_PROPERTY = "sepstudioPalette"
_MONOSPACE = ("JetBrains Mono", "Cascadia Mono", "SF Mono", "Menlo", "Consolas", "Noto Sans Mono", "DejaVu Sans Mono")


@dataclass(frozen=True)
class Palette:
    """The colours of one theme as ``#rrggbb``; text on an ``accent`` ground is drawn in ``window``."""

    window: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    warning: str
    error: str
    ok: str


DARK = Palette(
    window="#16181D",
    panel="#1D2027",
    raised="#262A33",
    line="#333845",
    text="#D9DCE3",
    muted="#8B92A1",
    accent="#5AA9E6",
    warning="#E6B450",
    error="#E5646B",
    ok="#6CC18E",
)
LIGHT = Palette(
    window="#F4F5F7",
    panel="#FFFFFF",
    raised="#E9EBEF",
    line="#CDD2DA",
    text="#1F2430",
    muted="#5D6575",
    accent="#1F6FB2",
    warning="#8A5A00",
    error="#B3303A",
    ok="#25734A",
)

# Okabe-Ito: told apart with any colour vision, and what other programs paint these stems in.
_STEM_COLOURS = {
    "drums": "#009E73",
    "bass": "#D55E00",
    "other": "#CC79A7",
    "vocals": "#56B4E9",
    "harmonic": "#0072B2",
    "percussive": "#E69F00",
    "residual": "#999999",
    "mixture": "#8FA3BF",
}
_FALLBACK_STEM_COLOURS = (
    "#8C6BD1",
    "#3FA7A0",
    "#C75B7A",
    "#A3A53B",
    "#5D8FD6",
    "#C98A4B",
    "#6FB35E",
    "#B36BB8",
    "#4FB0C6",
    "#D1785F",
    "#7F8FA9",
)

# What painters may choose among, by the names that people have for them.
PAINT_COLOURS = {
    "Sky blue": "#56B4E9",
    "Green": "#009E73",
    "Vermilion": "#D55E00",
    "Pink": "#CC79A7",
    "Orange": "#E69F00",
    "Blue": "#0072B2",
    "Yellow": "#F0E442",
    "Violet": "#8C6BD1",
    "Turquoise": "#3FA7A0",
    "Raspberry": "#C75B7A",
    "Olive": "#A3A53B",
    "Grey": "#999999",
}

# Hands, voices and instruments of a score: light enough over the dark end of every colour map.
_TRACK_COLOURS = ("#56B4E9", "#6FD08C", "#F4A6D7", "#F0E442", "#B7A3F5", "#5FE0D6", "#FFB27A", "#C7D36F")


def track_colour(index: int) -> str:
    """Return the colour of the track at a place in its score as ``#rrggbb``."""
    return _TRACK_COLOURS[index % len(_TRACK_COLOURS)]


def stem_colour(name: str) -> str:
    """Return the colour of a stem as ``#rrggbb``; an unknown name has the same colour on every day and machine."""
    known = _STEM_COLOURS.get(name.lower())
    return known or _FALLBACK_STEM_COLOURS[zlib.crc32(name.lower().encode()) % len(_FALLBACK_STEM_COLOURS)]


def blend(colour: str, ground: str, share: float) -> str:
    """Return ``share`` (0 to 1) of ``colour`` laid over ``ground``, as ``#rrggbb``."""
    over, under = QColor(colour), QColor(ground)
    mixed = (round(share * a + (1.0 - share) * b) for a, b in zip(over.getRgb()[:3], under.getRgb()[:3], strict=True))
    return QColor(*mixed).name()


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3])
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def apply_theme(app: QApplication, palette: Palette) -> None:
    """Give the application its style, colours, font and stylesheet; widgets on show follow at once."""
    if app.property(_PALETTE_PROPERTY) == list(dataclasses.astuple(palette)):
        # Every widget would be styled and measured anew for nothing.
        return
    app.setProperty(_PALETTE_PROPERTY, list(dataclasses.astuple(palette)))
    app.setStyle("Fusion")
    app.setFont(text_font())
    app.setPalette(_qt_palette(palette))
    tints = {
        "faded": blend(palette.muted, palette.panel, FADED),
        "accent_hover": blend(palette.accent, palette.text, 0.85),
    }
    app.setStyleSheet(stylesheet(dataclasses.asdict(palette) | tints, number_font().family()))


def current_palette() -> Palette:
    """Return the palette in force (dark before any theme was applied), for widgets that paint themselves."""
    app = QApplication.instance()
    colours = app.property(_PALETTE_PROPERTY) if app is not None else None
    return Palette(*colours) if colours else DARK


def text_font() -> QFont:
    """Return the font of controls: the system's own, 13 px."""
    return _pixel_font(QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont), TEXT_PIXELS)


def number_font() -> QFont:
    """Return the font of numbers: monospace, so that digits keep their place while they count."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    installed = set(QFontDatabase.families())
    font.setFamily(next((family for family in _MONOSPACE if family in installed), font.family()))
    return _pixel_font(font, TEXT_PIXELS)


def title_font() -> QFont:
    """Return the font of titles: 15 px, medium."""
    font = _pixel_font(text_font(), TITLE_PIXELS)
    font.setWeight(QFont.Weight.Medium)
    return font


def _pixel_font(font: QFont, pixels: int) -> QFont:
    font.setPixelSize(pixels)
    return font


def _qt_palette(colours: Palette) -> QPalette:
    role = QPalette.ColorRole
    table = {
        role.Window: colours.window,
        role.WindowText: colours.text,
        role.Base: colours.panel,
        role.AlternateBase: colours.raised,
        role.Text: colours.text,
        role.Button: colours.raised,
        role.ButtonText: colours.text,
        role.BrightText: colours.error,
        role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted,
        role.Highlight: colours.accent,
        role.HighlightedText: colours.window,
        role.Accent: colours.accent,
        role.Link: colours.accent,
        role.LinkVisited: colours.accent,
        role.Light: colours.line,
        role.Midlight: colours.raised,
        role.Mid: colours.line,
        role.Dark: colours.window,
        role.Shadow: colours.window,
    }
    palette = QPalette()
    for key, colour in table.items():
        palette.setColor(key, QColor(colour))
    faded = QColor(blend(colours.muted, colours.panel, FADED))
    for key in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, key, faded)
    return palette
