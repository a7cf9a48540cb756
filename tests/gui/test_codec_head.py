"""The head that hears scenes: turned by the mouse, keys and trackers, with the ears of a sphere or of a file."""

import socket
import struct

import h5py
import numpy as np
import pytest
import soundfile
from gui.scenes import controller, scene, show_codec, write_scene
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from sepstudio.dsp.ambisonics import quadrature
from sepstudio.dsp.binaural import SPHERE_NAME, render
from sepstudio.dsp.sphere_hrtf import sphere_responses
from sepstudio.gui.codec.head_dial import HeadDial
from sepstudio.gui.codec.head_text import head_text
from sepstudio.gui.controllers.codec_listening import CodecListeningController
from sepstudio.playback.head import FRONT, Orientation
from sepstudio.playback.spatial import Binaural

WAIT = 20_000
SAVE, OPEN = (f"sepstudio.gui.dialogs.QFileDialog.get{which}FileName" for which in ("Save", "Open"))


def degrees(*angles):
    return pytest.approx(angles, abs=1e-6)


@pytest.fixture
def dial(qtbot):
    widget = HeadDial()
    qtbot.addWidget(widget)
    widget.resize(232, widget.sizeHint().height())
    widget.show()
    return widget


def drag(widget, start, *ways):
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start.toPoint())
    for way in ways:
        QTest.mouseMove(widget, way.toPoint())
    QTest.mouseRelease(widget, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, ways[-1].toPoint())


def test_the_nose_follows_the_pointer_round(dial):
    centre = dial._place(0).center()
    told = []
    dial.turned.connect(told.append)
    drag(dial, centre + QPointF(0, -30), centre + QPointF(-30, -30), centre + QPointF(-30, 0))
    assert dial.orientation.degrees == pytest.approx((90, 0, 0), abs=4)
    assert told[-1] is dial.orientation
    assert dial.accessibleDescription() == head_text(dial.orientation)
    # Let go, the head stays.
    QTest.mouseMove(dial, centre.toPoint() + QPoint(0, 30))
    assert dial.orientation is told[-1]
    QTest.mouseDClick(dial, Qt.MouseButton.LeftButton)
    assert dial.orientation == FRONT


def test_the_gaze_is_drawn_up_and_the_head_tilted(dial):
    centre = dial._place(1).center()
    drag(dial, centre, centre + QPointF(0, -20), centre + QPointF(15, -20))
    assert dial.orientation.degrees == pytest.approx((0, -20, 15), abs=1.5)
    drag(dial, centre, centre + QPointF(0, -400))
    assert dial.orientation.degrees[1] == pytest.approx(-90)


