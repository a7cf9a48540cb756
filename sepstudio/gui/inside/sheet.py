"""Many small pictures of one kind, such as the kernels of a layer, and where they lie on a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from PySide6.QtCore import QPointF, QRectF

from sepstudio.gui.inside.cells import Cells, cells_of
from sepstudio.gui.inside.words import MapAxis, layer_words, names_of
from sepstudio.separation.base import Matrix

_ACROSS = frozenset({"time", "times", "frame", "frames", "seconds"})
_GAP, _LINE_GAP, _BLOCK_GAP = 3, 3, 14
LABEL_HEIGHT = 14
LARGEST_PIXEL, LEAST_LABELLED_PIXEL = 9, 2


@dataclass(frozen=True, eq=False)
class Sheet:
    """Pictures in lines; a line without a label may be broken anywhere.

    ``cells`` is float32 [pictures, up, across], the first row of each the lowest; ``lines`` says how many pictures a
    line has, ``labels`` what it is called, ``names`` what each picture is. ``marked`` is a cell (up, across) of all
    pictures with a ring. ``quantile`` of the values lie between the ends of the colours.
    """

    title: str
    cells: Cells
    names: tuple[str, ...]
    lines: tuple[int, ...]
    labels: tuple[str, ...]
    up: MapAxis
    across: MapAxis
    marked: tuple[int, int] | None = None
    quantile: float = 1.0

    @cached_property
    def limit(self) -> float:
        """The end of the colours of all pictures, on both sides."""
        return float(np.quantile(np.abs(self.cells), self.quantile)) if self.cells.size else 0.0


def sheet_of(
    name: str,
    matrix: Matrix,
    marked: tuple[int, int] | None = None,
    *,
    labelled: bool = False,
    quantile: float = 1.0,
) -> Sheet:
    """Return a matrix [maps, …, …] or [outputs, inputs, …, …] as a sheet.

    Of two kinds of maps each input has a line; of one kind each map has one if it is ``labelled`` with its name.
    Time lies across, as everywhere.
    """
    values, axes, coordinates = cells_of(matrix.values), matrix.axes, matrix.coordinates
    if axes[-2] in _ACROSS and axes[-1] not in _ACROSS:
        values, axes = values.swapaxes(-1, -2), (*axes[:-2], axes[-1], axes[-2])
        coordinates = (*coordinates[:-2], coordinates[-1], coordinates[-2])
    up, across = (MapAxis(*both) for both in zip(axes[-2:], coordinates[-2:], strict=True))
    maps = names_of("map", coordinates[-3])
    cells = values.reshape(-1, *values.shape[-2:])
    names, lines, labels = maps, (len(maps),), ("",)
    if values.ndim == 4:
        outputs = names_of("map", coordinates[0])
        cells = values.swapaxes(0, 1).reshape(-1, *values.shape[-2:])
        names = tuple(f"{one}, for {output}" for one in maps for output in outputs)
        lines, labels = (len(outputs),) * len(maps), _numbered(maps)
    elif labelled:
        lines, labels = (1,) * len(maps), _numbered(maps)
    return Sheet(layer_words(name), cells, names, lines, labels, up, across, marked, quantile)


def kernel_sheet(kernels: Mapping[str, Matrix]) -> Sheet:
    """Return the first-layer kernels as a sheet with a line for each map of the recording.

    ``kernels`` go by layer, in the order of the network: those that are laid over the same maps as the first ones
    stand side by side.
    """
    sheets = [sheet_of(name, matrix, labelled=True) for name, matrix in kernels.items()]
    first = sheets[0]
    beside = [
        one
        for one in sheets
        if (one.labels, one.lines, one.cells.shape) == (first.labels, first.lines, first.cells.shape)
    ]
    if len(beside) == 1 or first.lines != (1,) * len(first.cells):
        return first
    return replace(
        first,
        title=", ".join(one.title for one in beside),
        cells=np.stack([one.cells for one in beside], axis=1).reshape(-1, *first.cells.shape[1:]),
        names=tuple(f"{name}, {one.title}" for name in first.names for one in beside),
        lines=(len(beside),) * len(first.lines),
    )


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{number} {name}" for number, name in enumerate(names, 1))


@dataclass(frozen=True, eq=False)
class Placing:
    """Where the pictures of a sheet lie, each cell ``pixel`` wide and high; ``labels`` are the places of labels."""

    pixel: int
    pictures: tuple[QRectF, ...]
    labels: tuple[QRectF, ...]
    width: float
    height: float

    def index_at(self, place: QPointF, rows: int) -> tuple[int, int, int] | None:
        """Return picture, row from below and column at a place, or None beside all pictures."""
        for number, box in enumerate(self.pictures):
            if box.left() <= place.x() < box.right() and box.top() <= place.y() < box.bottom():
                down = int((place.y() - box.top()) // self.pixel)
                return number, rows - 1 - down, int((place.x() - box.left()) // self.pixel)
        return None

    def rect_of(self, index: tuple[int, ...]) -> QRectF:
        """Return where a cell lies."""
        box = self.pictures[index[0]]
        bottom = box.bottom() - index[1] * self.pixel
        return QRectF(box.left() + index[2] * self.pixel, bottom - self.pixel, self.pixel, self.pixel)


def placed(sheet: Sheet, width: float, height: float, label_widths: Sequence[float], top: float) -> Placing:
    """Return the placing with the largest cells that fits into a room, below ``top``.

    ``label_widths`` are those of the labels of the lines in pixels. Where there is no room for labels, pictures stand
    one behind the other without; at worst the placing is higher or wider than the room.
    """
    if any(sheet.labels):
        for pixel in range(LARGEST_PIXEL, LEAST_LABELLED_PIXEL - 1, -1):
            found = _in_lines(sheet, pixel, height, label_widths, top)
            if found.width <= width and found.height <= height:
                return found
    for pixel in range(LARGEST_PIXEL, 0, -1):
        found = _flowing(sheet, pixel, width, top)
        if found.width <= width and found.height <= height:
            break
    return found


def _flowing(sheet: Sheet, pixel: int, width: float, top: float) -> Placing:
    across, up = (count * pixel + _GAP for count in (sheet.cells.shape[2], sheet.cells.shape[1]))
    columns = min(max(int((width + _GAP) // across), 1), max(len(sheet.cells), 1))
    boxes = tuple(
        QRectF((place % columns) * across, top + (place // columns) * up, across - _GAP, up - _GAP)
        for place in range(len(sheet.cells))
    )
    rows = -(-len(sheet.cells) // columns)
    return Placing(pixel, boxes, (), columns * across - _GAP, top + rows * up - _GAP)


def _in_lines(sheet: Sheet, pixel: int, height: float, label_widths: Sequence[float], top: float) -> Placing:
    """Put a label behind each line, and lines that do not fit into the height into a block beside the others."""
    across, up = sheet.cells.shape[2] * pixel + _GAP, sheet.cells.shape[1] * pixel
    line = max(up, LABEL_HEIGHT) + _LINE_GAP
    per_block = max(int((height - top + _LINE_GAP) // line), 1)
    boxes, labels, left = [], [], 0.0
    for begin in range(0, len(sheet.lines), per_block):
        counts = sheet.lines[begin : begin + per_block]
        room = max(label_widths[begin : begin + per_block])
        behind = left + max(counts) * across + _GAP
        for number, count in enumerate(counts):
            down = top + number * line
            middle = round(down + (line - _LINE_GAP - up) / 2)
            boxes += [QRectF(left + place * across, middle, across - _GAP, up) for place in range(count)]
            labels.append(QRectF(behind, down, room, line - _LINE_GAP))
        left = behind + room + _BLOCK_GAP
    rows = min(len(sheet.lines), per_block)
    return Placing(pixel, tuple(boxes), tuple(labels), left - _BLOCK_GAP, top + rows * line - _LINE_GAP)
