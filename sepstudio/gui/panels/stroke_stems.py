"""The dialog that asks which stem of a run each painted source is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.swatch import SIDE
from sepstudio.io.strokes.records import PaintedSource
from sepstudio.separation.references import RESIDUAL

_WIDTH, _LIST_LETTERS = 460, 20
_ABOUT = "Not every painted source is called like a stem of this run. Say what each of them is."


class StrokeStemsDialog(QDialog):
    """Shows a list of stems for each painted source; the window goes on behind it.

    ``chosen(stems)`` carries the name of a stem by the id of the painted source; "" leaves a source out.

    Parameters
    ----------
    run : str
        What the run is called.
    sources : sequence of PaintedSource
        Those with strokes.
    stems : sequence of str
        The names of the stems of the run.
    choice : mapping
        What is chosen at first, by the id of the painted source.
    """

    chosen = Signal(object)

    def __init__(
        self,
        parent: QWidget,
        run: str,
        sources: Sequence[PaintedSource],
        stems: Sequence[str],
        choice: Mapping[str, str],
    ) -> None:
        super().__init__(parent)
        self.setObjectName("stroke-stems")
        self.setWindowTitle("Apply strokes")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.setMinimumWidth(_WIDTH)
        self.lists = {source.id: self._list(source, stems, choice[source.id]) for source in sources}
        self.cancel = push_button("stroke-stems.cancel", "Cancel", "Leave everything as it is")
        self.apply = push_button("stroke-stems.apply", "Apply", "Make a new run beside this one")
        self.apply.setProperty("role", "primary")
        self.apply.setDefault(True)
        self.cancel.clicked.connect(self.reject)
        self.apply.clicked.connect(self._apply)
        self._arrange(run, sources)
        self.apply.setFocus()

    def _list(self, source: PaintedSource, stems: Sequence[str], choice: str) -> QComboBox:
        box = QComboBox()
        box.setObjectName(f"stroke-stems.{source.id}")
        box.setAccessibleName(f"Stem for {source.name}")
        box.setToolTip(f"What was painted as {source.name} is this stem")
        box.setFixedHeight(CONTROL_HEIGHT)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(_LIST_LETTERS)
        for stem in stems:
            box.addItem(stem.capitalize(), stem)
        if source.name not in stems:
            box.addItem(f"New stem: {source.name}", source.name)
        if source.name != RESIDUAL:
            box.addItem("No stem: leave it to the residual", RESIDUAL)
        box.addItem("Leave these strokes out", "")
        box.setCurrentIndex(max(box.findData(choice), 0))
        return box

    def _arrange(self, run: str, sources: Sequence[PaintedSource]) -> None:
        about = label(_ABOUT, "caption")
        about.setWordWrap(True)
        rows = QGridLayout()
        rows.setHorizontalSpacing(GRID)
        rows.setVerticalSpacing(GRID // 2)
        rows.setColumnStretch(1, 2)
        rows.setColumnStretch(2, 3)
        for place, source in enumerate(sources):
            name = ElidedLabel(source.name, "")
            name.setToolTip(source.name)
            rows.addWidget(_square(source.colour), place, 0)
            rows.addWidget(name, place, 1)
            rows.addWidget(self.lists[source.id], place, 2)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.apply)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(PADDING)
        column.addWidget(ElidedLabel(run, "title"))
        column.addWidget(about)
        column.addLayout(rows)
        column.addStretch(1)
        column.addLayout(buttons)

    def _apply(self) -> None:
        self.chosen.emit({source_id: box.currentData() for source_id, box in self.lists.items()})
        self.accept()


def _square(colour: str) -> QLabel:
    made = QLabel()
    square = QPixmap(SIDE, SIDE)
    square.fill(QColor(colour))
    made.setPixmap(square)
    made.setFixedWidth(SIDE)
    return made
