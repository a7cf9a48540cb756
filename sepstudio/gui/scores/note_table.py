"""The first notes of a score as a table to look at."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from sepstudio.gui.texts import time_text
from sepstudio.gui.theme import number_font
from sepstudio.io.scores.records import Note, Score
from sepstudio.separation.score_constraints import pitch_name

SHOWN = 10
_COLUMNS = ("Begins", "Lasts", "Pitch", "Velocity", "Track")
_ROW_HEIGHT = 22


class NoteTable(QTableWidget):
    """Shows the first ten notes; nothing can be edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setObjectName("score.notes")
        self.setAccessibleName("First notes")
        self.setToolTip("The first ten notes, as they would be imported")
        self.setHorizontalHeaderLabels(_COLUMNS)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)

    def show_score(self, score: Score | None, offset: float = 0.0, stretch: float = 1.0) -> None:
        """Show the first notes of a score that is moved and stretched; none for None."""
        notes = score.notes[:SHOWN] if score is not None else ()
        self.setRowCount(len(notes))
        for row, note in enumerate(notes):
            for column, text in enumerate(_texts(note, offset, stretch)):
                self.setItem(row, column, self._cell(text, numeric=column != len(_COLUMNS) - 1))

    def texts(self) -> list[list[str]]:
        """Return what the table shows, row by row."""
        return [[self.item(row, column).text() for column in range(len(_COLUMNS))] for row in range(self.rowCount())]

    def _cell(self, text: str, *, numeric: bool) -> QTableWidgetItem:
        item = QTableWidgetItem(text)
        if numeric:
            item.setFont(number_font())
        return item


def _texts(note: Note, offset: float, stretch: float) -> tuple[str, ...]:
    onset, duration = note.onset * stretch + offset, note.duration * stretch
    return time_text(onset), f"{duration:.3f} s", pitch_name(note.pitch), str(note.velocity), note.track or "–"
