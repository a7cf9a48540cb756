"""The batch queue in the window: from a folder to stems, with everything that can come between."""

import dataclasses
import shutil

import pytest
import soundfile
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMessageBox, QToolButton

from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.records import EntryState
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.error_dialog import ErrorDialog

LEFT = Qt.MouseButton.LeftButton
PATIENCE_MS = 60_000


@pytest.fixture
def music(tmp_path, recording):
    """Two recordings around one that is none."""
    folder = tmp_path / "music"
    folder.mkdir()
    for name in ("a", "c"):
        shutil.copy(recording, folder / f"{name}.wav")
    (folder / "b.wav").write_text("this is no audio")
    return folder


def states(window):
    return [entry.state.value for entry in window.queue.queue.entries]


def send_to(window, folder):
    bar = window.queue.panel.placing
    bar.set_placing(dataclasses.replace(bar.placing, output=folder))


def click(qtbot, window, act):
    button = window.queue.panel.findChild(QToolButton, f"queue.button.{act}")
    assert button.isEnabled(), act
    qtbot.mouseClick(button, LEFT)


def added(qtbot, window, *paths):
    count = len(states(window))
    window.queue.add(paths)
    qtbot.waitUntil(lambda: len(states(window)) > count, timeout=PATIENCE_MS)


def rested(qtbot, window):
    qtbot.waitUntil(lambda: window.queue.mode == "idle", timeout=PATIENCE_MS)


def test_a_folder_becomes_stems_and_its_bad_file_a_message(in_studio, qtbot, music, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(music))
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))

    def scenario(window):
        send_to(window, tmp_path / "out")
        qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
        assert window.drawer.page == "queue"
        click(qtbot, window, "add-folder")
        qtbot.waitUntil(lambda: len(states(window)) == 3, timeout=PATIENCE_MS)
        click(qtbot, window, "start")
        assert window.queue.mode == "running"
        rested(qtbot, window)
        assert states(window) == ["done", "failed", "done"]
        assert window.queue.panel.summary.text() == "2 of 3 done, 1 failed"
        table, model = window.queue.panel.table, window.queue.panel.model
        # A bad file opens no dialog by itself.
        assert not window.findChildren(QMessageBox)
        table.doubleClicked.emit(model.index(1, 0))
        box = window.findChild(ErrorDialog, "error-dialog")
        assert "b.wav" in box.text()
        box.close()
        table.doubleClicked.emit(model.index(0, 0))
        assert opened == [str(tmp_path / "out" / "a")]

    in_studio([], scenario)
    made = sorted(path.name for path in (tmp_path / "out" / "a").iterdir())
    assert {"harmonic.wav", "percussive.wav"} <= set(made)
    info = soundfile.info(tmp_path / "out" / "a" / "harmonic.wav")
    assert (info.samplerate, info.subtype, info.frames) == (44100, "FLOAT", 4 * 44100)
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def test_the_recording_on_show_is_added_with_the_settings_on_show(in_studio, qtbot, recording, tmp_path):
    def scenario(window):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=PATIENCE_MS)
        send_to(window, tmp_path / "out")
        spec = window.panel.spec
        window.panel.set_params(spec.presets[1].params)
        window.actions_by_id["queue-add"].trigger()
        qtbot.waitUntil(lambda: states(window) == ["queued"], timeout=PATIENCE_MS)
        (entry,) = window.queue.queue.entries
        assert entry.path == recording
        assert entry.recipe.params == spec.presets[1].params
        assert entry.recipe.title == f"KAM, {spec.presets[1].title}"
        bar = window.queue.panel.placing
        assert bar.settings.text() == f"Adds with {entry.recipe.title}"
        assert bar.example.text() == "tone and clicks/harmonic.wav"

    in_studio([recording], scenario)


def test_pausing_and_going_on_loses_nothing(in_studio, qtbot, long_recording, tmp_path):
    def scenario(window):
        send_to(window, tmp_path / "out")
        window.drawer.show_page("queue")
        added(qtbot, window, long_recording)
        click(qtbot, window, "start")
        qtbot.waitUntil(lambda: window.queue.queue.entries[0].fraction > 0.1, timeout=PATIENCE_MS)
        click(qtbot, window, "start")
        qtbot.waitUntil(lambda: states(window) == ["paused"], timeout=PATIENCE_MS)
        fraction = window.queue.queue.entries[0].fraction
        # Escape is for selections; it neither ends nor cancels the queue.
        qtbot.keyClick(window, Qt.Key.Key_Escape)
        qtbot.wait(300)
        assert window.queue.queue.entries[0].fraction == fraction
        assert states(window) == ["paused"]
        click(qtbot, window, "start")
        rested(qtbot, window)
        assert states(window) == ["done"]

    in_studio([], scenario)


def test_one_file_is_cancelled_and_the_next_goes_on(in_studio, qtbot, long_recording, recording, tmp_path):
    def scenario(window):
        send_to(window, tmp_path / "out")
        window.drawer.show_page("queue")
        added(qtbot, window, long_recording, recording)
        click(qtbot, window, "start")
        qtbot.waitUntil(lambda: window.queue.queue.entries[0].fraction > 0.1, timeout=PATIENCE_MS)
        click(qtbot, window, "cancel")
        rested(qtbot, window)
        assert states(window) == ["cancelled", "done"]
        click(qtbot, window, "retry")
        assert states(window) == ["queued", "done"]
        click(qtbot, window, "clear")
        assert states(window) == ["queued"]

    in_studio([], scenario)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["tone and clicks"]


