"""The lanes of a source and those of a run, under titles that fold."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QMenu, QVBoxLayout, QWidget

from sepstudio.gui.painting.sources import colour_of_stem
from sepstudio.gui.panels.lane_row import BADGE_HEIGHT, LaneRow
from sepstudio.gui.texts import band_text, stretch_text
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.fold import FoldButton
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.session.records import Run, Source, Stem

RESIDUAL = "residual"


def range_text(run: Run, source: Source) -> str:
    """Return the stretch and band of a source that a run covers, for example ``0:12–0:22``; empty when it is all."""
    parts = []
    if run.start > 0 or run.stop < source.length:
        parts.append(stretch_text(run.start, run.stop, source.sample_rate))
    if run.band is not None:
        parts.append(band_text(run.band))
    return ", ".join(parts)


class RunBlock(QWidget):
    """A run: its title, and its stems and residual while it is open.

    Rows of a run that nobody has opened cost nothing: ``lanesWanted`` asks for them, and ``laneMade`` carries each.
    """

    exportRequested = Signal(str)
    removeRequested = Signal(str)
    renamed = Signal(str, str)
    sideChosen = Signal(str, str)
    strokesRequested = Signal(str)
    folded = Signal(str, bool)
    lanesWanted = Signal()
    laneMade = Signal(object)

    def __init__(
        self, run: Run, source: Source, stems: tuple[Stem, ...], *, opened: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.run_id = run.id
        self._label = run.label
        self._residual_id = run.residual_id
        self.title = FoldButton(run.title, f"run.{run.id}", opened=opened)
        self._names = {stem.id: stem.name for stem in stems}
        self._colours = {stem.id: colour_of_stem(run, stem.name) for stem in stems}
        # Sources taken from different iterations leave a stem of that name, and then nothing else.
        if RESIDUAL not in self._names.values():
            self._names[run.residual_id] = RESIDUAL
        self._lanes: dict[str, LaneRow] = {}
        self.export = IconButton(
            "export", f"Export the stems of run {run.number}", name=f"run.{run.id}.export", quiet=True
        )
        self.export.clicked.connect(self._export)
        # Made when there is something to apply: there may be hundreds of runs.
        self.strokes: IconButton | None = None
        self._number = run.number
        self.badge = label("", "badge", name=f"run.{run.id}.badge")
        self.badge.setFixedHeight(BADGE_HEIGHT)
        self.badge.hide()
        self._body = QWidget()
        self._arrange(range_text(run, source))
        self._body.setVisible(opened)
        self.title.toggled.connect(self._body.setVisible)
        self.title.toggled.connect(self._on_toggled)
        self.title.clicked.connect(self._on_clicked)

    @property
    def lane_ids(self) -> tuple[str, ...]:
        """The audio ids of the rows, made or not."""
        return tuple(self._names)

    @property
    def lacks_lanes(self) -> bool:
        """Whether the run is open and some of its rows are not made."""
        return self.title.isChecked() and len(self._lanes) < len(self._names)

    def make_lane(self) -> None:
        """Make the next row that is not made yet."""
        audio_id = next(audio_id for audio_id in self._names if audio_id not in self._lanes)
        lane = LaneRow(audio_id, self._names[audio_id], hollow=audio_id == self._residual_id)
        lane.swatch.set_colour(self._colours.get(audio_id, ""))
        self._lanes[audio_id] = lane
        self._column.addWidget(lane)
        # A layout shows what it is given only when control returns to Qt.
        lane.show()
        self.laneMade.emit(lane)

    def make_lanes(self) -> None:
        """Make all rows that are not made yet."""
        while len(self._lanes) < len(self._names):
            self.make_lane()

    def set_opened(self, opened: bool) -> None:
        """Open or fold the run; ``folded`` tells of the user's hand only."""
        self.title.setChecked(opened)

    def set_painted(self, painted: bool) -> None:
        """Tell whether there are strokes that could be applied to the run."""
        if painted and self.strokes is None:
            text = f"Apply the strokes to run {self._number}"
            self.strokes = IconButton("paint", text, name=f"run.{self.run_id}.strokes", quiet=True)
            self.strokes.clicked.connect(self._ask_strokes)
            self._head.insertWidget(self._head.indexOf(self.export), self.strokes)
        if self.strokes is not None:
            self.strokes.setVisible(painted)

    def set_badge(self, letter: str) -> None:
        """Show A or B beside the title, or nothing."""
        self.badge.setText(letter)
        self.badge.setVisible(bool(letter))
        self.badge.setToolTip(f"{letter} of the comparison")

    def _arrange(self, stretch: str) -> None:
        head = self._head = QHBoxLayout()
        head.setContentsMargins(0, 0, GRID // 2, 0)
        head.setSpacing(GRID // 2)
        head.addWidget(self.title)
        head.addWidget(self.badge)
        if stretch:
            where = ElidedLabel(stretch, "caption")
            where.setObjectName(f"run.{self.run_id}.range")
            where.setToolTip(f"The part of the recording that was separated: {stretch}")
            where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            head.addWidget(where, 1)
        else:
            head.addStretch(1)
        head.addWidget(self.export)
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._body)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the run."""
        menu = self.context_menu()
        menu.exec(event.globalPos())
        menu.deleteLater()

    def context_menu(self) -> QMenu:
        """Return the menu of the run."""
        menu = QMenu(self)
        menu.addAction("Rename…").triggered.connect(self._rename)
        menu.addAction("Compare as A").triggered.connect(self._choose_a)
        menu.addAction("Compare as B").triggered.connect(self._choose_b)
        apply = menu.addAction("Apply strokes to this run")
        apply.triggered.connect(self._ask_strokes)
        apply.setEnabled(self.strokes is not None and not self.strokes.isHidden())
        menu.addAction("Export stems…").triggered.connect(self._export)
        menu.addSeparator()
        menu.addAction("Remove").triggered.connect(self._remove)
        return menu

    def _rename(self) -> None:
        text, agreed = QInputDialog.getText(self, "Rename run", "Name of the run", text=self._label)
        if agreed and text.strip() != self._label:
            self.renamed.emit(self.run_id, text.strip())

    def _choose_a(self) -> None:
        self.sideChosen.emit(self.run_id, "A")

    def _choose_b(self) -> None:
        self.sideChosen.emit(self.run_id, "B")

    def _ask_strokes(self) -> None:
        self.strokesRequested.emit(self.run_id)

    def _remove(self) -> None:
        self.removeRequested.emit(self.run_id)

    def _on_toggled(self, opened: bool) -> None:
        if opened:
            self.lanesWanted.emit()

    def _on_clicked(self, opened: bool) -> None:
        self.folded.emit(self.run_id, opened)

    def _export(self) -> None:
        self.exportRequested.emit(self.run_id)
