"""``sepstudio codec`` as users call it."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tiny_codecs import TINY, noise, tiny_codec, tiny_codec_file

from sepstudio.cli import main
from sepstudio.codec.bitstream import read_bitstream, write_bitstream
from sepstudio.dsp.ambisonics import convert
from sepstudio.io.audio import read_audio, write_audio
from sepstudio.io.clip import AudioClip
from sepstudio.nn import library

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = TINY.sample_rate
MONO = dataclasses.replace(TINY, channels=1)


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program, with the model that is the default."""
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_codec_file(folder / "hoa-small.safetensors")
    return folder


@pytest.fixture
def scene(tmp_path):
    path = tmp_path / "scene.wav"
    write_audio(path, AudioClip(noise(16, 3001), RATE))
    return path


@pytest.fixture
def encoded(tmp_path):
    path = tmp_path / "scene.sepc"
    write_bitstream(path, tiny_codec().encode(noise(16, 3001), RATE))
    return path


def told(capsys, *arguments):
    """Return exit status, what was printed, and the lines of complaint."""
    code = main(["codec", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def test_a_scene_is_encoded_and_decoded_to_its_length_and_rate(capsys, tmp_path, scene):
    code, out, err = told(capsys, "encode", scene, "-o", tmp_path / "out", "--gain", 0)
    assert (code, out, err) == (0, f"{tmp_path / 'out' / 'scene.sepc'}\n", [])
    codes = read_bitstream(tmp_path / "out" / "scene.sepc")
    assert np.array_equal(codes.codes, tiny_codec().encode(noise(16, 3001), RATE).codes)
    code, out, err = told(capsys, "decode", tmp_path / "out", "-o", tmp_path / "again.wav")
    assert (code, out, err) == (0, f"{tmp_path / 'again.wav'}\n", [])
    clip = read_audio(tmp_path / "again.wav")
    assert (clip.channels, clip.length, clip.sample_rate) == (16, 3001, RATE)
    np.testing.assert_allclose(clip.samples, tiny_codec().decode(codes).samples, atol=1e-5)


@pytest.mark.parametrize("name", ["n3d", "fuma"])
def test_scenes_of_other_conventions_become_ambix(capsys, tmp_path, name):
    own = {"n3d": "N3D", "fuma": "FuMa"}[name]
    samples = convert(noise(16, 2000), "SN3D", own).astype(np.float32)
    write_audio(tmp_path / "a.wav", AudioClip(samples, RATE))
    level = ("--convention", name, "--gain", 0)
    code, _, _ = told(capsys, "encode", tmp_path / "a.wav", "-o", tmp_path / "a.sepc", *level)
    assert code == 0
    codes = read_bitstream(tmp_path / "a.sepc")
    expected = tiny_codec().encode(convert(samples, own, "SN3D").astype(np.float32), RATE)
    assert np.mean(codes.codes == expected.codes) > 0.99
    assert (codes.ordering, codes.normalisation) == ("ACN", "SN3D")


def test_channels_of_higher_orders_are_left_out_and_lower_orders_refused(capsys, tmp_path):
    write_audio(tmp_path / "fourth.wav", AudioClip(noise(25, 2000), RATE))
    write_audio(tmp_path / "first.wav", AudioClip(noise(4, 2000), RATE))
    inputs = (tmp_path / "first.wav", tmp_path / "fourth.wav")
    code, out, err = told(capsys, "encode", *inputs, "-o", tmp_path / "out", "--gain", 0)
    assert (code, out) == (1, f"{tmp_path / 'out' / 'fourth.sepc'}\n")
    assert "first.wav: its 4 channels are Ambisonics of order 1, 16 channels (order 3) are needed" in err[0]
    assert err[1] == "sepstudio: 1 of 2 inputs failed"
    codes = read_bitstream(tmp_path / "out" / "fourth.sepc").codes
    assert np.array_equal(codes, tiny_codec().encode(noise(25, 2000)[:16], RATE).codes)


def test_a_model_for_other_channels_says_so(capsys, tmp_path, scene):
    model = tiny_codec_file(tmp_path / "mono.safetensors", MONO)
    code, _, err = told(capsys, "encode", scene, "-o", tmp_path / "out", "--model", model)
    assert code == 2
    assert "has 16 channels, and this codec takes 1" in err[0]


def test_fewer_codebooks_and_a_gain_are_kept_in_the_file(capsys, tmp_path, scene):
    target = tmp_path / "a.sepc"
    code, out, _ = told(capsys, "encode", scene, "-o", target, "--codebooks", 2, "--gain", -6, "--json")
    facts = json.loads(out)
    assert code == 0
    assert facts == {
        "input": str(scene),
        "status": "done",
        "output": str(target),
        "channels": 16,
        "seconds": 3001 / RATE,
        "codebooks": 2,
        "bits_per_second": 2 * 5 * RATE / 8,
        "size": target.stat().st_size,
        "model": {"name": "tiny", "sha256": tiny_codec().sha256},
    }
    codes = read_bitstream(target)
    assert codes.codebooks == 2
    assert codes.gain == pytest.approx(0.501, abs=1e-3)


def test_a_quiet_scene_is_made_louder_for_the_model_and_as_quiet_again(capsys, tmp_path):
    write_audio(tmp_path / "quiet.wav", AudioClip(0.01 * noise(16, 2000), RATE))
    write_audio(tmp_path / "silent.wav", AudioClip(np.zeros((16, 2000)), RATE))
    inputs = tmp_path / "quiet.wav", tmp_path / "silent.wav"
    assert told(capsys, "encode", *inputs, "-o", tmp_path / "out")[0] == 0
    codes = read_bitstream(tmp_path / "out" / "quiet.sepc")
    assert codes.gain * 0.01 * np.abs(noise(16, 2000)).max() == pytest.approx(0.5, rel=1e-5)
    louder = tiny_codec().encode(noise(16, 2000) * np.float32(0.01 * codes.gain), RATE)
    assert np.mean(codes.codes == louder.codes) > 0.99
    assert np.abs(tiny_codec().decode(codes).samples).max() < 0.05
    # Silence stays silent, whatever a network makes of it.
    assert told(capsys, "decode", tmp_path / "out" / "silent.sepc", "-o", tmp_path / "back.wav")[0] == 0
    assert np.abs(read_audio(tmp_path / "back.wav").samples).max() < 1e-5


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (("--codebooks", 1), {"codebooks": 1}),
        (("--without", 2), {"left_out": 1}),
        (("--codebooks", 2, "--without", 1), {"codebooks": 2, "left_out": 0}),
    ],
)
def test_some_codebooks_alone_are_decoded(capsys, tmp_path, encoded, options, chosen):
    assert told(capsys, "decode", encoded, "-o", tmp_path / "a.wav", *options)[0] == 0
    expected = tiny_codec().decode(read_bitstream(encoded), **chosen).samples
    np.testing.assert_allclose(read_audio(tmp_path / "a.wav").samples, expected, atol=1e-5)


