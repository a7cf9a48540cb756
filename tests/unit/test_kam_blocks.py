"""Long files: blocks give what the whole gives, within the memory that was allowed."""

import subprocess
import sys

import numpy as np
import pytest

from sepstudio.io.audio import write_audio
from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.scratch import MemorySink, ScratchSink
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import SourceSet

RATE = 44100
EQUAL = 1e-6
SMALL = {"fft_size": 256, "hop_size": 64}


def music(channels=2, seconds=2.2, seed=0):
    """Tones, clicks, and a silence in the middle: float32 [channels, samples]."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * f * time) for f in (110, 330, 1760, 5000)) * rng.uniform(0.1, 1, (channels, 1))
    clicks = (rng.random(len(time)) < 2e-4) * rng.uniform(0.5, 4, (channels, 1))
    x = (tones + clicks) * (1.1 + np.sin(time * 2)) + 0.01 * rng.standard_normal(tones.shape)
    x[:, len(time) // 2 : len(time) // 2 + 9000] = 0.0
    return (0.9 * x / np.abs(x).max()).astype(np.float32)


def run(samples, budget=1 << 30, **params):
    clip = samples if isinstance(samples, AudioClip) else AudioClip(samples, RATE)
    return drain(METHOD.run(clip, KamParams(**SMALL | params), context=RunContext(memory_budget=budget)))


def blocks(result):
    """How many frames a block had, 0 for a run of the whole."""
    notes = [note for note in result.provenance.notes if "blocks of" in note]
    return int(notes[0].split("blocks of ")[1].split()[0]) if notes else 0


def assert_same(streamed, whole, tolerance=EQUAL):
    assert blocks(whole) == 0
    assert blocks(streamed) > 0
    assert set(streamed.stems) == set(whole.stems)
    for name, clip in whole.stems.items():
        assert np.abs(streamed.stems[name].samples - clip.samples).max() <= tolerance
    for name, takes in whole.takes.items():
        for mine, expected in zip(streamed.takes[name], takes, strict=True):
            assert np.abs(mine.samples - expected.samples).max() <= tolerance


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize("iterations", [1, 2, 3])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_blocks_give_what_the_whole_gives(channels, iterations, spatial):
    x = music(channels)
    params = {"iterations": iterations, "spatial": spatial}
    assert_same(run(x, budget=1, **params), run(x, **params))


@pytest.mark.parametrize("border", ["reflect", "mirror", "nearest"])
def test_blocks_at_the_borders_of_the_file(border):
    x = music()
    params = {"iterations": 3, "border": border, "harmonic_length": 31}
    assert_same(run(x, budget=1, **params), run(x, **params))


@pytest.mark.parametrize(
    "sources",
    [
        "loop=periodic:23:2, rest=disc:5",
        "a=horizontal:9@1, b=vertical:9@3, c=rectangle:3x5@2",
        "ahead=drawn:....###, behind=drawn:###....",
    ],
)
def test_blocks_with_any_kernels(sources):
    x = music()
    params = {"sources": SourceSet.from_text(sources), "iterations": 3}
    assert_same(run(x, budget=1, **params), run(x, **params), EQUAL)


def test_blocks_with_a_period_that_is_found():
    x = np.tile(music(seconds=0.9), (1, 10))
    params = {"sources": SourceSet.from_text("loop=periodic:auto:1, rest=disc:3"), "fft_size": 1024, "hop_size": 256}
    assert_same(run(x, budget=1, **params), run(x, **params), EQUAL)


def test_blocks_keep_every_iteration():
    x = music()
    params = {"iterations": 3, "keep_iterations": True}
    assert_same(run(x, budget=1, **params), run(x, **params))


@pytest.mark.parametrize("extra", [-1, 0, 1, 63, 64])
def test_the_last_block_may_be_a_single_frame(extra):
    x = music(seconds=1.0)[:, : 512 * 64 + extra]
    assert_same(run(x, budget=1, iterations=2), run(x, iterations=2))


@pytest.mark.parametrize("budget", [1, 2 << 20, 5 << 20, 9 << 20])
def test_the_budget_decides_the_block_but_not_the_result(budget):
    x = music()
    whole, streamed = run(x), run(x, budget=budget)
    for name, clip in whole.stems.items():
        assert np.abs(streamed.stems[name].samples - clip.samples).max() <= EQUAL


def test_a_file_is_read_in_blocks_and_stems_go_to_files(tmp_path):
    x = music(seconds=3)
    write_audio(tmp_path / "mixture.wav", AudioClip(x, RATE))
    clip = FileClip(tmp_path / "mixture.wav")
    sink = ScratchSink(memory_limit=0, parent=tmp_path)
    context = RunContext(memory_budget=1, sink=sink)
    result = drain(METHOD.run(clip, KamParams(**SMALL), context=context))
    assert all(isinstance(stem, FileClip) for stem in result.stems.values())
    expected = run(x, budget=1)
    for name, stem in result.stems.items():
        assert np.array_equal(stem.samples, expected.stems[name].samples)
        stem.close()
    clip.close()
    sink.close()


MEASURE = """
import resource, sys
from pathlib import Path
import numpy as np
from sepstudio.io.clip import FileClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.kam import METHOD, KamParams

