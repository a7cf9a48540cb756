"""The songs of a training: which are learnt from, what is decoded once, and which features are kept."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile
from training_songs import RATE, SIZE, tiny_plan, write_songs

from sepstudio.errors import DataSetError
from sepstudio.nn.datasets.songs import Song, StemFile
from sepstudio.nn.statistics import BinStatistics
from sepstudio.nn.training import excerpts as excerpts_module
from sepstudio.nn.training import recordings as recordings_module
from sepstudio.nn.training.corpus import find_corpus
from sepstudio.nn.training.excerpts import FixedExcerpts
from sepstudio.nn.training.features import Analysis
from sepstudio.nn.training.material import material_steps
from sepstudio.nn.training.measuring import statistics_steps
from sepstudio.nn.training.ranks import Ranks
from sepstudio.nn.training.recordings import Recordings
from sepstudio.nn.training.variants import variant_config


@pytest.fixture
def data(tmp_path):
    return write_songs(tmp_path / "songs")


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path / "cache", sample_rate=RATE, channels=2)


def names(songs):
    return {song.name for song in songs}


def drained(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as stop:
            return told, stop.value


def test_one_song_at_least_is_for_validation(data):
    corpus = find_corpus([data], ("bass",), validation=0.0)
    assert (len(corpus.training), len(corpus.validation), corpus.test) == (3, 1, ())
    again = find_corpus([data], ("vocals",), validation=0.0)
    assert names(again.validation) == names(corpus.validation)


def test_what_is_held_out_is_held_out_of_every_data_set(data, tmp_path):
    excerpts = shutil.copytree(data, tmp_path / "excerpts")
    corpus = find_corpus([data, excerpts], ("bass",), validation=0.3, hold_out=("song 2", "*1"))
    assert names(corpus.test) == {"Song 1", "Song 2"}
    assert len(corpus.test) == 4
    assert not names(corpus.training) & names(corpus.validation)
    with pytest.raises(DataSetError, match=r"'Song 9': is in no data set; choose some of Song 0"):
        find_corpus([data], ("bass",), validation=0.3, hold_out=("Song 9",))


def test_excerpts_of_real_songs_stay_with_the_songs(shared_data):
    folders = [shared_data / "multitracks", shared_data / "multitracks_long"]
    corpus = find_corpus(folders, ("bass", "vocals"), validation=0.2, hold_out=("eif_lithium",))
    assert [song.name for song in corpus.test] == ["eif_lithium", "eif_lithium"]
    assert not names(corpus.training) & names(corpus.validation)
    assert corpus.instruments == ("bass", "drums", "other", "vocals")
    (rubidium, _) = [song for part in (corpus.training, corpus.validation) for song in part if "rubid" in song.name]
    assert rubidium.stems["bass"] == ()


def test_too_few_songs_and_strange_instruments_are_refused(data, tmp_path):
    with pytest.raises(DataSetError, match=r"no stem 'piano'.*choose other instruments"):
        find_corpus([data], ("piano",), validation=0.1)
    with pytest.raises(DataSetError, match="no song for training"):
        find_corpus([data], ("bass",), validation=0.1, hold_out=("*",))
    plan = tiny_plan(data, tmp_path / "out", hold_out=("Song 1", "Song 2", "Song 3"))
    with pytest.raises(DataSetError, match="no song for validation"):
        drained(material_steps(plan, "cpu", Ranks()))


def test_recordings_of_any_kind_become_alike(data, recordings, rng):
    """One stem is MP3-like compressed, one of another rate, one mono, one fits as it is."""
    place = data / "Song 0"
    bass = soundfile.read(place / "bass.wav", always_2d=True)[0]
    (place / "bass.wav").unlink()
    soundfile.write(place / "bass.ogg", bass, RATE)
    time = np.arange(2 * 12_000) / 16_000
    soundfile.write(place / "vocals.wav", 0.5 * np.sin(2 * np.pi * 440 * time), 16_000, "FLOAT")
    soundfile.write(place / "other.wav", bass[:, 0], RATE, "FLOAT")
    (song, *_) = find_corpus([data], ("bass",), validation=0.0).training
    list(recordings.decode_steps([song]))
    opened = recordings.open(song)
    assert (opened.sample_rate, opened.channels, opened.length) == (RATE, 2, len(bass))

    def read(name):
        return opened.stems[name][0].read(-5, len(bass) + 5)

    assert np.array_equal(read("other")[0], read("other")[1])
    assert np.array_equal(read("other")[0, 5:-5], bass[:, 0].astype(np.float32))
    assert not read("other")[:, :5].any()
    inner = slice(205, -205)
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(bass)) / RATE)
    assert np.abs(read("vocals")[:, 5:-5][:, inner] - expected[inner]).max() < 1e-3
    assert np.array_equal(read("bass")[:, 5:-5], soundfile.read(place / "bass.ogg", dtype="float32")[0].T)
    assert len(list(recordings.folder.iterdir())) == 3


def test_nothing_is_decoded_twice(data, recordings, monkeypatch):
    for number in range(2):
        samples, _ = soundfile.read(data / f"Song {number}" / "bass.wav")
        (data / f"Song {number}" / "bass.wav").unlink()
        soundfile.write(data / f"Song {number}" / "bass.flac", samples, RATE)
    songs = find_corpus([data], ("bass",), validation=0.0).training
    list(recordings.decode_steps(songs))
    calls = []
    honest = recordings_module.probe
    monkeypatch.setattr(recordings_module, "probe", lambda path: calls.append(path) or honest(path))
    list(recordings.decode_steps(songs))
    assert calls == []
    soundfile.write(data / "Song 0" / "bass.flac", samples[::2], RATE)
    list(recordings.decode_steps(songs))
    assert [path.parent.name for path in calls] == ["Song 0"]


def test_stems_that_differ_in_length_are_refused(data, recordings):
    samples, _ = soundfile.read(data / "Song 0" / "bass.wav")
    soundfile.write(data / "Song 0" / "bass.wav", samples[: len(samples) // 2], RATE, "FLOAT")
    (song, *_) = [song for song in find_corpus([data], ("bass",), validation=0.0).training if song.name == "Song 0"]
    with pytest.raises(DataSetError, match=r"differ in length: .*bass\.wav has 0\.[78] s"):
        recordings.open(song)
    surround = data / "Song 1" / "bass.flac"
    soundfile.write(surround, np.zeros((RATE, 5)), RATE)
    five = Song("Five", None, None, {"bass": (StemFile(surround),)})
    with pytest.raises(DataSetError, match="5 channels, and the networks 2"):
        list(recordings.decode_steps([five]))


def test_statistics_are_those_of_whole_songs_and_measured_once(data, recordings, tmp_path, monkeypatch):
    from sepstudio.dsp.stft import stft

    songs = [recordings.open(song) for song in find_corpus([data], ("bass",), validation=0.0).training]
    _, found = drained(statistics_steps(songs, ("bass",), SIZE, tmp_path))
    blocks = [stft(song.stems["bass"][0].read(0, song.length), fft_size=256, hop_size=64) for song in songs]
    expected = BinStatistics.of(np.abs(np.concatenate(blocks, axis=-1)))
    np.testing.assert_allclose(found["bass"].target.mean, expected.mean, rtol=1e-6)
    np.testing.assert_allclose(found["bass"].target.deviation(), expected.deviation(), rtol=1e-6)
    assert found["bass"].target.count == expected.count
    told, again = drained(statistics_steps(songs, ("bass",), SIZE, tmp_path))
    assert told == []
    assert np.array_equal(again["bass"].target.mean, found["bass"].target.mean)


def test_an_instrument_that_is_silent_everywhere_is_refused(data, recordings, tmp_path):
    for path in data.glob("*/vocals.wav"):
        soundfile.write(path, np.zeros((round(1.5 * RATE), 2)), RATE, "FLOAT")
    songs = [recordings.open(song) for song in find_corpus([data], ("vocals",), validation=0.0).training]
    with pytest.raises(DataSetError, match="silent in 'vocals'"):
        drained(statistics_steps(songs, ("bass", "vocals"), SIZE, tmp_path))


@pytest.fixture
def fixed(data, recordings):
    songs = [recordings.open(song) for song in find_corpus([data], ("bass",), validation=0.0).training]
    analysis = Analysis.of(20, [variant_config("a-dt-df", "bass", SIZE)])
    return FixedExcerpts(songs, analysis, ("bass", "vocals"), per_song=4)


def test_kept_features_are_those_that_are_computed(fixed, tmp_path, monkeypatch):
    expected = [fixed.arrays(0, index) for index in range(len(fixed))]
    list(fixed.keep_steps(tmp_path / "kept"))
    assert sum(path.stat().st_size for path in (tmp_path / "kept").iterdir()) == pytest.approx(fixed.size(), rel=0.05)
    monkeypatch.setattr(excerpts_module, "read_song", None)
    for index, arrays in enumerate(expected):
        kept = fixed.arrays(5, index)
        assert kept.keys() == arrays.keys()
        assert all(np.array_equal(kept[name], arrays[name]) for name in arrays)
    # Another training finds them, though it shows networks less.
    assert list(fixed.keep_steps(tmp_path / "kept")) == []


def test_excerpts_are_spread_over_songs(fixed):
    starts = [start + fixed._analysis.margin for _, start in fixed._places]
    assert len(fixed) == 12
    assert starts[0] == 0
    assert starts[3] == round(1.5 * RATE) - 20 * 64


def test_the_order_of_kept_excerpts_changes_with_seed_and_epoch(fixed):
    def order(excerpts, epoch):
        marks = [fixed.arrays(0, index)["amplitude"].tobytes() for index in range(len(fixed))]
        return [marks.index(excerpts.arrays(epoch, index)["amplitude"].tobytes()) for index in range(len(fixed))]

    orders = [order(fixed.shuffled(seed), epoch) for seed, epoch in ((0, 0), (0, 1), (1, 0))]
    assert all(sorted(one) == list(range(12)) for one in orders)
    assert len({tuple(one) for one in orders}) == 3
    assert order(fixed.shuffled(0), 0) == orders[0]


def test_features_that_take_too_much_are_not_kept(data, tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    plan = tiny_plan(data, tmp_path / "out", augmentation=None)
    told, _ = drained(material_steps(replace(plan, cache_bytes=10_000), "cpu", Ranks()))
    assert any("more than is kept" in step.text for step in told)
    assert not list((tmp_path / "cache").rglob("features-*"))
    drained(material_steps(plan, "cpu", Ranks()))
    # Amplitudes, two features and two targets, of validation and of training.
    assert len(list((tmp_path / "cache").rglob("features-*"))) == 10


def test_features_are_not_kept_on_a_disk_that_is_too_full(data, tmp_path, monkeypatch):
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))
    plan = tiny_plan(data, tmp_path / "out")
    drained(material_steps(plan, "cpu", Ranks()))
    kept = set((tmp_path / "cache").rglob("features-*"))
    full = shutil.disk_usage(tmp_path)._replace(free=1 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: full)
    told, _ = drained(material_steps(replace(plan, augmentation=None), "cpu", Ranks()))
    # Those of validation are there already.
    assert [step.text.split()[2] for step in told if "the disk is too full" in step.text] == ["training"]
    assert set((tmp_path / "cache").rglob("features-*")) == kept
