"""The strip above a pane: what it shows, in which colour, and how far it is computed."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID, current_palette

HEADER_HEIGHT = 26
BAR_HEIGHT = 2
SWATCH_PIXELS = 10


class ElidedLabel(QLabel):
    """A label that shortens its text with an ellipsis in the middle; the whole text is its tooltip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_text(self, text: str) -> None:
        """Show a text."""
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleName(text)

    def minimumSizeHint(self) -> QSize:
        """Give way to everything else."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw as much of the text as there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().windowText().color())
        text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, self.width())
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)


class Swatch(QWidget):
    """A square in the colour of a stem."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour = ""
        self.setFixedSize(SWATCH_PIXELS, SWATCH_PIXELS)

    @property
    def colour(self) -> str:
        """The colour as ``#rrggbb``, or an empty string."""
        return self._colour

    def set_colour(self, colour: str) -> None:
        """Show a colour, or nothing."""
        self._colour = colour
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the square."""
        if self._colour:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colour))
            painter.drawRoundedRect(QRectF(self.rect()), 2.0, 2.0)


class ThinBar(QWidget):
    """A line that grows with what is computed, and is not seen when nothing is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction: float | None = None
        self.setFixedHeight(BAR_HEIGHT)

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1, or None when nothing is under way."""
        return self._fraction

    def set_fraction(self, fraction: float | None) -> None:
        """Show how much is done."""
        if fraction != self._fraction:
            self._fraction = fraction
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the line."""
        colours = current_palette()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.line))
        if self._fraction is not None:
            painter.fillRect(QRectF(0, 0, self.width() * self._fraction, self.height()), QColor(colours.accent))


class PaneHeader(QWidget):
    """Swatch, title, room for controls of the pane, and the thin bar below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.swatch = Swatch()
        self.title = ElidedLabel()
        self.bar = ThinBar()
        self._controls: list[QWidget] = []
        self._row = QHBoxLayout()
        self._row.setContentsMargins(GRID, 0, GRID, 0)
        self._row.setSpacing(GRID)
        self._row.addWidget(self.swatch)
        self._row.addWidget(self.title, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row, 1)
        column.addWidget(self.bar)
        self.setFixedHeight(HEADER_HEIGHT)

    def add_control(self, widget: QWidget) -> None:
        """Put a widget at the right end."""
        self._controls.append(widget)
        self._row.addWidget(widget)

    def show_controls(self, shown: bool) -> None:
        """Show the controls, or hide them while there is nothing to control."""
        for widget in self._controls:
            widget.setVisible(shown)
