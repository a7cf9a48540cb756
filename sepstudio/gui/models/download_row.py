"""Where a model is downloaded from: address and hash, how far it is, and how to do without a network."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from sepstudio.errors import ParameterError
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.progress_line import ProgressLine
from sepstudio.nn.card_texts import size_text
from sepstudio.nn.downloads import check_url, offline_instructions, unfinished_bytes
from sepstudio.nn.model_files import usable_sha256


class DownloadRow(QFrame):
    """Asks for downloads, one at a time: ``wanted(url, sha256)``; ``cancelled`` asks for the end of the one under way.

    What has arrived of a download that was broken off is kept, and gone on with.
    """

    wanted = Signal(str, str)
    cancelled = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models.download")
        self.setProperty("role", "card")
        self._running = False
        self.url, self.sha256 = QLineEdit(), QLineEdit()
        self.start = push_button("models.download.start", "Download", "Fetch the model, verify and install it")
        self.close_button = IconButton("close", "Put the download away", name="models.download.close", quiet=True)
        self.progress = ProgressLine()
        self.state = ElidedLabel("", "caption")
        self.offline = label("", "caption", name="models.download.offline")
        self.copy = push_button("models.download.copy", "Copy these steps", "Copy what to do on another machine")
        self._describe()
        self._arrange()
        for field in (self.url, self.sha256):
            field.textChanged.connect(self._check)
            field.returnPressed.connect(self.start.click)
        self.start.clicked.connect(self._ask)
        self.copy.clicked.connect(self._copy_steps)
        self.close_button.clicked.connect(self.closed)
        self._check()

    # -- what the controller tells -----------------------------------------------------------

    def begin(self) -> None:
        """Show that a download is under way."""
        self._running = True
        self.show_offline(())
        self.progress.set_state("running")
        self.show_progress(0.0, "waiting for the server")
        self._refresh()

    def show_progress(self, fraction: float, text: str) -> None:
        """Show how far the download is."""
        self.progress.set_progress(fraction)
        self.state.setText(text)

    def end(self, state: str, text: str) -> None:
        """Show how a download ended: ``done``, ``cancelled`` or ``failed``."""
        self._running = False
        self.progress.set_state(state)
        if state == "done":
            self.url.clear()
            self.sha256.clear()
        self._check()
        self.state.setText(text)
        self.progress.show()

    def show_offline(self, steps: tuple[str, ...]) -> None:
        """Show what to do where there is no network, or nothing."""
        lines = [f"{number}. {step}" for number, step in enumerate(steps, 1)]
        self.offline.setText("\n".join(["Without a network here:", *lines]) if steps else "")
        for widget in (self.offline, self.copy):
            widget.setVisible(bool(steps))

    @property
    def running(self) -> bool:
        """Whether a download is under way."""
        return self._running

    # -- edits -------------------------------------------------------------------------------

    def _check(self, _text: str = "") -> None:
        """Say what is wrong with the fields, or what is there already of the file."""
        if self._running:
            return
        url, problem = self.url.text().strip(), ""
        try:
            usable_sha256(self.sha256.text())
            if url:
                check_url(url)
        except ParameterError as error:
            field = "The SHA-256" if error.name == "sha256" else "The address"
            problem = f"{field} must be {error.expected}"
        there = unfinished_bytes(url) if url and not problem else 0
        self.start.setText("Go on" if there else "Download")
        self.state.setText(problem or (f"{size_text(there)} are here already" if there else ""))
        self.progress.hide()
        self._valid = bool(url) and not problem
        self._refresh()

    def _refresh(self) -> None:
        running = self._running
        if running:
            self.start.setText("Cancel")
            self.progress.show()
        self.start.setToolTip("Stop; what has arrived is kept" if running else "Fetch the model, verify and install it")
        self.start.setEnabled(running or self._valid)
        for field in (self.url, self.sha256):
            field.setEnabled(not running)

    def _ask(self) -> None:
        if self._running:
            self.cancelled.emit()
        else:
            self.wanted.emit(self.url.text().strip(), self.sha256.text())

    def _copy_steps(self) -> None:
        steps = offline_instructions(self.url.text().strip(), usable_sha256(self.sha256.text()))
        QGuiApplication.clipboard().setText("\n".join(steps))

    # -- building ----------------------------------------------------------------------------

    def _describe(self) -> None:
        self.url.setPlaceholderText("https://…/model.safetensors")
        self.sha256.setPlaceholderText("Optional: 64 characters, told by whoever offers the file")
        for field, name, text, tip in (
            (self.url, "url", "Address of the model", "Where the file of the model lies on the web"),
            (self.sha256, "sha256", "SHA-256 of the file", "Any other file than that of this hash is refused"),
        ):
            field.setObjectName(f"models.download.{name}")
            field.setAccessibleName(text)
            field.setToolTip(tip)
            field.setFixedHeight(CONTROL_HEIGHT)
        self.state.setObjectName("models.download.state")
        self.progress.setObjectName("models.download.progress")
        self.offline.setWordWrap(True)
        self.offline.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy.setProperty("role", "link")
        self.show_offline(())

    def _arrange(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID)
        grid.addWidget(label("Address", "caption"), 0, 0)
        grid.addWidget(self.url, 0, 1)
        grid.addWidget(self.close_button, 0, 2)
        grid.addWidget(label("SHA-256", "caption"), 1, 0)
        grid.addWidget(self.sha256, 1, 1)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self.state, 2)
        foot.addWidget(self.progress, 1)
        foot.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, PADDING, PADDING, PADDING)
        column.setSpacing(GRID)
        column.addLayout(grid)
        column.addLayout(foot)
        column.addWidget(self.offline)
        column.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignLeft)
