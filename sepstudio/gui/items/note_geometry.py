"""Where notes lie on the pixels of a canvas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF

from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.scores.rows import Rows
from sepstudio.gui.scores.table import Floats, Ints
from sepstudio.io.scores.records import Part

LEAST_WIDTH, LEAST_HEIGHT = 2.0, 3.0


@dataclass(frozen=True, eq=False)
class Rects:
    """Rectangles in pixels from the upper left of a canvas, [rectangles] each."""

    left: Floats
    top: Floats
    width: Floats
    height: Floats

    def where(self, chosen: npt.NDArray[np.bool_]) -> Rects:
        """Return some of them."""
        return Rects(self.left[chosen], self.top[chosen], self.width[chosen], self.height[chosen])

    def listed(self) -> list[QRectF]:
        """Return them as Qt draws them."""
        return list(map(QRectF, *(column.tolist() for column in (self.left, self.top, self.width, self.height))))


class Geometry:
    """Maps times and pitches to pixels of one canvas; heights come from ``rows``."""

    def __init__(self, canvas: Canvas, rows: Rows) -> None:
        self.canvas = canvas
        self._across = canvas.width / (canvas.stop - canvas.start)
        self._up = canvas.height / (canvas.top - canvas.bottom)
        self._rows = rows

    def x(self, seconds: Floats | float) -> Floats:
        """Return how far right of the canvas times lie; far outside they are cut."""
        pixels = (np.asarray(seconds, np.float64) - self.canvas.start) * self._across
        return np.clip(pixels, -self.canvas.width, 2.0 * self.canvas.width)

    def rows(self, part: Part = "note") -> tuple[Floats, Floats]:
        """Return the upper and the lower end of the row of each pitch, at least as high as can be seen."""
        bottoms, tops = self._rows.bounds(part)
        upper, lower = ((self.canvas.top - edge) * self._up for edge in (tops, bottoms))
        middle, half = (upper + lower) / 2, np.maximum(lower - upper, LEAST_HEIGHT * self.canvas.ratio) / 2
        return middle - half, middle + half

    def rects(self, starts: Floats, stops: Floats, pitches: Ints, part: Part = "note") -> Rects:
        """Return the rectangles of stretches of time in the rows of pitches; NaN where a pitch has no row."""
        left, right = self.x(starts), self.x(stops)
        upper, lower = self.rows(part)
        width = np.maximum(right - left, LEAST_WIDTH * self.canvas.ratio)
        return Rects(left, upper[pitches], width, (lower - upper)[pitches])

    def seen(self, rects: Rects) -> npt.NDArray[np.bool_]:
        """Return which rectangles meet the canvas."""
        with np.errstate(invalid="ignore"):
            across = (rects.left < self.canvas.width) & (rects.left + rects.width > 0)
            return across & (rects.top < self.canvas.height) & (rects.top + rects.height > 0)
