"""Data sets of multitracks: finding songs, agreeing files, splits."""

import json

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError, DataSetError, ParameterError
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.songs import INSTRUMENTS, Song, StemFile, open_song
from sepstudio.nn.datasets.splits import assign_splits, songs_of

RATE = 8000
TOML = """
[splits]
test = ["Live *"]
[[songs]]
folders = "*"
mixture = "mix.wav"
optional = ["vocals"]
[songs.stems]
bass = "bass*.wav"
drums = ["kick [1].wav", "overheads/*.wav"]
vocals = "vox*.wav"
"""


def write(path, samples=100, channels=2, rate=RATE, value=0.1):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.full((samples, channels), value, np.float32), rate, "FLOAT")


def write_song(folder, names=(*INSTRUMENTS, "mixture"), **options):
    for name in names:
        write(folder / f"{name}.wav", **options)


def named(name, split=None):
    return Song(name, split, None, {"bass": (StemFile(name),)})


def test_dsd100_is_found(tmp_path):
    for split, song in (("Dev", "051 - AM Contra - Heart"), ("Test", "049 - Young Griffo - Facade")):
        write_song(tmp_path / "Sources" / split / song, INSTRUMENTS)
        write(tmp_path / "Mixtures" / split / song / "mixture.wav")
    dev, test = find_songs(tmp_path)
    assert (dev.name, dev.split, test.split) == ("051 - AM Contra - Heart", "train", "test")
    assert dev.mixture.path == tmp_path / "Mixtures" / "Dev" / dev.name / "mixture.wav"
    assert test.stems["drums"] == (StemFile(tmp_path / "Sources" / "Test" / test.name / "drums.wav"),)
    assert open_song(dev, INSTRUMENTS).length == 100


def test_musdb_is_found_and_hidden_folders_are_not(tmp_path):
    for place in ("train/B", "train/A", "train/.half.part", "test/C"):
        write_song(tmp_path / place)
    found = find_songs(tmp_path)
    assert [(song.name, song.split) for song in found] == [("A", "train"), ("B", "train"), ("C", "test")]


def test_stem_files_are_found_without_being_opened(tmp_path):
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "Al James - Schoolboy.stem.mp4").touch()
    (song,) = find_songs(tmp_path)
    assert (song.name, song.split, song.mixture.stream) == ("Al James - Schoolboy", "test", 0)
    streams = {name: files[0].stream for name, files in song.stems.items()}
    assert streams == {"drums": 1, "bass": 2, "other": 3, "vocals": 4}


def test_a_missing_stem_is_named(tmp_path):
    write_song(tmp_path / "train" / "Song", ("bass", "drums", "mixture"))
    with pytest.raises(DataSetError, match=r"song 'Song': lacks the stems other, vocals; .*mapping file"):
        find_songs(tmp_path)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 99}, "differ in length: .*drums.wav has 99 samples, .*mixture.wav has 100 samples"),
        ({"rate": 4000}, "differ in sample rate: .*drums.wav has 4000 Hz"),
        ({"channels": 1}, "differ in number of channels: .*drums.wav has 1,"),
    ],
)
def test_files_that_disagree_are_named(tmp_path, options, words):
    write_song(tmp_path / "Song")
    write(tmp_path / "Song" / "drums.wav", **options)
    (song,) = find_songs(tmp_path)
    with pytest.raises(DataSetError, match=words):
        open_song(song)


def test_nothing_to_find_is_said(tmp_path):
    with pytest.raises(DataSetError, match="holds no songs"):
        find_songs(tmp_path)
    with pytest.raises(DataSetError, match="does not exist"):
        find_songs(tmp_path / "nowhere")


def write_mapped(folder):
    for song in ("Live one", "Studio"):
        for name in ("mix", "bass di", "bass amp", "kick [1]", "overheads/left"):
            write(folder / song / f"{name}.wav")
    write(folder / "Studio" / "vox.wav")


def test_a_mapping_file_says_what_is_what(tmp_path):
    write_mapped(tmp_path)
    (tmp_path / "songs.toml").write_text(TOML)
    live, studio = find_songs(tmp_path)
    assert (live.name, live.split, studio.split) == ("Live one", "test", None)
    assert [file.path.name for file in live.stems["bass"]] == ["bass amp.wav", "bass di.wav"]
    assert [file.path.name for file in live.stems["drums"]] == ["kick [1].wav", "left.wav"]
    assert live.stems["vocals"] == ()
    assert len(studio.stems["vocals"]) == 1
    assert open_song(live, ("bass", "drums", "vocals")).stems["vocals"] == ()


