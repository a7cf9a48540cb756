"""Scenes in files: conventions, orders, containers, and the hint at a convention."""

import numpy as np
import pytest
import soundfile

from sepstudio.codec.scenes import random_scene
from sepstudio.dsp.ambisonics import convert, spherical_harmonics
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.audio import audio_info, open_audio, write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import AMBIX, FUMA, N3D, USUAL, Convention, as_ambix, order_of
from sepstudio.io.hoa_hints import convention_hint
from sepstudio.paths import resource

RATE = 48_000
NOISE = np.random.default_rng(0).uniform(-0.5, 0.5, (64, 3000)).astype(np.float32)


@pytest.mark.parametrize("convention", USUAL, ids=str)
def test_scenes_of_every_usual_convention_become_ambix(convention):
    stored = convert(NOISE[:16], "SN3D", convention.normalisation)
    clip = as_ambix(AudioClip(stored, RATE), convention)
    assert (clip.channels, clip.length, clip.sample_rate) == (16, 3000, RATE)
    np.testing.assert_allclose(clip.samples, NOISE[:16], rtol=1e-6)
    np.testing.assert_array_equal(clip.read(-5, 20), np.pad(clip.samples[:, :20], ((0, 0), (5, 0))))


def test_a_scene_that_is_ambix_is_returned_itself():
    clip = AudioClip(NOISE[:16], RATE)
    assert as_ambix(clip) is clip


@pytest.mark.parametrize(("channels", "convention"), [(25, AMBIX), (27, AMBIX), (64, N3D), (18, FUMA)])
def test_what_goes_beyond_the_order_is_left_out(channels, convention):
    clip = as_ambix(AudioClip(NOISE[:channels], RATE), convention)
    np.testing.assert_allclose(clip.samples, convert(NOISE[:16], convention.normalisation, "SN3D"), rtol=1e-6)


@pytest.mark.parametrize(
    ("channels", "convention", "words"),
    [
        (4, AMBIX, "order 1, 16 channels (order 3) are needed"),
        (9, FUMA, "order 2"),
        (32, AMBIX, "no Ambisonics scene"),
        (8, AMBIX, "join this file with that of the other channels"),
        (2, AMBIX, "no Ambisonics scene, which has 1, 4, 9, 16"),
        (25, FUMA, "FuMa ends at order 3"),
        (25, Convention("FuMa", "SN3D"), "ends at order 3"),
    ],
)
def test_what_is_no_scene_of_the_order_is_refused_with_the_reason(channels, convention, words):
    with pytest.raises(AudioFileError) as refused:
        as_ambix(AudioClip(NOISE[:channels], RATE), convention)
    assert words in str(refused.value)


def test_unknown_conventions_are_refused():
    with pytest.raises(ParameterError):
        Convention("SID")
    with pytest.raises(ParameterError):
        Convention("ACN", "MaxN")


def test_home_made_mixtures_of_sequence_and_weights_are_understood():
    wave = spherical_harmonics(0.5, 0.2, 3)[:, np.newaxis] * NOISE[:1]
    in_fuma_sequence = convert(wave, "SN3D", "FuMa") / convert(np.ones((16, 1)), "SN3D", "FuMa")
    clip = as_ambix(AudioClip(in_fuma_sequence, RATE), Convention("FuMa", "SN3D"))
    np.testing.assert_allclose(clip.samples, wave, atol=1e-6)
    assert str(Convention("FuMa", "SN3D")) == "FuMa/SN3D"
    assert str(FUMA) == "FuMa"


def test_orders_of_numbers_of_channels():
    assert [order_of(channels) for channels in (1, 4, 6, 16, 18, 25, 64, 66)] == [0, 1, 1, 3, 3, 4, 7, 7]


@pytest.mark.parametrize("channels", [16, 18, 25])
@pytest.mark.parametrize(
    ("container", "subtype", "suffix"),
    [
        ("WAV", "FLOAT", "wav"),
        ("WAVEX", "PCM_24", "wav"),
        ("RF64", "PCM_24", "wav"),
        ("W64", "PCM_16", "w64"),
        ("CAF", "PCM_24", "caf"),
        ("CAF", "FLOAT", "caf"),
        ("AIFF", "PCM_24", "aiff"),
    ],
)
def test_containers_of_many_channels_are_read_in_their_sequence(tmp_path, container, subtype, suffix, channels):
    path = tmp_path / f"scene.{suffix}"
    soundfile.write(path, NOISE[:channels].T, RATE, subtype, format=container)
    assert audio_info(path).channels == channels
    step = {"PCM_16": 2**-15, "PCM_24": 2**-23, "FLOAT": 0}[subtype]
    np.testing.assert_allclose(open_audio(path).samples, NOISE[:channels], atol=step)


