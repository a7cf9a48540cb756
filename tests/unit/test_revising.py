"""A finished factorisation follows an edited score, in the stretch that the edit touches and nowhere else."""

import dataclasses

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.io.patched import PatchedClip
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.note_stems import REST, SELECTION, NotesOfRun, taken_out
from sepstudio.separation.refitting import refit_steps
from sepstudio.separation.registry import method
from sepstudio.separation.revising import Revisable, revise_steps, touched
from sepstudio.separation.score_params import NmfParams

RATE = 11025
FIRST, SECOND, THIRD = (
    Note(1, 0.3, 0.6, 60, track="a"),
    Note(2, 2.0, 0.6, 67, track="b"),
    Note(3, 4.0, 0.6, 64, track="a"),
)
SCORE = Score("three", (FIRST, SECOND, THIRD), ("a", "b"))
PARAMS = NmfParams(iterations=60, after=0.2)


def recording():
    signal = np.zeros(5 * RATE)
    for note in SCORE.notes:
        time = np.arange(round(note.duration * RATE)) / RATE
        hertz = 440.0 * 2 ** ((note.pitch - 69) / 12)
        wave = sum(np.sin(2 * np.pi * hertz * m * time) / m for m in range(1, 5)) * np.exp(-2 * time)
        start = round(note.onset * RATE)
        signal[start : start + wave.size] += 0.2 * wave
    return AudioClip(signal[None].astype(np.float32), RATE)


MIXTURE = recording()


def separated(score, params=PARAMS):
    found = drain(method("nmf").run(MIXTURE, params, context=RunContext(score=score)))
    stems = {name: clip for name, clip in found.stems.items() if name != "residual"}
    return Revisable(MIXTURE, 0, MIXTURE.length, stems, found.matrices, score, params)


def energy(clip, start, stop):
    return float(np.sum(clip.read(round(start * RATE), round(stop * RATE)) ** 2))


# -- what an edit touches ------------------------------------------------------------------------


def test_an_edit_touches_what_was_and_what_is():
    moved = SCORE.with_notes([dataclasses.replace(SECOND, onset=2.5)])
    assert touched(SCORE, moved, PARAMS) == pytest.approx((1.8, 3.3))
    assert touched(SCORE, SCORE.without([3]), PARAMS) == pytest.approx((3.8, 4.8))
    assert touched(SCORE, SCORE.with_notes([dataclasses.replace(SECOND, velocity=1)]), PARAMS) is None
    own = SCORE.with_notes([dataclasses.replace(SECOND, before=0.5, after=0.0)])
    assert touched(SCORE, own, PARAMS) == pytest.approx((1.5, 2.8))


def test_painted_cells_touch_their_stretch_and_templates_everything():
    painted = dataclasses.replace(SCORE, activation_patches=(ActivationPatch(60, 1.0, 1.5, allowed=True),))
    assert touched(SCORE, painted, PARAMS) == (1.0, 1.5)
    templates = dataclasses.replace(SCORE, template_patches=(TemplatePatch(60, 100.0, 200.0, allowed=True),))
    assert touched(SCORE, templates, PARAMS) == (-np.inf, np.inf)


# -- revising ------------------------------------------------------------------------------------


def test_a_missing_note_gets_its_sound_and_the_rest_stays_bit_for_bit():
    run = separated(SCORE.without([2]))
    revision = drain(revise_steps(run, SCORE))
    assert list(revision.stems) == ["a", "b"]
    assert energy(revision.stems["b"], 2.05, 2.5) > 0.9 * energy(MIXTURE, 2.05, 2.5)
    for start, stop in ((0.0, 1.4), (3.4, 5.0)):
        cut = slice(round(start * RATE), round(stop * RATE))
        np.testing.assert_array_equal(revision.stems["a"].samples[:, cut], run.stems["a"].samples[:, cut])
    names = revision.matrices["activations"].coordinates[0]
    assert names == ("C4", "E4", "G4")
    assert revision.matrices["templates"].values[:, 2].sum() == pytest.approx(1.0, abs=1e-4)
    np.testing.assert_array_equal(revision.matrices["templates"].values[:, 0], run.matrices["templates"].values[:, 0])


def test_the_result_is_close_to_that_of_a_run_from_the_start():
    run = separated(SCORE.without([2]))
    revised, anew = drain(revise_steps(run, SCORE)), separated(SCORE)
    for name, stem in anew.stems.items():
        difference = stem.samples - revised.stems[name].samples
        assert np.sum(difference**2) < 0.02 * np.sum(MIXTURE.samples**2), name


