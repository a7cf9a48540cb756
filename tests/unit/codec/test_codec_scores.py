"""Scores of decoded scenes: against the losses, and where their values are known."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from sepstudio import metrics
from sepstudio.dsp.ambisonics import spherical_harmonics
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.metrics import codec_scores, covariance_error, evaluate_codec, mel_distance
from sepstudio.metrics.channel_scores import channel_steps
from sepstudio.metrics.intensity import intensity_steps

RATE = 16000
RECORDINGS = Path(__file__).parents[3] / "../shared/data/hoa/recordings"


def noise(seed, channels=4, length=9000):
    return (np.random.default_rng(seed).normal(size=(channels, length)) * 0.1).astype(np.float32)


def wave(azimuth, elevation=0.0, order=1, seed=0):
    """Return noise from a direction in degrees."""
    directions = spherical_harmonics(np.radians(azimuth), np.radians(elevation), order)
    return (directions.reshape(-1, 1) * noise(seed, 1)).astype(np.float32)


def intensity(reference, decoded):
    return drain(intensity_steps(AudioClip(reference, RATE), AudioClip(decoded, RATE)))


@pytest.mark.parametrize("length", [1300, 1536, 9000])
def test_the_mel_distance_is_the_loss(length, monkeypatch):
    torch = pytest.importorskip("torch")
    from sepstudio.codec.mel_loss import MelLoss

    x, y = noise(0, 3, length), 0.4 * noise(1, 3, length)
    loss = MelLoss(44100)(torch.from_numpy(x)[None], torch.from_numpy(y)[None]).item()
    assert mel_distance(x, y) == pytest.approx(loss, rel=1e-5)
    # However it is read.
    monkeypatch.setattr("sepstudio.metrics.mel_spectra._BLOCK", 1024)
    assert mel_distance(AudioClip(x, 44100), AudioClip(y, 44100)) == pytest.approx(loss, rel=1e-5)


def test_the_mel_distance_has_the_value_of_the_reference():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    x, y = torch.randn(1, 44100) * 0.1, torch.randn(1, 44100) * 0.05
    assert mel_distance(x, y) == pytest.approx(2.37583, abs=2e-5)


@pytest.mark.parametrize("length", [1, 2, 500])
def test_short_recordings_have_a_mel_distance(length):
    x = noise(2, 1, length)
    assert mel_distance(x, x) == 0
    assert math.isfinite(mel_distance(x, 2 * x))
    assert mel_distance(x[0], x[0]) == 0


def test_ratios_of_channels_are_those_of_si_sdr(monkeypatch):
    monkeypatch.setattr("sepstudio.metrics.channel_scores._BLOCK", 1000)
    x = noise(3, 5)
    y = 0.7 * x + 0.2 * noise(4, 5)
    y[1] = x[1]
    y[2] = 0
    x[3] = 0
    found = drain(channel_steps(AudioClip(x, RATE), AudioClip(y, RATE))).si_sdr()
    assert found[[0, 4]] == pytest.approx([metrics.si_sdr(x[k], y[k]) for k in (0, 4)], abs=1e-3)
    assert found[1] == math.inf
    assert found[2] == -math.inf
    assert math.isnan(found[3])


@pytest.mark.parametrize("silent", [False, True])
def test_the_covariance_error_is_the_loss(silent):
    pytest.importorskip("torch")
    from sepstudio.codec import covariance_loss

    x, y = noise(5) + 0.2, np.cumsum(noise(6), axis=0)
    if silent:
        x[2] = 0
    assert covariance_error(x, y) == pytest.approx(covariance_loss(x, y), rel=1e-6)
    assert covariance_error(x, x) == 0
    assert covariance_error(y, y[[1, 0, 2, 3]]) > 0.5


def test_directions_are_told_in_degrees():
    errors = intensity(wave(30), wave(50))
    assert errors.direction == pytest.approx(20, abs=0.1)
    assert errors.energy == pytest.approx(0, abs=0.1)
    assert errors.diffuseness == pytest.approx(0, abs=0.01)
    assert intensity(wave(0), wave(0, 90)).direction == pytest.approx(90, abs=0.1)
    assert intensity(wave(0), wave(180)).direction == pytest.approx(180, abs=0.1)


def test_levels_of_intensity_are_told_in_decibels():
    errors = intensity(wave(30), 0.5 * wave(30))
    assert errors.energy == pytest.approx(6.02, abs=0.01)
    assert errors.direction == pytest.approx(0, abs=0.01)
    assert intensity(wave(30), 0 * wave(30)).energy == pytest.approx(100)


def test_the_diffuse_has_no_direction():
    diffuse = sum(wave(a, e, seed=100 + k) for k, (a, e) in enumerate([(0, 0), (180, 0), (90, 0), (270, 0)]))
    errors = intensity(wave(30), diffuse)
    assert errors.diffuseness > 0.5
    assert errors.direction > 20
    silent = np.zeros((4, 9000), np.float32)
    assert all(map(math.isnan, (intensity(silent, wave(0)).direction, intensity(silent, wave(0)).diffuseness)))


def test_identical_scenes_are_perfect():
    x = wave(20, 10, order=2) + noise(7, 9)
    scores = evaluate_codec(x, x, sample_rate=RATE)
    assert scores.mel_distance == 0
    assert scores.si_sdr == math.inf
    assert scores.levels == (0, 0, 0)
    assert scores.covariance.broadband == 0
    assert set(scores.covariance.bands) == {0}
    assert set(scores.covariance.over_time) == {0}
    assert scores.intensity.direction == scores.intensity.energy == scores.intensity.diffuseness == 0


def test_orders_are_told_apart():
    x = noise(8, 9)
    y = x.copy()
    y[4:] *= 0.5
    y[4:] += 0.05 * noise(9, 5)
    scores = evaluate_codec(AudioClip(x, RATE), AudioClip(y, RATE))
    assert scores.orders == (0, 1, 1, 1, 2, 2, 2, 2, 2)
    assert scores.levels[:2] == (0, 0)
    assert scores.levels[2] == pytest.approx(-5.98, abs=0.05)
    assert scores.si_sdr_by_order()[2] == pytest.approx(20, abs=0.2)
    assert scores.mel_by_order()[:2] == (0, 0)
    assert scores.mel_by_order()[2] > 0.1


def test_permuted_channels_lose_everything_but_their_levels():
    x = wave(60, 20) + 0.3 * noise(10)
    scores = evaluate_codec(x, x[[0, 2, 3, 1]], sample_rate=RATE)
    assert scores.intensity.direction > 20
    assert scores.covariance.broadband > 0.1
    assert scores.levels == pytest.approx((0, 0))


def test_silent_channels_leave_the_others_measured():
    x = wave(60) + 0.1 * noise(11)
    x[2] = 0
    scores = evaluate_codec(x, x, sample_rate=RATE)
    assert math.isnan(scores.si_sdrs[2])
    assert scores.si_sdr == math.inf
    assert scores.covariance.broadband == 0
    told = json.loads(json.dumps(scores.to_json(), allow_nan=False))
    assert told["si_sdrs"] == ["inf", "inf", None, "inf"]
    assert told["covariance"]["over_time"][0] == 0


def test_other_channels_than_those_of_a_scene_are_measured_too():
    x = noise(12, 2)
    scores = evaluate_codec(x, 0.9 * x, sample_rate=RATE)
    assert scores.orders == (0, 0)
    assert math.isnan(scores.intensity.direction)
    assert not [line for line in scores.lines() if line.startswith("direction")]


def test_the_table_has_a_row_for_each_order():
    x = wave(20, order=3)
    lines = evaluate_codec(x, 0.5 * x, sample_rate=RATE).lines()
    assert [line.split("  ")[0] for line in lines[1:6]] == ["order 0", "order 1", "order 2", "order 3", "all"]
    assert lines[1].split()[-1] == "-6.02"
    assert "62.5 Hz" in lines[7]
    assert "8 kHz" in lines[7]


def test_progress_grows_to_the_end():
    x = AudioClip(noise(13, 4, 40000), RATE)
    fractions = list(codec_scores.evaluate_codec_steps(x, x))
    assert len(fractions) > 5
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1)


@pytest.mark.parametrize("other", [(4, 8000), (3, 9000), (0, 9000)])
def test_scenes_of_other_shapes_are_refused(other):
    with pytest.raises(ParameterError):
        evaluate_codec(noise(0), np.zeros(other, np.float32))


def test_scenes_of_other_rates_and_values_are_refused():
    with pytest.raises(ParameterError, match="sample rate"):
        evaluate_codec(AudioClip(noise(0), 44100), AudioClip(noise(0), 48000))
    with pytest.raises(ParameterError, match="finite"):
        mel_distance([math.nan], [0.0])
    with pytest.raises(ParameterError):
        mel_distance(np.zeros((1, 2, 3)), np.zeros((1, 2, 3)))


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="needs the Eigenmike recordings")
def test_a_low_pass_anchor_is_poor_by_its_spectrum_alone():
    # At 5 s, measured by others: mel 2.08, SI-SDR 31.9 dB of W and 29.8 dB on average, covariance 0.0, direction 0.
    from scipy.signal import firwin, oaconvolve

    from sepstudio.io.audio import open_audio

    x = open_audio(RECORDINGS / "eigenmike_rec1.wav").read(44100, 2 * 44100)
    x = x * np.float32(0.1 / np.sqrt(np.mean(x[0] ** 2)))
    low = oaconvolve(x, firwin(401, 3500, fs=44100)[None], mode="same", axes=1).astype(np.float32)
    scores = evaluate_codec(x, low)
    assert scores.mel_distance == pytest.approx(2.1, abs=0.4)
    assert scores.si_sdrs[0] == pytest.approx(31.9, abs=4)
    assert scores.si_sdr == pytest.approx(29.8, abs=4)
    assert scores.covariance.broadband < 0.3
    assert scores.intensity.direction < 0.2
    assert max(map(abs, scores.levels)) < 0.1
