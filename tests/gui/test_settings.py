"""The table of settings: types, bounds, what is stored, and what bad stored values do."""

import logging

import pytest
from PySide6.QtCore import QSettings

from sepstudio.errors import ParameterError
from sepstudio.gui.settings import SETTINGS, Settings


@pytest.fixture
def store(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def reopened(store):
    store.sync()
    return QSettings(store.fileName(), QSettings.Format.IniFormat)


def test_the_table_accepts_its_own_defaults(qapp, store):
    settings = Settings(store)
    assert len({setting.id for setting in SETTINGS}) == len(SETTINGS)
    for setting in settings.table:
        assert setting.accept(setting.default) == setting.default
        assert setting.title
        # What is not offered in the preferences needs no explanation.
        assert bool(setting.page) == bool(setting.help)
        assert not setting.titles or len(setting.titles) == len(setting.choices)


def test_values_come_back_in_their_types_at_the_next_start(qapp, store):
    settings = Settings(store)
    settings.set("look/light", True)
    settings.set("compute/memory", 2048)
    settings.set("spectrogram/scale", "log")
    again = Settings(reopened(store))
    assert again.value("look/light") is True
    assert again.value("compute/memory") == 2048
    assert again.changed_values() == {"look/light": True, "compute/memory": 2048, "spectrogram/scale": "log"}


def test_only_what_differs_is_stored(qapp, store):
    settings = Settings(store)
    settings.set("compute/preview", 25)
    assert store.contains("compute/preview")
    settings.reset("compute/preview")
    assert not store.contains("compute/preview")
    assert settings.changed_values() == {}


@pytest.mark.parametrize(
    ("setting_id", "value"),
    [
        ("compute/preview", 0),
        ("compute/preview", 121),
        ("compute/memory", "a lot"),
        ("spectrogram/scale", "bark"),
        ("look/light", "perhaps"),
        ("files/recent", -1),
    ],
)
def test_a_value_outside_the_table_is_refused_and_changes_nothing(qapp, store, qtbot, setting_id, value):
    settings = Settings(store)
    with qtbot.assertNotEmitted(settings.changed), pytest.raises(ParameterError):
        settings.set(setting_id, value)
    assert settings.value(setting_id) == settings.setting(setting_id).default


def test_bad_stored_values_count_as_defaults_and_are_told_in_the_log(qapp, store, caplog):
    store.setValue("compute/preview", "ten")
    store.setValue("spectrogram/colours", "rainbow")
    with caplog.at_level(logging.WARNING):
        settings = Settings(reopened(store))
    assert settings.value("compute/preview") == 10
    assert settings.value("spectrogram/colours") == "magma"
    assert "compute/preview" in caplog.text
    assert "rainbow" in caplog.text


def test_setting_the_same_value_tells_nobody(qapp, store, qtbot):
    settings = Settings(store)
    with qtbot.assertNotEmitted(settings.changed):
        settings.set("look/light", False)
    with qtbot.waitSignal(settings.changed) as told:
        settings.set("look/light", True)
    assert told.args == ["look/light"]
