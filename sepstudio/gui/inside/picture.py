"""What small pictures of matrices have in common: a cell to be read by mouse or keys, a frame, a menu."""

from __future__ import annotations

import abc

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.theme import Palette, current_palette, text_font

Index = tuple[int, ...]
_SMALL_PIXELS = 12
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


def small_font() -> QFont:
    """Return the font of words beside small pictures."""
    font = text_font()
    font.setPixelSize(_SMALL_PIXELS)
    return font


class Picture(QWidget):
    """A picture of cells. ``told`` carries what there is to say about the cell that is pointed at, or nothing.

    ``menuFilling(picture, menu)`` asks for what can be done with it, for the menu of the right mouse button and the
    menu key.
    """

    told = Signal(str)
    menuFilling = Signal(object, object)
    own_keys = frozenset(_STEPS)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFont(axis_font())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._index: Index | None = None

    # -- what kinds of pictures say ----------------------------------------------------------

    @property
    @abc.abstractmethod
    def figure_title(self) -> str:
        """What the picture is of."""

    @property
    @abc.abstractmethod
    def filled(self) -> bool:
        """Whether there is anything to see."""

    @property
    @abc.abstractmethod
    def weight(self) -> float:
        """How much of a room that is too small for all pictures this one gets, beside the others."""

    @abc.abstractmethod
    def fit(self, width: int, height: int) -> None:
        """Become as large as the room allows."""

    @abc.abstractmethod
    def figure_source(self) -> FigureSource | None:
        """Return how the picture is drawn as a figure as it is now, or None for an empty one."""

    @abc.abstractmethod
    def table(self) -> Table:
        """Return all values."""

    @abc.abstractmethod
    def index_at(self, place: QPointF) -> Index | None:
        """Return the cell at a place, or None beside all."""

    @abc.abstractmethod
    def rect_of(self, index: Index) -> QRectF:
        """Return where a cell lies."""

    @abc.abstractmethod
    def stepped(self, index: Index | None, across: int, down: int) -> Index:
        """Return the cell beside another, or the first one."""

    @abc.abstractmethod
    def text_of(self, index: Index) -> str:
        """Return what there is to say about a cell."""

    @abc.abstractmethod
    def draw(self, painter: QPainter, colours: Palette) -> None:
        """Draw the picture without cursor and frame."""

    # -- pointing ----------------------------------------------------------------------------

    @property
    def plot(self) -> Picture:
        """What has the menu of exports."""
        return self

    @property
    def index(self) -> Index | None:
        """The cell that is pointed at, or None."""
        return self._index

    def point_at(self, index: Index | None) -> None:
        """Point at a cell, or at none."""
        if index != self._index:
            self._index = index
            self.tell()
            self.update()

    def tell(self) -> None:
        """Say again what there is to say about the cell: its value may have changed."""
        text = self.text_of(self._index) if self._index is not None and self.filled else ""
        self.setAccessibleDescription(text)
        self.told.emit(text)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the cell below the pointer."""
        self.point_at(self.index_at(event.position()) if self.filled else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Read nothing any more."""
        super().leaveEvent(event)
        self.point_at(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the cell beside."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None or not self.filled:
            super().keyPressEvent(event)
        else:
            self.point_at(self.stepped(self._index, *step))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the frame."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the frame away, and read nothing any more."""
        super().focusOutEvent(event)
        self.point_at(None)
        self.update()

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the picture."""
        menu = QMenu(self)
        menu.setObjectName("menu.picture")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menuFilling.emit(self, menu)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where the pointer is, or in the middle for the menu key."""
        if self.filled:
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            self.menu().popup(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture, a frame round the cell that is pointed at, and one round all with the focus."""
        colours = current_palette()
        painter = QPainter(self)
        self.draw(painter, colours)
        if self._index is not None and self.filled:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            cell = self.rect_of(self._index)
            for colour, out in ((colours.window, 1.5), (colours.text, 0.5)):
                painter.setPen(QPen(QColor(colour), 1.0))
                painter.drawRect(cell.adjusted(-out, -out, out - 1, out - 1))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(colours.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
