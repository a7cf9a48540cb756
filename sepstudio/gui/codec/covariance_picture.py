"""How the channels of a scene go together, in the scene, in what was decoded of it, and by how much these differ."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QWidget

from sepstudio.gui.codec.channel_names import channel_letter, channel_text, order_edges
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import signed_image, signed_table
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.items.colours import image_of
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import Palette
from sepstudio.tiles.decibels import TOP_CODE

Doubles = npt.NDArray[np.float64]

_TIP = (
    "Correlations between all channels from −1 (blue) over 0 (ground) to 1 (red), the same colours always: of the "
    "scene, of what was decoded, and decoded minus reference. Lines part the orders. Point at a pair, or go with the "
    "arrow keys"
)
_LEFT, _TOP, _BOTTOM = 16, 18, 14
_GAP, _BAR, _BAR_ROOM = 22, 8, 46
_LEAST_CELL, _LARGEST_CELL, _NAMED_CELL = 3, 18, 9
_COLUMNS = ("reference", "decoded", "difference")
# Beyond it the reader is told of the pair, not of the picture.
LIMIT = 1.0


class CovariancePicture(Picture):
    """Up to three matrices side by side; an index is the number of a matrix, a row and a column from the top left."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.covariance", parent)
        self.setToolTip(_TIP)
        self.setAccessibleName("Correlations between channels")
        self._matrices: tuple[Doubles, ...] = ()
        self._titles: tuple[str, ...] = ()
        self._what = ""
        self._cell = _LEAST_CELL

    def show_matrices(self, matrices: Sequence[Doubles], what: str, decoded: str = "") -> None:
        """Show the correlations [channels, channels] of the reference and, if there is one, of the decoded scene.

        ``what`` says of which time and frequencies they are, ``decoded`` what the second is called.
        """
        before = len(self._matrices), self.channels
        both = tuple(matrices)
        self._matrices = (*both, both[1] - both[0]) if len(both) > 1 else both
        self._titles = ("Reference", decoded or "Decoded", "Difference")[: len(self._matrices)]
        self._what = what
        if before != (len(self._matrices), self.channels):
            self.point_at(None)
            self.updateGeometry()
        self.tell()
        self.update()

    @property
    def channels(self) -> int:
        """How many channels the matrices have."""
        return self._matrices[0].shape[0] if self._matrices else 0

    @property
    def matrices(self) -> tuple[Doubles, ...]:
        """What is on show: the reference, the decoded scene and their difference."""
        return self._matrices

    @property
    def figure_title(self) -> str:
        """What the picture is of."""
        return f"Correlations of channels, {self._what}" if self._what else "Correlations of channels"

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return bool(self._matrices)

    @property
    def weight(self) -> float:
        """There is no other picture beside this one."""
        return 1.0

    def fit(self, width: int, height: int) -> None:
        """Make cells as large as three matrices side by side can have them, so that a second one moves nothing."""
        channels = max(self.channels, 1)
        across = (width - _LEFT - 2 * _GAP - _BAR_ROOM) // (3 * channels)
        down = (height - _TOP - _BOTTOM) // channels
        self._cell = min(max(min(across, down), _LEAST_CELL), _LARGEST_CELL)
        side = channels * self._cell
        self.setFixedSize(_LEFT + 3 * side + 2 * _GAP + _BAR_ROOM, _TOP + side + _BOTTOM)
        self.update()

    # -- cells -------------------------------------------------------------------------------

    def _field(self, number: int) -> QRectF:
        side = self.channels * self._cell
        return QRectF(_LEFT + number * (side + _GAP), _TOP, side, side)

    def index_at(self, place: QPointF) -> Index | None:
        """Return matrix, row and column at a place."""
        for number in range(len(self._matrices)):
            field = self._field(number)
            if field.contains(place):
                row, column = (int(part // self._cell) for part in (place.y() - field.top(), place.x() - field.left()))
                return number, min(row, self.channels - 1), min(column, self.channels - 1)
        return None

    def rect_of(self, index: Index) -> QRectF:
        """Return where a pair of channels lies."""
        field = self._field(index[0])
        return QRectF(field.left() + index[2] * self._cell, field.top() + index[1] * self._cell, self._cell, self._cell)

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the pair beside another; behind the last column comes the next matrix."""
        if index is None:
            return 0, 0, 0
        channels = self.channels
        flat = min(max(index[0] * channels + index[2] + across, 0), len(self._matrices) * channels - 1)
        return flat // channels, min(max(index[1] + down, 0), channels - 1), flat % channels

    def text_of(self, index: Index) -> str:
        """Return the correlations of a pair of channels."""
        _, row, column = index
        values = [f"{title.lower()} {_signed(matrix[row, column])}" for title, matrix in self._named()]
        return f"{channel_text(row)} with {channel_text(column)}: {', '.join(values)}"

    def _named(self) -> list[tuple[str, Doubles]]:
        return list(zip(self._titles, self._matrices, strict=True))

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw titles, matrices, their orders and the bar of colours."""
        if self._matrices:
            self._draw_matrices(painter, colours)
            self._draw_bar(painter, colours)

    def _draw_matrices(self, painter: QPainter, colours: Palette) -> None:
        table = signed_table(colours.panel)
        for number, (title, matrix) in enumerate(self._named()):
            field = self._field(number)
            painter.setFont(small_font())
            painter.setPen(QColor(colours.text))
            room = QRectF(field.left(), 0, field.width() + _GAP - 4, _TOP - 2)
            told = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(room.width()))
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), told)
            # The image has its first row at the bottom, matrices have it on top.
            painter.drawImage(field, signed_image(matrix[::-1].astype(np.float32), LIMIT, table))
            self._draw_orders(painter, colours, field, named=number == 0)

    def _draw_orders(self, painter: QPainter, colours: Palette, field: QRectF, *, named: bool) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(colours.line), 1.0))
        painter.drawRect(field.adjusted(-1, -1, 0, 0))
        edges = order_edges(self.channels)
        for edge in edges[1:-1]:
            place = edge * self._cell
            painter.setPen(QPen(QColor(colours.muted), 1.0))
            painter.drawLine(QPointF(field.left() + place, field.top()), QPointF(field.left() + place, field.bottom()))
            painter.drawLine(QPointF(field.left(), field.top() + place), QPointF(field.right(), field.top() + place))
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        centre = int(Qt.AlignmentFlag.AlignCenter)
        for name, first, stop in self._marks(edges):
            begin, long = first * self._cell, (stop - first) * self._cell
            painter.drawText(QRectF(field.left() + begin - 8, field.bottom(), long + 16, _BOTTOM), centre, name)
            if named:
                painter.drawText(QRectF(0, field.top() + begin - 8, _LEFT - 2, long + 16), centre, name)

    def _marks(self, edges: Sequence[int]) -> list[tuple[str, int, int]]:
        """Return names of channels where there is room, else of orders, and between which channels they lie."""
        if self._cell >= _NAMED_CELL:
            return [(channel_letter(channel), channel, channel + 1) for channel in range(self.channels)]
        return [(str(order), first, stop) for order, (first, stop) in enumerate(itertools.pairwise(edges))]

    def _draw_bar(self, painter: QPainter, colours: Palette) -> None:
        field = self._field(2)
        bar = QRectF(field.right() + _GAP / 2, field.top(), _BAR, field.height())
        column = np.ascontiguousarray(np.arange(TOP_CODE, 0, -1).astype(np.uint8)[:, None])
        painter.drawImage(bar, image_of(column, signed_table(colours.panel), 1.0))
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        for share, text in ((0.0, "1"), (0.5, "0"), (1.0, f"{MINUS}1")):
            room = QRectF(bar.right() + 4, bar.top() + share * bar.height() - 8, 24, 16)
            painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the matrices are drawn as a figure, or None where there are none."""
        if not self._matrices:
            return None
        right = self._field(len(self._matrices) - 1).right() + 2
        return SheetFigure(self.figure_title, self._draw_matrices, (round(right), self.height()), LIMIT)

    def table(self) -> Table:
        """Return a row for each pair of channels."""
        first, second = (place.ravel() for place in np.indices((self.channels, self.channels)))
        names = tuple(f"{channel_letter(a)}-{channel_letter(b)}" for a, b in zip(first, second, strict=True))
        values = dict(zip(_COLUMNS, (matrix.ravel() for matrix in self._matrices), strict=False))
        return Table(
            self.figure_title,
            {"pair": names, "first_acn": first.astype(np.float64), "second_acn": second.astype(np.float64), **values},
            {"quantity": "Pearson correlation, 0 for silent channels", "difference": "decoded minus reference"},
        )


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", MINUS)
