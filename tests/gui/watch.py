"""How long the GUI thread is held: a timer beats as often as the loop turns, and samples of the stack say by what."""

import heapq
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer

BEAT_MS = 5
SAMPLE_S = 0.003
MOST_TOLD = 5
OURS = "/sepstudio/"


@dataclass(frozen=True, order=True)
class Hold:
    """From one turn of the loop to the next, in milliseconds, and the functions that it went into."""

    cpu_ms: float
    clock_ms: float
    what: str

    def __str__(self):
        return f"{self.cpu_ms:.1f} ms of the processor, {self.clock_ms:.1f} ms by the clock, in {self.what}"


class Watch(QObject):
    """Measures what the thread of the loop does between two beats.

    Its processor time is not disturbed by other programs, which the clock is. ``turns`` counts beats.
    Saying by what the thread was held takes samples, which hold it up a little themselves: not where ``named`` is
    False.
    """

    def __init__(self, *, named=True):
        super().__init__()
        self._named = named
        self._timer = QTimer(self)
        self._timer.setInterval(BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._longest, self._slowest = [], []
        self._samples = Counter()
        self._ended = threading.Event()
        self._sampler = threading.Thread(target=self._sample, args=(threading.get_ident(),), name="sampler")
        self.turns = 0

    def __enter__(self):
        if self._named:
            self._sampler.start()
        self._timer.start()
        self._begin()
        return self

    def __exit__(self, *_):
        self._timer.stop()
        self._ended.set()
        if self._named:
            self._sampler.join()

    @property
    def longest(self):
        """The longest holds by processor time, the longest first."""
        return [hold for _, hold in heapq.nlargest(MOST_TOLD, self._longest)]

    @property
    def slowest(self):
        """The longest holds by the clock, the longest first."""
        return [hold for _, hold in heapq.nlargest(MOST_TOLD, self._slowest)]

    def _begin(self):
        self._samples = Counter()
        self._begun = time.thread_time(), time.perf_counter()

    def _beat(self):
        cpu, clock = time.thread_time() - self._begun[0], time.perf_counter() - self._begun[1]
        what = ", ".join(f"{name} ({count})" for name, count in self._samples.most_common(3))
        nothing = "nothing of ours" if self._named else "something (--names tells)"
        hold = Hold(cpu * 1e3, max(clock * 1e3 - BEAT_MS, 0.0), what or nothing)
        for heap, key in ((self._longest, hold.cpu_ms), (self._slowest, hold.clock_ms)):
            heapq.heappush(heap, (key, hold))
            if len(heap) > MOST_TOLD:
                heapq.heappop(heap)
        self.turns += 1
        self._begin()

    def _sample(self, thread):
        while not self._ended.wait(SAMPLE_S):
            names = _ours(sys._current_frames().get(thread))
            if names:
                self._samples[" > ".join(names)] += 1


def _ours(frame):
    """The outermost and the innermost two functions of the program on a stack, the outermost first."""
    names = []
    while frame is not None:
        code = frame.f_code
        if OURS in code.co_filename:
            names.append(code.co_qualname)
        frame = frame.f_back
    return names[::-1] if len(names) <= 3 else [*names[:-3:-1], *names[1::-1]]
