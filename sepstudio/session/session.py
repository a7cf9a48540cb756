"""The open document: records, the audio behind them, few mutators with one signal each."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.hoa import AMBIX, Convention
from sepstudio.io.picked import first_channels
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Curve, Matrix
from sepstudio.session.records import RESIDUAL_SUFFIX, LaneState, Run, Selection, Source, Stem


@dataclass(frozen=True)
class Content:
    """Everything that a session holds at one moment, apart from its history.

    ``audio`` holds one clip for each source id and one per take for each stem id; ``lanes`` go by
    audio id. ``true_stems`` names, for a source and a stem's name, the source that is the true stem.
    ``view`` is what is looked at, as JSON values. Runs refer to sources and stems that are there.
    ``scores``, ``strokes`` and ``conventions`` go by source id, ``matrices`` and ``curves`` by run id and name.
    """

    sources: tuple[Source, ...] = ()
    runs: tuple[Run, ...] = ()
    stems: tuple[Stem, ...] = ()
    lanes: Mapping[str, LaneState] = field(default_factory=dict)
    audio: Mapping[str, tuple[AudioClip, ...]] = field(default_factory=dict)
    selection: Selection | None = None
    current_source: str = ""
    true_stems: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    view: Mapping[str, Any] = field(default_factory=dict)
    scores: Mapping[str, Score] = field(default_factory=dict)
    strokes: Mapping[str, Strokes] = field(default_factory=dict)
    conventions: Mapping[str, Convention] = field(default_factory=dict)
    matrices: Mapping[str, Mapping[str, Matrix]] = field(default_factory=dict)
    curves: Mapping[str, Mapping[str, Curve]] = field(default_factory=dict)


class Session(QObject):
    """Holds frozen records by id. Mutators are called by undo commands only; views read and listen.

    The exceptions are ``set_current_source`` and ``set_view``, because where one looks is no edit,
    and ``replace_all``, with which another document begins.

    Audio ids name what can be heard and seen: a source id, a stem id, or ``run.residual_id``.
    Audio itself is kept beside the records for as long as the session lives, so that undo
    brings a run back without computing it again; so are the matrices and curves of a run.

    A score, strokes and the convention of a scene belong to a source. ``scoreChanged``, ``strokesChanged`` and
    ``conventionChanged`` carry the source id; they come for every change and when another document is opened, not
    when a source comes back with what it had.
    """

    sourceAdded = Signal(str)
    sourceRemoved = Signal(str)
    sourceChanged = Signal(str)
    currentSourceChanged = Signal(str)
    runAdded = Signal(str)
    runRemoved = Signal(str)
    runRenamed = Signal(str)
    runRevised = Signal(str)
    trueStemsChanged = Signal(str)
    scoreChanged = Signal(str)
    strokesChanged = Signal(str)
    conventionChanged = Signal(str)
    viewReplaced = Signal()
    stemChanged = Signal(str)
    laneChanged = Signal(str)
    selectionChanged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stack = QUndoStack(self)
        self._sources: dict[str, Source] = {}
        self._runs: dict[str, Run] = {}
        self._stems: dict[str, Stem] = {}
        self._lanes: dict[str, LaneState] = {}
        self._audio: dict[str, tuple[AudioClip, ...]] = {}
        self._residuals: dict[str, tuple[tuple[int, ...], AudioClip]] = {}
        self._true_stems: dict[str, dict[str, str]] = {}
        self._view: Mapping[str, Any] = {}
        self._matrices: dict[str, Mapping[str, Matrix]] = {}
        self._curves: dict[str, Mapping[str, Curve]] = {}
        # By source: one that is not looked at, or was removed, keeps its own for when it comes back.
        self._selections: dict[str, Selection] = {}
        self._scores: dict[str, Score] = {}
        self._strokes: dict[str, Strokes] = {}
        self._conventions: dict[str, Convention] = {}
        self._current = ""
        self._ids = itertools.count(1)
        self._is_replacing = False

    # -- reading ---------------------------------------------------------------------------

    @property
    def sources(self) -> Mapping[str, Source]:
        """All sources by id, in the order of opening."""
        return MappingProxyType(self._sources)

    @property
    def runs(self) -> Mapping[str, Run]:
        """All runs by id, oldest first."""
        return MappingProxyType(self._runs)

    @property
    def stems(self) -> Mapping[str, Stem]:
        """All stems by id."""
        return MappingProxyType(self._stems)

    @property
    def selection(self) -> Selection | None:
        """The selected stretch of the current source."""
        return self.selection_of(self._current)

    def selection_of(self, source_id: str) -> Selection | None:
        """Return the selected stretch of a source."""
        return self._selections.get(source_id)

    @property
    def current_source(self) -> Source | None:
        """The source that the panes show, or None in an empty session."""
        return self._sources.get(self._current)

    def lane(self, audio_id: str) -> LaneState:
        """Return how an audio id is heard; a residual is silent until somebody asks for it."""
        return self._lanes.get(audio_id) or LaneState(mute=audio_id.endswith(RESIDUAL_SUFFIX))

    @property
    def view(self) -> Mapping[str, Any]:
        """What is looked at, as JSON values; whoever shows it gives it its meaning."""
        return self._view

    def true_stems(self, source_id: str) -> Mapping[str, str]:
        """Return the sources that are the true stems of a source, by the name of the stem."""
        return MappingProxyType(self._true_stems.get(source_id, {}))

    def score(self, source_id: str) -> Score | None:
        """Return the score of a source, in seconds of its timeline; None where none was attached."""
        return self._scores.get(source_id)

    def strokes(self, source_id: str) -> Strokes:
        """Return what was painted on a source, in seconds of its timeline; empty where nothing was."""
        return self._strokes.get(source_id) or Strokes()

    def convention(self, source_id: str) -> Convention:
        """Return what the channels of a source in Ambisonics mean, and those of all stems of it; ambiX unless said."""
        return self._conventions.get(source_id, AMBIX)

    def matrices(self, run_id: str) -> Mapping[str, Matrix]:
        """Return the matrices of a run by name, read-only; times in seconds of the source's timeline."""
        return self._matrices.get(run_id, MappingProxyType({}))

    def curves(self, run_id: str) -> Mapping[str, Curve]:
        """Return the curves of a run by name, for example its error over iterations; read-only."""
        return self._curves.get(run_id, MappingProxyType({}))

    def runs_of(self, source_id: str) -> tuple[Run, ...]:
        """Return the runs of one source, oldest first."""
        return tuple(run for run in self._runs.values() if run.source_id == source_id)

    def clip(self, audio_id: str) -> AudioClip:
        """Return the audio of a source, of a stem in its current take, or of a run's residual."""
        if audio_id in self._sources:
            return self._audio[audio_id][0]
        if audio_id in self._stems:
            return self._audio[audio_id][self._stems[audio_id].take - 1]
        return self._residual(self._runs[audio_id.removesuffix(RESIDUAL_SUFFIX)])

    def takes(self, stem_id: str) -> tuple[AudioClip, ...]:
        """Return the audio of all kept states of a stem; just that of the stem where one was kept."""
        return self._audio[stem_id]

    def _residual(self, run: Run) -> AudioClip:
        # The same clip for the same takes: what was drawn of it is kept by the clip's identity.
        takes = tuple(self._stems[stem_id].take for stem_id in run.stem_ids)
        if run.id not in self._residuals or self._residuals[run.id][0] != takes:
            stems = [self.clip(stem_id) for stem_id in run.stem_ids]
            # Of a scene that is decoded higher orders may be missing.
            mixture = first_channels(self.clip(run.source_id), min((stem.channels for stem in stems), default=1 << 16))
            clip = difference(mixture, run.start, run.stop, stems)
            self._residuals[run.id] = (takes, clip)
        return self._residuals[run.id][1]

    def offset(self, audio_id: str) -> int:
        """Return the sample of the source at which an audio id begins."""
        run = self.run_of(audio_id)
        return run.start if run is not None else 0

    def run_of(self, audio_id: str) -> Run | None:
        """Return the run that a stem or a residual belongs to; None for anything else."""
        stem = self._stems.get(audio_id)
        if stem is not None:
            return self._runs[stem.run_id]
        owner, is_residual, _ = audio_id.partition(RESIDUAL_SUFFIX)
        return self._runs.get(owner) if is_residual else None

    def content(self) -> Content:
        """Return all that is there now; what could only be brought back by undo or redo is not in it."""
        heard = [*self._sources, *self._stems, *(run.residual_id for run in self._runs.values())]
        return Content(
            sources=tuple(self._sources.values()),
            runs=tuple(self._runs.values()),
            stems=tuple(self._stems.values()),
            lanes={audio_id: self.lane(audio_id) for audio_id in heard},
            audio={audio_id: self._audio[audio_id] for audio_id in (*self._sources, *self._stems)},
            selection=self.selection,
            current_source=self._current,
            true_stems={key: dict(stems) for key, stems in self._true_stems.items() if stems},
            view=self._view,
            scores={key: self._scores[key] for key in self._sources if key in self._scores},
            strokes={key: self._strokes[key] for key in self._sources if key in self._strokes},
            conventions={key: self._conventions[key] for key in self._sources if key in self._conventions},
            matrices={key: self._matrices[key] for key in self._runs if key in self._matrices},
            curves={key: self._curves[key] for key in self._runs if key in self._curves},
        )

    def new_id(self, kind: str) -> str:
        """Return an id that no record has yet, for example ``run-3``."""
        known = self._audio.keys() | self._runs.keys()
        return next(name for name in (f"{kind}-{n}" for n in self._ids) if name not in known)

    # -- another document --------------------------------------------------------------------

    def replace_all(self, content: Content) -> None:
        """Hold something else from now on; the history of what was there ends.

        Every record is told as ever. Whoever shows many of them at once may wait while
        ``is_replacing``, for ``viewReplaced``, which is the last signal.
        """
        self.stack.clear()
        self._is_replacing = True
        try:
            self._take_over(content)
        finally:
            self._is_replacing = False
        self.viewReplaced.emit()

    @property
    def is_replacing(self) -> bool:
        """Whether another document comes just now."""
        return self._is_replacing

    def _take_over(self, content: Content) -> None:
        self._clear()
        self._sources.update({source.id: source for source in content.sources})
        self._stems.update({stem.id: stem for stem in content.stems})
        self._runs.update({run.id: run for run in content.runs})
        self._lanes.update(content.lanes)
        self._audio.update(content.audio)
        self._true_stems.update({key: dict(stems) for key, stems in content.true_stems.items()})
        self._view = dict(content.view)
        self._scores.update(content.scores)
        self._strokes.update(content.strokes)
        self._conventions.update(content.conventions)
        for run in content.runs:
            self.store_results(run.id, content.matrices.get(run.id, {}), content.curves.get(run.id, {}))
        for source in content.sources:
            self.sourceAdded.emit(source.id)
        for run in content.runs:
            self.runAdded.emit(run.id)
        for source_id in content.scores:
            self.scoreChanged.emit(source_id)
        for source_id in content.strokes:
            self.strokesChanged.emit(source_id)
        for source_id in content.conventions:
            self.conventionChanged.emit(source_id)
        self.set_current_source(content.current_source)
        self.set_selection(content.selection)

    def _clear(self) -> None:
        # Nothing is looked at while it goes, so that no view turns to another piece of it.
        self.set_current_source("")
        for run_id in tuple(self._runs):
            self.remove_run(run_id)
        for source_id in tuple(self._sources):
            self.remove_source(source_id)
        for kept in (self._lanes, self._audio, self._residuals, self._true_stems, self._selections):
            kept.clear()
        for results in (self._scores, self._strokes, self._conventions, self._matrices, self._curves):
            results.clear()

    # -- mutators, for undo commands ---------------------------------------------------------

    def store_audio(self, audio_id: str, takes: Sequence[AudioClip]) -> None:
        """Keep the audio of a source (one clip) or of a stem (one clip per take)."""
        self._audio[audio_id] = tuple(takes)

    def store_results(self, run_id: str, matrices: Mapping[str, Matrix], curves: Mapping[str, Curve]) -> None:
        """Keep what a run returned beside its audio; nobody can write into the arrays through what is kept."""
        self._matrices[run_id] = MappingProxyType({name: matrix.frozen() for name, matrix in matrices.items()})
        self._curves[run_id] = MappingProxyType({name: curve.frozen() for name, curve in curves.items()})

    def add_source(self, source: Source, *, current: bool = True) -> None:
        """Add a source, and make it current unless it is to stay in the background."""
        self._sources[source.id] = source
        self.sourceAdded.emit(source.id)
        if current:
            self.set_current_source(source.id)

    def remove_source(self, source_id: str) -> None:
        """Remove a source that has no runs; the last other source becomes current."""
        del self._sources[source_id]
        self.sourceRemoved.emit(source_id)
        if self._current == source_id:
            self.set_current_source(next(reversed(self._sources), ""))

    def relink_source(self, source: Source, audio_id: str) -> None:
        """Let a source be another file of the same shape, the audio of which was stored as ``audio_id``."""
        self._sources[source.id] = source
        self._audio[source.id] = self._audio[audio_id]
        for run in self.runs_of(source.id):
            self._residuals.pop(run.id, None)
        self.sourceChanged.emit(source.id)
        if source.id == self._current:
            # Whoever shows it has to read it anew; the selection still fits.
            self.currentSourceChanged.emit(source.id)

    def set_current_source(self, source_id: str) -> None:
        """Choose the source that the panes show, with the selection that was made in it."""
        if source_id == self._current:
            return
        before, self._current = self.selection, source_id
        self.currentSourceChanged.emit(source_id)
        # Even if the samples are the same: at another rate they are another stretch of time.
        if (before, self.selection) != (None, None):
            self.selectionChanged.emit()

    def add_run(self, run: Run, stems: Sequence[Stem]) -> None:
        """Add a finished run with its stems."""
        self._stems.update({stem.id: stem for stem in stems})
        self._runs[run.id] = run
        self.runAdded.emit(run.id)

    def remove_run(self, run_id: str) -> None:
        """Remove a run with its stems; their audio stays for redo."""
        run = self._runs.pop(run_id)
        for stem_id in run.stem_ids:
            del self._stems[stem_id]
        self.runRemoved.emit(run_id)

    def revise_run(
        self,
        run: Run,
        stems: Sequence[Stem],
        audio: Mapping[str, tuple[AudioClip, ...]],
        matrices: Mapping[str, Matrix],
        curves: Mapping[str, Curve] | None = None,
    ) -> None:
        """Let a run be what an edit of its score or strokes has made of it; without ``curves`` it keeps its own.

        This is no step of the history: a run that follows what is edited goes back with it.
        """
        changed = [stem.id for stem in stems if self._audio.get(stem.id) != audio[stem.id]]
        same_stems = self._runs[run.id].stem_ids == run.stem_ids
        place = tuple(self._runs).index(run.id)
        if not same_stems:
            self.remove_run(run.id)
        self._audio.update(audio)
        self._residuals.pop(run.id, None)
        self.store_results(run.id, matrices, self.curves(run.id) if curves is None else curves)
        if same_stems:
            self._runs[run.id] = run
            for stem_id in changed:
                self.stemChanged.emit(stem_id)
        else:
            self.insert_run(run, stems, place)
        self.runRevised.emit(run.id)

    def rename_run(self, run_id: str, label: str) -> None:
        """Give a run a name of the user's, or take it away (empty)."""
        self._runs[run_id] = dataclasses.replace(self._runs[run_id], label=label)
        self.runRenamed.emit(run_id)

    def insert_run(self, run: Run, stems: Sequence[Stem], place: int) -> None:
        """Bring a run back to its place among the others, counted from 0."""
        runs = list(self._runs.values())
        runs.insert(place, run)
        self._stems.update({stem.id: stem for stem in stems})
        self._runs = {run.id: run for run in runs}
        self.runAdded.emit(run.id)

    def insert_source(self, source: Source, place: int) -> None:
        """Bring a source back to its place among the others, counted from 0, and make it current."""
        sources = list(self._sources.values())
        sources.insert(place, source)
        self._sources = {source.id: source for source in sources}
        self.sourceAdded.emit(source.id)
        self.set_current_source(source.id)

    def set_true_stem(self, source_id: str, name: str, true_id: str) -> None:
        """Say which source is the true stem of a name, or that none is (empty)."""
        stems = self._true_stems.setdefault(source_id, {})
        if true_id:
            stems[name] = true_id
        else:
            stems.pop(name, None)
        self.trueStemsChanged.emit(source_id)

    def set_score(self, source_id: str, score: Score | None) -> None:
        """Attach a score to a source, or take it away."""
        if score is None:
            self._scores.pop(source_id, None)
        else:
            self._scores[source_id] = score
        self.scoreChanged.emit(source_id)

    def set_strokes(self, source_id: str, strokes: Strokes) -> None:
        """Let a source have these strokes in the place of those that it had."""
        if strokes == Strokes():
            self._strokes.pop(source_id, None)
        else:
            self._strokes[source_id] = strokes
        self.strokesChanged.emit(source_id)

    def set_convention(self, source_id: str, convention: Convention) -> None:
        """Say what the channels of a source mean."""
        if convention == AMBIX:
            self._conventions.pop(source_id, None)
        else:
            self._conventions[source_id] = convention
        self.conventionChanged.emit(source_id)

    def set_view(self, view: Mapping[str, Any]) -> None:
        """Remember what is looked at, as JSON values; tells nobody, because who looks knows."""
        self._view = view

    def set_take(self, stem_id: str, take: int) -> None:
        """Choose which kept state of a stem is seen and heard."""
        self._stems[stem_id] = dataclasses.replace(self._stems[stem_id], take=take)
        self.stemChanged.emit(stem_id)

    def set_lane(self, audio_id: str, state: LaneState) -> None:
        """Set solo, mute and gain of an audio id."""
        self._lanes[audio_id] = state
        self.laneChanged.emit(audio_id)

    def set_selection(self, selection: Selection | None) -> None:
        """Select a stretch of the current source, or nothing."""
        if selection == self.selection:
            return
        if selection is None:
            del self._selections[self._current]
        else:
            self._selections[self._current] = selection
        self.selectionChanged.emit()