def test_flac_refuses_what_it_cannot_hold_and_caf_takes_it(tmp_path):
    scene = AudioClip(NOISE[:16], RATE)
    with pytest.raises(AudioFileError, match="FLAC holds at most 8 channels, not 16"):
        write_audio(tmp_path / "scene.flac", scene, "PCM_24")
    write_audio(tmp_path / "scene.caf", scene)
    np.testing.assert_array_equal(open_audio(tmp_path / "scene.caf").samples, scene.samples)
    assert not list(tmp_path.glob("*.flac"))


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_channels_of_ogg_files_keep_their_sequence_beyond_eight(tmp_path, subtype):
    # A tone of its own for each channel.
    time = np.arange(RATE) / RATE
    tones = 0.3 * np.sin(2 * np.pi * (200 + 100 * np.arange(16)[:, np.newaxis]) * time)
    path = tmp_path / "scene.ogg"
    soundfile.write(path, tones.T, RATE, subtype, format="OGG")
    heard = np.abs(np.fft.rfft(open_audio(path).samples[:, :RATE], axis=1)).argmax(axis=1)
    np.testing.assert_allclose(heard, 200 + 100 * np.arange(16), atol=1)


@pytest.fixture(scope="module")
def scenes():
    return [random_scene(np.random.default_rng(seed), 1.5, 24_000) for seed in range(3)]


@pytest.mark.parametrize("convention", USUAL, ids=str)
def test_the_convention_of_synthetic_scenes_is_told(scenes, convention):
    for scene in scenes:
        hint = convention_hint(AudioClip(convert(scene, "SN3D", convention.normalisation), 24_000))
        assert hint.likely == convention
        assert next(iter(hint.residuals)) == convention
        assert f"Looks like {convention} (unexplained: {convention} 0." in hint.text


@pytest.mark.parametrize("name", ["eigenmike_rec1.wav", "eigenmike_rec2.wav", "eigenmike_rec4.wav"])
def test_the_convention_of_real_recordings_is_told(shared_data, name):
    clip = open_audio(shared_data / "hoa" / "recordings" / name)
    hint = convention_hint(clip)
    assert hint.likely == AMBIX
    assert hint.residuals[AMBIX] < 0.35
    assert min(hint.residuals[N3D], hint.residuals[FUMA]) > 0.5


def test_what_cannot_be_told_is_called_unclear(shared_data):
    first_order = convention_hint(open_audio(shared_data / "hoa" / "recordings" / "fuma_foa_rec1.ogg"))
    assert first_order.likely is None
    assert first_order.text.startswith("Convention unclear")


def test_noise_that_is_no_scene_fits_no_convention():
    mixed = np.random.default_rng(1).standard_normal((16, 16)) @ NOISE[:16]
    assert convention_hint(AudioClip(mixed / 20, RATE)).likely is None


def test_silence_has_no_convention():
    hint = convention_hint(AudioClip(np.zeros((16, 100)), RATE))
    assert hint.likely is None
    assert not hint.residuals
    assert "Nothing" in hint.text


def test_beyond_the_third_order_fuma_is_not_considered():
    scene = random_scene(np.random.default_rng(5), 1.0, 24_000, order=4)
    assert set(convention_hint(AudioClip(scene, 24_000)).residuals) == {AMBIX, N3D}


def test_the_demo_scene_is_ambix_of_the_third_order():
    clip = open_audio(resource("demo", "scene.ogg"))
    assert (clip.channels, clip.sample_rate) == (16, 44_100)
    assert 5 < clip.duration < 10
    assert convention_hint(clip).likely == AMBIX
    assert resource("demo", "scene.ogg").stat().st_size <= 3_000_000
    assert "scene.ogg" in resource("demo", "PROVENANCE.md").read_text(encoding="utf-8")
