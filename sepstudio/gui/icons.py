"""The icons of ``resources/icons`` in the colours of the palette."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from sepstudio.paths import resource

# All that is used: a picture of another size would be scaled, and its thin lines smeared.
ICON_SIZES = (14, 16, 18, 20, 24, 32, 48)
# Beside those of the screens that are there: a window may go to a screen that comes later.
USUAL_RATIOS = frozenset({1.0, 2.0})


class _Shelf(QObject):
    """Icons that were drawn, kept by the application: a window shows a few of them hundreds of times.

    Pictures must go before the application does, which no variable of a module would see to.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._drawn: dict[tuple[str, str, frozenset[float]], QIcon] = {}

    def icon(self, name: str, colour: str) -> QIcon:
        """Return an icon, drawn on first use for the screens that are there."""
        ratios = USUAL_RATIOS | {screen.devicePixelRatio() for screen in QGuiApplication.screens()}
        key = (name, colour, ratios)
        if key not in self._drawn:
            self._drawn[key] = _drawn(name, colour, ratios)
        return self._drawn[key]


def icon(name: str, colour: str) -> QIcon:
    """Return an icon of ``resources/icons`` with its lines in ``colour``.

    Raises
    ------
    FileNotFoundError
        If there is no icon of that name.
    """
    app = QGuiApplication.instance()
    shelf = app.findChild(_Shelf, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return (shelf or _Shelf(app)).icon(name, colour)


def _drawn(name: str, colour: str, ratios: frozenset[float]) -> QIcon:
    lines = resource("icons", f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(lines.encode()))
    drawn = QIcon()
    for ratio in ratios:
        for size in ICON_SIZES:
            drawn.addPixmap(_rendered(renderer, round(size * ratio), ratio))
    return drawn


def _rendered(renderer: QSvgRenderer, pixels: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(pixels, pixels)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
