"""What notes and components of a finished run sound like, and its division into other stems."""

import dataclasses

import numpy as np
import pytest
from two_hands import RATE, SCORE, piece

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import Note
from sepstudio.io.scratch import MemorySink
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method
from sepstudio.separation.score_groups import note_names
from sepstudio.separation.score_masks import component_clip, grid_of_matrices, group_clips, notes_clip
from sepstudio.separation.score_params import NmfParams

PARAMS = NmfParams(group="note", iterations=30)


@pytest.fixture(scope="module")
def separation():
    context = RunContext(score=SCORE, device="cpu")
    return drain(method("nmf").run(piece(), PARAMS, context=context))


@pytest.mark.parametrize("note", SCORE.notes, ids=lambda note: str(note.id))
def test_a_note_sounds_as_its_stem(separation, note):
    heard = notes_clip(piece(), separation.matrices, SCORE, [note.id], PARAMS)
    stem = separation.stems[note_names(SCORE)[note.id]].samples
    np.testing.assert_allclose(heard.placed(piece().length).samples, stem, atol=1e-6)
    assert heard.clip.length < piece().length or note.id in (1, 4, 5)


def test_some_notes_sound_as_the_sum_of_their_stems(separation):
    heard = notes_clip(piece(), separation.matrices, SCORE, {2, 3}, PARAMS).placed(piece().length)
    names = note_names(SCORE)
    expected = sum(separation.stems[names[note_id]].samples for note_id in (2, 3))
    np.testing.assert_allclose(heard.samples, expected, atol=1e-6)


def test_a_component_sounds_as_its_pitch(separation):
    heard = component_clip(piece(), separation.matrices, ["B4"]).placed(piece().length).samples
    names = note_names(SCORE)
    expected = sum(separation.stems[names[note_id]].samples for note_id in (2, 5))
    np.testing.assert_allclose(heard, expected, atol=1e-6)


def test_a_stretch_is_the_whole_cut_to_it(separation):
    whole = component_clip(piece(), separation.matrices, ["G2"])
    part = component_clip(piece(), separation.matrices, ["G2"], stretch=(1.3, 1.6))
    assert part.clip.length < whole.clip.length
    inside = slice(round(1.4 * RATE), round(1.5 * RATE))
    a, b = (heard.placed(piece().length).samples[:, inside] for heard in (whole, part))
    np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("kind", ["track", "pitch", "note", "all"])
def test_a_run_can_be_divided_anew(separation, kind):
    steps = group_clips(piece(), separation.matrices, SCORE, kind, PARAMS, MemorySink())
    stems = drain(steps)
    fresh = drain(
        method("nmf").run(
            piece(), dataclasses.replace(PARAMS, group=kind), context=RunContext(score=SCORE, device="cpu")
        )
    )
    assert list(stems) == list(fresh.stems)
    for name, stem in stems.items():
        np.testing.assert_allclose(stem.samples, fresh.stems[name].samples, atol=1e-5)


def test_a_run_on_a_stretch_is_heard_at_its_place():
    start, stop = 4000, 18000
    score = SCORE.moved(-start / RATE)
    run = method("nmf").run(piece().section(start, stop), PARAMS, context=RunContext(score=score, device="cpu"))
    separation = drain(run)
    matrices = {name: matrix.moved(start / RATE) for name, matrix in separation.matrices.items()}
    grid = grid_of_matrices(matrices, RATE)
    assert (grid.fft_size, grid.hop_size, grid.start_s) == (1024, 512, 0.5)
    # Away from its ends: there the run heard silence, and the recording goes on.
    heard = notes_clip(piece(), matrices, SCORE, [3], PARAMS).placed(piece().length).samples[:, 6000:16000]
    stem = separation.stems[note_names(score)[3]].samples[:, 2000:12000]
    np.testing.assert_allclose(heard, stem, atol=1e-6)


def test_edited_notes_are_found_by_time(separation):
    edited = SCORE.with_notes([dataclasses.replace(SCORE.note(5), onset=1.6, duration=0.2)])
    heard = notes_clip(piece(), separation.matrices, edited, [5], PARAMS)
    whole = notes_clip(piece(), separation.matrices, SCORE, [5], PARAMS)
    assert heard.start > whole.start
    assert heard.clip.length < whole.clip.length


def test_what_the_run_does_not_reach_is_told(separation):
    beyond = SCORE.with_notes([Note(20, 50.0, 1.0, 71), Note(21, 0.5, 1.0, 100)])
    for note_id in (20, 21, 99):
        with pytest.raises(MissingInputError, match="nothing can be heard"):
            notes_clip(piece(), separation.matrices, beyond, [note_id], PARAMS)
    with pytest.raises(MissingInputError, match="nothing can be heard"):
        component_clip(piece(), separation.matrices, ["D5"], stretch=(0.0, 0.2))
    with pytest.raises(ParameterError, match="component"):
        component_clip(piece(), separation.matrices, ["C9"])


def test_components_of_a_blind_run_are_heard():
    blind = drain(method("nmf").run(piece(), NmfParams(rank=3, iterations=5), context=RunContext(device="cpu")))
    heard = component_clip(piece(), blind.matrices, ["component 2"]).placed(piece().length)
    np.testing.assert_allclose(heard.samples, blind.stems["component 2"].samples, atol=1e-6)


def test_only_the_stretch_is_read(separation):
    class Watched(AudioClip):
        reads = ()

        def read(self, start, stop):
            self.reads = (*self.reads, (start, stop))
            return super().read(start, stop)

    clip = Watched(piece().samples, RATE)
    component_clip(clip, separation.matrices, ["D5"], stretch=(1.0, 1.2))
    assert min(start for start, _ in clip.reads) > 0.6 * RATE
    assert max(stop for _, stop in clip.reads) < 1.6 * RATE
