"""Keys: any key for any action, kept, shown everywhere, and never taken from what is being typed."""

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDoubleSpinBox, QLineEdit, QPushButton, QSlider, QTableView

from sepstudio.gui.actions import ACTIONS
from sepstudio.gui.help import KeysWindow
from sepstudio.gui.key_map import KeyMap, canonical
from sepstudio.gui.panels.lane_row import LaneRow
from sepstudio.gui.preferences.keys_page import KeysPage

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def store(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


@pytest.fixture
def keys(qapp, store):
    return KeyMap(store)


def reopened(store):
    store.sync()
    return KeyMap(QSettings(store.fileName(), QSettings.Format.IniFormat))


# -- the map -----------------------------------------------------------------------------------


def test_no_key_of_the_table_calls_two_actions(keys):
    given = [(spec.scope, canonical(key)) for spec in ACTIONS for key in spec.shortcuts]
    assert all(key for _, key in given)
    assert len(given) == len(set(given))
    assert all(keys.owner(key, spec.scope) == spec.id for spec in ACTIONS for key in spec.shortcuts)


def test_only_what_differs_is_stored_and_comes_back(keys, store):
    keys.assign("play", ["Ctrl+J", "Ctrl+,"])
    again = reopened(store)
    assert again.keys("play") == ("Ctrl+J", "Ctrl+,")
    assert again.keys("preferences") == ()
    assert again.keys("loop") == ("L",)
    assert sorted(store.allKeys()) == ["keys/play", "keys/preferences"]
    again.reset_all()
    assert reopened(store).keys("play") == ("Space",)


def test_a_key_that_is_taken_over_leaves_its_action(keys, qtbot):
    told = []
    keys.changed.connect(told.append)
    keys.assign("loop", ["Space"])
    assert (keys.keys("loop"), keys.keys("play")) == (("Space",), ())
    assert set(told) == {"loop", "play"}
    keys.reset("play")
    assert (keys.keys("loop"), keys.keys("play")) == ((), ("Space",))


def test_a_key_of_the_users_wins_over_an_action_that_comes_with_it_later(qapp, store):
    store.setValue("keys/play", '["L"]')
    keys = KeyMap(store)
    assert keys.owner("L") == "play"
    assert keys.keys("loop") == ()


@pytest.mark.parametrize("stored", ["no JSON", "[1, 2]", '["Ctrl+Nonsense"]', '{"a": 1}', ""])
def test_bad_stored_keys_count_as_the_default(qapp, store, stored, caplog):
    store.setValue("keys/play", stored)
    assert KeyMap(store).keys("play") == ("Space",)
    assert "play" in caplog.text


# -- the page ----------------------------------------------------------------------------------


@pytest.fixture
def page(keys, qtbot):
    made = KeysPage(keys)
    qtbot.addWidget(made)
    made.resize(600, 480)
    made.show()
    return made


def press(page, qtbot, key, modifier=Modifier.NoModifier):
    page.edit.setFocus()
    qtbot.keyClick(page.edit, key, modifier)


def button(page, name):
    return page.findChild(QPushButton, f"keys.{name}")


def test_pressed_keys_are_used_or_added(page, keys, qtbot):
    page.choose("loop")
    press(page, qtbot, Key.Key_K, Modifier.ControlModifier)
    button(page, "use").click()
    assert keys.keys("loop") == ("Ctrl+K",)
    press(page, qtbot, Key.Key_F7)
    button(page, "add").click()
    assert keys.keys("loop") == ("Ctrl+K", "F7")
    button(page, "reset").click()
    assert keys.keys("loop") == ("L",)
    button(page, "none").click()
    assert keys.keys("loop") == ()
    button(page, "reset_all").click()
    assert keys.keys("loop") == ("L",)


def test_a_conflict_is_told_and_decided_by_the_user(page, keys, qtbot):
    page.choose("loop")
    press(page, qtbot, Key.Key_S, Modifier.ControlModifier)
    button(page, "use").click()
    conflict = page.findChild(object, "keys.conflict")
    assert conflict.isVisible()
    assert "Save project" in conflict.text()
    assert keys.keys("loop") == ("L",)
    button(page, "leave").click()
    assert not conflict.isVisible()
    assert keys.keys("save") == ("Ctrl+S",)
    button(page, "use").click()
    button(page, "take").click()
    assert (keys.keys("loop"), keys.keys("save")) == (("Ctrl+S",), ())
    assert not conflict.isVisible()


def test_the_search_finds_actions_by_name_menu_and_key(page):
    def shown():
        rows = range(page.table.rowCount())
        return {page.table.item(row, 0).text() for row in rows if not page.table.isRowHidden(row)}

    page.search.setText("zoom")
    assert shown() == {"Zoom in", "Zoom out", "Zoom to the selection"}
    page.search.setText("ctrl+shift+e")
    assert shown() == {"Export stems…"}
    page.search.setText("")
    assert len(shown()) >= len(ACTIONS) - 1


# -- in the window -----------------------------------------------------------------------------


def opened(window, qtbot):
    qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)


