"""BSS Eval against the values that mir_eval expects, a plain least-squares reference, and worked-out cases."""

import json
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.linalg import toeplitz

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.metrics import bss_eval
from sepstudio.metrics.bss_eval import BssOptions, bss_eval_steps

DATA = Path(__file__).resolve().parents[1] / "data" / "bss_eval"
NUMBERS = ["01", "02", "03", "05", "06", "07", "08", "09"]
NAMES = {
    "sdr": "Source to Distortion",
    "isr": "Image to Spatial",
    "sir": "Source to Interference",
    "sar": "Source to Artifact",
}
TAPS = 512
TOLERANCE = 1e-6


class Case:
    """One of mir_eval's cases: recordings, mixed down to mono as there, and the values of a section."""

    def __init__(self, folder, number):
        self.values = json.loads((folder / f"output{number}.json").read_text())
        self.reference, self.estimate = (
            np.stack([soundfile.read(p, always_2d=True)[0].mean(axis=1) for p in sorted(place.glob("*.wav"))])
            for place in (folder / f"ref{number}", folder / f"est{number}")
        )

    def images(self, section):
        """Equal channels of the references, and channels of the estimates of which all but one have a gain."""
        values = self.values[section]
        gains = np.array([1.0] + (values["nchan"] - 1) * [values["gain"]])
        if values["reverse"]:
            gains = gains[::-1]
        ones = np.ones_like(gains)
        return self.reference[:, np.newaxis] * ones[:, np.newaxis], self.estimate[:, np.newaxis] * gains[:, np.newaxis]

    def mono(self, section):
        """Our scores without the copies of the channel, which add nothing to what can be projected."""
        return bss_eval(
            self.reference, self.estimate, version="v3", criterion="sources", **framing(self.values[section])
        )


def framing(values):
    return {name: values[key] for name, key in (("window", "win"), ("hop", "hop")) if key in values}


@pytest.fixture
def case(request):
    """Some are kept with the tests, the others with the recordings that all share."""
    number = request.param
    if (DATA / f"output{number}.json").exists():
        return Case(DATA, number)
    return Case(request.getfixturevalue("shared_data") / "fixtures" / "bss_eval", number)


