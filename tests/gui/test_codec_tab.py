"""The codec tab: scenes are opened, encoded, decoded, compared, cut, read otherwise and kept."""

import numpy as np
import pytest
import soundfile
from codec_scenes import RATE, SMALL, install_codec, scene, write_scene
from gui.scenes import show_codec
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QLabel

from sepstudio.gui.codec import models
from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.scoring import task_of
from sepstudio.gui.tabs.codec import CodecTab
from sepstudio.io.hoa import AMBIX, N3D, as_ambix
from sepstudio.nn.library import installed
from sepstudio.project import load_project
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def model(own_home):
    return install_codec()


@pytest.fixture
def recording(tmp_path):
    return write_scene(tmp_path / "scene.wav")


def ready(window, qtbot):
    """Show the tab with a scene and a model in it."""
    show_codec(window, qtbot)
    qtbot.waitUntil(window.codec.foot.encode.isEnabled, timeout=20_000)
    return window.codec


def encode(window, qtbot, button="encode"):
    """Click a button of the foot; returns the run that comes of it."""
    before = set(window.session.runs)
    getattr(window.codec.foot, button).click()
    qtbot.waitUntil(lambda: set(window.session.runs) > before, timeout=60_000)
    (run_id,) = set(window.session.runs) - before
    qtbot.waitUntil(lambda: window.codec.tab.run == run_id, timeout=20_000)
    qtbot.waitUntil(lambda: run_id in window.codec.conditions.rows, timeout=20_000)
    return window.session.runs[run_id]


def press(window, qtbot, key, modifier):
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, key, modifier)


def text_of(window, name):
    return window.findChild(QLabel, name).text()


def test_without_a_scene_and_a_model_the_tab_says_what_to_do(in_studio, qtbot, monkeypatch):
    monkeypatch.setattr(models, "installed", lambda: tuple(one for one in installed() if not one.shipped))

    def scenario(window):
        press(window, qtbot, Qt.Key.Key_2, CTRL)
        assert window.codec.tab.isVisible()
        qtbot.waitUntil(lambda: window.codec.is_complete, timeout=20_000)
        settings = window.codec.settings
        qtbot.waitUntil(settings.problem.isVisible, timeout=20_000)
        assert "No model of the codec is installed" in settings.problem.text()
        assert settings.get.isVisible()
        assert not settings.combo.isVisible()
        assert window.codec.conditions.open.isVisible()
        assert window.codec.conditions.demo.isVisible()
        assert not window.codec.foot.encode.isEnabled()
        assert "Open a scene first" in window.codec.foot.encode.toolTip()
        # A model that comes meanwhile is there when the tab is looked at again.
        install_codec()
        press(window, qtbot, Qt.Key.Key_1, CTRL)
        press(window, qtbot, Qt.Key.Key_2, CTRL)
        qtbot.waitUntil(settings.combo.isVisible, timeout=20_000)
        assert settings.combo.currentText() == "hoa-small"

    in_studio([], scenario)


def test_the_demo_scene_is_one_click_away(in_studio, qtbot, model):
    def scenario(window):
        window.actions_by_id["tab-codec"].trigger()
        qtbot.waitUntil(lambda: window.codec.is_complete, timeout=20_000)
        window.codec.conditions.demo.click()
        codec = ready(window, qtbot)
        assert text_of(window, "codec.scene.facts").startswith("16 channels · order 3")
        assert not codec.conditions.demo.isVisible()
        # Tab goes down the settings as one reads them.
        codec.settings.combo.setFocus()
        QTest.keyClick(codec.settings.combo, Qt.Key.Key_Tab)
        assert window.focusWidget() is codec.settings.rate.codebooks.slider
        assert codec.views.panes["reference"].filled

    in_studio([], scenario)


