"""The codebook microscope of the codec tab: decodes the tokens on show otherwise, and measures what codebooks add."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from PySide6.QtCore import QObject

from sepstudio.errors import MissingInputError
from sepstudio.gui.codec.microscope_box import MicroscopeBox
from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.separation.base import Matrix, Progress, RunContext
from sepstudio.separation.codec_books import BookScores
from sepstudio.separation.codec_method import CodecParams
from sepstudio.separation.codec_results import TOKENS
from sepstudio.session.records import Run

# Enough for a score, and short enough to be decoded three dozen times while somebody looks.
LONGEST_S = 2.0
_MOST_KEPT = 16


@dataclass(frozen=True, eq=False)
class _Stretch:
    """What is measured: the scene of a run, and from which second of it."""

    scene: AudioClip
    params: CodecParams
    matrices: Mapping[str, Matrix]
    seconds: float


class CodecMicroscopeController(QObject):
    """Joins the box at the right with the run on show; scores are kept by the tokens that they are of."""

    def __init__(self, desk: Desk, codec: CodecController, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = codec.tab
        self._exports = exports
        self.box: MicroscopeBox | None = None
        self._shown: object = None
        self._job = 0
        self._measured: Run | None = None
        self._kept: dict[int, BookScores] = {}
        codec.completed.connect(self._ask)

    def handlers(self) -> Handlers:
        """Return nothing: the box has its own controls."""
        return {}

    def _ask(self) -> None:
        self._tab.turns.ask(self._make)

    def _make(self) -> None:
        box = self.box = MicroscopeBox()
        self._tab.microscope.hold(box)
        self._exports.offer(box.curves)
        box.told.connect(self._tab.cursorMoved)
        box.decodeRequested.connect(self._tab.decodeRequested)
        box.measureRequested.connect(self.measure)
        box.cancelRequested.connect(self._cancel)
        self._tab.shownChanged.connect(self._show_soon)
        self._desk.bridge.snapshot.connect(self._on_snapshot)
        self._desk.bridge.ended.connect(self._on_ended)
        self.show_run()

    def _show_soon(self) -> None:
        self._tab.turns.ask(self.show_run)

    @property
    def _run(self) -> Run | None:
        """The run that is looked at; in a blind comparison it is not told which that is."""
        run = None if self._desk.tab.stems.aliases else self._desk.session.runs.get(self._tab.run)
        return run if run is not None and isinstance(run.params, CodecParams) else None

    def show_run(self) -> None:
        """Offer what the run on show can be decoded with, unless it is offered."""
        run = self._run
        if run is self._shown and run is not None:
            return
        self._shown = run
        tokens = self._desk.session.matrices(run.id).get(TOKENS) if run is not None else None
        if run is None or tokens is None:
            self.box.show_run(0, 0, 0)
            return
        self.box.show_run(len(tokens.values), run.params.codebooks, run.params.left_out)
        # Another run of the same tokens has the same scores.
        self.box.show_scores(self._kept.get(_digest(tokens), BookScores()), _title(run))

    # -- measuring ---------------------------------------------------------------------------

    def measure(self) -> None:
        """Measure what each codebook of the run on show adds, around the playhead."""
        run, session = self._run, self._desk.session
        source = session.sources.get(run.source_id) if run is not None else None
        scene = self._tab.clips.of(source.id) if source is not None else None
        if scene is None:
            return
        start = session.selection.start if session.selection is not None else self._desk.player.position
        seconds = (start - run.start) / source.sample_rate
        part = excerpt(scene, run.start, run.stop)
        work = _steps(_Stretch(part, run.params, session.matrices(run.id), seconds), self._desk.workbench.context)
        self._measured = run
        self.box.show_scores(BookScores(), _title(run))
        self.box.set_measuring(True)
        self._job = self._desk.bridge.start(f"Codebooks of {_title(run)}", work, partial(self._keep, run))

    def _cancel(self) -> None:
        self._desk.bridge.cancel(self._job)

    def _keep(self, run: Run, scores: BookScores) -> None:
        tokens = self._desk.session.matrices(run.id).get(TOKENS)
        if tokens is not None:
            self._kept[_digest(tokens)] = scores
            while len(self._kept) > _MOST_KEPT:
                del self._kept[next(iter(self._kept))]
        self._show(scores)

    def _show(self, scores: BookScores) -> None:
        if self._measured is not None and self._run is self._measured:
            self.box.show_scores(scores, _title(self._measured))

    def _on_snapshot(self, job: int, scores: object) -> None:
        if job == self._job and isinstance(scores, BookScores):
            self._show(scores)

    def _on_ended(self, job: int, _state: str, _message: str) -> None:
        if job == self._job:
            self._job = 0
            self.box.set_measuring(False)


def _digest(tokens: Matrix) -> int:
    return zlib.crc32(np.ascontiguousarray(tokens.values))


def _title(run: Run) -> str:
    return run.label or f"Decoded {run.number}"


def _steps(stretch: _Stretch, context: RunContext) -> Generator[Progress, None, BookScores]:
    """Load the model and measure; on the thread of the job, for loading takes seconds."""
    from sepstudio.separation.codec_books import book_steps, stretch_of
    from sepstudio.separation.codec_method import loaded
    from sepstudio.separation.codec_results import codes_of

    yield Progress(0.0, "loading the model")
    codec, scene = loaded(stretch.params.model, context), stretch.scene
    codes = codes_of(stretch.matrices, codec.config, codec.sha256, scene.length, scene.sample_rate)
    if codes is None:
        why = "were made by another model than the one that now has its name"
        raise MissingInputError("these tokens", why, "encode the scene again")
    part, begin = stretch_of(codes, max(stretch.seconds, 0.0), LONGEST_S)
    return (yield from book_steps(codec, part, excerpt(scene, begin, begin + part.length)))
