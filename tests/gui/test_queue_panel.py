"""The table of the queue, its buttons, keys and settings line, fed by hand."""

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QToolButton

from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.records import Entry, EntryState, Placing, Problem, Recipe
from sepstudio.gui import theme
from sepstudio.gui.panels.queue_acts import ACTS
from sepstudio.gui.panels.queue_model import HEADERS, PROGRESS, STATE, TIME, QueueModel, state_text, time_text
from sepstudio.gui.panels.queue_panel import QueuePanel, summary
from sepstudio.gui.panels.queue_placing import Sample

LEFT = Qt.MouseButton.LeftButton
WAV = FileFormat(".wav", "FLOAT", False)
PLACING = Placing(Path("/stems"), NameTemplate("{track}/{stem}"), WAV)
RECIPE = Recipe("kam", None, "KAM, paper", PLACING)
PROBLEM = Problem("/x.wav", "is truncated", "copy it again", "Traceback")
S = EntryState


def entry(number, state=S.QUEUED, **more):
    return Entry(number, Path(f"/music/{number}.wav"), str(number), RECIPE, state, **more)


@pytest.fixture
def panel(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    made = QueuePanel(PLACING)
    qtbot.addWidget(made)
    made.resize(1280, 260)
    with qtbot.waitExposed(made):
        made.show()
    return made


def names(model):
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def test_the_model_keeps_to_the_rules_of_qt(qtmodeltester):
    model = QueueModel()
    model.show([entry(1, S.FAILED, problem=PROBLEM), entry(2, S.DONE, fraction=1.0, seconds=3.0)])
    qtmodeltester.check(model)
    assert [model.headerData(c, Qt.Orientation.Horizontal) for c in range(6)] == list(HEADERS)


def test_updates_are_differences_so_that_the_choice_survives(panel):
    a, b, c, d = (entry(number) for number in range(1, 5))
    panel.show_queue([a, b, c], "idle")
    panel.choose([2, 3])
    resets = QSignalSpy(panel.model.modelReset)
    panel.show_queue([c, a, b, d], "idle")
    assert names(panel.model) == ["3.wav", "1.wav", "2.wav", "4.wav"]
    assert [chosen.id for chosen in panel.chosen] == [3, 2]
    panel.show_queue([c, d], "idle")
    assert [chosen.id for chosen in panel.chosen] == [3]
    changes = QSignalSpy(panel.model.dataChanged)
    panel.show_queue([c, replace(d, state=S.RUNNING, fraction=0.5)], "running")
    assert (changes.count(), changes.at(0)[0].row()) == (1, 1)
    assert resets.count() == 0


def test_every_state_is_told_by_word_and_icon(panel):
    states = list(EntryState)
    panel.show_queue([entry(n, state) for n, state in enumerate(states)], "idle")
    icons = set()
    for row, state in enumerate(states):
        cell = panel.model.index(row, STATE)
        assert cell.data().lower().startswith(state.value)
        icons.add(cell.data(Qt.ItemDataRole.DecorationRole).pixmap(16, 16).toImage().cacheKey())
    assert len(icons) == len(states)


def test_texts_of_rows():
    failed = entry(1, S.FAILED, problem=PROBLEM)
    assert state_text(failed) == "Failed: is truncated; copy it again"
    assert "Retry saves it" in state_text(replace(failed, kept=True))
    assert state_text(entry(1, S.RUNNING, stage="iteration 1/2")) == "Running: iteration 1/2"
    assert state_text(entry(1, S.DONE, notes=("3 samples clipped",))) == "Done, 3 samples clipped"
    assert time_text(entry(1)) == ""
    assert time_text(entry(1, S.RUNNING, seconds=9.0, fraction=0.75)) == "0:09  0:03 left"
    assert time_text(entry(1, S.DONE, seconds=65.0, fraction=1.0)) == "1:05"


def test_the_summary_counts_and_guesses():
    done = entry(1, S.DONE, seconds=10.0, fraction=1.0)
    running = entry(2, S.RUNNING, seconds=5.0, fraction=0.5)
    told = summary([done, running, entry(3), entry(4, S.FAILED, problem=PROBLEM)])
    assert told == "1 of 4 done, 1 failed, about 0:15 left"
    assert summary([]) == ""


def test_the_bar_is_as_long_as_the_fraction(panel):
    panel.show_queue([entry(1, S.RUNNING, fraction=0.5), entry(2)], "running")
    table = panel.table
    images = [table.viewport().grab(table.visualRect(panel.model.index(row, PROGRESS))).toImage() for row in (0, 1)]

    def widest(image, colour):
        rows = ([image.pixelColor(x, y).name() for x in range(image.width())] for y in range(image.height()))
        return max(row.count(colour.lower()) for row in rows)

    done, left = (widest(images[0], colour) for colour in (theme.DARK.accent, theme.DARK.line))
    assert done / (done + left) == pytest.approx(0.5, abs=0.08)
    assert widest(images[1], theme.DARK.accent) == 0


def possible(panel):
    return {act.id for act in ACTS if panel.action(act.id).isEnabled()}


ALWAYS = {"add-files", "add-folder", "open"}


def test_only_what_can_be_done_is_offered(panel):
    assert possible(panel) == ALWAYS
    panel.show_queue([entry(1), entry(2, S.FAILED, problem=PROBLEM), entry(3, S.DONE)], "idle")
    assert possible(panel) == ALWAYS | {"start", "retry", "clear"}
    panel.choose([1])
    assert possible(panel) == ALWAYS | {"start", "cancel", "remove", "up", "down", "clear", "redirect"}
    panel.choose([2])
    assert possible(panel) == ALWAYS | {"start", "retry", "remove", "up", "down", "clear", "redirect", "details"}
    panel.show_queue([entry(1, S.RUNNING)], "running")
    panel.choose([])
    assert possible(panel) == ALWAYS | {"start", "cancel"}


def test_buttons_ask_for_the_chosen_entries(panel, qtbot):
    panel.show_queue([entry(1), entry(2, S.RUNNING), entry(3, S.CANCELLED)], "running")
    panel.choose([1, 3])
    wanted = QSignalSpy(panel.wanted)
    for act in ("cancel", "retry", "remove", "up"):
        qtbot.mouseClick(panel.findChild(QToolButton, f"queue.button.{act}"), LEFT)
    panel.choose([])
    qtbot.mouseClick(panel.findChild(QToolButton, "queue.button.cancel"), LEFT)
    told = [(wanted.at(n)[0], tuple(wanted.at(n)[1])) for n in range(wanted.count())]
    assert told == [("cancel", (1,)), ("retry", (3,)), ("remove", (1, 3)), ("up", (1, 3)), ("cancel", (2,))]


def test_the_start_button_says_what_it_does_now(panel):
    button = panel.findChild(QToolButton, "queue.button.start")
    told = []
    for mode in ("idle", "running", "paused"):
        panel.show_queue([entry(1)], mode)
        told.append(button.text())
    assert told == ["Start", "Pause", "Go on"]
    panel.show_queue([entry(1)], "running")
    assert "next step" in button.toolTip()


def test_keys_of_the_list_stay_in_the_list(panel, qtbot):
    panel.show_queue([entry(1), entry(2, S.FAILED, problem=PROBLEM)], "idle")
    panel.table.setFocus()
    panel.table.setCurrentIndex(panel.model.index(1, 0))
    for key, modifier, act in (
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, "remove"),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier, "up"),
        (Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "details"),
    ):
        with qtbot.waitSignal(panel.wanted) as heard:
            qtbot.keyClick(panel.table, key, modifier)
        assert heard.args[0] == act
        assert tuple(heard.args[1]) == (2,)
    qtbot.keyClick(panel.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(panel.chosen) == 2


def test_a_double_click_shows_what_went_wrong_or_the_folder(panel, qtbot):
    panel.show_queue([entry(1, S.FAILED, problem=PROBLEM), entry(2, S.DONE)], "idle")
    for row, act in ((0, "details"), (1, "open")):
        place = panel.table.visualRect(panel.model.index(row, STATE)).center()
        with qtbot.waitSignal(panel.wanted) as heard:
            qtbot.mouseClick(panel.table.viewport(), LEFT, pos=place)
            qtbot.mouseDClick(panel.table.viewport(), LEFT, pos=place)
        assert (heard.args[0], tuple(heard.args[1])) == (act, (row + 1,))


def test_the_menu_offers_what_the_buttons_do_and_more(panel, qtbot):
    panel.show_queue([entry(1, S.FAILED, problem=PROBLEM)], "idle")
    panel.choose([1])
    menu = panel.menu()
    texts = {action.text(): action for action in menu.actions()}
    assert {"Add files…", "Retry", "Change folder…", "Show what went wrong"} <= set(texts)
    with qtbot.waitSignal(panel.wanted) as heard:
        texts["Show what went wrong"].trigger()
    assert heard.args[0] == "details"
    menu.close()


def test_dropped_files_and_folders_are_asked_for(panel, qtbot, tmp_path):
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path)), QUrl("https://example.org/a.wav")])
    buttons, modifiers = LEFT, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPointF(50, 200), Qt.DropAction.CopyAction, mime, buttons, modifiers)
    with qtbot.waitSignal(panel.pathsDropped) as heard:
        panel.dropEvent(event)
    assert heard.args == [[tmp_path]]
    # Over the table too, which must not take drags for itself.
    assert not panel.table.viewport().acceptDrops()


