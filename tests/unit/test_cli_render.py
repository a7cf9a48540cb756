"""``sepstudio render`` as users call it."""

import json

import numpy as np
import pytest

from sepstudio.cli import main
from sepstudio.dsp.ambisonics import convert, encode, rotation_matrix
from sepstudio.dsp.binaural import render, sphere_decoder
from sepstudio.dsp.loudspeakers import LAYOUTS, decoder_matrix
from sepstudio.io.audio import read_audio, write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.wave_masks import channel_mask

RATE = 16000
# Places of the channels of 7.1.4 in WAV files: what is behind comes before what is at the sides.
WAVE = [0, 1, 2, 3, 6, 7, 4, 5, 8, 9, 10, 11]


def noise(channels, length=4001):
    return (0.1 * np.random.default_rng(0).standard_normal((channels, length))).astype(np.float32)


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "scene.wav"
    write_audio(path, AudioClip(noise(16), RATE))
    return path


def told(capsys, *arguments):
    """Return exit status, what was printed, and the lines of complaint."""
    code = main(["render", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def test_a_scene_becomes_7_1_4_by_the_renderer_of_the_ebu(capsys, tmp_path, scene):
    target = tmp_path / "out.wav"
    code, out, err = told(capsys, scene, "--to", "7.1.4", "--decoder", "ebu", "-o", target)
    assert (code, out, err) == (0, f"{target}\n", [])
    feeds = read_audio(target)
    assert feeds.sample_rate == RATE
    expected = decoder_matrix("7.1.4", 3, kind="ebu") @ noise(16)
    np.testing.assert_allclose(feeds.samples, expected[WAVE], atol=1e-6)
    assert channel_mask(target) == 0x2D63F


def test_the_sequence_of_the_layout_comes_without_a_mask(capsys, tmp_path, scene):
    target = tmp_path / "out.wav"
    code, _, _ = told(capsys, scene, "--to", "7.1.4", "--channel-order", "layout", "-o", target)
    assert code == 0
    np.testing.assert_allclose(read_audio(target).samples, decoder_matrix("7.1.4", 3) @ noise(16), atol=1e-6)
    assert channel_mask(target) is None


def test_results_are_told_as_json(capsys, tmp_path, scene):
    options = ("--decoder", "epad", "--max-re", "off", "--lfe", "w", "--order", 2, "--json")
    code, out, _ = told(capsys, scene, "--to", "5.1", "-o", tmp_path / "out", *options)
    facts = json.loads(out)
    assert code == 0
    assert facts["output"] == str(tmp_path / "out" / "scene.wav")
    assert facts["speakers"] == ["M+030", "M-030", "M+000", "LFE1", "M+110", "M-110"]
    assert (facts["order"], facts["decoder"], facts["max_re"], facts["lfe"]) == (2, "epad", False, "w")
    assert facts["channel_mask"] == 0x60F
    assert (facts["channels"], facts["length"], facts["clipped_samples"]) == (6, 4001, 0)
    low, high = facts["level_range_db"]
    assert low < high
    assert 0 < facts["energy_vector"] < 1


def test_a_layout_of_ones_own(capsys, tmp_path, scene):
    room = tmp_path / "room.json"
    speakers = [{"name": f"S{n}", "azimuth": azimuth} for n, azimuth in enumerate((45, 135, -135, -45))]
    room.write_text(json.dumps({"speakers": speakers}))
    code, out, _ = told(capsys, scene, "--to", room, "-o", tmp_path / "out.wav", "--json")
    facts = json.loads(out)
    assert (code, facts["layout"], facts["speakers"], facts["channel_mask"]) == (0, "room", ["S0", "S1", "S2", "S3"], 0)
    assert read_audio(tmp_path / "out.wav").channels == 4


def test_conventions_turns_and_gains(capsys, tmp_path):
    tone = 0.1 * np.sin(np.arange(2000) / 5)
    front = encode(tone, 0.0, 0.0, 3)
    path = tmp_path / "fuma.wav"
    write_audio(path, AudioClip(convert(front, "SN3D", "FuMa"), RATE))
    options = ("--convention", "fuma", "--yaw", 90, "--gain", -6)
    code, _, _ = told(capsys, path, "--to", "7.1.4", "-o", tmp_path / "out.wav", *options)
    assert code == 0
    # The listener looks to the left, so that the front is heard at the right.
    turned = decoder_matrix("7.1.4", 3) @ rotation_matrix(-np.pi / 2, 0, 0, 3) @ front
    feeds = read_audio(tmp_path / "out.wav").samples
    np.testing.assert_allclose(feeds, turned[WAVE] * 10 ** (-6 / 20), atol=1e-6)
    loudest = LAYOUTS["7.1.4"].names[WAVE[int((feeds**2).sum(axis=1).argmax())]]
    assert loudest == "M-090"


def test_two_ears_by_the_spherical_head(capsys, tmp_path, scene):
    target = tmp_path / "ears.wav"
    code, out, _ = told(capsys, scene, "--to", "binaural", "--yaw", 30, "--pitch", -10, "-o", target, "--json")
    facts = json.loads(out)
    assert (code, facts["channels"], facts["head"]) == (0, 2, sphere_decoder(RATE, 3).name)
    expected = render(noise(16), RATE, np.radians(30), np.radians(-10))
    np.testing.assert_allclose(read_audio(target).samples, expected, atol=1e-6)


def test_two_ears_of_a_measured_head(capsys, tmp_path, scene, shared_data):
    sofa = shared_data / "hoa" / "hrtf" / "MIT_KEMAR_normal_pinna.sofa"
    code, out, _ = told(capsys, scene, "--to", "binaural", "--sofa", sofa, "-o", tmp_path / "ears.wav", "--json")
    assert code == 0
    assert "KEMAR" in json.loads(out)["head"]
    assert not np.allclose(read_audio(tmp_path / "ears.wav").samples, render(noise(16), RATE), atol=1e-3)


def test_a_pair_that_does_not_turn_comes_from_the_front_whatever_the_listener_does(capsys, tmp_path):
    path, samples = tmp_path / "with-pair.wav", noise(18)
    write_audio(path, AudioClip(samples, RATE))
    for target in ("5.1", "binaural"):
        code, _, err = told(capsys, path, "--to", target, "--yaw", 90, "-o", tmp_path / f"{target}.wav")
        assert (code, err) == (0, [])
    feeds = decoder_matrix("5.1", 3) @ rotation_matrix(-np.pi / 2, 0, 0, 3) @ samples[:16]
    feeds[:2] += samples[16:]
    np.testing.assert_allclose(read_audio(tmp_path / "5.1.wav").samples, feeds, atol=1e-6)
    ears = render(samples[:16], RATE, np.pi / 2) + samples[16:]
    np.testing.assert_allclose(read_audio(tmp_path / "binaural.wav").samples, ears, atol=1e-6)


def test_what_is_clipped_is_told(capsys, tmp_path, scene):
    arguments = (scene, "--to", "stereo", "-o", tmp_path / "out.flac", "--format", "flac", "--gain", 40)
    code, _, err = told(capsys, *arguments)
    assert code == 0
    assert "were clipped" in err[0]


@pytest.mark.parametrize(("options", "complaint"), [
    (("--to", "9.1"), "--to must be binaural, stereo"),
    (("--to", "none.json"), "none.json: does not exist"),
    (("--to", "5.1", "--decoder", "ebu"), "layout must be 7.1.4"),
    (("--to", "5.1", "--order", "4"), "of order 3, 25 channels (order 4) are needed"),
    (("--to", "5.1", "--order", "9"), "order must be between 0 and 7"),
    (("--to", "5.1", "--sofa", "head.sofa"), "for ears alone"),
    (("--to", "binaural", "--lfe", "w"), "for loudspeakers alone"),
    (("--to", "binaural", "--sofa", "none.sofa"), "none.sofa: does not exist"),
])  # fmt: skip
def test_what_cannot_be_rendered_is_told_in_one_line(capsys, tmp_path, scene, options, complaint):
    target = tmp_path / "out.wav"
    code, out, err = told(capsys, scene, "-o", target, *options)
    assert (code, out, len(err)) == (2, "", 1)
    assert complaint in err[0]
    assert not target.exists()


@pytest.mark.parametrize("channels", [1, 2, 8])
def test_recordings_that_are_no_scenes_are_refused(capsys, tmp_path, channels):
    path = tmp_path / "song.wav"
    write_audio(path, AudioClip(noise(channels), RATE))
    code, _, err = told(capsys, path, "--to", "5.1", "-o", tmp_path / "out.wav")
    assert code == 2
    assert str(path) in err[0]
    assert "Ambisonics" in err[0]


@pytest.mark.parametrize("option", [("--yaw", "left"), ("--yaw", "361"), ("--gain", "nan"), ("--decoder", "magic")])
def test_bad_options_are_refused(capsys, tmp_path, scene, option):
    code, _, err = told(capsys, scene, "--to", "5.1", "-o", tmp_path, *option)
    assert (code, len(err)) == (2, 1)
    assert option[0] in err[0]


def test_one_bad_input_does_not_stop_the_others(capsys, tmp_path, scene):
    bad = tmp_path / "bad.wav"
    bad.write_bytes(b"no sound")
    code, out, err = told(capsys, bad, scene, "--to", "5.1", "-o", tmp_path / "out")
    assert (code, out) == (1, f"{tmp_path / 'out' / 'scene.wav'}\n")
    assert any("bad.wav" in line for line in err)
