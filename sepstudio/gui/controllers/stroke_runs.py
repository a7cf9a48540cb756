"""Strokes on finished runs: a new run in which stems obey what was painted."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Generator, Mapping
from typing import Any

from PySide6.QtCore import QObject

from sepstudio.errors import ParameterError
from sepstudio.gui.codec.reach import separated_runs
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.notice import Notice
from sepstudio.gui.panels.stroke_stems import StrokeStemsDialog
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.io.strokes.records import PaintedSource
from sepstudio.separation.base import Progress, RunContext, Separation
from sepstudio.separation.probe import transform_sizes
from sepstudio.separation.references import RESIDUAL
from sepstudio.separation.registry import method, methods
from sepstudio.separation.stroke_masks import ReweightParams
from sepstudio.separation.stroke_naming import assigned, proposed
from sepstudio.session.records import Run

METHOD = "reweight"
_SUFFIX = ", with strokes"
_NO_RUN = "Strokes change a finished run: separate the recording first, or let the network of Paint learn from them."
_NO_STROKES = "Nothing is painted on this recording yet: paint on its spectrogram, or on that of a stem."


class StrokeRunController(QObject):
    """Applies the strokes of a recording to a run of it; asks which stems they speak of where names do not tell.

    Strokes on a run that strokes have made already begin again from the run that they were applied to: each stroke
    counts once, and those that were taken away count no more.
    """

    def __init__(self, desk: Desk, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        # What was said of painted sources, by run.
        self._choices: dict[str, Mapping[str, str]] = {}
        desk.tab.stems.strokesRequested.connect(self.apply)
        desk.session.viewReplaced.connect(self._choices.clear)

    def handlers(self) -> Handlers:
        """Return what answers the action."""
        return {"strokes-apply": self._apply_shown}

    def _apply_shown(self) -> None:
        source = self._session.current_source
        runs = separated_runs(self._session, source.id) if source is not None else ()
        shown = next((run for run in runs if run.id == self._desk.tab.run), runs[-1] if runs else None)
        if shown is None:
            self._support.show(Notice(_NO_RUN, None))
        else:
            self.apply(shown.id)

    def apply(self, run_id: str) -> None:
        """Apply the strokes of its recording to a run, perhaps after a question."""
        run = self._base(self._session.runs[run_id])
        sources = self._painted(run)
        if not sources:
            self._support.show(Notice(_NO_STROKES, None))
            return
        stems = self._stems(run)
        choice = {**proposed(self._session.strokes(run.source_id), [*stems, RESIDUAL]), **self._choices.get(run.id, {})}
        if all(choice[source.id] in (*stems, RESIDUAL) for source in sources) and run.id not in self._choices:
            self._start(run, choice)
            return
        dialog = StrokeStemsDialog(self._desk.window, run.title, sources, tuple(stems), choice)
        dialog.chosen.connect(functools.partial(self._on_chosen, run.id))
        dialog.open()

    def _on_chosen(self, run_id: str, choice: Mapping[str, str]) -> None:
        # The question stands while the window goes on.
        if run_id in self._session.runs:
            self._choices[run_id] = choice
            self._start(self._session.runs[run_id], choice)

    # -- what is there -----------------------------------------------------------------------

    def _base(self, run: Run) -> Run:
        """Return the run that strokes were applied to, if it is still there, else the run itself."""
        if run.method != METHOD or not isinstance(run.params, ReweightParams):
            return run
        return self._session.runs.get(run.params.run, run)

    def _painted(self, run: Run) -> list[PaintedSource]:
        strokes = self._session.strokes(run.source_id)
        spoken_of = {stroke.source for stroke in strokes.strokes}
        return [source for source in strokes.sources if source.id in spoken_of]

    def _stems(self, run: Run) -> dict[str, AudioClip]:
        session = self._session
        return {session.stems[stem_id].name: session.clip(stem_id) for stem_id in run.stem_ids}

    # -- the work ----------------------------------------------------------------------------

    def _start(self, run: Run, choice: Mapping[str, str]) -> None:
        session, workbench = self._session, self._desk.workbench
        source, mixture = session.sources[run.source_id], session.clip(run.source_id)
        strokes = assigned(session.strokes(source.id), choice)
        params = _params(run, source.sample_rate)
        if (run.start, run.stop) != (0, source.length):
            mixture = excerpt(mixture, run.start, run.stop)
        context = dataclasses.replace(
            workbench.context,
            sink=workbench.new_sink(),
            stems={**self._stems(run), RESIDUAL: session.clip(run.residual_id)},
            strokes=strokes.moved(-run.start / source.sample_rate),
        )
        span = {"start": run.start, "stop": run.stop, "band": run.band}
        draft = Run("", 0, METHOD, params, source.id, stem_ids=(), strokes=strokes, **span)
        work = _steps(mixture, params, context, run.title)
        done = functools.partial(self._keep, run, draft)
        self._desk.bridge.start(f"Strokes on {run.title}", work, done)

    def _keep(self, base: Run, draft: Run, separation: Separation) -> None:
        """Keep what was made, under its own number and the name of the run that it comes from."""
        number = 1 + max((run.number for run in self._session.runs.values()), default=0)
        name = base.title.removeprefix(f"Run {base.number}  ").removesuffix(_SUFFIX)
        label = f"Run {number}  {name}{_SUFFIX}"
        self._desk.workbench.keep(dataclasses.replace(draft, label=label), separation)


def _params(run: Run, sample_rate: int) -> ReweightParams:
    """Return parameters with the transform of a run, where it has one of its own."""
    fft_size, hop_size = transform_sizes(run.params, methods().get(run.method), sample_rate)
    try:
        return ReweightParams(run=run.id, fft_size=fft_size, hop_size=hop_size)
    except ParameterError:
        # Plug-ins may know transforms that are not invertible here.
        return ReweightParams(run=run.id)


def _steps(mixture: AudioClip, params: Any, context: RunContext, title: str) -> Generator[Progress, None, Separation]:
    separation = yield from method(METHOD).run(mixture, params, context=context)
    made = separation.provenance
    noted = dataclasses.replace(made, notes=(f"strokes on {title}", *made.notes))
    return dataclasses.replace(separation, provenance=noted)
