import gc
import threading

import numpy as np
import pytest

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.decibels import code_to_db, db_to_code, power_to_codes
from sepstudio.tiles.pooling import coarse_to_fine, max_pool, nearest
from sepstudio.tiles.rows import row_map
from sepstudio.tiles.scales import SCALE_KINDS, FrequencyScale, scale_for
from sepstudio.tiles.spectrogram import SpectrogramPyramid

KILOBYTE = np.zeros(1024, np.uint8)


def test_the_least_recently_used_goes_first():
    cache = TileCache(3 * 1024)
    for index in range(3):
        cache.put((1, 0, index), KILOBYTE.copy())
    cache.get((1, 0, 0))
    cache.put((1, 0, 3), KILOBYTE.copy())
    assert [cache.get((1, 0, index)) is not None for index in range(4)] == [True, False, True, True]
    assert cache.size == 3 * 1024


def test_without_making_room_nothing_is_pushed_out():
    cache = TileCache(2 * 1024)
    assert cache.put((1, 0, 0), KILOBYTE.copy(), make_room=False)
    assert cache.put((1, 0, 1), KILOBYTE.copy(), make_room=False)
    assert not cache.put((1, 0, 2), KILOBYTE.copy(), make_room=False)
    assert cache.get((1, 0, 0)) is not None
    assert cache.get((1, 0, 2)) is None


def test_replacing_counts_once_and_too_large_is_refused():
    cache = TileCache(2048)
    cache.put((1, 0, 0), KILOBYTE.copy())
    cache.put((1, 0, 0), np.zeros(2048, np.uint8), make_room=False)
    assert cache.size == 2048
    assert not cache.put((1, 0, 1), np.zeros(4096, np.uint8))
    assert cache.get((1, 0, 0)) is not None


def test_an_owner_is_forgotten_alone():
    cache = TileCache(2 * 1024)
    cache.put((1, 0, 0), KILOBYTE.copy())
    cache.put((2, 0, 0), KILOBYTE.copy())
    cache.retire(1)
    assert cache.put((3, 0, 0), KILOBYTE.copy(), make_room=False)
    assert cache.get((1, 0, 0)) is None
    assert cache.get((2, 0, 0)) is not None
    assert cache.size == 2 * 1024


def test_a_pyramid_that_is_gone_leaves_nothing_behind():
    cache = TileCache()
    pyramid = SpectrogramPyramid(AudioClip(np.zeros((1, 400_000), np.float32), 44100), cache=cache)
    pyramid.compute(0, 0)
    assert cache.size > 0
    del pyramid
    gc.collect()
    cache.put((99, 0, 0), KILOBYTE.copy())
    assert cache.size == 1024


def test_many_threads_never_exceed_the_limit():
    cache = TileCache(16 * 1024)
    sizes = []

    def work(owner):
        for index in range(300):
            cache.put((owner, 0, index), KILOBYTE.copy())
            cache.get((owner, 0, index // 2))
            sizes.append(cache.size)

    threads = [threading.Thread(target=work, args=(owner,)) for owner in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(sizes) <= 16 * 1024
    assert cache.size == 16 * 1024


def test_codes_follow_the_logarithm_within_half_a_step():
    levels = np.linspace(-130, 10, 4001)
    codes = power_to_codes((10 ** (levels / 10)).astype(np.float32))
    expected = np.clip(levels, -120, 0)
    assert np.abs(code_to_db(codes) - expected).max() < 120 / 255 / 2 + 0.03
    assert power_to_codes(np.zeros(3, np.float32)).tolist() == [0, 0, 0]
    assert db_to_code(-200) == 0
    assert db_to_code(3) == 255
    assert abs(float(code_to_db(db_to_code(-31.0))) + 31.0) < 0.24


@pytest.mark.parametrize("kind", SCALE_KINDS)
def test_scales_are_rising_and_invertible(kind):
    scale = scale_for(kind, 44100)
    hertz = np.geomspace(25, 19000, 50)
    unit = scale.to_unit(hertz)
    assert (np.diff(unit) > 0).all()
    assert np.allclose(scale.to_hertz(unit), hertz, rtol=1e-9)
    assert scale.to_unit([scale.lo, scale.hi]) == pytest.approx([0.0, 1.0], abs=1e-12)


def test_spacing_of_the_scales():
    octaves = FrequencyScale("log", 55, 880).to_unit([55, 110, 220, 440, 880])
    assert octaves == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    # 1000 Hz are 1000 mel by construction of the scale (within 0.02 %).
    assert float(FrequencyScale("mel", 0, 1000).to_unit(700.0)) * 1000 == pytest.approx(2595 * np.log10(2), rel=1e-3)
    assert scale_for("mel", 16000).hi == 8000
    assert scale_for("linear", 44100).lo == 0


@pytest.mark.parametrize("bad", [("log", 0, 100), ("mel", 100, 100), ("bark", 20, 100)])
def test_impossible_scales_are_refused(bad):
    with pytest.raises(ParameterError):
        FrequencyScale(*bad)


@pytest.mark.parametrize("kind", SCALE_KINDS)
@pytest.mark.parametrize("rows", [60, 300, 2000])
def test_every_single_bin_reaches_the_picture(kind, rows):
    scale, bin_hz, bins = scale_for(kind, 44100), 44100 / 2048, 1025
    mapping = row_map(scale, 0.0, 1.0, rows, bin_hz=bin_hz, bins=bins)
    inside = [b for b in range(bins) if scale.lo <= b * bin_hz < scale.hi]
    codes = np.zeros((bins, len(inside)), np.uint8)
    codes[inside, np.arange(len(inside))] = 200
    picture = mapping.apply(codes)
    assert picture.shape == (len(inside), rows)
    assert picture.max(axis=1).min() == 200
    row = picture.argmax(axis=1)
    expected = (1 - scale.to_unit(np.array(inside) * bin_hz)) * rows
    assert np.abs(row + 0.5 - expected).max() <= 1.0


def test_rows_between_bins_are_interpolated():
    mapping = row_map(FrequencyScale("linear", 0, 100), 0.0, 1.0, 100, bin_hz=10.0, bins=11)
    column = mapping.apply((np.arange(11, dtype=np.uint8) * 20)[:, None])[0, ::-1].astype(int)
    ideal = (np.arange(100) + 0.5) * 2
    assert np.abs(column - ideal).max() <= 2
    assert (np.diff(column) >= 0).all()


def test_pooling_takes_maxima_and_keeps_a_short_rest():
    codes = np.arange(10, dtype=np.uint8)[None, :]
    assert max_pool(codes).tolist() == [[3, 7, 9]]


@pytest.mark.parametrize("count", [1, 2, 7, 512])
def test_coarse_to_fine_is_a_permutation_whose_beginnings_are_even(count):
    order = coarse_to_fine(count)
    assert sorted(order.tolist()) == list(range(count))
    half = np.sort(order[: max(count // 2, 1)])
    assert np.diff(half, prepend=-1, append=count).max() <= 4


def test_nearest_neighbours():
    assert nearest(np.array([1, 5]), 7).tolist() == [1, 1, 1, 5, 5, 5, 5]
