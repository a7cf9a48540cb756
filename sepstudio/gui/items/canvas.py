"""What an item needs to know to paint pixel by pixel into a view box."""

from __future__ import annotations

from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPainter


@dataclass(frozen=True)
class Canvas:
    """The part of an item that is in view, on whole physical pixels.

    ``start`` to ``stop`` and ``bottom`` to ``top`` are in coordinates of the item, ``width`` and
    ``height`` in physical pixels; ``corner`` is the upper left on the device in logical pixels.
    """

    start: float
    stop: float
    bottom: float
    top: float
    corner: QPointF
    width: int
    height: int
    ratio: float

    def draw(self, painter: QPainter, image: QImage, drawn: Canvas | None = None) -> None:
        """Draw an image that was made for this canvas pixel by pixel, or one that was made for the canvas ``drawn``.

        What that shows is drawn where it belongs here, larger or smaller as need be.
        """
        painter.save()
        painter.resetTransform()
        if drawn is None or drawn == self:
            painter.drawImage(self.corner, image)
        else:
            painter.setClipRect(QRectF(self.corner, QSizeF(self.width, self.height) / self.ratio))
            painter.drawImage(self._place_of(drawn), image)
        painter.restore()

    def _place_of(self, other: Canvas) -> QRectF:
        across = self.width / self.ratio / (self.stop - self.start)
        up = self.height / self.ratio / (self.top - self.bottom)
        left = self.corner.x() + (other.start - self.start) * across
        upper = self.corner.y() + (self.top - other.top) * up
        return QRectF(left, upper, (other.stop - other.start) * across, (other.top - other.bottom) * up)


def canvas_of(item: pg.GraphicsObject, painter: QPainter) -> Canvas | None:
    """Return what of an item is in view, or None when it is nothing that could be seen.

    Device positions come from the painter's own transform, so that exports to an image of
    another size are right too.
    """
    seen = item.mapRectFromParent(item.getViewBox().viewRect()).intersected(item.boundingRect())
    rect = painter.worldTransform().mapRect(seen)
    if rect.width() <= 0 or rect.height() <= 0:
        return None
    ratio = painter.device().devicePixelRatioF()
    left, right = round(rect.left() * ratio), round(rect.right() * ratio)
    top, bottom = round(rect.top() * ratio), round(rect.bottom() * ratio)
    if right <= left or bottom <= top:
        return None
    across, up = seen.width() / rect.width(), seen.height() / rect.height()
    return Canvas(
        start=seen.left() + (left / ratio - rect.left()) * across,
        stop=seen.left() + (right / ratio - rect.left()) * across,
        bottom=_inside(seen, seen.bottom() - (bottom / ratio - rect.top()) * up),
        top=_inside(seen, seen.bottom() - (top / ratio - rect.top()) * up),
        corner=QPointF(left / ratio, top / ratio),
        width=right - left,
        height=bottom - top,
        ratio=ratio,
    )


def _inside(seen: QRectF, value: float) -> float:
    return min(max(value, seen.top()), seen.bottom())
