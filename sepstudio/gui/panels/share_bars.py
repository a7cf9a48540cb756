"""How much of a point belongs to each stem, as bars."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.texts import level_text
from sepstudio.gui.theme import GRID, current_palette, number_font, stem_colour, text_font
from sepstudio.separation.probe import Share

_ROW = 22
_BAR = 10
_NAME_WIDTH, _PERCENT_WIDTH, _LEVEL_WIDTH = 96, 44, 64
_LEAST_WIDTH = 300
# Smaller shares are rounding errors of the stems.
NOTHING = 1e-7


def percent_text(share: float) -> str:
    """Return a share in whole percent; what is there but rounds to nothing is said to be less than one."""
    return "<1 %" if NOTHING < share < 0.005 else f"{share:.0%}".replace("%", " %")


class ShareBars(QWidget):
    """A row for each stem: its name, a bar as long as its share of the energy, percent and level."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: tuple[Share, ...] = ()
        self.setObjectName("probe.shares")
        self.setAccessibleName("Shares of the stems")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def shares(self) -> tuple[Share, ...]:
        """What is shown."""
        return self._shares

    def show_shares(self, shares: Sequence[Share]) -> None:
        """Show the shares of one point."""
        self._shares = tuple(shares)
        told = [f"{s.name} {percent_text(s.energy)}, {level_text(s.level)}, mask {s.mask:.2f}" for s in shares]
        self.setAccessibleDescription("; ".join(told))
        masks = ", ".join(f"{share.name} {share.mask:.2f}" for share in shares)
        self.setToolTip(f"Parts of the energy here. The mixture was multiplied by: {masks}" if shares else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a row for each stem."""
        return QSize(_LEAST_WIDTH, _ROW * max(len(self._shares), 1))

    def minimumSizeHint(self) -> QSize:
        """Keep every row in sight."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, share in enumerate(self._shares):
            self._paint_row(painter, row * _ROW, share)
        painter.end()

    def _paint_row(self, painter: QPainter, top: int, share: Share) -> None:
        colours = current_palette()
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setFont(text_font())
        painter.setPen(QColor(colours.text))
        name = painter.fontMetrics().elidedText(share.name, Qt.TextElideMode.ElideRight, _NAME_WIDTH - GRID)
        painter.drawText(QRectF(0, top, _NAME_WIDTH, _ROW), int(middle), name)
        room = QRectF(_NAME_WIDTH, top + (_ROW - _BAR) / 2, self._bar_width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours.line))
        painter.drawRoundedRect(room, 2, 2)
        painter.setBrush(QColor(stem_colour(share.name)))
        if share.energy > NOTHING:
            painter.drawRoundedRect(QRectF(room.topLeft(), room.size()).adjusted(0, 0, self._missing(share), 0), 2, 2)
        painter.setFont(number_font())
        right = Qt.AlignmentFlag.AlignRight | middle
        painter.setPen(QColor(colours.text))
        painter.drawText(QRectF(room.right(), top, _PERCENT_WIDTH, _ROW), int(right), percent_text(share.energy))
        painter.setPen(QColor(colours.muted))
        level = QRectF(room.right() + _PERCENT_WIDTH, top, _LEVEL_WIDTH, _ROW)
        painter.drawText(level, int(right), level_text(share.level))

    def _bar_width(self) -> float:
        return self.width() - _NAME_WIDTH - _PERCENT_WIDTH - _LEVEL_WIDTH

    def _missing(self, share: Share) -> float:
        """Return by how much a bar falls short of the whole width, as a negative number; a sliver always shows."""
        return -min((1.0 - share.energy) * self._bar_width(), self._bar_width() - 2)
