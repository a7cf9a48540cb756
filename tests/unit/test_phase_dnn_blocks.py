"""Long recordings: blocks are those of the whole, memory is bounded, work comes in small steps and can be given up."""

import weakref

import numpy as np
import pytest
import torch
from tiny_models import tiny_model

import sepstudio
from sepstudio.io.clip import AudioClip, ComputedClip
from sepstudio.io.steps import drain
from sepstudio.nn.phase_estimates import Estimator
from sepstudio.nn.phase_models import load_model
from sepstudio.separation import phase_dnn_run
from sepstudio.separation.base import RunContext
from sepstudio.separation.phase_dnn import METHOD, PhaseDnnParams

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44100


def noise(channels, length, seed=0):
    generator = np.random.default_rng(seed)
    level = 0.02 + 0.1 * np.abs(np.sin(np.arange(length) / 3000))
    return (level * generator.standard_normal((channels, length))).astype(np.float32)


@pytest.fixture(scope="module")
def band(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model") / "band.safetensors")


def run(clip, path, *, budget=1 << 30, threads=1, **params):
    context = RunContext(device="cpu", memory_budget=budget, threads=threads)
    return drain(METHOD.run(clip, PhaseDnnParams(model=str(path), **params), context=context))


@pytest.mark.parametrize("params", [{}, {"iterations": 2}, {"iterations": 0}, {"spatial": False}])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_a_small_budget_changes_no_bit(band, params, channels):
    clip = AudioClip(noise(channels, 64 * 700), RATE)
    whole, streamed = run(clip, band, **params), run(clip, band, budget=0, **params)
    for name, stem in whole.stems.items():
        np.testing.assert_array_equal(stem.samples, streamed.stems[name].samples)
    does_more = channels > 1 and params.get("iterations", 1) > 0 and params.get("spatial", True)
    assert any("streamed" in note for note in streamed.provenance.notes) == does_more
    assert not any("streamed" in note for note in whole.provenance.notes)


@pytest.mark.parametrize("block", [1, 7, 100, 5000])
def test_the_length_of_blocks_changes_nothing(band, block, monkeypatch):
    """With blocks of one frame everything that a network sees around it comes from other blocks."""
    clip = AudioClip(noise(2, 64 * 120), RATE)
    expected = run(clip, band)
    monkeypatch.setattr(phase_dnn_run, "BLOCK", block)
    for name, stem in run(clip, band).stems.items():
        np.testing.assert_allclose(stem.samples, expected.stems[name].samples, atol=1e-6)


def test_threads_change_no_bit(band):
    clip = AudioClip(noise(2, 64 * 400), RATE)
    one, two = run(clip, band, threads=1), run(clip, band, threads=2)
    for name, stem in one.stems.items():
        np.testing.assert_array_equal(stem.samples, two.stems[name].samples)


class Endless(ComputedClip):
    """A recording that is made up as it is read; remembers the longest stretch that was asked for."""

    longest = 0

    def _read_inside(self, start, stop):
        self.longest = max(self.longest, stop - start)
        places = np.arange(start, stop)
        return np.stack([0.1 * np.sin(places * step).astype(np.float32) for step in (0.05, 0.31)])


class Sums:
    """A sink that keeps nothing but how many samples came."""

    def __init__(self):
        self.samples = {}

    def open(self, name, channels, length, sample_rate):
        sink = self

        class Writer:
            def write(self, block):
                sink.samples[name] = sink.samples.get(name, 0) + block.shape[1]

            def finish(self):
                return AudioClip(np.zeros((channels, 1), np.float32), sample_rate)

        return Writer()


def test_a_long_recording_is_never_in_memory_as_a_whole(band, monkeypatch):
    clip, sink = Endless(2, 6 * RATE, RATE), Sums()
    alive, make = {}, phase_dnn_run.Block

    def counted(x, s):
        block = make(x, s)
        alive[id(x)] = x.nbytes + s.nbytes
        weakref.finalize(block, alive.pop, id(x))
        return block

    most = 0
    monkeypatch.setattr(phase_dnn_run, "Block", counted)
    context = RunContext(device="cpu", memory_budget=16 << 20, threads=1, sink=sink)
    for _ in METHOD.run(clip, PhaseDnnParams(model=str(band)), context=context):
        most = max(most, sum(alive.values()))
    assert sink.samples == dict.fromkeys(("bass", "drums", "other", "vocals"), clip.length)
    assert 0 < most < 4 << 20
    assert clip.longest < RATE


def test_progress_only_rises_and_names_its_stages(band):
    clip = AudioClip(noise(2, 64 * 700), RATE)
    for budget in (0, 1 << 30):
        context = RunContext(device="cpu", memory_budget=budget)
        steps = list(METHOD.run(clip, PhaseDnnParams(model=str(band)), context=context))
        fractions = [step.fraction for step in steps]
        assert fractions == sorted(fractions)
        assert fractions[-1] == pytest.approx(1.0)
        stages = list(dict.fromkeys(step.stage for step in steps))
        assert stages == ["loading the model", "level", "networks", "covariances 1", "filter", "stems"]


def test_a_run_that_is_given_up_writes_no_stem(band):
    clip, sink = AudioClip(noise(2, 64 * 700), RATE), Sums()
    context = RunContext(device="cpu", sink=sink)
    work = METHOD.run(clip, PhaseDnnParams(model=str(band)), context=context)
    while next(work).stage != "networks":
        pass
    work.close()
    assert sink.samples == {}


def test_estimates_are_those_of_the_whole_recording(band):
    """The frames around a block are those of the recording, and silence beyond its ends."""
    model, clip = load_model(band), AudioClip(noise(2, 64 * 40), RATE)
    estimator = Estimator(model, RATE, threads=1)
    whole = [estimate.numpy() for estimate in estimator.amplitudes(estimator.frames(clip, 0, 41))]
    for first, last in ((0, 1), (3, 20), (20, 41), (40, 41)):
        part = [estimate.numpy() for estimate in estimator.amplitudes(estimator.frames(clip, first, last))]
        for one, other in zip(part, whole, strict=True):
            np.testing.assert_allclose(one, other[..., first:last], atol=1e-5 * other.max())


@pytest.mark.cuda
def test_a_gpu_finds_the_same(band):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    x = noise(2, 64 * 700)
    here = sepstudio.separate("dnn", x, RATE, model=band, device="cpu")
    there = sepstudio.separate("dnn", x, RATE, model=band, device="cuda")
    assert there.provenance.device == "cuda:0"
    for name, stem in here.stems.items():
        np.testing.assert_allclose(stem.samples, there.stems[name].samples, atol=1e-4)
