"""Signal-to-distortion ratios against values that can be worked out by hand."""

import math

import numpy as np
import pytest

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.metrics import sdr, si_sdr

# Two signals of equal energy with no common part.
S = np.tile([1.0, 0.0, -1.0, 0.0], 1000)
N = np.tile([0.0, 1.0, 0.0, -1.0], 1000)


@pytest.mark.parametrize("decibels", [-20.0, 0.0, 3.0, 60.0])
def test_noise_of_known_level(decibels):
    estimate = S + 10 ** (-decibels / 20) * N
    assert sdr(S, estimate) == pytest.approx(decibels, abs=1e-9)
    assert si_sdr(S, estimate) == pytest.approx(decibels, abs=1e-9)


def test_a_wrong_gain_counts_only_for_sdr():
    estimate = 0.5 * (S + 0.1 * N)
    # The distortion is 0.5 S less 0.05 N: energies 0.25 and 0.0025.
    assert sdr(S, estimate) == pytest.approx(-10 * math.log10(0.2525), abs=1e-9)
    assert si_sdr(S, estimate) == pytest.approx(20, abs=1e-9)
    assert si_sdr(S, -3 * estimate) == pytest.approx(20, abs=1e-9)


def test_channels_are_pooled():
    reference = np.stack([S, 0.1 * S])
    estimate = np.stack([S, np.zeros_like(S)])
    assert sdr(reference, estimate) == pytest.approx(10 * math.log10(1.01 / 0.01), abs=1e-9)
    # Swapped gains are no common gain: the spatial image counts. a = 0.2 / 1.01, so
    # |a s|² = 0.04 / 1.01 and |ŝ|² = 1.01.
    swapped = np.stack([0.1 * S, S])
    target = 0.04 / 1.01
    assert si_sdr(reference, swapped) == pytest.approx(10 * math.log10(target / (1.01 - target)), abs=1e-9)


def test_identical_silent_and_unrelated_signals():
    zero = np.zeros_like(S)
    assert sdr(S, S) == math.inf
    assert si_sdr(S, S) == math.inf
    assert si_sdr(S, 0.3 * S) > 250  # up to rounding
    assert math.isnan(sdr(zero, S))
    assert math.isnan(si_sdr(zero, S))
    assert math.isnan(sdr(zero, zero))
    assert sdr(S, zero) == 0
    assert si_sdr(S, zero) == -math.inf
    assert si_sdr(S, N) == -math.inf


def test_single_precision_input_is_summed_in_double_precision():
    reference = np.full((2, 3_000_000), 0.1, np.float32)
    estimate = reference + np.float32(1e-4)
    exact = 20 * math.log10(float(reference[0, 0]) / (float(estimate[0, 0]) - float(reference[0, 0])))
    assert sdr(reference, estimate) == pytest.approx(exact, abs=1e-6)


def test_torch_tensors_are_taken():
    torch = pytest.importorskip("torch")
    estimate = S + 0.1 * N
    assert sdr(torch.from_numpy(S), torch.from_numpy(estimate)) == sdr(S, estimate)


@pytest.mark.parametrize("measure", [sdr, si_sdr])
def test_clips_are_measured_as_arrays_are(measure, rng):
    samples = rng.standard_normal((2, 600_000)).astype(np.float32)
    heard = (0.7 * samples + 0.1 * samples[::-1]).astype(np.float32)
    assert measure(AudioClip(samples, 44100), AudioClip(heard, 44100)) == measure(samples, heard)


@pytest.mark.parametrize("measure", [sdr, si_sdr])
@pytest.mark.parametrize(
    ("reference", "estimate"),
    [
        (S, S[:-1]),
        (S, S[np.newaxis]),
        (S[:0], S[:0]),
        (S, np.full_like(S, np.nan)),
        (np.full_like(S, np.inf), S),
        (np.ones((1, 2, 3)),) * 2,
    ],
)
def test_what_cannot_be_compared_is_refused(measure, reference, estimate):
    with pytest.raises(ParameterError):
        measure(reference, estimate)
