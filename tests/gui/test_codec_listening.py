"""How scenes are heard in the window: the fold, the meters of their channels, matched levels."""

import numpy as np
import pytest
from gui.scenes import controller, scene, show_codec, write_scene
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from sepstudio.gui.controllers.codec_listening import CodecListeningController
from sepstudio.playback.folds import scene_fold
from sepstudio.playback.spatial import Binaural


def lane(window, key="source-1"):
    return {lane.key: lane for lane in window.player._transport._wish.lanes}[key]


def listening(window):
    return controller(window, CodecListeningController)


def heard_binaurally(window):
    return isinstance(lane(window).rendering, Binaural)


def test_a_scene_is_heard_binaurally_and_another_choice_is_kept(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav")

    def first(window):
        show_codec(window, qtbot)
        box = listening(window).box
        # As soon as the ears are made.
        qtbot.waitUntil(lambda: heard_binaurally(window), timeout=20_000)
        assert box.fold.currentText() == "Binaural, for headphones"
        assert box.head.isVisible()
        for name in ("cardioids", "omni"):
            QTest.keyClick(box.fold, Qt.Key.Key_Down)
            assert lane(window).rendering == scene_fold(16, name)
            assert not box.head.isVisible()

    def later(window):
        show_codec(window, qtbot)
        assert lane(window).rendering == scene_fold(16, "omni")
        assert listening(window).box.fold.currentText() == "W only"
        window.settings.set("sound/fold", "cardioids")
        assert lane(window).rendering == scene_fold(16)
        assert listening(window).box.fold.currentText() == "Stereo from W and Y"
        window.settings.set("sound/fold", "binaural")
        qtbot.waitUntil(lambda: heard_binaurally(window), timeout=20_000)

    in_studio([path], first)
    in_studio([path], later)


def test_stereo_is_not_folded_as_a_scene(in_studio, qtbot, recording):
    def scenario(window):
        show_codec(window, qtbot)
        assert lane(window).rendering is None
        box = listening(window).box
        assert box.hint.isVisible()
        assert not box.meters.isVisible()

    in_studio([recording], scenario)


def test_meters_show_each_channel_at_what_is_heard(in_studio, qtbot, tmp_path):
    # So long that the tone is still at the left where a busy machine looks a second late.
    path = write_scene(tmp_path / "scene.wav", seconds=12.0)
    samples = scene(seconds=12.0)

    def scenario(window):
        show_codec(window, qtbot)
        meters = listening(window).box.meters
        assert meters.levels == (-60.0,) * 16
        window.actions_by_id["play"].trigger()
        qtbot.waitUntil(lambda: window.player.position > 20_000, timeout=20_000)
        shown = np.array(meters.levels)
        window.actions_by_id["play"].trigger()
        peaks = 20 * np.log10(np.abs(samples[:, :40_000]).max(axis=1))
        # The tone is at the left at first: little in X, as much in Y as in W.
        np.testing.assert_allclose(shown[:2], peaks[:2], atol=3.0)
        assert shown[1] > shown[3] + 3
        text = meters.text_of(1)
        assert text.startswith("Y (ACN 1), order 1: RMS")
        column = meters._column(1).center().toPoint()
        QTest.mouseMove(meters, QPoint(2, 2))
        QTest.mouseMove(meters, column)
        qtbot.waitUntil(lambda: meters.index == 1)
        assert listening(window).box.told.text().startswith("Y (ACN 1)")
        assert meters.accessibleDescription().startswith("Y (ACN 1)")

    in_studio([path], scenario)


def test_bars_are_read_with_the_keys(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav", 0.5, order=4)

    def scenario(window):
        show_codec(window, qtbot)
        meters = listening(window).box.meters
        assert len(meters.levels) == 25
        meters.setFocus()
        for _ in range(17):
            QTest.keyClick(meters, Qt.Key.Key_Right)
        assert meters.index == 16
        assert listening(window).box.told.text() == "ACN 16, order 4: below −60 dB"
        before = window.player.position
        QTest.keyClick(meters, Qt.Key.Key_Left)
        assert (meters.index, window.player.position) == (15, before)

    in_studio([path], scenario)


def test_matched_levels_are_those_of_the_fold(in_studio, qtbot, tmp_path):
    path = write_scene(tmp_path / "scene.wav")

    def scenario(window):
        show_codec(window, qtbot)
        window.settings.set("sound/fold", "cardioids")
        match = window.player.levels_match
        match.set_on(True)
        folds = lambda: {key[3] for key in match._measured}  # noqa: E731
        qtbot.waitUntil(lambda: folds() == {scene_fold(16)}, timeout=20_000)
        window.settings.set("sound/fold", "omni")
        both = {scene_fold(16), scene_fold(16, "omni")}
        qtbot.waitUntil(lambda: folds() == both, timeout=20_000)
        levels = {key[3]: value for key, value in match._measured.items()}
        # The tone passes from one side to the other: W from both loudspeakers is louder.
        assert levels[scene_fold(16, "omni")] > levels[scene_fold(16)] + 0.5
        assert match.gain_db("source-1") == pytest.approx(0.0)

    in_studio([path], scenario)
