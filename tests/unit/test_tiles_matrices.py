"""Cells pooled to pixels, runs of masks, differences, and pyramids of models."""

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.score_constraints import Grid
from sepstudio.separation.score_masking import mono_magnitude, spectrum
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import code_to_db
from sepstudio.tiles.matrices import brightness, difference_steps, model_columns, nearest_places, pooled, runs
from sepstudio.tiles.models import Model, model_pyramids

RATE, FFT, HOP = 8000, 256, 128


def test_no_single_cell_is_lost_however_many_share_a_pixel(rng):
    values = np.zeros((3, 10_000), np.float32)
    places = rng.choice(10_000, 40, replace=False)
    values[1, places] = 1.0
    for first, last, width in ((0, 10_000, 97), (0, 10_000, 9_999), (123.4, 9_876.5, 300)):
        edges = np.linspace(first, last, width + 1)
        picture, inside = pooled(values, edges)
        assert inside == slice(0, width)
        lit = np.flatnonzero(picture[1])
        for place in places:
            if first <= place < int(last):
                assert np.any((edges[lit] < place + 1) & (edges[lit + 1] > place - 1))
        assert not picture[0].any()
        assert not picture[2].any()


def test_pixels_between_cells_repeat_the_cell_they_lie_in_and_pixels_beyond_are_left_out():
    values = np.array([[1.0, 2.0, 3.0]], np.float32)
    picture, inside = pooled(values, np.linspace(-1.0, 4.0, 11))
    assert (inside.start, inside.stop) == (2, 8)
    assert picture.tolist() == [[1, 1, 2, 2, 3, 3]]
    nothing, beyond = pooled(values, np.linspace(5.0, 6.0, 5))
    assert nothing.shape == (1, 0)
    assert beyond.start == beyond.stop


def test_uneven_edges_keep_every_cell():
    edges = np.geomspace(0.5, 64.0, 9)
    for cell in range(1, 64):
        values = np.zeros((1, 64), np.float32)
        values[0, cell] = 1.0
        assert pooled(values, edges)[0].max() == 1.0


def test_pooling_keeps_the_sign_of_what_is_farthest_from_zero():
    values = np.array([[0.5, -2.0, 1.0, 0.0, 3.0, -1.0]], np.float32)
    edges = np.array([0.0, 3.0, 6.0])
    assert pooled(values, edges, signed=True)[0].tolist() == [[-2.0, 3.0]]
    assert pooled(values, edges)[0].tolist() == [[1.0, 3.0]]


def test_brightness_bends_and_cuts_both_ways_and_is_dark_where_nothing_can_be():
    values = np.array([[0.25, -0.25, 4.0], [1.0, 0.0, -1.0]], np.float32)
    bright = brightness(values, np.array([[1.0], [0.0]], np.float32), 0.5)
    assert bright.tolist() == [[0.5, -0.5, 1.0], [0.0, 0.0, 0.0]]


def test_runs_are_where_a_mask_allows_cells(rng):
    mask = (rng.random((7, 50)) < 0.5).astype(np.float32)
    mask[3] = 0
    mask[5] = 1
    again = np.zeros_like(mask)
    found = runs(mask)
    for row, first, stop in found:
        assert stop > first
        again[row, first:stop] = 1
    assert np.array_equal(again, mask)
    assert (found[:, 0] == 5).sum() == 1
    assert len(runs(np.zeros((2, 5)))) == 0


def test_cells_are_matched_by_their_places():
    known = np.arange(10) * 0.5 + 1.0
    assert nearest_places(np.array([0.0, 1.1, 3.2, 5.5, 7.0]), known).tolist() == [-1, 0, 4, 9, -1]
    assert nearest_places(np.array([2.0, 3.0]), np.array([2.0])).tolist() == [0, -1]


def test_a_difference_is_taken_where_both_have_cells(rng):
    first, second = rng.random((3, 900_000)).astype(np.float32), rng.random((2, 700_000)).astype(np.float32)
    columns = np.where(np.arange(900_000) < 600_000, np.arange(900_000) + 5, -1)
    steps = difference_steps(first, second, np.array([1, -1, 0]), columns)
    assert next(steps) < 1.0
    difference = drain(steps)
    assert np.array_equal(difference[0, :600_000], first[0, :600_000] - second[1, 5:600_005])
    assert np.array_equal(difference[2, :600_000], first[2, :600_000] - second[0, 5:600_005])
    assert not difference[1].any()
    assert not difference[:, 600_000:].any()


@pytest.fixture
def model(rng):
    """A model of noise that is as wrong as can be."""
    clip = AudioClip(0.1 * rng.standard_normal((2, RATE * 20)).astype(np.float32), RATE)
    frames = 1 + clip.length // HOP
    templates = rng.random((FFT // 2 + 1, 5)).astype(np.float32)
    return Model(clip, templates, rng.random((5, frames)).astype(np.float32), HOP)


def test_a_spectrogram_is_measured_as_the_methods_measure_it(model):
    grid = Grid(RATE, FFT, HOP, model.frames)
    expected = mono_magnitude(spectrum(model.clip, grid, 100, 140))
    assert model.measured(np.arange(100, 140)) == pytest.approx(expected, rel=1e-4, abs=1e-4)
    assert model.measured(np.array([3, 120])) == pytest.approx(
        np.stack([model.measured(np.array([frame]))[:, 0] for frame in (3, 120)], axis=1)
    )


@pytest.mark.parametrize("remainder", [False, True])
def test_a_pyramid_of_a_model_has_the_levels_of_its_magnitudes(model, remainder):
    pyramids = model_pyramids(model, TileCache(), remainder=remainder)
    pyramid = pyramids.spectrogram
    for step in pyramids.look():
        assert step.fraction == 0.0
    assert pyramid.first_look is not None
    assert [step.fraction for step in pyramids.build()][-1] == 1.0
    assert pyramids.complete
    magnitudes = model_columns(model.templates, model.activations, slice(None))
    if remainder:
        magnitudes = np.abs(magnitudes - model.measured(np.arange(model.frames)))
    expected = np.clip(20 * np.log10(np.maximum(magnitudes * 4 / FFT, 1e-9)), -120, 0)
    found = np.concatenate([code_to_db(pyramid.compute(0, index)) for index in range(pyramid.tiles_at(0))], axis=1)
    assert found == pytest.approx(expected, abs=0.5)
    # The loudest of each four frames, at the next level.
    coarse = code_to_db(pyramid.compute(1, 0))
    assert coarse[:, 0] == pytest.approx(found[:, :4].max(axis=1))


def test_a_build_that_was_stopped_goes_on_where_it_was(model):
    pyramids = model_pyramids(model, TileCache())
    steps = pyramids.build()
    next(steps)
    steps.close()
    assert not pyramids.complete
    assert len(list(pyramids.build())) == -(-model.frames // 256) - 1
    assert pyramids.complete
