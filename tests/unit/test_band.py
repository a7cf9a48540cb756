"""Stems that are restricted to a band."""

import numpy as np
import pytest

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.separation.band import BandClip, band_filter, restrict
from sepstudio.separation.base import Provenance, Separation

RATE = 44100


def gain_at(band, hertz):
    response = band_filter(band, RATE)
    phase = np.exp(-2j * np.pi * hertz / RATE * np.arange(response.size))
    return abs(np.sum(response * phase))


@pytest.mark.parametrize("hertz", [541.0, 1000.0, 1959.0])
def test_what_lies_inside_keeps_its_level(hertz):
    assert gain_at((500.0, 2000.0), hertz) == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("hertz", [0.0, 100.0, 459.0, 2041.0, 12000.0])
def test_what_lies_outside_is_80_db_down(hertz):
    assert gain_at((500.0, 2000.0), hertz) < 1.05e-4


def test_the_edges_are_halved():
    assert gain_at((500.0, 2000.0), 500.0) == pytest.approx(0.5, abs=1e-3)


def test_a_band_without_edges_changes_nothing(rng):
    samples = rng.standard_normal((2, 5000)).astype(np.float32) * 0.1
    clip = BandClip(AudioClip(samples, RATE), (0.0, RATE / 2))
    np.testing.assert_allclose(clip.samples, samples, atol=1e-7)


def test_nothing_is_delayed_and_blocks_agree_with_the_whole(rng):
    samples = rng.standard_normal((2, 30000)).astype(np.float32) * 0.1
    clip = BandClip(AudioClip(samples, RATE), (300.0, 3000.0))
    whole = clip.samples
    spectrum = np.fft.rfft(samples, 1 << 16)
    response = np.roll(np.pad(band_filter((300.0, 3000.0), RATE), (0, (1 << 16) - clip._response.size)), 0)
    delayed = np.fft.irfft(spectrum * np.fft.rfft(response), 1 << 16)
    half = clip._response.size // 2
    np.testing.assert_allclose(whole, delayed[:, half : half + 30000], atol=2e-7)
    for start, stop in ((0, 7), (100, 9000), (29990, 30000), (-50, 40), (5, 5)):
        inside = whole[:, max(start, 0) : stop]
        np.testing.assert_allclose(clip.read(start, stop)[:, max(-start, 0) :], inside, atol=2e-7)


@pytest.mark.parametrize("band", [(2000.0, 500.0), (30000.0, 40000.0), (0.0, 0.0)])
def test_an_empty_band_is_refused(band):
    with pytest.raises(ParameterError):
        band_filter(band, RATE)


def test_the_stems_sum_to_what_the_mixture_holds_in_the_band(rng):
    parts = rng.standard_normal((2, 2, 20000)).astype(np.float32) * 0.1
    clips = [AudioClip(part, RATE) for part in parts]
    provenance = Provenance("kam", {}, 0, {}, "cpu", 0.0, 0)
    takes = {"a": (AudioClip(parts[0] * 0.5, RATE), clips[0])}
    limited = restrict(Separation({"a": clips[0], "b": clips[1]}, provenance, takes), (200.0, 4000.0))
    total = limited.stems["a"].samples + limited.stems["b"].samples
    expected = BandClip(AudioClip(parts.sum(axis=0), RATE), (200.0, 4000.0)).samples
    np.testing.assert_allclose(total, expected, atol=3e-7)
    assert limited.stems["a"] is limited.takes["a"][1]
    assert limited.takes["a"][0] is not limited.takes["a"][1]
