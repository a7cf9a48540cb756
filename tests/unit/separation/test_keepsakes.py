"""What methods keep from run to run: found again for the same recording alone, and nothing else changes by it."""

from dataclasses import replace

import numpy as np
import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.base import RunContext
from sepstudio.separation.keepsakes import Keepsake, digest_steps
from sepstudio.separation.paint_cnn import separate
from sepstudio.separation.paint_maps import MapMaker
from sepstudio.separation.paint_params import PaintParams

RATE = 44_100
PARAMS = PaintParams(steps=10, correction_steps=10, networks=1, hidden=8)
PAINTED = Strokes(
    (PaintedSource("low", "low", "#0072B2"), PaintedSource("high", "high", "#D55E00")),
    (Stroke("box", "low", ((0.2, 40), (0.6, 200))), Stroke("box", "high", ((0.3, 4000), (0.7, 6000)))),
)

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def sound(rng):
    return (0.1 * rng.standard_normal((2, RATE))).astype(np.float32)


@pytest.fixture
def made(monkeypatch):
    """The calls in which maps are made."""
    calls = []
    true = MapMaker.maps

    def maps(self, spectrum):
        calls.append(spectrum.shape)
        return true(self, spectrum)

    monkeypatch.setattr(MapMaker, "maps", maps)
    return calls


def separated(sound, keepsake, params=PARAMS, warm=None):
    context = RunContext(strokes=PAINTED, threads=1, keepsake=keepsake, warm=warm)
    return drain(separate(AudioClip(sound, RATE), params, context=context))


def test_a_correction_looks_at_nothing_again_and_gives_the_same(sound, made):
    keepsake = Keepsake()
    first = separated(sound, keepsake)
    assert made
    made.clear()
    kept = separated(sound.copy(), keepsake, warm=first.matrices)
    assert not made
    anew = separated(sound, Keepsake(), warm=first.matrices)
    assert made
    for name, stem in anew.stems.items():
        np.testing.assert_array_equal(kept.stems[name].samples, stem.samples)


@pytest.mark.parametrize("change", ["sound", "hop", "phases"])
def test_another_recording_or_another_view_of_it_is_looked_at(sound, made, change):
    keepsake = Keepsake()
    separated(sound, keepsake)
    made.clear()
    params = {"sound": PARAMS, "hop": replace(PARAMS, hop_size=512), "phases": replace(PARAMS, phases=True)}[change]
    if change == "sound":
        sound[0, 5] += 0.01
    separated(sound, keepsake, params)
    assert made


def test_what_is_too_large_is_not_kept(sound, made):
    keepsake = Keepsake(most=1000)
    separated(sound, keepsake)
    made.clear()
    separated(sound, keepsake)
    assert made


def test_one_thing_is_kept_at_a_time():
    keepsake = Keepsake()
    keepsake.keep("a", 1, 1)
    keepsake.keep("b", 2, 1)
    assert (keepsake.find("a"), keepsake.find("b")) == (None, 2)


def test_digests_differ_by_samples_shape_and_rate(sound):
    def digest(samples, rate=RATE):
        return drain(digest_steps(AudioClip(samples, rate)))

    other = sound.copy()
    other[1, -1] += 1e-3
    swapped = sound.reshape(1, -1)
    assert digest(sound) == digest(sound.copy())
    assert len({digest(sound), digest(other), digest(swapped), digest(sound, 48_000)}) == 4
