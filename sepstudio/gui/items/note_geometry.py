"""Where notes lie on the pixels of a canvas."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRect

from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.scores.rows import Rows
from sepstudio.gui.scores.table import Floats, Ints
from sepstudio.io.scores.records import Part

LEAST_WIDTH, LEAST_HEIGHT = 2.0, 3.0
# As far beside a canvas as no line that is seen reaches.
_BESIDE = 8.0


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

    def edges(self, pixels: float) -> Rects:
        """Return the four sides of each as rectangles: translucent ones are filled ten times as fast as lines."""
        left, top = np.rint(self.left), np.rint(self.top)
        right, bottom = np.rint(self.left + self.width), np.rint(self.top + self.height)
        thick = np.minimum(max(round(pixels), 1), np.maximum(bottom - top, 1.0))
        tall = np.maximum(bottom - top - 2 * thick, 0.0)
        columns = (
            (left, left, left, right - thick),
            (top, bottom - thick, top + thick, top + thick),
            (right - left, right - left, thick, thick),
            (thick, thick, tall, tall),
        )
        return Rects(*(np.concatenate(column) for column in columns))

    def brackets(self, reach: float, thick: float) -> Rects:
        """Return both ends of each as brackets whose feet are ``reach`` long."""
        foot = np.minimum(reach, np.maximum(self.width / 2, thick))
        post, full = np.full_like(self.left, thick), np.maximum(self.height - 2 * thick, 0.0)
        right, low, high = self.left + self.width, self.top + self.height - thick, self.top
        columns = (
            (self.left, right - thick, self.left, self.left, right - foot, right - foot),
            (high + thick, high + thick, high, low, high, low),
            (post, post, foot, foot, foot, foot),
            (full, full, post, post, post, post),
        )
        return Rects(*(np.concatenate(column) for column in columns))

    def grown(self, pixels: float) -> Rects:
        """Return them larger on all sides."""
        more = 2 * pixels
        return Rects(self.left - pixels, self.top - pixels, self.width + more, self.height + more)

    def within(self, width: float, height: float) -> Rects:
        """Return the parts that lie on a canvas or a few pixels beside it."""
        left, top = np.maximum(self.left, -_BESIDE), np.maximum(self.top, -_BESIDE)
        right = np.minimum(self.left + self.width, width + _BESIDE)
        bottom = np.minimum(self.top + self.height, height + _BESIDE)
        return Rects(left, top, right - left, bottom - top)

    def listed(self) -> list[QRect]:
        """Return them on whole pixels, as Qt draws them fastest."""
        left, top = np.rint(self.left), np.rint(self.top)
        width, height = np.rint(self.left + self.width) - left, np.rint(self.top + self.height) - top
        columns = (left, top, width, height)
        return list(map(QRect, *(column.astype(np.int64).tolist() for column in columns)))


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
        whole = Rects(left, upper[pitches], width, (lower - upper)[pitches])
        return whole.within(self.canvas.width, self.canvas.height)

    def seen(self, rects: Rects) -> npt.NDArray[np.bool_]:
        """Return which rectangles meet the canvas."""
        with np.errstate(invalid="ignore"):
            across = (rects.left < self.canvas.width) & (rects.left + rects.width > 0)
            upwards = (rects.top < self.canvas.height) & (rects.top + rects.height > 0)
            return across & upwards & (rects.width > 0) & (rects.height > 0)
