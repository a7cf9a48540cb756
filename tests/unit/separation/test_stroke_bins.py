"""Which bins strokes cover, checked by distances and windings that are computed for every cell on its own."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.errors import ParameterError
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.stroke_bins import painted_bins
from sepstudio.tiles.scales import position

RATE, FFT, HOP, FRAMES = 8192, 64, 32, 40
BINS = FFT // 2 + 1
STEP, NYQUIST = HOP / RATE, RATE / 2
SOURCES = tuple(PaintedSource(key, key.upper(), "#808080") for key in "abc")

# Multiples of half a frame and of half a bin are met exactly.
times = st.integers(-10, 2 * FRAMES + 10).map(lambda n: n * STEP / 2)
hertz = st.integers(0, 2 * BINS).map(lambda n: n * RATE / FFT / 2)
points = st.lists(st.tuples(times, hertz), min_size=1, max_size=5).map(tuple)
axes = st.sampled_from(["linear", "log", "mel"])
HEIGHTS = {"linear": 500.0, "log": 0.8, "mel": 300.0}


@st.composite
def any_stroke(draw):
    tool = draw(st.sampled_from(["brush", "box", "lasso", "harmonic", "eraser"]))
    least, most = {"box": (2, 2), "lasso": (3, 6)}.get(tool, (1, 5))
    path = draw(st.lists(st.tuples(times, hertz), min_size=least, max_size=most))
    axis = draw(axes)
    return Stroke(
        tool, "" if tool == "eraser" else draw(st.sampled_from("abc")), tuple(path),
        draw(st.integers(0, 12)) * STEP, draw(st.floats(0, 1)) * HEIGHTS[axis], axis,
        draw(st.floats(0.1, 1)), draw(st.booleans()), draw(st.integers(1, 8)),
    )  # fmt: skip


many_strokes = st.lists(any_stroke(), max_size=6).map(tuple)


def painted(*strokes, frames=FRAMES, sources=SOURCES):
    return painted_bins(Strokes(sources, strokes), sample_rate=RATE, fft_size=FFT, hop_size=HOP, frames=frames)


def covered(*strokes, **how):
    """Return what is painted as a picture of the plane, bool [bins, frames]."""
    found = painted(*strokes, **how)
    plane = np.zeros((BINS, how.get("frames", FRAMES)), bool)
    plane[found.bins, found.frames] = True
    return plane


def cells(*pairs):
    plane = np.zeros((BINS, FRAMES), bool)
    for bins, frames in pairs:
        plane[bins, frames] = True
    return plane


def distances(path, width, height, axis):
    """Return how far each cell lies from a path, in half sizes of the brush."""
    time_ = np.arange(FRAMES) * STEP / (width / 2)
    place = position(axis, np.arange(BINS) * RATE / FFT) / (height / 2)
    here = np.stack(np.broadcast_arrays(time_, place[:, None]), axis=-1)
    corners = np.array([(t / (width / 2), position(axis, f) / (height / 2)) for t, f in path])
    best = np.full((BINS, FRAMES), np.inf)
    for begin, end in zip(corners, corners[1:] if len(corners) > 1 else corners, strict=False):
        way = end - begin
        length = way @ way
        share = np.clip((here - begin) @ way / length, 0, 1) if length else np.zeros(here.shape[:2])
        best = np.minimum(best, np.linalg.norm(here - begin - share[..., None] * way, axis=-1))
    return best


# -- known shapes --------------------------------------------------------------------------------


def test_a_box_holds_the_cells_between_its_corners_edges_included():
    box = Stroke("box", "a", ((10 * STEP, 512.0), (20 * STEP, 1024.0)))
    assert (covered(box) == cells((slice(4, 9), slice(10, 21)))).all()
    turned = dataclasses.replace(box, points=((20 * STEP, 512.0), (10 * STEP, 1024.0)))
    assert (covered(turned) == covered(box)).all()
    assert (covered(dataclasses.replace(box, points=((10.4 * STEP, 520.0), (10.4 * STEP, 520.0)))).sum()) == 1


def test_a_dab_of_the_brush_is_an_ellipse():
    dab = Stroke("brush", "a", ((20 * STEP, 16 * 128.0),), width=10 * STEP, height=6 * 128.0)
    rows, frames = np.mgrid[:BINS, :FRAMES]
    assert (covered(dab) == (((frames - 20) / 5) ** 2 + ((rows - 16) / 3) ** 2 <= 1)).all()


def test_a_brush_without_size_paints_the_cells_that_it_runs_through():
    line = Stroke("brush", "a", ((5 * STEP, 640.0), (9 * STEP, 640.0)))
    assert (covered(line) == cells((5, slice(5, 10)))).all()
    steep = Stroke("brush", "a", ((5 * STEP, 640.0), (5 * STEP, 1280.0)), axis="log")
    assert (covered(steep) == cells((slice(5, 11), 5))).all()


def test_the_height_of_a_brush_is_that_on_its_own_axis():
    wide = Stroke("brush", "a", ((20 * STEP, 1024.0),), width=STEP / 2, height=2.0, axis="log")
    assert (np.flatnonzero(covered(wide)[:, 20]) == np.arange(4, 17)).all()
    flat = dataclasses.replace(wide, height=1024.0, axis="linear")
    assert (np.flatnonzero(covered(flat)[:, 20]) == np.arange(4, 13)).all()


def test_a_lasso_holds_all_that_it_goes_around_also_twice():
    square = ((10 * STEP, 448.0), (20 * STEP, 448.0), (20 * STEP, 960.0), (10 * STEP, 960.0))
    inside = cells((slice(4, 8), slice(10, 21)))
    for outline in (square, square[::-1], square * 2):
        assert (covered(Stroke("lasso", "a", outline)) == inside).all()
    bow = ((10 * STEP, 400.0), (30 * STEP, 1300.0), (30 * STEP, 400.0), (10 * STEP, 1300.0))
    plane = covered(Stroke("lasso", "a", bow))
    assert plane[6, 12]
    assert plane[6, 28]
    assert not plane[4, 20]
    assert not plane[9, 20]


def test_a_harmonic_brush_paints_multiples_up_to_half_the_sample_rate():
    brush = Stroke("harmonic", "a", ((10 * STEP, 512.0), (12 * STEP, 512.0)), partials=3)
    assert (covered(brush) == cells(([4, 8, 12], slice(10, 13)))).all()
    everything = covered(dataclasses.replace(brush, partials=1000))
    assert (np.flatnonzero(everything[:, 11]) == np.arange(4, BINS, 4)).all()


def test_a_later_stroke_covers_an_earlier_one_and_says_how_sure_it_is():
    plane = ((0.0, 0.0), (FRAMES * STEP, NYQUIST))
    first, later = Stroke("box", "a", plane, opacity=0.25), Stroke("box", "b", ((0.0, 0.0), (3 * STEP, 128.0)))
    found = painted(first, later)
    is_later = (found.frames <= 3) & (found.bins <= 1)
    assert (found.strokes == is_later).all()
    assert (found.allowed == np.where(is_later[:, None], [False, True, False], [True, False, False])).all()
    assert (found.weights == np.where(is_later, np.float32(1), np.float32(0.25))).all()


@pytest.mark.parametrize(
    ("said", "allowed", "by"),
    [
        (["-a"], "bc", 0),
        (["-a", "-b"], "c", 1),
        (["-a", "-b", "-c"], "ab", 2),
        (["a", "-a"], "bc", 1),
        (["a", "-b"], "a", 0),
        (["-a", "-a"], "bc", 0),
        (["-a", "b"], "b", 1),
        (["a", "erase", "-b"], "ac", 2),
    ],
)
def test_what_is_said_against_a_source_leaves_the_others(said, allowed, by):
    dot = ((4 * STEP, 512.0),)
    strokes = [
        Stroke("eraser", "", dot) if word == "erase" else Stroke("brush", word[-1], dot, against=word[0] == "-")
        for word in said
    ]
    found = painted(*strokes)
    assert (found.bins.tolist(), found.frames.tolist(), found.strokes.tolist()) == ([4], [4], [by])
    assert "".join(np.array(list("abc"))[found.allowed[0]]) == allowed


def test_against_the_only_source_nothing_is_left_to_say():
    found = painted(Stroke("brush", "a", ((0.0, 0.0),), against=True), sources=SOURCES[:1])
    assert found.bins.size == 0
    assert found.allowed.shape == (0, 1)


def test_a_source_that_is_not_there_is_refused():
    with pytest.raises(ParameterError, match="'d'"):
        painted(Stroke("brush", "d", ((0.0, 0.0),)))


def test_nothing_and_what_lies_outside_give_nothing():
    for strokes in ((), (Stroke("brush", "a", ((99.0, 500.0),), 0.1, 100.0),)):
        found = painted(*strokes)
        assert [len(getattr(found, item.name)) for item in dataclasses.fields(found)] == [0] * 5
    assert painted(Stroke("box", "a", ((0.0, 0.0), (1.0, NYQUIST))), frames=0).bins.size == 0


# -- whatever is painted -------------------------------------------------------------------------


@given(points, st.integers(1, 16), st.floats(0.05, 1), axes)
def test_a_brush_covers_what_is_near_its_path(path, width, height, axis):
    stroke = Stroke("brush", "a", path, width * STEP, height * HEIGHTS[axis], axis)
    plane = covered(stroke)
    far = distances(path, stroke.width, stroke.height, axis)
    assert plane[far < 1 - 1e-6].all()
    # What is covered beside that is run through by the path itself.
    line = covered(dataclasses.replace(stroke, width=0.0, height=0.0))
    assert not plane[(far > 1 + 1e-6) & ~line].any()


@given(st.lists(st.tuples(times, hertz), min_size=3, max_size=7).map(tuple))
def test_a_lasso_covers_what_the_outline_winds_around(outline):
    plane = covered(Stroke("lasso", "a", outline))
    corners = np.array(outline) / (STEP, RATE / FFT)
    rows, frames = np.mgrid[:BINS, :FRAMES]
    turns = corners @ (1, 1j) - (frames + 1j * rows)[..., None]
    on_corner = np.abs(turns).min(-1) < 1e-9
    angles = np.angle(np.roll(turns, -1, axis=-1) / np.where(on_corner[..., None], 1, turns))
    on_edge = np.abs(np.abs(angles) - np.pi).min(-1) < 1e-9
    winding = np.round(angles.sum(-1) / (2 * np.pi))
    assert ((plane == (winding != 0)) | on_corner | on_edge).all()


@given(many_strokes)
def test_a_box_of_the_whole_plane_covers_all_and_erasing_all_gives_none(strokes):
    whole = ((0.0, 0.0), ((FRAMES - 1) * STEP, NYQUIST))
    found = painted(*strokes, Stroke("box", "b", whole))
    assert found.bins.size == BINS * FRAMES
    assert (found.allowed == [False, True, False]).all()
    rubber = Stroke("eraser", "", whole, width=4 * FRAMES * STEP, height=4 * NYQUIST)
    assert painted(*strokes, rubber).bins.size == 0


@given(many_strokes, st.integers(-FRAMES, FRAMES))
def test_moving_strokes_by_whole_hops_moves_what_they_paint(strokes, hops):
    all_frames = 4 * FRAMES
    here = painted_bins(
        Strokes(SOURCES, strokes).moved(1.5 * FRAMES * STEP),
        sample_rate=RATE, fft_size=FFT, hop_size=HOP, frames=all_frames,
    )  # fmt: skip
    there = painted_bins(
        Strokes(SOURCES, strokes).moved((1.5 * FRAMES + hops) * STEP),
        sample_rate=RATE, fft_size=FFT, hop_size=HOP, frames=all_frames,
    )  # fmt: skip
    columns = here.frames + hops
    inside = (columns >= 0) & (columns < all_frames)
    back = (there.frames - hops >= 0) & (there.frames - hops < all_frames)
    assert (columns[inside] == there.frames[back]).all()
    for name in ("bins", "allowed", "weights", "strokes"):
        assert (getattr(here, name)[inside] == getattr(there, name)[back]).all()


@given(many_strokes)
def test_each_bin_is_there_once_in_order_and_may_belong_to_somebody(strokes):
    found = painted(*strokes)
    keys = found.bins.astype(np.int64) * FRAMES + found.frames
    assert (np.diff(keys) > 0).all()
    assert found.allowed.any(axis=1).all()
    assert not found.allowed.all(axis=1).any()
    assert (found.bins.dtype, found.frames.dtype, found.strokes.dtype) == (np.int32,) * 3
    assert (found.weights == np.array([s.opacity for s in strokes] or [0], np.float32)[found.strokes]).all()
    assert all(strokes[n].tool != "eraser" for n in np.unique(found.strokes))


def test_what_lies_far_away_in_a_long_recording_is_found():
    two_hours = 2 * 3600 * 44100 // 1024
    strokes = Strokes(SOURCES, (Stroke("brush", "a", ((7199.0, 440.0), (7199.5, 880.0)), 0.05, 50.0),))
    found = painted_bins(strokes, sample_rate=44100, fft_size=4096, hop_size=1024, frames=two_hours)
    assert 100 < found.bins.size < 1000
    assert found.frames.min() > 310_000 - 100