def test_codebooks_that_are_not_there_are_refused(capsys, tmp_path, scene, encoded):
    code, _, err = told(capsys, "encode", scene, "-o", tmp_path / "out", "--codebooks", 4)
    assert (code, "from 1 to 3" in err[0]) == (2, True)
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "out", "--without", 4)
    assert (code, "--without = 4: --without must be one of the 3 codebooks that are decoded, 1 to 3" in err[0]) == (
        2,
        True,
    )
    assert not list(tmp_path.glob("out/*"))


def test_the_model_is_found_by_its_weights_whatever_it_is_called(capsys, tmp_path, shipped, encoded):
    (shipped / "hoa-small.safetensors").rename(shipped / "other.safetensors")
    assert told(capsys, "decode", encoded, "-o", tmp_path / "a.wav")[0] == 0
    (shipped / "other.safetensors").unlink()
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "b.wav")
    assert code == 2
    assert "made these codes and is not installed; import it" in err[0]
    another = tiny_codec_file(tmp_path / "another.safetensors", seed=7)
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "b.wav", "--model", another)
    assert (code, "load the model that made them" in err[0]) == (2, True)


def test_damaged_files_are_errors_or_decoded_as_far_as_they_are_sound(capsys, tmp_path, encoded):
    content = bytearray(encoded.read_bytes())
    content[-1] ^= 1
    encoded.write_bytes(content)
    other = tmp_path / "sound.sepc"
    write_bitstream(other, tiny_codec().encode(noise(16, 3001), RATE))
    code, out, err = told(capsys, "decode", encoded, other, "-o", tmp_path / "out")
    assert (code, out) == (1, f"{tmp_path / 'out' / 'sound.wav'}\n")
    assert "scene.sepc: is damaged" in err[0]
    content += content[-700:]
    long = tiny_codec().encode(noise(16, 30_000), RATE)
    write_bitstream(encoded, long)
    encoded.write_bytes(encoded.read_bytes()[:-200])
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "out")
    assert code == 2
    assert err[0].endswith("decode what is left of it with --keep-damaged")
    code, out, err = told(capsys, "decode", encoded, "-o", tmp_path / "out", "--keep-damaged", "--json")
    facts = json.loads(out)
    assert (code, facts["status"]) == (0, "done")
    ((start, stop),) = facts["lost"]
    assert stop == pytest.approx(30_000 / RATE)
    assert read_audio(tmp_path / "out" / "scene.wav").duration == pytest.approx(start)
    assert f"{start:.2f} to {stop:.2f} s were damaged" in err[0]


