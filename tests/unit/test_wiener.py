"""The multichannel Wiener filter: sums, limits, rank-one covariances, refusals.

The plain double-precision formula that it is compared with is written out here as eq. 7 of the paper.
"""

import numpy as np
import pytest

from sepstudio.dsp import multichannel_wiener
from sepstudio.dsp.wiener import REGULARIZATION, power
from sepstudio.errors import ParameterError

BINS, FRAMES = 7, 300  # more frames than one strip of the compiled loops
SUM = 1e-6


def complex_noise(rng, *shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def scene(channels, sources, *, rank=None, seed=0):
    """A mixture, spectrograms over eight decades, and covariances of a rank (full unless told), trace = channels."""
    rng = np.random.default_rng(seed)
    x = complex_noise(rng, channels, BINS, FRAMES).astype(np.complex64)
    s = (10.0 ** rng.uniform(-8, 0, (sources, BINS, FRAMES))).astype(np.float32)
    mixing = complex_noise(rng, sources, BINS, channels, rank or channels)
    r = mixing @ mixing.conj().swapaxes(-1, -2)
    return x, s, channels * r / np.trace(r, axis1=-2, axis2=-1).real[..., np.newaxis, np.newaxis]


def plain(x, s, r):
    """Eq. 7 with every ``s R`` loaded, in double precision: [sources, channels, bins, frames]."""
    x = x.astype(np.complex128)
    loading = REGULARIZATION * (np.abs(x) ** 2).sum(axis=0).max() / len(s)
    each = s[..., np.newaxis, np.newaxis] * r[:, :, np.newaxis] + loading * np.eye(len(x))
    estimates = each @ np.linalg.solve(each.sum(axis=0), x.transpose(1, 2, 0)[..., np.newaxis])
    return estimates[..., 0].transpose(0, 3, 1, 2)


@pytest.mark.parametrize("sources", [2, 3, 4])
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
def test_the_plain_formula(channels, sources):
    x, s, r = scene(channels, sources)
    estimates = multichannel_wiener(x, s, r)
    expected = plain(x, s, r)
    assert estimates.dtype == np.complex64
    assert estimates.shape == (sources, channels, BINS, FRAMES)
    assert np.abs(estimates - expected).max() <= 1e-6 * np.abs(expected).max()
    assert np.abs(estimates.sum(axis=0) - x).max() <= SUM * np.abs(x).max()


@pytest.mark.parametrize("channels", [2, 3, 8])
def test_nearly_rank_one_covariances(channels):
    x, s, r = scene(channels, 2, rank=1)
    r = r + 1e-5 * np.eye(channels)
    estimates = multichannel_wiener(x, s, r)
    expected = plain(x, s, r)
    assert np.linalg.norm(estimates - expected) <= 1e-5 * np.linalg.norm(expected)
    assert np.abs(estimates.sum(axis=0) - x).max() <= SUM * np.abs(expected).max()


@pytest.mark.parametrize("channels", [2, 3, 8])
def test_one_mono_recording_in_all_channels(channels):
    """The worst case in single precision: all sources from the same direction, the mixture on it."""
    x, s, _ = scene(channels, 3)
    x[:] = x[:1]
    r = np.broadcast_to(np.ones((channels, channels)) + 1e-5 * np.eye(channels), (3, BINS, channels, channels))
    estimates = multichannel_wiener(x, s, r)
    expected = plain(x, s, r)
    assert np.linalg.norm(estimates - expected) <= 1e-5 * np.linalg.norm(expected)
    assert np.abs(estimates.sum(axis=0) - x).max() <= SUM * np.abs(x).max()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_without_a_spatial_model_it_is_a_mask(channels):
    x, s, _ = scene(channels, 3)
    identity = np.broadcast_to(np.eye(channels), (3, BINS, channels, channels))
    estimates = multichannel_wiener(x, s, identity, regularization=1e-30)
    masks = s / s.sum(axis=0)
    assert np.abs(estimates - masks[:, np.newaxis] * x).max() <= 1e-6 * np.abs(x).max()


def test_sources_at_opposite_sides_are_told_apart_exactly():
    left, right = np.diag([2.0, 1e-9]), np.diag([1e-9, 2.0])
    x, s, _ = scene(2, 2)
    r = np.stack([np.tile(left, (BINS, 1, 1)), np.tile(right, (BINS, 1, 1))])
    first, second = multichannel_wiener(x, np.ones_like(s), r)
    assert np.abs(first[0] - x[0]).max() <= 1e-6
    assert np.abs(first[1]).max() <= 1e-6
    assert np.abs(second[1] - x[1]).max() <= 1e-6


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_sources_without_energy_share_what_is_there(channels):
    x, s, r = scene(channels, 4)
    estimates = multichannel_wiener(x, np.zeros_like(s), r)
    assert np.abs(estimates - x / 4).max() <= 1e-6 * np.abs(x).max()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_silence_gives_zeros_and_gaps_stay_silent(channels):
    x, s, r = scene(channels, 2)
    assert not multichannel_wiener(np.zeros_like(x), s, r).any()
    x[..., 100:200] = 0.0
    s[..., 100:150] = 0.0
    estimates = multichannel_wiener(x, s, r)
    assert np.isfinite(estimates).all()
    assert not estimates[..., 100:200].any()


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("gain", [1e-7, 1e6])
def test_level_makes_no_difference(channels, gain):
    x, s, r = scene(channels, 2)
    expected = multichannel_wiener(x, s, r)
    scaled = multichannel_wiener(x * np.float32(gain), s * np.float32(gain) ** 2, r)
    assert np.abs(scaled / gain - expected).max() <= 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_threads_and_layout_change_nothing(channels):
    x, s, r = scene(channels, 2)
    one = multichannel_wiener(x, s, r, threads=1)
    assert np.array_equal(multichannel_wiener(x, s, r, threads=3), one)
    transposed = np.ascontiguousarray(x.swapaxes(1, 2)).swapaxes(1, 2)
    assert np.array_equal(multichannel_wiener(transposed, s.astype(np.float64), r), one)


def test_one_source_is_the_mixture():
    x, s, r = scene(2, 1)
    assert np.abs(multichannel_wiener(x, s, r)[0] - x).max() <= SUM * np.abs(x).max()


def test_power_is_the_energy_of_all_channels():
    x, _, _ = scene(3, 1)
    assert np.allclose(power(x), (np.abs(x.astype(np.complex128)) ** 2).sum(axis=0), rtol=1e-6)


@pytest.mark.parametrize(
    ("named", "x", "s", "r"),
    [
        ("x", (BINS, FRAMES), (2, BINS, FRAMES), (2, BINS, 2, 2)),
        ("spectrograms", (2, BINS, FRAMES), (2, BINS, FRAMES + 1), (2, BINS, 2, 2)),
        ("spectrograms", (2, BINS, FRAMES), (BINS, FRAMES), (2, BINS, 2, 2)),
        ("covariances", (2, BINS, FRAMES), (2, BINS, FRAMES), (3, BINS, 2, 2)),
        ("covariances", (2, BINS, FRAMES), (2, BINS, FRAMES), (2, BINS, 3, 3)),
        ("covariances", (2, BINS, FRAMES), (2, BINS, FRAMES), (2, 2, 2)),
        ("spectrograms", (2, BINS, FRAMES), (0, BINS, FRAMES), (0, BINS, 2, 2)),
    ],
)
def test_shapes_that_do_not_fit_are_refused_by_name(named, x, s, r):
    with pytest.raises(ParameterError, match=f"^{named}"):
        multichannel_wiener(np.ones(x, np.complex64), np.ones(s, np.float32), np.ones(r, np.complex128))
