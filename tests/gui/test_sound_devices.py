"""The menu of outputs: what it offers, and that a choice is applied and kept."""

import pytest

from sepstudio.gui.controllers import devices as module
from sepstudio.gui.controllers.devices import DeviceController
from sepstudio.playback.devices import DeviceInfo

HALL = DeviceInfo("Hall", "ALSA", 2, 48000.0, True)
BOOTH = DeviceInfo("Booth", "ALSA", 2, 48000.0, False)


@pytest.fixture
def outputs(monkeypatch):
    monkeypatch.setattr(module, "list_devices", lambda: [HALL])


def texts(window):
    menu = window.devices.menu
    menu.aboutToShow.emit()
    return [action.text() for action in menu.actions()]


def test_the_choice_is_applied_kept_and_shown(in_studio, qtbot, outputs):
    def scenario(window):
        assert isinstance(window.devices, DeviceController)
        assert texts(window) == ["System default", "Hall (ALSA)"]
        assert window.devices.menu.actions()[0].isChecked()
        window.devices.menu.actions()[1].trigger()
        assert window.settings.value("sound/device") == "Hall, ALSA"
        assert window.player._transport._wish.device == "Hall, ALSA"
        texts(window)
        assert window.devices.menu.actions()[1].isChecked()

    in_studio([], scenario)

    def next_start(window):
        assert window.player._transport._wish.device == "Hall, ALSA"

    in_studio([], next_start)


def test_a_device_that_is_gone_stays_on_the_list(in_studio, qtbot, outputs):
    def scenario(window):
        window.settings.set("sound/device", "Booth, ALSA")
        assert texts(window)[-1] == "Booth, ALSA (not there)"

    in_studio([], scenario)


def test_looking_again_finds_what_was_plugged_in(in_studio, qtbot, outputs, monkeypatch):
    def scenario(window):
        monkeypatch.setattr(window.player._transport, "rescan", lambda scanned: scanned([HALL, BOOTH]))
        with qtbot.waitSignal(window.devices.devicesChanged) as heard:
            window.actions_by_id["rescan"].trigger()
        assert heard.args == [[HALL, BOOTH]]
        assert texts(window) == ["System default", "Hall (ALSA)", "Booth (ALSA)"]

    in_studio([], scenario)
