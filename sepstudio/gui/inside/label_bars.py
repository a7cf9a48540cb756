"""What the network takes a point for: a bar for each source."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.panels.share_bars import percent_text
from sepstudio.gui.theme import current_palette, number_font, stem_colour, text_font

_ROW, _BAR = 22, 8
_NAME_WIDTH, _PERCENT_WIDTH, _LEAST_WIDTH = 96, 48, 240
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
TIP = "How sure the network is that this point belongs to each source. Arrow keys move the point"


class LabelBars(QWidget):
    """A row for each source, in its colour; ``stepped`` carries by how many frames and bins arrow keys move on."""

    stepped = Signal(int, int)
    own_keys = frozenset(_STEPS)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: tuple[tuple[str, float], ...] = ()
        self.setObjectName("inside.labels")
        self.setAccessibleName("What the network takes the point for")
        self.setToolTip(TIP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def labels(self) -> tuple[tuple[str, float], ...]:
        """Sources and probabilities."""
        return self._labels

    def show_labels(self, labels: Sequence[tuple[str, float]]) -> None:
        """Show the probability of each source."""
        self._labels = tuple(labels)
        self.setAccessibleDescription(", ".join(f"{name} {percent_text(share)}" for name, share in labels))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return a row for each source."""
        return QSize(_LEAST_WIDTH, _ROW * max(len(self._labels), 1))

    def minimumSizeHint(self) -> QSize:
        """Keep every row in sight."""
        return self.sizeHint()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to a neighbouring point."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(*step)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows."""
        colours = current_palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = Qt.AlignmentFlag.AlignVCenter
        for row, (name, share) in enumerate(self._labels):
            top = row * _ROW
            painter.setFont(text_font())
            painter.setPen(QColor(colours.text))
            told = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, _NAME_WIDTH - 12)
            painter.drawText(QRectF(4, top, _NAME_WIDTH - 4, _ROW), int(middle), told)
            room = QRectF(_NAME_WIDTH, top + (_ROW - _BAR) / 2, self.width() - _NAME_WIDTH - _PERCENT_WIDTH - 4, _BAR)
            painter.setPen(Qt.PenStyle.NoPen)
            for colour, length in ((colours.line, 1.0), (stem_colour(name), share)):
                painter.setBrush(QColor(colour))
                painter.drawRoundedRect(QRectF(room.left(), room.top(), room.width() * length, _BAR), 2, 2)
            painter.setFont(number_font())
            painter.setPen(QColor(colours.text))
            right = QRectF(self.width() - _PERCENT_WIDTH - 4, top, _PERCENT_WIDTH, _ROW)
            painter.drawText(right, int(Qt.AlignmentFlag.AlignRight | middle), percent_text(share))
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