def test_a_mapping_file_may_be_json_and_list_songs_one_by_one(tmp_path):
    write_mapped(tmp_path)
    stems = {"bass": "Studio/bass*.wav", "drums": ["Studio/kick [1].wav", "Studio/kick*.wav"]}
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"songs": [{"name": "One", "split": "validation", "stems": stems}]}))
    (song,) = find_songs(path)
    assert (song.name, song.split, song.mixture) == ("One", "validation", None)
    assert len(song.stems["drums"]) == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[[songs]]", "[[songs", "is no mapping file in TOML"),
        ("optional", "optionally", "unknown keys: optionally"),
        ("test =", "exam =", "a split 'exam'"),
        ('folders = "*"', "", "needs either folders or name"),
        ('folders = "*"', 'folders = "none*"', "describes no songs"),
        ('["vocals"]', "[]", "lacks the stems vocals"),
        ('"vox*.wav"', '"/vox.wav"', "'/vox.wav' for vocals"),
        ('"vox*.wav"', '"**x"', "'..x' for vocals"),
        ('"vox*.wav"', "3", "vocals that is neither text"),
        ('"vox*.wav"', '"bass*.wav"', "is taken for both bass and vocals"),
    ],
)
def test_what_is_wrong_with_a_mapping_file_is_said(tmp_path, old, new, words):
    write_mapped(tmp_path)
    (tmp_path / "songs.toml").write_text(TOML.replace(old, new))
    with pytest.raises(DataSetError, match=words):
        find_songs(tmp_path)


def test_a_song_without_its_mixture_file_cannot_be_opened(tmp_path):
    write_mapped(tmp_path)
    (tmp_path / "songs.toml").write_text(TOML.replace("mix.wav", "master.wav"))
    with pytest.raises(AudioFileError, match=r"master\.wav: does not exist"):
        open_song(find_songs(tmp_path)[0])


def test_splits_depend_on_title_and_seed_alone():
    songs = [named(f"Song {number}") for number in range(400)]
    first = {song.name: song.split for song in assign_splits(songs, seed=3, validation=0.2, test=0.1)}
    other = {song.name: song.split for song in assign_splits(songs[::-2], seed=3, validation=0.2, test=0.1)}
    assert other == {name: first[name] for name in other}
    counts = [list(first.values()).count(split) for split in ("train", "validation", "test")]
    assert counts == pytest.approx([280, 80, 40], abs=25)
    assert first != {song.name: song.split for song in assign_splits(songs, seed=4, validation=0.2, test=0.1)}
    # The same on every machine, for good: a split that moved would leak songs into training.
    assert [first[f"Song {number}"] for number in range(12)] == [
        "train",
        "train",
        "train",
        "train",
        "train",
        "train",
        "train",
        "test",
        "train",
        "train",
        "train",
        "train",
    ]


def test_declared_test_songs_are_never_for_training():
    songs = [
        named("049 - Young Griffo - Facade", "test"),
        named("Young Griffo -  Facade", "train"),
        named("young griffo - facade"),
        *(named(f"Declared {number}", "train") for number in range(100)),
    ]
    assigned = assign_splits(songs, validation=0.1, test=0.5)
    assert [song.split for song in assigned[:3]] == ["test"] * 3
    assert {song.split for song in assigned[3:]} == {"train", "validation"}
    assert assign_splits(assigned, validation=0.1) == assigned
    assert len(songs_of(assigned, "test")) == 3


def test_shares_out_of_range_are_refused():
    with pytest.raises(ParameterError, match="validation"):
        assign_splits([named("Song")], validation=1.5)
    with pytest.raises(ParameterError, match="test"):
        assign_splits([named("Song")], validation=0.5, test=0.6)


def test_the_multitracks_here_are_understood(shared_data, tmp_path):
    tracks = shared_data / "multitracks"
    stems = {name: f"{name}.flac" for name in INSTRUMENTS}
    entry = {"folders": "tracks/*", "mixture": "mixture.flac", "optional": ["bass", "vocals"], "stems": stems}
    (tmp_path / "tracks").symlink_to(tracks)
    (tmp_path / "songs.json").write_text(json.dumps({"songs": [entry], "splits": {"test": ["kira*"]}}))
    found = find_songs(tmp_path)
    assert len(found) == len(list(tracks.iterdir()))
    assert {song.sample_rate for song in (open_song(song, INSTRUMENTS) for song in found)} == {44100, 48000}
    with pytest.raises(DataSetError, match="lacks the stems"):
        find_songs(tracks)
