"""The table of the queue, which keeps the keys that belong to lists from the window."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from sepstudio.gui.panels.queue_acts import ACTS
from sepstudio.gui.panels.queue_delegate import ProgressDelegate
from sepstudio.gui.panels.queue_model import PROGRESS, STATE, QueueModel

_ROW_HEIGHT = 26
_COLUMN_WIDTHS = (210, 220, 130, 150, 260, 190)
_OWN_KEYS = (Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Return, Qt.Key.Key_Enter)


class QueueTable(QTableView):
    """Rows that are chosen whole. ``keyed(act)`` carries the id of the act whose key was pressed, or ``enter``."""

    keyed = Signal(str)

    def __init__(self, model: QueueModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("queue.table")
        self.setAccessibleName("Files of the queue")
        self.setModel(model)
        self.setItemDelegateForColumn(PROGRESS, ProgressDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in enumerate(_COLUMN_WIDTHS):
            header.resizeSection(column, width)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)

    def event(self, event: QEvent) -> bool:
        """Claim the keys that the window has other uses for."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Tell the keys of acts; the others move in the list."""
        act_id = _act_of(event)
        if act_id:
            self.keyed.emit(act_id)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.keyed.emit("enter")
        else:
            super().keyPressEvent(event)


def _is_own(event: QKeyEvent) -> bool:
    plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier)
    return (
        bool(_act_of(event))
        or event.matches(QKeySequence.StandardKey.SelectAll)
        or (plain and event.key() in _OWN_KEYS)
    )


def _act_of(event: QKeyEvent) -> str:
    pressed = QKeySequence(event.keyCombination())
    return next((act.id for act in ACTS if act.shortcut and QKeySequence(act.shortcut) == pressed), "")
