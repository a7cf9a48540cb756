"""What the columns of a table of notes mean: one list for each role."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import label
from sepstudio.io.scores.options import PITCH_KINDS, CsvColumns

_ROLES = (
    ("start", "Begins", "The column with the onsets"),
    ("duration", "Lasts", "The column with the durations; it counts before the one with the ends"),
    ("end", "Ends", "The column with the ends of the notes"),
    ("pitch", "Pitch", "The column with the pitches"),
    ("velocity", "Velocity", "The column that says how hard a note is struck"),
    ("track", "Track", "The column with hands, voices or instruments"),
)
_PITCH_TITLES = ("as MIDI numbers", "as names, like C♯4", "in Hz")
_UNITS = ((1.0, "seconds"), (0.001, "milliseconds"))
_PER_ROW = 3


class ColumnChoice(QWidget):
    """Shows what was guessed; ``changed`` carries other columns that the user has chosen."""

    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("score.columns")
        self._columns = CsvColumns()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(GRID)
        self._grid.setVerticalSpacing(GRID // 2)
        self.lists: dict[str, QComboBox] = {}
        for role, title, tip in _ROLES:
            self._add(role, title, tip)
        self._add("pitch_kind", "Pitches are", "How the file writes pitches")
        self._add("time_unit", "Times are in", "The unit of onsets, durations and ends")
        for kind, title in zip(PITCH_KINDS, _PITCH_TITLES, strict=True):
            self.lists["pitch_kind"].addItem(title, kind)
        for factor, title in _UNITS:
            self.lists["time_unit"].addItem(title, factor)

    def show_columns(self, columns: CsvColumns, width: int) -> None:
        """Show what ``width`` columns mean; emits nothing."""
        names = [columns.names[n] if n < len(columns.names) else f"Column {n + 1}" for n in range(width)]
        for role, _title, _tip in _ROLES:
            box = self.lists[role]
            box.clear()
            box.addItem("–", None)
            for index, name in enumerate(names):
                box.addItem(name, index)
        for name, box in self.lists.items():
            box.setCurrentIndex(max(box.findData(getattr(columns, name)), 0))
        self._columns = columns

    def _add(self, name: str, title: str, tip: str) -> None:
        box = QComboBox()
        box.setObjectName(f"score.column.{name}")
        box.setAccessibleName(title)
        box.setToolTip(tip)
        box.setFixedHeight(CONTROL_HEIGHT)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(10)
        box.activated.connect(self._choose)
        place, column = divmod(len(self.lists), _PER_ROW)
        self._grid.addWidget(label(title), place, 2 * column)
        self._grid.addWidget(box, place, 2 * column + 1)
        self._grid.setColumnStretch(2 * column + 1, 1)
        self.lists[name] = box

    def _choose(self) -> None:
        chosen = {name: box.currentData() for name, box in self.lists.items()}
        columns = dataclasses.replace(self._columns, **chosen)
        if columns != self._columns:
            self._columns = columns
            self.changed.emit(columns)
