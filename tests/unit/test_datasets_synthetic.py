"""Synthetic multitracks: stems that sum to what would be rendered at once, complete songs or none."""

import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
import soundfile

from sepstudio.errors import DataSetError, MissingToolError, ParameterError
from sepstudio.io.steps import drain
from sepstudio.nn.datasets.arranging import arrange
from sepstudio.nn.datasets.composing import compose
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.rendering import find_sound_font, render_steps
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.datasets.synthetic import SynthesisSettings, synthesize_steps
from sepstudio.nn.datasets.tunes import Tune, midi_bytes, part

SHORT = SynthesisSettings(seed=2, duration=3.0, sample_rate=22_050)
needs_fluidsynth = pytest.mark.skipif(
    shutil.which("fluidsynth") is None or not Path("/usr/share/sounds/sf2/FluidR3_GM.sf2").exists(),
    reason="needs fluidsynth and the SoundFont FluidR3_GM",
)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def audio(path):
    return soundfile.read(path, dtype="float32")[0].T


@needs_fluidsynth
def test_stems_sum_to_what_is_rendered_at_once(tmp_path):
    arranged = arrange(compose(np.random.default_rng(3), 4.0), np.random.default_rng(4))
    font = find_sound_font()
    pieces = [arranged.tune, *(part(arranged.tune, arranged.playing, name) for name in INSTRUMENTS)]
    clips = []
    for index, piece in enumerate(pieces):
        folder = tmp_path / str(index)
        folder.mkdir()
        clips.append(drain(render_steps(piece, folder, font, 22_050)).samples)
    length = max(clip.shape[1] for clip in clips)
    whole, *stems = (np.pad(clip, ((0, 0), (0, length - clip.shape[1]))) for clip in clips)
    assert all(np.abs(stem).max() > 0.001 for stem in stems)
    # A few attacks come out otherwise in company.
    assert np.square(whole - sum(stems)).sum() < 1e-4 * np.square(whole).sum()


@needs_fluidsynth
def test_songs_lie_in_the_layout_of_musdb_and_repeat(tmp_path):
    songs = drain(synthesize_steps(tmp_path / "a", 2, settings=SHORT))
    found = {song.name: song for song in find_songs(tmp_path / "a")}
    assert found == {song.name: song for song in songs}
    for song in songs:
        stems = [audio(song.stems[name][0].path) for name in INSTRUMENTS]
        mixture = audio(song.mixture.path)
        assert mixture.shape[1] == 5 * 22_050
        assert not any(np.abs(stem[:, -1]).max() > 1e-4 for stem in stems)
        assert np.abs(mixture - sum(stems)).max() < 1e-6
        assert np.abs(mixture).max() == pytest.approx(10 ** (-1 / 20), abs=1e-4)
    assert not np.array_equal(*(audio(song.mixture.path)[:, :50_000] for song in songs))
    (tmp_path / "b" / "train").mkdir(parents=True)
    drain(synthesize_steps(tmp_path / "b", 1, settings=SHORT))
    stems = [
        f"{found[songs[0].name].mixture.path.parent.relative_to(tmp_path / 'a')}/{name}.wav" for name in INSTRUMENTS
    ]
    for stem in stems:
        assert np.array_equal(audio(tmp_path / "a" / stem), audio(tmp_path / "b" / stem))


@needs_fluidsynth
def test_songs_that_are_there_are_kept_unless_made_otherwise(tmp_path):
    drain(synthesize_steps(tmp_path, 1, settings=SHORT))
    before = contents(tmp_path)
    times = [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.wav"))]
    drain(synthesize_steps(tmp_path, 1, settings=SHORT))
    assert [path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*.wav"))] == times
    longer = SynthesisSettings(seed=2, duration=4.0, sample_rate=22_050)
    with pytest.raises(DataSetError, match=r"0000 composed: exists and was made in another way"):
        drain(synthesize_steps(tmp_path, 1, settings=longer))
    assert contents(tmp_path) == before


@needs_fluidsynth
@pytest.mark.parametrize("until", [0.0, 0.3, 0.85])
def test_a_cancelled_song_leaves_nothing(tmp_path, own_home, until):
    steps = synthesize_steps(tmp_path / "set", 1, settings=SHORT)
    fractions = []
    for fraction in steps:
        fractions.append(fraction)
        if fraction >= until:
            break
    steps.close()
    assert fractions == sorted(fractions)
    assert contents(tmp_path) == {}
    assert not list(own_home.rglob("render-*"))


@needs_fluidsynth
def test_songs_of_midi_files_stay_in_one_split(tmp_path):
    midi = []
    for number in range(2):
        tune = compose(np.random.default_rng(number), 4.0)
        # Without bass: its stem is silent.
        messages = [entry for entry in tune.messages if entry[1].channel != 2]
        path = tmp_path / f"Tune {number}.mid"
        path.write_bytes(midi_bytes(messages, tune.length))
        midi.append(path)
    shares = SynthesisSettings(seed=3, duration=1.0, sample_rate=8000, validation=0.5, test=0.5)
    songs = drain(synthesize_steps(tmp_path / "set", 5, midi, shares))
    splits = {}
    for song in songs:
        splits.setdefault(song.name[5:], set()).add(song.split)
        assert not audio(song.stems["bass"][0].path).any()
        assert audio(song.stems["drums"][0].path).any()
    assert set(splits) == {"Tune 0", "Tune 1"}
    assert all(len(found) == 1 for found in splits.values())
    assert {split for found in splits.values() for split in found} <= {"validation", "test"}


@needs_fluidsynth
def test_a_sound_font_that_cannot_be_loaded_is_said(tmp_path):
    font = tmp_path / "broken.sf2"
    font.write_bytes(b"RIFF\x10\0\0\0sfbk" + bytes(8))
    with pytest.raises(DataSetError, match="fluidsynth could not render it"):
        drain(synthesize_steps(tmp_path / "set", 1, settings=SynthesisSettings(duration=1.0, sound_font=font)))
    assert contents(tmp_path / "set") == {}


def test_a_program_that_fails_is_quoted(tmp_path, monkeypatch):
    program = tmp_path / "fluidsynth"
    program.write_text("#!/bin/sh\necho no room on the stage >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(DataSetError, match="no room on the stage"):
        drain(render_steps(Tune("x", (), 1.0), tmp_path, tmp_path / "x.sf2", 8000))


def test_what_is_missing_is_said(tmp_path, monkeypatch):
    with pytest.raises(MissingToolError, match=r"x\.sf2: cannot be read"):
        find_sound_font(tmp_path / "x.sf2")
    (tmp_path / "x.sf2").write_bytes(b"no sounds")
    with pytest.raises(MissingToolError, match="is no SoundFont"):
        find_sound_font(tmp_path / "x.sf2")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingToolError, match=r"fluidsynth: .* is not installed; install it"):
        drain(synthesize_steps(tmp_path / "set", 1))
    assert not (tmp_path / "set").exists()


def test_numbers_out_of_range_are_refused(tmp_path):
    with pytest.raises(ParameterError, match="count"):
        drain(synthesize_steps(tmp_path, 0))
    for name, value in (("seed", -1), ("duration", 0.5), ("sample_rate", 4000), ("test", 0.95)):
        with pytest.raises(ParameterError, match=name):
            SynthesisSettings(**{name: value})
