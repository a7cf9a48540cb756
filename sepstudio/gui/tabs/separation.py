"""The separation tab: sources and stems at the left, panes in the middle, the method at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from sepstudio.gui.codec.reach import is_decoded, separated_runs
from sepstudio.gui.panels.history import HistoryPanel
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.panels.stems_panel import StemsPanel
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.deck import PaneDeck
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.turns import Turns
from sepstudio.session.session import Session

LEFT_WIDTH, RIGHT_WIDTH = 256, 312
HISTORY_HEIGHT = 150


class SeparationTab(QWidget):
    """Shows the current source and the stems of one run; it reads the session and never writes it."""

    cursorMoved = Signal(str)

    def __init__(
        self,
        session: Session,
        timeline: Timeline,
        panel: MethodPanel,
        history: HistoryPanel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tab.separation")
        self._session = session
        self.loader = TileLoader(self)
        self.turns = Turns(self)
        self.stems = StemsPanel(session, self.turns)
        self.panel = panel
        self.stack = PaneStack(timeline)
        self._history = history
        self._lay_out(history)
        self.deck = PaneDeck(session, timeline, self.loader, self.stack, self.turns)
        self.stack.cursorMoved.connect(self.cursorMoved)
        self.deck.shownChanged.connect(self._mark_shown)
        self.stems.aliasesChanged.connect(self._cover_history)
        session.currentSourceChanged.connect(self._show_source)
        session.runRemoved.connect(self._forget_run)
        session.stemChanged.connect(self._show_takes)
        session.runRevised.connect(self._show_takes)

    def _lay_out(self, history: HistoryPanel) -> None:
        left = QSplitter(Qt.Orientation.Vertical)
        left.setObjectName("tab.separation.left")
        left.addWidget(self.stems)
        left.addWidget(history)
        left.setStretchFactor(0, 1)
        left.setSizes([1000, HISTORY_HEIGHT])
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setObjectName("tab.separation.columns")
        columns.setChildrenCollapsible(False)
        for widget in (left, self.stack, self.panel):
            columns.addWidget(widget)
        columns.setStretchFactor(1, 1)
        columns.setSizes([LEFT_WIDTH, 1000, RIGHT_WIDTH])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(columns)

    def close_loader(self) -> None:
        """Stop what is computed for the panes."""
        self.turns.close()
        self.loader.close()

    def settled(self) -> bool:
        """Whether everything on show is drawn in full."""
        return self.turns.idle and all(pane.settled and pane.painted for pane in self.stack.panes)

    @property
    def waveform(self) -> Pane | None:
        """The waveform of the recording on show, or None if the user took it away."""
        return self.deck.first("waveform")

    @property
    def mixture(self) -> Pane | None:
        """The spectrogram of the recording on show, or None if the user took it away."""
        return self.deck.first("spectrogram")

    @property
    def run(self) -> str:
        """The id of the run whose stems are on show, or empty."""
        return self.deck.run

    def focus_panes(self) -> None:
        """Give the keys to a pane, that of the mixture if there is one."""
        pane = self.mixture or next(iter(self.stack.panes), None)
        if pane is not None:
            pane.take_focus()

    def show_run(self, run_id: str) -> None:
        """Show the stems of a run in the panes that follow, and its iterations in the method panel."""
        if run_id != self.deck.run and not is_decoded(self._session.runs.get(run_id)):
            self.deck.show_run(run_id)
            self._show_takes()

    def show_audio(self, audio_id: str) -> None:
        """Bring an audio id into view: its run, and a pane for it if there is none."""
        run = self._session.run_of(audio_id)
        if run is not None:
            self.show_run(run.id)
            self.deck.reveal(audio_id)

    def _show_source(self, source_id: str) -> None:
        if source_id not in self._session.sources:
            # The document ends, or its last recording went: nothing of it is looked at again soon.
            self.deck.forget()
        self._show_latest_run()

    def _forget_run(self, run_id: str) -> None:
        if run_id == self.deck.run:
            self._show_latest_run()
        else:
            self.deck.show_run(self.deck.run)

    def _show_latest_run(self) -> None:
        source = self._session.current_source
        runs = separated_runs(self._session, source.id) if source is not None else ()
        self.deck.show_run(runs[-1].id if runs else "")
        self._show_takes()

    def _show_takes(self, _stem_id: str = "") -> None:
        run = self._session.runs.get(self.deck.run)
        self.panel.set_run(run, [self._session.stems[stem_id] for stem_id in run.stem_ids] if run is not None else [])

    def _cover_history(self) -> None:
        self._history.set_covered(bool(self.stems.aliases))

    def _mark_shown(self) -> None:
        source = self._session.current_source
        self.stems.set_shown([*([source.id] if source is not None else []), *self.deck.shown])
