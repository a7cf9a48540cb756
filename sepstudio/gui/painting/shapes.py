"""The outlines of strokes, in seconds and Hz and on the axis of a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyqtgraph as pg
from PySide6.QtCore import QByteArray, QDataStream, QIODevice, QPointF, QRectF, Qt
from PySide6.QtGui import QPainterPath, QPainterPathStroker, QPolygonF, QTransform

from sepstudio.gui.painting.axes import UNIT_AXES
from sepstudio.io.strokes.records import AxisKind, Stroke
from sepstudio.tiles.scales import FrequencyScale

Floats = npt.NDArray[np.float64]

# Corners of an outline nearer to each other than this, as a share of the size of the brush, are not told apart.
_FINENESS = 0.12
# Curves are cut into straight pieces that are fine enough where the brush is so many units wide.
_FINE = QTransform.fromScale(16.0, 16.0)
# What a stream writes before the corners of a polygon.
_COUNT_BYTES = 4
# A side this long in mel may bend on another axis.
_STRAIGHT_MEL, _MOST_PIECES = 100.0, 64
# Heights that are drawn at all: far beyond the view nothing is seen, and coordinates stay of a size to count with.
_FARTHEST = 8.0


@dataclass(frozen=True, eq=False)
class Outline:
    """Closed polygons one after another: times in seconds and frequencies in Hz [points], ``ends`` of each."""

    seconds: Floats
    hertz: Floats
    ends: npt.NDArray[np.bool_]

    def on(self, scale: FrequencyScale) -> QPainterPath:
        """Return them in seconds and heights of an axis."""
        heights = np.clip(scale.to_unit(np.maximum(self.hertz, 0.0)), -_FARTHEST, _FARTHEST)
        path = pg.arrayToQPath(self.seconds, heights, connect=(~self.ends).astype(np.int32))
        path.setFillRule(Qt.FillRule.WindingFill)
        return path


def outline_of(stroke: Stroke) -> Outline:
    """Return what a stroke covers."""
    points = np.array(stroke.points, np.float64).reshape(-1, 2)
    if stroke.tool == "box":
        return _joined([_corners(points)])
    if stroke.tool == "lasso":
        closed = np.concatenate([points, points[:1]])
        return _joined([_in_hertz(closed[:, 0], UNIT_AXES[stroke.axis].to_unit(closed[:, 1]), stroke.axis)])
    partials = range(1, stroke.partials + 1) if stroke.tool == "harmonic" else (1,)
    return _joined([part for partial in partials for part in _swept(stroke, points * (1.0, float(partial)))])


def _corners(points: Floats) -> Floats:
    (left, bottom), (right, top) = points[0], points[-1]
    return np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])


def _swept(stroke: Stroke, points: Floats) -> list[Floats]:
    """Return the polygons that an elliptic brush covers on its way."""
    axis = UNIT_AXES[stroke.axis]
    size = np.array([stroke.width, stroke.height])
    # Where the brush is a circle one unit wide.
    round_points = np.column_stack([points[:, 0], axis.to_unit(points[:, 1])]) / size
    path = _round(round_points)
    parts = []
    for polygon in path.toSubpathPolygons(_FINE):
        parts.append(_in_hertz(*(_spaced(_corners_of(polygon)) / _FINE.m11() * size).T, stroke.axis))
    return parts


def _corners_of(polygon: QPolygonF) -> Floats:
    """Return the corners of a polygon [corners, 2]: one by one they take most of the time of an outline."""
    data = QByteArray()
    stream = QDataStream(data, QIODevice.OpenModeFlag.WriteOnly)
    stream << polygon
    return np.frombuffer(data.data(), ">f8", offset=_COUNT_BYTES).reshape(-1, 2).astype(np.float64)


def _in_hertz(seconds: Floats, places: Floats, kind: AxisKind) -> Floats:
    """Return a polygon that is straight from corner to corner on one axis, with corners enough for all others."""
    hertz = UNIT_AXES[kind].to_hertz(places)
    bends = np.abs(np.diff(UNIT_AXES["mel"].to_unit(np.maximum(hertz, 0.0))))
    counts = np.clip(np.ceil(bends / _STRAIGHT_MEL), 1, _MOST_PIECES).astype(np.int64)
    at = np.arange(counts.size).repeat(counts)
    steps = (np.arange(at.size) - (np.cumsum(counts) - counts)[at]) / counts[at]
    whole = np.append(at + steps, counts.size)
    corners = np.arange(len(places))
    there = UNIT_AXES[kind].to_hertz(np.interp(whole, corners, places))
    return np.column_stack([np.interp(whole, corners, seconds), there])


def _spaced(corners: Floats) -> Floats:
    """Return a closed polygon without the corners that lie close to the one before."""
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))])
    steps = np.floor(way / (_FINENESS * _FINE.m11()))
    kept = np.concatenate([[True], np.diff(steps) > 0])
    kept[-1] = True
    return corners[kept]


def _round(points: Floats) -> QPainterPath:
    path = QPainterPath(QPointF(*points[0]))
    if len(points) == 1 or not np.ptp(points, axis=0).any():
        dab = QPainterPath()
        dab.addEllipse(QRectF(points[0, 0] - 0.5, points[0, 1] - 0.5, 1.0, 1.0))
        return dab
    for x, y in points[1:].tolist():
        path.lineTo(x, y)
    pen = QPainterPathStroker()
    pen.setWidth(1.0)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen.createStroke(path)


def _joined(polygons: Sequence[Floats]) -> Outline:
    ends = np.zeros(sum(map(len, polygons)), np.bool_)
    ends[np.cumsum([len(polygon) for polygon in polygons]) - 1] = True
    points = np.concatenate(polygons)
    return Outline(points[:, 0].copy(), points[:, 1].copy(), ends)


class ShapeShelf:
    """Outlines of strokes that were drawn already: strokes never change, and several panes show the same ones.

    What is not among the strokes any more is let go by ``keep_only``; undo brings little back at once.
    """

    def __init__(self) -> None:
        self._outlines: dict[int, tuple[Stroke, Outline]] = {}
        self._paths: dict[tuple[int, FrequencyScale], QPainterPath] = {}

    def path(self, stroke: Stroke, scale: FrequencyScale) -> QPainterPath:
        """Return the outline of a stroke in seconds and heights of an axis."""
        key = (id(stroke), scale)
        if key not in self._paths:
            self._paths[key] = self._outline(stroke).on(scale)
        return self._paths[key]

    def _outline(self, stroke: Stroke) -> Outline:
        # Kept beside the stroke, so that its id is not given to another one.
        if id(stroke) not in self._outlines:
            self._outlines[id(stroke)] = (stroke, outline_of(stroke))
        return self._outlines[id(stroke)][1]

    def keep_only(self, strokes: Sequence[Stroke]) -> None:
        """Let go of all others."""
        kept = {id(stroke) for stroke in strokes}
        self._outlines = {key: value for key, value in self._outlines.items() if key in kept}
        self._paths = {key: path for key, path in self._paths.items() if key[0] in kept}
