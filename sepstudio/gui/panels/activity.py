"""The strip at the bottom: running jobs, the cursor read-out and the device."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.panels.job_row import JobRow
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.labels import ElidedLabel, label, rule

LINGER_SECONDS = 5.0
_TICK_MS = 250
_MAX_HEIGHT = 4 * CONTROL_HEIGHT + 40
_WIDEST_READOUT = "22 050 Hz  A♯9 −49 ct  −99 dB  00:00.000"
# What jobs keep of the strip, what the words for none do, and what the note has in any case.
_JOBS_WIDTH, _IDLE_WIDTH, _LEAST_NOTE = 600, 130, 120


class ActivityPanel(QFrame):
    """One row per job while it runs and a little longer; a failure stays until it is dismissed.

    ``cancelRequested(job_id)`` asks to cancel. ``clock`` returns seconds.
    """

    cancelRequested = Signal(int)

    def __init__(self, clock: Callable[[], float] = time.monotonic, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("activity")
        self.setProperty("role", "strip")
        self._clock = clock
        self._rows: dict[int, JobRow] = {}
        self._idle = label("No job is running", "caption", name="activity.idle")
        self._device = ElidedLabel("", "caption")
        self._readout = ElidedLabel("", "number")
        self._column = QVBoxLayout()
        self._scroll = QScrollArea()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.refresh)
        self._arrange()

    def job_started(self, job_id: int, title: str) -> None:
        """Show a new job."""
        self._drop_ended()
        row = JobRow(job_id, title, self._clock())
        row.closeRequested.connect(self._close)
        row.resized.connect(self._fit)
        self._rows[job_id] = row
        self._column.addWidget(row)
        self._timer.start()
        self._fit()

    def job_progress(self, job_id: int, fraction: float, stage: str, stage_fraction: float | None = None) -> None:
        """Show how far a job and its stage are, 0 to 1."""
        row = self._rows.get(job_id)
        if row is not None and row.state == "running":
            row.set_progress(fraction, stage, stage_fraction)

    def job_ended(self, job_id: int, state: str, message: str = "") -> None:
        """Show how a job ended: ``done``, ``cancelled`` or ``failed``.

        The first line of the message is shown, all of it under "Details…" of a failure.
        """
        row = self._rows.get(job_id)
        if row is not None:
            self._drop_ended()
            row.end(state, message, self._clock())
            self._fit()

    def set_readout(self, text: str) -> None:
        """Show what lies under the cursor."""
        self._readout.setText(text)

    def set_device_note(self, text: str, *, warning: bool = False) -> None:
        """Show which device sounds or computes, or why none does."""
        self._device.setText(text)
        self._fit()
        self._device.setProperty("role", "warning" if warning else "caption")
        self._device.style().unpolish(self._device)
        self._device.style().polish(self._device)

    @property
    def job_ids(self) -> tuple[int, ...]:
        """The jobs on show, oldest first."""
        return tuple(self._rows)

    @property
    def ticking(self) -> bool:
        """Whether times are being brought up to date."""
        return self._timer.isActive()

    def row(self, job_id: int) -> JobRow:
        """Return the row of a job on show."""
        return self._rows[job_id]

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the note what room there is."""
        super().resizeEvent(event)
        self._fit()

    def refresh(self) -> None:
        """Bring times up to date and take away rows that have been done for a while."""
        now = self._clock()
        for row in tuple(self._rows.values()):
            row.tick(now)
            over = row.ended_at is not None and now - row.ended_at > LINGER_SECONDS
            if over and row.state != "failed":
                self._remove(row.job_id)
        if all(row.ended_at is not None and row.state == "failed" for row in self._rows.values()):
            self._timer.stop()

    def _drop_ended(self) -> None:
        """Let what is done make room: the panes above must not move for every job."""
        for row in tuple(self._rows.values()):
            if row.state in ("done", "cancelled"):
                self._remove(row.job_id)

    def _close(self, job_id: int) -> None:
        if self._rows[job_id].state == "running":
            self.cancelRequested.emit(job_id)
        else:
            self._remove(job_id)

    def _remove(self, job_id: int) -> None:
        row = self._rows.pop(job_id)
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self._fit()

    def _arrange(self) -> None:
        content = QWidget()
        content.setProperty("role", "panel-content")
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        content.setLayout(self._column)
        self._column.addWidget(self._idle)
        self._idle.setFixedHeight(CONTROL_HEIGHT)
        self._scroll.setWidget(content)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        row = QHBoxLayout(self)
        row.setContentsMargins(PADDING, GRID // 2, PADDING, GRID // 2)
        row.setSpacing(PADDING)
        row.addWidget(self._scroll, 1)
        row.addWidget(rule(vertical=True))
        row.addWidget(self._device)
        row.addWidget(rule(vertical=True))
        row.addWidget(self._readout)
        self._device.setObjectName("activity.device")
        self._device.setAccessibleName("Sound and compute device")
        self._readout.setObjectName("activity.readout")
        self._readout.setAccessibleName("Under the cursor")
        self._fit()

    def _fit(self) -> None:
        self._idle.setVisible(not self._rows)
        readout = self._readout.fontMetrics().horizontalAdvance(_WIDEST_READOUT) + 1
        self._readout.fix_width(readout)
        note = self._device.fontMetrics().horizontalAdvance(self._device.text()) + 1
        room = self.width() - readout - (_JOBS_WIDTH if self._rows else _IDLE_WIDTH) - 6 * PADDING
        self._device.fix_width(min(note, max(room, _LEAST_NOTE)))
        wanted = sum(row.sizeHint().height() for row in self._rows.values()) if self._rows else CONTROL_HEIGHT
        self._scroll.setFixedHeight(max(min(wanted, _MAX_HEIGHT), CONTROL_HEIGHT))
