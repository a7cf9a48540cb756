"""Tones to hear a pitch by."""

import numpy as np
import pytest

from sepstudio.playback.tones import tone


@pytest.mark.parametrize(("hertz", "rate"), [(27.5, 48000), (440.0, 44100), (4186.0, 22050)])
def test_a_tone_has_its_pitch_begins_and_ends_softly(hertz, rate):
    made = tone(hertz, 1.0, rate, channels=2)
    samples = made.samples
    assert samples.shape == (2, rate)
    np.testing.assert_array_equal(samples[0], samples[1])
    assert 0.02 < np.abs(samples).max() <= 0.25
    assert np.abs(samples[:, [0, -1]]).max() < 1e-3
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(rate)))
    assert np.argmax(spectrum) == pytest.approx(hertz, abs=2)
    # Nothing beyond half the rate was folded back below the fundamental.
    assert spectrum[: int(hertz * 0.5)].max() < 0.02 * spectrum.max()
