"""The table of runs: what keys and clicks in it mean."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from sepstudio.gui.panels.compare_model import COLUMN_ROLE, RUN_ROLE, CompareModel, CompareOrder
from sepstudio.gui.panels.compare_rows import NAME, NOTES, RATING, Column, Table
from sepstudio.gui.theme import number_font

ROW_HEIGHT = 26
_WIDEST, _NAME_LEAST, _SIDE_WIDTH, _CELL_PADDING = 240, 96, 52, 24
_DIGITS = range(Qt.Key.Key_1, Qt.Key.Key_9 + 1)
_HEAR = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class CompareTable(QTableView):
    """Lists runs; ``heard(run_id)`` by double-click, Return, or the number of the row from the top.

    ``removed(run_ids)`` by Delete, ``copied()`` by Ctrl+C; F2 edits the name.
    """

    heard = Signal(str)
    removed = Signal(object)
    copied = Signal()
    chosenChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.table")
        self.setAccessibleName("Runs")
        self.setToolTip("Return or a double click hears a run; two chosen runs can be A and B")
        self.rows = CompareModel(self)
        self.order = CompareOrder(self.rows, self)
        self.setModel(self.order)
        self._prepare()
        self.doubleClicked.connect(self._open)
        self.selectionModel().selectionChanged.connect(self._tell_chosen)

    # -- what is on show ---------------------------------------------------------------------

    def show_table(self, table: Table) -> None:
        """Show another table; chosen runs stay chosen, and what it is sorted by stays so."""
        chosen, columns = self.chosen, self.rows.table.columns
        header = self.horizontalHeader()
        place = header.sortIndicatorSection()
        sorted_by = columns[place].id if 0 <= place < len(columns) else ""
        self.rows.show(table)
        if columns != table.columns:
            self.sortByColumn(self.column_index(sorted_by), header.sortIndicatorOrder())
            self._fit_columns()
        if self.chosen != chosen:
            self.choose(chosen)

    @property
    def run_ids(self) -> tuple[str, ...]:
        """The runs from top to bottom."""
        return tuple(self.order.index(row, 0).data(RUN_ROLE) for row in range(self.order.rowCount()))

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen runs from top to bottom."""
        rows = sorted(self.selectionModel().selectedRows(), key=QModelIndex.row)
        return tuple(index.data(RUN_ROLE) for index in rows)

    def choose(self, run_ids: tuple[str, ...]) -> None:
        """Choose runs."""
        self.clearSelection()
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for row, run_id in enumerate(self.run_ids):
            if run_id in run_ids:
                self.selectionModel().select(self.order.index(row, 0), flags)

    def column_index(self, column_id: str) -> int:
        """Return where a column is; -1 when it is not there."""
        ids = [column.id for column in self.rows.table.columns]
        return ids.index(column_id) if column_id in ids else -1

    def edit_name(self) -> None:
        """Let the name of the current run be typed."""
        column = self.column_index(NAME)
        index = self.order.index(self.currentIndex().row(), column)
        if index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

    # -- gestures ----------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Keep the keys of the table from the shortcuts of the window."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Hear, remove, rename, copy; everything else is as in any table."""
        key = event.key()
        if not self._is_own(event):
            super().keyPressEvent(event)
        elif key in _HEAR and self.currentIndex().isValid():
            self.heard.emit(self.currentIndex().data(RUN_ROLE))
        elif key in _DIGITS and key - Qt.Key.Key_1 < self.order.rowCount():
            self._hear_row(key - Qt.Key.Key_1)
        elif key == Qt.Key.Key_Delete and self.chosen:
            self.removed.emit(self.chosen)
        elif key == Qt.Key.Key_F2:
            self.edit_name()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copied.emit()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.selectAll()

    def _is_own(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Copy) or event.matches(QKeySequence.StandardKey.SelectAll):
            return True
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        return plain and (event.key() in (*_HEAR, Qt.Key.Key_Delete, Qt.Key.Key_F2) or event.key() in _DIGITS)

    def _hear_row(self, row: int) -> None:
        index = self.order.index(row, max(self.currentIndex().column(), 0))
        self.setCurrentIndex(index)
        self.heard.emit(index.data(RUN_ROLE))

    def _open(self, index: QModelIndex) -> None:
        if index.data(COLUMN_ROLE) in (RATING, NOTES) and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)
        else:
            self.heard.emit(index.data(RUN_ROLE))

    def _tell_chosen(self) -> None:
        self.chosenChanged.emit()

    # -- building ----------------------------------------------------------------------------

    def _prepare(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setSortingEnabled(True)
        rows, columns = self.verticalHeader(), self.horizontalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        rows.hide()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(_SIDE_WIDTH)
        columns.setSortIndicatorClearable(True)
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def _fit_columns(self) -> None:
        columns = self.rows.table.columns
        # Notes take what room there is; a number at the far end would have nothing to do with its row.
        self.horizontalHeader().setStretchLastSection(bool(columns) and columns[-1].id == NOTES)
        for place, column in enumerate(columns):
            least = _NAME_LEAST if column.id in (NAME, NOTES) else _SIDE_WIDTH
            self.setColumnWidth(place, min(max(self._width_of(place, column), least), _WIDEST))

    def _width_of(self, place: int, column: Column) -> int:
        # Qt's own measure leaves room for the sort arrow of every column.
        model = self.rows
        number = QFontMetrics(number_font()) if column.numeric else self.fontMetrics()
        texts = {model.index(row, place).data() for row in range(model.rowCount())}
        widest = max((number.horizontalAdvance(text) for text in texts), default=0)
        return max(widest, self.fontMetrics().horizontalAdvance(column.title)) + _CELL_PADDING