@pytest.mark.parametrize(
    ("policy", "status"), [("skip", "skipped"), ("replace", "done"), ("rename", "done"), ("ask", "failed")]
)
def test_files_that_exist_are_treated_as_asked(capsys, tmp_path, scene, policy, status):
    target = tmp_path / "scene.sepc"
    target.write_bytes(b"before")
    code, out, _ = told(capsys, "encode", scene, "-o", target, "--overwrite", policy, "--json")
    facts = json.loads(out)
    assert (code, facts["status"]) == (2 if status == "failed" else 0, status)
    assert (target.read_bytes() == b"before") == (policy != "replace")
    assert (tmp_path / "scene (2).sepc").exists() == (policy == "rename")


def test_several_inputs_cannot_become_one_file(capsys, tmp_path, scene):
    (tmp_path / "more.wav").write_bytes(scene.read_bytes())
    code, _, err = told(capsys, "encode", scene, tmp_path / "more.wav", "-o", tmp_path / "one.sepc")
    assert (code, "a folder when there are several inputs" in err[0]) == (2, True)


def test_folders_are_searched_and_keep_their_shape(capsys, tmp_path, scene):
    inner = tmp_path / "takes" / "first"
    inner.mkdir(parents=True)
    scene.rename(inner / "a.wav")
    assert told(capsys, "encode", tmp_path / "takes", "-o", tmp_path / "out")[0] == 0
    assert (
        told(capsys, "decode", tmp_path / "out", "-o", tmp_path / "back", "--format", "caf", "--subtype", "24")[0] == 0
    )
    assert (tmp_path / "back" / "first" / "a.caf").exists()
    code, _, err = told(capsys, "decode", tmp_path / "takes", "-o", tmp_path / "back")
    assert (code, "holds no .sepc files" in err[0]) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("encode", "nothing.wav", "-o", "out", "--model", "no-such"), "neither an installed model"),
        (("encode", "nothing.wav", "-o", "out"), "does not exist"),
        (("encode", "nothing.wav", "-o", "out", "--gain", "loud"), "neither auto nor a level from -120 to 120 dB"),
        (("encode", "nothing.wav", "-o", "out", "--device", "tpu"), "no such device"),
        (("decode", "nothing.sepc", "-o", "out", "--format", "flac", "--subtype", "float"), "16 or 24 for FLAC"),
        (("decode", "nothing.sepc", "-o", "x.wav", "--format", "caf"), "that of x.wav, or be left out"),
        (("info", "nothing.sepc"), "does not exist"),
    ],
)
def test_what_cannot_work_is_told_in_one_line(capsys, tmp_path, monkeypatch, arguments, why):
    monkeypatch.chdir(tmp_path)
    code, out, err = told(capsys, *arguments)
    assert (code, out, len(err)) == (2, "", 1)
    assert why in err[0]


def test_flac_cannot_hold_sixteen_channels_and_nothing_is_left_of_the_attempt(capsys, tmp_path, encoded):
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "out", "--format", "flac")
    assert (code, "at most 8 channels" in err[0]) == (2, True)
    assert not list((tmp_path / "out").iterdir())
    code, _, err = told(capsys, "decode", encoded, "-o", tmp_path / "scene.flac")
    assert (code, "at most 8 channels, not 16; write .wav" in err[0]) == (2, True)


@pytest.mark.parametrize(("act", "name"), [("decode", "scene.mp3"), ("decode", "scene.sepc"), ("encode", "scene.wav")])
def test_what_looks_like_a_file_of_another_kind_does_not_become_a_folder(capsys, tmp_path, scene, encoded, act, name):
    code, out, err = told(capsys, act, encoded if act == "decode" else scene, "-o", tmp_path / "new" / name)
    assert (code, out) == (2, "")
    assert "must be a folder, or a file whose name ends in" in err[0]
    assert not (tmp_path / "new").exists()


