"""What a network looked at: parts of inputs that sum to the estimate, and are those of brute force."""

import copy

import numpy as np
import pytest
from tiny_models import tiny_model

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.nn.phase_estimates import Estimator
from sepstudio.nn.phase_models import load_model
from sepstudio.separation.phase_saliency import saliency_steps

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44100
POINT = {"seconds": 0.03, "hertz": 2000.0}
VARIANTS = {
    "late": {},
    "early": {"inputs": "early"},
    "amplitude": {"inputs": "amplitude", "phase_kinds": ()},
    "phase": {"inputs": "phase", "phase_kinds": ("time",)},
    "raw": {"phase_kinds": ("phase",), "bands": None},
}


def noise(channels, length=4000):
    return AudioClip((0.1 * np.random.default_rng(0).standard_normal((channels, length))).astype(np.float32), RATE)


@pytest.fixture(scope="module", params=VARIANTS)
def model(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "band.safetensors"
    return load_model(tiny_model(path, ("bass", "other"), **VARIANTS[request.param]))


def look(model, clip, **options):
    return drain(saliency_steps(model, clip, "bass", **(POINT | options)))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_parts_sum_to_the_estimate_less_that_of_silence(model, channels):
    found = look(model, noise(channels), steps=500)
    total = found.amplitude.sum(dtype=float) + sum(part.sum(dtype=float) for part in found.phases.values())
    scale = float(abs(found.amplitude).sum() + sum(abs(part).sum() for part in found.phases.values()))
    assert abs(found.estimate - found.silence) > 1e-3
    assert total == pytest.approx(found.estimate - found.silence, abs=0.01 * scale)


def test_shares_sum_to_one_and_follow_what_is_heard(model):
    found, config = look(model, noise(2)), model.networks["bass"].config
    assert found.amplitude_share + found.phase_share == pytest.approx(1.0)
    assert (found.amplitude_share > 0) == config.hears_amplitude
    assert (found.phase_share > 0) == bool(config.phase_kinds)
    assert tuple(found.phases) == config.phase_kinds
    assert found.amplitude.any() == config.hears_amplitude


def test_the_estimate_is_that_of_the_method(model):
    clip = noise(2)
    estimator = Estimator(model, RATE, threads=1)
    found = look(model, clip)
    frame, index = round(0.03 * RATE / 64), round(2000 * 256 / RATE)
    assert (found.frame, found.bin) == (frame, index)
    estimates = next(iter(estimator.amplitudes(estimator.frames(clip, frame, frame + 1))))
    for channel in (0, 1):
        one = look(model, clip, channels=[channel]).estimate
        assert max(one, 0.0) == pytest.approx(float(estimates[channel, index, 0]), abs=1e-4)


def test_parts_are_slopes_along_the_line_from_silence(model):
    """In double precision, as differences of estimates: what both channels of one input add to all of them."""
    clip, network = noise(2), copy.deepcopy(model.networks["bass"]).double()
    found = look(model, clip, steps=4)
    estimator = Estimator(model, RATE, threads=1)
    given = estimator.inputs(estimator.frames(clip, found.frame, found.frame + 1)).of(network)
    amplitude, phase = (None if x is None else x.double() for x in given)

    def estimate(step, weight):
        inputs = [None if x is None else x * step for x in (amplitude, phase)]
        if phase is None:
            inputs[0][0, :, 40, 2] += weight * amplitude[0, :, 40, 2]
        else:
            inputs[1][0, 0, :, 40, 2] += weight * phase[0, 0, :, 40, 2]
        return float(network.unclipped(*inputs, pad=False)[0, :, found.bin, 0].mean().detach())

    slopes = [(estimate(step, 1e-6) - estimate(step, -1e-6)) / 2e-6 for step in (0.125, 0.375, 0.625, 0.875)]
    part = found.amplitude if phase is None else next(iter(found.phases.values()))
    assert abs(part[2, 40]) > 1e-5
    assert part[2, 40] == pytest.approx(np.mean(slopes), rel=1e-3)


def test_axes_are_those_of_the_recording(model):
    found = look(model, noise(2))
    assert found.amplitude.shape == (found.seconds.size, found.hertz.size) == (5, 129)
    assert found.seconds[2] == pytest.approx(0.03, abs=64 / RATE)
    assert found.hertz[found.bin] == pytest.approx(2000, abs=RATE / 256)
    assert found.hertz[-1] == RATE / 2


def test_silence_has_no_part(model):
    found = look(model, AudioClip(np.zeros((2, 4000), np.float32), RATE))
    assert found.estimate == found.silence
    assert not found.amplitude.any()
    assert found.amplitude_share + found.phase_share == 1.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seconds": 9.0}, "time"),
        ({"seconds": -1.0}, "time"),
        ({"hertz": 1e6}, "frequency"),
        ({"channels": [2]}, "channels"),
        ({"channels": []}, "channels"),
        ({"steps": 0}, "steps"),
    ],
)
def test_what_is_not_there_is_refused(model, options, message):
    with pytest.raises(ParameterError, match=message):
        look(model, noise(2), **options)


def test_an_unknown_instrument_is_refused(model):
    with pytest.raises(ParameterError, match="bass, other"):
        drain(saliency_steps(model, noise(2), "kazoo", **POINT))
