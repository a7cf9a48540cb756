"""Files of strokes: what is written comes back, and whatever else a file holds is told in words."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.errors import StrokeFileError
from sepstudio.io.strokes.files import read_strokes, write_strokes
from sepstudio.io.strokes.plain import strokes_from_json, strokes_to_json
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes

VOICE, DRUMS = PaintedSource("voice", "Gesang – Ümlaut", "#E69F00"), PaintedSource("drums", "Drums", "#56b4e9")
STROKES = Strokes(
    (VOICE, DRUMS),
    (
        Stroke("brush", "voice", ((0.1, 440.0), (1 / 3, 466.1637615180899)), 0.05, 0.25, "log", 0.7),
        Stroke("box", "drums", ((1.0, 0.0), (1.5, 22050.0)), against=True),
        Stroke("lasso", "voice", ((0.0, 10.0), (2.0, 10.0), (1.0, 800.0)), axis="mel"),
        Stroke("harmonic", "voice", ((3.0, 220.0),), 0.1, 20.0, partials=40),
        Stroke("eraser", "", ((-0.5, 300.0), (0.5, 300.0)), 0.2, 100.0),
    ),
)
finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "strokes.json"


def changed(path, *keys, value):
    """Write the strokes with one value of the document replaced."""
    write_strokes(path, STROKES)
    document = inner = json.loads(path.read_text(encoding="utf-8"))
    for key in keys[:-1]:
        inner = inner[key]
    inner[keys[-1]] = value
    path.write_text(json.dumps(document), encoding="utf-8")


def test_what_is_written_comes_back(path):
    for strokes in (STROKES, Strokes(), Strokes((VOICE,))):
        write_strokes(path, strokes)
        assert read_strokes(path) == strokes
        assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_numbers_of_numpy_are_written_as_numbers(path):
    stroke = Stroke("brush", "voice", ((np.float64(1.5), np.float32(440)),), np.float32(0.5), opacity=np.float32(0.5))
    write_strokes(path, Strokes((VOICE,), (stroke,)))
    assert read_strokes(path).strokes[0].points == ((1.5, 440.0),)


def test_what_is_left_out_is_as_a_stroke_has_it(path):
    changed(path, "strokes", value=[{"tool": "brush", "source": "voice", "points": [[1, 440]]}])
    assert read_strokes(path).strokes == (Stroke("brush", "voice", ((1.0, 440.0),)),)


@given(st.lists(st.tuples(finite, finite.map(abs)), min_size=1, max_size=5), st.floats(0, 1, exclude_min=True))
def test_all_finite_numbers_come_back_bit_for_bit(points, opacity):
    strokes = Strokes((VOICE,), (Stroke("brush", "voice", tuple(points), opacity=opacity),))
    assert strokes_from_json(json.loads(json.dumps(strokes_to_json(strokes)))) == strokes


def test_another_stroke_is_a_small_change():
    before = strokes_to_json(STROKES)
    more = Strokes(STROKES.sources, (*STROKES.strokes, Stroke("brush", "drums", ((4.0, 100.0),))))
    after = strokes_to_json(more, (STROKES, before))
    assert after == strokes_to_json(more)
    assert all(after["strokes"][key] is row for key, row in before["strokes"].items())


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        (("version",), 2, ("newer version", "update SepStudio")),
        (("version",), 0, ("version 0 is unknown",)),
        (("version",), True, ("version True is unknown",)),
        (("format",), "score", ("format is not 'sepstudio strokes'",)),
        (("strokes",), {}, ("strokes is no list",)),
        (("sources",), None, ("sources is no list",)),
        (("strokes", 0, "tool"), "spray", ("strokes[0].tool", "'spray'", "brush, box, lasso, harmonic, eraser")),
        (("strokes", 0, "tool"), None, ("strokes[0].tool", "None", "no text")),
        (("strokes", 1, "opacity"), 1.5, ("strokes[1].opacity", "1.5", "at most 1")),
        (("strokes", 1, "opacity"), 0, ("strokes[1].opacity", "0.0", "above 0")),
        (("strokes", 1, "opacity"), float("nan"), ("strokes[1].opacity", "nan", "no number")),
        (("strokes", 0, "source"), "bass", ("strokes[0].source", "'bass'", "drums, voice")),
        (("strokes", 0, "points", 1), [0.5, float("inf")], ("strokes[0].points", "inf", "finite seconds")),
        (("strokes", 0, "points", 1), [10**400, 1], ("strokes[0].points[1]", "too many digits")),
        (("strokes", 0, "points", 1), [0.5, -3], ("strokes[0].points", "-3.0", "0 Hz or above")),
        (("strokes", 0, "points", 1), [0.5], ("strokes[0].points[1]", "no pair")),
        (("strokes", 0, "points"), [], ("strokes[0].points", "at least 1 point")),
        (("strokes", 1, "points"), [[0, 1]], ("strokes[1].points", "two corners")),
        (("strokes", 2, "points"), [[0, 1], [1, 2]], ("strokes[2].points", "at least 3 points")),
        (("strokes", 0, "width"), -1, ("strokes[0].width", "-1.0")),
        (("strokes", 0, "axis"), "bark", ("strokes[0].axis", "'bark'", "linear, log, mel")),
        (("strokes", 0, "against"), 1, ("strokes[0].against", "neither true nor false")),
        (("strokes", 3, "partials"), 0, ("strokes[3].partials", "from 1 to 1000")),
        (("strokes", 3, "partials"), 2.5, ("strokes[3].partials", "no whole number")),
        (("sources", 0, "colour"), "red", ("sources[0].colour", "'red'", "#RRGGBB")),
        (("sources", 0, "name"), " ", ("sources[0].name", "not empty")),
        (("sources", 1, "id"), "voice", ("id of a source", "'voice'", "one source alone")),
    ],
)
def test_a_value_that_no_stroke_has_is_named(path, keys, value, words):
    changed(path, *keys, value=value)
    with pytest.raises(StrokeFileError) as caught:
        read_strokes(path)
    told = str(caught.value)
    assert str(path) in told
    for word in words:
        assert word in told
    assert caught.value.remedy


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"RIFF\xff\xfe", b"[" * 100_000])
def test_what_is_no_file_of_strokes_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(StrokeFileError, match="is no file of strokes"):
        read_strokes(path)


def test_files_that_cannot_be_read_or_written_are_told(tmp_path):
    with pytest.raises(StrokeFileError, match="does not exist"):
        read_strokes(tmp_path / "nothing.json")
    with pytest.raises(StrokeFileError, match="is a folder"):
        read_strokes(tmp_path)
    with pytest.raises(StrokeFileError, match="its folder does not exist"):
        write_strokes(tmp_path / "away" / "strokes.json", STROKES)


def test_moved_strokes_keep_everything_but_their_times():
    moved = STROKES.moved(2.0)
    assert [stroke.points[0][0] for stroke in moved.strokes] == [
        stroke.points[0][0] + 2.0 for stroke in STROKES.strokes
    ]
    assert moved.sources == STROKES.sources
    assert [stroke.points[0][1] for stroke in moved.strokes] == [stroke.points[0][1] for stroke in STROKES.strokes]
