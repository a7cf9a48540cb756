"""Listening without knowing: the blind comparison of all runs, and ABX trials of two."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.listening.abx import AbxTest
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label, rule

_BLIND_IDLE = (
    "Hide which run is which: the rows are shuffled and called X1, X2, … Listen by double-click or number, "
    "rate from 0 to 100, then reveal."
)
_BLIND_ON = "Rate each run in its row (double-click Rating or Notes). Reveal shows which is which."
_ABX_IDLE = "Can you tell A from B? In each trial X is one of them; say which."


class BlindView(QWidget):
    """Starts and ends both tests, and asks for answers.

    ``blindWanted(on)``; ``abxWanted(on)``; ``letterWanted(letter)`` to hear A, B or X; ``answered(letter)``.
    """

    blindWanted = Signal(bool)
    abxWanted = Signal(bool)
    letterWanted = Signal(str)
    answered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("compare.blind")
        self._blind = self._abx = False
        self.about = label("", "caption", name="blind.about")
        self.result = label("", name="abx.result")
        self.toggle = push_button("blind.toggle", "Start blind comparison", "Hide names, settings and scores")
        self.trial = push_button("abx.toggle", "Start ABX", "Begin a series of trials with A and B")
        self.letters = [push_button(f"abx.hear.{letter}", f"Hear {letter}", f"Hear {letter}") for letter in "ABX"]
        self.answers = [
            push_button(f"abx.answer.{letter}", f"X is {letter}", f"Answer that X is {letter}") for letter in "AB"
        ]
        self._arrange()
        self.toggle.clicked.connect(self._toggle_blind)
        self.trial.clicked.connect(self._toggle_abx)
        for button in self.letters:
            button.clicked.connect(self._hear)
        for button in self.answers:
            button.clicked.connect(self._answer)
        self.show_blind(None, 0)
        self.show_abx(None, possible=False)

    def show_blind(self, rated: int | None, count: int, revealed: str = "") -> None:
        """Show how many of the runs have a rating; None while names are known, and then what was ``revealed``."""
        self._blind = rated is not None
        self.about.setText(f"{_BLIND_ON} {rated} of {count} rated." if self._blind else revealed or _BLIND_IDLE)
        self.toggle.setText("Reveal" if self._blind else "Start blind comparison")
        self.toggle.setEnabled(self._blind or count > 1)

    def show_abx(self, test: AbxTest | None, *, possible: bool, last: str = "") -> None:
        """Show the state of the trials; ``last`` says how the last answer was."""
        self._abx = test is not None
        self.trial.setText("End ABX" if self._abx else "Start ABX")
        self.trial.setEnabled(self._abx or possible)
        for button in (*self.letters, *self.answers):
            button.setEnabled(self._abx)
        self.result.setText(" ".join(part for part in (last, result_text(test)) if part))

    def _toggle_blind(self) -> None:
        self.blindWanted.emit(not self._blind)

    def _toggle_abx(self) -> None:
        self.abxWanted.emit(not self._abx)

    def _hear(self) -> None:
        self.letterWanted.emit(self.sender().objectName()[-1])

    def _answer(self) -> None:
        self.answered.emit(self.sender().objectName()[-1])

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.about)
        column.addLayout(_row(self.toggle))
        column.addWidget(rule())
        column.addLayout(_row(self.trial, *self.letters))
        column.addLayout(_row(*self.answers, self.result))
        column.addStretch(1)
        for text in (self.about, self.result):
            text.setWordWrap(True)


def result_text(test: AbxTest | None) -> str:
    """Return how many answers were right, and how likely guessing gives as many."""
    if test is None:
        return _ABX_IDLE
    if not test.trials:
        return "No answer yet."
    return f"{test.right} of {len(test.trials)} right, p = {test.p_value:.3g} by guessing."


def _row(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget, 0 if isinstance(widget, QPushButton) else 1)
    if all(isinstance(widget, QPushButton) for widget in widgets):
        row.addStretch(1)
    return row
