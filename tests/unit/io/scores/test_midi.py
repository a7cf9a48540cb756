"""Standard MIDI Files as scores, and back."""

import contextlib
import dataclasses

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.reading import import_score, read_score
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.writing import write_midi


def on(note, time=0, channel=0, velocity=80):
    return mido.Message("note_on", note=note, time=time, channel=channel, velocity=velocity)


def off(note, time=0, channel=0):
    return mido.Message("note_off", note=note, time=time, channel=channel)


def pedal(value, time=0, channel=0):
    return mido.Message("control_change", control=64, value=value, time=time, channel=channel)


def program(number, channel=0):
    return mido.Message("program_change", program=number, channel=channel)


def tempo(microseconds, time=0):
    return mido.MetaMessage("set_tempo", tempo=microseconds, time=time)


def named(name):
    return mido.MetaMessage("track_name", name=name)


@pytest.fixture
def save(tmp_path):
    def saved(*tracks, kind=1):
        file = mido.MidiFile(type=kind, ticks_per_beat=480, tracks=[mido.MidiTrack(track) for track in tracks])
        path = tmp_path / "piece.mid"
        file.save(path)
        return path

    return saved


def times(score):
    return [(round(note.onset, 6), round(note.offset, 6), note.pitch) for note in score.notes]


def test_the_tempo_map_of_one_track_holds_for_all(save):
    path = save(
        [tempo(500_000), tempo(1_000_000, 480), tempo(250_000, 480)],
        [named("right:"), on(60), off(60, 480), on(62), off(62, 480), on(64), off(64, 480)],
    )
    score = read_score(path)
    assert times(score) == [(0.0, 0.5, 60), (0.5, 1.5, 62), (1.5, 1.75, 64)]
    assert score.tracks == ("right",)
    assert score.name == "piece"
    assert not score.aligned


def test_two_hands_are_two_tracks_in_the_order_of_the_file(save):
    path = save([named("right"), on(72, 10), off(72, 50)], [named("left"), on(48), off(48, 90)])
    score = read_score(path)
    assert score.tracks == ("right", "left")
    assert [(note.pitch, note.track) for note in score.notes] == [(48, "left"), (72, "right")]


def test_a_file_of_one_track_is_divided_by_channels_named_after_their_programs(save):
    path = save([program(0), program(32, 1), on(60), on(40, channel=1), off(60, 9), off(40, 9, 1)], kind=0)
    assert read_score(path).tracks == ("Acoustic Grand Piano", "Acoustic Bass")


def test_channels_without_a_program_are_named_by_their_number(save):
    path = save([on(60), on(40, channel=3), off(60, 9), off(40, 9, 3)], kind=0)
    assert read_score(path).tracks == ("Channel 1", "Channel 4")


def test_equal_names_are_told_apart(save):
    path = save([named("piano"), on(60), off(60, 5)], [named("piano"), on(61), off(61, 5)])
    assert read_score(path).tracks == ("piano", "piano 2")


def test_the_pedal_prolongs_notes_until_it_comes_up_or_the_key_goes_down_again(save):
    path = save([pedal(127), on(60), off(60, 240), on(62), off(62, 240), on(60, 480), off(60, 480), pedal(0, 480)])
    assert times(read_score(path)) == [(0.0, 0.25, 60), (0.25, 0.5, 62), (1.0, 1.5, 60)]
    held = read_score(path, ImportOptions(sustain=True))
    assert times(held) == [(0.0, 1.0, 60), (0.25, 2.0, 62), (1.0, 2.0, 60)]


def test_a_note_without_an_end_lasts_until_its_key_is_struck_again_or_the_file_ends(save):
    path = save([on(60), on(62, 480), on(60, 480), off(60, 480), mido.MetaMessage("end_of_track", time=480)])
    imported = import_score(path)
    assert times(imported.score) == [(0.0, 1.5, 60), (0.5, 2.0, 62), (1.0, 2.0, 60)]
    assert any("2 notes had no end" in remark for remark in imported.remarks)


def test_drums_are_left_out_and_that_is_said(save):
    path = save([on(36, channel=9), off(36, 10, 9), on(60), off(60, 10)])
    imported = import_score(path)
    assert [note.pitch for note in imported.score.notes] == [60]
    assert imported.remarks == ("1 notes of the drum channel 10 were left out.",)
    with pytest.raises(ScoreFileError, match="drums only"):
        read_score(save([on(36, channel=9), off(36, 10, 9)]))


