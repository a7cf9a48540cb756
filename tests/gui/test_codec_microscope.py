"""The codebook microscope of the codec tab: other codebooks from the same tokens, and what each adds."""

import numpy as np
from codec_scenes import install_codec
from gui.scenes import controller, decode, show_codec, write_scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from sepstudio.gui.controllers.codec_microscope import CodecMicroscopeController
from sepstudio.separation.codec_results import TOKENS


def ready(window, qtbot):
    show_codec(window, qtbot)
    microscope = controller(window, CodecMicroscopeController)
    qtbot.waitUntil(lambda: microscope.box is not None, timeout=20_000)
    return microscope.box


def test_tokens_are_decoded_with_other_codebooks_and_heard(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 1.0)
    install_codec()

    def scenario(window):
        box = ready(window, qtbot)
        assert box.hint.isVisible()
        first = decode(window, qtbot)
        qtbot.waitUntil(lambda: not box.hint.isVisible(), timeout=20_000)
        assert (box.first.value(), box.first.suffix(), box.without.text()) == (4, " of 4", "none")
        box.first.setFocus()
        QTest.keyClick(box.first, Qt.Key.Key_Down)
        box.without.setValue(2)
        assert box.wish == (3, 2)
        box.without.setValue(4)
        assert not box.decode.isEnabled()
        assert "not among the first 3" in box.decode.toolTip()
        box.without.setValue(2)
        QTest.mouseClick(box.decode, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=60_000)
        second = list(window.session.runs.values())[-1]
        assert (second.params.codebooks, second.params.left_out) == (3, 2)
        matrices = [window.session.matrices(run.id)[TOKENS].values for run in (first, second)]
        np.testing.assert_array_equal(*matrices)
        assert any("earlier run" in note for note in second.provenance["notes"])
        qtbot.waitUntil(lambda: window.player.heard == second.id, timeout=10_000)
        qtbot.waitUntil(lambda: box.without.value() == 2 and box.first.value() == 3, timeout=10_000)
        clips = [window.session.clip(run.stem_ids[0]).read(0, 4000) for run in (first, second)]
        assert not np.allclose(*clips)

    in_studio([path], scenario)


def test_what_each_codebook_adds_is_measured_drawn_and_kept(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 0.6)
    install_codec()

    def scenario(window):
        box = ready(window, qtbot)
        decode(window, qtbot)
        qtbot.waitUntil(box.decode.isEnabled, timeout=20_000)
        QTest.mouseClick(box.measure, Qt.MouseButton.LeftButton)
        assert box.measure.text() == "Stop"
        qtbot.waitUntil(lambda: box.measure.text() == "Measure", timeout=60_000)
        curves = {curve.name: curve for curve in box.curves.plotted()}
        assert [len(curves[name].up) for name in ("first n", "all but n")] == [4, 4]
        # Leaving out the last is decoding those before it.
        assert curves["all but n"].up[3] == curves["first n"].up[2]
        box.kind.setCurrentIndex(1)
        box.kind.activated.emit(1)
        assert box.curves.axis_names[1] == "Mel distance of W"
        assert box.curves.text_of((2,)).startswith("first 2: SI-SDR ")
        line = box.curves.line_at(2.0)
        QTest.mouseClick(box.curves, Qt.MouseButton.LeftButton, pos=QPoint(int(line.left()), int(line.center().y())))
        assert box.wish == (2, 0)
        QTest.mouseClick(box.decode, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=60_000)
        qtbot.waitUntil(lambda: box.first.value() == 2 and box.curves._title == "Decoded 2", timeout=20_000)
        assert len(box.curves.plotted()) == 2

    in_studio([path], scenario)


def test_measuring_is_stopped(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 1.0)
    install_codec()

    def scenario(window):
        box = ready(window, qtbot)
        decode(window, qtbot)
        qtbot.waitUntil(box.decode.isEnabled, timeout=20_000)
        QTest.mouseClick(box.measure, Qt.MouseButton.LeftButton)
        QTest.mouseClick(box.measure, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: box.measure.text() == "Measure", timeout=60_000)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=60_000)
        assert len(box.curves.plotted()) < 2

    in_studio([path], scenario)
