"""Layouts of loudspeakers: the standard ones, their checks, and JSON files."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.dsp.layouts import LAYOUTS, Layout, Loudspeaker
from sepstudio.errors import LayoutFileError, ParameterError
from sepstudio.io.layouts import MOST_SPEAKERS, read_layout

ROOM = {
    "name": "Room 3",
    "speakers": [
        {"name": "L", "azimuth": 30},
        {"name": "R", "azimuth": -30, "elevation": 0},
        {"name": "Top", "azimuth": 0, "elevation": 90},
        {"name": "Sub", "azimuth": 0, "elevation": 0, "lfe": True},
    ],
}


def written(tmp_path, values):
    path = tmp_path / "room.json"
    path.write_text(values if isinstance(values, str) else json.dumps(values), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "full", "lfe"), [("stereo", 2, 0), ("5.1", 5, 1), ("5.1.4", 9, 1), ("7.1.4", 11, 1), ("22.2", 22, 2)]
)
def test_standard_layouts_have_their_numbers_of_loudspeakers(name, full, lfe):
    layout = LAYOUTS[name]
    assert (len(layout.full_range), sum(layout.lfe)) == (full, lfe)
    assert layout.vectors.shape == (3, full)


def test_positions_are_those_of_the_names():
    layout = LAYOUTS["7.1.4"]
    places = dict(zip(layout.names, zip(layout.azimuths, layout.elevations, strict=True), strict=True))
    assert places["M+030"] == (30, 0)
    assert places["M-135"] == (-135, 0)
    assert places["U+045"] == (45, 30)
    np.testing.assert_allclose(layout.vectors[:, layout.names.index("M+000")], [1, 0, 0], atol=1e-15)


@pytest.mark.parametrize(("speakers", "complaint"), [
    ([("L", 400.0, 0.0)], "azimuth of L"),
    ([("L", float("nan"), 0.0)], "azimuth of L"),
    ([("L", 0.0, 91.0)], "elevation of L"),
    ([(" ", 0.0, 0.0)], "name of a loudspeaker"),
    ([], "at least one"),
    ([("Sub", 0.0, 0.0, True)], "at least one"),
    ([("L", 0.0, 0.0), ("L", 30.0, 0.0)], "there once"),
    ([("L", 10.0, 0.0), ("R", 370.0 - 360.0 + 0.5, 0.0)], "L and R"),
    ([("A", 0.0, 90.0), ("B", 120.0, 90.0)], "A and B"),
])  # fmt: skip
def test_impossible_layouts_are_refused(speakers, complaint):
    with pytest.raises(ParameterError, match=complaint):
        Layout("test", tuple(Loudspeaker(*speaker) for speaker in speakers))


def test_a_layout_is_read(tmp_path):
    layout = read_layout(written(tmp_path, ROOM))
    assert layout.name == "Room 3"
    assert layout.names == ("L", "R", "Top", "Sub")
    assert layout.lfe == (False, False, False, True)
    assert layout.elevations.tolist() == [0, 0, 90, 0]


def test_a_layout_without_a_name_has_that_of_its_file(tmp_path):
    assert read_layout(written(tmp_path, {"speakers": ROOM["speakers"]})).name == "room"


def test_layouts_of_the_iem_plug_ins_are_read_without_imaginary_loudspeakers(tmp_path):
    rows = [
        {"Azimuth": -30.0, "Elevation": 0.0, "Radius": 1.0, "IsImaginary": False, "Channel": 2, "Gain": 1.0},
        {"Azimuth": 30.0, "Elevation": 0.0, "Radius": 1.0, "IsImaginary": False, "Channel": 1, "Gain": 1.0},
        {"Azimuth": 0.0, "Elevation": -90.0, "Radius": 1.0, "IsImaginary": True, "Channel": 3, "Gain": 0.0},
    ]
    layout = read_layout(written(tmp_path, {"LoudspeakerLayout": {"Name": "Two", "Loudspeakers": rows}}))
    assert (layout.name, layout.azimuths.tolist()) == ("Two", [30, -30])


@pytest.mark.parametrize(("values", "complaint"), [
    ("{", "is no layout"),
    ("[" * 100_000, "is no layout"),
    ("[]", "the document is no object"),
    ("{}", "speakers is no list"),
    ({"speakers": []}, "speakers are 0"),
    ({"speakers": [{}] * (MOST_SPEAKERS + 1)}, f"1 to {MOST_SPEAKERS}"),
    ({"speakers": [3]}, r"speakers\[0\] is no object"),
    ({"speakers": [{"azimuth": 0}]}, r"name of speakers\[0\]"),
    ({"speakers": [{"name": "L", "azimuth": "left"}]}, r"azimuth of speakers\[0\]: 'left'"),
    ({"speakers": [{"name": "L", "azimuth": 0, "lfe": 1}]}, r"lfe of speakers\[0\]"),
    ({"speakers": [{"name": "L", "azimuth": 1000}]}, "azimuth of L is 1000.0 and must be between"),
    ({"LoudspeakerLayout": {"Loudspeakers": [{"Azimuth": 0, "Elevation": 0, "Channel": 1}] * 2}}, "which another"),
])  # fmt: skip
def test_files_that_are_no_layouts_are_refused_with_their_name(tmp_path, values, complaint):
    with pytest.raises(LayoutFileError, match=complaint) as caught:
        read_layout(written(tmp_path, values))
    assert str(caught.value).startswith(str(tmp_path / "room.json"))


def test_files_that_cannot_be_read_are_refused(tmp_path):
    with pytest.raises(LayoutFileError, match="does not exist"):
        read_layout(tmp_path / "none.json")
    with pytest.raises(LayoutFileError, match="is a folder"):
        read_layout(tmp_path)
    with pytest.raises(LayoutFileError, match="larger"):
        read_layout(written(tmp_path, " " * (1 << 20) + "{}"))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "azimuth", "elevation", "lfe", "speakers"]), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(ANYTHING)
def test_any_json_is_a_layout_or_refused(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("fuzz") / "any.json"
    path.write_text(json.dumps({"speakers": values}), encoding="utf-8")
    # Nothing else may be raised.
    with contextlib.suppress(LayoutFileError):
        assert read_layout(path).full_range
