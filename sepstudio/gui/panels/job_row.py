"""One job in the activity strip."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.texts import duration_text
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, number_font
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.progress_line import ProgressLine

# Earlier guesses of the time left are worth nothing and only frighten.
_FIRST_GUESS_SECONDS = 1.0
_FIRST_GUESS_FRACTION = 0.02
_DETAILS_HEIGHT = 96
_BAR_WIDTH = 104


class JobRow(QWidget):
    """Title, stage, progress, time gone and time left, and the button that cancels or dismisses.

    ``closeRequested(job_id)`` asks to cancel while the job runs, to take the row away afterwards;
    ``resized`` tells that the row has another height.
    """

    closeRequested = Signal(int)
    resized = Signal()

    def __init__(self, job_id: int, title: str, started: float, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"job.{job_id}")
        self.job_id = job_id
        self.state = "running"
        self.ended_at: float | None = None
        self._started = started
        self._fraction = 0.0
        self._message = ""
        self.title = ElidedLabel(title)
        self.stage = ElidedLabel("Waiting", "caption")
        self.bar = ProgressLine()
        self.percent = label("0 %", "number")
        self.times = label("", "muted-number", name=f"job.{job_id}.times")
        self.details = QPushButton("Details…")
        self.copy = QPushButton("Copy")
        self.close_button = IconButton("close", f"Cancel {title}", name=f"job.{job_id}.cancel")
        self._slot = QStackedWidget()
        self._text = QPlainTextEdit()
        self._prepare()
        self._arrange()
        self.details.clicked.connect(self._toggle_details)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self._ask_to_close)

    def set_progress(self, fraction: float, stage: str, stage_fraction: float | None) -> None:
        """Show how far the job is, all fractions 0 to 1."""
        self._fraction = fraction
        self.stage.setText(stage)
        self.bar.set_progress(fraction, stage_fraction)
        self.percent.setText(f"{int(100 * fraction)} %")

    def end(self, state: str, message: str, now: float) -> None:
        """Show how the job ended: ``done``, ``cancelled`` or ``failed``."""
        self.state, self.ended_at, self._message = state, now, message
        self.bar.set_state(state)
        self.percent.setText("")
        if state == "done":
            self.bar.set_progress(1.0)
        first = message.strip().partition("\n")[0]
        self.stage.setText(first or {"done": "Done", "cancelled": "Cancelled", "failed": "Failed"}[state])
        self._recolour_stage({"failed": "error", "done": "ok"}.get(state, "caption"))
        self.times.setText(duration_text(now - self._started))
        self._slot.setCurrentIndex(1 if state == "failed" else 0)
        self.close_button.describe("Dismiss")

    def tick(self, now: float) -> None:
        """Bring the times up to date."""
        if self.state != "running":
            return
        gone = now - self._started
        text = duration_text(gone)
        if gone >= _FIRST_GUESS_SECONDS and self._fraction >= _FIRST_GUESS_FRACTION:
            text += f"  {duration_text(gone * (1.0 - self._fraction) / self._fraction + 0.5)} left"
        self.times.setText(text)

    @property
    def details_open(self) -> bool:
        """Whether the details are unfolded; such a row is not taken away by itself."""
        return not self._text.isHidden()

    def _prepare(self) -> None:
        self.bar.setObjectName(f"job.{self.job_id}.bar")
        self.bar.setAccessibleName(f"Progress of {self.title.text()}")
        digits = QFontMetrics(number_font())
        self.percent.setFixedWidth(digits.horizontalAdvance("100 %"))
        self.times.setFixedWidth(digits.horizontalAdvance("00:00  00:00 left") + GRID)
        for button, name, tip in (
            (self.details, "details", "Show what went wrong in full"),
            (self.copy, "copy", "Copy the details, for a report"),
        ):
            button.setObjectName(f"job.{self.job_id}.{name}")
            button.setProperty("role", "link")
            button.setToolTip(tip)
            button.setAccessibleName(tip)
        self.copy.hide()
        self._text.setObjectName(f"job.{self.job_id}.text")
        self._text.setAccessibleName("Details of the failure")
        self._text.setToolTip("Details of the failure")
        self._text.setReadOnly(True)
        self._text.setFont(number_font())
        self._text.setFixedHeight(_DETAILS_HEIGHT)
        self._text.hide()

    def _arrange(self) -> None:
        # The links take the place of the bar, so that the columns of all rows stay in line.
        links = QWidget()
        side = QHBoxLayout(links)
        side.setContentsMargins(0, 0, 0, 0)
        side.setSpacing(GRID)
        side.addWidget(self.details)
        side.addWidget(self.copy)
        side.addStretch(1)
        self._slot.addWidget(self.bar)
        self._slot.addWidget(links)
        self._slot.setFixedSize(_BAR_WIDTH, CONTROL_HEIGHT)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.title, 5)
        row.addWidget(self.stage, 4)
        for widget in (self._slot, self.percent, self.times, self.close_button):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(row)
        column.addWidget(self._text)
        self.title.setFixedHeight(CONTROL_HEIGHT)

    def _recolour_stage(self, role: str) -> None:
        self.stage.setProperty("role", role)
        self.stage.style().unpolish(self.stage)
        self.stage.style().polish(self.stage)

    def _toggle_details(self) -> None:
        opened = not self.details_open
        self._text.setPlainText(self._message)
        self._text.setVisible(opened)
        self.copy.setVisible(opened)
        self.details.setText("Hide" if opened else "Details…")
        self.resized.emit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._message)

    def _ask_to_close(self) -> None:
        self.closeRequested.emit(self.job_id)
