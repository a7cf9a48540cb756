"""How cells of a matrix become pixels: colours, hatching of what is dead, and outlines of what is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen

from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.colours import Table, difference_table, gradient, image_of, pack
from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.theme import DARK, LIGHT, current_palette
from sepstudio.tiles.decibels import DB_PER_CODE, TOP_CODE
from sepstudio.tiles.matrices import Floats, Integers, Values, brightness, pooled, runs
from sepstudio.tiles.mixing import EVEN_ENTRY
from sepstudio.tiles.scales import FrequencyScale

# Outlines of smaller cells would hide what they outline.
LEAST_ROW_PIXELS, LEAST_BOX_PIXELS = 5.0, 4.0
MOST_CELLS_PER_PIXEL = 4.0
_REACH = TOP_CODE - EVEN_ENTRY
_OUTLINE_ALPHA = 150
_MIDDLE_LIGHTNESS = 128


@dataclass(frozen=True)
class MatrixLook:
    """Colours and contrast: ``top`` is the share of the largest value that is drawn brightest.

    ``ground`` is the colour that no difference melts into, "" for that of the palette in force.
    """

    colours: str = "magma"
    top: float = 1.0
    gamma: float = 0.5
    each: bool = False
    ground: str = ""

    @property
    def on_dark(self) -> bool:
        """Whether differences are drawn on a dark ground."""
        return QColor(self.ground or current_palette().panel).lightness() < _MIDDLE_LIGHTNESS

    def table(self, *, signed: bool) -> Table:
        """Return the pixel of each entry: 0 to 255, or of a difference 1 to 255 around 128."""
        if signed:
            return difference_table(_REACH * DB_PER_CODE, on_dark=self.on_dark)
        return pack(gradient(self.colours))

    def brightest(self, view: MatrixView) -> Values:
        """Return the value of each component, by index, that is drawn brightest."""
        tops = view.tops if self.each else np.full_like(view.tops, view.tops.max(initial=0.0))
        return np.asarray(tops * self.top)


@dataclass(frozen=True)
class Geometry:
    """Where components and cells lie on a canvas.

    With a ``scale`` components stand side by side from 0 to 1 and cells are frequencies on that axis;
    without, components lie above each other from 0 to 1, the first at the bottom, and cells are times.
    """

    view: MatrixView
    canvas: Canvas
    scale: FrequencyScale | None = None

    @property
    def count(self) -> int:
        """Number of components."""
        return len(self.view.components)

    def component_edges(self) -> Floats:
        """Return where pixels begin and end, in components."""
        canvas = self.canvas
        ends = (canvas.start, canvas.stop, canvas.width) if self.scale else (canvas.bottom, canvas.top, canvas.height)
        return np.linspace(ends[0], ends[1], ends[2] + 1) * self.count

    def cell_edges(self) -> Floats:
        """Return where pixels begin and end, in cells."""
        canvas = self.canvas
        if self.scale is None:
            return self.view.cells_at(np.linspace(canvas.start, canvas.stop, canvas.width + 1))
        return self.view.cells_at(self.scale.to_hertz(np.linspace(canvas.bottom, canvas.top, canvas.height + 1)))

    def component_pixels(self, components: npt.ArrayLike) -> Floats:
        """Return where components begin, in pixels from the left or from the top."""
        places = np.asarray(components, np.float64) / self.count
        return self._across(places) if self.scale else self._up(places)

    def cell_pixels(self, cells: npt.ArrayLike) -> Floats:
        """Return where cells begin, in pixels from the left or from the top."""
        places = self.view.first_edge + np.asarray(cells, np.float64) * self.view.step
        if self.scale is None:
            return self._across(places)
        return self._up(self.scale.to_unit(np.maximum(places, 0.0)))

    def boxes(self, rows: Integers, firsts: Integers, stops: Integers) -> list[QRectF]:
        """Return the rectangles of cells ``firsts`` to ``stops`` of drawn components ``rows`` that are large enough."""
        begin, end = self.component_pixels(rows), self.component_pixels(rows + 1)
        low, high = self.cell_pixels(firsts), self.cell_pixels(stops)
        sides = (begin, high, end - begin, low - high) if self.scale else (low, end, high - low, begin - end)
        boxes = np.stack(sides, axis=1)
        return [QRectF(*box) for box in boxes[boxes[:, 2:].min(axis=1) >= LEAST_BOX_PIXELS].tolist()]

    def _across(self, places: Floats) -> Floats:
        canvas = self.canvas
        return (places - canvas.start) / (canvas.stop - canvas.start) * canvas.width

    def _up(self, heights: Floats) -> Floats:
        canvas = self.canvas
        return (canvas.top - heights) / (canvas.top - canvas.bottom) * canvas.height


def draw_matrix(geometry: Geometry, look: MatrixLook) -> QImage:
    """Return the picture of a matrix on a canvas, outlines included."""
    view = geometry.view
    image = image_of(_entries(geometry, look), look.table(signed=view.signed), 1.0)
    painter = QPainter(image)
    _hatch(painter, geometry)
    if view.mask is not None and _has_room(geometry):
        painter.setPen(QPen(outline_colour(view, look, alpha=_OUTLINE_ALPHA), 1.0))
        painter.drawRects(outlines(geometry))
    painter.end()
    image.setDevicePixelRatio(geometry.canvas.ratio)
    return image


def outlines(geometry: Geometry, component: int | None = None) -> list[QRectF]:
    """Return the boxes of what the constraint allows in view, of all components or of one by its index."""
    view, edges = geometry.view, geometry.cell_edges()
    if view.mask is None:
        return []
    order = view.order if component is None else np.array([component], np.intp)
    first = max(int(edges[0]) - 1, 0)
    stop = max(min(int(edges[-1]) + 2, view.mask.shape[1]), first)
    found = runs(view.mask[order, first:stop])
    rows = found[:, 0] if component is None else np.full(len(found), int(np.argmax(view.order == component)))
    return geometry.boxes(rows, found[:, 1] + first, found[:, 2] + first)


def band(geometry: Geometry, component: int) -> QRectF:
    """Return the row or column of a component, by its index, across the whole canvas."""
    row = int(np.argmax(geometry.view.order == component))
    begin, end = sorted(float(pixel) for pixel in geometry.component_pixels([row, row + 1]))
    canvas = geometry.canvas
    across = QRectF(begin, 0, end - begin, canvas.height)
    return across if geometry.scale else QRectF(0, begin, canvas.width, end - begin)


def outline_colour(view: MatrixView, look: MatrixLook, *, alpha: int = 255) -> QColor:
    """Return a colour that is seen on the ground of the picture."""
    ground = QColor(*(int(part) for part in gradient(look.colours)[0]))
    on_dark = look.on_dark if view.signed else ground.lightness() < _MIDDLE_LIGHTNESS
    colour = QColor((DARK if on_dark else LIGHT).accent)
    colour.setAlpha(alpha)
    return colour


def _entries(geometry: Geometry, look: MatrixLook) -> npt.NDArray[np.uint8]:
    view, canvas = geometry.view, geometry.canvas
    cells, inside = pooled(view.values, geometry.cell_edges(), signed=view.signed)
    tops = look.brightest(view)[view.order, None]
    bright = brightness(cells[view.order], tops, look.gamma)
    # Codes before components become pixels: of these there are many more.
    codes = np.rint(bright.T * (_REACH if view.signed else TOP_CODE)).astype(np.int16)
    both, among = pooled(codes, geometry.component_edges(), signed=view.signed)
    ground = EVEN_ENTRY if view.signed else 0
    shape = (canvas.height, canvas.width) if geometry.scale else (canvas.width, canvas.height)
    entries = np.full(shape, ground, np.uint8)
    entries[inside, among] = both + ground
    upright = entries if geometry.scale else entries.T
    return np.ascontiguousarray(upright[::-1])


def _has_room(geometry: Geometry) -> bool:
    pixels = geometry.component_pixels([0, 1])
    edges = geometry.cell_edges()
    per_pixel = (edges[-1] - edges[0]) / (len(edges) - 1)
    return abs(float(pixels[1] - pixels[0])) >= LEAST_ROW_PIXELS and per_pixel <= MOST_CELLS_PER_PIXEL


def _hatch(painter: QPainter, geometry: Geometry) -> None:
    """Mark components that contribute nothing, and those that have no counterpart."""
    view = geometry.view
    marked = view.dead | view.unmatched
    colour = QColor(current_palette().muted)
    for index in sorted(marked):
        painter.fillRect(band(geometry, index), QBrush(colour, Qt.BrushStyle.BDiagPattern))
