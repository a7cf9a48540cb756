"""The strip above a pane: what it shows, in which colour, and how far it is computed."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID, current_palette
from sepstudio.gui.widgets.icon_button import IconButton

HEADER_HEIGHT = 26
BAR_HEIGHT = 2
SWATCH_PIXELS = 10
MARK_WIDTH = 3
DRAG_PIXELS = 6


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
    """Swatches and titles of what is shown, room for controls of the pane, and the thin bar below.

    The pin is seen on panes that keep what they show. ``menuRequested`` comes from the button at the
    right end and from the right mouse button, ``dragged`` while the header is pulled up or down
    (a height on the screen), ``dropped`` when it is let go.
    """

    menuRequested = Signal()
    unpinned = Signal()
    dragged = Signal(int)
    dropped = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.swatch, self.title = Swatch(), ElidedLabel()
        self.second_swatch, self.second_title = Swatch(), ElidedLabel()
        self.bar = ThinBar()
        self.more = IconButton("more", "Change, move or remove this pane", name=f"{name}.menu", quiet=True)
        self.more.clicked.connect(self.menuRequested)
        self.pin = IconButton("pin", "Pinned: click to let it follow what is on show", name=f"{name}.pin", quiet=True)
        self.pin.clicked.connect(self.unpinned)
        self.pin.hide()
        self._controls: list[QWidget] = []
        self._pressed_at: int | None = None
        self._dragging = False
        self._current = False
        self._row = QHBoxLayout()
        self._row.setContentsMargins(GRID, 0, GRID // 2, 0)
        self._row.setSpacing(GRID)
        for swatch, title in ((self.swatch, self.title), (self.second_swatch, self.second_title)):
            self._row.addWidget(swatch)
            self._row.addWidget(title, 1)
        self._row.addWidget(self.pin)
        self._row.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._row, 1)
        column.addWidget(self.bar)
        self.setFixedHeight(HEADER_HEIGHT)
        self.set_entries([])

    def set_entries(self, entries: Sequence[tuple[str, str]]) -> None:
        """Show up to two titles, each beside its colour ``#rrggbb``."""
        padded = [*entries, ("", ""), ("", "")]
        parts = ((self.swatch, self.title), (self.second_swatch, self.second_title))
        for (title, colour), (swatch, label) in zip(padded, parts, strict=False):
            label.set_text(title)
            swatch.set_colour(colour)
        for widget in parts[1]:
            widget.setVisible(len(entries) > 1)

    def add_control(self, widget: QWidget) -> None:
        """Put a widget at the right end, before the menu."""
        self._controls.append(widget)
        self._row.insertWidget(self._row.count() - 2, widget)

    def show_controls(self, shown: bool) -> None:
        """Show the controls, or hide them while there is nothing to control."""
        for widget in self._controls:
            widget.setVisible(shown)

    def set_current(self, current: bool) -> None:
        """Mark the pane that the keys speak to."""
        if current != self._current:
            self._current = current
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mark of the current pane at the left edge."""
        if self._current:
            painter = QPainter(self)
            painter.fillRect(0, 0, MARK_WIDTH, self.height() - BAR_HEIGHT, QColor(current_palette().accent))

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the pane."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at, self._dragging = round(event.globalPosition().y()), False

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say where the pane would go."""
        if self._pressed_at is None:
            return
        height = round(event.globalPosition().y())
        if not self._dragging and abs(height - self._pressed_at) >= DRAG_PIXELS:
            self._dragging = True
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._dragging:
            self.dragged.emit(height)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go of the pane."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        was_dragging, self._pressed_at, self._dragging = self._dragging, None, False
        self.unsetCursor()
        if was_dragging:
            self.dropped.emit(round(event.globalPosition().y()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of the pane."""
        self.menuRequested.emit()
        event.accept()
