"""Fills the pyramids that panes look at, on two threads, and says on the GUI thread what became ready."""

from __future__ import annotations

import functools
import itertools
import threading
import weakref
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from sepstudio.errors import UserError
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.runner import Job, JobEvent, JobRunner, JobState
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.pyramids import ClipPyramids, pyramids_of
from sepstudio.tiles.waveform import WaveformPyramid

NEWS_INTERVAL_MS = 33


@dataclass(frozen=True, eq=False)
class TileNews:
    """More of a recording is ready to be drawn.

    ``fraction`` of its pyramids is built, ``busy`` while that goes on; ``error`` says why
    something cannot be computed, or is empty.
    """

    pyramids: ClipPyramids
    fraction: float
    busy: bool
    error: str = ""


class Computes(Protocol):
    """A pyramid of which single pieces can be computed."""

    def compute(self, level: int, index: int) -> object:
        """Compute a piece into the cache."""


Wish = tuple[Computes, int, int]


@dataclass(eq=False)
class _Watch:
    """A recording that at least one client looks at."""

    pyramids: ClipPyramids
    clients: set[int] = field(default_factory=set)
    jobs: list[Job] = field(default_factory=list)
    wishes: dict[int, list[Wish]] = field(default_factory=dict)
    refused: set[Wish] = field(default_factory=set)
    fraction: float = 0.0
    busy: bool = False
    error: str = ""


class TileLoader(QObject):
    """One of these serves all panes of a window, which take ``paint_turns`` too. ``close`` it before it goes.

    One thread builds pyramids one after the other; another takes first looks and the single
    tiles that are in view, so that what the user looks at never waits for a build.
    """

    tilesReady = Signal(object)
    _heard_something = Signal()

    def __init__(self, parent: QObject | None = None, *, cache: TileCache | None = None) -> None:
        super().__init__(parent)
        self.paint_turns = PaintTurns(self)
        self._cache = cache or TileCache()
        self._known: weakref.WeakValueDictionary[tuple[int, FrameAnalysis], ClipPyramids] = (
            weakref.WeakValueDictionary()
        )
        self._waveforms: weakref.WeakValueDictionary[int, WaveformPyramid] = weakref.WeakValueDictionary()
        self._watches: dict[int, _Watch] = {}
        self._clients = itertools.count(1)
        self._builds = JobRunner(workers=1, quiet=True)
        self._demands = JobRunner(workers=1, quiet=True)
        self._serving = False
        self._news: dict[_Watch, None] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(NEWS_INTERVAL_MS)
        self._timer.timeout.connect(self._tell)
        self._heard_something.connect(self._timer.start, Qt.ConnectionType.QueuedConnection)

    def new_client(self) -> int:
        """Return a number that names one pane to this loader."""
        return next(self._clients)

    @property
    def cache(self) -> TileCache:
        """Where all pyramids of this loader keep their tiles."""
        return self._cache

    def pyramids(self, clip: AudioClip, analysis: FrameAnalysis | None = None) -> ClipPyramids:
        """Return the pyramids of a recording in one analysis, the same ones for as long as anybody keeps them."""
        analysis = analysis or FrameAnalysis()
        known = self._known.get((id(clip), analysis))
        if known is None or known.clip is not clip:
            waveform = self._waveforms.get(id(clip))
            shared = waveform if waveform is not None and waveform.clip is clip else None
            known = pyramids_of(clip, self._cache, analysis, shared)
            self._known[id(clip), analysis] = known
            self._waveforms[id(clip)] = known.waveform
        return known

    def attach(self, client: int, pyramids: ClipPyramids) -> None:
        """Fill the pyramids for a client, unless that is done or under way."""
        with self._lock:
            watch = self._watches.setdefault(id(pyramids), _Watch(pyramids))
        watch.clients.add(client)
        if not watch.jobs and not pyramids.complete:
            watch.busy = True
            heard = functools.partial(self._hear, watch)
            if pyramids.spectrogram.first_look is None:
                watch.jobs.append(self._demands.submit("first look", pyramids.look(), heard))
            watch.jobs.append(self._builds.submit("pyramids", pyramids.build(), functools.partial(self._build, watch)))
        self._note(watch)

    def detach(self, client: int, pyramids: ClipPyramids) -> None:
        """Stop filling the pyramids once no client looks at them; a later ``attach`` goes on."""
        watch = self._watches.get(id(pyramids))
        if watch is None:
            return
        watch.clients.discard(client)
        with self._lock:
            watch.wishes.pop(client, None)
            if not watch.clients:
                del self._watches[id(pyramids)]
        if not watch.clients:
            for job in watch.jobs:
                job.cancel()

    def want(self, client: int, pyramids: ClipPyramids, wishes: Iterable[Wish]) -> None:
        """Compute single pieces soon; replaces what the client wanted before. Cheap enough for painting."""
        watch = self._watches.get(id(pyramids))
        if watch is None or self._closed:
            return
        with self._lock:
            watch.wishes[client] = [wish for wish in wishes if wish not in watch.refused]
            start = bool(watch.wishes[client]) and not self._serving
            self._serving = self._serving or start
        if start:
            self._demands.submit("tiles in view", self._serve(), self._served)

    def close(self) -> None:
        """Cancel everything and wait for the threads to end."""
        self._closed = True
        self._timer.stop()
        self._builds.close()
        self._demands.close()
        self._watches.clear()

    # -- on the worker threads ---------------------------------------------------------------

    def _serve(self) -> Generator[None, None, None]:
        while (found := self._next_wish()) is not None:
            watch, wish = found
            pyramid, level, index = wish
            try:
                pyramid.compute(level, index)
            except Exception as error:  # noqa: BLE001 - one bad piece must not stop the others
                watch.error = _reason(error)
                watch.refused.add(wish)
            self._note(watch)
            yield

    def _next_wish(self) -> tuple[_Watch, Wish] | None:
        with self._lock:
            for watch in tuple(self._watches.values()):
                for wishes in watch.wishes.values():
                    if wishes:
                        return watch, wishes.pop(0)
            self._serving = False
            return None

    def _served(self, event: JobEvent) -> None:
        del event

    def _build(self, watch: _Watch, event: JobEvent) -> None:
        if event.state is JobState.RUNNING:
            watch.fraction = event.progress.fraction
        else:
            watch.busy = False
        self._hear(watch, event)

    def _hear(self, watch: _Watch, event: JobEvent) -> None:
        if event.error is not None:
            watch.error = _reason(event.error)
        self._note(watch)

    def _note(self, watch: _Watch) -> None:
        """Remember that there is news of a recording, and wake the GUI thread once for all of it."""
        with self._lock:
            wake = not self._news and not self._closed
            self._news[watch] = None
        if wake:
            self._heard_something.emit()

    # -- on the GUI thread -------------------------------------------------------------------

    def _tell(self) -> None:
        with self._lock:
            news, self._news = self._news, {}
        for watch in news:
            if watch.clients:
                self.tilesReady.emit(TileNews(watch.pyramids, watch.fraction, watch.busy, watch.error))


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, UserError) else f"Cannot be drawn: {type(error).__name__}: {error}"
