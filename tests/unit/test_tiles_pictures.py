"""Pictures of several recordings: overlay, difference, share, offsets, contrast of the whole file, and what is kept."""

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.decibels import DB_PER_CODE, code_to_db, db_to_code
from sepstudio.tiles.histogram import LEAST_AUTO_RANGE_DB, LevelHistogram
from sepstudio.tiles.mixing import EVEN_ENTRY, LevelDifference, Paired, Share, share_of
from sepstudio.tiles.pictures import Layer, PictureComposer
from sepstudio.tiles.pyramids import PyramidShelf, pyramids_of
from sepstudio.tiles.scales import FrequencyScale
from sepstudio.tiles.spectrogram import SpectrogramPyramid

RATE = 44100
ROWS, WIDTH = 120, 200
AXIS = FrequencyScale("linear", 0.0, 20_000.0)
# In the middle of bins of the usual transform, where a tone reads its level.
LOW_HZ, HIGH_HZ = 46 * RATE / 2048, 232 * RATE / 2048
SIX_DB = 10 ** (6 / 20)


def tone(hertz=LOW_HZ, level_db=-20.0, seconds=10.0, rate=RATE):
    times = np.arange(round(seconds * rate)) / rate
    return AudioClip((10 ** (level_db / 20) * np.sin(2 * np.pi * hertz * times))[None].astype(np.float32), rate)


def noise(seconds=10.0, seed=1, gain=0.1):
    samples = gain * np.random.default_rng(seed).standard_normal((2, round(seconds * RATE)))
    return AudioClip(samples.astype(np.float32), RATE)


def built(clip, **sizes):
    pyramid = SpectrogramPyramid(clip, **sizes)
    list(pyramid.build())
    return pyramid


def picture(layers, mixing, start=0.0, stop=10.0, *, common=False):
    composer = PictureComposer(layers, mixing, common=common, budget_s=30.0)
    composer.set_axis(AXIS, 0.0, 1.0, ROWS)
    result = composer.compose(start, stop, WIDTH)
    assert result.finished
    return result.entries


def row_of(hertz):
    return int((1.0 - float(AXIS.to_unit(hertz))) * ROWS)


@pytest.mark.parametrize(("start", "stop"), [(0.0, 10.0), (3.21, 3.9)])
def test_a_recording_differs_from_itself_by_nothing_anywhere(start, stop):
    pyramid = built(noise())
    entries = picture([Layer(pyramid), Layer(built(noise()))], LevelDifference(), start, stop)
    assert entries.shape == (ROWS, WIDTH)
    assert np.all(entries == EVEN_ENTRY)


@pytest.mark.parametrize("louder", [0, 1])
def test_six_decibels_more_read_as_six_decibels(louder):
    quiet, loud = noise(), AudioClip(noise().samples * SIX_DB, RATE)
    layers = [Layer(built(clip)) for clip in ((quiet, loud) if louder else (loud, quiet))]
    entries = picture(layers, LevelDifference(), 1.0, 9.0)
    change = (entries.astype(float) - EVEN_ENTRY) * DB_PER_CODE
    wanted = -6.0 if louder else 6.0
    assert np.abs(change - wanted).max() <= DB_PER_CODE
    assert change.mean() == pytest.approx(wanted, abs=0.02)


def test_a_difference_ends_where_its_colours_do_and_noise_below_the_floor_is_none():
    layers = [Layer(built(tone())), Layer(built(tone(level_db=-119.0)))]
    entries = picture(layers, LevelDifference(), 2.0, 8.0)
    assert entries.max() == 255
    floored = picture(layers, LevelDifference(db_to_code(-40.0)), 2.0, 8.0)
    assert (floored.max() - EVEN_ENTRY) * DB_PER_CODE == pytest.approx(20.0, abs=DB_PER_CODE)
    assert np.all(floored[row_of(15_000)] == EVEN_ENTRY)


def test_the_shares_of_all_stems_add_up_to_one_where_there_is_sound():
    pyramids = [built(noise(seed=seed, gain=gain)) for seed, gain in ((1, 0.1), (2, 0.02), (3, 0.3))]
    layers = [Layer(pyramid) for pyramid in pyramids]
    shares = [(picture(layers, Share(index), 0.5, 9.5).astype(float) - 1) / 254 for index in range(3)]
    assert np.abs(np.sum(shares, axis=0) - 1.0).max() <= 1.5 / 254
    assert shares[2].mean() > shares[0].mean() > shares[1].mean()


