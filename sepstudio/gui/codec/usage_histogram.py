"""How often each entry of one codebook occurs, the most frequent first."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from sepstudio.codec.usage import CodebookUsage
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.theme import Palette

_TIP = (
    "How often each entry of the codebook occurs, the most frequent at the left; the line is where all would be used "
    "alike. What is empty at the right never occurs"
)
_TOP, _BOTTOM, _HEIGHT = 18, 16, 116


class UsageHistogram(Picture):
    """An index is the place of an entry in the order of how often it occurs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.usage.histogram", parent)
        self.setToolTip(_TIP)
        self.setAccessibleName("Histogram of a codebook")
        self._usage: CodebookUsage | None = None
        self._codebook = 0
        self._order: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._title = ""

    def show_codebook(self, usage: CodebookUsage | None, codebook: int, title: str) -> None:
        """Show a codebook, counted from 0, or nothing."""
        self._usage, self._codebook, self._title = usage, codebook, title
        if usage is not None:
            self._order = np.argsort(-usage.counts[codebook], kind="stable")
        self.point_at(None)
        self.update()

    @property
    def codebook(self) -> int:
        """The codebook on show."""
        return self._codebook

    @property
    def figure_title(self) -> str:
        """What is seen."""
        return f"Entries of codebook {self._codebook + 1}, {self._title}"

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return self._usage is not None and self._usage.frames > 0

    @property
    def weight(self) -> float:
        """There is no other picture beside this one."""
        return 1.0

    def fit(self, width: int, height: int) -> None:
        """Be as wide as the room."""
        self.setFixedSize(max(width, 1), _HEIGHT)

    # -- pointing ----------------------------------------------------------------------------

    def _field(self) -> QRectF:
        return QRectF(1, _TOP, self.width() - 2, self.height() - _TOP - _BOTTOM)

    def index_at(self, place: QPointF) -> Index | None:
        """Return the entry at a place."""
        field = self._field()
        if self._usage is None or not field.left() <= place.x() < field.right():
            return None
        return (int((place.x() - field.left()) / field.width() * self._usage.size),)

    def rect_of(self, index: Index) -> QRectF:
        """Return the column of an entry."""
        field = self._field()
        wide = field.width() / max(self._usage.size, 1)
        return QRectF(field.left() + index[0] * wide, field.top(), max(wide, 1.0), field.height())

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the entry beside another, or the most frequent one."""
        return (0,) if index is None else (min(max(index[0] + across, 0), self._usage.size - 1),)

    def text_of(self, index: Index) -> str:
        """Return how often an entry occurs."""
        entry = int(self._order[index[0]])
        count = int(self._usage.counts[self._codebook, entry])
        share = 100.0 * count / max(self._usage.frames, 1)
        return f"codebook {self._codebook + 1}, entry {entry}: {count} times, {share:.2g} % of the frames"

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw a bar for each entry, or for what of them falls on a pixel."""
        if not self.filled:
            return
        usage, field = self._usage, self._field()
        counts = usage.counts[self._codebook][self._order]
        painter.setFont(small_font())
        painter.setPen(QColor(colours.text))
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        words = f"Codebook {self._codebook + 1}: {usage.size - usage.dead[self._codebook]} of {usage.size} entries"
        painter.drawText(QRectF(1, 0, self.width(), _TOP), left, words)
        painter.setPen(Qt.PenStyle.NoPen)
        pixels = min(int(field.width()), usage.size)
        edges = np.linspace(0, usage.size, pixels + 1).astype(np.intp)[:-1]
        for place, count in enumerate(np.maximum.reduceat(counts, edges)):
            high = field.height() * float(count) / max(int(counts[0]), 1)
            wide = field.width() / pixels
            bar = QRectF(field.left() + place * wide, field.bottom() - high, wide, high)
            painter.fillRect(bar, QColor(colours.accent))
        painter.fillRect(QRectF(field.left(), field.bottom(), field.width(), 1), QColor(colours.line))
        even = field.bottom() - field.height() * usage.frames / usage.size / max(int(counts[0]), 1)
        painter.fillRect(QRectF(field.left(), even, field.width(), 1), QColor(colours.muted))
        self._draw_ends(painter, colours, int(counts[0]))

    def _draw_ends(self, painter: QPainter, colours: Palette, most: int) -> None:
        painter.setFont(self.font())
        painter.setPen(QColor(colours.muted))
        below = QRectF(1, self.height() - _BOTTOM, self.width() - 2, _BOTTOM)
        painter.drawText(below, int(Qt.AlignmentFlag.AlignLeft), f"most frequent: {most} times")
        painter.drawText(below, int(Qt.AlignmentFlag.AlignRight), "rarest")

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the bars are drawn as a figure, or None where there are none."""
        return SheetFigure(self.figure_title, self.draw, (self.width(), self.height()), None) if self.filled else None

    def table(self) -> Table:
        """Return a row for each entry."""
        counts = self._usage.counts[self._codebook]
        columns = {"entry": np.arange(len(counts), dtype=np.float64), "frames": counts.astype(np.float64)}
        return Table(self.figure_title, columns, {"frames": self._usage.frames})
