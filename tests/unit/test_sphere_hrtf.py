"""The rigid sphere: known limits, and its series summed another way."""

import numpy as np
import pytest
from scipy.special import eval_legendre, hankel2

from sepstudio.dsp.sphere_hrtf import HEAD_RADIUS, SPEED_OF_SOUND, sphere_responses
from sepstudio.errors import ParameterError

RATE, SIZE = 48000, 4096
FREQUENCIES = np.fft.rfftfreq(SIZE, 1 / RATE)


def lead_of_left(responses):
    """Samples by which the left ear leads, by the peak of the cross-correlation."""
    correlation = np.fft.irfft(np.conj(responses[0]) * responses[1])
    lag = int(correlation.argmax())
    return lag if lag < SIZE // 2 else lag - SIZE


def test_a_source_at_the_left_reaches_the_left_ear_two_thirds_of_a_millisecond_earlier():
    assert lead_of_left(sphere_responses([np.pi / 2], [0.0], FREQUENCIES)[:, 0]) == 32
    assert lead_of_left(sphere_responses([-np.pi / 2], [0.0], FREQUENCIES)[:, 0]) == -32


def test_low_frequencies_lead_by_three_radii():
    # Kuhn 1977, "Model for the interaural time differences in the azimuthal plane", eq. 6.
    azimuth = np.radians([10.0, 30.0, 60.0, 90.0])
    left, right = sphere_responses(azimuth, 0 * azimuth, [20.0])
    lead = np.angle(left * np.conj(right))[:, 0] / (2 * np.pi * 20)
    np.testing.assert_allclose(lead, 3 * HEAD_RADIUS / SPEED_OF_SOUND * np.sin(azimuth), rtol=1e-3)


def test_levels_of_a_source_at_the_left():
    left, right = 20 * np.log10(np.abs(sphere_responses([np.pi / 2], [0.0], [0.0, 20.0, 16000.0])[:, 0]))
    np.testing.assert_allclose([left[:2], right[:2]], 0.0, atol=0.03)
    # A wall doubles the pressure.
    assert left[2] == pytest.approx(6.0, abs=0.2)
    ring = np.linspace(0, 2 * np.pi, 400)
    assert 20 * np.log10(np.abs(sphere_responses(ring, 0 * ring, [16000.0])).min()) < -16


def test_front_back_and_above_are_the_same_for_both_ears():
    left, right = sphere_responses([0.0, np.pi, 0.3], [0.0, 0.4, np.pi / 2], FREQUENCIES)
    np.testing.assert_allclose(left, right, atol=1e-12)


def test_the_series_with_hankel_functions_of_half_order():
    frequencies = np.array([100.0, 1000.0, 5000.0, 20000.0])
    ka = 2 * np.pi * frequencies * HEAD_RADIUS / SPEED_OF_SOUND
    n = np.arange(75)[:, np.newaxis]

    def spherical(degree):
        return np.sqrt(np.pi / (2 * ka)) * hankel2(degree + 0.5, ka)

    slope = spherical(n - 1) - (n + 1) / ka * spherical(n)
    with np.errstate(invalid="ignore"):
        terms = (2 * n + 1) * 1j ** (n - 1.0) / (ka**2 * slope)
    terms = np.where(np.isfinite(terms), terms, 0)
    azimuth, elevation = np.radians([75.0, -20.0]), np.radians([10.0, -35.0])
    cosines = np.sin(azimuth) * np.cos(elevation)
    wanted = [np.einsum("nd,nf->df", eval_legendre(n, sign * cosines), terms) for sign in (1, -1)]
    np.testing.assert_allclose(sphere_responses(azimuth, elevation, frequencies), wanted, atol=1e-9)


def test_what_is_no_sphere():
    with pytest.raises(ParameterError, match="radius"):
        sphere_responses([0.0], [0.0], [100.0], radius=0.0)
    with pytest.raises(ParameterError, match="frequencies"):
        sphere_responses([0.0], [0.0], [-1.0])