def test_a_scene_is_encoded_decoded_and_compared(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        assert text_of(window, "codec.scene.facts") == "16 channels · order 3 · 44.1 kHz · 0:01"
        assert text_of(window, "codec.rate.total") == f"{SMALL.bits_per_second() / 1000:.3g} kbps"
        press(window, qtbot, Qt.Key.Key_Return, CTRL)
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        (run,) = window.session.runs.values()
        source = window.session.current_source
        assert (run.method, run.start, run.stop) == ("codec", 0, source.length)
        assert [stem.name for stem in window.session.stems.values()] == ["decoded"]
        error = window.session.clip(run.residual_id).read(0, 100)
        decoded = window.session.clip(run.stem_ids[0]).read(0, 100)
        np.testing.assert_allclose(decoded + error, scene()[:, :100], atol=1e-6)
        # It is a condition here, and no separation there.
        qtbot.waitUntil(lambda: list(codec.conditions.rows) == [source.id, run.id], timeout=20_000)
        assert window.tab.stems.audio_ids == (source.id,)
        assert window.tab.run == ""
        qtbot.waitUntil(lambda: window.player.heard == run.id, timeout=20_000)
        row = codec.conditions.rows[run.id]
        assert row.sides["B"].isChecked()
        press(window, qtbot, Qt.Key.Key_X, Qt.KeyboardModifier.NoModifier)
        assert window.player.heard == source.id
        row.error.click()
        assert window.player.audible() == (run.residual_id,)
        assert row.error.isChecked()
        qtbot.waitUntil(lambda: all(pane.filled for pane in codec.views.panes.values()), timeout=20_000)
        assert [sound.clip.channels for sound in codec.views.panes["difference"].sounds] == [1, 1]

    in_studio([recording], scenario)


def test_fewer_codebooks_only_decode_again(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        first = encode(window, qtbot)
        qtbot.waitUntil(lambda: codec.foot.encode.text() == "Decode", timeout=20_000)
        box = codec.settings.rate.codebooks.box
        box.setFocus()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert text_of(window, "codec.rate.total") == f"{SMALL.bits_per_second(3) / 1000:.3g} kbps"
        qtbot.waitUntil(lambda: text_of(window, "codec.stale").endswith("has other codebooks"), timeout=20_000)
        second = encode(window, qtbot)
        assert second.provenance["notes"][-1] == "tokens of an earlier run"
        assert codec.conditions.rows[second.id].detail.text().endswith("first 3")
        window.codec.tab.decodeRequested.emit(4, 2)
        qtbot.waitUntil(lambda: len(window.session.runs) == 3, timeout=60_000)
        third = list(window.session.runs.values())[-1]
        assert (third.params.codebooks, third.params.left_out) == (4, 2)
        tokens = [window.session.matrices(run.id)["tokens"].values for run in (first, second, third)]
        assert all(np.array_equal(tokens[0], other) for other in tokens)

    in_studio([recording], scenario)


def test_a_selection_is_decoded_at_its_place(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        window.session.stack.push(SetSelection(window.session, Selection(11025, 33075)))
        qtbot.waitUntil(lambda: codec.foot.encode.text() == "Encode selection", timeout=20_000)
        run = encode(window, qtbot)
        assert (run.start, run.stop) == (11025, 33075)
        assert window.session.matrices(run.id)["tokens"].coordinates[1][0] == 0.25
        qtbot.waitUntil(lambda: codec.views.panes["decoded"].filled, timeout=20_000)
        assert codec.views.panes["decoded"].offset_s == 0.25

    in_studio([recording], scenario)


def test_higher_orders_are_cut_and_said_to_be(in_studio, qtbot, model, tmp_path):
    def scenario(window):
        codec = ready(window, qtbot)
        assert codec.conditions.note.text() == "Of 25 channels (order 4) the first 16 are encoded: order 3."
        run = encode(window, qtbot)
        assert window.session.clip(run.stem_ids[0]).channels == 16
        assert window.session.clip(run.residual_id).channels == 16
        assert window.session.current_source.channels == 25

    in_studio([write_scene(tmp_path / "fourth order.wav", channels=25)], scenario)


@pytest.mark.parametrize(("channels", "words"), [(4, "order 1"), (2, "no Ambisonics scene"), (32, "no Ambisonics")])
def test_what_cannot_be_encoded_is_explained(in_studio, qtbot, model, tmp_path, channels, words):
    def scenario(window):
        show_codec(window, qtbot)
        codec = window.codec
        qtbot.waitUntil(lambda: words in codec.conditions.note.text(), timeout=20_000)
        assert not codec.foot.encode.isEnabled()
        assert words in codec.foot.encode.toolTip()
        assert not codec.views.panes["reference"].filled
        press(window, qtbot, Qt.Key.Key_Return, CTRL)
        assert not window.bridge.busy

    in_studio([write_scene(tmp_path / "other.wav", 0.3, channels=channels)], scenario)


def test_a_convention_is_chosen_undone_and_kept(in_studio, qtbot, model, recording, tmp_path, monkeypatch):
    folder = tmp_path / "a scene.sepstudio"
    monkeypatch.setattr("sepstudio.gui.documents.ask_for_project_target", lambda *_: folder)

    def scenario(window):
        codec = ready(window, qtbot)
        encode(window, qtbot)
        source = window.session.current_source
        combo = codec.settings.convention.combo
        combo.setFocus()
        QTest.keyClick(combo, Qt.Key.Key_Down)
        assert window.session.convention(source.id) == N3D
        qtbot.waitUntil(lambda: text_of(window, "codec.stale").endswith("in another convention"), timeout=20_000)
        assert codec.foot.encode.text() == "Encode"
        run = encode(window, qtbot)
        assert run.params.convention == N3D
        shown = codec.tab.clips.of(run.stem_ids[0])
        expected = as_ambix(window.session.clip(run.stem_ids[0]), N3D)
        np.testing.assert_array_equal(shown.read(0, 50), expected.read(0, 50))
        window.actions_by_id["save"].trigger()
        qtbot.waitUntil(lambda: not window.documents.modified, timeout=20_000)
        window.session.stack.undo()
        window.session.stack.undo()
        assert window.session.convention(source.id) == AMBIX
        qtbot.waitUntil(lambda: combo.currentText().startswith("AmbiX"), timeout=20_000)

    in_studio([recording], scenario)
    project = load_project(folder)
    assert list(project.conventions.values()) == [N3D]
    assert [run.method for run in project.runs] == ["codec", "codec"]

    def again(window):
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=20_000)
        codec = ready(window, qtbot)
        qtbot.waitUntil(lambda: len(codec.conditions.rows) == 3, timeout=20_000)
        assert codec.settings.convention.combo.currentData() == N3D
        assert codec.foot.encode.text() == "Decode"

    in_studio([folder], again)


def test_panes_show_the_channels_that_are_chosen(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        pane = codec.views.panes["reference"]
        heard = [pane.sounds[0].clip.read(0, 10)]
        press(window, qtbot, Qt.Key.Key_Right, ALT)
        assert codec.views.choice.currentText() == "Y (ACN 1)"
        heard.append(pane.sounds[0].clip.read(0, 10))
        np.testing.assert_array_equal(np.concatenate(heard), scene()[:2, :10])
        codec.views.choice.choose(tuple(range(4, 9)))
        assert pane.header.title.text() == "reference, order 2"
        assert pane.sounds[0].clip.channels == 5
        # What was looked at is the same clip again, with all that was drawn of it.
        codec.views.choice.choose((1,))
        again = pane.sounds[0].clip
        codec.views.choice.choose((0,))
        codec.views.choice.choose((1,))
        assert pane.sounds[0].clip is again

    in_studio([recording], scenario)


def test_spectrograms_are_exported_from_their_menus_and_by_key(
    in_studio, qtbot, model, recording, tmp_path, monkeypatch
):
    def scenario(window):
        codec = ready(window, qtbot)
        encode(window, qtbot)
        qtbot.waitUntil(lambda: all(pane.settled for pane in codec.views.panes.values()), timeout=20_000)
        exports = next(one for one in window.controllers if isinstance(one, ViewExportController))
        for name, pane in codec.views.panes.items():
            assert pane.header.more.isVisible()
            assert pane.header.more.accessibleName() == "Export what this pane shows"
            menus = [action.menu() for action in exports.export_menu_of(pane).actions() if action.menu()]
            assert [menu.title() for menu in menus] == ["Export picture", "Export data"]
            target = tmp_path / f"{name}.png"
            monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, path=target: (str(path), ""))
            menus[0].actions()[0].trigger()
            qtbot.waitUntil(lambda path=target: path.exists() and not window.bridge.busy, timeout=20_000)
        # Without a pane that was clicked, the key means the first of the tab in view.
        asked = []
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: asked.append(args[2]) or ("", ""))
        window.actions_by_id["export-picture"].trigger()
        assert asked == ["scene reference, W (ACN 0)"]

    in_studio([recording], scenario)


def test_escape_gives_up_a_preview(in_studio, qtbot, model, tmp_path):
    def scenario(window):
        codec = ready(window, qtbot)
        with qtbot.waitSignal(window.bridge.progressed, timeout=20_000):
            codec.foot.preview.click()
        press(window, qtbot, Qt.Key.Key_Escape, Qt.KeyboardModifier.NoModifier)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=20_000)
        assert not window.session.runs
        window.workbench.preview_seconds = 0.25
        run = encode(window, qtbot, "preview")
        assert (run.start, run.stop) == (0, RATE // 4)

    in_studio([write_scene(tmp_path / "long.wav", 20.0)], scenario)


def test_a_model_that_has_another_ones_name_encodes_anew(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        encode(window, qtbot)
        qtbot.waitUntil(lambda: codec.foot.encode.text() == "Decode", timeout=20_000)
        install_codec(seed=1)
        press(window, qtbot, Qt.Key.Key_1, CTRL)
        press(window, qtbot, Qt.Key.Key_2, CTRL)
        qtbot.waitUntil(lambda: codec.foot.encode.text() == "Encode", timeout=20_000)
        run = encode(window, qtbot)
        assert "tokens of an earlier run" not in run.provenance["notes"]

    in_studio([recording], scenario)


def test_a_run_can_be_cancelled(in_studio, qtbot, model, tmp_path):
    def scenario(window):
        ready(window, qtbot)
        with qtbot.waitSignal(window.bridge.progressed, timeout=20_000):
            window.codec.foot.encode.click()
        press(window, qtbot, Qt.Key.Key_Period, CTRL)
        qtbot.waitUntil(lambda: not window.bridge.busy, timeout=20_000)
        assert not window.session.runs

    in_studio([write_scene(tmp_path / "long.wav", 20.0)], scenario)


def test_runs_are_renamed_removed_and_brought_back(in_studio, qtbot, model, recording, monkeypatch):
    def scenario(window):
        codec = ready(window, qtbot)
        run = encode(window, qtbot)
        monkeypatch.setattr("sepstudio.gui.codec.condition_row.QInputDialog.getText", lambda *_, **__: ("low", True))
        actions = {action.text(): action for action in codec.conditions.rows[run.id].context_menu().actions()}
        actions["Rename…"].trigger()
        qtbot.waitUntil(lambda: codec.conditions.rows[run.id].title.text() == "low", timeout=20_000)
        actions["Remove"].trigger()
        qtbot.waitUntil(lambda: run.id not in codec.conditions.rows, timeout=20_000)
        assert not codec.views.panes["decoded"].filled
        window.session.stack.undo()
        qtbot.waitUntil(lambda: run.id in codec.conditions.rows, timeout=20_000)
        qtbot.waitUntil(lambda: codec.views.panes["decoded"].filled, timeout=20_000)

    in_studio([recording], scenario)


def test_the_bench_compares_decoded_scenes_by_what_they_lose(in_studio, qtbot, model, tmp_path):
    def scenario(window):
        ready(window, qtbot)
        run = encode(window, qtbot)
        window.actions_by_id["compare"].trigger()
        bench = next(one for one in window.controllers if isinstance(one, CompareBenchController))
        task = task_of(window.session, run, bench.panel.chosen_version, None)
        qtbot.waitUntil(lambda: bench.scoring.scores(task) is not None, timeout=20_000)
        error, whole = (window.session.clip(name).samples for name in (run.residual_id, run.source_id))
        lost = 10 * np.log10(np.mean(error**2) / np.mean(whole[:16] ** 2))
        assert abs(next(iter(bench.scoring.scores(task).values())) - lost) < 1.5
        bench.panel.wanted.emit("use", (run.id,))
        box = window.findChild(ErrorDialog)
        assert "was encoded and decoded, not separated" in box.text()
        box.close()
        # Nothing of it is to be exported as stems there.
        window.actions_by_id["tab-separation"].trigger()
        window.actions_by_id["export"].trigger()
        assert window.findChild(QLabel, "notice.text").text() == "Nothing of this recording is separated yet."

    in_studio([write_scene(tmp_path / "fourth order.wav", 0.5, channels=25)], scenario)


def test_a_blind_comparison_tells_no_rates(in_studio, qtbot, model, recording):
    def scenario(window):
        codec = ready(window, qtbot)
        encode(window, qtbot)
        window.codec.tab.decodeRequested.emit(1, 0)
        qtbot.waitUntil(lambda: len(codec.conditions.rows) == 3, timeout=60_000)
        bench = next(one for one in window.controllers if isinstance(one, CompareBenchController))
        bench.blind.set_blind(True)
        qtbot.waitUntil(lambda: codec.tab.turns.idle, timeout=20_000)
        rows = list(codec.conditions.rows.values())[1:]
        assert sorted(row.title.text() for row in rows) == sorted(bench.blind.aliases().values())
        assert {row.detail.text() for row in rows} == {""}
        assert not codec.views.panes["decoded"].filled
        bench.blind.set_blind(False)
        qtbot.waitUntil(lambda: codec.views.panes["decoded"].filled, timeout=20_000)

    in_studio([recording], scenario)


def test_a_tab_that_nobody_looks_at_makes_nothing(in_studio, qtbot, recording):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        assert window.findChild(CodecTab).stack.panes == ()
        assert not window.codec.is_complete

    in_studio([recording], scenario)


def test_files_of_scenes_are_read_whatever_they_are(in_studio, qtbot, model, tmp_path):
    paths = [tmp_path / f"scene.{suffix}" for suffix in ("caf", "rf64")]
    for path, kind in zip(paths, ("CAF", "RF64"), strict=True):
        soundfile.write(path, scene(0.3).T, RATE, "PCM_24", format=kind)

    def scenario(window):
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=20_000)
        ready(window, qtbot)
        assert [source.channels for source in window.session.sources.values()] == [16, 16]
        assert encode(window, qtbot).source_id == window.session.current_source.id

    in_studio(paths, scenario)


def test_a_and_b_are_of_the_runs_that_the_tab_lists(in_studio, qtbot, model, recording):
    def scenario(window):
        ready(window, qtbot)
        run = encode(window, qtbot)
        source = window.session.current_source.id
        assert window.player.pair == (source, run.id)
        assert window.bar.sides["B"].accessibleName() == "Hear B: Decoded 1"
        window.player.set_pair(run.id, run.residual_id)
        assert window.bar.sides["B"].accessibleName() == "Hear B: coding error of Decoded 1"
        window.player.set_pair("", "")
        # Separation lists no decoded scenes: there is nothing to compare there, nor a stem for a digit.
        window.actions_by_id["tab-separation"].trigger()
        window.player.hear(source)
        assert window.player.pair == (source, source)
        assert window.player.stems_in_reach() == ()
        # On the tab of models it stays as it was.
        window.actions_by_id["tab-codec"].trigger()
        window.actions_by_id["tab-models"].trigger()
        assert window.player.pair == (source, run.id)

    in_studio([recording], scenario)
