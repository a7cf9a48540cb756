"""The blind comparison of all runs, and ABX trials of two."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal

from sepstudio.gui.desk import Desk
from sepstudio.gui.listening.blind import BlindTest, Judgement
from sepstudio.gui.panels.compare_blind import BlindView


class BlindController(QObject):
    """Begins and ends both tests; ``changed`` says that a test, a rating or a note is another."""

    changed = Signal()

    def __init__(self, desk: Desk, view: BlindView) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._view = view
        self._player = desk.player
        self.test: BlindTest | None = None
        self._over: BlindTest | None = None
        self._last = ""
        view.blindWanted.connect(self.set_blind)
        view.abxWanted.connect(self._set_abx)
        view.letterWanted.connect(self._player.hear_letter)
        view.answered.connect(self._answer)
        self._player.comparisonChanged.connect(self._show_abx)
        session = desk.session
        session.currentSourceChanged.connect(self._on_source)
        session.runAdded.connect(self._show)
        session.runRemoved.connect(self._show)
        self._show()
        self._show_abx()

    @property
    def judgements(self) -> Mapping[str, Judgement]:
        """What was said in the last test, once it is over."""
        return self._over.judgements if self._over is not None else {}

    def aliases(self) -> dict[str, str]:
        """Return the aliases of the runs that are still there, in their order; empty while nothing is hidden."""
        aliases = self.test.aliases if self.test is not None else {}
        return {run_id: alias for run_id, alias in aliases.items() if run_id in self._desk.session.runs}

    def set_blind(self, on: bool) -> None:
        """Hide which run is which, or reveal it."""
        source = self._desk.session.current_source
        if on and source is not None:
            runs = [run.id for run in self._desk.session.runs_of(source.id)]
            self.test, self._over = BlindTest(runs, secrets.randbits(32)), None
            self._leave_no_trace(source.id)
            if not self._player.level_matched:
                # Otherwise the loudest wins.
                self._desk.bar.level_match.click()
        else:
            self.test, self._over = None, self.test
        self._desk.tab.stems.set_blind(self.aliases())
        if not on:
            self._show_pictures()
        self._tell()

    def _show_pictures(self) -> None:
        source, heard = self._desk.session.current_source, self._player.heard
        runs = [run.id for run in self._desk.session.runs_of(source.id)] if source is not None else []
        if runs:
            self._desk.tab.show_run(heard if heard in runs else runs[-1])

    def _leave_no_trace(self, source_id: str) -> None:
        """Hear and show nothing that tells one of the runs, and let A and B be the first two."""
        first, second, *_ = (*self.aliases(), source_id, source_id)
        self._player.compare(source_id)
        self._player.set_pair(first, second)
        self._desk.tab.show_run("")

    def rate(self, run_id: str, text: str) -> None:
        """Take a rating as it was typed; what is no number is left out, an empty text takes the rating back."""
        if self.test is not None and (not text or text.isdigit()):
            self.test.rate(run_id, int(text) if text else None)
            self._tell()

    def note(self, run_id: str, text: str) -> None:
        """Take a note."""
        if self.test is not None:
            self.test.note(run_id, text)
            self._tell()

    def _tell(self) -> None:
        self._show()
        self.changed.emit()

    def _on_source(self, _source_id: str) -> None:
        if self.test is not None:
            self.set_blind(False)
        self._over = None
        self._tell()

    def _show(self, _run_id: str = "") -> None:
        source = self._desk.session.current_source
        if self.test is not None:
            rated = sum(self.test.judgement(run_id).rating is not None for run_id in self.aliases())
            self._view.show_blind(rated, len(self.aliases()))
        else:
            count = len(self._desk.session.runs_of(source.id)) if source is not None else 0
            self._view.show_blind(None, count, self._revealed())

    def _revealed(self) -> str:
        runs, aliases = self._desk.session.runs, self._over.aliases if self._over is not None else {}
        told = [f"{alias} was {runs[run_id].title}" for run_id, alias in aliases.items() if run_id in runs]
        return f"{', '.join(told)}." if told else ""

    # -- ABX ---------------------------------------------------------------------------------

    def _set_abx(self, on: bool) -> None:
        self._last = ""
        if on:
            self._player.start_abx(secrets.randbits(32))
        else:
            self._player.end_abx()

    def _answer(self, letter: str) -> None:
        self._last = "Right." if self._player.answer_abx(letter) else "Wrong."
        self._show_abx()

    def _show_abx(self) -> None:
        a, b = self._player.pair
        self._view.show_abx(self._player.abx, possible=bool(a) and a != b, last=self._last)
