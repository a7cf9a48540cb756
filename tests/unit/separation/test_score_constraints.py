"""What a score allows: exact cells of both masks, tolerances, painted cells, partials."""

import dataclasses
import math

import numpy as np
import pytest

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch
from sepstudio.separation.score_constraints import (
    Component,
    ConstraintParams,
    Grid,
    constraints,
    note_frames,
    partial_frequencies,
    pitch_name,
)

# Bins of 10 Hz and frames of 0.1 s, so that cells can be told by head.
GRID = Grid(sample_rate=1000, fft_size=100, hop_size=100, frames=30)
A4 = Note(1, onset=1.0, duration=0.5, pitch=69)
NARROW = ConstraintParams(tolerance_cents=1.0, before=0.0, after=0.0)


def score(*notes, **patches):
    return Score("test", notes, **patches)


def ones(row):
    return np.flatnonzero(row).tolist()


def test_a_note_may_sound_in_the_frames_that_it_meets():
    mask = constraints(score(A4), GRID, NARROW).activation_mask
    assert mask.dtype == np.float32
    assert ones(mask[0]) == [10, 11, 12, 13, 14, 15]


def test_tolerances_widen_a_note_and_its_own_come_first():
    wide = dataclasses.replace(NARROW, before=0.2, after=0.5)
    own = dataclasses.replace(A4, before=0.0, after=0.1)
    assert note_frames(A4, GRID, wide) == (8, 21)
    assert note_frames(own, GRID, wide) == (10, 17)
    assert ones(constraints(score(own), GRID, wide).activation_mask[0]) == list(range(10, 17))


def test_the_published_recipe_is_the_default():
    params = ConstraintParams()
    assert (params.before, params.after, params.partials) == (0.2, 0.5, 0)
    # 85 cents are the 5 % of the published reimplementation.
    assert 2 ** (params.tolerance_cents / 1200) == pytest.approx(1.05, abs=5e-4)


def test_notes_beyond_the_grid_are_cut_and_leave_empty_rows():
    early, late = Note(1, -1.0, 1.2, 60), Note(2, 2.9, 5.0, 62)
    mask = constraints(score(early, late, Note(3, 50.0, 1.0, 64)), GRID, NARROW).activation_mask
    assert ones(mask[0]) == [0, 1, 2]
    assert ones(mask[1]) == [29]
    assert ones(mask[2]) == []


def test_a_grid_that_begins_later_sees_the_same_notes():
    whole = constraints(score(A4), GRID, NARROW).activation_mask
    later = constraints(score(A4), GRID.part(8, 20), NARROW).activation_mask
    np.testing.assert_array_equal(later, whole[:, 8:20])


def test_a_template_holds_its_partials_and_nothing_else():
    found = constraints(score(A4), Grid(4000, 400, 200, 10), NARROW)
    template = found.templates[:, 0]
    # Partials at 440, 880, 1320 and 1760 Hz; the bins of 10 Hz that begin below them, and those nearest to them.
    assert ones(template) == [43, 44, 87, 88, 131, 132, 175, 176]
    assert template[[44, 88, 132, 176]] == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    np.testing.assert_array_equal(found.template_mask, (found.templates > 0).astype(np.float32))
    np.testing.assert_array_equal(found.activations, found.activation_mask)


def test_the_number_of_partials_and_their_tolerance_are_kept():
    grid = Grid(4000, 400, 200, 10)
    two = constraints(score(A4), grid, dataclasses.replace(NARROW, partials=2)).templates[:, 0]
    assert ones(two) == [43, 44, 87, 88]
    # 446 Hz lie in bin 44 and nearest to bin 45.
    sharp = dataclasses.replace(NARROW, partials=1, tuning=446.0)
    assert ones(constraints(score(A4), grid, sharp).templates[:, 0]) == [44, 45]
    wide = constraints(score(A4), grid, dataclasses.replace(NARROW, partials=1, tolerance_cents=100.0)).templates[:, 0]
    # 415.3 to 466.2 Hz.
    assert ones(wide) == [41, 42, 43, 44, 45, 46]


def test_later_partials_count_where_bands_overlap():
    low = Note(1, 0.0, 1.0, 21)
    template = constraints(score(low), Grid(22050, 2048, 1024, 10), ConstraintParams()).templates[:, 0]
    assert template[1] == 0.0
    assert template[-1] > 0.0
    # Above the tenth partial bands of 5 % meet: nothing is forbidden there.
    assert template[math.ceil(275 / (22050 / 2048)) :].all()