def test_an_empty_queue_teaches_the_gesture(panel):
    empty = panel.findChild(QLabel, "queue.empty")
    assert empty.isVisible()
    assert "Drop" in empty.text()
    panel.show_queue([entry(1)], "idle")
    assert not empty.isVisible()


def test_the_settings_line_shows_an_example_and_tells_valid_edits(panel, qtbot):
    bar = panel.placing
    bar.set_sample(Sample("KAM, paper", "My song", "harmonic", "kam"))
    assert bar.example.text() == "My song/harmonic.wav"
    assert bar.settings.text() == "Adds with KAM, paper"
    edit = panel.findChild(QLineEdit, "queue.template")
    edit.clear()
    told = QSignalSpy(bar.placingChanged)
    qtbot.keyClicks(edit, "{method} {track} {number:02d}")
    assert bar.example.text() == "kam My song 01.wav"
    assert told.at(told.count() - 1)[0].template.text == "{method} {track} {number:02d}"
    for wrong in ("{stem}", "{track}", "{track}/{stem", "../{track}{stem}"):
        count = told.count()
        edit.setText("")
        edit.textEdited.emit(wrong)
        assert told.count() == count
        assert bar.example.property("role") == "error"
        assert bar.example.text().startswith("Must be ")
    assert bar.placing.template.text == "{method} {track} {number:02d}"


