"""Draws strokes with a painter over the pixels of a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QImage, QPainter, QPainterPath, QPen, QTransform

from sepstudio.gui.theme import DARK
from sepstudio.io.strokes.records import PaintedSource, Stroke

# Of a stroke of full opacity: what is painted is to be seen through.
FULL = 0.62
_GROUND, _EDGE = 0.5, 0.9
_BADGE_PIXELS, _BADGE_FONT = 14.0, 10
# Smaller strokes have no room for the number of their source.
_LEAST_ROOM = 18.0


@dataclass(frozen=True)
class SourceLook:
    """How strokes of a source look: its colour, and the number it goes by."""

    colour: str
    number: int


def looks_of(sources: Sequence[PaintedSource]) -> dict[str, SourceLook]:
    """Return how the strokes of each source look, by its id."""
    return {source.id: SourceLook(source.colour, number) for number, source in enumerate(sources, 1)}


class StrokePainter:
    """Paints strokes one over the other: each takes the place of what is below it, as it does for the method.

    Strokes against a source are hatched, and what is below them stays: it may be of another one. ``ratio`` is how
    many pixels of the picture a pixel of the screen has.
    """

    def __init__(self, painter: QPainter, looks: Mapping[str, SourceLook], ratio: float) -> None:
        self._painter = painter
        self._looks = looks
        self._ratio = ratio
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def draw(self, stroke: Stroke, area: QPainterPath, start: QPointF) -> None:
        """Draw a stroke whose outline is ``area`` and which begins at ``start``, both in pixels."""
        mode = QPainter.CompositionMode
        if stroke.tool == "eraser":
            self._painter.setCompositionMode(mode.CompositionMode_Clear)
            self._painter.fillPath(area, Qt.GlobalColor.black)
            return
        look = self._looks.get(stroke.source)
        if look is None:
            return
        if stroke.against:
            self._hatch(stroke, area, look)
        else:
            self._painter.setCompositionMode(mode.CompositionMode_Source)
            self._edge(area, look.colour, 2.0)
            self._painter.fillPath(area, shade(look.colour, FULL * stroke.opacity))
            self._painter.setCompositionMode(mode.CompositionMode_SourceOver)
        room = area.controlPointRect()
        if min(room.width(), room.height()) >= _LEAST_ROOM * self._ratio:
            self._badge(stroke, look, start)

    def _edge(self, area: QPainterPath, colour: str, width: float) -> None:
        # The inner half goes with the fill that takes its place, and with it all lines across the inside. Smooth
        # edges would take eight times as long.
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        self._painter.strokePath(area, QPen(shade(colour, _EDGE), width * self._ratio))
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)

    def _hatch(self, stroke: Stroke, area: QPainterPath, look: SourceLook) -> None:
        self._painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
        self._painter.fillPath(area, shade(DARK.window, _GROUND * stroke.opacity))
        self._edge(area, look.colour, 1.0)
        hatching = QBrush(shade(look.colour, 0.3 + 0.7 * stroke.opacity), Qt.BrushStyle.BDiagPattern)
        hatching.setTransform(QTransform.fromScale(self._ratio, self._ratio))
        self._painter.fillPath(area, hatching)

    def _badge(self, stroke: Stroke, look: SourceLook, start: QPointF) -> None:
        picture = badge(f"≠{look.number}" if stroke.against else str(look.number), look.colour, self._ratio)
        place = QRectF(0.0, 0.0, picture.width(), picture.height())
        place.moveCenter(start)
        self._painter.drawImage(place, picture)


def badge(text: str, colour: str, ratio: float) -> QImage:
    """Return a small plate with a few letters in a colour."""
    side = _BADGE_PIXELS * ratio
    width = round(side * (1.0 if len(text) == 1 else 1.5))
    picture = QImage(width, round(side), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade(DARK.window, 0.8))
    painter.drawRoundedRect(QRectF(picture.rect()), 3.0 * ratio, 3.0 * ratio)
    font = QFont(painter.font())
    font.setPixelSize(round(_BADGE_FONT * ratio))
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(colour).lighter(130))
    painter.drawText(picture.rect(), Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    return picture


def shade(colour: str, opacity: float) -> QColor:
    """Return a colour that lets what is below it through."""
    made = QColor(colour)
    made.setAlphaF(min(max(opacity, 0.0), 1.0))
    return made