def test_constraints_hold_afterwards():
    run = separated(SCORE)
    edited = SCORE.with_notes([dataclasses.replace(SECOND, pitch=68)])
    matrices = drain(revise_steps(run, edited)).matrices
    for name in ("activation", "template"):
        values, mask = matrices[f"{name}s"].values, matrices[f"{name}-mask"].values
        assert not values[mask == 0].any()


def test_stems_that_an_edit_does_not_reach_are_the_same_clips():
    run = separated(SCORE, dataclasses.replace(PARAMS, group="pitch"))
    revision = drain(revise_steps(run, SCORE.with_notes([dataclasses.replace(SECOND, onset=2.1)])))
    assert revision.stems["C4"] is run.stems["C4"]
    assert isinstance(revision.stems["G4"], PatchedClip)


def test_without_any_note_left_there_are_no_stems():
    run = separated(SCORE)
    revision = drain(revise_steps(run, dataclasses.replace(SCORE, notes=())))
    assert revision.stems == {}
    assert revision.matrices["activations"].values.shape[0] == 0


def test_what_was_silent_because_of_a_wrong_note_comes_back_when_that_goes():
    # Two notes claim one sound; the wrong one, an octave below, has all of its partials.
    wrong = Note(9, 2.0, 0.6, 55, track="b")
    run = separated(SCORE.with_notes([wrong]))
    revision = drain(revise_steps(run, SCORE))
    row = list(revision.matrices["activations"].coordinates[0]).index("G4")
    grown = revision.matrices["activations"].values[row]
    assert grown.max() > 0.5 * separated(SCORE).matrices["activations"].values.max(axis=1)[2]


# -- the fit -------------------------------------------------------------------------------------


def test_known_templates_stay_and_free_ones_learn():
    rng = np.random.default_rng(3)
    templates = rng.random((40, 3)).astype(np.float32)
    templates /= templates.sum(axis=0)
    activations = rng.random((3, 60)).astype(np.float32)
    spectrogram = templates @ activations
    start = templates.copy()
    start[:, 2] = 1 / 40
    free = np.array([False, False, True])
    found, fitted = drain(refit_steps(spectrogram, start, np.ones((3, 60), np.float32), free, 300))
    np.testing.assert_array_equal(found[:, :2], templates[:, :2])
    error = np.linalg.norm(spectrogram - found @ fitted) / np.linalg.norm(spectrogram)
    assert error < 0.05
    assert found[:, 2].sum() == pytest.approx(1.0, abs=1e-4)


def test_silence_is_fitted_without_a_fuss():
    found, fitted = drain(
        refit_steps(np.zeros((5, 4), np.float32), np.full((5, 1), 0.2, np.float32), np.ones((1, 4), np.float32),
                    np.array([True]), 10)
    )  # fmt: skip
    assert np.isfinite(found).all()
    assert fitted.max() < 1e-6


# -- notes alone ---------------------------------------------------------------------------------


def test_taken_notes_and_the_rest_are_the_recording():
    run = separated(SCORE)
    stems = taken_out(NotesOfRun(MIXTURE, run.matrices, SCORE, PARAMS), {2}, 0, MIXTURE.length)
    np.testing.assert_allclose(stems[SELECTION].samples + stems[REST].samples, MIXTURE.samples, atol=1e-6)
    assert energy(stems[SELECTION], 2.0, 2.6) > 0.9 * energy(MIXTURE, 2.0, 2.6)
    assert energy(stems[REST], 0.3, 0.9) == pytest.approx(energy(MIXTURE, 0.3, 0.9), rel=1e-4)


def test_notes_have_names_and_lengths_of_their_own_and_only_those_that_are_reached():
    run = separated(SCORE)
    far = Note(7, 9.0, 1.0, 60)
    strange = Note(8, 1.0, 1.0, 90)
    of_run = NotesOfRun(MIXTURE, run.matrices, SCORE.with_notes([far, strange]), PARAMS)
    assert [note.id for note in of_run.reached()] == [1, 2, 3]
    assert [note.id for note in of_run.reached({2, 7})] == [2]
    assert of_run.names()[2] == "G4_002.000s"
    assert of_run.clip(SECOND).length == pytest.approx(1.0 * RATE, abs=2)