def test_stiff_strings_stretch_partials():
    params = ConstraintParams(inharmonicity=1.0)
    plain, stiff = (partial_frequencies(60, one, 11025.0) for one in (ConstraintParams(), params))
    assert plain[:3] == pytest.approx([261.626, 523.251, 784.877], abs=1e-3)
    assert (stiff > plain[: len(stiff)]).all()
    # B of middle C lies near 3.3e-4.
    ratio = stiff[9] / plain[9]
    assert ratio == pytest.approx(math.sqrt(1 + 3.3e-4 * 100), rel=2e-3)


def test_tuning_moves_all_partials():
    assert partial_frequencies(69, ConstraintParams(tuning=442.0), 1000.0) == pytest.approx([442.0, 884.0])


def test_onset_templates_are_flat_and_short():
    params = ConstraintParams(onset_templates=True, before=0.1, after=0.5, onset_length=0.2)
    found = constraints(score(A4), GRID, params)
    assert found.components == (Component(69), Component(69, "onset"))
    assert found.names == ("A4", "A4 onset")
    assert found.template_mask[:, 1].all()
    assert np.unique(found.templates[:, 1]).size == 1
    assert ones(found.activation_mask[0]) == list(range(9, 21))
    assert ones(found.activation_mask[1]) == [9, 10, 11, 12]


def test_components_ascend_by_pitch_once_each():
    notes = [Note(1, 0.0, 1.0, 72), Note(2, 0.5, 1.0, 60), Note(3, 2.0, 0.5, 72)]
    assert constraints(score(*notes), GRID, NARROW).names == ("C4", "C5")


def test_painted_activations_win_over_notes_the_last_one_most():
    patches = (
        ActivationPatch(69, 1.2, 2.0, allowed=False),
        ActivationPatch(69, 1.6, 1.8, allowed=True),
        ActivationPatch(50, 0.0, 1.0, allowed=True),
    )
    mask = constraints(score(A4, activation_patches=patches), GRID, NARROW).activation_mask
    assert mask.shape == (1, 30)
    assert ones(mask[0]) == [10, 11, 16, 17, 18]


def test_painted_templates_win_over_partials():
    grid = Grid(4000, 400, 200, 10)
    patches = (TemplatePatch(69, 870.0, 2000.0, allowed=False), TemplatePatch(69, 600.0, 610.0, allowed=True))
    found = constraints(score(A4, template_patches=patches), grid, NARROW)
    assert ones(found.template_mask[:, 0]) == [43, 44, 60, 61]
    # As much as 1/m would give between the partials.
    assert found.templates[60, 0] == pytest.approx(440 / 600)


def test_patches_of_onsets_leave_the_tone_alone():
    params = dataclasses.replace(NARROW, onset_templates=True, onset_length=0.1)
    patches = (ActivationPatch(69, 2.0, 2.1, allowed=True, part="onset"),)
    cut = (TemplatePatch(69, 0.0, 100.0, allowed=False, part="onset"),)
    mine = score(A4, activation_patches=patches, template_patches=cut)
    found, plain = (constraints(one, GRID, params) for one in (mine, score(A4)))
    np.testing.assert_array_equal(found.activation_mask[0], plain.activation_mask[0])
    assert ones(found.activation_mask[1]) == [10, 11, 20, 21]
    np.testing.assert_array_equal(found.template_mask[:, 0], plain.template_mask[:, 0])
    assert ones(found.template_mask[:, 1]) == list(range(11, 51))


def test_a_score_without_notes_is_refused():
    with pytest.raises(MissingInputError, match="no notes"):
        constraints(score(), GRID, NARROW)


@pytest.mark.parametrize(("name", "value"), [("partials", -1), ("tolerance_cents", 0.5), ("before", -0.1)])
def test_values_out_of_range_are_refused(name, value):
    with pytest.raises(ParameterError, match=name):
        ConstraintParams(**{name: value})


@pytest.mark.parametrize(("pitch", "name"), [(0, "C-1"), (21, "A0"), (60, "C4"), (71, "B4"), (66, "F#4"), (127, "G9")])
def test_pitches_have_names(pitch, name):
    assert pitch_name(pitch) == name
