"""Levels of loudspeakers on the codec tab: who plays what, at the playhead."""

import numpy as np
from codec_scenes import install_codec
from gui.scenes import RATE, controller, decode, scene, show_codec, write_scene
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from sepstudio.dsp.loudspeakers import LAYOUTS, decoder_matrix
from sepstudio.gui.controllers.codec_feeds import TITLE, CodecFeedController

SECONDS = 2.0


def choose(box, name):
    box.setCurrentIndex(box.findData(name))
    box.activated.emit(box.currentIndex())


def test_loudspeakers_play_what_the_decoder_gives_them(in_studio, qtbot, tmp_path):
    path, x = write_scene(tmp_path / "scene.wav", SECONDS), scene(SECONDS)
    install_codec()

    def scenario(window):
        show_codec(window, qtbot)
        window.codec.tab.lower.choose(TITLE)
        view = controller(window, CodecFeedController).view
        qtbot.waitUntil(lambda: view.picture.filled, timeout=20_000)
        names = LAYOUTS["7.1.4"].names
        # The tone is at the left, then at the right.
        for seconds, loudest in ((0.5, "M+030"), (1.5, "M-030")):
            window.player.seek(seconds)
            qtbot.waitUntil(lambda n=loudest: names[int(np.argmax(view.picture.levels[0]))] == n, timeout=10_000)
        part = x[:, round(1.4 * RATE) : round(1.7 * RATE)].astype(np.float64)
        feeds = decoder_matrix("7.1.4", 3) @ (part - part.mean(axis=1, keepdims=True))
        played = np.delete(np.arange(12), names.index("LFE1"))
        wanted = 10 * np.log10((feeds**2).mean(axis=1)[played])
        np.testing.assert_allclose(view.picture.levels[0][played], wanted, atol=1e-3)
        view.picture.setFocus()
        QTest.keyClick(view.picture, Qt.Key.Key_Right)
        assert view.picture.accessibleDescription().startswith("M+030, azimuth 30°, elevation 0°: reference −")
        choose(view.kinds, "ebu")
        choose(view.layouts, "22.2")
        assert view.kinds.currentData() == "allrad"
        assert len(view.picture.levels[0]) == 24
        assert "low-frequency" in view.picture.text_of((3,))
        decode(window, qtbot)
        qtbot.waitUntil(lambda: len(view.picture.levels) == 2, timeout=20_000)
        assert "decoded" in view.picture.text_of((0,))
        assert list(view.picture.table().columns)[-1] == "decoded_db"
        assert view.picture.figure_source() is not None

    in_studio([path], scenario)
