"""Recordings of other sample rates as a model sees them: the same bins, the same meaning of phases, the same levels."""

import threading

import numpy as np
import pytest
import torch
from tiny_models import tiny_model

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_estimates import Estimator
from sepstudio.nn.phase_grid import model_grid
from sepstudio.nn.phase_models import load_model
from sepstudio.nn.torch_threads import one_thread_each

USUAL = (8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000)


@pytest.mark.parametrize("rate", USUAL)
@pytest.mark.parametrize(("fft_size", "hop_size"), [(4096, 1024), (2048, 512), (4096, 2048)])
def test_frames_last_as_long_as_the_models_and_overlap_alike(rate, fft_size, hop_size):
    config = PhaseNetworkConfig("bass", fft_size=fft_size, hop_size=hop_size)
    grid = model_grid(config, rate)
    assert grid.hop_size * fft_size == grid.fft_size * hop_size
    assert grid.fft_size % 2 == 0
    seconds = grid.fft_size / rate
    assert seconds == pytest.approx(fft_size / 44100, rel=0.002 if fft_size == 4096 else 0.005)
    assert grid.scale == pytest.approx(fft_size / grid.fft_size)


def test_the_models_own_rate_has_the_models_own_transform():
    grid = model_grid(PhaseNetworkConfig("bass"), 44100)
    assert (grid.fft_size, grid.hop_size, grid.bins, grid.scale) == (4096, 1024, 2049, 1.0)


@pytest.mark.parametrize("rate", [1, 4])
def test_a_rate_without_frames_is_refused(rate):
    with pytest.raises(ParameterError, match="44100 Hz"):
        model_grid(PhaseNetworkConfig("bass"), rate)


@pytest.mark.parametrize("rate", [22050, 44100, 48000, 96000])
def test_a_tone_has_the_level_and_the_phases_that_it_has_at_the_models_rate(tmp_path, rate):
    """A quarter of a bin above bin 20: the difference along time is 2 pi / 4 of a hop in four, at any rate."""
    model = load_model(tiny_model(tmp_path / "band.safetensors", ("bass", "other"), fft_size=1024, hop_size=256))
    estimator = Estimator(model, rate, threads=1)
    grid = estimator.grid
    hertz = 20.25 * rate / grid.fft_size
    tone = 0.5 * np.sin(2 * np.pi * hertz * np.arange(rate // 4) / rate).astype(np.float32)
    clip = AudioClip(np.stack([tone, tone]), rate)
    inputs = estimator.inputs(estimator.frames(clip, 10, 20))
    amplitude, phases = inputs.of(model.networks["bass"])
    config = model.configs[0]
    time = phases[0, config.phase_kinds.index("time"), :, 20]
    assert torch.allclose(time, torch.full_like(time, 2 * np.pi * 0.25 / 4), atol=2e-3)
    assert float(amplitude[0, 0, 20].min()) == pytest.approx(0.5 * 1024 / 4 * 0.95, rel=0.05)


def test_channels_are_taken_in_groups(tmp_path):
    model = load_model(tiny_model(tmp_path / "band.safetensors", ("bass", "other")))
    estimator = Estimator(model, 44100, threads=1)
    noise = np.random.default_rng(0).standard_normal((3, 4000)).astype(np.float32)
    amplitude, phases = estimator.inputs(estimator.frames(AudioClip(noise, 44100), 5, 9)).of(model.networks["bass"])
    assert amplitude.shape == (2, 2, 129, 8)
    assert phases.shape == (2, 2, 2, 129, 8)
    assert torch.equal(amplitude[1, 0], amplitude[1, 1])
    assert [
        tuple(estimate.shape) for estimate in estimator.amplitudes(estimator.frames(AudioClip(noise, 44100), 5, 9))
    ] == [(3, 129, 4)] * 2


def test_torch_has_its_threads_back_whoever_is_done_first():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    inside, leave, seen = threading.Event(), threading.Event(), []

    def other():
        with one_thread_each():
            inside.set()
            leave.wait(10)
        seen.append(torch.get_num_threads())

    def late():
        seen.append(torch.get_num_threads())

    helpers = [threading.Thread(target=other), threading.Thread(target=late)]
    with one_thread_each():
        assert torch.get_num_threads() == 1
        helpers[0].start()
        assert inside.wait(10)
    assert torch.get_num_threads() == 3
    leave.set()
    helpers[0].join()
    helpers[1].start()
    helpers[1].join()
    assert seen == [3, 3]
    torch.set_num_threads(before)
