"""What a brush leaves in the constraints, and where times come to rest."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.io.scores import painting
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch
from sepstudio.io.scores.snapping import Snap
from sepstudio.separation.score_constraints import Grid

EMPTY = Score("piece", ())
FRAMES = 60

cells = st.builds(
    lambda pitch, start, length, allowed: ActivationPatch(pitch, float(start), float(start + length), allowed),
    st.integers(60, 62), st.integers(0, 40), st.integers(1, 15), st.booleans(),
)  # fmt: skip


def picture(patches):
    """Painted cells one by one: 1 allowed, -1 forbidden, later ones over earlier ones."""
    canvas = np.zeros((3, FRAMES), int)
    for patch in patches:
        canvas[patch.pitch - 60, round(patch.start) : round(patch.stop)] = 1 if patch.allowed else -1
    return canvas


@given(st.lists(cells, max_size=12))
def test_painting_shows_the_last_stroke_and_keeps_no_overlap(strokes):
    score = EMPTY
    for patch in strokes:
        score = painting.with_activation_patches(score, [patch])
    laid = score.activation_patches
    assert np.array_equal(picture(laid), picture(strokes))
    # In any order it is the same: nothing lies over anything.
    assert np.array_equal(picture(laid[::-1]), picture(strokes))


@given(st.lists(cells, max_size=8), cells)
def test_what_is_cleared_is_as_if_it_was_never_painted(strokes, hole):
    score = painting.with_activation_patches(EMPTY, strokes)
    expected = picture(score.activation_patches)
    expected[hole.pitch - 60, int(hole.start) : int(hole.stop)] = 0
    after = painting.without_activation_patches(score, [hole])
    assert np.array_equal(picture(after.activation_patches), expected)


def test_a_brush_that_goes_over_a_place_again_leaves_one_patch():
    score = EMPTY
    for start in np.arange(0.0, 2.0, 0.25):
        score = painting.with_activation_patches(score, [ActivationPatch(60, start, start + 0.3, True)])
    assert score.activation_patches == (ActivationPatch(60, 0.0, 2.05, True),)


def test_templates_of_notes_and_onsets_are_painted_apart():
    note, onset = TemplatePatch(60, 100.0, 400.0, True), TemplatePatch(60, 200.0, 300.0, False, "onset")
    score = painting.with_template_patches(EMPTY, [note, onset])
    assert score.template_patches == (note, onset)
    score = painting.with_template_patches(score, [TemplatePatch(60, 200.0, 300.0, False)])
    found = sorted((round(p.low), round(p.high), p.allowed, p.part) for p in score.template_patches)
    assert found == [
        (100, 200, True, "note"), (200, 300, False, "note"), (200, 300, False, "onset"), (300, 400, True, "note"),
    ]  # fmt: skip
    cleared = painting.without_template_patches(score, [TemplatePatch(60, 0.0, 1e4, True)])
    assert cleared.template_patches == (onset,)


def test_a_stroke_paints_whole_frames_of_every_row_that_it_crosses():
    (one,) = painting.stroke([(0.52, 60)], allowed=True, frame_s=0.1)
    assert (one.start, one.stop) == (pytest.approx(0.45, abs=1e-5), pytest.approx(0.55, abs=1e-5))
    patches = painting.stroke([(1.0, 60), (2.0, 60), (3.0, 64)], allowed=False)
    assert [patch.pitch for patch in patches] == [60, 61, 62, 63, 64]
    assert (patches[0].start, patches[-1].stop) == (1.0, 3.0)
    # Rows are crossed on a straight line: one ends where the next begins.
    for lower, upper in itertools.pairwise(patches):
        assert lower.stop == upper.start
    assert not any(patch.allowed for patch in patches)
    assert painting.stroke([], allowed=True, frame_s=0.1) == ()


@given(st.floats(0, 100), st.sampled_from(["frames", "grid", "notes"]), st.floats(0.001, 1.0))
def test_what_has_come_to_rest_stays(seconds, kind, step):
    snap = Snap(kind, step).among([Note(1, 3.0, 1.5, 60), Note(2, 50.0, 1.0, 60)])
    rest = snap.nearest(seconds)
    assert snap.nearest(rest) == pytest.approx(rest, abs=1e-9)
    if kind == "notes":
        assert rest in (3.0, 4.5, 50.0, 51.0)
        assert abs(rest - seconds) == min(abs(mark - seconds) for mark in (3.0, 4.5, 50.0, 51.0))
    else:
        assert abs(rest - seconds) <= step / 2 + 1e-9


def test_notes_draw_from_near_by_only_and_off_draws_nothing():
    snap = Snap("notes").among([Note(1, 1.0, 1.0, 60)])
    assert (snap.time(1.04, 0.05), snap.time(1.06, 0.05)) == (1.0, 1.06)
    assert Snap("off").time(1.04, 1.0) == 1.04
    assert Snap("notes").time(1.04, 1.0) == 1.04
    assert Snap("grid", 0.25).time(1.1, 0.0) == 1.0


@given(st.lists(cells, max_size=6), cells)
def test_the_frames_that_count_are_those_that_were_painted(strokes, hole):
    """A frame counts when its hop meets a patch: borders must not let a neighbour in."""
    grid = Grid(sample_rate=1000, fft_size=64, hop_size=20, frames=FRAMES)

    def framed(patch):
        path = [((frame + 0.01) * grid.hop_s, patch.pitch) for frame in range(int(patch.start), int(patch.stop))]
        return painting.stroke(path, allowed=patch.allowed, frame_s=grid.hop_s)

    def counted(patches):
        canvas = np.zeros((3, FRAMES), int)
        for patch in patches:
            first, stop = grid.frame_span(patch.start, patch.stop)
            canvas[patch.pitch - 60, first:stop] = 1 if patch.allowed else -1
        return canvas

    score = EMPTY
    for patch in strokes:
        score = painting.with_activation_patches(score, framed(patch))
    expected = picture(strokes)
    assert np.array_equal(counted(score.activation_patches), expected)
    expected[hole.pitch - 60, int(hole.start) : int(hole.stop)] = 0
    cleared = painting.without_activation_patches(score, framed(hole))
    assert np.array_equal(counted(cleared.activation_patches), expected)
