"""Methods of other packages in the window: a page of their own, runs, and one line where something is missing."""

import sys

import plug_ins
import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QPushButton

from sepstudio import cli
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation import registry

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def plugged(tmp_path, monkeypatch):
    folder = plug_ins.install_halver(tmp_path / "site")
    monkeypatch.syspath_prepend(str(folder))
    plug_ins.forget()
    yield
    sys.modules.pop("halver", None)
    plug_ins.forget()


@pytest.fixture
def packages(monkeypatch, one_thread, tmp_path):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    plug_ins.with_packages(monkeypatch)
    yield
    plug_ins.unload()


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)


def pick(window, qtbot, method):
    button = window.panel.findChild(QPushButton, f"method.choose.{method}")
    qtbot.mouseClick(button, LEFT)
    assert window.panel.spec.id == method
    window.panel.form.complete()


def separated(window, qtbot):
    qtbot.mouseClick(window.panel.separate, LEFT)
    qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: not window.bridge.busy, timeout=30_000)
    (run,) = window.session.runs.values()
    return run, {window.session.stems[stem].name for stem in run.stem_ids}


def test_a_method_of_somebody_else_has_its_page_and_runs(plugged, in_studio, recording, qtbot):
    def scenario(window):
        opened(window, qtbot)
        pick(window, qtbot, "halver")
        box = window.panel.form.findChild(NumberBox, "param.share.box")
        box.setValue(0.25)
        run, stems = separated(window, qtbot)
        assert (run.method, run.params.share, stems) == ("halver", 0.25, {"part", "rest"})

    in_studio([recording], scenario)


def test_a_project_opens_where_the_package_is_missing(plugged, in_studio, recording, tmp_path, monkeypatch, qtbot):
    project = tmp_path / "song.sepstudio"
    command = ["separate", "halver", str(recording), "-o", str(tmp_path / "out"), "--project", str(project)]
    assert cli.main(command) == 0
    sys.modules.pop("halver")
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != str(tmp_path / "site")])
    monkeypatch.setattr(registry, "entry_points", lambda **_: [])
    plug_ins.forget()

    def scenario(window):
        opened(window, qtbot)
        (run,) = window.session.runs.values()
        assert run.method == "halver"
        assert window.panel.findChild(QPushButton, "method.choose.halver") is None
        assert run.params == {"share": 0.5}
        part = next(stem for stem in run.stem_ids if window.session.stems[stem].name == "part")
        assert window.session.clip(part).length == window.session.current_source.length
        assert window.findChild(ErrorDialog) is None

    in_studio([project], scenario)


def test_demucs_separates_in_the_window(packages, in_studio, tmp_path, rng, qtbot):
    recording = tmp_path / "short.wav"
    soundfile.write(recording, rng.uniform(-0.5, 0.5, (plug_ins.RATE, 2)), plug_ins.RATE, "FLOAT")
    path = plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th")

    def scenario(window):
        opened(window, qtbot)
        pick(window, qtbot, "demucs")
        line = window.panel.form.findChild(QLineEdit, "param.model.edit")
        line.setText(str(path))
        line.editingFinished.emit()
        run, stems = separated(window, qtbot)
        # What is left over has a row of its own in any run.
        assert stems == set(plug_ins.SOURCES)
        assert run.params.model == str(path)

    in_studio([recording], scenario)


def test_weights_that_were_not_fetched_are_told_in_the_window(packages, in_studio, recording, qtbot):
    def scenario(window):
        opened(window, qtbot)
        pick(window, qtbot, "openunmix")
        qtbot.mouseClick(window.panel.separate, LEFT)
        qtbot.waitUntil(lambda: window.findChild(ErrorDialog) is not None, timeout=30_000)
        told = window.findChild(ErrorDialog)
        assert "umxl (CC BY-NC-SA 4.0, not for commercial use)" in told.text()
        assert "openunmix.umxl()" in told.informativeText()
        told.reject()
        assert window.session.runs == {}

    in_studio([recording], scenario)
