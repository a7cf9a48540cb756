"""After a crash: what was not saved is found and offered, and nothing of it is deleted unasked."""

from __future__ import annotations

import datetime
from collections.abc import Generator
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox

from sepstudio.errors import UserError
from sepstudio.gui.card_dialog import Card, CardDialog
from sepstudio.gui.conversion import Loaded
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import notes_box
from sepstudio.gui.documents import Documents
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.journaling import work_root
from sepstudio.jobs.runner import JobEvent
from sepstudio.project.leftovers import Leftover, leftover_of_project, leftover_steps

LATER = ("close", "Later", "Keep it and ask again at the next start")
OLD = ("old", "Delete what is older than 30 days", "Delete the work that nobody wanted for a month")


class RecoveryController(QObject):
    """Starts the journal of a window, and offers what journals of other sessions hold."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        super().__init__(desk.window)
        self._window = desk.window
        self._documents = documents
        self._bridge = desk.bridge.sibling(self)
        self._found: dict[str, Leftover] = {}
        self._dialog: CardDialog | None = None
        documents.journaling.scratchChanged.connect(desk.workbench.set_scratch)
        documents.journaling.trouble.connect(self._show_trouble)
        documents.replaced.connect(self._on_replaced)
        documents.begin()
        self._bridge.failed.connect(self._on_failed)
        self.look()

    def handlers(self) -> Handlers:
        """Return what answers the actions about recovery."""
        return {"recover": self.look_again}

    def look(self) -> None:
        """Look for unsaved work, and offer it if there is some."""
        self._bridge.start("Looking for unsaved work", leftover_steps(work_root()), self.offer)

    def look_again(self) -> None:
        """Look for unsaved work because the user asks for it, who hears too that there is none."""
        self._bridge.start("Looking for unsaved work", leftover_steps(work_root()), self._answer_look)

    def _answer_look(self, leftovers: tuple[Leftover, ...]) -> None:
        self.offer(leftovers)
        if not leftovers:
            notes_box(self._window, "Unsaved work", "There is no unsaved work of earlier sessions.", ()).open()

    def offer(self, leftovers: tuple[Leftover, ...]) -> None:
        """Show what was found; the window can be used meanwhile."""
        if not leftovers:
            return
        if self._dialog is None:
            self._dialog = self._new_dialog(any(leftover.is_old for leftover in leftovers))
        for leftover in leftovers:
            key = leftover.work.name
            if key not in self._dialog.shown():
                self._found[key] = leftover
                self._dialog.add(_card(key, leftover))
        self._dialog.show()

    def _new_dialog(self, has_old: bool) -> CardDialog:
        text = "SepStudio ended before this work was saved. It can be restored as it was."
        answers = [OLD, LATER] if has_old else [LATER]
        dialog = CardDialog(self._window, "recovery-dialog", "Unsaved work", text, answers)
        dialog.answered.connect(self._on_answer)
        dialog.destroyed.connect(self._on_gone)
        return dialog

    def _on_gone(self) -> None:
        self._dialog = None

    def _on_answer(self, key: str, answer: str) -> None:
        if answer == "old":
            self._discard([name for name, leftover in self._found.items() if leftover.is_old])
        elif answer == "discard":
            self._discard([key])
        elif answer == "restore":
            leftover = self._found.pop(key)
            self._dialog.take(key)
            self._documents.restore(leftover)

    def _discard(self, keys: list[str]) -> None:
        if not keys or not self._may_discard(keys):
            return
        for key in keys:
            self._bridge.start("Deleting unsaved work", _discarded(self._found.pop(key)), _nothing)
            if self._dialog is not None:
                self._dialog.take(key)

    def _may_discard(self, keys: list[str]) -> bool:
        name = _title(self._found[keys[0]]) if len(keys) == 1 else f"{len(keys)} sessions"
        question = f"Delete the unsaved work of {name}? It cannot be brought back."
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window, "Delete unsaved work", question, buttons.Yes | buttons.No, buttons.No
        )
        return answer == buttons.Yes

    def _on_replaced(self, loaded: Loaded) -> None:
        if loaded.notes:
            text = "The work was restored, but not all of it."
            notes_box(self._window, "Restored work", text, loaded.notes).open()
        if loaded.folder is not None and loaded.leftover is None:
            self._bridge.start("Looking for unsaved work", _of_project(loaded.folder), self.offer)

    def _show_trouble(self, error: UserError) -> None:
        error_box(self._window, "Unsaved work is not protected now", error, "").open()

    def _on_failed(self, _title: str, event: JobEvent) -> None:
        error_box(self._window, "Unsaved work", event.error, event.details).open()


def _of_project(folder: Path) -> Generator[float, None, tuple[Leftover, ...]]:
    yield 0.0
    leftover = leftover_of_project(folder, work_root())
    return (leftover,) if leftover is not None else ()


def _discarded(leftover: Leftover) -> Generator[float, None, None]:
    yield 0.0
    leftover.discard()


def _nothing(_: object) -> None:
    """There is nothing to say."""


def _title(leftover: Leftover) -> str:
    return f"“{leftover.name}”" if leftover.name else "a recording"


def _card(key: str, leftover: Leftover) -> Card:
    lines = [(_told(leftover), "caption")]
    if leftover.state is None:
        lines.append((leftover.problem, "warning"))
    elif leftover.attempts:
        lines.append((_failed_before(leftover), "warning"))
    answers = [("discard", "Discard", "Delete this work for good")]
    if leftover.state is not None:
        answers.insert(0, ("restore", "Restore", "Go on where this session ended"))
    return Card(key, leftover.name or "Unsaved work", lines, answers)


def _failed_before(leftover: Leftover) -> str:
    text = "Restoring it failed before."
    return f"{text} What was saved last can be opened as ever." if leftover.project is not None else text


def _told(leftover: Leftover) -> str:
    when = datetime.datetime.fromtimestamp(leftover.time).astimezone()
    is_today = when.date() == datetime.datetime.now().astimezone().date()
    moment = when.strftime("%H:%M") if is_today else when.strftime("%d %B %Y, %H:%M")
    edits = leftover.state.edits if leftover.state is not None else 0
    count = f"{edits} edit{'s' if edits != 1 else ''}, the last " if edits else ""
    kind = "project" if leftover.project is not None else "never saved"
    return f"{count}{'today' if is_today else 'on'} {'at ' if is_today else ''}{moment} ({kind})"