def test_a_truncated_file_says_so(save):
    path = save([on(60), off(60, 480)] * 20)
    whole = path.read_bytes()
    for length in (15, 20, 60, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(ScoreFileError, match=r"truncated|damaged"):
            read_score(path)


@settings(max_examples=25)
@given(st.data())
def test_a_damaged_file_never_breaks_the_program(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("midi") / "damaged.mid"
    write_midi(Score("x", (Note(1, 0.0, 1.0, 60, track="a"), Note(2, 1.0, 1.0, 62, track="b"))), path)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    with contextlib.suppress(ScoreFileError):
        assert all(note.duration > 0 for note in read_score(path).notes)


def test_a_file_of_another_kind_is_refused(tmp_path, save):
    path = tmp_path / "no.mid"
    path.write_text("Start;Duration;Pitch\n0;1;60\n")
    with pytest.raises(ScoreFileError, match="no MIDI file"):
        read_score(path)
    path.write_bytes(b"")
    with pytest.raises(ScoreFileError, match="empty"):
        read_score(path)
    with pytest.raises(ScoreFileError, match="does not exist"):
        read_score(tmp_path / "nowhere.mid")
    with pytest.raises(ScoreFileError, match="format 2"):
        read_score(save([on(60), off(60, 1)], kind=2))
    with pytest.raises(ScoreFileError, match="holds no notes"):
        read_score(save([named("silence")]))


notes = st.builds(
    Note,
    id=st.integers(1, 10**6),
    onset=st.floats(0.0, 3600.0),
    duration=st.floats(0.001, 60.0),
    pitch=st.integers(58, 62),
    velocity=st.integers(1, 127),
    track=st.sampled_from(["right", "left", "Flöte ♭"]),
)


@settings(max_examples=25)
@given(st.lists(notes, min_size=1, max_size=12, unique_by=lambda note: note.id), st.booleans())
def test_what_is_written_comes_back(tmp_path_factory, drawn, aligned):
    score = dataclasses.replace(Score("x", ()), aligned=aligned).with_notes(drawn)
    path = tmp_path_factory.mktemp("midi") / "x.mid"
    write_midi(score, path)
    back = read_score(path)
    assert back.aligned == aligned
    assert set(back.tracks) == set(score.tracks)
    assert len(back.notes) == len(score.notes)

    # Within a track and pitch ticks may make equal what was not, so that order is no help in pairing.
    left = list(back.notes)
    for note in score.notes:
        near = [other for other in left if same(note, other)]
        assert near, note
        left.remove(near[0])


def same(note, other):
    alike = (note.pitch, note.velocity, note.track) == (other.pitch, other.velocity, other.track)
    return alike and abs(note.onset - other.onset) < 1e-3 and abs(note.offset - other.offset) < 1e-3


def test_a_note_within_another_of_its_pitch_comes_back_whole(tmp_path):
    score = Score("x", (Note(1, 0.0, 4.0, 60, track="a"), Note(2, 1.0, 1.0, 60, track="a")), ("a",))
    write_midi(score, tmp_path / "x.mid")
    assert times(read_score(tmp_path / "x.mid")) == [(0.0, 4.0, 60), (1.0, 2.0, 60)]


def test_what_lies_before_zero_is_cut_off(tmp_path):
    score = Score("x", (Note(1, -2.0, 1.0, 60), Note(2, -1.0, 2.0, 62), Note(3, 1.0, 1.0, 64)))
    write_midi(score, tmp_path / "x.mid")
    assert times(read_score(tmp_path / "x.mid")) == [(0.0, 1.0, 62), (1.0, 2.0, 64)]


def test_a_file_that_cannot_be_written_says_why(tmp_path):
    with pytest.raises(ScoreFileError, match="folder does not exist"):
        write_midi(Score("x", (Note(1, 0.0, 1.0, 60),)), tmp_path / "nowhere" / "x.mid")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name",
    [
        "piano/mozart_k265_var1.mid",
        "piano/scores/bach_bwv875_prelude.mid",
        "piano/scores/chopin_op28_11.mid",
        "piano/scores/chopin_op64_1.mid",
        "bands_midi/d_dm14.mid",
        "bands_midi/d_e4m3.mid",
    ],
)
def test_scores_of_the_test_material(shared_data, tmp_path, name):
    path = shared_data / name
    score = read_score(path)
    reference = mido.MidiFile(path)
    # The other way to seconds: through the library's own playback.
    clock, struck = 0.0, []
    for message in reference:
        clock += message.time
        if message.type == "note_on" and message.velocity > 0 and message.channel != 9:
            struck.append((message.note, clock))
    read = sorted((note.pitch, note.onset) for note in score.notes)
    assert len(read) == len(struck)
    assert all(a[0] == b[0] and abs(a[1] - b[1]) < 1e-5 for a, b in zip(read, sorted(struck), strict=True))
    write_midi(score, tmp_path / "again.mid")
    again = read_score(tmp_path / "again.mid")
    assert again.tracks == score.tracks
    key = lambda note: (note.track, note.pitch, round(note.onset, 3), note.offset)  # noqa: E731
    pairs = zip(sorted(score.notes, key=key), sorted(again.notes, key=key), strict=True)
    assert all(same(note, other) for note, other in pairs)
