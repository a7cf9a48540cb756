"""Block-wise convolution: the whole convolution at every block size, and other filters without a click."""

import numpy as np
import pytest
from scipy.signal import fftconvolve

from sepstudio.dsp.partitioned import PartitionedConvolution
from sepstudio.errors import ParameterError


def filters_of(taps, channels=16, seed=0):
    """Filters whose outputs are about as strong as white noise of level 1."""
    values = np.random.default_rng(seed).standard_normal((2, channels, taps)) / np.sqrt(taps * channels)
    return values.astype(np.float32)


def noise(channels, length, seed=1):
    return np.random.default_rng(seed).standard_normal((channels, length)).astype(np.float32)


def direct(x, filters):
    whole = fftconvolve(x[np.newaxis].astype(np.float64), filters.astype(np.float64), axes=-1).sum(axis=1)
    return whole[:, : x.shape[1]]


def run(engine, x):
    cut = range(0, x.shape[1], engine.block)
    return np.concatenate([engine.process(x[:, start : start + engine.block]).copy() for start in cut], axis=1)


@pytest.mark.parametrize(
    ("block", "taps"), [(256, 256), (256, 1), (256, 257), (128, 1000), (64, 130), (100, 37), (33, 100), (1, 3)]
)
def test_blocks_are_the_whole_convolution(block, taps):
    filters, x = filters_of(taps), noise(16, 12 * block)
    found = run(PartitionedConvolution(filters, block), x)
    wanted = direct(x, filters)
    assert np.abs(found - wanted).max() <= 1e-6 * np.abs(wanted).max()


def test_any_number_of_outputs_and_channels():
    filters = noise(3 * 5, 40, seed=2).reshape(3, 5, 40)
    x = noise(5, 320)
    np.testing.assert_allclose(run(PartitionedConvolution(filters, 32), x), direct(x, filters), atol=1e-4)


def test_a_jump_forgets_what_was():
    filters, x = filters_of(300), noise(16, 640)
    engine = PartitionedConvolution(filters, 64)
    first = run(engine, x)
    engine.reset()
    np.testing.assert_array_equal(run(engine, x), first)


def test_other_filters_fade_in_over_one_block():
    before, after, x = filters_of(150), filters_of(150, seed=5), noise(16, 6 * 64)
    engine = PartitionedConvolution(before, 64)
    first = run(engine, x[:, :128])
    engine.exchange(after)
    rest = run(engine, x[:, 128:])
    old, new = direct(x, before), direct(x, after)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(64) + 0.5) / 64)
    np.testing.assert_allclose(first, old[:, :128], atol=1e-5)
    np.testing.assert_allclose(rest[:, :64], old[:, 128:192] * (1 - rise) + new[:, 128:192] * rise, atol=1e-5)
    np.testing.assert_allclose(rest[:, 64:], new[:, 192:], atol=1e-5)


@pytest.mark.parametrize(("taps", "exact_after"), [(20, 64), (64, 64), (190, 64), (500, 512)])
def test_other_filters_may_be_shorter_or_longer(taps, exact_after):
    after, x = filters_of(taps, seed=5), noise(16, 20 * 64)
    engine = PartitionedConvolution(filters_of(150), 64)
    run(engine, x[:, :640])
    engine.exchange(after)
    found = run(engine, x[:, 640:])
    # Longer filters have their past only once it has come in: the three blocks of the former ones were kept.
    np.testing.assert_allclose(found[:, exact_after:], direct(x, after)[:, 640 + exact_after :], atol=1e-5)


def test_the_last_of_several_exchanges_counts():
    x, last = noise(16, 640), filters_of(100, seed=9)
    engine = PartitionedConvolution(filters_of(100), 64)
    engine.exchange(filters_of(400, seed=3))
    engine.exchange(last)
    np.testing.assert_allclose(run(engine, x)[:, 64:], direct(x, last)[:, 64:], atol=1e-5)


def test_filters_that_wait_are_there_after_a_jump():
    x, after = noise(16, 640), filters_of(400, seed=3)
    engine = PartitionedConvolution(filters_of(100), 64)
    run(engine, x)
    engine.exchange(after)
    engine.reset()
    np.testing.assert_allclose(run(engine, x), direct(x, after), atol=1e-5)


def test_blocks_come_in_the_same_buffer():
    engine, x = PartitionedConvolution(filters_of(100), 64), noise(16, 64)
    assert engine.process(x).ctypes.data == engine.process(x).ctypes.data


@pytest.mark.parametrize("filters", [np.zeros((2, 16)), np.zeros((2, 16, 0)), np.full((2, 16, 4), np.nan)])
def test_filters_that_are_none(filters):
    with pytest.raises(ParameterError, match="filters"):
        PartitionedConvolution(filters, 64)


def test_what_does_not_fit():
    with pytest.raises(ParameterError, match="block"):
        PartitionedConvolution(filters_of(10), 0)
    engine = PartitionedConvolution(filters_of(10), 64)
    with pytest.raises(ParameterError, match=r"\(16, 64\)"):
        engine.process(noise(16, 63))
    with pytest.raises(ParameterError, match="taps"):
        engine.exchange(filters_of(10, channels=9))