def test_two_tones_share_the_picture_and_silence_has_no_share():
    layers = [Layer(built(tone(LOW_HZ))), Layer(built(tone(HIGH_HZ)))]
    entries = picture(layers, Share(0), 2.0, 8.0)
    assert np.all(entries[row_of(LOW_HZ)] == 255)
    assert np.all(entries[row_of(HIGH_HZ)] == 1)
    assert np.all(picture([Layer(built(AudioClip(np.zeros((1, RATE * 10)), RATE)))] * 2, Share(1)) == 0)
    assert share_of([db_to_code(-20), db_to_code(-20)], 0) == pytest.approx(0.5)
    assert share_of([db_to_code(-20), 0], 0) == 1.0
    assert share_of([0, 0], 0) is None


def test_a_pair_keeps_both_levels():
    layers = [Layer(built(tone(LOW_HZ, -20))), Layer(built(tone(HIGH_HZ, -50)))]
    entries = picture(layers, Paired(), 2.0, 8.0)
    at_low, at_high = entries[row_of(LOW_HZ), WIDTH // 2], entries[row_of(HIGH_HZ), WIDTH // 2]
    assert code_to_db(at_low >> 8) == pytest.approx(-20, abs=0.5)
    assert code_to_db(at_high & 255) == pytest.approx(-50, abs=0.5)
    assert at_low & 255 < db_to_code(-90)
    assert at_high >> 8 < db_to_code(-60)


def test_a_stem_of_a_selection_is_compared_where_it_lies():
    """The stem begins four seconds into the mixture, and holds the same sound."""
    mixture = noise()
    stem = AudioClip(mixture.samples[:, 4 * RATE : 7 * RATE], RATE)
    aligned = FrameAnalysis().at(4 * RATE)
    assert aligned.lead == 4 * RATE % 512 > 0
    layers = [Layer(built(mixture)), Layer(built(stem, lead=aligned.lead), 4.0)]
    composer = PictureComposer(layers, LevelDifference(), common=True)
    assert composer.span == pytest.approx((4.0, 7.0))
    # Half a window at both ends of the stem sees silence that the mixture does not have.
    entries = picture(layers, LevelDifference(), 4.1, 6.9)
    assert np.all(entries == EVEN_ENTRY)
    for seconds in (4.3, 5.0, 6.61):
        codes = [layer.code_at(seconds, 3000.0, 0.01, 100.0) for layer in layers]
        assert codes[0] == codes[1] > 0
    wrong = picture([layers[0], Layer(layers[1].pyramid, 3.5)], LevelDifference(), 4.1, 6.4)
    assert np.mean(wrong != EVEN_ENTRY) > 0.5


def test_outside_of_a_recording_is_silence():
    layers = [Layer(built(noise(2.0)), 4.0), Layer(built(noise(10.0, seed=2)))]
    entries = picture(layers, Paired()) >> 8
    lit = np.flatnonzero(entries.max(axis=0))
    assert lit.min() == round(4.0 / 10 * WIDTH)
    assert lit.max() == round(6.0 / 10 * WIDTH) - 1
    assert picture(layers[:1] * 2, Paired(), 7.0, 9.0).max() == 0
    assert PictureComposer(layers).span == (0.0, 10.0)


def test_recordings_without_common_time_have_an_empty_span():
    layers = [Layer(SpectrogramPyramid(noise(1.0))), Layer(SpectrogramPyramid(noise(1.0)), 5.0)]
    start, stop = PictureComposer(layers, LevelDifference(), common=True).span
    assert start == stop


def test_other_sample_rates_and_transforms_lie_on_one_axis():
    layers = [Layer(built(tone(LOW_HZ, rate=16_000))), Layer(built(tone(LOW_HZ), fft_size=4096, hop_size=1024))]
    entries = picture(layers, Paired(), 2.0, 8.0)
    strongest = [np.argmax(plane[:, WIDTH // 2]) for plane in (entries >> 8, entries & 255)]
    assert abs(int(strongest[0]) - int(strongest[1])) <= 1
    # 16 kHz hold nothing above 8 kHz.
    assert (entries >> 8)[: row_of(8200)].max() == 0


def test_what_is_lacking_is_named_with_its_pyramid():
    first, second = SpectrogramPyramid(noise(30.0)), SpectrogramPyramid(noise(30.0, seed=2))
    composer = PictureComposer([Layer(first), Layer(second)], LevelDifference())
    composer.set_axis(AXIS, 0.0, 1.0, ROWS)
    missing = composer.compose(0.0, 2.0, WIDTH).missing
    assert {pyramid for pyramid, _, _ in missing} == {first, second}
    for pyramid, level, index in missing:
        pyramid.compute(level, index)
    assert composer.compose(0.0, 2.0, WIDTH).finished


def test_zeros_after_a_frame_double_the_bins_and_keep_the_levels():
    plain, padded = built(tone(LOW_HZ)), built(tone(LOW_HZ), padding=2)
    assert padded.bins == 2 * plain.bins - 1
    assert padded.bin_hz == plain.bin_hz / 2
    assert padded.columns == plain.columns
    assert abs(int(padded.code_at(5.0, LOW_HZ)) - db_to_code(-20)) <= 1
    apart = np.abs(padded.tile(0, 0)[::2].astype(int) - plain.tile(0, 0))
    assert apart.max() <= 1


def test_the_read_out_takes_the_loudest_of_what_a_point_covers():
    pyramid = built(tone(LOW_HZ))
    beside = pyramid.code_at(5.0, 1090.0)
    assert beside < db_to_code(-60)
    assert pyramid.code_at(5.0, 1090.0, row_hz=200.0) == pyramid.code_at(5.0, LOW_HZ)
    click = np.zeros((1, 10 * RATE), np.float32)
    click[0, 5 * RATE] = 1.0
    pyramid = built(AudioClip(click, RATE))
    assert pyramid.code_at(5.3, 1000.0) == 0
    assert pyramid.code_at(5.3, 1000.0, column_s=1.0) > 0


def test_contrast_spans_from_the_noise_to_the_loudest():
    clip = AudioClip(tone(LOW_HZ, -12, 20).samples + 1e-4 * noise(20.0).samples[:1], RATE)
    lo, hi = built(clip).levels()
    assert -20 <= hi <= -10
    assert -120 < lo < -80
    assert built(AudioClip(np.zeros((1, RATE)), RATE)).levels() is None
    assert SpectrogramPyramid(clip).levels() is None


def test_the_first_look_has_a_contrast_close_to_the_final_one():
    clip = noise(60.0)
    looking = SpectrogramPyramid(clip)
    looking.overview(budget_s=30)
    assert looking.levels() == pytest.approx(built(clip).levels(), abs=3.0)


def test_a_histogram_counts_every_fourth_column():
    histogram = LevelHistogram()
    histogram.add(np.full((100, 8), 200, np.uint8))
    assert histogram.counts[200] == 200
    lo, hi = histogram.levels()
    assert hi == pytest.approx(float(code_to_db(200)))
    assert hi - lo == pytest.approx(LEAST_AUTO_RANGE_DB)


def test_another_analysis_shares_the_waveform_and_does_not_build_it_again():
    clip = noise(20.0)
    first = pyramids_of(clip)
    list(first.build())
    reads = []
    read = clip.read
    clip.read = lambda start, stop: reads.append((start, stop)) or read(start, stop)
    second = pyramids_of(clip, analysis=FrameAnalysis(8192, 2048), waveform=first.waveform)
    steps = list(second.build())
    assert second.complete
    assert second.spectrogram.bins == 4097
    assert second.waveform is first.waveform
    assert steps[-1].fraction == 1.0
    assert sum(stop - start for start, stop in reads) == clip.length


def test_the_shelf_keeps_the_latest_within_its_limit():
    kept = [pyramids_of(noise(70.0, seed=seed)) for seed in range(3)]
    for pyramids in kept:
        list(pyramids.build())
    one = kept[0].spectrogram.kept_bytes + kept[0].waveform.kept_bytes
    assert one > 0
    shelf = PyramidShelf(limit=round(2.5 * one))
    for pyramids in kept:
        shelf.keep(pyramids)
    assert shelf.size == 2 * one
    shelf.keep(kept[1])
    shelf.keep(kept[0])
    assert shelf.size == 2 * one
    shelf.clear()
    assert shelf.size == 0