def test_format_and_policy_are_chosen_from_lists(panel, qtbot):
    bar = panel.placing
    for name, text in (("queue.format", "FLAC 16 bit"), ("queue.policy", "Rename")):
        combo = panel.findChild(QComboBox, name)
        combo.setCurrentText(text)
        with qtbot.waitSignal(bar.placingChanged):
            combo.activated.emit(combo.currentIndex())
    assert bar.placing.file_format == FileFormat(".flac", "PCM_16", False)
    assert bar.placing.policy == "rename"
    assert bar.example.text().endswith(".flac")


def test_everything_has_a_name_for_screen_readers_and_nothing_is_cut_off(panel, qtbot):
    panel.show_queue([entry(1)], "idle")
    for kind in (QToolButton, QComboBox, QLineEdit):
        for widget in panel.findChildren(kind):
            if widget.isVisible():
                assert widget.objectName()
                assert widget.accessibleName(), widget.objectName()
                assert widget.toolTip(), widget.objectName()
                right = widget.mapTo(panel, QPoint(widget.width(), 0)).x()
                assert right <= panel.width(), widget.objectName()
                assert widget.width() >= widget.minimumSizeHint().width(), widget.objectName()


def test_many_rows_cost_no_widgets(panel):
    before = len(panel.findChildren(QLabel)) + len(panel.findChildren(QToolButton))
    panel.show_queue([entry(number) for number in range(1, 1001)], "idle")
    assert len(panel.findChildren(QLabel)) + len(panel.findChildren(QToolButton)) == before
    assert panel.model.rowCount() == 1000


def test_icons_follow_the_theme(panel, qapp):
    panel.show_queue([entry(1)], "idle")
    before = panel.action("up").icon().cacheKey()
    theme.apply_theme(qapp, theme.LIGHT)
    assert panel.action("up").icon().cacheKey() != before
    assert panel.model.index(0, TIME).data() == ""
    theme.apply_theme(qapp, theme.DARK)
