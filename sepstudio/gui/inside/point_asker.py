"""Asks what a network makes of a point of the timeline, and marks the point in the spectrograms."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject

from sepstudio.gui.desk import Desk
from sepstudio.gui.inside.point_view import HINT, MapsAtPoint, PointView
from sepstudio.gui.items.probe_marks import HasScale, ProbeMarks
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.texts import stretch_text, time_text
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.runner import JobState
from sepstudio.separation.base import Matrix
from sepstudio.separation.probe import DEFAULT_FFT_SIZE, DEFAULT_HOP_SIZE, spectrum_at
from sepstudio.session.records import Run

NO_RUN = "Wait until a network has learnt, then click a point: this shows what it sees around it, layer by layer."
_TIME, _FREQUENCY = "time", "frequency"


class PointAsker(QObject):
    """Answers clicks while the view is in sight; ``run_of`` returns the run whose network is asked."""

    def __init__(self, desk: Desk, view: PointView, run_of: Callable[[], Run | None]) -> None:
        super().__init__(view)
        self._desk = desk
        self._session = desk.session
        self._view = view
        self._run_of = run_of
        # Answers take a moment and come with every click: they are no jobs to be listed.
        self._bridge = desk.bridge.sibling(self)
        self._bridge.failed.connect(desk.bridge.failed)
        self._bridge.ended.connect(self._on_ended)
        self._job = 0
        self._wanted: tuple[float, float | None] | None = None
        self._asked: tuple[object, ...] = ()
        self._marks: dict[Pane, ProbeMarks] = {}
        self._shown = False
        view.stepped.connect(self._step)
        view.playheadWanted.connect(self._ask_at_playhead)
        desk.tab.deck.shownChanged.connect(self._mark)
        desk.session.currentSourceChanged.connect(self._forget)

    def ask(self, seconds: float, hertz: float | None) -> None:
        """Show what is at a point; without a frequency, at the loudest one at that time."""
        self._wanted = (seconds, hertz)
        self.ask_again()

    def ask_again(self) -> None:
        """Ask the same of the run that is there now, if that is another."""
        run = self._run_of()
        if self._wanted is None:
            self._view.say(HINT if run is not None else NO_RUN)
            return
        if self._asked == (*self._wanted, run):
            return
        self._bridge.cancel(self._job)
        self._asked = (*self._wanted, run)
        if run is None:
            self._view.say(NO_RUN)
            return
        seconds, hertz = self._wanted
        rate = self._session.sources[run.source_id].sample_rate
        if not run.start / rate <= seconds <= run.stop / rate:
            where = stretch_text(run.start, run.stop, rate)
            self._view.say(f"{run.title} is of {where} only: click there, or separate more.")
            return
        if self._view.shown is None:
            self._view.say(f"Looking at {time_text(seconds)}…")
        work = _look(self._session.clip(run.source_id), run, self._session.matrices(run.id), seconds, hertz)
        self._job = self._bridge.start("Look inside", work, partial(self._show, run))

    def set_shown(self, shown: bool) -> None:
        """Mark the point in the spectrograms, or do not: the view came into sight, or left it."""
        self._shown = shown
        self._mark()

    # -- asking ------------------------------------------------------------------------------

    def _ask_at_playhead(self) -> None:
        if self._session.current_source is not None:
            self.ask(self._desk.timeline.playhead, None)

    def _step(self, frames: int, bands: int) -> None:
        found = self._view.shown
        if found is not None:
            layer = next(iter(found.layers.values()))
            time = _next(_places(layer, _TIME), found.seconds, frames)
            self.ask(time, _next(_places(layer, _FREQUENCY), found.hertz, bands))

    def _forget(self, _source_id: str = "") -> None:
        self._bridge.cancel(self._job)
        self._wanted, self._asked = None, ()
        self._view.say(HINT)
        self._mark()

    def _on_ended(self, job: int, state: str, _message: str) -> None:
        if job == self._job and state != JobState.DONE.value:
            self._asked = ()
            self._view.say(HINT)
            self._mark()

    # -- showing -----------------------------------------------------------------------------

    def _show(self, run: Run, found: MapsAtPoint) -> None:
        if run.id in self._session.runs:
            self._view.show_maps(found)
            self._mark()

    def _mark(self) -> None:
        """Mark the point in every spectrogram while the view is in sight."""
        found = self._view.shown if self._shown else None
        panes = [pane for pane in self._desk.tab.stack.panes if isinstance(pane, HasScale)]
        self._marks = {pane: marks for pane, marks in self._marks.items() if pane in panes}
        for pane in panes:
            if pane not in self._marks and found is not None:
                self._marks[pane] = ProbeMarks(pane)
                pane.box.addItem(self._marks[pane], ignoreBounds=True)
            if pane in self._marks:
                self._marks[pane].show_marks((found.seconds, found.hertz) if found is not None else None, ())


def _look(
    clip: AudioClip, run: Run, matrices: Mapping[str, Matrix], seconds: float, hertz: float | None
) -> Generator[float, None, MapsAtPoint]:
    """Ask the network of a run about a point of the timeline."""
    # On the thread of the job: loading torch takes a second.
    from sepstudio.separation.paint_probe import feature_map_steps

    if hertz is None:
        hertz = _loudest(clip, seconds)
    mixture = clip if (run.start, run.stop) == (0, clip.length) else clip.section(run.start, run.stop)
    begin = run.start / clip.sample_rate
    found = yield from feature_map_steps(mixture, run.params, matrices, seconds - begin, hertz)
    return maps_at_point({name: matrix.moved(begin) for name, matrix in found.items()}, seconds, hertz)


def maps_at_point(found: Mapping[str, Matrix], seconds: float, hertz: float) -> MapsAtPoint:
    """Return what a network makes of a point, put in order: what has no place are the probabilities of sources."""
    layers = {name: matrix for name, matrix in found.items() if matrix.values.ndim > 1}
    labels = [
        (str(name), float(value))
        for matrix in found.values()
        if matrix.values.ndim == 1
        for name, value in zip(matrix.coordinates[0], matrix.values, strict=True)
    ]
    marked = {name: _cell_at(matrix, seconds, hertz) for name, matrix in layers.items()}
    return MapsAtPoint(seconds, hertz, labels, layers, marked)


def _loudest(clip: AudioClip, seconds: float) -> float:
    frame = round(seconds * clip.sample_rate / DEFAULT_HOP_SIZE)
    spectrum = spectrum_at(clip, [frame], fft_size=DEFAULT_FFT_SIZE, hop_size=DEFAULT_HOP_SIZE)
    return int(np.argmax((np.abs(spectrum) ** 2).sum(axis=(0, 2)))) * clip.sample_rate / DEFAULT_FFT_SIZE


def _places(matrix: Matrix, axis: str) -> npt.NDArray[np.float64]:
    return np.asarray(matrix.coordinates[matrix.axes.index(axis)], np.float64)


def _nearest(places: npt.NDArray[np.float64], place: float) -> int:
    return int(np.abs(places - place).argmin())


def _next(places: npt.NDArray[np.float64], place: float, steps: int) -> float:
    """Return the place some cells from the one nearest to a place."""
    return float(places[min(max(_nearest(places, place) + steps, 0), len(places) - 1)]) if steps else place


def _cell_at(matrix: Matrix, seconds: float, hertz: float) -> tuple[int, int]:
    """Return the cell of a point: along frequency, and along time."""
    return _nearest(_places(matrix, _FREQUENCY), hertz), _nearest(_places(matrix, _TIME), seconds)
