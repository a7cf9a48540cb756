"""The check of the gradients that networks learn by: a button, a sentence, and a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import GRID, number_font
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel

if TYPE_CHECKING:
    from sepstudio.nn.gradient_check import GradientReport

HINT = (
    "A network learns by its gradients: this works them out in three ways, as the notes write them, by small "
    "differences and by automatic differentiation, and compares them."
)
WAIT = "Checking the gradients of all layers…"
NOT_CHECKED = "Not checked: press the button to begin again."
_COLUMNS = ("Layer", "Gradient by", "Numbers", "Against differences", "Against automatic", "Agrees")
_TIPS = (
    "A layer of the notes on convolutional networks",
    "What the gradient is by",
    "How many numbers were compared",
    "The largest relative error against central differences",
    "The largest relative error against automatic differentiation",
    "Whether both errors are as small as the arithmetic allows",
)
_ROW_HEIGHT = 24
_NUMBERS, _ERRORS = (2, 3, 4), (3, 4)


class GradientView(QWidget):
    """Shows a report; ``checkWanted`` asks for one."""

    checkWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.gradients")
        self.check = push_button(
            "inside.gradients.check", "Check gradients", "Compare the gradients of all layers with two other ways"
        )
        self.check.clicked.connect(self.checkWanted)
        self.copy = IconButton("copy", "Copy the table as text", name="inside.gradients.copy")
        self.copy.clicked.connect(self._copy)
        self.copy.setEnabled(False)
        self._report: GradientReport | None = None
        self.verdict = ElidedLabel(HINT, "caption")
        self.verdict.setObjectName("inside.gradients.verdict")
        self.table = QTableWidget(0, len(_COLUMNS))
        self._prepare()
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(self.check)
        head.addWidget(self.verdict, 1)
        head.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(self.table, 1)

    def _prepare(self) -> None:
        table = self.table
        table.setObjectName("inside.gradients.table")
        table.setAccessibleName("Errors of gradients")
        table.setToolTip("The largest relative error of each gradient: 1e-9 is as good as differences can tell")
        table.setHorizontalHeaderLabels(_COLUMNS)
        for column, tip in enumerate(_TIPS):
            table.horizontalHeaderItem(column).setToolTip(tip)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setTabKeyNavigation(False)
        table.setShowGrid(False)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsClickable(False)
        table.hide()

    @property
    def report(self) -> GradientReport | None:
        """What is shown, or None."""
        return self._report

    def wait(self) -> None:
        """Say that a check runs."""
        self.check.setEnabled(False)
        self.verdict.setText(WAIT)

    def give_up(self) -> None:
        """Say that a check came to no end."""
        self.check.setEnabled(True)
        self.verdict.setText(NOT_CHECKED)

    def show_report(self, report: GradientReport) -> None:
        """Show what came of a check."""
        self._report = report
        self.check.setEnabled(True)
        self.copy.setEnabled(True)
        agree = sum(row.passed for row in report.rows)
        self.verdict.setText(
            f"All {agree} gradients agree with differences and with automatic differentiation."
            if report.passed
            else f"{len(report.rows) - agree} of {len(report.rows)} gradients do not agree: please report this."
        )
        self.table.setRowCount(len(report.rows))
        for place, row in enumerate(report.rows):
            texts = (
                row.layer, row.parameter, str(row.values), f"{row.by_differences:.1e}", f"{row.by_automatic:.1e}",
                "yes" if row.passed else "NO",
            )  # fmt: skip
            for column, text in enumerate(texts):
                self.table.setItem(
                    place, column, _cell(text.replace("-", MINUS) if column in _ERRORS else text, column)
                )
        self.table.show()

    def texts(self) -> list[list[str]]:
        """Return what the table shows, row by row."""
        table = self.table
        return [[table.item(row, column).text() for column in range(len(_COLUMNS))] for row in range(table.rowCount())]

    def _copy(self) -> None:
        if self._report is not None:
            QGuiApplication.clipboard().setText("\n".join(self._report.lines()))


def _cell(text: str, column: int) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    if column in _NUMBERS:
        item.setFont(number_font())
    return item