def agree(scores, values, but=()):
    compared = [name for name, key in NAMES.items() if key in values and name not in but]
    assert len(compared) >= 3 - len(but)
    for name in compared:
        wanted = np.asarray(values[NAMES[name]], float)
        got = getattr(scores, name)
        np.testing.assert_allclose(got if wanted.ndim == 2 else got[:, 0], wanted, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("case", NUMBERS, indirect=True)
def test_sources_agree_with_mir_eval(case):
    values = case.values["Sources"]
    scores = bss_eval(case.reference, case.estimate, version="v3", criterion="sources", permute=True)
    agree(scores, values)
    assert scores.permutation.tolist() == values["Source permutation"]
    assert np.isnan(scores.isr).all()


@pytest.mark.parametrize("case", NUMBERS, indirect=True)
def test_frames_agree_with_mir_eval(case):
    scores = case.mono("Framewise")
    agree(scores, case.values["Framewise"])
    assert scores.permutation.tolist() == list(range(len(scores.sdr)))


@pytest.mark.parametrize("case", [number for number in NUMBERS if number != "05"], indirect=True)
def test_images_with_equal_channels_agree_with_mir_eval(case):
    scores = bss_eval(*case.images("Images"), version="v3", permute=True)
    agree(scores, case.values["Images"])
    assert scores.permutation.tolist() == case.values["Images"]["Source permutation"]


@pytest.mark.parametrize("case", ["01", "03", "06", "07", "09"], indirect=True)
def test_image_frames_agree_with_mir_eval(case):
    values = case.values["Images Framewise"]
    agree(bss_eval(*case.images("Images Framewise"), version="v3", **framing(values)), values)


@pytest.mark.parametrize(
    ("case", "section"),
    [("05", "Images"), ("02", "Images Framewise"), ("05", "Images Framewise"), ("08", "Images Framewise")],
    indirect=["case"],
)
def test_equal_channels_add_nothing_to_what_can_be_projected(case, section):
    """mir_eval solves singular equations here, and is off in SIR and SAR.

    By 1.4e-4, 1.7e-6, 1.3e-6 and 6.9e-5 dB. Its own values for one channel are those of any number of equal ones:
    the estimates' channels differ by gains only, which leave ratios of projections as they are.
    """
    values = case.values[section]
    scores = bss_eval(*case.images(section), version="v3", **framing(values))
    agree(scores, values, but=("sir", "sar"))
    mono = case.mono(section)
    for name in ("sir", "sar"):
        np.testing.assert_allclose(getattr(scores, name), getattr(mono, name), rtol=0, atol=TOLERANCE)
        single = case.values["Sources" if section == "Images" else "Framewise"]
        if framing(single) == framing(values):
            wanted = np.asarray(single[NAMES[name]], float).reshape(mono.sir.shape)
            np.testing.assert_allclose(getattr(scores, name), wanted, rtol=0, atol=TOLERANCE)


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


def plain(reference, estimate):
    """SIR and SAR of mono sources by plain least squares, [2, sources]."""
    heard = np.pad(estimate[:, 0], ((0, 0), (0, TAPS - 1))).T
    everything = delays(reference[:, 0])
    nearest = everything @ np.linalg.lstsq(everything, heard, rcond=1e-7)[0]
    values = []
    for j, matrix in enumerate(map(delays, reference)):
        own = matrix @ np.linalg.lstsq(matrix, heard[:, j], rcond=1e-7)[0]
        values.append((decibels(own, nearest[:, j] - own), decibels(nearest[:, j], heard[:, j] - nearest[:, j])))
    return np.transpose(values)


def test_dependent_sources_agree_with_plain_least_squares(rng):
    reference = rng.standard_normal((2, 1, 2600))
    reference[..., -100:] = 0
    reference[1] = 0.5 * np.roll(reference[0], 37, axis=-1)  # 475 delays are those of the other source
    estimate = reference + 0.2 * reference[::-1] + 0.05 * rng.standard_normal(reference.shape)
    scores = bss_eval(reference, estimate, version="v3")
    np.testing.assert_allclose([scores.sir[:, 0], scores.sar[:, 0]], plain(reference, estimate), rtol=0, atol=TOLERANCE)


def test_faint_interference_and_artifacts_are_exact(rng):
    """Nothing is a small difference of large energies: 100 and 110 dB below the source."""
    reference = rng.standard_normal((2, 1, 2600))
    estimate = reference + 10**-5 * reference[::-1] + 10**-5.5 * rng.standard_normal(reference.shape)
    scores = bss_eval(reference, estimate, version="v3")
    assert (scores.sir > 95).all()
    assert (scores.sar > 105).all()
    np.testing.assert_allclose([scores.sir[:, 0], scores.sar[:, 0]], plain(reference, estimate), rtol=0, atol=TOLERANCE)


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


class Watched(AudioClip):
    """Notes the longest section that is read at once."""

    longest = 0

    def read(self, start, stop):
        self.longest = max(self.longest, stop - start)
        return super().read(start, stop)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_clips_are_measured_as_arrays_are_but_read_in_sections(rng, version):
    samples = rng.standard_normal((2, 2, 2, 500_000)).astype(np.float32)
    samples[1] = samples[0] + 0.3 * samples[0, ::-1]
    clips = [[Watched(stem, 44100) for stem in side] for side in samples]
    scores, wanted = (bss_eval(*sides, version=version) for sides in (clips, samples))
    for name in NAMES:
        np.testing.assert_array_equal(getattr(scores, name), getattr(wanted, name))
    assert 0 < max(clip.longest for side in clips for clip in side) < 200_000


def test_closing_the_steps_ends_their_threads(rng):
    before = threading.active_count()
    steps = bss_eval_steps(*2 * [rng.standard_normal((2, 4, 300_000))], BssOptions())
    for _ in range(3):
        next(steps)
    assert threading.active_count() > before
    steps.close()
    assert threading.active_count() == before


def test_clips_that_differ_are_refused():
    clips = [AudioClip(np.ones((1, samples)), 8000) for samples in (10, 11)]
    with pytest.raises(ParameterError, match="reference"):
        bss_eval(clips, clips)


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
