"""The page of the method with networks: models, instruments, runs, and what is said where a model is missing."""

import numpy as np
import pytest
from gui.gestures import arrived
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QComboBox, QFileDialog
from tiny_models import INSTRUMENTS, tiny_model

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.panels.model_editor import OTHER
from sepstudio.gui.panels.networks_page import NetworksPage
from sepstudio.nn.library import delete_model, own_folder
from sepstudio.separation.phase_dnn import METHOD, Instruments, PhaseDnnParams

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def models(own_home):
    """Models in the folder of the user: the default one, and one that only finds bass and drums."""
    own_folder().mkdir(parents=True)
    tiny_model(own_folder() / "phase-small.safetensors")
    tiny_model(own_folder() / "rhythm.safetensors", ("bass", "drums"))
    return own_folder()


@pytest.fixture
def page(qtbot, models):
    made = NetworksPage(METHOD)
    qtbot.addWidget(made)
    made.show()
    return made


def texts(combo):
    return [combo.itemText(index) for index in range(combo.count()) if combo.itemText(index)]


def choose(combo, text):
    index = combo.findText(text)
    combo.setCurrentIndex(index)
    combo.activated.emit(index)


def tick(qtbot, box):
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    arrived(window)
    qtbot.mouseClick(window.panel.chooser.buttons["dnn"], Qt.MouseButton.LeftButton)
    window.panel.form.complete()
    return window.panel.page


def test_the_models_at_hand_are_listed_with_their_cards(page):
    combo = page.models.combo
    assert texts(combo)[-1] == OTHER
    assert "rhythm" in texts(combo)
    assert combo.currentText() == "phase-small (default)"
    tip = combo.itemData(combo.findText("rhythm"), Qt.ItemDataRole.ToolTipRole)
    for part in ("bass, drums", "CC0 1.0", "SHA-256", "44100 Hz"):
        assert part in tip
    assert page.models.boxes.instruments == page.models.boxes.chosen == INSTRUMENTS
    assert page.models.problem.isHidden()
    assert page.preset_bar.combo.currentText() == "Small, amplitude and phase"


def test_another_model_has_other_instruments(page, qtbot):
    with qtbot.waitSignal(page.paramsChanged) as told:
        choose(page.models.combo, "rhythm")
    assert told.args == [PhaseDnnParams(model="rhythm")]
    assert page.models.boxes.chosen == ("bass", "drums")
    assert page.models.rest.isVisible()


def test_ticks_say_which_instruments_become_stems(page, qtbot):
    boxes = page.models.boxes
    assert not page.models.rest.isVisible()
    for name in ("drums", "other"):
        tick(qtbot, boxes.box(name))
    assert page.params.instruments == Instruments(("bass", "vocals"))
    assert page.models.rest.isVisible()
    tick(qtbot, boxes.box("bass"))
    assert not boxes.box("vocals").isEnabled()
    for name in ("bass", "drums", "other"):
        tick(qtbot, boxes.box(name))
    assert page.params == PhaseDnnParams()


def test_parameters_of_a_run_are_shown(page):
    page.set_params(PhaseDnnParams(model="rhythm", instruments=Instruments(("drums",)), iterations=3))
    assert page.models.combo.currentText() == "rhythm"
    assert page.models.boxes.chosen == ("drums",)
    assert page.params.iterations == 3


def test_a_model_from_any_file(page, tmp_path, monkeypatch):
    path = tiny_model(tmp_path / "mine.safetensors", ("vocals",))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    choose(page.models.combo, OTHER)
    assert page.params.model == str(path)
    assert page.models.combo.currentText() == "mine.safetensors"
    assert page.models.boxes.instruments == ("vocals",)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    choose(page.models.combo, OTHER)
    assert page.models.combo.currentText() == "mine.safetensors"


def test_a_file_that_is_no_model_is_told(page, tmp_path, monkeypatch):
    path = tmp_path / "song.safetensors"
    path.write_bytes(b"RIFF" + bytes(100))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    choose(page.models.combo, OTHER)
    assert "is no checkpoint" in page.models.problem.text()
    assert page.models.problem.isVisible()
    assert page.models.boxes.instruments == ()


def test_models_that_come_and_go_are_seen_when_the_page_is(page, models):
    page.hide()
    tiny_model(models / "new.safetensors")
    delete_model("phase-small")
    page.show()
    assert "new" in texts(page.models.combo)


def test_a_missing_model_is_named(page):
    page.set_params(PhaseDnnParams(model="gone"))
    assert page.models.combo.currentText() == "gone"
    assert "gone" in page.models.problem.text()
    assert "rhythm" in page.models.problem.text()


def test_separating_in_the_window(models, recording, in_studio, qtbot):
    """Preview and whole, some instruments and all: stems in their colours, the device told, nothing lost."""

    def scenario(window):
        page = opened(window, qtbot)
        assert window.panel.chooser.buttons["dnn"].text() == "Networks"
        assert not page.made.isVisible()
        choose(page.models.combo, "phase-small (default)")
        qtbot.mouseClick(window.panel.preview, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        arrived(window)
        first = next(iter(window.session.runs.values()))
        assert [window.session.stems[one].name for one in first.stem_ids] == list(INSTRUMENTS)
        assert page.made.isVisible()
        assert "Run 1 was computed on cpu" in page.made.text()
        assert not window.panel.is_stale
        for name in ("drums", "other"):
            tick(qtbot, page.models.boxes.box(name))
        assert window.panel.is_stale
        qtbot.mouseClick(window.panel.separate, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: len(window.session.runs) == 2, timeout=60_000)
        arrived(window)
        second = list(window.session.runs.values())[-1]
        names = [window.session.stems[one].name for one in second.stem_ids]
        assert names == ["bass", "vocals", "rest"]
        source = window.session.current_source
        total = sum(window.session.clip(one).read(0, source.length) for one in second.stem_ids)
        np.testing.assert_allclose(total, window.session.clip(source.id).read(0, source.length), atol=1e-6)
        assert second.provenance["model_hash"]
        assert [one.path for one in window.desk.workbench.context.models.loaded()]

    in_studio([recording], scenario)


def test_a_run_without_its_model_fails_and_says_why(own_home, recording, in_studio, qtbot):
    def scenario(window):
        page = opened(window, qtbot)
        page.load(PhaseDnnParams(model="gone"))
        qtbot.mouseClick(window.panel.preview, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None, timeout=20_000)
        assert "gone" in window.findChild(ErrorDialog).text()
        window.findChild(ErrorDialog).close()

    in_studio([recording], scenario)


def test_every_control_has_a_name_and_a_tooltip(page):
    for box in (page.models.combo, *(page.models.boxes.box(name) for name in INSTRUMENTS)):
        assert box.objectName()
        assert box.accessibleName()
        assert box.toolTip()
    assert isinstance(page.models.combo, QComboBox)
