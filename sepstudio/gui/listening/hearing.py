"""What is heard of a session: the chosen group, solos, mutes, and the two sides of a comparison."""

from __future__ import annotations

from collections.abc import Callable

from sepstudio.session.records import LaneState, Run
from sepstudio.session.session import Session

Pair = tuple[str, str]


class Hearing:
    """Heard is one *group* at a time: a recording, the stems of a run, or a single lane.

    A solo anywhere on the current source takes precedence, so that stems of different runs can be
    heard against each other; a group that was chosen to be compared (``compares``) is heard with
    the solos among its own lanes only. A lane that is held (``held``) is heard alone. ``offered`` says which runs are
    listed where one looks: A, B and the digits are none of the others unless they were chosen or are heard.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.group = ""
        self.compares = False
        self.held = ""
        self.offered: Callable[[Run], bool] = _every
        self._pair: Pair = ("", "")

    # -- the two sides -----------------------------------------------------------------------

    @property
    def pair(self) -> Pair:
        """What A and B are: what was chosen, else the recording and the newest run of those that are offered."""
        a, b = self._pair
        source = self._session.current_source
        if source is None:
            return ("", "")
        newest = next((run.id for run in reversed(self._offered_runs()) if run.id != a), source.id)
        return (a if self.exists(a) else source.id, b if self.exists(b) else newest)

    def choose_pair(self, a: str, b: str) -> None:
        """Say what A and B are; empty for what is usual."""
        self._pair = (a, b)

    @property
    def letter(self) -> str:
        """A or B where one of them is heard, else empty."""
        a, b = self.pair
        return "A" if self.group == a else "B" if self.group == b else ""

    # -- lanes -------------------------------------------------------------------------------

    def exists(self, group: str) -> bool:
        """Return whether a group is there and belongs to the current source."""
        return bool(group) and (group in self.everything() or self._run(group) is not None)

    def everything(self) -> tuple[str, ...]:
        """Return all audio ids of the current source."""
        source = self._session.current_source
        if source is None:
            return ()
        runs = self._session.runs_of(source.id)
        return (source.id, *(audio_id for run in runs for audio_id in (*run.stem_ids, run.residual_id)))

    def members(self, group: str) -> tuple[str, ...]:
        """Return the lanes of a group."""
        run = self._run(group)
        if run is not None:
            return (*run.stem_ids, run.residual_id)
        return (group,) if group in self.everything() else ()

    def reach(self) -> tuple[str, ...]:
        """Return the lanes that digits stand for: those of the run that is heard, or of the newest one."""
        source = self._session.current_source
        runs = self._session.runs_of(source.id) if source is not None else ()
        run = self._run(self.group) or next((r for r in runs if self.group in self.members(r.id)), None)
        run = run or next(reversed(self._offered_runs()), None)
        return self.members(run.id) if run is not None else ()

    def audible(self) -> tuple[str, ...]:
        """Return the audio ids that sound now."""
        # The rows of other recordings can be held too, but not be heard on this timeline.
        if self.held in self.everything():
            return (self.held,)
        soloed = self.soloed_among(self.everything())
        if soloed and not self.compares:
            return soloed
        return self.audible_of(self.group)

    def audible_of(self, group: str) -> tuple[str, ...]:
        """Return what sounds when a group is compared: its solos, else what of it is not muted."""
        members = self.members(group)
        if len(members) == 1:
            return members
        return self.soloed_among(members) or tuple(audio_id for audio_id in members if not self._lane(audio_id).mute)

    def soloed_among(self, audio_ids: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of some audio ids whose solo is on."""
        return tuple(audio_id for audio_id in audio_ids if self._lane(audio_id).solo)

    def _offered_runs(self) -> tuple[Run, ...]:
        source = self._session.current_source
        runs = self._session.runs_of(source.id) if source is not None else ()
        return tuple(run for run in runs if self.offered(run))

    def _lane(self, audio_id: str) -> LaneState:
        return self._session.lane(audio_id)

    def _run(self, group: str) -> Run | None:
        source = self._session.current_source
        run = self._session.runs.get(group)
        return run if run is not None and source is not None and run.source_id == source.id else None


def _every(_run: Run) -> bool:
    return True
