"""Menus of what a pane can show."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from sepstudio.gui.items.matrix_view import has_matrices
from sepstudio.gui.panes.layout import RESIDUAL, RUN, RUN_KINDS, SOURCE, STEM, TARGETS_OF, Kind
from sepstudio.session.session import Session

KIND_TITLES: dict[Kind, str] = {
    "waveform": "Waveform", "spectrogram": "Spectrogram", "overlay": "Overlay of two",
    "difference": "Difference of two", "mask": "Mask of a stem", "templates": "Templates of a run",
    "activations": "Activations of a run", "model": "Model of a run", "remainder": "What a model leaves",
    "roll": "Piano roll", "dt": "Phase difference along time (Δt)",
    "df": "Phase difference along frequency (Δf)", "phase": "Phase",
}  # fmt: skip
_BETWEEN = {"overlay": "with", "difference": "minus"}
_WIDEST = 320


class TargetMenu(QMenu):
    """Lists what can be shown; ``chosen`` carries this menu's ``purpose`` and the targets, one or two.

    Menus of second targets are filled when they open: there may be many of them.
    """

    chosen = Signal(object, object)

    def __init__(
        self, title: str, kind: Kind, session: Session, run_id: str, purpose: object, parent: QWidget,
        first: str = "",
    ) -> None:  # fmt: skip
        super().__init__(title, parent)
        self.setObjectName(f"menu.targets.{kind}")
        self.setToolTipsVisible(True)
        self._kind = kind
        self._session = session
        self._run_id = run_id
        self._purpose = purpose
        self._first = first
        self._filled = False
        self.aboutToShow.connect(self.fill)

    def fill(self) -> None:
        """Add the entries, if that was not done yet."""
        if self._filled:
            return
        self._filled = True
        separated = False
        for target, title in self._targets():
            if not separated and not target.startswith("@") and not self.isEmpty():
                self.addSeparator()
                separated = True
            self._add(target, title)
        self.setEnabled(not self.isEmpty())

    def _targets(self) -> Iterator[tuple[str, str]]:
        if self._kind in RUN_KINDS:
            return possible_runs(self._session, self._run_id)
        return possible_targets(self._session, self._run_id, stems_only=self._kind == "mask")

    def _add(self, target: str, whole: str) -> None:
        title = self.fontMetrics().elidedText(whole, Qt.TextElideMode.ElideMiddle, _WIDEST)
        if TARGETS_OF[self._kind] > 1 and not self._first:
            words = f"{title} {_BETWEEN[self._kind]}"
            menu = TargetMenu(words, self._kind, self._session, self._run_id, self._purpose, self, first=target)
            menu.chosen.connect(self.chosen)
            self.addMenu(menu)
        elif target != self._first:
            action = QAction(title, self)
            action.setData(target)
            action.setToolTip(whole)
            action.triggered.connect(self._choose)
            self.addAction(action)

    def _choose(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            targets = (self._first, action.data()) if self._first else (action.data(),)
            self.chosen.emit(self._purpose, targets)


def possible_targets(session: Session, run_id: str, *, stems_only: bool = False) -> Iterator[tuple[str, str]]:
    """Yield targets and what to call them: first those that follow what is on show, then those that stay."""
    run = session.runs.get(run_id)
    if session.current_source is not None and not stems_only:
        yield SOURCE, "Recording on show"
    if run is not None:
        for index, stem_id in enumerate(run.stem_ids):
            yield f"{STEM}{index}", session.stems[stem_id].name.capitalize()
        yield RESIDUAL, "Residual"
    if not stems_only:
        yield from ((source.id, source.name) for source in session.sources.values())
    for other in session.runs.values():
        for stem_id in other.stem_ids:
            yield stem_id, f"{other.title}: {session.stems[stem_id].name}"
        yield other.residual_id, f"{other.title}: residual"


def possible_runs(session: Session, run_id: str) -> Iterator[tuple[str, str]]:
    """Yield targets of panes of factors: the run on show, then all runs that have factors."""
    if has_matrices(session.matrices(run_id)):
        yield RUN, "Run on show"
    for run in session.runs.values():
        if has_matrices(session.matrices(run.id)):
            yield run.id, run.title
