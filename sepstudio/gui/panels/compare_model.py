"""The runs of the bench as rows of a table, and their order."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont

from sepstudio.gui.panels.compare_rows import NAME, PARAM, Table
from sepstudio.gui.theme import current_palette, number_font

RUN_ROLE = Qt.ItemDataRole.UserRole
SORT_ROLE = Qt.ItemDataRole.UserRole + 1
COLUMN_ROLE = Qt.ItemDataRole.UserRole + 2
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

Index = QModelIndex | QPersistentModelIndex


class CompareModel(QAbstractTableModel):
    """Shows a Table. ``edited(run_id, column_id, text)`` says what the user typed; the cell goes on as it was."""

    edited = Signal(str, str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = Table()

    @property
    def table(self) -> Table:
        """What is on show."""
        return self._table

    def show(self, table: Table) -> None:
        """Show another table; where rows and columns are the same, only what changed is told."""
        if table == self._table:
            return
        if _shape(table) == _shape(self._table):
            before, self._table = self._table, table
            for row, (old, new) in enumerate(zip(before.rows, table.rows, strict=True)):
                if old != new:
                    self.dataChanged.emit(self.index(row, 0), self.index(row, len(table.columns) - 1))
            return
        self.beginResetModel()
        self._table = table
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the number of runs."""
        return 0 if parent.isValid() else len(self._table.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns."""
        return 0 if parent.isValid() else len(self._table.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the titles and tips of the columns, and numbers for the rows."""
        if orientation != Qt.Orientation.Horizontal or section >= len(self._table.columns):
            return None
        column = self._table.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.tip or column.title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if column.numeric else int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Say which cells can be edited."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        if self._table.columns[index.column()].editable:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        if not index.isValid():
            return None
        column, row = self._table.columns[index.column()], self._table.rows[index.row()]
        cell = row.cell(column.id)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return cell.text
        if role == RUN_ROLE:
            return row.run_id
        if role == SORT_ROLE:
            return cell.value
        if role == COLUMN_ROLE:
            return column.id
        if role == Qt.ItemDataRole.ToolTipRole:
            return cell.tip or cell.text
        return _looks(column.id, column.numeric, cell.strong, role)

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Pass on what was typed; whoever listens decides."""
        if role != Qt.ItemDataRole.EditRole or not index.isValid():
            return False
        text = str(value).strip()
        if text != self.data(index):
            self.edited.emit(self.data(index, RUN_ROLE), self.data(index, COLUMN_ROLE), text)
        return False


class CompareOrder(QSortFilterProxyModel):
    """Sorts by value, numbers as numbers; what has none comes last either way."""

    def __init__(self, model: CompareModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT_ROLE)
        self.setSourceModel(model)

    def lessThan(self, left: Index, right: Index) -> bool:
        """Compare two cells of a column."""
        first, second = left.data(SORT_ROLE), right.data(SORT_ROLE)
        if first is None or second is None:
            descending = self.sortOrder() == Qt.SortOrder.DescendingOrder
            return (first is None) == descending and (first is None) != (second is None)
        if isinstance(first, str) or isinstance(second, str):
            return str(first).casefold() < str(second).casefold()
        return first < second


def _shape(table: Table) -> tuple[Any, ...]:
    return table.columns, tuple(row.run_id for row in table.rows)


def _looks(column_id: str, numeric: bool, strong: bool, role: int) -> Any:
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return _RIGHT if numeric else None
    if role == Qt.ItemDataRole.FontRole and (numeric or strong):
        font = number_font() if numeric else QFont()
        font.setBold(strong)
        return font
    if role == Qt.ItemDataRole.ForegroundRole:
        colours = current_palette()
        if strong and column_id.startswith(PARAM):
            return QColor(colours.accent)
        return QColor(colours.text if strong or numeric or column_id == NAME else colours.muted)
    return None
