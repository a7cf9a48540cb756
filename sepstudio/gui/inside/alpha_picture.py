"""Which maps a learned combination takes how much of: the matrix of its weights, and how many each row takes."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import ShareFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import Cells, cells_of, share_image
from sepstudio.gui.inside.combinations import Spread, spread_of
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.inside.words import layer_words, names_of
from sepstudio.gui.panels.share_bars import percent_text
from sepstudio.gui.theme import Palette
from sepstudio.separation.base import Matrix

TIP = (
    "Each row is one new map, each column one map that it can be mixed from: bright where it takes much of it. "
    "The bar says from how many it takes in effect"
)
_LEFT, _TOP, _BOTTOM = 22, 32, 2
_GAP, _BAR_WIDTH, _NUMBER_WIDTH, _BAR = 8, 44, 30, 5
_MARGIN = 4
# As many columns are as wide as the bars.
_COLUMNS_OF_BARS = 10
_LEAST_CELL, _LEAST_WIDTH, _LARGEST_CELL = 5, 3, 18
_NUMBERED_CELL = 12
_DIGIT = 8


class AlphaPicture(Picture):
    """Rows are outputs, columns inputs; colours reach from 0 to 1, whatever the values are."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setToolTip(TIP)
        self._title = ""
        self._alphas: Cells = np.zeros((0, 0), np.float32)
        self._outputs: tuple[str, ...] = ()
        self._inputs: tuple[str, ...] = ()
        self._spread: Spread = spread_of(np.ones((1, 1), np.float32))
        self._cell, self._wide = _LEAST_CELL, _LEAST_WIDTH

    def show_matrix(self, name: str, matrix: Matrix) -> None:
        """Show weights [outputs, inputs] by the name that they have in a run."""
        self._title = layer_words(name)
        self._alphas = cells_of(matrix.values)
        self._outputs, self._inputs = (names_of("map", names) for names in matrix.coordinates)
        self._spread = spread_of(self._alphas)
        self.setAccessibleName(f"Weights of the combination, {self._title}")
        self.point_at(self.index if self.index is not None and self._is_inside(self.index) else None)
        self.tell()
        self.update()

    @property
    def alphas(self) -> Cells:
        """The weights on show."""
        return self._alphas

    @property
    def spread(self) -> Spread:
        """How many inputs each output takes."""
        return self._spread

    @property
    def figure_title(self) -> str:
        """What the picture is of."""
        return f"Weights α, {self._title}"

    @property
    def filled(self) -> bool:
        """Whether there are weights."""
        return bool(self._alphas.size)

    @property
    def weight(self) -> float:
        """The more the more inputs there are."""
        return float(_COLUMNS_OF_BARS + self._alphas.shape[1])

    def fit(self, width: int, height: int) -> None:
        """Make the cells as high as the height allows and no wider than they are high."""
        rows, columns = self._alphas.shape
        self._cell = min(max((height - _TOP - _BOTTOM) // max(rows, 1), _LEAST_CELL), _LARGEST_CELL)
        beside = _LEFT + _GAP + _BAR_WIDTH + _NUMBER_WIDTH + _MARGIN
        self._wide = min(max((width - beside) // max(columns, 1), _LEAST_WIDTH), self._cell)
        self.setFixedSize(beside + columns * self._wide, _TOP + rows * self._cell + _BOTTOM)

    # -- cells -------------------------------------------------------------------------------

    def _is_inside(self, index: Index) -> bool:
        return index[0] < self._alphas.shape[0] and index[1] < self._alphas.shape[1]

    def _field(self) -> QRectF:
        rows, columns = self._alphas.shape
        return QRectF(_LEFT, _TOP, columns * self._wide, rows * self._cell)

    def index_at(self, place: QPointF) -> Index | None:
        """Return the output and the input at a place."""
        field = self._field()
        index = (int((place.y() - field.top()) // self._cell), int((place.x() - field.left()) // self._wide))
        return index if min(index) >= 0 and self._is_inside(index) else None

    def rect_of(self, index: Index) -> QRectF:
        """Return where a weight lies."""
        return QRectF(_LEFT + index[1] * self._wide, _TOP + index[0] * self._cell, self._wide, self._cell)

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the weight beside another, or the first one."""
        if index is None:
            return (0, 0)
        rows, columns = self._alphas.shape
        return min(max(index[0] + down, 0), rows - 1), min(max(index[1] + across, 0), columns - 1)

    def text_of(self, index: Index) -> str:
        """Return how much an output takes of an input, and of how many it takes."""
        row, column = index
        weight = percent_text(float(self._alphas[row, column]))
        spread, count = self._spread, len(self._inputs)
        return (
            f"{self._outputs[row]} takes {weight} of {self._inputs[column]}; in effect {spread.inputs[row]:.1f} of "
            f"{count} inputs (entropy {spread.entropy[row]:.2f} nats, sparsity {percent_text(spread.sparsity[row])})"
        )

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the weights between the numbers of inputs and outputs, and a bar for each row."""
        painter.setFont(small_font())
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(0, 0, self.width(), 16), int(Qt.AlignmentFlag.AlignLeft), f"α, {self._title} (0 to 1)")
        painter.setFont(self.font())
        if not self.filled:
            return
        field = self._field()
        painter.drawImage(field, share_image(self._alphas, colours.panel))
        middle = Qt.AlignmentFlag.AlignVCenter
        rows, columns = self._alphas.shape
        step = 1 if self._cell >= _NUMBERED_CELL else 4
        step_across = 1 if len(str(columns)) * _DIGIT <= self._wide else 4 * -(-_NUMBER_WIDTH // (4 * self._wide))
        for column in range(0, columns, step_across):
            box = QRectF(field.left() + column * self._wide - 10, _TOP - 16, self._wide + 20, 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), str(column + 1))
        for row in range(rows):
            top = field.top() + row * self._cell
            if row % step == 0:
                box = QRectF(0, top - 8, _LEFT - 4, self._cell + 16)
                painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | middle), str(row + 1))
            self._draw_bar(painter, colours, row, top, numbered=row % step == 0)

    def _draw_bar(self, painter: QPainter, colours: Palette, row: int, top: float, *, numbered: bool) -> None:
        count, inputs = len(self._inputs), float(self._spread.inputs[row])
        left = self._field().right() + _GAP
        thick = min(_BAR, self._cell - 1)
        room = QRectF(left, top + (self._cell - thick) / 2, _BAR_WIDTH, thick)
        painter.fillRect(room, QColor(colours.line))
        room.setWidth(_BAR_WIDTH * inputs / max(count, 1))
        painter.fillRect(room, QColor(colours.accent))
        if numbered:
            box = QRectF(left + _BAR_WIDTH, top - 8, _NUMBER_WIDTH, self._cell + 16)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), f"{inputs:.1f}")

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the weights are drawn as a figure, or None where there are none."""
        return ShareFigure(self.figure_title, self._alphas, self._outputs, self._inputs) if self.filled else None

    def table(self) -> Table:
        """Return the weights, a row for each output and a column for each input."""
        columns = {f"{number}_{name}": self._alphas[:, number - 1].astype(np.float64)
                   for number, name in enumerate(self._inputs, 1)}  # fmt: skip
        spread = {"effective_inputs": self._spread.inputs, "entropy_nats": self._spread.entropy}
        details = {"unit": "share of each input, 0 to 1; a row sums to 1"}
        return Table(self.figure_title, {"output": self._outputs, **columns, **spread}, details)
