"""The spectrogram and the trials of the table of errors."""

import numpy as np
import pytest
from two_hands import SCORE, piece

from sepstudio.dsp.stft import stft
from sepstudio.io.clip import AudioClip
from sepstudio.io.resampled import at_rate
from sepstudio.io.steps import drain
from sepstudio.separation import score_benchmark
from sepstudio.separation.score_benchmark import COLUMNS, problem_steps, trial_steps
from sepstudio.separation.score_constraints import ConstraintParams


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_recordings_are_mixed_down_and_resampled_without_seams(rate, monkeypatch):
    monkeypatch.setattr(score_benchmark, "_RESAMPLE_SECONDS", 1)
    samples = np.random.default_rng(3).standard_normal((2, round(3.3 * rate))).astype(np.float32)
    problem = drain(problem_steps(AudioClip(samples, rate), SCORE, ConstraintParams()))
    whole = at_rate(AudioClip(samples.mean(axis=0, keepdims=True), rate), 22050).samples[0]
    expected = np.abs(stft(whole, fft_size=2048, hop_size=1024))
    assert problem.spectrogram.shape == expected.shape
    np.testing.assert_allclose(problem.spectrogram, expected, atol=1e-4 * expected.max())


def test_more_iterations_come_closer_and_nmf_draws_nothing():
    problem = drain(problem_steps(piece(), SCORE, ConstraintParams()))
    for column in COLUMNS:
        few, many = (drain(trial_steps(problem, column, iterations=n, start="warm")).error for n in (2, 200))
        assert many < few
    same = [drain(trial_steps(problem, "NMF mult.", iterations=5, seed=seed)).error for seed in (0, 1)]
    drawn = [drain(trial_steps(problem, "NAE mult.", iterations=5, seed=seed)).error for seed in (0, 1)]
    assert same[0] == same[1]
    assert drawn[0] != drawn[1]