folder, budget = Path(sys.argv[1]), int(sys.argv[2])

def once(name):
    sink = ScratchSink(memory_limit=0, parent=folder)
    context = RunContext(memory_budget=budget, sink=sink)
    drain(METHOD.run(FileClip(folder / name), KamParams(), context=context))

once("short.wav")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
once("long.wav")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the unit of ru_maxrss differs elsewhere")
def test_a_run_keeps_to_its_budget(tmp_path):
    """The whole state of 80 s stereo takes 300 MB; a budget of 100 MB is kept, one block at a time."""
    x = np.tile(music(seconds=4), (1, 20))
    write_audio(tmp_path / "short.wav", AudioClip(x[:, : 2 * RATE], RATE))
    write_audio(tmp_path / "long.wav", AudioClip(x, RATE))
    output = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path), str(100 << 20)], check=True, capture_output=True, text=True
    ).stdout
    assert int(output) <= 110 << 20


def test_the_need_for_memory_is_said_before():
    short, long = AudioClip(music(), RATE), AudioClip(np.zeros((2, 30 * RATE), np.float32), RATE)
    context = RunContext(memory_budget=1 << 40)
    needs = [METHOD.memory(clip, KamParams(), context) for clip in (short, long)]
    ratio = long.length / short.length
    assert needs[1] == pytest.approx(ratio * needs[0], rel=0.2)
    # The mixture's transform and two sources with spectrogram and observation, and the stems.
    state = (2049 * 30 * RATE / 1024) * (2 * 8 + 2 * 8)
    stems = 2 * 2 * 4 * 30 * RATE
    assert needs[1] == pytest.approx(state + stems, rel=0.15)
    limited = METHOD.memory(long, KamParams(), RunContext(memory_budget=1 << 20))
    assert limited < needs[1]
    taken = METHOD.memory(long, KamParams(iterations=5, keep_iterations=True), context)
    assert taken == pytest.approx(state + 5 * stems, rel=0.15)


def test_stems_go_where_the_context_says():
    opened = []

    class Sink(MemorySink):
        def open(self, name, channels, length, sample_rate):
            opened.append((name, channels, length, sample_rate))
            return super().open(name, channels, length, sample_rate)

    x = music(seconds=0.5)
    context = RunContext(sink=Sink())
    drain(METHOD.run(AudioClip(x, RATE), KamParams(iterations=2, keep_iterations=True, **SMALL), context=context))
    assert sorted(name for name, *_ in opened) == ["harmonic-1", "harmonic-2", "percussive-1", "percussive-2"]
    assert {place[1:] for place in opened} == {(2, x.shape[1], RATE)}
