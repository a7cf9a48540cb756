"""The list of what was done, to go back and forth in."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QFrame, QStyledItemDelegate, QStyleOptionViewItem, QUndoView, QVBoxLayout, QWidget

from sepstudio.gui.theme import PADDING
from sepstudio.gui.widgets.labels import label

_ROW_HEIGHT = 24


class _Rows(QStyledItemDelegate):
    """Rows of one height: the list measures its first rows before it knows the stylesheet."""

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """Return the common height; the width is that of the list, and longer texts are elided."""
        return QSize(0, _ROW_HEIGHT)


class HistoryPanel(QFrame):
    """Every edit by name; a click returns to the state after it."""

    def __init__(self, stack: QUndoStack, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setProperty("role", "panel")
        self.view = QUndoView(stack)
        self.view.setObjectName("history.view")
        self.view.setAccessibleName("History")
        self.view.setToolTip("Click a step to return to it")
        self.view.setEmptyLabel("Start")
        self.view.setItemDelegate(_Rows(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.addWidget(label("History", "title"))
        column.addWidget(self.view, 1)
        self._cover = label("Steps name runs, so they are hidden while runs are compared blind.", "caption")
        self._cover.setObjectName("history.cover")
        self._cover.setWordWrap(True)
        self._cover.hide()
        column.addWidget(self._cover, 1, Qt.AlignmentFlag.AlignTop)

    def set_covered(self, covered: bool) -> None:
        """Hide what was done, which would tell runs apart, or show it."""
        self.view.setVisible(not covered)
        self._cover.setVisible(covered)