def test_arrow_keys_turn_in_steps(dial):
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Up):
        QTest.keyClick(dial, key)
    QTest.keyClick(dial, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert dial.orientation.degrees == degrees(10, -5, 5)
    assert head_text(dial.orientation) == "10° left, 5° up, 5° tilted right"
    QTest.keyClick(dial, Qt.Key.Key_Home)
    assert head_text(dial.orientation) == "Straight ahead"


def box_of(window):
    return controller(window, CodecListeningController).box


def test_actions_turn_the_head_that_is_heard_and_exported(in_studio, qtbot, tmp_path, monkeypatch):
    path = write_scene(tmp_path / "scene.wav", 1.0)

    def scenario(window):
        show_codec(window, qtbot)
        lanes = lambda: window.player._transport._wish.lanes  # noqa: E731
        qtbot.waitUntil(lambda: isinstance(lanes()[0].rendering, Binaural), timeout=WAIT)
        head = lanes()[0].rendering.head
        for name in ("head-left", "head-left", "head-up", "head-tilt-right"):
            window.actions_by_id[name].trigger()
        assert head.orientation.degrees == degrees(20, -10, 10)
        assert box_of(window).head.told.text() == "20° left, 10° up, 10° tilted right"
        assert box_of(window).head.dial.orientation == head.orientation
        # The hand on the dial turns the same head.
        box_of(window).head.dial.setFocus()
        QTest.keyClick(box_of(window).head.dial, Qt.Key.Key_Right)
        assert head.orientation.degrees == degrees(15, -10, 10)
        target = tmp_path / "heard.wav"
        monkeypatch.setattr(SAVE, lambda *_, **__: (str(target), "WAV, 32-bit float (*.wav)"))
        window.actions_by_id["export-heard"].trigger()
        window.actions_by_id["head-front"].trigger()
        assert head.orientation == FRONT
        assert lanes()[0].rendering.head is head
        qtbot.waitUntil(lambda: target.exists() and not window.bridge.busy, timeout=WAIT)
        written, rate = soundfile.read(target)
        expected = render(scene(1.0), rate, *np.radians([15, -10, 10]), lanes()[0].rendering.decoder)
        np.testing.assert_allclose(written.T, expected, atol=1e-5)

    in_studio([path], scenario)


def write_ears(path):
    """Write the ears of a larger sphere as a SOFA file."""
    azimuth, elevation, _ = quadrature(4)
    responses = sphere_responses(azimuth, elevation, np.arange(129) * 48000 / 256, radius=0.1)
    impulses = np.roll(np.fft.irfft(responses), 100, axis=2).swapaxes(0, 1)
    with h5py.File(path, "w") as file:
        file.attrs.update({"Conventions": "SOFA", "DataType": "FIR", "ListenerShortName": "Large head"})
        file["Data.IR"], file["Data.SamplingRate"] = impulses, [48000.0]
        places = np.degrees(np.stack([azimuth, elevation, np.full_like(azimuth, np.pi / 180)], axis=1))
        file["SourcePosition"] = places
        file["SourcePosition"].attrs.update({"Type": "spherical", "Units": "degree, degree, metre"})
    return path


def test_ears_of_a_file_are_heard_and_a_file_without_ears_is_refused(in_studio, qtbot, tmp_path, monkeypatch):
    path, ears = write_scene(tmp_path / "scene.wav", 0.5), write_ears(tmp_path / "large.sofa")
    other = tmp_path / "no.sofa"
    other.write_bytes(b"no ears")

    def decoder(window):
        (lane,) = window.player._transport._wish.lanes
        return lane.rendering.decoder if isinstance(lane.rendering, Binaural) else None

    def name(window):
        return decoder(window).name if decoder(window) is not None else ""

    def choose(window, file):
        monkeypatch.setattr(OPEN, lambda *_, **__: (str(file), ""))
        combo = box_of(window).head.ears
        combo.activated.emit(combo.count() - 1)

    def scenario(window):
        show_codec(window, qtbot)
        qtbot.waitUntil(lambda: name(window) == SPHERE_NAME, timeout=WAIT)
        choose(window, ears)
        qtbot.waitUntil(lambda: name(window) == "Large head", timeout=WAIT)
        assert box_of(window).head.ears.currentText() == "large"
        assert decoder(window).sample_rate == 44100
        assert window.settings.value("sound/ears") == str(ears)
        with qtbot.waitSignal(window.bridge.failed, timeout=WAIT) as failure:
            choose(window, other)
        assert "no SOFA file" in str(failure.args[1].error)
        qtbot.waitUntil(lambda: name(window) == SPHERE_NAME, timeout=WAIT)
        assert box_of(window).head.ears.currentText() == "Ears of a sphere"
        assert window.settings.value("sound/ears") == ""

    in_studio([path], scenario)


def send(port, address, *numbers):
    tags = "," + "f" * len(numbers)
    data = b"".join(text.encode().ljust(len(text) // 4 * 4 + 4, b"\0") for text in (address, tags))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(data + struct.pack(f">{len(numbers)}f", *numbers), ("127.0.0.1", port))


def follow_tracker(window):
    """Follow a tracker at a port that nobody takes meanwhile, and return it."""
    window.actions_by_id["head-tracker"].trigger()
    for _ in range(10):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        window.settings.set("sound/tracker-port", port)
        if window.head.tracker.port == port:
            break
    return port


def test_a_tracker_turns_the_head_while_it_is_followed(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 1.0)

    def scenario(window):
        show_codec(window, qtbot)
        folding, box = window.player.folding, box_of(window)
        angles = lambda: np.round(folding.orientation.degrees, 3).tolist()  # noqa: E731
        assert window.head.tracker.port == 0
        port = follow_tracker(window)
        assert window.head.tracker.port == port
        assert box.head.told.text() == f"No tracker at port {port} yet"
        send(port, "/ypr", 30.0, -10.0, 5.0)
        qtbot.waitUntil(lambda: angles() == [30, -10, 5], timeout=WAIT)
        assert box.head.told.text() == "30° left, 10° up, 5° tilted right"
        window.settings.set("sound/tracker-yaw", True)
        send(port, "/head/yaw", 20.0)
        qtbot.waitUntil(lambda: angles() == [-20, -10, 5], timeout=WAIT)
        # From now on, this is straight ahead.
        window.actions_by_id["head-front"].trigger()
        send(port, "/yaw", 50.0)
        qtbot.waitUntil(lambda: angles() == [-30, -10, 5], timeout=WAIT)
        send(port, "no address")
        qtbot.waitUntil(lambda: "No OSC at port" in box.head.told.text(), timeout=WAIT)
        window.settings.set("sound/tracker", False)
        assert window.head.tracker.port == 0
        assert not window.actions_by_id["head-tracker"].isChecked()
        assert box.head.told.text() == "30° right, 10° up, 5° tilted right"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            window.settings.set("sound/tracker-port", taken.getsockname()[1])
            window.settings.set("sound/tracker", True)
            assert "cannot be used" in box.head.told.text()

    in_studio([path], scenario)


def test_what_the_dial_shows_is_painted(dial):
    def picture(*angles):
        dial.set_orientation(Orientation.of_degrees(*angles))
        return dial.grab().toImage()

    front = picture(0, 0, 0)
    assert front == picture(0, 0, 0)
    assert front not in (picture(40, 0, 0), picture(0, 40, 0), picture(0, 0, 40))
