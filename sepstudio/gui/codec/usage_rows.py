"""How well each codebook is used, a row for each."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from sepstudio.codec.usage import CodebookUsage
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.network_views import SheetFigure
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.picture import Index, Picture, small_font
from sepstudio.gui.theme import Palette

_TIP = (
    "How well the codebooks are used: perplexity (how many entries, all as frequent, would be as hard to guess), "
    "entropy in bits a frame, and entries that this scene does not use. Bars are full where all that can occur do so "
    "alike: in a short scene there are fewer frames than entries. Click a codebook to see its entries"
)
_HEAD, _ROW, _LEFT = 18, 15, 20
_BITS, _DEAD, _NUMBER = 52, 56, 40
_GAP, _BAR = 6, 7


class UsageRows(Picture):
    """``codebookChosen`` carries the codebook that was clicked or gone to with the keys, counted from 0."""

    codebookChosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("codec.usage.rows", parent)
        self.setToolTip(_TIP)
        self.setAccessibleName("Use of the codebooks")
        self._usage: CodebookUsage | None = None
        self._title = ""
        self._chosen = 0
        self._width = 280

    def show_usage(self, usage: CodebookUsage | None, title: str) -> None:
        """Show how a run uses its codebooks, or nothing."""
        self._usage, self._title = usage, title
        if usage is not None:
            self._chosen = min(self._chosen, usage.codebooks - 1)
        self.point_at(None)
        self.fit(self._width, 0)
        self.update()

    def choose(self, codebook: int) -> None:
        """Mark a codebook."""
        if codebook != self._chosen:
            self._chosen = codebook
            self.update()

    @property
    def chosen(self) -> int:
        """The codebook that is marked."""
        return self._chosen

    @property
    def figure_title(self) -> str:
        """What is seen."""
        return f"Use of codebooks, {self._title}"

    @property
    def filled(self) -> bool:
        """Whether there is anything to see."""
        return self._usage is not None

    @property
    def weight(self) -> float:
        """There is no other picture beside this one."""
        return 1.0

    def fit(self, width: int, height: int) -> None:
        """Be as wide as the room, and as high as the rows need."""
        self._width = width
        self.setFixedSize(max(width, 1), _HEAD + _ROW * (self._usage.codebooks if self._usage is not None else 0) + 2)

    # -- pointing ----------------------------------------------------------------------------

    def index_at(self, place: QPointF) -> Index | None:
        """Return the codebook at a place."""
        row = int((place.y() - _HEAD) // _ROW)
        return (row,) if self._usage is not None and 0 <= row < self._usage.codebooks else None

    def rect_of(self, index: Index) -> QRectF:
        """Return where the row of a codebook lies."""
        return QRectF(1, _HEAD + index[0] * _ROW, self.width() - 2, _ROW)

    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the codebook below or above."""
        row = self._chosen if index is None else min(max(index[0] + down, 0), self._usage.codebooks - 1)
        self.codebookChosen.emit(row)
        return (row,)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the codebook below the pointer."""
        index = self.index_at(event.position())
        if index is not None and event.button() == Qt.MouseButton.LeftButton:
            self.codebookChosen.emit(index[0])
        super().mousePressEvent(event)

    def text_of(self, index: Index) -> str:
        """Return how a codebook is used, in words."""
        usage, row = self._usage, index[0]
        return (
            f"codebook {row + 1}: perplexity {usage.perplexity[row]:.0f} of at most {usage.reach}, entropy "
            f"{usage.entropy_bits[row]:.2f} bits, {usage.size - usage.dead[row]} of {usage.size} entries "
            f"in {usage.frames} frames"
        )

    # -- drawing -----------------------------------------------------------------------------

    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the heads of the columns and a row for each codebook."""
        if self._usage is None:
            return
        painter.setFont(small_font())
        painter.setPen(QColor(colours.muted))
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.drawText(QRectF(_LEFT, 0, self.width() - _LEFT, _HEAD), left, f"Perplexity (most: {self._usage.reach})")
        edge = self.width() - 4
        painter.drawText(QRectF(edge - _DEAD, 0, _DEAD, _HEAD), right, "unused")
        painter.drawText(QRectF(edge - _DEAD - _BITS, 0, _BITS, _HEAD), right, "bits")
        for row in range(self._usage.codebooks):
            self._draw_row(painter, colours, row)

    def _draw_row(self, painter: QPainter, colours: Palette, row: int) -> None:
        usage, top, edge = self._usage, _HEAD + row * _ROW, self.width() - 4
        if row == self._chosen:
            painter.fillRect(QRectF(0, top, self.width(), _ROW), QColor(colours.raised))
        painter.setFont(self.font())
        right = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(QColor(colours.muted))
        painter.drawText(QRectF(0, top, _LEFT - 4, _ROW), right, str(row + 1))
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(edge - _DEAD, top, _DEAD, _ROW), right, str(usage.dead[row]))
        painter.drawText(QRectF(edge - _DEAD - _BITS, top, _BITS, _ROW), right, f"{usage.entropy_bits[row]:.2f}")
        room = QRectF(_LEFT, top + (_ROW - _BAR) / 2, edge - _DEAD - _BITS - _NUMBER - _LEFT - _GAP, _BAR)
        painter.drawText(QRectF(room.right(), top, _NUMBER, _ROW), right, f"{usage.perplexity[row]:.0f}")
        painter.fillRect(room, QColor(colours.line))
        room.setWidth(room.width() * float(usage.perplexity[row]) / max(usage.reach, 1))
        painter.fillRect(room, QColor(colours.accent))

    # -- what is exported --------------------------------------------------------------------

    def figure_source(self) -> FigureSource | None:
        """Return how the rows are drawn as a figure, or None where there are none."""
        return SheetFigure(self.figure_title, self.draw, (self.width(), self.height()), None) if self.filled else None

    def table(self) -> Table:
        """Return a row for each codebook."""
        usage = self._usage
        columns = {
            "codebook": [row + 1.0 for row in range(usage.codebooks)],
            "perplexity": usage.perplexity, "entropy_bits": usage.entropy_bits, "entries_never_used": usage.dead,
        }  # fmt: skip
        return Table(self.figure_title, _floats(columns), {"entries": usage.size, "frames": usage.frames})


def _floats(columns: dict[str, object]) -> dict[str, object]:
    return {name: np.asarray(values, np.float64) for name, values in columns.items()}
