"""Preferences: every setting has a control that acts at once, and what it acts on follows."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton

from sepstudio.gui.preferences.form import SettingsForm
from sepstudio.gui.preferences.window import KEYS, PreferencesWindow
from sepstudio.gui.settings import SETTINGS
from sepstudio.gui.theme import LIGHT, current_palette
from sepstudio.playback.devices import DeviceInfo

RATE = 44100


def preferences(window):
    window.actions_by_id["preferences"].trigger()
    return window.findChild(PreferencesWindow)


def control(dialog, setting_id):
    page = next(setting.page for setting in SETTINGS if setting.id == setting_id)
    dialog.show_page(page)
    form = next(form for form in dialog.findChildren(SettingsForm) if setting_id in form._rows)
    return form.control(setting_id)


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)


def wheel(widget, modifiers):
    where = QPointF(widget.rect().center())
    event = QWheelEvent(
        where, QPointF(widget.mapToGlobal(where.toPoint())), QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton,
        modifiers, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def test_every_setting_has_a_named_control_a_tooltip_and_a_reset(in_studio):
    def scenario(window):
        dialog = preferences(window)
        assert not dialog.isModal()
        pages = [dialog.pages.item(row).text() for row in range(dialog.pages.count())]
        assert pages[-1] == KEYS
        assert "" not in pages
        for setting in SETTINGS:
            if not setting.page:
                continue
            inner = control(dialog, setting.id).focusProxy() or control(dialog, setting.id)
            assert inner.accessibleName() == setting.title
            assert inner.toolTip()
            assert dialog.findChild(object, f"setting.{setting.id}.reset") is not None

    in_studio([], scenario)


def test_a_change_applies_at_once_and_one_elsewhere_shows(in_studio):
    def scenario(window):
        dialog = preferences(window)
        control(dialog, "look/light").click()
        assert window.settings.value("look/light") is True
        assert current_palette() == LIGHT
        assert window.actions_by_id["theme"].isChecked()
        window.actions_by_id["theme"].trigger()
        assert not control(dialog, "look/light").isChecked()
        reset = dialog.findChild(object, "setting.view/follow.reset")
        assert not reset.isVisible()
        control(dialog, "view/follow").click()
        assert reset.isVisible()
        assert not window.timeline.follows_playhead
        reset.click()
        assert window.timeline.follows_playhead
        control(dialog, "view/follow").click()
        window.settings.set("view/wheel", "scroll")
        window.settings.set("compute/preview", 3)
        dialog.findChild(QPushButton, "preferences.look.restore").click()
        assert window.settings.changed_values() == {"compute/preview": 3}

    in_studio([], scenario)


def test_the_wheel_zooms_or_scrolls(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        view = window.tab.mixture.view.viewport()
        ruler = window.tab.stack.ruler
        control_key = Qt.KeyboardModifier.ControlModifier
        window.timeline.set_visible(1.0, 3.0)

        def spans(widget, modifiers):
            before = np.diff(window.timeline.visible).item()
            wheel(widget, modifiers)
            return np.diff(window.timeline.visible).item() / before

        for widget in (view, ruler):
            assert spans(widget, Qt.KeyboardModifier.NoModifier) < 0.9
            assert spans(widget, control_key) == pytest.approx(1.0)
        window.settings.set("view/wheel", "scroll")
        for widget in (view, ruler):
            assert spans(widget, Qt.KeyboardModifier.NoModifier) == pytest.approx(1.0)
            assert spans(widget, control_key) < 0.9

    in_studio([recording], scenario)


def test_methods_get_the_threads_and_the_memory_and_previews_the_length(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.settings.set("compute/memory", 512)
        window.settings.set("compute/threads", 1)
        window.settings.set("compute/preview", 2)
        assert window.workbench.context.memory_budget == 512 * 2**20
        assert window.workbench.context.threads == 1
        assert window.panel.preview.text() == "Preview 2 s"
        assert "2 seconds" in window.panel.preview.toolTip()
        assert window.workbench.preview_span(0) == (0, 2 * RATE)
        window.panel.preview.click()
        qtbot.waitUntil(lambda: len(window.session.runs) == 1, timeout=60_000)
        run = next(iter(window.session.runs.values()))
        assert run.stop - run.start == 2 * RATE

    in_studio([recording], scenario)


def test_spectrograms_begin_as_the_settings_say_and_changed_ones_stay(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.settings.set("spectrogram/scale", "log")
        window.settings.set("spectrogram/range", 50)
        display = window.tab.mixture.display
        assert (display.scale, display.levels) == ("log", (-60.0, -10.0))
        window.tab.mixture.edit_display(scale="linear")
        window.settings.set("spectrogram/colours", "cividis")
        window.settings.set("spectrogram/scale", "mel")
        assert (window.tab.mixture.display.scale, window.tab.mixture.display.colours) == ("linear", "cividis")

    in_studio([recording], scenario)


def test_exports_are_offered_in_the_format_of_the_settings(in_studio, qtbot, recording, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *args: asked.append(args) or ("", ""))

    def scenario(window):
        opened(window, qtbot)
        window.settings.set("files/export", "FLAC, 16 bit (*.flac)")
        window.tab.stems.exportRequested.emit(window.session.current_source.id)
        assert asked[0][-1] == "FLAC, 16 bit (*.flac)"

    in_studio([recording], scenario)


def test_so_many_recent_projects_are_listed(in_studio, tmp_path):
    def scenario(window):
        for number in range(6):
            window.recent.add(tmp_path / f"{number}.sepstudio")
        window.settings.set("files/recent", 3)
        assert [action.text() for action in window.recent.actions()] == ["5", "4", "3"]
        window.settings.set("files/recent", 0)
        assert window.recent.isEmpty()

    in_studio([], scenario)


def test_the_sound_device_is_chosen_from_what_is_there_and_looked_for_again(in_studio, qtbot):
    def scenario(window):
        dialog = preferences(window)
        chooser = control(dialog, "sound/device")
        with qtbot.waitSignal(dialog.scanRequested):
            chooser.scan.click()
        box = DeviceInfo("Box", "ALSA", 2, 48000.0, False)
        window.devices.devicesChanged.emit([box])
        assert [chooser.combo.itemText(n) for n in range(chooser.combo.count())] == ["System default", "Box (ALSA)"]
        chooser.combo.setCurrentIndex(1)
        chooser.combo.activated.emit(1)
        assert window.settings.value("sound/device") == box.key
        window.devices.devicesChanged.emit([])
        assert chooser.combo.currentText() == f"{box.key} (not there)"
        assert window.settings.value("sound/device") == box.key

    in_studio([], scenario)
