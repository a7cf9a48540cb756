"""Which recordings are the true stems of a source: one row for each stem of its runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.swatch import Swatch

_NONE, _FILES = "None", "Open files…"
_EMPTY = "Separate the recording once, then say here which recordings its stems should have been."
_ABOUT = "Several files count as their sum: for harmonic choose bass, other and vocals."
_NAME_WIDTH, _LIST_CHARACTERS = 90, 16


@dataclass(frozen=True)
class Candidate:
    """A recording that is open; ``problem`` says why it cannot be a true stem, empty when it can."""

    source_id: str
    name: str
    problem: str = ""


class TrueStemsView(QWidget):
    """Offers, for each stem, the open recordings and files.

    ``assigned(stem, source_id)`` (empty for none), ``filesWanted(stem)`` and ``folderWanted()`` ask; the view goes
    on showing what is until it is told otherwise.
    """

    assigned = Signal(str, str)
    filesWanted = Signal(str)
    folderWanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("true-stems")
        self._shown: tuple[tuple[str, ...], tuple[Candidate, ...], tuple[tuple[str, str], ...]] = ((), (), ())
        self.lists: dict[str, QComboBox] = {}
        self.about = label(_EMPTY, "caption", name="true-stems.about")
        self.about.setWordWrap(True)
        tip = "Take files whose names are those of the stems, such as drums.wav or vocals.flac"
        self.folder = push_button("true-stems.folder", "From a folder…", tip, spoken="True stems from a folder")
        self._scroll = QScrollArea()
        self._arrange()
        self.folder.clicked.connect(self.folderWanted)

    def show_stems(self, stems: Sequence[str], candidates: Sequence[Candidate], chosen: Mapping[str, str]) -> None:
        """Show stems, the recordings that can be chosen, and those that are chosen, by stem."""
        wanted = (tuple(stems), tuple(candidates), tuple(chosen.items()))
        if wanted != self._shown:
            self._shown = wanted
            self._rebuild()

    def _rebuild(self) -> None:
        stems, candidates, chosen = self._shown
        content = QWidget()
        content.setProperty("role", "panel-content")
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, GRID, 0)
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID // 2)
        grid.setColumnStretch(2, 1)
        self.lists = {}
        for row, stem in enumerate(stems):
            self.lists[stem] = self._list(stem, candidates, dict(chosen).get(stem, ""))
            title = ElidedLabel(stem)
            title.fix_width(_NAME_WIDTH)
            grid.addWidget(Swatch(stem), row, 0)
            grid.addWidget(title, row, 1)
            grid.addWidget(self.lists[stem], row, 2)
        grid.setRowStretch(len(stems), 1)
        # The old lists go with the old content; one of them may be handling an event just now.
        old = self._scroll.takeWidget()
        if old is not None:
            old.hide()
            old.deleteLater()
        self._scroll.setWidget(content)
        content.show()
        self.about.setText(_ABOUT if stems else _EMPTY)
        self.folder.setEnabled(bool(stems))

    def _list(self, stem: str, candidates: Sequence[Candidate], chosen: str) -> QComboBox:
        made = QComboBox()
        made.setObjectName(f"true-stems.{stem}")
        made.setAccessibleName(f"True {stem}")
        made.setToolTip(f"The recording that {stem} should have been")
        made.setFixedHeight(CONTROL_HEIGHT)
        made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        made.setMinimumContentsLength(_LIST_CHARACTERS)
        made.addItem(_NONE, "")
        for candidate in candidates:
            made.addItem(candidate.name, candidate.source_id)
            if candidate.problem and candidate.source_id != chosen:
                item = made.model().item(made.count() - 1)
                item.setEnabled(False)
                item.setToolTip(candidate.problem)
        made.insertSeparator(made.count())
        made.addItem(_FILES)
        made.setCurrentIndex(max(made.findData(chosen), 0))
        made.activated.connect(self._choose)
        return made

    def _choose(self, row: int) -> None:
        combo = self.sender()
        stem = combo.objectName().partition(".")[2]
        chosen = dict(self._shown[2]).get(stem, "")
        wanted = combo.itemData(row)
        combo.setCurrentIndex(max(combo.findData(chosen), 0))
        if wanted is None:
            self.filesWanted.emit(stem)
        elif wanted != chosen:
            self.assigned.emit(stem, wanted)

    def _arrange(self) -> None:
        self._scroll.setObjectName("true-stems.scroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        foot = QHBoxLayout()
        foot.addWidget(self.folder)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.about)
        column.addWidget(self._scroll, 1)
        column.addLayout(foot)
