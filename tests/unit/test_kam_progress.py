"""Progress of kernel additive modelling: even, bounded steps, and an end at any moment."""

import gc
import itertools
import time
import weakref

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.io.scratch import MemorySink
from sepstudio.separation.base import Progress, RunContext, Separation
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import SourceSet

RATE = 44100
SMALL = {"fft_size": 256, "hop_size": 64}
# The aim is 100 ms on a quiet machine; tests share theirs.
LONGEST_STEP = 0.5


def noise(seconds, channels=2):
    return (0.1 * np.random.default_rng(0).standard_normal((channels, int(seconds * RATE)))).astype(np.float32)


def started(samples, budget=1 << 30, **params):
    return METHOD.run(AudioClip(samples, RATE), KamParams(**params), context=RunContext(memory_budget=budget))


def collected(run):
    """All progress, the seconds before each and before the end, and the result."""
    steps, seconds = [], []
    while True:
        begun = time.perf_counter()
        try:
            steps.append(next(run))
        except StopIteration as stop:
            return steps, [*seconds, time.perf_counter() - begun], stop.value
        seconds.append(time.perf_counter() - begun)


def longest_step(samples, **params):
    """Seconds of the longest step, in the best of three runs: others use the machine as well."""
    return min(max(collected(started(samples, **params))[1]) for _ in range(3))


CASES = {
    "plain": {},
    "one iteration": {"iterations": 1, "spatial": False},
    "ten iterations": {"iterations": 10},
    "takes": {"iterations": 4, "keep_iterations": True},
    "own iterations": {"sources": SourceSet.from_text("a=horizontal:9@1, b=vertical:9@3"), "iterations": 5},
    "many sources": {"sources": SourceSet.from_text("a=horizontal:9, b=disc:5, c=disc:21, d=periodic:40:2")},
    "found period": {"sources": SourceSet.from_text("a=periodic:auto:1, b=disc:3")},
}


@pytest.mark.parametrize("budget", [1 << 30, 1], ids=["whole", "blocks"])
@pytest.mark.parametrize("case", CASES)
def test_progress_rises_from_nothing_to_all(case, budget):
    steps, _, result = collected(started(noise(2.0), budget, **SMALL | CASES[case]))
    assert isinstance(result, Separation)
    assert all(isinstance(step, Progress) and step.stage for step in steps)
    fractions = [step.fraction for step in steps]
    assert all(a <= b for a, b in itertools.pairwise(fractions))
    assert 0.0 <= fractions[0] < 0.5
    assert 0.97 < fractions[-1] <= 1.0
    # It stands at the end only when the work is done.
    assert sum(fraction >= 1.0 for fraction in fractions) <= 1


def test_steps_are_short_on_a_minute_of_stereo():
    collected(started(noise(1.0)))  # compiles
    for params in ({}, {"iterations": 1, "keep_iterations": True}):
        assert longest_step(noise(60.0), **params) <= LONGEST_STEP


def test_steps_are_short_with_costly_kernels():
    sources = SourceSet.from_text("a=disc:21, b=rectangle:9x5, c=periodic:60:3")
    collected(started(noise(1.0), sources=sources))
    assert longest_step(noise(20.0), sources=sources, iterations=1) <= LONGEST_STEP


def test_progress_goes_with_time():
    """Half of the bar is within a fifth to four fifths of the time."""
    collected(started(noise(1.0)))
    steps, seconds, _ = collected(started(noise(30.0), iterations=3))
    passed = np.cumsum(seconds[:-1]) / sum(seconds)
    half = passed[next(k for k, step in enumerate(steps) if step.fraction >= 0.5)]
    assert 0.2 < half < 0.8


@pytest.mark.parametrize("budget", [1 << 30, 1], ids=["whole", "blocks"])
@pytest.mark.parametrize("after", [0, 1, 3, 10, 25])
def test_a_run_can_be_closed_at_any_step(after, budget):
    written = []

    class Sink(MemorySink):
        def open(self, name, channels, length, sample_rate):
            writer = super().open(name, channels, length, sample_rate)
            written.append(weakref.ref(writer))
            return writer

    clip = AudioClip(noise(2.0), RATE)
    run = METHOD.run(clip, KamParams(iterations=3, **SMALL), context=RunContext(memory_budget=budget, sink=Sink()))
    for _ in range(after):
        next(run)
    run.close()
    with pytest.raises(StopIteration):
        next(run)
    del run
    gc.collect()
    assert all(writer() is None for writer in written), "a closed run holds on to its stems"


def test_nothing_happens_before_the_first_step():
    class Untouchable(AudioClip):
        def read(self, start, stop):
            raise AssertionError("read before the run was started")

    run = METHOD.run(Untouchable(noise(0.1), RATE), KamParams(), context=RunContext())
    run.close()
