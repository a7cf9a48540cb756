"""Feeds of loudspeakers as clips and files: in blocks as in one piece, and with the channels that readers expect."""

import itertools
import math

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp.ambisonics import encode
from sepstudio.dsp.loudspeakers import LAYOUTS, LFE_GAIN, Layout, Loudspeaker, decoder_matrix
from sepstudio.errors import ParameterError
from sepstudio.io.audio import read_audio, write_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.rendering import loudspeaker_feeds
from sepstudio.io.steps import drain
from sepstudio.io.wave_masks import channel_mask, set_channel_mask, wave_order
from sepstudio.io.writing import Tags

RATE = 8000
SURROUND = LAYOUTS["7.1.4"]


def scene(length=3000, order=3, seed=0):
    samples = np.random.default_rng(seed).standard_normal(((order + 1) ** 2, length)).astype(np.float32)
    return AudioClip(0.1 * samples, RATE)


def rendered(clip, name="7.1.4", **options):
    order = math.isqrt(clip.channels) - 1
    return loudspeaker_feeds(clip, LAYOUTS[name], decoder_matrix(name, order, **options))


def test_feeds_are_the_matrix_times_the_scene():
    clip = scene()
    expected = decoder_matrix("7.1.4", 3) @ clip.samples.astype(np.float64)
    np.testing.assert_allclose(rendered(clip).samples, expected, atol=1e-6)


@settings(max_examples=25)
@given(st.lists(st.integers(1, 900), min_size=1, max_size=6), st.sampled_from(["off", "w"]))
def test_feeds_read_in_blocks_are_those_read_at_once(sizes, lfe):
    feeds = rendered(scene(2000), lfe=lfe)
    edges = np.minimum(np.cumsum([0, *sizes]), 2000)
    parts = [feeds.read(a, b) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), feeds.samples[:, : edges[-1]], atol=1e-6)


@pytest.mark.parametrize(("direction", "loudest"), [
    ((0, 0), "M+000"), ((90, 0), "M+090"), ((-135, 0), "M-135"), ((45, 30), "U+045"), ((-45, 30), "U-045"),
])  # fmt: skip
def test_a_wave_is_loudest_from_the_loudspeaker_that_it_comes_from(direction, loudest):
    tone = np.sin(2 * np.pi * 440 * np.arange(RATE // 4) / RATE)
    feeds = rendered(AudioClip(encode(tone, *np.radians(direction), 3), RATE)).samples
    assert SURROUND.names[int((feeds**2).sum(axis=1).argmax())] == loudest
    np.testing.assert_allclose((feeds**2).sum(), (tone**2).sum(), rtol=0.4)


def test_the_channel_of_effects_holds_the_low_end_of_w_in_time():
    times = np.arange(2 * RATE) / RATE
    low, high = np.sin(2 * np.pi * 50 * times), np.sin(2 * np.pi * 400 * times)
    clip = AudioClip(encode(low + high, 1.0, 0.2, 3), RATE)
    channel = SURROUND.names.index("LFE1")
    effects = rendered(clip, lfe="w").samples[channel]
    inside = slice(RATE // 2, -RATE // 2)
    np.testing.assert_allclose(effects[inside], LFE_GAIN * low[inside], atol=0.01)
    assert not rendered(clip).samples[channel].any()


def test_a_matrix_for_others_is_refused():
    with pytest.raises(ParameterError, match="of shape"):
        loudspeaker_feeds(scene(), LAYOUTS["5.1"], decoder_matrix("7.1.4", 3))
    with pytest.raises(ParameterError, match="of shape"):
        loudspeaker_feeds(scene(order=1), SURROUND, decoder_matrix("7.1.4", 3))


@pytest.mark.parametrize(("name", "sequence", "mask"), [
    ("stereo", "M+030 M-030", 0x3),
    ("5.1", "M+030 M-030 M+000 LFE1 M+110 M-110", 0x60F),
    ("5.1.4", "M+030 M-030 M+000 LFE1 M+110 M-110 U+030 U-030 U+110 U-110", 0x2D60F),
    ("7.1.4", "M+030 M-030 M+000 LFE1 M+135 M-135 M+090 M-090 U+045 U-045 U+135 U-135", 0x2D63F),
    ("22.2", " ".join(LAYOUTS["22.2"].names), 0),
])  # fmt: skip
def test_sequences_and_masks_of_wav_files(name, sequence, mask):
    order, found = wave_order(LAYOUTS[name])
    assert " ".join(LAYOUTS[name].names[channel] for channel in order) == sequence
    assert found == mask


def test_loudspeakers_without_a_bit_of_their_own_stay_where_they_are():
    unknown = Layout("x", (Loudspeaker("M-030", -30.0), Loudspeaker("Left", 30.0)))
    alike = Layout("x", (Loudspeaker("U+045", 45.0, 30.0), Loudspeaker("U+030", 30.0, 30.0)))
    assert wave_order(unknown) == ([0, 1], 0)
    assert wave_order(alike) == ([0, 1], 0)


@pytest.mark.parametrize("subtype", ["FLOAT", "PCM_24", "PCM_16"])
@pytest.mark.parametrize("rf64", [False, True])
def test_files_say_which_loudspeakers_they_are_for(tmp_path, rf64, subtype):
    path = tmp_path / "feeds.wav"
    feeds = rendered(scene())
    tags = Tags(0x2D63F, "Ambisonics to 7.1.4 – allrad")
    drain(write_audio_steps(path, feeds, subtype, rf64=rf64, tags=tags))
    assert channel_mask(path) == 0x2D63F
    with soundfile.SoundFile(path) as file:
        assert file.comment == "Ambisonics to 7.1.4 – allrad"
        assert (file.channels, file.frames, file.subtype) == (12, 3000, subtype)
        assert file.format == ("RF64" if rf64 else "WAVEX")
    np.testing.assert_allclose(read_audio(path).samples, feeds.samples, atol=1e-4)


@pytest.mark.parametrize("extension", ["caf", "aiff"])
def test_formats_without_masks_are_written_as_ever(tmp_path, extension):
    path = tmp_path / f"feeds.{extension}"
    drain(write_audio_steps(path, rendered(scene()), tags=Tags(0x2D63F, "comment")))
    assert channel_mask(path) is None
    assert read_audio(path).channels == 12


def test_files_without_tags_are_plain(tmp_path):
    path = tmp_path / "plain.wav"
    drain(write_audio_steps(path, scene(order=0)))
    assert channel_mask(path) is None
    with pytest.raises(ValueError, match="extensible"):
        set_channel_mask(path, 3)
