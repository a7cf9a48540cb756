"""The dialog between a score file and a recording: what is in it, how to read it, where it belongs in time."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.panels.param_controls import CheckControl
from sepstudio.gui.scores.column_choice import ColumnChoice
from sepstudio.gui.scores.note_table import NoteTable
from sepstudio.gui.scores.score_file import MIDI, MUSICXML, ScoreFile, summary, tracks_text
from sepstudio.gui.scores.timing_row import TimingRow
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label, rule
from sepstudio.io.scores.options import CsvColumns, ImportOptions
from sepstudio.io.scores.records import Score

WIDTH, HEIGHT = 640, 600
_MOST_REMARKS = 4


class ImportDialog(QDialog):
    """Shows a score file before it is taken over; the window goes on behind it.

    ``optionsChanged(options)`` wants the file read anew; ``show_file`` answers. ``imported(score, align)``
    carries the score, moved and stretched, and whether it is to be aligned to the recording.

    Parameters
    ----------
    recording : str
        The name of the recording that gets the score.
    align : bool
        Whether alignment is offered with its box ticked.
    """

    optionsChanged = Signal(object)
    imported = Signal(object, bool)

    def __init__(self, parent: QWidget, file: ScoreFile, recording: str, *, align: bool) -> None:
        super().__init__(parent)
        self.setObjectName("score-import")
        self.setWindowTitle("Import score")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setModal(False)
        self.resize(WIDTH, HEIGHT)
        self._file = file
        self._about = label("", "caption", name="score.about")
        self._tracks = ElidedLabel("", "caption")
        self._remarks = label("", "warning", name="score.remarks")
        self._remarks.setWordWrap(True)
        self.notes = NoteTable()
        self.columns = ColumnChoice()
        self.timing = TimingRow()
        self.sustain = CheckControl("The sustain pedal prolongs notes")
        self.sustain.describe("score.sustain", "The sustain pedal prolongs notes", "As the strings ring on in a piano")
        self.repeats = CheckControl("Play the repeats")
        self.repeats.describe("score.repeats", "Play the repeats", "As they are played, not as they are printed")
        self.align = CheckControl("Align to the recording")
        tip = "Listen where the notes sound in the recording and move them there; can be corrected by hand"
        self.align.describe("score.align", "Align to the recording", tip)
        self.align.set_value(align)
        self.cancel = push_button("score.cancel", "Cancel", "Import nothing")
        self.accept_button = push_button("score.import", "Import", f"Give this score to {recording}")
        self.accept_button.setProperty("role", "primary")
        self.accept_button.setDefault(True)
        self._arrange(recording)
        self._connect()
        self.show_file(file)
        self.accept_button.setFocus()

    # -- what the owner tells ----------------------------------------------------------------

    @property
    def file(self) -> ScoreFile:
        """What is on show."""
        return self._file

    def show_file(self, file: ScoreFile) -> None:
        """Show what was read, perhaps with other options."""
        self._file = file
        score, columns = file.score, file.options.columns
        self.sustain.setVisible(file.kind == MIDI)
        self.repeats.setVisible(file.kind == MUSICXML)
        self.sustain.set_value(file.options.sustain)
        self.repeats.set_value(file.options.repeats)
        self.columns.setVisible(columns is not None)
        if columns is not None:
            self.columns.show_columns(columns, _width(columns))
        problem = f"{file.problem.why}: {file.problem.remedy}." if file.problem is not None else ""
        self._about.setText("No notes can be read as it is" if score is None else summary(score))
        self._tracks.setText("" if score is None else tracks_text(score))
        self._tracks.setVisible(score is not None)
        remarks = [problem] if problem else _shortened(file.remarks)
        self._remarks.setText("\n".join(remark[:1].upper() + remark[1:] for remark in remarks))
        self._remarks.setVisible(bool(remarks))
        self.set_busy(False)
        self._preview()

    def set_busy(self, busy: bool) -> None:
        """Tell that the file is being read anew: what is on show cannot be imported meanwhile."""
        self.accept_button.setEnabled(not busy and self._file.score is not None)

    # -- building ----------------------------------------------------------------------------

    def _arrange(self, recording: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(ElidedLabel(self._file.path.name, "title"))
        column.addWidget(self._about)
        column.addWidget(self._tracks)
        column.addWidget(self.notes, 1)
        column.addWidget(self._remarks)
        for part in (self.columns, self.sustain, self.repeats, rule(), self.timing, self.align):
            column.addWidget(part)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(ElidedLabel(f"For {recording}", "caption"), 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.accept_button)
        column.addSpacing(PADDING - GRID)
        column.addLayout(buttons)

    def _connect(self) -> None:
        self.sustain.clicked.connect(self._choose)
        self.repeats.clicked.connect(self._choose)
        self.columns.changed.connect(self._choose_columns)
        self.timing.changed.connect(self._preview)
        self.cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self._take)

    # -- gestures ----------------------------------------------------------------------------

    def _choose(self) -> None:
        options = self._file.options
        self._ask(dataclasses.replace(options, sustain=self.sustain.value, repeats=self.repeats.value))

    def _choose_columns(self, columns: CsvColumns) -> None:
        self._ask(dataclasses.replace(self._file.options, columns=columns))

    def _ask(self, options: ImportOptions) -> None:
        self.set_busy(True)
        self.optionsChanged.emit(options)

    def _preview(self) -> None:
        self.notes.show_score(self._file.score, self.timing.offset, self.timing.stretch)

    def _take(self) -> None:
        score = self._file.score
        if score is not None:
            self.imported.emit(_placed(score, self.timing), self.align.value)
            self.accept()


def _placed(score: Score, timing: TimingRow) -> Score:
    return score if (timing.offset, timing.stretch) == (0.0, 1.0) else score.moved(timing.offset, timing.stretch)


def _width(columns: CsvColumns) -> int:
    used = (columns.start, columns.duration, columns.end, columns.pitch, columns.velocity, columns.track)
    return max(len(columns.names), *(place + 1 for place in used if place is not None), 1)


def _shortened(remarks: tuple[str, ...]) -> list[str]:
    more = len(remarks) - _MOST_REMARKS
    return [*remarks[:_MOST_REMARKS], f"and {more} more"] if more > 0 else list(remarks)
