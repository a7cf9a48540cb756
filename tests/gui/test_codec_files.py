"""Encoded files of the codec tab: saved, opened beside the scene that they are of, and decoded to files."""

import numpy as np
import pytest
import soundfile
from codec_scenes import RATE, SMALL, install_codec, scene, write_scene
from gui.scenes import show_codec
from tiny_codecs import tiny_codec

from sepstudio.codec.bitstream import read_bitstream, write_bitstream
from sepstudio.errors import UserError


@pytest.fixture
def model(own_home):
    return install_codec()


@pytest.fixture
def recording(tmp_path):
    return write_scene(tmp_path / "scene.wav")


@pytest.fixture
def encoded(tmp_path):
    path = tmp_path / "coded.sepc"
    write_bitstream(path, tiny_codec(SMALL).encode(scene(), RATE))
    return path


def encode(window, qtbot):
    show_codec(window, qtbot)
    qtbot.waitUntil(window.codec.foot.encode.isEnabled, timeout=20_000)
    window.codec.foot.encode.click()
    qtbot.waitUntil(lambda: bool(window.codec.tab.run), timeout=60_000)
    return window.session.runs[window.codec.tab.run]


def choose(monkeypatch, path):
    for name in ("getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(f"sepstudio.gui.dialogs.QFileDialog.{name}", lambda *_, **__: (str(path), ""))


def test_tokens_are_saved_as_far_as_they_were_decoded(in_studio, qtbot, model, recording, tmp_path, monkeypatch):
    path = tmp_path / "saved.sepc"
    choose(monkeypatch, path)

    def scenario(window):
        run = encode(window, qtbot)
        window.actions_by_id["codec-save"].trigger()
        qtbot.waitUntil(lambda: path.exists() and not window.bridge.busy, timeout=20_000)
        tokens = window.session.matrices(run.id)["tokens"].values
        assert np.array_equal(read_bitstream(path).codes, tokens)
        window.codec.tab.decodeRequested.emit(2, 0)
        qtbot.waitUntil(lambda: window.codec.tab.run != run.id, timeout=60_000)
        window.actions_by_id["codec-save"].trigger()
        qtbot.waitUntil(lambda: read_bitstream(path).codebooks == 2, timeout=20_000)
        assert np.array_equal(read_bitstream(path).codes, tokens[:2])
        model.unlink()
        with qtbot.waitSignal(window.bridge.failed, timeout=20_000) as failure:
            window.actions_by_id["codec-save"].trigger()
        error = failure.args[1].error
        assert isinstance(error, UserError)
        assert "Import model" in str(error)

    in_studio([recording], scenario)


def test_an_encoded_file_of_the_scene_becomes_a_condition(in_studio, qtbot, model, recording, encoded):
    def scenario(window):
        show_codec(window, qtbot)
        window.open_paths([encoded])
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        (run,) = window.session.runs.values()
        assert (run.label, run.method, run.stop) == ("coded", "codec", window.session.current_source.length)
        expected = tiny_codec(SMALL).decode(read_bitstream(encoded)).samples
        np.testing.assert_allclose(window.session.clip(run.stem_ids[0]).samples, expected, atol=1e-5)

    in_studio([recording], scenario)


def test_an_encoded_file_alone_is_decoded_to_a_recording(in_studio, qtbot, model, encoded, tmp_path, monkeypatch):
    target = tmp_path / "decoded.wav"
    choose(monkeypatch, target)

    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=60_000)
        source = window.session.current_source
        assert (source.path, source.channels, source.length) == (target, 16, RATE)
        assert window.codec.tab.isVisible()
        found, rate = soundfile.read(target)
        np.testing.assert_allclose(found.T, tiny_codec(SMALL).decode(read_bitstream(encoded)).samples, atol=1e-5)
        assert rate == RATE

    in_studio([encoded], scenario)


def test_a_damaged_file_is_decoded_as_far_as_it_goes(in_studio, qtbot, model, tmp_path):
    recording, path = write_scene(tmp_path / "scene.wav", 2.5), tmp_path / "damaged.sepc"
    write_bitstream(path, tiny_codec(SMALL).encode(scene(2.5), RATE))
    content = bytearray(path.read_bytes())
    content[-40] ^= 0xFF
    path.write_bytes(bytes(content))
    lost = read_bitstream(path, damaged="keep").lost

    def scenario(window):
        show_codec(window, qtbot)
        window.open_paths([path])
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        (run,) = window.session.runs.values()
        frames = sum(stop - start for start, stop in lost)
        assert f"silent where {frames} frames are damaged" in run.provenance["notes"]

    in_studio([recording], scenario)


def test_what_is_no_encoded_file_is_refused(in_studio, qtbot, model, tmp_path):
    path = tmp_path / "noise.sepc"
    path.write_bytes(b"noise" * 100)

    def scenario(window):
        with qtbot.waitSignal(window.bridge.failed, timeout=20_000) as failure:
            window.open_paths([path])
        assert "noise.sepc" in str(failure.args[1].error)

    in_studio([], scenario)


def test_decoded_audio_is_exported(in_studio, qtbot, model, recording, tmp_path, monkeypatch):
    target = tmp_path / "out.wav"
    choose(monkeypatch, target)
    asked = []
    monkeypatch.setattr(
        "sepstudio.gui.dialogs.QFileDialog.getSaveFileName",
        lambda *args: asked.append(args) or (str(target), "WAV, 32-bit float (*.wav)"),
    )

    def scenario(window):
        run = encode(window, qtbot)
        window.settings.set("files/export", "FLAC, 24 bit (*.flac)")
        window.actions_by_id["codec-export"].trigger()
        (_, title, _, formats, first), *_ = asked
        assert title == "Export 16 channels (FLAC holds 8 at most)"
        assert ("CAF" in formats, "FLAC" in formats, first) == (True, False, "")
        qtbot.waitUntil(lambda: target.exists() and not window.bridge.busy, timeout=20_000)
        found, _ = soundfile.read(target, dtype="float32")
        np.testing.assert_array_equal(found.T, window.session.clip(run.stem_ids[0]).samples)

    in_studio([recording], scenario)
