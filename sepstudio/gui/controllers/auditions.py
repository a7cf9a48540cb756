"""Hearing notes and components alone: what a click on them sounds like, for a moment."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction

from sepstudio.errors import MissingInputError
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.factorised import factorised_run
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import Note, Score
from sepstudio.jobs.runner import JobEvent
from sepstudio.playback.tones import tone
from sepstudio.separation.base import Matrix, Progress
from sepstudio.separation.score_constraints import pitch_frequency
from sepstudio.separation.score_masking import Fragment
from sepstudio.separation.score_masks import component_clip, notes_clip
from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.session.records import Run

SETTING = "scores/hear"
# Enough to know a note or component again; the rest of a long choice is left out.
MOST_SECONDS = 12.0
_AROUND_COMPONENT = (0.3, 2.7)
_TONE_SECONDS = 0.8
_HELD_TONE_SECONDS = 4.0


@dataclass(frozen=True)
class _Wanted:
    """What was chosen to be heard: notes of a score in a run, from second ``start`` on."""

    pitch: int | None
    start: float


class AuditionController(QObject):
    """Lets single notes, components and pitches be heard in place of everything else, until they end."""

    def __init__(self, desk: Desk, board: ScoreBoard) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._board = board
        # These come with every click: they are no jobs to be listed.
        self._bridge = desk.bridge.sibling(self)
        self._job = 0
        self._wanted = _Wanted(None, 0.0)
        self._bridge.failed.connect(self._on_failed)
        desk.tab.deck.componentChosen.connect(self.hear_component)
        board.selectionChanged.connect(self._on_selected)
        board.pitchPressed.connect(self._press)
        board.pitchReleased.connect(desk.player.let_go)
        desk.session.currentSourceChanged.connect(self._forget)

    def handlers(self) -> Handlers:
        """Return what answers the actions about hearing."""
        return {"score-hear": self._hear_selected, "score-hear-clicked": self._set_hearing}

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Let the action show whether what is clicked is heard."""
        actions["score-hear-clicked"].setChecked(self.on)

    @property
    def on(self) -> bool:
        """Whether what is clicked is heard."""
        return bool(self._desk.settings.value(SETTING))

    @property
    def run(self) -> Run | None:
        """The factorised run that notes are heard from: the one on show, or the newest one of the recording."""
        source = self._session.current_source
        return factorised_run(self._session, source.id, self._desk.tab.run) if source is not None else None

    # -- what is asked for -------------------------------------------------------------------

    def hear_component(self, run_id: str, component: int, seconds: float | None) -> None:
        """Hear a component of a run around a time, or where it is loudest."""
        run, matrices = self._session.runs.get(run_id), self._session.matrices(run_id)
        if not self.on or run is None or "activations" not in matrices:
            return
        names, times = matrices["activations"].coordinates
        if seconds is None:
            seconds = float(times[int(np.argmax(matrices["activations"].values[component]))])
        before, after = _AROUND_COMPONENT
        self._wanted = _Wanted(None, seconds)
        work = _component_steps(
            self._session.clip(run.source_id), matrices, str(names[component]), (seconds - before, seconds + after)
        )
        self._start("Component", work)

    def hear_notes(self, note_ids: frozenset[int]) -> None:
        """Hear notes of the score in the run on show; a tone stands for one of which no run knows anything."""
        run, score = self.run, self._board.score
        notes = [note for note in score.notes if note.id in note_ids] if score is not None else []
        if not notes:
            return
        start = min(note.onset for note in notes)
        self._wanted = _Wanted(notes[0].pitch if len(notes) == 1 else None, start)
        if run is None:
            self._play_wanted_tone()
            return
        stretch = (start - run.params.before, min(_latest(notes, run.params), start + MOST_SECONDS))
        matrices, clip = self._session.matrices(run.id), self._session.clip(run.source_id)
        self._start("Notes", _notes_steps(clip, matrices, score, note_ids, run.params, stretch))

    def _on_selected(self) -> None:
        # More than one are rather chosen to be worked on.
        if self.on and len(self._board.selected) == 1:
            self.hear_notes(self._board.selected)

    def _hear_selected(self) -> None:
        self.hear_notes(self._board.selected)

    def _set_hearing(self, on: bool) -> None:
        self._desk.settings.set(SETTING, on)

    # -- sound -------------------------------------------------------------------------------

    def _start(self, title: str, work: Generator[Progress, None, Fragment]) -> None:
        self._bridge.cancel(self._job)
        self._job = self._bridge.start(title, work, functools.partial(self._play, self._session.current_source))

    def _play(self, source: object, fragment: Fragment) -> None:
        if self._session.current_source is source:
            self._desk.player.audition(fragment.clip, fragment.start)
            self._desk.player.let_go()

    def _press(self, pitch: int) -> None:
        """Sound a pitch until it is let go."""
        self._sound(pitch, self._desk.timeline.playhead, _HELD_TONE_SECONDS)

    def _play_wanted_tone(self) -> None:
        if self._wanted.pitch is not None:
            self._sound(self._wanted.pitch, self._wanted.start, _TONE_SECONDS)
            self._desk.player.let_go()

    def _sound(self, pitch: int, seconds: float, length: float) -> None:
        source = self._session.current_source
        if source is None:
            return
        self._bridge.cancel(self._job)
        made = tone(pitch_frequency(pitch), length, source.sample_rate, source.channels)
        start = min(round(seconds * source.sample_rate), source.length - made.length)
        self._desk.player.audition(made, max(start, 0))

    def _on_failed(self, title: str, event: JobEvent) -> None:
        if isinstance(event.error, MissingInputError):
            self._play_wanted_tone()
        else:
            self._desk.bridge.failed.emit(title, event)

    def _forget(self, _source_id: str = "") -> None:
        self._bridge.cancel(self._job)


def _latest(notes: Sequence[Note], params: NmfParams | NaeParams) -> float:
    return max(note.offset + (params.after if note.after is None else note.after) for note in notes)


def _notes_steps(
    clip: AudioClip,
    matrices: Mapping[str, Matrix],
    score: Score,
    note_ids: frozenset[int],
    params: NmfParams | NaeParams,
    stretch: tuple[float, float],
) -> Generator[Progress, None, Fragment]:
    yield Progress(0.0, "masking")
    return notes_clip(clip, matrices, score, note_ids, params, stretch=stretch)


def _component_steps(
    clip: AudioClip, matrices: Mapping[str, Matrix], name: str, stretch: tuple[float, float]
) -> Generator[Progress, None, Fragment]:
    yield Progress(0.0, "masking")
    return component_clip(clip, matrices, (name,), stretch=stretch)