def test_info_tells_rate_convention_model_and_state(capsys, encoded):
    code, out, err = told(capsys, "info", encoded)
    assert (code, err) == (0, [])
    for text in (
        "0.375 s",
        "16, ACN/SN3D",
        "15.000 kbit/s, 0.938 for each",
        "3 of 3 codebooks of 32",
        "hoa-small",
        "sound",
    ):
        assert text in out
    facts = json.loads(told(capsys, "info", encoded, "--json")[1])
    assert (facts["bits_per_second"], facts["frames"], facts["lost"]) == (15000.0, 376, [])
    # By this name it is chosen, whatever its card calls it.
    assert facts["model"] == {"name": "hoa-small", "sha256": tiny_codec().sha256}
    assert facts["network"] == TINY.to_json()


def test_info_of_a_damaged_file_tells_what_is_lost(capsys, tmp_path):
    path = tmp_path / "long.sepc"
    write_bitstream(path, tiny_codec().encode(noise(16, 30_000), RATE))
    path.write_bytes(path.read_bytes()[:-20])
    code, out, err = told(capsys, "info", tmp_path / "absent.sepc", path)
    assert code == 1
    assert "absent.sepc: does not exist" in err[0]
    assert "2.00 to 3.75 s cannot be decoded" in out


def test_a_decoded_scene_is_measured_from_its_file_or_its_codes(capsys, tmp_path, scene, encoded):
    told(capsys, "decode", encoded, "-o", tmp_path / "decoded.wav")
    code, out, err = told(capsys, "evaluate", scene, tmp_path / "decoded.wav", "--json")
    assert (code, err) == (0, [])
    scores = json.loads(out)
    assert scores["mel_distance"] > 0.1
    assert len(scores["si_sdrs"]) == 16
    assert json.loads(told(capsys, "evaluate", scene, encoded, "--json")[1])["mel_distance"] == pytest.approx(
        scores["mel_distance"]
    )
    code, out, _ = told(capsys, "evaluate", scene, scene)
    assert code == 0
    assert "order 3" in out


def test_a_reference_may_have_another_convention_and_more_channels(capsys, tmp_path):
    write_audio(tmp_path / "ambix.wav", AudioClip(noise(16, 3000), RATE))
    samples = convert(noise(25, 3000), "SN3D", "N3D").astype(np.float32)
    samples[:16] = convert(noise(16, 3000), "SN3D", "N3D")
    write_audio(tmp_path / "n3d.wav", AudioClip(samples, RATE))
    files = tmp_path / "n3d.wav", tmp_path / "ambix.wav"
    scores = json.loads(told(capsys, "evaluate", *files, "--convention", "n3d", "--json")[1])
    assert scores["mel_distance"] == pytest.approx(0, abs=1e-5)


def test_what_is_no_pair_is_not_measured(capsys, tmp_path, scene):
    write_audio(tmp_path / "short.wav", AudioClip(noise(16, 2000), RATE))
    code, _, err = told(capsys, "evaluate", scene, tmp_path / "short.wav")
    assert (code, "short.wav: has 2000 samples, and" in err[0]) == (2, True)
    write_audio(tmp_path / "first.wav", AudioClip(noise(4, 3001), RATE))
    code, _, err = told(capsys, "evaluate", tmp_path / "first.wav", scene)
    assert (code, "has 16 channels, and" in err[0]) == (2, True)


def test_help_needs_no_torch(capsys):
    code = "import sys; from sepstudio.cli import main; main(['codec', '--help']); print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.endswith("False\n")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_stopping_leaves_no_file_behind(tmp_path, shipped):
    write_audio(tmp_path / "long.wav", AudioClip(np.tile(noise(16, 8000), (1, 500)), RATE))
    code = (
        "import sys; from pathlib import Path; from sepstudio.nn import library; from sepstudio.cli import main;"
        f"library.resource = lambda *_: Path({str(shipped)!r});"
        f"sys.exit(main(['codec', 'encode', {str(tmp_path / 'long.wav')!r}, '-o', {str(tmp_path / 'out')!r}]))"
    )
    running = subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"OMP_NUM_THREADS": "1"})
    while not (tmp_path / "out").exists():
        time.sleep(0.05)
    time.sleep(1.0)
    running.send_signal(signal.SIGTERM)
    assert running.wait(30) == 128 + signal.SIGTERM
    assert not list((tmp_path / "out").iterdir())
