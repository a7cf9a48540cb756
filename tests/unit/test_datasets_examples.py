"""Excerpts of songs as examples for training: what is read and varied, and that it can be repeated."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest
import soundfile
from stem_files import write_stem_file

from sepstudio.errors import AudioFileError, DataSetError, ParameterError
from sepstudio.io.excerpts import excerpt_source
from sepstudio.nn.datasets.examples import Augmentation, Examples
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.songs import INSTRUMENTS, Song, StemFile

RATE = 8000
LENGTH = 4000
AS_IT_IS = Augmentation(1.0, 1.0, swap=0.0, shuffle=0.0)


@pytest.fixture
def songs(tmp_path, rng):
    """Four songs without mixture files; each sample of each stem is another number."""
    for number in range(4):
        for name in INSTRUMENTS:
            path = tmp_path / "songs" / f"Song {number}" / f"{name}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, rng.uniform(-1, 1, (LENGTH, 2)).astype(np.float32), RATE, "FLOAT")
    return find_songs(tmp_path / "songs")


def whole(song, name):
    return soundfile.read(song.stems[name][0].path, dtype="float32", always_2d=True)[0].T


def place_of(block, samples):
    """Where a block begins in a recording, which must hold it."""
    begins = np.flatnonzero(samples[0] == block[0, 0])
    (found,) = (begin for begin in begins if np.array_equal(samples[:, begin : begin + block.shape[1]], block))
    return found


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg"])
def test_excerpts_are_parts_of_the_whole(tmp_path, rng, ending):
    path = tmp_path / f"x.{ending}"
    soundfile.write(path, rng.uniform(-0.5, 0.5, (30_000, 2)), RATE)
    expected = soundfile.read(path, dtype="float32")[0].T
    source = pickle.loads(pickle.dumps(excerpt_source(path)))
    assert (source.sample_rate, source.channels, source.length) == (RATE, 2, expected.shape[1])
    padded = np.pad(expected, ((0, 0), (100, 100)))
    for start, stop in ((0, 10), (12_345, 20_000), (-100, 50), (29_990, 30_050), (-50, 30_100), (40_000, 40_002)):
        got = source.read(start, stop)
        assert got.dtype == np.float32
        assert np.array_equal(got, padded[:, start + 100 : stop + 100] if start < 40_000 else np.zeros((2, 2)))


def test_a_file_that_vanished_is_named(songs):
    examples = Examples(songs, 10)
    songs[0].stems["drums"][0].path.unlink()
    with pytest.raises(AudioFileError, match=r"drums\.wav.*cannot be opened again"):
        examples.example(0, 0)


def test_an_example_is_a_place_of_its_song(songs):
    examples = Examples(songs, 1000, per_song=3)
    assert len(examples) == 12
    for index in (0, 5, 11):
        example = examples.example(2, index)
        song = songs[index % 4]
        assert example.songs == (song.name,) * 4
        places = {place_of(stem, whole(song, name)) for stem, name in zip(example.stems, INSTRUMENTS, strict=True)}
        assert len(places) == 1
        assert np.array_equal(example.mixture, example.stems.sum(axis=0))
        assert example.mixture.shape == (2, 1000)


def test_examples_repeat_by_epoch_and_index_in_any_order_and_process(songs):
    first = Examples(songs, 500, augmentation=Augmentation(), seed=7)
    again = pickle.loads(pickle.dumps(first))
    expected = [first.epoch(1)[index] for index in range(6)]
    for index in (5, 0, 3):
        assert np.array_equal(again.epoch(1)[index].stems, expected[index].stems)
    for other in (first.epoch(2)[0], Examples(songs, 500, augmentation=Augmentation(), seed=8).epoch(1)[0]):
        assert not np.array_equal(other.stems, expected[0].stems)


def test_loaders_and_other_processes_read_the_same_examples(songs):
    from torch.utils.data import DataLoader

    epoch = Examples(songs, 200, per_song=2, augmentation=Augmentation()).epoch(3)
    # Spawned as on Windows: forked processes inherit the threads of whatever ran before.
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        others = list(pool.map(epoch.__getitem__, range(len(epoch)), chunksize=2))
    loaded = list(DataLoader(epoch, batch_size=None))
    assert len(loaded) == len(others) == 8
    for index in range(8):
        assert np.array_equal(loaded[index].stems, epoch[index].stems)
        assert np.array_equal(others[index].stems, epoch[index].stems)


def test_without_variation_an_augmented_example_is_as_it_is(songs):
    plain, varied = (Examples(songs, 300, augmentation=how).example(0, 1) for how in (None, AS_IT_IS))
    assert np.array_equal(plain.stems, varied.stems)
    assert np.array_equal(plain.mixture, varied.mixture)


def test_gains_lie_within_their_range_for_each_stem(songs):
    plain = Examples(songs, 300, per_song=50)
    louder = Examples(songs, 300, per_song=50, augmentation=Augmentation(0.5, 1.5, swap=0.0, shuffle=0.0))
    gains = np.array(
        [louder.example(0, index).stems[:, 0, 0] / plain.example(0, index).stems[:, 0, 0] for index in range(200)]
    )
    assert gains.min() == pytest.approx(0.5, abs=0.02)
    assert gains.max() == pytest.approx(1.5, abs=0.02)
    assert abs(np.corrcoef(gains[:, 0], gains[:, 1])[0, 1]) < 0.3


def test_channels_are_swapped_in_some_stems(songs):
    plain = Examples(songs, 300, per_song=20)
    swapping = Examples(songs, 300, per_song=20, augmentation=Augmentation(1.0, 1.0, swap=0.5, shuffle=0.0))
    swapped = 0
    for index in range(80):
        for before, after in zip(plain.example(0, index).stems, swapping.example(0, index).stems, strict=True):
            swapped += np.array_equal(after, before[::-1])
            assert np.array_equal(after, before) or np.array_equal(after, before[::-1])
    assert swapped == pytest.approx(160, abs=40)


def test_stems_are_shuffled_between_songs(songs):
    examples = Examples(songs, 300, per_song=10, augmentation=Augmentation(1.0, 1.0, swap=0.0, shuffle=1.0))
    by_name = {song.name: song for song in songs}
    seen = set()
    for index in range(40):
        example = examples.example(0, index)
        seen |= set(example.songs)
        for stem, name, song in zip(example.stems, INSTRUMENTS, example.songs, strict=True):
            place_of(stem, whole(by_name[song], name))
        assert np.array_equal(example.mixture, example.stems.sum(axis=0))
    assert seen == set(by_name)


def test_the_mixture_file_counts_where_nothing_is_varied(songs, tmp_path):
    path = tmp_path / "songs" / "Song 0" / "mixture.wav"
    soundfile.write(path, np.full((LENGTH, 2), 0.25, np.float32), RATE, "FLOAT")
    (song, *_) = find_songs(tmp_path / "songs")
    assert np.all(Examples([song], 100).example(0, 0).mixture == 0.25)
    varied = Examples([song], 100, augmentation=AS_IT_IS).example(0, 0)
    assert np.array_equal(varied.mixture, varied.stems.sum(axis=0))


def test_files_of_an_instrument_are_summed_and_missing_ones_silent(songs):
    stems = songs[0].stems
    song = Song("Sum", None, None, {"other": (*stems["other"], *stems["bass"]), "vocals": (), "drums": stems["drums"]})
    example = Examples([song], LENGTH + 50, instruments=("vocals", "other")).example(0, 0)
    assert np.array_equal(example.stems[1, :, :LENGTH], whole(songs[0], "other") + whole(songs[0], "bass"))
    assert not example.stems[0].any()
    assert not example.stems[..., LENGTH:].any()
    rest = example.mixture[:, :LENGTH] - example.stems.sum(axis=0)[:, :LENGTH]
    assert np.allclose(rest, whole(songs[0], "drums"), atol=1e-6)


def test_songs_that_differ_and_numbers_out_of_range_are_refused(songs, tmp_path):
    path = tmp_path / "slow.wav"
    soundfile.write(path, np.zeros((LENGTH, 2), np.float32), RATE // 2)
    slow = Song("Slow", None, None, dict.fromkeys(INSTRUMENTS, (StemFile(path),)))
    with pytest.raises(DataSetError, match="song 'Slow': differs in sample rate from song 'Song 0': 4000 Hz"):
        Examples([*songs, slow], 100)
    with pytest.raises(DataSetError, match="no songs"):
        Examples([], 100)
    with pytest.raises(DataSetError, match="lacks the stems piano"):
        Examples(songs, 100, instruments=("piano",))
    with pytest.raises(ParameterError, match="samples"):
        Examples(songs, 0)
    with pytest.raises(IndexError):
        Examples(songs, 100, per_song=1).example(0, 4)
    with pytest.raises(ParameterError, match="swap"):
        Augmentation(swap=2.0)


@pytest.fixture(scope="module")
def stem_file(tmp_path_factory):
    time = np.arange(100_123) / 44_100
    tones = [np.sin(2 * np.pi * 220 * number * time) * 0.1 * np.ones((2, 1)) for number in range(1, 5)]
    stems = [(tone * (1 + np.sin(2 * np.pi * time))).astype(np.float32) for tone in tones]
    path = tmp_path_factory.mktemp("files") / "train" / "Band - Song.stem.mp4"
    path.parent.mkdir()
    write_stem_file(path, [sum(stems), *stems], 44_100)
    return path, stems


def test_stem_files_are_read_at_any_position(stem_file):
    path, stems = stem_file
    source = excerpt_source(path, 3)
    assert (source.sample_rate, source.channels) == (44_100, 2)
    assert source.length == pytest.approx(100_123, abs=64)  # its clock counts milliseconds
    everything = source.read(0, source.length)
    # The first frame has none before it to overlap with.
    assert np.abs(everything[:, 1024:100_000] - stems[2][:, 1024:100_000]).max() < 0.01
    for start, stop in ((-100, 100), (1000, 1001), (50_000, 70_000), (99_000, 101_000)):
        expected = np.pad(everything, ((0, 0), (100, 2000)))[:, start + 100 : stop + 100]
        assert np.abs(source.read(start, stop) - expected).max() < 1e-5


def test_examples_come_out_of_stem_files(stem_file):
    path, _ = stem_file
    example = Examples(find_songs(path.parent.parent), 5000).example(0, 0)
    assert np.abs(example.mixture - example.stems.sum(axis=0)).max() < 0.05
    levels = np.sqrt((example.stems**2).mean(axis=(1, 2)))
    assert levels.min() > 0.01


def test_what_is_no_stem_file_is_said(tmp_path, stem_file):
    path, _ = stem_file
    with pytest.raises(AudioFileError, match="has 5 audio streams, and stream 5"):
        excerpt_source(path, 5)
    broken = tmp_path / "x.stem.mp4"
    broken.write_bytes(b"no film at all" * 100)
    with pytest.raises(AudioFileError, match=r"x\.stem\.mp4: is truncated or damaged"):
        excerpt_source(broken)
    with pytest.raises(AudioFileError, match="does not exist"):
        excerpt_source(tmp_path / "none.stem.mp4")
