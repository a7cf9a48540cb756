"""Recordings that wait for their separation, and the work on them one after another."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
import time
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input
from sepstudio.batch.naming import comparable, distinct
from sepstudio.batch.records import ACTIVE, FINISHED, RETRYABLE, Entry, EntryState, Problem, Recipe
from sepstudio.batch.workpiece import Outcome, Workpiece
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Progress, RunContext

# Results that could not be saved take memory or disk: of more than so many the oldest are computed again.
KEPT_RESULTS = 4
# How soon a queue at rest notices that it is to stop altogether.
_REST_SECONDS = 0.1

Steps = Generator[Progress, None, Outcome]


class BatchQueue:
    """An ordered list of entries, and the generator that works on them; every method may be called on any thread.

    ``revision`` counts changes other than progress. Results that could not be saved are kept for
    another try until ``close``.
    """

    def __init__(self, entries: Iterable[Entry] = (), clock: Callable[[], float] = time.perf_counter) -> None:
        self._entries = {entry.id: entry for entry in entries}
        self._next_id = 1 + max(self._entries, default=0)
        self._clock = clock
        self._lock = threading.RLock()
        self._pieces: dict[int, Workpiece] = {}
        self._doomed: set[int] = set()
        self._may_go = threading.Event()
        self._may_go.set()
        self.revision = 0
        # What methods may use of the machine, from the next recording on.
        self.context = RunContext()

    # -- what is in it -----------------------------------------------------------------------

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries in their order."""
        with self._lock:
            return tuple(self._entries.values())

    @property
    def waiting(self) -> bool:
        """Whether an entry waits for its turn."""
        return any(entry.state is EntryState.QUEUED for entry in self.entries)

    @property
    def paused(self) -> bool:
        """Whether no step is taken until ``resume``."""
        return not self._may_go.is_set()

    # -- edits -------------------------------------------------------------------------------

    def add(self, found: Sequence[Input], recipe: Recipe) -> int:
        """Append recordings and return how many: those that wait for the same already are left out."""
        with self._lock:
            waiting: dict[Path, list[tuple[Recipe, Score | None, Strokes | None]]] = {}
            for entry in self._entries.values():
                if entry.state not in FINISHED | RETRYABLE:
                    waiting.setdefault(entry.path, []).append((entry.recipe, entry.score, entry.strokes))
            taken = {
                comparable(entry.track): entry.path
                for entry in self._entries.values()
                if entry.recipe.placing.output == recipe.placing.output
            }
            fresh = [
                source for source in found if (recipe, source.score, source.strokes) not in waiting.get(source.path, ())
            ]
            for source in fresh:
                self._append(source, recipe, taken)
            self.revision += 1
            return len(fresh)

    def _append(self, source: Input, recipe: Recipe, taken: dict[str, Path]) -> None:
        track = source.track
        if taken.get(comparable(track), source.path) != source.path:
            track = distinct(track, taken)
        taken[comparable(track)] = source.path
        entry = Entry(self._next_id, source.path, track, recipe, score=source.score, strokes=source.strokes)
        if source.problem is not None:
            problem = Problem.of(source.problem, source.path)
            entry = dataclasses.replace(entry, state=EntryState.FAILED, problem=problem)
        self._entries[entry.id] = entry
        self._next_id += 1

    def remove(self, ids: Collection[int]) -> None:
        """Take entries out, save one that is being worked on."""
        with self._lock:
            self._drop(self._chosen(ids, frozenset(EntryState) - ACTIVE))

    def clear_finished(self) -> None:
        """Take out what is done or was skipped."""
        with self._lock:
            self._drop(entry for entry in self.entries if entry.state in FINISHED)

    def _drop(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            del self._entries[entry.id]
            self._discard(entry.id)
        self.revision += 1

    def move(self, ids: Collection[int], by: int) -> None:
        """Move entries one place up (-1) or down (1), together until they meet the end."""
        with self._lock:
            order, chosen = self.entries[:: -1 if by > 0 else 1], frozenset(ids)
            moved: list[Entry] = []
            for entry in order:
                free = bool(moved) and entry.id in chosen and moved[-1].id not in chosen
                moved.insert(len(moved) - free, entry)
            self._entries = {entry.id: entry for entry in moved[:: -1 if by > 0 else 1]}
            self.revision += 1

    def retry(self, ids: Collection[int]) -> None:
        """Let failed and cancelled entries wait again."""
        with self._lock:
            for entry in self._chosen(ids, RETRYABLE):
                self._set(entry.id, state=EntryState.QUEUED, fraction=0.0, stage="", problem=None)

    def redirect(self, ids: Collection[int], output: Path) -> None:
        """Let the stems of entries that are not done go into another folder."""
        with self._lock:
            for entry in self._chosen(ids, RETRYABLE | {EntryState.QUEUED}):
                placing = dataclasses.replace(entry.recipe.placing, output=output)
                self._set(entry.id, recipe=dataclasses.replace(entry.recipe, placing=placing))

    def cancel(self, ids: Collection[int]) -> None:
        """Cancel what waits, and let what is being worked on end at its next step."""
        with self._lock:
            self._doomed.update(entry.id for entry in self._chosen(ids, ACTIVE))
            for entry in self._chosen(ids, {EntryState.QUEUED}):
                self._discard(entry.id)
                self._set(entry.id, state=EntryState.CANCELLED, kept=False)

    def _chosen(self, ids: Collection[int], states: Collection[EntryState]) -> list[Entry]:
        chosen = frozenset(ids)
        return [entry for entry in self.entries if entry.id in chosen and entry.state in states]

    def pause(self) -> None:
        """Take no further step; the one that is being taken ends."""
        self._may_go.clear()

    def resume(self) -> None:
        """Go on after ``pause``."""
        self._may_go.set()

    def close(self) -> None:
        """Forget results that could not be saved; nothing may be worked on any more."""
        for piece in self._pieces.values():
            piece.discard()
        self._pieces.clear()

    # -- work --------------------------------------------------------------------------------

    def work(self) -> Generator[Progress, None, None]:
        """Work on what waits until nothing does, or until a pause between two entries.

        A failure ends its entry alone. When the generator is closed, the entry that is being worked
        on waits again. Yields the progress of everything, and as that of the stage that of the entry.
        """
        ended, told = 0, 0.0
        while (entry := self._take()) is not None:
            with contextlib.closing(self._work_on(entry)) as steps:
                for step in steps:
                    left = sum(other.state is EntryState.QUEUED for other in self.entries)
                    told = max(told, (ended + step.fraction) / (ended + 1 + left))
                    stage = f"{ended + 1} of {ended + 1 + left}  {entry.track}: {step.stage}"
                    yield Progress(told, stage, stage_fraction=step.fraction)
            ended += 1

    def _take(self) -> Entry | None:
        with self._lock:
            waiting = [entry for entry in self._entries.values() if entry.state is EntryState.QUEUED]
            if self.paused or not waiting:
                return None
            return self._set(waiting[0].id, state=EntryState.RUNNING, seconds=0.0)

    def _work_on(self, entry: Entry) -> Generator[Progress, None, None]:
        piece = self._pieces.setdefault(entry.id, Workpiece(entry.path, entry.track, entry.score, entry.strokes))
        steps = piece.steps(entry.recipe, self.context)
        try:
            outcome = yield from self._advance(entry.id, steps)
            steps.close()
            self._end(entry.id, outcome)
        except Exception as error:  # noqa: BLE001 - a defect met by one recording must not cost the others
            self._fail(entry.id, Problem.of(error, entry.path))
        finally:
            steps.close()
            self._tidy(entry.id, piece)

    def _advance(self, entry_id: int, steps: Steps) -> Generator[Progress, None, Outcome | None]:
        """Take steps unless the queue rests; the outcome, or None when the entry was cancelled."""
        progress = Progress(0.0, "starting")
        while entry_id not in self._doomed:
            if self.paused:
                self._set(entry_id, state=EntryState.PAUSED)
                self._may_go.wait(_REST_SECONDS)
                yield dataclasses.replace(progress, stage="paused")
                continue
            self._set(entry_id, state=EntryState.RUNNING)
            began = self._clock()
            try:
                progress = next(steps)
            except StopIteration as stop:
                outcome: Outcome = stop.value
                return outcome
            self._note(entry_id, progress, self._clock() - began)
            yield progress
        return None

    def _note(self, entry_id: int, progress: Progress, seconds: float) -> None:
        with self._lock:
            entry = self._entries[entry_id]
            self._entries[entry_id] = dataclasses.replace(
                entry, fraction=progress.fraction, stage=progress.stage, seconds=entry.seconds + seconds
            )

    def _end(self, entry_id: int, outcome: Outcome | None) -> None:
        if outcome is None:
            self._set(entry_id, state=EntryState.CANCELLED, stage="")
        elif outcome.outputs:
            self._set(entry_id, state=EntryState.DONE, fraction=1.0, **dataclasses.asdict(outcome))
        else:
            self._set(entry_id, state=EntryState.SKIPPED, fraction=0.0)

    def _fail(self, entry_id: int, problem: Problem) -> None:
        self._set(entry_id, state=EntryState.FAILED, problem=problem)

    def _tidy(self, entry_id: int, piece: Workpiece) -> None:
        """Leave behind only what another try can use."""
        with self._lock:
            self._doomed.discard(entry_id)
            entry = self._entries[entry_id]
            if entry.state in ACTIVE:
                self._set(entry_id, state=EntryState.QUEUED, fraction=0.0, stage="")
            kept = piece.computed and entry.state is EntryState.FAILED
            self._set(entry_id, kept=kept)
            if not kept:
                self._discard(entry_id)
            for oldest in list(self._pieces)[:-KEPT_RESULTS]:
                self._discard(oldest)
                self._set(oldest, kept=False)

    def _discard(self, entry_id: int) -> None:
        piece = self._pieces.pop(entry_id, None)
        if piece is not None:
            piece.discard()

    def _set(self, entry_id: int, **changes: Any) -> Entry:
        with self._lock:
            entry = dataclasses.replace(self._entries[entry_id], **changes)
            if entry != self._entries[entry_id]:
                self._entries[entry_id] = entry
                self.revision += 1
            return entry
