"""What tests of crashes and lost recordings do in a window."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QMessageBox, QPushButton

from sepstudio.session.commands import SetLane
from sepstudio.session.records import LaneState

LEFT, ANSWERS = Qt.MouseButton.LeftButton, QMessageBox.StandardButton


def opened(window, qtbot, count=1):
    qtbot.waitUntil(lambda: len(window.session.sources) == count and not window.bridge.busy, timeout=20_000)


def separated(window, qtbot):
    before = len(window.session.runs)
    window.panel.set_params(type(window.panel.params)(iterations=2, keep_iterations=True))
    window.panel.separate.click()
    qtbot.waitUntil(lambda: len(window.session.runs) == before + 1 and not window.bridge.busy, timeout=60_000)
    qtbot.waitUntil(lambda: kept(window), timeout=20_000)


def kept(window):
    journaling = window.documents.journaling
    return not journaling._shelf.waiting and not journaling._bridge.busy


def gain(window, value):
    source = window.session.current_source
    window.session.stack.push(SetLane(window.session, source.id, LaneState(value), "Gain"))


def saved(window, qtbot, folder):
    window.documents._save_in(folder, None)
    unmodified(window, qtbot)


def saved_again(window, qtbot):
    window.documents.save()
    unmodified(window, qtbot)


def unmodified(window, qtbot):
    qtbot.waitUntil(lambda: not window.documents.modified and not window.bridge.busy, timeout=20_000)


def said(widget):
    return " ".join(part.text() for part in widget.findChildren(QLabel))


def dialog(window, qtbot, name="recovery-dialog"):
    qtbot.waitUntil(lambda: window.findChild(QDialog, name) is not None, timeout=10_000)
    found = window.findChild(QDialog, name)
    qtbot.waitUntil(found.isVisible, timeout=5_000)
    return found


def click(found, text, qtbot):
    button = next(button for button in found.findChildren(QPushButton) if button.text() == text)
    qtbot.mouseClick(button, LEFT)


def answering(monkeypatch, answer):
    """Answer every question, and return the texts that were asked."""
    asked = []

    def question(_parent, _title, text, *_):
        asked.append(text)
        return answer

    monkeypatch.setattr(QMessageBox, "question", question)
    return asked
