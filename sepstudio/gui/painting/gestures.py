"""Gestures of painting: each gathers where the mouse goes, and becomes one stroke."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sepstudio.gui.painting.axes import length_of
from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.thinning import Points, enclosed_area, needed_points
from sepstudio.gui.painting.tools import SIZED
from sepstudio.io.strokes.records import Stroke, Tool
from sepstudio.tiles.scales import FrequencyScale

# In pixels: how far the mouse goes before it is a new point, how far a thinned path may lie beside what was drawn,
# and what is too small to have been meant.
_STEP, _TOLERANCE = 2.0, 0.75
_LEAST_SIDE, _LEAST_AREA = 3.0, 16.0
_LEAST_POINTS = {"box": 2, "lasso": 3}
# Of the size of a brush: corners much finer than the brush are not seen.
_STEP_SHARE, _TOLERANCE_SHARE = 0.1, 0.04

Place = tuple[float, float]


@dataclass(frozen=True)
class Ground:
    """What is painted on: an axis, and how many seconds and heights a pixel covers.

    Strokes speak of the source with the id ``source``, and say what does not belong to it if they are ``against`` it.
    """

    scale: FrequencyScale
    pixel_s: float
    pixel_height: float
    duration: float
    source: str
    against: bool = False

    def clipped(self, place: Place) -> Place:
        """Return the nearest place within the recording, in seconds and heights."""
        return min(max(place[0], 0.0), self.duration), min(max(place[1], 0.0), 1.0)

    def pixels(self, places: list[Place]) -> Points:
        """Return places in pixels."""
        return np.array(places, np.float64) / (self.pixel_s, self.pixel_height)


class PaintGesture:
    """From press to release of the button; places are seconds and heights (0 to 1) of the axis."""

    def __init__(self, board: PaintBoard, ground: Ground, tool: Tool, start: Place) -> None:
        self._ground = ground
        self._tool = tool
        self._size = board.size
        self._made = _maker(board, ground, tool)
        self._path = [ground.clipped(start)]

    @property
    def tool(self) -> Tool:
        """What it is made with."""
        return self._tool

    def move(self, place: Place, *, straight: bool = False) -> bool:
        """Follow the mouse, along one axis if it is to be ``straight``; returns whether it is another stroke now."""
        place = self._ground.clipped(place)
        if straight and self._tool in SIZED:
            place = self._along_axis(place)
            del self._path[1:]
        elif self._tool == "box":
            del self._path[1:]
        elif self._is_near(place):
            return False
        self._path.append(place)
        return True

    def finish(self) -> Stroke | None:
        """Return the stroke, or None where it is too small to have been meant."""
        path = self._ground.pixels(self._path)
        if self._tool == "box" and (len(path) < 2 or np.abs(path[-1] - path[0]).min() < _LEAST_SIDE):
            return None
        if self._tool == "lasso" and (len(path) < 3 or enclosed_area(path) < _LEAST_AREA):
            return None
        return self.stroke()

    def stroke(self) -> Stroke | None:
        """Return the stroke as far as it goes, with no more points than it needs; None where it covers nothing yet."""
        path = self._thinned()
        # A lasso that is as good as a line goes around nothing, however long it is.
        return self._of(path) if len(path) >= _LEAST_POINTS.get(self._tool, 1) else None

    def _thinned(self) -> list[Place]:
        if self._tool == "box":
            return self._path
        tolerance = _TOLERANCE if self._tool == "lasso" else max(_TOLERANCE, _TOLERANCE_SHARE * self._size)
        needed = needed_points(self._ground.pixels(self._path), tolerance)
        return [self._path[index] for index in needed.tolist()]

    def _of(self, path: list[Place]) -> Stroke:
        seconds, heights = zip(*path, strict=True)
        hertz = np.maximum(self._ground.scale.to_hertz(heights), 0.0)
        return self._made(points=tuple(zip(seconds, hertz.tolist(), strict=True)))

    def _is_near(self, place: Place) -> bool:
        step = _STEP if self._tool == "lasso" else max(_STEP, _STEP_SHARE * self._size)
        last, now = self._ground.pixels([self._path[-1], place])
        return math.hypot(*(now - last)) < step

    def _along_axis(self, place: Place) -> Place:
        start = self._path[0]
        first, now = self._ground.pixels([start, place])
        across, upwards = np.abs(now - first)
        return (place[0], start[1]) if across >= upwards else (start[0], place[1])


def _maker(board: PaintBoard, ground: Ground, tool: Tool) -> Callable[..., Stroke]:
    erases = tool == "eraser"
    brush = {"width": 0.0, "height": 0.0}
    if tool in SIZED:
        height = board.size * ground.pixel_height * length_of(ground.scale)
        brush = {"width": board.size * ground.pixel_s, "height": height}
    partials = board.partials if tool == "harmonic" else 1
    opacity, against = (1.0, False) if erases else (board.opacity, ground.against)

    def make(points: tuple[Place, ...]) -> Stroke:
        said = "" if erases else ground.source
        return Stroke(
            tool, said, points, **brush, axis=ground.scale.kind, opacity=opacity, against=against, partials=partials
        )

    return make
