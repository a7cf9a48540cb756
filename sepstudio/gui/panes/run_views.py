"""Views of the matrices of runs and of their differences, made once and shared by all panes."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from sepstudio.gui.items.matrix_view import MatrixName, MatrixView, has_matrices, matrix_view
from sepstudio.gui.texts import MINUS
from sepstudio.gui.turns import Turns
from sepstudio.session.session import Session
from sepstudio.tiles.matrices import Integers, Values, difference_steps, nearest_places

TITLES: dict[MatrixName, str] = {"templates": "templates W", "activations": "activations H"}
# Views hold on to matrices, and a difference is as large as one.
_MOST = 16

_Key = tuple[str, ...]
_Steps = Generator[float, None, Values]


class RunViews(QObject):
    """Differences take some turns of the event loop; ``ready`` says that one more is there."""

    ready = Signal()

    def __init__(self, session: Session, turns: Turns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._turns = turns
        self._views: dict[_Key, MatrixView] = {}
        self._wanted: dict[_Key, tuple[MatrixView, _Steps]] = {}

    def forget(self) -> None:
        """Let go of everything: it belongs to another document."""
        self._views.clear()
        self._wanted.clear()

    def view(self, name: MatrixName, run_ids: Sequence[str], *, told: bool) -> MatrixView | None:
        """Return the view of a matrix of one run, or of the first minus the second; None while that is computed.

        ``told`` says whether the title names the run.
        """
        if len(run_ids) > 1:
            return self._difference(name, run_ids[0], run_ids[1])
        run = self._session.runs[run_ids[0]]
        title = f"{run.title}: {TITLES[name]}" if told else TITLES[name]
        return self._kept((name, run.id, title), name, run.id)

    def _kept(self, key: _Key, name: MatrixName, run_id: str) -> MatrixView:
        matrices = self._session.matrices(run_id)
        known = self._views.pop(key, None)
        if known is None or known.source is not matrices:
            # To look for what is dead takes a pass over the matrix, and a run shows several of them.
            dead = next((other.dead for other in self._views.values() if other.source is matrices), None)
            known = matrix_view(name, matrices, run_id, key[-1], dead)
        self._keep(key, known)
        return known

    def _keep(self, key: _Key, view: MatrixView) -> None:
        self._views[key] = view
        while len(self._views) > _MOST:
            del self._views[next(iter(self._views))]

    # -- differences -------------------------------------------------------------------------

    def _difference(self, name: MatrixName, first_id: str, second_id: str) -> MatrixView | None:
        runs = [self._session.runs[run_id] for run_id in (first_id, second_id)]
        title = f"{TITLES[name]}: {runs[0].title} {MINUS} {runs[1].title}"
        key = (name, first_id, second_id, title)
        known = self._views.get(key)
        if known is not None and known.source is self._session.matrices(first_id):
            return known
        if key not in self._wanted:
            first, second = (self.view(name, [run.id], told=False) for run in runs)
            if first is None or second is None:
                return None
            rows, columns = counterparts(first, second)
            shown = dataclasses.replace(
                first, title=title, signed=True, unmatched=frozenset(np.flatnonzero(rows < 0).tolist())
            )
            self._wanted[key] = (shown, difference_steps(first.values, second.values, rows, columns))
            self._turns.ask(self._go_on)
        return None

    def _go_on(self) -> None:
        """Compute a little of a difference."""
        if not self._wanted:
            return
        key, (shown, steps) = next(iter(self._wanted.items()))
        try:
            next(steps)
        except StopIteration as stop:
            del self._wanted[key]
            self._keep(key, dataclasses.replace(shown, values=stop.value))
            self.ready.emit()
        if self._wanted:
            self._turns.ask(self._go_on)


def counterparts(first: MatrixView, second: MatrixView) -> tuple[Integers, Integers]:
    """Return which component of the second has the name of each of the first, and which cell lies at its place.

    Both are -1 where there is none.
    """
    by_name = {component.name: component.index for component in second.components}
    rows = np.full(len(first.components), -1, np.intp)
    for component in first.components:
        rows[component.index] = by_name.get(component.name, -1)
    return rows, nearest_places(first.places, second.places)


def comparable(session: Session, run_id: str) -> tuple[str, ...]:
    """Return the ids of the other runs of the same recording that have matrices."""
    run = session.runs.get(run_id)
    others = session.runs_of(run.source_id) if run is not None else ()
    return tuple(other.id for other in others if other.id != run_id and has_matrices(session.matrices(other.id)))
