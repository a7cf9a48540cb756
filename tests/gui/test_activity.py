"""The activity strip and the history: jobs come, tell, end and go."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QUndoCommand, QUndoStack
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QToolButton, QUndoView

from sepstudio.gui import theme
from sepstudio.gui.panels.activity import LINGER_SECONDS, ActivityPanel
from sepstudio.gui.panels.history import HistoryPanel
from sepstudio.gui.texts import duration_text

LEFT = Qt.MouseButton.LeftButton


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def panel(qtbot, qapp, clock):
    theme.apply_theme(qapp, theme.DARK)
    made = ActivityPanel(clock)
    qtbot.addWidget(made)
    made.resize(1280, 60)
    made.show()
    return made


def test_durations():
    assert [duration_text(s) for s in (0, 7.9, 65, 3723)] == ["0:00", "0:07", "1:05", "1:02:03"]


def test_an_idle_strip_says_so(panel):
    idle = panel.findChild(QLabel, "activity.idle")
    assert idle.isVisible()
    panel.job_started(1, "KAM song.flac")
    assert not idle.isVisible()


def test_two_levels_of_progress_with_time_gone_and_left(panel, clock):
    panel.job_started(1, "KAM song.flac")
    clock.now += 9.0
    panel.job_progress(1, 0.75, "iteration 2/2", 0.5)
    panel.refresh()
    row = panel.row(1)
    assert row.title.text() == "KAM song.flac"
    assert row.stage.text() == "iteration 2/2"
    assert (row.bar.fraction, row.bar.stage_fraction) == (0.75, 0.5)
    assert row.percent.text() == "75 %"
    # Three quarters took nine seconds, so the last quarter takes three.
    assert row.times.text() == "0:09  0:03 left"


def test_no_time_left_is_guessed_from_nothing(panel, clock):
    panel.job_started(1, "KAM")
    clock.now += 30.0
    panel.job_progress(1, 0.001, "reading")
    panel.refresh()
    assert panel.row(1).times.text() == "0:30"
    assert panel.row(1).bar.stage_fraction is None


def test_the_bars_are_as_long_as_the_fractions(panel):
    panel.job_started(1, "KAM")
    panel.job_progress(1, 0.5, "x", 0.25)
    bar = panel.row(1).bar
    image = bar.grab().toImage()
    accent, muted = theme.DARK.accent.lower(), theme.DARK.muted.lower()

    def widest(colour):
        rows = ([image.pixelColor(x, y).name() for x in range(image.width())] for y in range(image.height()))
        return max(row.count(colour) for row in rows) / image.width()

    assert widest(accent) == pytest.approx(0.5, abs=0.03)
    assert widest(muted) == pytest.approx(0.25, abs=0.03)


def test_cancel_asks_and_the_job_decides(panel, qtbot):
    panel.job_started(7, "KAM")
    with qtbot.waitSignal(panel.cancelRequested) as heard:
        qtbot.mouseClick(panel.findChild(QToolButton, "job.7.cancel"), LEFT)
    assert heard.args == [7]
    assert panel.job_ids == (7,)
    panel.job_ended(7, "cancelled")
    assert panel.row(7).stage.text() == "Cancelled"


def test_a_finished_job_lingers_and_goes(panel, clock):
    panel.job_started(1, "KAM")
    panel.job_ended(1, "done")
    assert panel.row(1).stage.text() == "Done"
    assert panel.row(1).bar.fraction == 1.0
    clock.now += LINGER_SECONDS - 0.1
    panel.refresh()
    assert panel.job_ids == (1,)
    clock.now += 0.2
    panel.refresh()
    assert panel.job_ids == ()
    # Late news of a job that has gone is no error.
    panel.job_progress(1, 0.5, "late")
    panel.job_ended(1, "done")


def test_progress_after_the_end_changes_nothing(panel):
    panel.job_started(1, "KAM")
    panel.job_ended(1, "cancelled")
    panel.job_progress(1, 0.9, "late")
    assert panel.row(1).stage.text() == "Cancelled"


def test_a_failure_stays_with_its_details_until_it_is_dismissed(panel, qtbot, clock):
    message = "Out of memory: 6 GB are needed; choose a smaller FFT\nTraceback: line 1\nline 2"
    panel.job_started(1, "KAM")
    panel.job_ended(1, "failed", message)
    clock.now += 1000.0
    panel.refresh()
    assert panel.row(1).stage.text() == message.splitlines()[0]
    text = panel.findChild(QPlainTextEdit, "job.1.text")
    assert not text.isVisible()
    details = panel.findChild(QPushButton, "job.1.details")
    qtbot.waitUntil(details.isVisible)
    low = panel.sizeHint().height()
    qtbot.mouseClick(details, LEFT)
    assert text.isVisible()
    # The strip makes room for them.
    assert panel.sizeHint().height() >= low + 90
    assert text.toPlainText() == message
    qtbot.mouseClick(panel.findChild(QPushButton, "job.1.copy"), LEFT)
    assert QGuiApplication.clipboard().text() == message
    with qtbot.assertNotEmitted(panel.cancelRequested):
        qtbot.mouseClick(panel.findChild(QToolButton, "job.1.cancel"), LEFT)
    assert panel.job_ids == ()


def test_the_strip_grows_by_rows_and_not_without_end(panel):
    single = panel.sizeHint().height()
    for job in range(1, 4):
        panel.job_started(job, f"job {job}")
    three = panel.sizeHint().height()
    for job in range(4, 12):
        panel.job_started(job, f"job {job}")
    assert three == single + 2 * theme.CONTROL_HEIGHT
    assert panel.sizeHint().height() <= 160
    assert panel.job_ids == tuple(range(1, 12))


def test_what_is_done_makes_room_for_the_next_and_a_failure_stays(panel):
    panel.job_started(1, "KAM")
    panel.job_ended(1, "done")
    panel.job_started(2, "Scoring")
    assert panel.job_ids == (2,)
    panel.job_ended(2, "failed", "no disk")
    panel.job_started(3, "KAM")
    panel.job_started(4, "KAM")
    panel.job_ended(3, "done")
    panel.job_ended(4, "done")
    assert panel.job_ids == (2, 4)


def test_the_clock_of_the_strip_rests_when_there_is_nothing_to_time(panel, clock, qtbot):
    panel.job_started(1, "KAM")
    assert panel.ticking
    panel.job_ended(1, "done")
    clock.now += LINGER_SECONDS + 1
    panel.refresh()
    assert not panel.ticking


def test_read_out_and_device_note(panel):
    panel.set_readout("1 342 Hz  E6  −31 dB")
    panel.set_device_note("No sound device: the playhead runs silently", warning=True)
    assert panel.findChild(QLabel, "activity.readout").text() == "1 342 Hz  E6  −31 dB"
    note = panel.findChild(QLabel, "activity.device")
    # Elided to its room; all of it is in the tooltip.
    assert note.toolTip() == "No sound device: the playhead runs silently"
    assert note.property("role") == "warning"
    assert panel.minimumSizeHint().width() <= 1280


def test_history_shows_the_steps_and_goes_back_by_click(qtbot, qapp):
    theme.apply_theme(qapp, theme.DARK)
    stack = QUndoStack()
    history = HistoryPanel(stack)
    qtbot.addWidget(history)
    history.resize(240, 300)
    history.show()
    for text in ("Open song.flac", "Run 1: KAM", "Solo harmonic"):
        stack.push(QUndoCommand(text))
    view = history.findChild(QUndoView, "history.view")
    model = view.model()
    texts = [model.data(model.index(row, 0)) for row in range(model.rowCount())]
    assert texts == ["Start", "Open song.flac", "Run 1: KAM", "Solo harmonic"]
    stack.push(QUndoCommand("Gain of a stem with a name that is too long for the column −12.0 dB"))
    assert not view.horizontalScrollBar().isVisible()
    assert view.visualRect(model.index(4, 0)).width() <= view.viewport().width()
    qtbot.mouseClick(view.viewport(), LEFT, pos=view.visualRect(model.index(1, 0)).center())
    assert stack.index() == 1
