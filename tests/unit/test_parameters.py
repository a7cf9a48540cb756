"""Parameters: one dataclass gives forms, options, JSON and checks that agree with one another."""

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.errors import ParameterError
from sepstudio.separation.parameters import from_json, param, param_specs, parse_value, to_json, validate


@dataclass(frozen=True)
class Pair:
    left: int
    right: int

    def to_text(self):
        return f"{self.left}:{self.right}"

    @classmethod
    def from_text(cls, text):
        left, colon, right = text.partition(":")
        if not (colon and left.isdigit() and right.isdigit()):
            raise ParameterError("pair", text, "of the form left:right")
        return cls(int(left), int(right))


@dataclass(frozen=True)
class Params:
    length: int = param(17, lo=1, hi=255, step=2, unit="frames", label="Length", help="Odd.")
    threshold: float = param(0.5, lo=0.0, label="Threshold")
    gain: float = param(0.0, label="Gain")
    spatial: bool = param(True, label="Spatial")
    mode: Literal["soft", "hard"] = param("soft", label="Mode")
    title: str = param("", label="Title")
    pair: Pair = param(Pair(1, 2), label="Pair", advanced=True)

    def __post_init__(self):
        validate(self)


PARAMS = st.builds(
    Params,
    length=st.integers(0, 127).map(lambda n: 2 * n + 1),
    threshold=st.floats(0, 1e300),
    gain=st.floats(allow_nan=False, allow_infinity=False),
    spatial=st.booleans(),
    mode=st.sampled_from(["soft", "hard"]),
    title=st.text(),
    pair=st.builds(Pair, st.integers(0, 9), st.integers(0, 9)),
)


@given(PARAMS)
def test_json_returns_equal_parameters(params):
    assert from_json(Params, json.loads(json.dumps(to_json(params)))) == params


@given(PARAMS)
def test_option_texts_return_equal_parameters(params):
    texts = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in to_json(params).items()
    }
    values = {spec.name: parse_value(spec, texts[spec.name]) for spec in param_specs(Params)}
    assert Params(**values) == params


def test_specs_tell_forms_and_options_what_they_need():
    specs = {spec.name: spec for spec in param_specs(Params)}
    assert list(specs) == [field.name for field in dataclasses.fields(Params)]
    length = specs["length"]
    assert (length.type, length.default, length.lo, length.hi, length.step) == (int, 17, 1, 255, 2)
    assert (length.unit, length.label, length.help, length.advanced) == ("frames", "Length", "Odd.", False)
    assert specs["mode"].type is str
    assert specs["mode"].choices == ("soft", "hard")
    assert specs["pair"].advanced
    assert specs["pair"].option == "--pair"


def test_missing_values_keep_their_defaults():
    assert from_json(Params, {"length": 31}) == Params(length=31)
    assert from_json(Params, {}) == Params()


@pytest.mark.parametrize(
    ("values", "name", "expected"),
    [
        ({"length": 16}, "length", "multiple of 2"),
        ({"length": 0}, "length", "between 1 and 255 frames"),
        ({"length": 257}, "length", "between 1 and 255 frames"),
        ({"length": 17.0}, "length", "of type int"),
        ({"length": True}, "length", "of type int"),
        ({"length": "17"}, "length", "of type int"),
        ({"threshold": -1}, "threshold", "at least 0"),
        ({"threshold": math.nan}, "threshold", "at least 0"),
        ({"gain": math.inf}, "gain", "finite"),
        ({"gain": math.nan}, "gain", "finite"),
        ({"spatial": 1}, "spatial", "of type bool"),
        ({"spatial": None}, "spatial", "of type bool"),
        ({"mode": "loud"}, "mode", "one of soft, hard"),
        ({"mode": ["soft"]}, "mode", "one of soft, hard"),
        ({"title": 3}, "title", "of type str"),
        ({"pair": [1, 2]}, "pair", "of type Pair"),
        ({"pair": "1-2"}, "pair", "left:right"),
        ({"lenght": 3}, "lenght", "length, threshold"),
    ],
)
def test_bad_values_are_named_with_what_is_expected(values, name, expected):
    with pytest.raises(ParameterError) as caught:
        from_json(Params, values)
    assert caught.value.name == name
    assert expected in str(caught.value)


@pytest.mark.parametrize("scalar", [np.int64(31), np.int16(31), np.uint8(31)])
def test_numpy_integers_count_as_integers(scalar):
    params = from_json(Params, {"length": scalar, "threshold": np.float32(0.25), "spatial": np.bool_(False)})
    assert params == Params(length=31, threshold=0.25, spatial=False)
    assert type(params.length) is int


@pytest.mark.parametrize(
    ("name", "text"), [("length", "many"), ("length", "1.5"), ("gain", "loud"), ("spatial", "maybe"), ("pair", "x")]
)
def test_texts_that_cannot_be_read(name, text):
    spec = next(spec for spec in param_specs(Params) if spec.name == name)
    with pytest.raises(ParameterError, match=name):
        parse_value(spec, text)


@pytest.mark.parametrize("text", ["on", "YES", "true", "1"])
def test_words_for_a_switch(text):
    spec = next(spec for spec in param_specs(Params) if spec.name == "spatial")
    assert parse_value(spec, text) is True


def test_a_refused_value_is_quoted_on_one_line_however_long_it_is():
    text = str(ParameterError("steps", np.zeros((100, 100)), "a whole number"))
    assert "steps = array([[0., 0.," in text
    assert "\n" not in text
    assert len(text) < 200
    assert str(ParameterError("steps", "x" * 60, "a whole number")).startswith(f"steps = {'x' * 60!r}: ")
