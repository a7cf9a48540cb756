"""Tiles of phase features: the angles of the transform, and of many points that of the loudest."""

import numpy as np
import pytest

from sepstudio.dsp.phase import phase_features
from sepstudio.dsp.stft import stft
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.angles import STEP, angle_cells, angles_of, levels_of
from sepstudio.tiles.decibels import power_to_codes
from sepstudio.tiles.mixing import Alone
from sepstudio.tiles.phases import PhaseAnalysis, PhasePyramid
from sepstudio.tiles.pictures import Layer, PictureComposer
from sepstudio.tiles.pooling import POOL, max_pool
from sepstudio.tiles.pyramids import pyramids_of
from sepstudio.tiles.scales import FrequencyScale
from sepstudio.tiles.spectrogram import TILE_COLUMNS, SpectrogramPyramid

RATE = 44100
FFT, HOP = 1024, 256
FULL_SCALE = FFT / 4


def music(seconds=12.0, channels=2):
    """Tones that come and go over a little noise, with a stretch of silence."""
    rng = np.random.default_rng(5)
    time = np.arange(round(seconds * RATE)) / RATE
    samples = 1e-3 * rng.standard_normal((channels, time.size))
    for hertz in (220.0, 1375.5, 4321.0):
        for channel in range(channels):
            samples[channel] += 0.1 * np.sin(2 * np.pi * hertz * time + channel) * (np.sin(time * hertz / 99) > 0)
    samples[:, time.size // 2 : time.size // 2 + RATE] = 0.0
    return AudioClip(samples.astype(np.float32), RATE)


def built(clip, feature="time", corrected=True, lead=0):
    pyramid = PhasePyramid(clip, PhaseAnalysis(FFT, HOP, 1, lead, feature, corrected))
    list(pyramid.build())
    assert pyramid.complete
    return pyramid


def level_of(pyramid, level):
    return np.concatenate([pyramid.tile(level, index) for index in range(pyramid.tiles_at(level))], axis=1)


def turned(angles, others):
    """How far two angles lie apart on the circle."""
    return np.abs((angles - others + np.pi) % (2 * np.pi) - np.pi)


@pytest.mark.parametrize("corrected", [True, False])
@pytest.mark.parametrize("feature", ["phase", "time", "frequency"])
def test_a_tile_has_the_feature_of_the_loudest_channel(feature, corrected):
    clip = music()
    cells = level_of(built(clip, feature, corrected), 0)
    spectrum = stft(clip.samples, fft_size=FFT, hop_size=HOP)
    (wanted,) = phase_features(spectrum, hop_size=HOP, kinds=[feature], corrected=corrected, reference=FULL_SCALE)
    assert cells.dtype == np.uint16
    assert cells.shape == wanted.shape[1:]
    codes = power_to_codes(np.square(np.abs(spectrum) / np.float32(FULL_SCALE)))
    # Where neither channel is silent, now or before, and one is clearly louder.
    told_apart = (np.abs(np.diff(codes.astype(int), axis=0)[0]) > 1) & (codes.min(axis=0) > 1) & (wanted != 0).all(0)
    assert told_apart.mean() > 0.6
    loudest = codes.argmax(axis=0)
    angles = np.take_along_axis(wanted, loudest[None], axis=0)[0]
    assert turned(angles_of(cells), angles)[told_apart].max() <= STEP / 2 + 1e-5
    assert np.array_equal(levels_of(cells)[told_apart], np.maximum(codes.max(axis=0), 1)[told_apart])


def test_silent_points_and_those_without_a_predecessor_are_zero():
    clip = music()
    cells = {feature: level_of(built(clip, feature), 0) for feature in ("phase", "time", "frequency")}
    middle = (clip.length // 2 + RATE // 2) // HOP
    assert not any(some[:, middle].any() for some in cells.values())
    assert not cells["time"][:, 0].any()
    assert not cells["frequency"][0].any()
    # A difference lacks its first point where sound begins again.
    sounds = [int(np.flatnonzero(some[20, middle:])[0]) for some in (cells["phase"], cells["time"])]
    assert sounds[1] == sounds[0] + 1


def test_each_level_has_the_cell_of_the_loudest_of_four_columns_and_never_a_mean():
    pyramid = built(music())
    assert pyramid.top_level >= 1
    fine, coarse = level_of(pyramid, 0), level_of(pyramid, 1)
    for column in (0, 17, coarse.shape[1] - 1):
        group = fine[:, column * POOL : (column + 1) * POOL]
        loudest = levels_of(group).max(axis=1)
        assert np.array_equal(levels_of(coarse[:, column]), loudest)
        among = (group == coarse[:, column : column + 1]) & (levels_of(group) == loudest[:, None])
        assert among.any(axis=1).all()


def test_angles_on_both_sides_of_the_seam_do_not_meet_in_the_middle():
    near_the_seam = np.array([[3.1, -3.1, 3.0, -3.0]], np.float32)
    levels = np.array([[200, 201, 199, 10]], np.uint8)
    pooled = max_pool(angle_cells(near_the_seam, levels, np.ones((1, 4), bool)))
    assert turned(angles_of(pooled), -3.1).item() <= STEP / 2
    assert levels_of(pooled).item() == 201


def test_cells_keep_angles_within_half_a_step_and_both_ends_are_one():
    angles = np.linspace(-np.pi, np.pi, 5001).astype(np.float32)
    everything = np.ones(angles.size, bool)
    cells = angle_cells(angles, np.full(angles.size, 77, np.uint8), everything)
    assert turned(angles_of(cells), angles).max() <= STEP / 2 + 1e-5
    assert cells[0] == cells[-1]
    assert np.array_equal(levels_of(cells), np.full(angles.size, 77))
    assert [float(angles_of(cells[k])) for k in (0, 1250, 2500, 3750)] == pytest.approx(
        [-np.pi, -np.pi / 2, 0.0, np.pi / 2]
    )
    # What is heard is no silence, however quiet it is.
    quiet = angle_cells(angles, np.zeros(angles.size, np.uint8), everything)
    assert (levels_of(quiet) == 1).all()


@pytest.mark.parametrize("lead", [0, 100])
def test_single_tiles_and_the_first_look_agree_with_the_build(lead):
    clip = music(8.0, channels=1)
    whole = level_of(built(clip, lead=lead), 0)
    fresh = PhasePyramid(clip, PhaseAnalysis(FFT, HOP, 1, lead))
    for index in range(fresh.tiles_at(0)):
        here = slice(index * TILE_COLUMNS, index * TILE_COLUMNS + fresh.tile_width(0, index))
        assert np.array_equal(fresh.compute(0, index), whole[:, here])
    look = PhasePyramid(clip, PhaseAnalysis(FFT, HOP, 1, lead))
    overview = look.overview(64, budget_s=30.0)
    places = ((np.arange(64) + 0.5) * look.columns / 64).astype(int)
    assert np.array_equal(overview, whole[:, places])


def test_a_build_that_was_interrupted_goes_on_with_the_right_predecessor():
    clip = music(15.0)
    whole = level_of(built(clip), 0)
    pyramid = PhasePyramid(clip, PhaseAnalysis(FFT, HOP))
    first = pyramid.build()
    next(first)
    first.close()
    list(pyramid.build())
    assert np.array_equal(level_of(pyramid, 0), whole)


def picture(pyramid, start, stop, width, rows=200, top=1.0):
    composer = PictureComposer([Layer(pyramid)], Alone(), budget_s=30.0)
    composer.set_axis(FrequencyScale("linear", 0.0, 20_000.0), 0.0, top, rows)
    result = composer.compose(start, stop, width)
    assert result.finished
    return result.entries


@pytest.mark.parametrize(
    ("start", "stop", "top"), [(0.0, 12.0, 1.0), (3.0, 3.1, 0.02)], ids=["pooled", "several pixels a point"]
)
def test_a_picture_has_only_cells_that_the_recording_has(start, stop, top):
    pyramid = built(music())
    entries = picture(pyramid, start, stop, 300, top=top)
    assert entries.dtype == np.uint16
    assert entries.shape == (200, 300)
    assert np.isin(entries, level_of(pyramid, 0)).all()


def test_a_picture_and_its_read_out_agree():
    pyramid = built(music(), lead=50)
    entries = picture(pyramid, 2.0, 6.0, 400)
    layer = Layer(pyramid)
    same = 0
    places = [(row, column) for row in range(5, 200, 13) for column in range(3, 400, 29)]
    for row, column in places:
        hertz = 20_000.0 * (1.0 - (row + 0.5) / 200)
        cell = layer.code_at(2.0 + (column + 0.5) * 0.01, hertz, 0.01, 100.0)
        same += cell == entries[row, column]
    # Edges of columns may fall to either side.
    assert same / len(places) > 0.9


def test_the_loudest_bin_is_told():
    time = np.arange(4 * RATE) / RATE
    hertz = 100.25 * RATE / FFT
    clip = AudioClip((0.5 * np.sin(2 * np.pi * hertz * time))[None].astype(np.float32), RATE)
    pyramid = built(clip)
    bin_index, cell = pyramid.loudest_at(2.0, hertz + 80.0, row_hz=400.0)
    assert bin_index == 100
    # A quarter of a bin sharp, a quarter of a window later.
    assert float(angles_of(cell)) == pytest.approx(2 * np.pi * 0.25 * HOP / FFT, abs=STEP)
    assert pyramid.loudest_at(99.0, hertz) is None


def test_levels_are_those_of_the_spectrogram_and_give_the_contrast():
    clip = music()
    phases, levels = built(clip, "phase"), SpectrogramPyramid(clip, FFT, HOP)
    list(levels.build())
    ours, theirs = levels_of(level_of(phases, 0)).astype(int), level_of(levels, 0).astype(int)
    heard = theirs > 5
    assert np.abs(ours - theirs)[heard].max() <= 1
    assert phases.levels() == pytest.approx(levels.levels(), abs=1.0)


def test_the_pyramids_of_a_recording_are_of_the_kind_that_is_asked_for():
    clip = music(1.0)
    pyramids = pyramids_of(clip, None, PhaseAnalysis(FFT, HOP).at(300))
    assert isinstance(pyramids.spectrogram, PhasePyramid)
    assert pyramids.spectrogram.analysis == PhaseAnalysis(FFT, HOP, 1, 300 % HOP)
    with pytest.raises(ParameterError, match="padding"):
        PhasePyramid(clip, PhaseAnalysis(FFT, HOP, 2))
