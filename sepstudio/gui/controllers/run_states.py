"""States of runs that follow what the user edits: each comes back with the edit that it belongs to."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from sepstudio.gui.desk import Desk
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import Curve, Matrix
from sepstudio.session.records import Run, Stem

# What undo and redo bring back at once; what is further away is computed again.
MOST_STATES = 64


@dataclass(frozen=True)
class RunState:
    """A run as it is after one edit: all that an edit changes of it; its curves stay where there are no others."""

    run: Run
    stems: tuple[Stem, ...]
    audio: Mapping[str, tuple[AudioClip, ...]]
    matrices: Mapping[str, Matrix]
    curves: Mapping[str, Curve] | None = None

    @classmethod
    def revised(
        cls,
        run: Run,
        sounds: Mapping[str, AudioClip],
        matrices: Mapping[str, Matrix],
        known: Mapping[str, Stem],
        curves: Mapping[str, Curve] | None = None,
    ) -> RunState:
        """Return a run with other sounds by the names of its stems; stems that are ``known`` by id stay the same."""
        ids = {name: f"{run.id}/{name}" for name in sounds}
        return cls(
            dataclasses.replace(run, stem_ids=tuple(ids.values())),
            tuple(known.get(stem_id) or Stem(stem_id, run.id, name) for name, stem_id in ids.items()),
            {ids[name]: (clip,) for name, clip in sounds.items()},
            matrices,
            curves,
        )


class RunStates:
    """Keeps the last states of runs by what was edited, and puts them into the session.

    That is no step of the history of its own.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._session = desk.session
        self._states: dict[tuple[str, Hashable], RunState] = {}

    def present(self, run: Run) -> RunState:
        """Return a run as it is in the session."""
        session = self._session
        stems = tuple(session.stems[stem_id] for stem_id in run.stem_ids)
        audio = {stem_id: session.takes(stem_id) for stem_id in run.stem_ids}
        return RunState(run, stems, audio, session.matrices(run.id), session.curves(run.id))

    def known(self, run: Run, edited: Hashable) -> RunState | None:
        """Return the state of a run that belongs to what was edited, under the name that it has now."""
        state = self._states.get((run.id, edited))
        return state and dataclasses.replace(state, run=dataclasses.replace(state.run, label=run.label))

    def keep(self, edited: Hashable, state: RunState) -> None:
        """Remember the state of a run that belongs to what was edited."""
        self._states[state.run.id, edited] = state
        while len(self._states) > MOST_STATES:
            del self._states[next(iter(self._states))]

    def clear(self) -> None:
        """Forget all: they belong to another document."""
        self._states.clear()

    def apply(self, state: RunState) -> None:
        """Let a run of the session be in a state; what is seen and heard of it stays."""
        tab, player = self._desk.tab, self._desk.player
        shown, heard = tab.run, player.heard
        new_stems = self._session.runs[state.run.id].stem_ids != state.run.stem_ids
        self._session.revise_run(state.run, state.stems, state.audio, state.matrices, state.curves)
        if new_stems:
            # The run was away for a moment.
            tab.show_run(shown)
            player.hear(heard)
