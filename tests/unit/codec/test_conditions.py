"""Conditions of a comparison: by what they are called, and what they do to a scene."""

import subprocess
import sys

import numpy as np
import pytest
from codec_scenes import install_codec, scene
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.codec.conditions import KINDS, PAPER_CONDITIONS, Condition
from sepstudio.codec.opus import OpusSettings, opus_steps
from sepstudio.dsp.anchors import low_pass
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain

TEXTS = (
    *KINDS[:5],
    *("opus:3:160", "opus:2:96:vbr", "codec", "codec:hoa-small", "codec:hoa-small:9", "codec::4", "codec:C:/a b.x:2"),
)


def test_conditions_are_what_their_texts_say():
    found = [Condition.from_text(text) for text in TEXTS]
    assert [one.text for one in found] == list(TEXTS)
    assert len({one.name for one in found}) == len(TEXTS)
    assert len({one.label for one in found}) == len(TEXTS) - 1  # the default has a name
    assert all(one.name.replace("-", "").isalnum() and one.name.isascii() for one in found)
    assert found[6] == Condition("opus", OpusSettings(96_000, 2, constant=False))
    assert found[9] == Condition("codec", model="hoa-small", codebooks=9)
    assert [one.is_anchor for one in found[:6]] == [False, True, True, True, True, False]


def test_the_conditions_of_the_paper_are_four():
    assert [one.text for one in PAPER_CONDITIONS] == ["reference", "low-anchor", "opus:3:160", "codec"]


@given(st.text(max_size=30))
def test_other_texts_name_no_condition(text):
    try:
        found = Condition.from_text(text)
    except ParameterError:
        return
    assert found == Condition.from_text(found.text)


def test_other_kinds_are_refused():
    with pytest.raises(ParameterError, match="kind"):
        Condition("mp3")


@pytest.mark.usefixtures("one_thread")
def test_each_condition_gives_a_scene_of_the_same_shape():
    install_codec("mine")
    clip = AudioClip(scene(0.2), 44100)
    texts = (
        "reference",
        "low-anchor",
        "mid-anchor",
        "first-order",
        "w-only",
        "opus:2:256",
        "codec:mine",
        "codec:mine:1",
    )
    found = {text: drain(Condition.from_text(text).steps(clip, device="cpu")) for text in texts}
    for one in found.values():
        assert (one.channels, one.length, one.sample_rate) == (16, clip.length, 44100)
    assert found["reference"] is clip
    np.testing.assert_allclose(found["low-anchor"].samples, low_pass(clip.samples, 44100), atol=1e-6)
    assert np.array_equal(found["first-order"].samples[:4], clip.samples[:4])
    assert not found["w-only"].samples[1:].any()
    assert np.array_equal(found["opus:2:256"].samples, drain(opus_steps(clip, OpusSettings(256_000, 2))).samples)
    assert not np.array_equal(found["codec:mine"].samples, found["codec:mine:1"].samples)


def test_conditions_tell_their_rates():
    install_codec("mine")
    rates = {
        text: Condition.from_text(text).bits_per_second() for text in ("reference", "opus:3:160", "opus:3:160:vbr")
    }
    assert rates == {"reference": None, "opus:3:160": 160_000, "opus:3:160:vbr": None}
    # Frames of 32 samples, six bits to a code.
    assert Condition.from_text("codec:mine:2").bits_per_second() == pytest.approx(44100 / 32 * 6 * 2)
    with pytest.raises(CheckpointError, match="nowhere"):
        Condition.from_text("codec:nowhere").bits_per_second()


def test_naming_conditions_needs_no_torch():
    code = "import sys, sepstudio.codec.conditions; print({'torch', 'scipy', 'av'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "set()\n"