def test_menus_tooltips_and_cheat_sheet_follow_the_keys(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.actions_by_id["keys"].trigger()
        sheet = window.findChild(KeysWindow)
        assert ("L", "Loop") in sheet.rows()
        assert "(L)" in window.bar.loop.toolTip()
        window.keys.assign("loop", ["Ctrl+K"])
        assert window.actions_by_id["loop"].shortcuts() == [QKeySequence("Ctrl+K")]
        assert "(Ctrl+K)" in window.bar.loop.toolTip()
        assert ("Ctrl+K", "Loop") in sheet.rows()
        window.keys.assign("play", [])
        window.bar.set_playing(True)
        assert window.bar.play.toolTip() == "Pause"
        window.keys.assign("separate", ["F5"])
        window.panel.set_selection(True)
        assert window.panel.separate.toolTip() == "Separate the selection (F5)"
        sheet.close()
        window.setFocus()
        qtbot.keyClick(window, Key.Key_K, Modifier.ControlModifier)
        assert window.actions_by_id["loop"].isChecked()
        qtbot.keyClick(window, Key.Key_L)
        assert window.actions_by_id["loop"].isChecked()

    in_studio([recording], scenario)


def test_the_cheat_sheet_is_searched_and_fits_the_window(in_studio, qtbot):
    def scenario(window):
        qtbot.keyClick(window, Key.Key_F1)
        sheet = window.findChild(KeysWindow)
        assert sheet.isVisible()
        assert sheet.width() <= 1280
        assert sheet.height() <= 800
        titles = [what for _, what in sheet.rows()]
        assert "Solo stem 1 to 9" in titles
        assert "Solo, mute the stem that has the focus" in titles
        sheet.search.setText("scroll")
        assert sheet.rows()
        assert all("scroll" in " ".join(row).lower() for row in sheet.rows())
        sheet.search.setText("no such thing")
        assert sheet.rows() == []

    in_studio([], scenario)


@pytest.mark.parametrize("kind", [QLineEdit, QDoubleSpinBox])
def test_nothing_that_is_typed_calls_an_action(in_studio, qtbot, recording, kind):
    def scenario(window):
        opened(window, qtbot)
        field = kind(window)
        field.setGeometry(0, 0, 100, 28)
        field.show()
        field.setFocus()
        qtbot.waitUntil(field.hasFocus)
        called = []
        for name, action in window.actions_by_id.items():
            action.triggered.connect(lambda *_, name=name: called.append(name))
        for key in (Key.Key_L, Key.Key_X, Key.Key_Space, Key.Key_0, Key.Key_1, Key.Key_9, Key.Key_Home, Key.Key_Left,
                    Key.Key_Return, Key.Key_Escape, Key.Key_Question):  # fmt: skip
            qtbot.keyClick(field, key)
        qtbot.keyClick(field, Key.Key_M, Modifier.ShiftModifier)
        assert called == []
        window.tab.mixture.view.setFocus()
        qtbot.keyClick(window, Key.Key_L)
        assert called == ["loop"]

    in_studio([recording], scenario)


def test_space_presses_a_button_that_tab_has_reached_and_plays_after_a_click(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.bar.level_match.setFocus()
        qtbot.keyClick(window.bar.level_match, Key.Key_Tab)
        assert window.bar.mono.hasFocus()
        qtbot.keyClick(window.bar.mono, Key.Key_Space)
        assert window.bar.mono.isChecked()
        assert not window.player.playing
        slider = window.findChild(QSlider)
        slider.setFocus()
        before = window.timeline.playhead
        qtbot.keyClick(slider, Key.Key_Right)
        assert window.timeline.playhead == before
        button = window.panel.preview
        # Through the system's window, so that Qt knows of the pressed button.
        middle = button.mapTo(window, button.rect().center())
        QTest.mouseClick(window.windowHandle(), Qt.MouseButton.LeftButton, Modifier.NoModifier, middle)
        assert button.hasFocus()
        qtbot.keyClick(button, Key.Key_Space)
        assert window.player.playing
        qtbot.keyClick(button, Key.Key_Space)
        # Nobody asked for this button: what had the focus went away.
        field = QLineEdit(window)
        field.show()
        field.setFocus()
        window.bar.mono.setFocus(Qt.FocusReason.TabFocusReason)
        field.deleteLater()
        qtbot.keyClick(window.bar.mono, Key.Key_Space)
        assert window.player.playing
        assert window.bar.mono.isChecked()

    in_studio([recording], scenario)


def test_a_focused_stem_answers_its_own_keys(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        # It comes a turn after its recording.
        qtbot.waitUntil(lambda: window.findChild(LaneRow) is not None)
        row = window.findChild(LaneRow)
        called = []
        for name in ("to-anchor", "loop"):
            window.actions_by_id[name].triggered.connect(lambda *_, name=name: called.append(name))
        window.keys.assign("loop", ["S"])
        row.setFocus(Qt.FocusReason.TabFocusReason)
        qtbot.keyClick(row, Key.Key_S)
        assert window.session.lane(row.audio_id).solo
        with qtbot.waitSignal(row.chosen):
            qtbot.keyClick(row, Key.Key_Return)
        assert called == []

    in_studio([recording], scenario)


def test_escape_gives_up_a_drag_then_the_selection_then_the_preview(in_studio, qtbot, long_recording):
    def scenario(window):
        opened(window, qtbot)
        ruler = window.tab.stack.ruler
        middle = ruler.height() // 2

        def drag(start, stop):
            qtbot.mousePress(ruler, Qt.MouseButton.LeftButton, pos=QPoint(start, middle))
            qtbot.mouseMove(ruler, QPoint((start + stop) // 2, middle))
            qtbot.mouseMove(ruler, QPoint(stop, middle))

        window.panel.preview.click()
        window.setFocus()
        drag(200, 300)
        qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=QPoint(300, middle))
        first = window.session.selection
        assert first is not None
        drag(400, 600)
        assert window.timeline.selection[0] > first.stop / 44100
        qtbot.keyClick(window, Key.Key_Escape)
        qtbot.mouseMove(ruler, QPoint(500, middle))
        qtbot.mouseRelease(ruler, Qt.MouseButton.LeftButton, pos=QPoint(500, middle))
        assert window.session.selection == first
        assert window.timeline.selection == pytest.approx((first.start / 44100, first.stop / 44100))
        assert window.bridge.busy
        qtbot.keyClick(window, Key.Key_Escape)
        assert window.session.selection is None
        ended = []
        window.bridge.ended.connect(lambda _, state, __: ended.append(state))
        qtbot.keyClick(window, Key.Key_Escape)
        qtbot.waitUntil(lambda: "cancelled" in ended, timeout=60_000)
        assert not window.session.runs

    in_studio([long_recording], scenario)


# Where there is no screen, lists cannot be raised nor grab the keyboard.
@pytest.mark.qt_log_ignore(r"raise\(\)", "grabbing the keyboard", extend=True)
def test_the_list_of_a_combo_box_chooses_with_return(in_studio, qtbot):
    def scenario(window):
        combo = window.panel.presets
        before = combo.currentIndex()
        combo.showPopup()
        view = combo.view()
        qtbot.waitUntil(view.isVisible)
        view.setFocus()
        QTest.keyClick(view, Key.Key_Down)
        QTest.keyClick(view, Key.Key_Return)
        qtbot.waitUntil(lambda: not view.isVisible())
        assert combo.currentIndex() == before + 1

    in_studio([], scenario)


def test_space_plays_from_a_table_too(in_studio, qtbot, recording):
    def scenario(window):
        opened(window, qtbot)
        window.actions_by_id["compare"].trigger()
        table = window.findChild(QTableView, "compare.table")
        table.setFocus()
        QTest.keyClick(table, Key.Key_Space)
        assert window.player.playing
        QTest.keyClick(table, Key.Key_Space)
        assert not window.player.playing

    in_studio([recording], scenario)
