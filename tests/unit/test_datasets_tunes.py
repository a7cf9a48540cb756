"""MIDI music for synthetic multitracks: which channel is which instrument, arrangements, and music made up."""

import io

import mido
import numpy as np
import pytest

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.midi_notes import DRUM_CHANNEL
from sepstudio.nn.datasets.arranging import arrange, cut
from sepstudio.nn.datasets.composing import compose
from sepstudio.nn.datasets.tunes import (
    VOICES,
    Tune,
    instrument_of,
    instruments,
    is_end,
    is_onset,
    midi_bytes,
    part,
    programs,
    read_tune,
)

PIANO, BASS, MELODY = 0, 1, 2


def notes(tune, channel=None):
    return [
        (time, message) for time, message in tune.messages if is_onset(message) and channel in (None, message.channel)
    ]


@pytest.fixture
def tune():
    """Chords, a bass line, a melody of single notes above them, and drums: 10 seconds."""
    messages = [(0.0, mido.Message("program_change", channel=BASS, program=33))]
    messages += [(0.0, mido.Message("program_change", channel=MELODY, program=73))]
    for beat in range(20):
        for channel, pitch in ((PIANO, 60), (PIANO, 64), (BASS, 36), (MELODY, 72 + beat % 5), (DRUM_CHANNEL, 38)):
            on = mido.Message("note_on", channel=channel, note=pitch, velocity=90)
            messages += [(beat / 2, on), (beat / 2 + 0.4, on.copy(velocity=0))]
    return Tune("Test", tuple(sorted(messages, key=lambda entry: entry[0])), 10.0)


@pytest.mark.parametrize(
    ("channel", "program", "instrument"),
    [
        (0, 32, "bass"),
        (0, 39, "bass"),
        (0, 40, "other"),
        (DRUM_CHANNEL, 33, "drums"),
        (8, 52, "vocals"),
        (8, 80, "vocals"),
        (8, 88, "other"),
        (8, 91, "vocals"),
        (8, 55, "other"),
    ],
)
def test_channels_are_told_apart_by_their_programs(channel, program, instrument):
    assert instrument_of(channel, program) == instrument


def test_the_program_of_most_notes_counts(tune):
    late = (9.4, mido.Message("program_change", channel=BASS, program=0))
    messages = tuple(sorted([*tune.messages, late], key=lambda entry: entry[0]))
    assert programs(Tune("x", messages, 10.0))[BASS] == 33
    assert instruments(tune) == {PIANO: "other", BASS: "bass", MELODY: "other", DRUM_CHANNEL: "drums"}


def test_parts_hold_every_message_once(tune):
    playing = instruments(tune)
    parts = [part(tune, playing, name).messages for name in ("bass", "drums", "other", "vocals")]
    assert sum(map(len, parts)) == len(tune.messages)
    assert not parts[3]


def test_a_tune_survives_its_file(tune, tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(midi_bytes(tune.messages, 12.5))
    assert mido.MidiFile(path).length == pytest.approx(12.5, abs=1e-3)
    again = read_tune(path)
    assert [message.bytes() for _, message in again.messages] == [message.bytes() for _, message in tune.messages]
    assert np.allclose([time for time, _ in again.messages], [time for time, _ in tune.messages], atol=1e-4)


def test_a_file_without_notes_is_refused(tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(midi_bytes([(0.0, mido.Message("program_change", program=3))], 1.0))
    with pytest.raises(ScoreFileError, match="holds no notes"):
        read_tune(path)


def test_a_part_of_a_tune_begins_and_ends_its_notes(tune):
    piece = cut(tune, 2.2, 3.0)
    assert piece.length == 3.0
    assert [time for time, _ in notes(piece, BASS)] == pytest.approx([0.3, 0.8, 1.3, 1.8, 2.3, 2.8])
    # Beginning and end balance, the last note ends with the piece, and programs set before are set.
    assert len(notes(piece)) == sum(is_end(message) for _, message in piece.messages)
    assert piece.messages[-1][0] == 3.0
    assert programs(piece)[BASS] == 33


def test_arrangements_repeat_with_their_seed(tune):
    first, again, other = (arrange(tune, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.tune.messages == again.tune.messages
    assert first.tune.messages != other.tune.messages


def test_arrangements_stay_within_their_bounds(tune):
    shifts, kits, widths = set(), set(), set()
    for seed in range(60):
        arranged = arrange(tune, np.random.default_rng(seed))
        played = arranged.tune
        assert arranged.playing == {PIANO: "other", BASS: "bass", MELODY: "vocals", DRUM_CHANNEL: "drums"}
        assert 10 / 1.15 <= played.length <= 10 / 0.85
        (shift,) = {
            after.note - before.note
            for channel in (PIANO, BASS, MELODY)
            for (_, before), (_, after) in zip(notes(tune, channel), notes(played, channel), strict=True)
        }
        shifts.add(shift)
        assert {message.note for _, message in notes(played, DRUM_CHANNEL)} == {38}
        sounds = programs(played)
        assert sounds[PIANO] in range(8)
        assert sounds[BASS] in range(32, 40)
        assert sounds[MELODY] in VOICES
        kits.add(sounds[DRUM_CHANNEL])
        pans = {m.channel: m.value for _, m in played.messages if m.is_cc(10)}
        assert abs(pans[BASS] - 64) <= 8
        widths.add(abs(pans[PIANO] - 64))
    assert shifts == set(range(-5, 7))
    assert len(kits) > 4
    assert max(widths) > 40


def test_arrangements_are_as_short_as_asked_for(tune):
    arranged = arrange(tune, np.random.default_rng(1), 4.0)
    assert arranged.tune.length == 4.0
    assert max(time for time, _ in arranged.tune.messages) <= 4.0
    assert len(notes(arranged.tune, MELODY)) >= 5


@pytest.mark.parametrize("seed", range(8))
def test_music_made_up_belongs_together(seed):
    made = compose(np.random.default_rng(seed), 40.0)
    assert made.messages == compose(np.random.default_rng(seed), 40.0).messages
    assert 40.0 <= made.length < 60.0
    assert set(instruments(made).values()) == {"bass", "drums", "other", "vocals"}
    pitched = [message for _, message in notes(made) if message.channel != DRUM_CHANNEL]
    assert len({message.note % 12 for message in pitched}) <= 7  # one scale
    bass, lead = ([m.note for _, m in notes(made, channel)] for channel in (2, 3))
    assert max(bass) < min(lead)
    assert np.abs(np.diff(lead)).max() <= 12
    times = [time for time, _ in made.messages]
    assert times == sorted(times)
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(made.messages, made.length)))
    assert file.length == pytest.approx(made.length, abs=1e-3)


def test_short_pieces_are_sung_from_the_start():
    sung = [notes(compose(np.random.default_rng(seed), 6.0), 3) for seed in range(10)]
    assert sum(map(bool, sung)) >= 8


def test_the_band_files_here_are_understood(shared_data):
    found = {path.stem: instruments(read_tune(path)) for path in sorted((shared_data / "bands_midi").glob("*.mid"))}
    assert len(found) >= 5
    assert all({"bass", "drums", "other"} <= set(playing.values()) for playing in found.values())
    assert "vocals" in found["d_dm23"].values()
