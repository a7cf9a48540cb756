"""The registry: our methods, those of plug-ins, and the one-line way to run them."""

import dataclasses
import types
from dataclasses import dataclass

import numpy as np
import pytest

from sepstudio.errors import MissingToolError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation import registry
from sepstudio.separation.base import MethodSpec, MissingMethod, Progress, Provenance, Separation
from sepstudio.separation.parameters import param, to_json, validate


@dataclass(frozen=True)
class GainParams:
    gain: float = param(0.5, lo=0.0, hi=1.0, label="Gain")

    def __post_init__(self):
        validate(self)


def run(mixture, params, *, context):
    yield Progress(0.5, "scale")
    part = mixture.samples * np.float32(params.gain)
    stems = {
        "part": AudioClip(part, mixture.sample_rate),
        "rest": AudioClip(mixture.samples - part, mixture.sample_rate),
    }
    return Separation(stems, Provenance("gain", to_json(params), context.seed, {}, "cpu", 0.0, 0))


GAIN = MethodSpec("gain", "Gain", "Splits by a factor.", GainParams, run, lambda *_: 0)


class Point:
    """Stands for an installed entry point."""

    def __init__(self, name, result):
        self.name, self.value, self._result = name, f"somewhere:{name}", result

    def load(self):
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


def forget():
    for remembered in (registry.methods, registry.missing_methods, registry._plug_ins):
        remembered.cache_clear()


@pytest.fixture
def installed(monkeypatch):
    """Install built-in methods and plug-ins for one test."""

    def install(*points, built_in=()):
        homes = {spec.id: types.SimpleNamespace(METHOD=spec) for spec in built_in}
        monkeypatch.setattr(registry, "BUILT_IN", {name: name for name in homes})
        monkeypatch.setattr(registry, "importlib", types.SimpleNamespace(import_module=homes.__getitem__))
        monkeypatch.setattr(
            registry, "entry_points", lambda *, group: list(points) if group == "sepstudio.methods" else []
        )
        forget()

    yield install
    forget()


def test_built_in_methods_come_before_plug_ins(installed):
    installed(Point("other", dataclasses.replace(GAIN, id="other")), built_in=[GAIN])
    assert list(registry.methods()) == ["gain", "other"]
    assert registry.method("gain") is GAIN


def test_two_methods_of_one_id_are_refused(installed):
    installed(Point("again", GAIN), built_in=[GAIN])
    with pytest.raises(ValueError, match="gain"):
        registry.methods()


@pytest.mark.parametrize("result", [ImportError("no module named torchful"), "a text", MethodSpec])
def test_a_broken_plug_in_is_left_out_and_named(installed, result):
    installed(Point("broken", result), Point("good", GAIN))
    with pytest.warns(RuntimeWarning, match="broken"):
        assert list(registry.methods()) == ["gain"]


def test_a_plug_in_may_be_a_function_that_is_asked(installed):
    installed(Point("gain", lambda: GAIN))
    assert registry.method("gain") is GAIN
    assert dict(registry.missing_methods()) == {}


def test_a_method_without_its_package_is_left_out_quietly_and_explained_when_asked_for(installed):
    installed(Point("big", lambda: MissingMethod("big", "Big network", "bignet")), built_in=[GAIN])
    assert list(registry.methods()) == ["gain"]
    with pytest.raises(MissingToolError, match=r"Big network.*bignet.*not installed.* -m pip install bignet"):
        registry.method("big")
    with pytest.raises(MissingToolError):
        registry.separate("big", np.zeros((1, 8)), 8000)


def test_an_unknown_method_is_answered_with_the_known_ones(installed):
    installed(built_in=[GAIN])
    with pytest.raises(ParameterError, match="one of gain"):
        registry.method("gian")


def test_methods_are_prepared_once_each_and_those_that_need_none_are_passed_over(installed):
    registry._prepare.cache_clear()
    prepared = []
    slow = dataclasses.replace(GAIN, id="slow", prepare=lambda: prepared.append("slow"))
    other = dataclasses.replace(GAIN, id="other", prepare=lambda: prepared.append("other"))
    installed(Point("other", other), built_in=[slow, GAIN])
    steps = registry.prepare_steps()
    assert prepared == []
    assert list(steps) == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert prepared == ["slow", "other"]
    assert list(registry.prepare_steps()) == pytest.approx([1 / 3, 2 / 3, 1.0])
    assert prepared == ["slow", "other"]
    registry._prepare.cache_clear()


def test_separate_takes_arrays_and_drives_to_the_end(installed, rng):
    installed(built_in=[GAIN])
    mixture = rng.standard_normal((2, 100)).astype(np.float32)
    result = registry.separate("gain", mixture, 8000, gain=0.25, seed=3)
    np.testing.assert_array_equal(result.stems["part"].samples, mixture * np.float32(0.25))
    assert result.provenance.params == {"gain": 0.25}
    assert result.provenance.seed == 3
    mono = registry.separate("gain", list(mixture[0]), 8000)
    assert mono.stems["part"].samples.shape == (1, 100)


def test_separate_refuses_what_the_method_does_not_know(installed):
    installed(built_in=[GAIN])
    with pytest.raises(ParameterError, match="volume"):
        registry.separate("gain", np.zeros((1, 8)), 8000, volume=1)
    with pytest.raises(ParameterError, match="gain = 2"):
        registry.separate("gain", np.zeros((1, 8)), 8000, gain=2)


def test_drain_returns_what_the_generator_returns():
    def work():
        yield Progress(0.0, "a")
        yield Progress(1.0, "b")
        return "result"

    assert drain(work()) == "result"
