"""The outlines of the points that decided about one point, over a spectrogram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QColor, QPainter

from sepstudio.gui.items.markers import cosmetic_pen
from sepstudio.gui.theme import DARK
from sepstudio.tiles.scales import FrequencyScale

_Z = 80
# The pictures are dark in both themes.
_RING, _HALO = DARK.text, DARK.window
_RING_PIXELS = 5.0
_HALO_PIXELS, _LINE_PIXELS = 3.0, 1.0
# More outlines than pixels tell nothing.
MOST_CELLS = 600

Floats = npt.NDArray[np.float64]


@runtime_checkable
class HasScale(Protocol):
    """Something whose heights 0 to 1 are the unit axis of a scale."""

    @property
    def scale(self) -> FrequencyScale:
        """The frequency axis."""


@dataclass(frozen=True)
class MarkedCells:
    """Cells of a spectrogram: their middles in seconds and Hz, their size, and the colour of the outline."""

    seconds: Floats
    hertz: Floats
    frame_s: float
    bin_hz: float
    colour: str


class ProbeMarks(pg.GraphicsObject):
    """A ring round a point, and outlines of cells; follows the frequency axis of ``view``."""

    def __init__(self, view: HasScale) -> None:
        super().__init__()
        self.setZValue(_Z)
        self._view = view
        self._point: tuple[float, float] | None = None
        self._cells: tuple[MarkedCells, ...] = ()

    def show_marks(self, point: tuple[float, float] | None, cells: Sequence[MarkedCells]) -> None:
        """Mark a point (seconds, Hz) and cells, or nothing (None)."""
        self.prepareGeometryChange()
        self._point, self._cells = point, tuple(cells)
        self.update()

    @property
    def cells(self) -> tuple[MarkedCells, ...]:
        """What is outlined."""
        return self._cells

    def boundingRect(self) -> QRectF:
        """Return the whole height between the first and the last mark."""
        if self._point is None:
            return QRectF()
        times = np.concatenate([[self._point[0]], *(cells.seconds for cells in self._cells)])
        margin = max((cells.frame_s for cells in self._cells), default=0.0) + self._ring_size()[0]
        return QRectF(times.min() - margin, 0.0, float(np.ptp(times)) + 2 * margin, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the outlines and the ring."""
        if self._point is None:
            return
        painter.setBrush(QColor(0, 0, 0, 0))
        rects = [(cells.colour, self._rects(cells)) for cells in self._cells]
        for colour, some in rects:
            for drawn, width in ((_HALO, _HALO_PIXELS), (colour, _LINE_PIXELS)):
                painter.setPen(cosmetic_pen(drawn, width))
                painter.drawRects(some)
        self._paint_ring(painter)

    def _rects(self, cells: MarkedCells) -> list[QRectF]:
        step = -(-cells.seconds.size // MOST_CELLS)
        seconds, hertz = cells.seconds[::step], cells.hertz[::step]
        scale = self._view.scale
        lowest = scale.lo if scale.kind == "log" else 0.0
        bottoms = scale.to_unit(np.maximum(hertz - cells.bin_hz / 2, lowest))
        tops = scale.to_unit(hertz + cells.bin_hz / 2)
        return [
            QRectF(time - cells.frame_s / 2, bottom, cells.frame_s, top - bottom)
            for time, bottom, top in zip(seconds, bottoms, tops, strict=True)
            if top > bottom
        ]

    def _paint_ring(self, painter: QPainter) -> None:
        scale = self._view.scale
        centre = QPointF(self._point[0], float(scale.to_unit(max(self._point[1], scale.lo))))
        across, up = self._ring_size()
        for colour, width in ((_HALO, _HALO_PIXELS), (_RING, 1.5)):
            painter.setPen(cosmetic_pen(colour, width))
            painter.drawEllipse(centre, across, up)
            for dx, dy in ((-across, 0.0), (across, 0.0), (0.0, -up), (0.0, up)):
                inner, outer = QPointF(dx, dy), QPointF(2 * dx, 2 * dy)
                painter.drawLine(QLineF(centre + inner, centre + outer))

    def _ring_size(self) -> tuple[float, float]:
        across, up = self.getViewBox().viewPixelSize() if self.getViewBox() is not None else (0.0, 0.0)
        return _RING_PIXELS * across, _RING_PIXELS * up
