"""Moving and stretching all notes of a score, with the first of them on show."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.scores.note_table import NoteTable
from sepstudio.gui.scores.timing_row import TimingRow
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label
from sepstudio.io.scores.records import Score

_SIZE = (520, 400)


class MoveDialog(QDialog):
    """``applied(offset, stretch)`` carries seconds and the factor of all times."""

    applied = Signal(float, float)

    def __init__(self, parent: QWidget, score: Score) -> None:
        super().__init__(parent)
        self.setObjectName("score-move")
        self.setWindowTitle("Move and stretch the score")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(*_SIZE)
        self._score = score
        self.notes = NoteTable()
        self.timing = TimingRow()
        self.cancel = push_button("score.cancel", "Cancel", "Leave the score as it is")
        self.apply = push_button("score.apply", "Apply", "Move all notes; one step of the history")
        self.apply.setProperty("role", "primary")
        self.apply.setDefault(True)
        about = label("All times are multiplied by the stretch, then moved by the offset.", "caption")
        about.setWordWrap(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(PADDING)
        for part in (about, self.timing):
            column.addWidget(part)
        column.addWidget(self.notes, 1)
        column.addLayout(buttons)
        self.timing.changed.connect(self._preview)
        self.cancel.clicked.connect(self.reject)
        self.apply.clicked.connect(self._apply)
        self._preview()

    def _preview(self) -> None:
        self.notes.show_score(self._score, self.timing.offset, self.timing.stretch)

    def _apply(self) -> None:
        self.applied.emit(self.timing.offset, self.timing.stretch)
        self.accept()
