"""Tables of notes as scores, and back."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.csv_columns import guess_columns, preview_rows
from sepstudio.io.scores.options import CsvColumns, ImportOptions
from sepstudio.io.scores.reading import read_score
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.writing import write_csv


@pytest.fixture
def table(tmp_path):
    def written(text, name="table.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return written


def brief(score):
    return [(note.onset, round(note.duration, 9), note.pitch, note.velocity, note.track) for note in score.notes]


EXPECTED = [(0.5, 0.25, 60, 64, "right"), (0.75, 0.5, 49, 127, "left"), (1.25, 1.0, 72, 32, "right")]
SPELLINGS = {
    "own": "Start;Duration;Pitch;Velocity;Instrument\n0.5;.25;60;64;right\n0.75;.5;49;127;left\n1.25;1;72;32;right\n",
    "fractions": '"start";"duration";"pitch";"velocity";"hand"\n'
    '0.5;.25;60;0.5;"right"\n0.75;.5;49;0.9921875;"left"\n1.25;1;72;0.25;"right"\n',
    "ends": "onset,offset,note,vel,part\n0.5,0.75,C4,64,right\n0.75,1.25,C#3,127,left\n1.25,2.25,c5,32,right\n",
    "tabs": "Onset Time\tOffset Time\tMidi Pitch\tVelocity\tTrack\n"
    "0.5\t0.75\t60\t64\tright\n0.75\t1.25\t49\t127\tleft\n1.25\t2.25\t72\t32\tright\n",
    "milliseconds": "start_ms,duration_ms,midi,velocity,track\n"
    "500,250,60,64,right\n750,500,49,127,left\n1250,1000,72,32,right\n",
    "units": "Start [s];Length [s];MIDI note;Level;Voice\n"
    "0,5;0,25;60;64;right\n0,75;0,5;49;127;left\n1,25;1;72;32;right\n",
    "other order": "hand,pitch,velocity,dur,time\nright,C4,64,.25,.5\nleft,Db3,127,.5,.75\nright,C5,32,1,1.25\n",
    "bare": "0.5;0.25;60;64;right\n0.75;0.5;49;127;left\n1.25;1.0;72;32;right\n",
    "bare ends": "0.5 0.75 60 64 right\n0.75  1.25 49 127 left\n1.25 2.25 72 32 right\n",
    "pitch second": "0.5,60,0.25,0.5,right\n0.75,49,0.5,0.9921875,left\n1.25,72,1.0,0.25,right\n",
    "comments": "# made by hand\n\n"
    "0.5\t0.25\tC4\t64\tright\n% more\n0.75\t0.5\tDb3\t127\tleft\n1.25\t1\tC5\t32\tright\n",
    "frequencies": "time,frequency,duration,level,label\n"
    "0.5,261.63,0.25,64,right\n0.75,138.59,0.5,127,left\n1.25,523.25,1,32,right\n",
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_columns_are_guessed_from_words_and_values(table, name):
    assert brief(read_score(table(SPELLINGS[name]))) == EXPECTED


@pytest.mark.parametrize("name", SPELLINGS)
def test_a_guess_survives_json(table, name):
    columns = guess_columns(table(SPELLINGS[name]))
    assert CsvColumns.from_dict(json.loads(json.dumps(columns.to_dict()))) == columns


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_spreadsheets(table, encoding):
    text = SPELLINGS["own"].replace("left", "Flöte").replace("\n", "\r\n")
    assert read_score(table(text, encoding=encoding)).tracks == ("right", "Flöte")


def test_a_guess_can_be_changed(table):
    path = table("a,b,c,d\n1,2,60,3\n2,1,61,4\n")
    columns = CsvColumns(",", start=0, duration=3, pitch=2, time_unit=0.5)
    assert brief(read_score(path, ImportOptions(columns=columns))) == [(0.5, 1.5, 60, 64, ""), (1.0, 2.0, 61, 64, "")]


def test_the_preview_shows_cells_without_the_header(table):
    path = table(SPELLINGS["own"])
    assert preview_rows(path, guess_columns(path), 2) == (
        ("0.5", ".25", "60", "64", "right"),
        ("0.75", ".5", "49", "127", "left"),
    )


BROKEN = {
    "a word for a number": ("Start;Duration;Pitch\n0;1;60\n\n1;soon;61\n2;1;62\n", "line 4: the duration 'soon'"),
    "half a pitch": ("Start;Duration;Pitch\n0;1;60\n1;1;60.5\n2;1;62\n", "line 3: .*pitch"),
    "an end before its start": ("Start;End;Pitch\n0;1;60\n3;2;61\n", "line 3: the note ends"),
    "a cell missing": ("Start;Duration;Pitch\n0;1;60\n1;1\n2;1;3\n", "line 3: there is no cell for the pitch"),
    "infinity": ("Start;Duration;Pitch\n0;1;60\n1;inf;62\n2;1;60\n3;1;60\n4;1;60\n5;1;60\n", "line 3: the duration"),
    "no pitch": ("Start;Duration;Colour\n0;1;red\n1;1;blue\n", "no column for the pitch"),
    "no duration": ("Start;Pitch\n0;60\n1;61\n", "no column for the duration"),
    "header alone": ("Start;Duration;Pitch\n", "holds no notes"),
    "prose": ("Dear reader\n", "no column"),
    "one word": ("word\n", "no columns"),
    "blank": (" \n\n", "empty"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_named_with_its_line(table, name):
    text, words = BROKEN[name]
    path = table(text)
    with pytest.raises(ScoreFileError, match=words) as caught:
        read_score(path)
    assert caught.value.what == str(path)
    assert caught.value.remedy


def test_binary_files_are_refused(table, tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0")
    with pytest.raises(ScoreFileError, match="neither a score nor a text"):
        read_score(path)


@settings(max_examples=25)
@given(st.text(max_size=200))
def test_no_text_breaks_the_program(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(ScoreFileError):
        assert read_score(path).notes


notes = st.builds(
    Note,
    id=st.integers(1, 10**6),
    onset=st.floats(-10.0, 1e5),
    duration=st.floats(1e-6, 1e4),
    pitch=st.integers(0, 127),
    velocity=st.integers(1, 127),
    track=st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=8),
)


@settings(max_examples=25)
@given(st.lists(notes, min_size=1, max_size=8, unique_by=lambda note: note.id))
def test_what_is_written_comes_back_bit_for_bit(tmp_path_factory, drawn):
    score = Score("x", ()).with_notes(drawn)
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    write_csv(score, path)
    columns = guess_columns(path)
    assert (columns.start, columns.duration, columns.pitch, columns.velocity, columns.track) == (0, 1, 2, 3, 4)
    back = read_score(path)
    strip = lambda note: (note.onset, note.duration, note.pitch, note.velocity, note.track)  # noqa: E731
    assert [strip(note) for note in back.notes] == [strip(note) for note in score.notes]


def test_the_table_of_the_test_material(shared_data, tmp_path):
    path = shared_data / "piano" / "chopin_op28_04_beginning.csv"
    score = read_score(path)
    assert len(score.notes) == 54
    assert set(score.tracks) == {"rh", "lh"}
    assert score.aligned
    assert {note.velocity for note in score.notes} == {127}
    write_csv(score, tmp_path / "again.csv")
    assert read_score(tmp_path / "again.csv").notes == score.notes
    before, after = path.read_text().splitlines(), (tmp_path / "again.csv").read_text().splitlines()
    assert before[0] == after[0]
