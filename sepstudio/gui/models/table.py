"""The list of models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from sepstudio.codec.model_cards import about
from sepstudio.gui.models.entries import ModelEntry
from sepstudio.gui.theme import current_palette
from sepstudio.nn.card_texts import size_text

HEADERS = ("Name", "Made for", "Size", "Origin", "In memory")
NAME, ABOUT, SIZE, ORIGIN, MEMORY = range(len(HEADERS))

_ROW_HEIGHT = 28
_WIDTHS = {ABOUT: 198, SIZE: 80, ORIGIN: 78, MEMORY: 116}
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

Index = QModelIndex | QPersistentModelIndex


class ModelTableModel(QAbstractTableModel):
    """A row for each model."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[ModelEntry, ...] = ()

    def show(self, entries: Sequence[ModelEntry]) -> None:
        """Show other entries; rows stay rows where only their cells have changed."""
        same = [entry.key for entry in entries] == [entry.key for entry in self.entries]
        if same:
            self.entries = tuple(entries)
            if entries:
                self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, MEMORY))
            return
        self.beginResetModel()
        self.entries = tuple(entries)
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of models."""
        return 0 if parent.isValid() else len(self.entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles of the columns."""
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return HEADERS[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and section == SIZE:
            return _RIGHT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid() or index.row() >= len(self.entries):
            return None
        entry = self.entries[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _text(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return entry.problem or (str(entry.model.path) if index.column() == NAME else _text(entry, index.column()))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == SIZE:
            return _RIGHT
        if role == Qt.ItemDataRole.ForegroundRole:
            return _colour(entry, index.column())
        return None


class ModelTable(QTableView):
    """Chooses one model; ``chosen`` carries its entry, or None."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows = ModelTableModel(self)
        self.setObjectName("models.table")
        self.setAccessibleName("Installed models")
        self.setToolTip("Choose a model to read its card")
        self.setModel(self.rows)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = self.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in _WIDTHS.items():
            header.resizeSection(column, width)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().selectionChanged.connect(self._tell)

    @property
    def entry(self) -> ModelEntry | None:
        """The chosen model."""
        rows = self.selectionModel().selectedRows()
        return self.rows.entries[rows[0].row()] if rows else None

    def show_entries(self, entries: Sequence[ModelEntry], wanted: str = "") -> None:
        """Show models and choose one by name; else the one chosen before, or the first."""
        before = self.entry
        with QSignalBlocker(self.selectionModel()):
            self.rows.show(entries)
            row = _row_of(self.rows.entries, wanted, before)
            if row is None:
                self.clearSelection()
            else:
                self.selectRow(row)
        self._tell()

    def _tell(self, *_: object) -> None:
        self.chosen.emit(self.entry)


def _row_of(entries: Sequence[ModelEntry], wanted: str, before: ModelEntry | None) -> int | None:
    if not entries:
        return None
    # Own ones come last, and go before those that ship.
    named = [row for row, entry in enumerate(entries) if entry.name == wanted]
    kept = [row for row, entry in enumerate(entries) if before is not None and entry.key == before.key]
    return (named[-1:] or kept or [0])[0]


def _text(entry: ModelEntry, column: int) -> str:
    if column == NAME:
        return entry.name
    if column == ORIGIN:
        return entry.origin
    if column == MEMORY:
        return entry.memory or "–"
    if entry.card is None:
        return "cannot be read" if column == ABOUT else ""
    return about(entry.card) if column == ABOUT else size_text(entry.card.size)


def _colour(entry: ModelEntry, column: int) -> QColor | None:
    colours = current_palette()
    if entry.problem:
        return QColor(colours.error)
    return None if column == NAME or (column == MEMORY and entry.loaded) else QColor(colours.muted)
