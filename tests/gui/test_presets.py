"""Presets in the method panel: saved, overwritten, renamed, deleted, carried to another machine; and its wheel."""

import dataclasses

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMessageBox, QScrollArea, QWidget

from sepstudio.gui import theme
from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.widgets.fine_slider import FineSlider
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.presets import user_presets
from sepstudio.session.records import Stem

YES, NO = QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No
MINE = KamParams(harmonic_length=41, iterations=7)


class Menu:
    """The menu beside the presets of a window, worked as a hand does; dialogs are answered beforehand."""

    def __init__(self, window, monkeypatch):
        self.window, self.panel, self.bar = window, window.panel, window.panel.preset_bar
        self._monkeypatch = monkeypatch

    def titles(self):
        return [self.bar.combo.itemText(row) for row in range(self.bar.combo.count())]

    def answer(self, *, name=None, button=YES, file=""):
        self._monkeypatch.setattr(QInputDialog, "getText", lambda *_, **__: (name or "", name is not None))
        self._monkeypatch.setattr(QMessageBox, "question", lambda *_: button)
        for which in ("getOpenFileName", "getSaveFileName"):
            self._monkeypatch.setattr(QFileDialog, which, lambda *_: (str(file), ""))

    def act(self, act):
        self.bar.menu.aboutToShow.emit()
        action = next(a for a in self.bar.menu.actions() if a.data() == act)
        assert action.isEnabled()
        action.trigger()

    def enabled(self):
        self.bar.menu.aboutToShow.emit()
        return {action.data() for action in self.bar.menu.actions() if action.isEnabled() and action.data()}

    def save(self, name, params=MINE):
        self.panel.set_params(params)
        self.answer(name=name)
        self.act("save")


@pytest.fixture
def in_menu(in_studio, monkeypatch):
    def start(scenario):
        in_studio([], lambda window: scenario(Menu(window, monkeypatch)))

    return start


def test_settings_become_a_preset_that_another_window_finds(in_menu):
    def save(menu):
        factory = [preset.title for preset in METHOD.presets]
        assert menu.titles() == factory
        menu.panel.set_params(MINE)
        assert menu.titles() == [*factory, "Custom"]
        menu.save("Long notes")
        assert menu.titles() == [*factory, "", "Long notes"]
        assert menu.bar.combo.currentText() == "Long notes"

    def find(menu):
        assert menu.bar.combo.currentText() == METHOD.presets[0].title
        row = menu.titles().index("Long notes")
        menu.bar.combo.setCurrentIndex(row)
        menu.bar.combo.activated.emit(row)
        assert menu.panel.params == MINE

    in_menu(save)
    in_menu(find)


def test_a_preset_is_overwritten_renamed_and_deleted(in_menu):
    def scenario(menu):
        assert not {"overwrite", "rename", "delete"} & menu.enabled()
        menu.save("One")
        changed = dataclasses.replace(MINE, spatial=False)
        menu.panel.load(changed)
        assert menu.bar.combo.currentText() == "Custom"
        menu.act("overwrite")
        assert menu.bar.combo.currentText() == "One"
        assert [one.params for one in user_presets().presets(METHOD)] == [changed]
        menu.answer(name="Two")
        menu.act("rename")
        assert menu.bar.combo.currentText() == "Two"
        menu.answer(button=NO)
        menu.act("delete")
        assert "Two" in menu.titles()
        menu.answer(button=YES)
        menu.act("delete")
        assert "Two" not in menu.titles()
        assert menu.bar.combo.currentText() == "Custom"
        assert menu.panel.params == changed

    in_menu(scenario)


def test_a_taken_name_replaces_only_when_that_is_wanted(in_menu):
    def scenario(menu):
        menu.save("One")
        menu.panel.set_params(KamParams(iterations=9))
        menu.answer(name="one", button=NO)
        menu.act("save")
        assert user_presets().presets(METHOD)[0].params == MINE
        menu.answer(name="one", button=YES)
        menu.act("save")
        assert [one.params.iterations for one in user_presets().presets(METHOD)] == [9]

    in_menu(scenario)


def test_a_name_of_the_program_is_explained_and_nothing_is_kept(in_menu):
    def scenario(menu):
        menu.save(METHOD.presets[0].title)
        box = menu.window.findChild(ErrorDialog, "error-dialog")
        assert "no preset of the program" in box.informativeText()
        box.close()
        assert user_presets().presets(METHOD) == ()

    in_menu(scenario)


def test_factory_settings_come_back(in_menu):
    def scenario(menu):
        menu.panel.load(MINE)
        menu.act("reset")
        assert menu.panel.params == KamParams()

    in_menu(scenario)


def test_settings_travel_in_a_file(in_menu, tmp_path):
    def scenario(menu):
        menu.panel.load(MINE)
        menu.answer(file=tmp_path / "for a friend")
        menu.act("export")
        assert (tmp_path / "for a friend.json").exists()
        menu.panel.load(KamParams())
        menu.answer(file=tmp_path / "for a friend.json")
        menu.act("import")
        assert menu.panel.params == MINE
        assert menu.bar.combo.currentText() == "for a friend"
        (tmp_path / "bad.json").write_text("{")
        menu.answer(file=tmp_path / "bad.json")
        menu.act("import")
        box = menu.window.findChild(ErrorDialog, "error-dialog")
        assert "no file of presets" in box.informativeText()
        box.close()

    in_menu(scenario)


@pytest.fixture
def panel(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    panel = MethodPanel([METHOD])
    qtbot.addWidget(panel)
    panel.resize(312, 260)
    # Their sliders come later than the panel, and must leave the wheel alone as well.
    panel.set_run(None, [Stem("s", "r", "harmonic", 3, 3)])
    with qtbot.waitExposed(panel):
        panel.show()
    return panel


def roll(widget, notches):
    # Through the window, as the mouse does it: events that are sent to a widget are not passed on to its parents.
    window = widget.window()
    QTest.wheelEvent(window.windowHandle(), widget.mapTo(window, widget.rect().center()), QPoint(0, 120 * notches))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (FineSlider, "param.iterations.slider"),
        (NumberBox, "param.iterations.box"),
        (FineSlider, "take.s.slider"),
        (QWidget, "method.preset"),
    ],
)
def test_the_wheel_scrolls_the_panel_and_steps_what_has_the_focus(panel, qtbot, kind, name):
    scroll = panel.findChild(QScrollArea, "method.scroll")
    control = panel.findChild(kind, name)
    scroll.ensureWidgetVisible(control)
    bar = scroll.verticalScrollBar()
    before, place = (panel.params, panel.takes.row("s").control.value), bar.value()
    panel.setFocus()
    roll(control, 1 if place == bar.maximum() else -1)
    assert (panel.params, panel.takes.row("s").control.value) == before
    assert bar.value() != place
    scroll.ensureWidgetVisible(control)
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    control.setFocus()
    roll(control, -1)
    assert (panel.params, panel.takes.row("s").control.value) != before


def test_a_method_without_presets_lists_those_of_the_user_alone(qtbot):
    bare = dataclasses.replace(METHOD, presets=())
    plain = MethodPanel([bare])
    qtbot.addWidget(plain)
    assert plain.presets.currentText() == "Custom"
    user_presets().save(bare, "Mine", MINE)
    plain.set_own_presets(user_presets().presets(bare))
    plain.load(MINE)
    assert [plain.presets.itemText(row) for row in range(plain.presets.count())] == ["Mine"]