def test_stopping_the_job_lets_the_file_wait_again(in_studio, qtbot, long_recording, tmp_path):
    def scenario(window):
        send_to(window, tmp_path / "out")
        added(qtbot, window, long_recording)
        window.queue.panel.action("start").trigger()
        qtbot.waitUntil(lambda: window.queue.queue.entries[0].fraction > 0.1, timeout=PATIENCE_MS)
        window.bridge.cancel_all()
        rested(qtbot, window)
        assert states(window) == ["queued"]

    in_studio([], scenario)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_queue_works_beside_the_jobs_of_the_window(in_studio, qtbot, long_recording, recording, tmp_path):
    def scenario(window):
        send_to(window, tmp_path / "out")
        added(qtbot, window, long_recording)
        window.queue.panel.action("start").trigger()
        qtbot.waitUntil(lambda: window.queue.queue.entries[0].fraction > 0.0, timeout=PATIENCE_MS)
        window.queue.panel.action("start").trigger()
        qtbot.waitUntil(lambda: states(window) == ["paused"], timeout=PATIENCE_MS)
        window.open_paths([recording, long_recording])
        qtbot.waitUntil(lambda: len(window.session.sources) == 2, timeout=PATIENCE_MS)
        assert states(window) == ["paused"]

    in_studio([], scenario)


def test_closing_asks_while_the_queue_works_and_the_next_start_has_it(
    in_studio, qtbot, long_recording, music, tmp_path, monkeypatch
):
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    asked = []

    def answer(*arguments):
        asked.append(arguments[2])
        return answers.pop(0)

    monkeypatch.setattr(QMessageBox, "question", answer)

    def first(window):
        send_to(window, tmp_path / "out")
        added(qtbot, window, long_recording, music / "b.wav")
        window.queue.panel.action("start").trigger()
        qtbot.waitUntil(lambda: states(window)[0] == "running", timeout=PATIENCE_MS)
        assert not window.close()
        assert states(window)[0] == "running"
        assert "1 more wait" in asked[0]
        bar = window.queue.panel.placing
        bar.set_placing(dataclasses.replace(bar.placing, template=NameTemplate("{track} {stem}"), policy="rename"))
        assert window.close()

    def second(window):
        assert states(window) == ["queued", "queued"]
        placing = window.queue.panel.placing.placing
        assert (placing.template.text, placing.policy) == ("{track} {stem}", "rename")
        assert placing.output == tmp_path / "out"
        window.queue.panel.choose([window.queue.queue.entries[0].id])
        window.queue.panel.action("remove").trigger()
        window.queue.panel.action("start").trigger()
        rested(qtbot, window)
        assert states(window) == ["failed"]

    def third(window):
        (entry,) = window.queue.queue.entries
        assert entry.state is EntryState.FAILED
        assert str(music / "b.wav") in entry.problem.what

    for scenario in (first, second, third):
        in_studio([], scenario)


def test_a_damaged_queue_is_told_and_put_aside(in_studio, own_home):
    folder = own_home / ".local/state/sepstudio"
    folder.mkdir(parents=True)
    (folder / "queue.json").write_text("{")

    def scenario(window):
        assert "queue.json.broken" in window.queue.panel.summary.text()

    in_studio([], scenario)


def test_a_hundred_folders_are_searched_by_a_job(in_studio, qtbot, tmp_path, monkeypatch):
    for number in range(600):
        path = tmp_path / "music" / f"album {number % 100}" / f"{number}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    started = []
    start = JobBridge.start

    def note(self, title, work, on_done, **options):
        started.append(title)
        return start(self, title, work, on_done, **options)

    monkeypatch.setattr(JobBridge, "start", note)

    def scenario(window):
        send_to(window, tmp_path / "out")
        window.drawer.show_page("queue")
        window.queue.add([tmp_path / "music"])
        # Nothing was looked at yet when the gesture ends.
        assert states(window) == []
        assert started[-1] == "Looking for recordings"
        qtbot.waitUntil(lambda: len(states(window)) == 600, timeout=PATIENCE_MS)
        assert window.queue.panel.model.rowCount() == 600
        window.queue.add([tmp_path / "music"])
        qtbot.waitUntil(lambda: "already" in window.queue.panel.summary.text(), timeout=PATIENCE_MS)
        assert len(states(window)) == 600

    in_studio([], scenario)


def test_failed_saving_goes_into_another_folder_without_a_new_run(in_studio, qtbot, recording, tmp_path, monkeypatch):
    (tmp_path / "out" / "tone and clicks" / "harmonic.wav").mkdir(parents=True)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "elsewhere"))

    def scenario(window):
        send_to(window, tmp_path / "out")
        bar = window.queue.panel.placing
        bar.set_placing(dataclasses.replace(bar.placing, policy="replace"))
        added(qtbot, window, recording)
        panel = window.queue.panel
        panel.action("start").trigger()
        rested(qtbot, window)
        (entry,) = window.queue.queue.entries
        assert (entry.state, entry.kept) == (EntryState.FAILED, True)
        panel.choose([entry.id])
        panel.action("redirect").trigger()
        panel.action("retry").trigger()
        panel.action("start").trigger()
        rested(qtbot, window)
        assert states(window) == ["done"]

    in_studio([], scenario)
    assert {path.name for path in (tmp_path / "elsewhere" / "tone and clicks").iterdir()} >= {"harmonic.wav"}


def test_settings_that_do_not_pass_are_not_added(in_studio, qtbot, recording):
    def scenario(window):
        kind = type(window.panel.form)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kind, "error", property(lambda _: "length must be odd"))
            window.queue.add([recording])
        assert "length must be odd" in window.queue.panel.summary.text()
        assert not window.bridge.busy
        assert states(window) == []

    in_studio([], scenario)
