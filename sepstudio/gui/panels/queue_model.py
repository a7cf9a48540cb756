"""The entries of a queue as the rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QIcon

from sepstudio.batch.records import ACTIVE, Entry, EntryState
from sepstudio.gui.icons import icon
from sepstudio.gui.texts import duration_text
from sepstudio.gui.theme import current_palette, number_font

HEADERS = ("File", "Method", "Progress", "Time", "State", "Folder")
FILE, METHOD, PROGRESS, TIME, STATE, FOLDER = range(len(HEADERS))
ENTRY_ROLE = Qt.ItemDataRole.UserRole

# Icon, and the colour of the palette that it is drawn in: neither alone tells the state.
_LOOKS = {
    EntryState.QUEUED: ("waiting", "muted"),
    EntryState.RUNNING: ("play", "accent"),
    EntryState.PAUSED: ("pause", "warning"),
    EntryState.DONE: ("done", "ok"),
    EntryState.SKIPPED: ("skip", "muted"),
    EntryState.FAILED: ("error", "error"),
    EntryState.CANCELLED: ("close", "muted"),
}
# Earlier guesses of the time left are worth nothing and only frighten.
_FIRST_GUESS_SECONDS, _FIRST_GUESS_FRACTION = 1.0, 0.02

Index = QModelIndex | QPersistentModelIndex


def state_text(entry: Entry) -> str:
    """Return the state of an entry in one line, with the reason where there is one."""
    if entry.state is EntryState.FAILED and entry.problem is not None:
        return f"Failed: {entry.problem.line}" + (" (the result is kept: Retry saves it)" if entry.kept else "")
    if entry.state is EntryState.QUEUED:
        return "Queued: only saving is left" if entry.kept else "Queued"
    if entry.state is EntryState.SKIPPED:
        return "Skipped: all its files exist already"
    if entry.state is EntryState.RUNNING:
        return f"Running: {entry.stage}" if entry.stage else "Running"
    notes = f", {entry.notes[0]}" if entry.notes else ""
    return entry.state.value.capitalize() + notes


def seconds_left(entry: Entry) -> float | None:
    """Return a guess of how long an entry takes from now on; None before one can be made."""
    if entry.seconds < _FIRST_GUESS_SECONDS or entry.fraction < _FIRST_GUESS_FRACTION:
        return None
    return entry.seconds * (1.0 - entry.fraction) / entry.fraction


def time_text(entry: Entry) -> str:
    """Return the seconds of work so far and those that are left."""
    if not entry.seconds:
        return ""
    left = seconds_left(entry) if entry.state in ACTIVE else None
    return duration_text(entry.seconds) + ("" if left is None else f"  {duration_text(left + 0.5)} left")


class QueueModel(QAbstractTableModel):
    """A table that is brought up to date by differences, so that selection and place survive and 500 rows are quick."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[Entry] = []
        self._icons: dict[tuple[str, str], QIcon] = {}

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries on show."""
        return tuple(self._entries)

    def show(self, entries: Sequence[Entry]) -> None:
        """Show the entries of a queue as they are now."""
        self._remove_gone({entry.id for entry in entries})
        present = {entry.id for entry in self._entries}
        staying = [entry for entry in entries if entry.id in present]
        if list(entries[: len(staying)]) != staying:
            self.beginResetModel()
            self._entries = list(entries)
            self.endResetModel()
            return
        self._reorder([entry.id for entry in staying])
        self._append(entries[len(staying) :])
        self._update(entries)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of entries."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADERS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or index.row() >= len(self._entries):
            return None
        entry = self._entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(entry, index.column())
        if role == ENTRY_ROLE:
            return entry
        if index.column() == STATE:
            return self._look(entry, role)
        if index.column() == TIME and role == Qt.ItemDataRole.FontRole:
            return number_font()
        if index.column() in (METHOD, TIME, FOLDER) and role == Qt.ItemDataRole.ForegroundRole:
            return QColor(current_palette().muted)
        return None

    def _look(self, entry: Entry, role: int) -> Any:
        name, colour = _LOOKS[entry.state]
        painted = (name, getattr(current_palette(), colour))
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(painted[1] if entry.state is EntryState.FAILED else current_palette().text)
        if role != Qt.ItemDataRole.DecorationRole:
            return None
        if painted not in self._icons:
            self._icons[painted] = icon(*painted)
        return self._icons[painted]

    def _remove_gone(self, wanted: set[int]) -> None:
        stop = len(self._entries)
        while stop:
            start = stop - 1
            if self._entries[start].id not in wanted:
                while start and self._entries[start - 1].id not in wanted:
                    start -= 1
                self.beginRemoveRows(QModelIndex(), start, stop - 1)
                del self._entries[start:stop]
                self.endRemoveRows()
            stop = start

    def _reorder(self, ids: list[int]) -> None:
        if ids == [entry.id for entry in self._entries]:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        moved = [self._entries[index.row()].id for index in before]
        by_id = {entry.id: entry for entry in self._entries}
        rows = {entry_id: row for row, entry_id in enumerate(ids)}
        self._entries = [by_id[entry_id] for entry_id in ids]
        after = [self.index(rows[entry_id], index.column()) for entry_id, index in zip(moved, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _append(self, entries: Sequence[Entry]) -> None:
        if entries:
            first = len(self._entries)
            self.beginInsertRows(QModelIndex(), first, first + len(entries) - 1)
            self._entries.extend(entries)
            self.endInsertRows()

    def _update(self, entries: Sequence[Entry]) -> None:
        for row, entry in enumerate(entries):
            if self._entries[row] is not entry:
                self._entries[row] = entry
                self.dataChanged.emit(self.index(row, 0), self.index(row, len(HEADERS) - 1))


def _text(entry: Entry, column: int) -> str:
    if column == FILE:
        return entry.path.name
    if column == METHOD:
        return entry.recipe.title
    if column == PROGRESS:
        return f"{int(100 * entry.fraction)} %" if entry.fraction else ""
    if column == TIME:
        return time_text(entry)
    return state_text(entry) if column == STATE else str(entry.recipe.placing.output)


def _tip(entry: Entry, column: int) -> str:
    if column == STATE:
        problem = entry.problem
        lines = [f"{problem.what}: {problem.line}", "Double-click for the details"] if problem else []
        return "\n".join([state_text(entry).partition(":")[0], *lines, *entry.notes])
    return str(entry.path) if column == FILE else _text(entry, column)
