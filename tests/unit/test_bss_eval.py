"""BSS Eval against the values that mir_eval expects, a plain least-squares reference, and worked-out cases."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.linalg import toeplitz

from sepstudio.errors import ParameterError
from sepstudio.metrics import bss_eval
from sepstudio.metrics.bss_eval import BssOptions, bss_eval_steps

DATA = Path(__file__).resolve().parents[1] / "data" / "bss_eval"
NAMES = {
    "sdr": "Source to Distortion",
    "isr": "Image to Spatial",
    "sir": "Source to Interference",
    "sar": "Source to Artifact",
}
TAPS = 512
TOLERANCE = 1e-6


def sources(kind, number):
    return np.stack([soundfile.read(path)[0] for path in sorted((DATA / f"{kind}{number}").glob("*.wav"))])


def images(mono, channels, gain):
    gains = np.array([1.0] + (channels - 1) * [gain])
    return mono[:, np.newaxis] * gains[:, np.newaxis]


def expected(number, section):
    return json.loads((DATA / f"output{number}.json").read_text())[section]


def agree(scores, values, but=()):
    compared = [name for name, key in NAMES.items() if key in values and name not in but]
    assert len(compared) >= 3 - len(but)
    for name in compared:
        wanted = np.asarray(values[NAMES[name]], float)
        got = getattr(scores, name)
        np.testing.assert_allclose(got if wanted.ndim == 2 else got[:, 0], wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("number", ["02", "05", "09"])
def test_sources_agree_with_mir_eval(number):
    reference, estimate = sources("ref", number), sources("est", number)
    values = expected(number, "Sources")
    scores = bss_eval(reference, estimate, version="v3", criterion="sources", permute=True)
    agree(scores, values)
    assert scores.permutation.tolist() == values["Source permutation"]
    assert np.isnan(scores.isr).all()


@pytest.mark.parametrize("number", ["02", "05", "09"])
def test_frames_agree_with_mir_eval(number):
    values = expected(number, "Framewise")
    framing = {"window": values["win"], "hop": values["hop"]}
    scores = bss_eval(sources("ref", number), sources("est", number), version="v3", criterion="sources", **framing)
    agree(scores, values)
    assert scores.permutation.tolist() == list(range(len(scores.sdr)))


@pytest.mark.parametrize("number", ["02", "09"])
def test_images_with_equal_channels_agree_with_mir_eval(number):
    values = expected(number, "Images")
    reference = images(sources("ref", number), values["nchan"], 1.0)
    estimate = images(sources("est", number), values["nchan"], values["gain"])
    scores = bss_eval(reference, estimate, version="v3", permute=True)
    agree(scores, values)
    assert scores.permutation.tolist() == values["Source permutation"]


def test_equal_channels_add_nothing_to_what_can_be_projected():
    """mir_eval is off by 1.4e-4 dB here: it solves singular equations, and its own mono values differ."""
    values = expected("05", "Images")
    reference = images(sources("ref", "05"), values["nchan"], 1.0)
    estimate = images(sources("est", "05"), values["nchan"], values["gain"])
    scores = bss_eval(reference, estimate, version="v3")
    agree(scores, values, but=("sir",))
    mono = expected("05", "Sources")[NAMES["sir"]]
    np.testing.assert_allclose(scores.sir[:, 0], mono, rtol=0, atol=TOLERANCE)


def delays(signals):
    """All delays of signals [m, samples] as columns: [samples + 511, m * 512]."""
    row = np.zeros(TAPS)
    return np.hstack([toeplitz(np.append(s, np.zeros(TAPS - 1)), row * s[0]) for s in signals])


def decibels(a, b):
    return 10 * np.log10(np.sum(a**2) / np.sum(b**2))


def test_version_4_agrees_with_plain_least_squares(rng):
    reference = rng.standard_normal((2, 1, 2600))
    reference[:, :, 1300:] *= 0.3
    estimate = reference + 0.4 * np.roll(reference, 3, axis=-1) + 0.2 * reference[::-1]
    estimate += 0.1 * rng.standard_normal(estimate.shape)
    tail = np.zeros(TAPS - 1)
    matrices = [delays(reference[0]), delays(reference[1]), delays(reference[:, 0])]
    scores = bss_eval(reference, estimate, window=1000, hop=800)
    assert scores.sdr.shape == (2, 3)
    heard = np.pad(estimate[:, 0], ((0, 0), (0, TAPS - 1))).T
    fits = [np.linalg.lstsq(matrix, heard, rcond=None)[0] for matrix in matrices]
    for j in range(2):
        own, everything = fits[j][:, j], fits[2][:, j]
        for t in range(3):
            frame = slice(800 * t, 800 * t + 1000)
            s, s_hat = np.append(reference[j, 0, frame], tail), np.append(estimate[j, 0, frame], tail)
            p_own = delays(reference[j, :, frame]) @ own
            p_all = delays(reference[:, 0, frame]) @ everything
            wanted = {
                "sdr": decibels(s, s_hat - s),
                "isr": decibels(s, p_own - s),
                "sir": decibels(p_own, p_all - p_own),
                "sar": decibels(p_all, s_hat - p_all),
            }
            for name, value in wanted.items():
                assert getattr(scores, name)[j, t] == pytest.approx(value, abs=TOLERANCE), (name, j, t)


def test_stereo_filters_cross_channels(rng):
    reference = rng.standard_normal((2, 2, 12000))
    estimate = reference[:, ::-1] * 0.5  # channels swapped: a spatial error, no interference, no artifact
    scores = bss_eval(reference, estimate, sample_rate=4000)
    assert scores.isr.shape == (2, 3)
    assert (np.abs(scores.isr - scores.sdr) < 1e-9).all()
    assert (scores.isr < 1).all()
    assert (scores.sar > 150).all()
    assert (scores.sir > 150).all()


def test_one_window_over_everything_is_the_same_in_both_versions(rng):
    reference = rng.standard_normal((2, 2, 9000))
    estimate = reference + 0.3 * reference[::-1] + 0.1 * rng.standard_normal(reference.shape)
    fixed, varying = (bss_eval(reference, estimate, version=version, window=9000) for version in ("v4", "v3"))
    for name in NAMES:
        np.testing.assert_allclose(getattr(fixed, name), getattr(varying, name), rtol=0, atol=1e-9)


def test_filtering_is_an_error_of_images_only(rng):
    reference = rng.standard_normal((2, 1, 8000))
    estimate = 0.5 * np.roll(reference, 20, axis=-1)
    estimate[..., :20] = 0
    assert (bss_eval(reference, estimate, criterion="images").sdr < 1).all()
    assert (bss_eval(reference, estimate, criterion="sources").sdr > 20).all()


def test_one_order_is_found_for_the_whole_piece(rng):
    reference = rng.standard_normal((3, 1, 6000))
    order = [2, 0, 1]
    estimate = np.empty_like(reference)
    estimate[order] = reference + 0.2 * rng.standard_normal(reference.shape)
    scores = bss_eval(reference, estimate, sample_rate=2000, permute=True)
    assert scores.permutation.tolist() == order
    straight = bss_eval(reference, estimate[order], sample_rate=2000)
    np.testing.assert_allclose(scores.sdr, straight.sdr, rtol=0, atol=1e-9)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_silent_frames_are_nan_and_left_out(rng, version):
    reference = rng.standard_normal((2, 1, 4000))
    estimate = reference + 0.1 * rng.standard_normal(reference.shape)
    reference[1, 0, 1000:2000] = 0
    scores = bss_eval(reference, estimate, version=version, window=1000, hop=1000)
    assert np.isnan(scores.sdr).tolist() == 2 * [[False, True, False, False]]
    heard = scores.sar[:, [0, 2, 3]]
    combined = heard.mean(axis=1) if version == "v3" else np.median(heard, axis=1)
    assert scores.summary()["sar"].tolist() == combined.tolist()


def test_all_silent(rng):
    reference = rng.standard_normal((2, 1, 3000))
    reference[0] = 0
    scores = bss_eval(reference, reference)
    assert np.isnan(scores.sdr).all()
    assert np.isnan(scores.summary()["sdr"]).all()


def test_a_single_source_has_no_interference(rng):
    reference = rng.standard_normal((1, 2, 3000))
    scores = bss_eval(reference, reference + 0.1 * rng.standard_normal(reference.shape))
    assert np.isposinf(scores.sir).all()
    assert np.isposinf(scores.summary()["sir"]).all()


def test_level_and_precision_change_nothing(rng):
    reference = rng.standard_normal((2, 1, 5000)).astype(np.float32)
    estimate = reference + np.float32(0.1) * rng.standard_normal(reference.shape).astype(np.float32)
    loud = bss_eval(reference, estimate)
    faint = bss_eval(reference * np.float32(2**-30), estimate * np.float32(2**-30))
    double = bss_eval(reference.astype(np.float64), estimate.astype(np.float64))
    for name in NAMES:
        np.testing.assert_allclose(getattr(faint, name), getattr(loud, name), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(getattr(double, name), getattr(loud, name))


@pytest.mark.parametrize(
    ("options", "samples", "frames"),
    [
        ({"version": "v4", "sample_rate": 100}, 250, [(0, 100), (100, 200)]),
        ({"version": "v4", "sample_rate": 100}, 99, [(0, 99)]),
        ({"version": "v3", "sample_rate": 1}, 44, [(0, 44)]),
        ({"version": "v3", "sample_rate": 1}, 61, [(0, 30), (15, 45), (30, 60)]),
        ({"window": 10, "hop": 4}, 20, [(0, 10), (4, 14), (8, 18)]),
    ],
)
def test_frames(options, samples, frames):
    assert [(frame.start, frame.stop) for frame in BssOptions(**options).frames(samples)] == frames


def test_steps_rise(rng):
    reference = rng.standard_normal((1, 1, 4000))
    steps = bss_eval_steps(reference, reference, BssOptions(window=1000, hop=1000))
    told = list(steps)
    assert told == sorted(told)
    assert len(told) == 5
    assert told[0] == 0
    assert told[-1] < 1


GOOD = np.ones((2, 1, 10))


@pytest.mark.parametrize(
    ("reference", "estimate", "options"),
    [
        (GOOD, GOOD[..., :-1], {}),
        (GOOD[0, 0], GOOD[0, 0], {}),
        (GOOD[..., :0], GOOD[..., :0], {}),
        (GOOD, GOOD * np.nan, {}),
        (np.ones((3, 16, 4)), np.ones((3, 16, 4)), {}),
        (GOOD, GOOD, {"version": "v2"}),
        (GOOD, GOOD, {"criterion": "image"}),
        (GOOD, GOOD, {"window": 0}),
        (GOOD, GOOD, {"hop": -1}),
        (GOOD, GOOD, {"sample_rate": 0}),
    ],
)
def test_what_cannot_be_measured_is_refused(reference, estimate, options):
    with pytest.raises(ParameterError):
        bss_eval(reference, estimate, **options)
