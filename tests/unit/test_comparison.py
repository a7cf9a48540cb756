"""Scores of results over stretches: what is measured, over which samples, and when it counts as the same."""

import math

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.metrics.bss_eval import bss_eval
from sepstudio.metrics.comparison import RESIDUAL, ResidualTask, StemTask, Stretch, mean_score

RATE = 8000


@pytest.fixture
def stems(rng):
    true = rng.standard_normal((2, 2, 3 * RATE)).astype(np.float32)
    mixed = np.stack([true[0] + 0.1 * true[1], true[1] + 0.3 * true[0]])
    return true, mixed


def clips(arrays):
    return tuple(AudioClip(array, RATE) for array in arrays)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_a_run_of_a_selection_is_measured_over_its_own_stretch(stems, version):
    true, mixed = stems
    start, stop = RATE // 2, 2 * RATE
    judged = clips(mixed[:, :, start:stop])
    task = StemTask(("a", "b"), clips(true), judged, start, Stretch(start, stop), version)
    expected = bss_eval(true[:, :, start:stop], mixed[:, :, start:stop], version=version, sample_rate=RATE).summary()
    scores = drain(task.steps())
    for measure, values in expected.items():
        assert [scores[measure, name] for name in "ab"] == pytest.approx(list(values), abs=1e-9)
    assert mean_score(scores, "sdr") == pytest.approx(np.mean(expected["sdr"]))


def test_a_common_stretch_is_the_same_samples_of_both_runs(stems):
    true, mixed = stems
    first, second = Stretch(0, 2 * RATE), Stretch(RATE // 2, 3 * RATE)
    common = first.common(second)
    assert (common.start, common.stop) == (RATE // 2, 2 * RATE)
    results = [
        drain(StemTask(("a", "b"), clips(true), clips(mixed[:, :, s.start : s.stop]), s.start, common).steps())
        for s in (first, second)
    ]
    assert results[0] == pytest.approx(results[1], abs=1e-9)
    assert Stretch(0, 10).common(Stretch(20, 30)).length == 0


def test_what_is_left_of_the_mixture_is_measured_in_decibels(rng):
    mixture = AudioClip(rng.standard_normal((2, 600_000)), RATE)
    part = Stretch(100_000, 500_000)
    rest = AudioClip(0.1 * mixture.read(part.start, part.stop), RATE)
    scores = drain(ResidualTask(mixture, rest, part.start, part).steps())
    assert scores == {(RESIDUAL, ""): pytest.approx(-20.0, abs=1e-4)}
    silence = AudioClip(np.zeros((2, 400_000)), RATE)
    assert drain(ResidualTask(mixture, silence, part.start, part).steps())[RESIDUAL, ""] == -math.inf
    assert math.isnan(drain(ResidualTask(silence, silence, 0, Stretch(0, 400_000)).steps())[RESIDUAL, ""])


def test_tasks_are_the_same_while_the_audio_is(stems):
    true, mixed = (clips(arrays) for arrays in stems)
    whole = Stretch(0, 3 * RATE)
    task = StemTask(("a", "b"), true, mixed, 0, whole)
    assert task == StemTask(("a", "b"), true, mixed, 0, whole)
    other_take = (mixed[0], AudioClip(stems[1][1], RATE))
    assert task != StemTask(("a", "b"), true, other_take, 0, whole)
    assert task != StemTask(("a", "b"), true, mixed, 0, whole, "v3")


def test_silent_stems_have_no_score_and_do_not_spoil_the_mean():
    scores = {("sdr", "a"): math.nan, ("sdr", "b"): 3.0, ("sir", "a"): math.nan}
    assert mean_score(scores, "sdr") == 3.0
    assert math.isnan(mean_score(scores, "sir"))
