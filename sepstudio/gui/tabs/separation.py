"""The separation tab: sources and stems at the left, panes in the middle, the method at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QWidget

from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.panels.stems_panel import StemsPanel
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.panes.waveform import WaveformPane
from sepstudio.gui.theme import current_palette, stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.session.records import Run
from sepstudio.session.session import Session
from sepstudio.tiles.pyramids import ClipPyramids

LEFT_WIDTH, RIGHT_WIDTH = 240, 312
HISTORY_HEIGHT = 150
# Shares of the height: the mixture is seen as large as two stems.
WAVEFORM_SHARE, MIXTURE_SHARE, STEM_SHARE = 2, 5, 4


class SeparationTab(QWidget):
    """Shows the current source and the stems of one run; it reads the session and never writes it."""

    cursorMoved = Signal(str)

    def __init__(
        self,
        session: Session,
        timeline: Timeline,
        panel: MethodPanel,
        history: QWidget,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("tab.separation")
        self._session = session
        self._timeline = timeline
        self._run = ""
        self.loader = TileLoader(self)
        self.stems = StemsPanel(session)
        self.panel = panel
        self.stack = PaneStack(timeline)
        self.waveform = WaveformPane(timeline, self.loader)
        self.mixture = SpectrogramPane(timeline, self.loader)
        self._stem_panes: dict[str, SpectrogramPane] = {}
        # Kept for as long as the window lives, so that a run that was looked at is there at once.
        self._pyramids: dict[str, ClipPyramids] = {}
        self._lay_out(history)
        self.stack.cursorMoved.connect(self.cursorMoved)
        session.currentSourceChanged.connect(self._show_source)
        session.runRemoved.connect(self._forget_run)
        session.stemChanged.connect(self._show_stem)

    def _lay_out(self, history: QWidget) -> None:
        self.stack.add_pane(self.waveform, stretch=WAVEFORM_SHARE)
        self.stack.add_pane(self.mixture, stretch=MIXTURE_SHARE)
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
        self.loader.close()

    def settled(self) -> bool:
        """Whether everything on show is drawn in full."""
        panes = (self.waveform, self.mixture, *self._stem_panes.values())
        return all(pane.pyramids is not None and pane.pyramids.complete for pane in panes)

    @property
    def run(self) -> str:
        """The id of the run whose stems are on show, or empty."""
        return self._run

    def show_run(self, run_id: str) -> None:
        """Show the stems of a run below the mixture, and its iterations in the method panel."""
        if run_id == self._run:
            return
        self._clear_stems()
        run = self._session.runs.get(run_id)
        self._run = run.id if run is not None else ""
        self._show_takes()
        for stem_id in run.stem_ids if run is not None else ():
            pane = SpectrogramPane(self._timeline, self.loader)
            pane.setObjectName(f"spectrogram.{stem_id}")
            self._follow_mixture(pane)
            self._stem_panes[stem_id] = pane
            self.stack.add_pane(pane, stretch=STEM_SHARE)
            self._show_stem(stem_id)
        self.stack.share_height()
        self._mark_shown()

    def show_audio(self, audio_id: str) -> None:
        """Bring an audio id into view: its run, or, for a residual, a pane of its own."""
        run = self._run_of(audio_id)
        if run is None:
            return
        self.show_run(run.id)
        if audio_id == run.residual_id and audio_id not in self._stem_panes:
            pane = SpectrogramPane(self._timeline, self.loader)
            pane.setObjectName(f"spectrogram.{audio_id}")
            self._follow_mixture(pane)
            self._stem_panes[audio_id] = pane
            self.stack.add_pane(pane, stretch=STEM_SHARE)
            self._fill(pane, audio_id, "residual: what the stems leave", stem_colour("residual"))
            self.stack.share_height()
        self._mark_shown()

    def _follow_mixture(self, pane: SpectrogramPane) -> None:
        pane.set_scale(self.mixture.scale.kind)

    def _run_of(self, audio_id: str) -> Run | None:
        return next((r for r in self._session.runs.values() if audio_id in (*r.stem_ids, r.residual_id)), None)

    def _show_source(self, source_id: str) -> None:
        self.show_run("")
        source = self._session.sources.get(source_id)
        if source is None:
            self.waveform.clear("Open or drop a recording to see its waveform.")
            self.mixture.clear("Its spectrogram appears here. Drag in it to select, then preview a method on that.")
            return
        colour = current_palette().accent
        self._fill(self.waveform, source_id, source.name, colour)
        self._fill(self.mixture, source_id, "mixture", colour)
        runs = self._session.runs_of(source_id)
        self.show_run(runs[-1].id if runs else "")
        self._mark_shown()

    def _show_stem(self, stem_id: str) -> None:
        pane = self._stem_panes.get(stem_id)
        if pane is None:
            return
        stem = self._session.stems[stem_id]
        title = f"{stem.name}, iteration {stem.take} of {stem.takes}" if stem.takes else stem.name
        self._fill(pane, stem_id, title, stem_colour(stem.name))
        self._show_takes()
        residual = self._session.runs[stem.run_id].residual_id
        if residual in self._stem_panes:
            self._fill(self._stem_panes[residual], residual, "residual: what the stems leave", stem_colour("residual"))

    def _show_takes(self) -> None:
        run = self._session.runs.get(self._run)
        self.panel.set_run(run, [self._session.stems[stem_id] for stem_id in run.stem_ids] if run is not None else [])

    def _fill(self, pane: Pane, audio_id: str, title: str, colour: str) -> None:
        clip = self._session.clip(audio_id)
        pyramids = self._pyramids.get(audio_id)
        if pyramids is None or pyramids.clip is not clip:
            pyramids = self._pyramids[audio_id] = self.loader.pyramids(clip)
        offset = self._session.offset(audio_id) / clip.sample_rate
        pane.set_audio(clip, offset, title, colour, pyramids)

    def _forget_run(self, run_id: str) -> None:
        if run_id == self._run:
            source = self._session.current_source
            runs = self._session.runs_of(source.id) if source is not None else ()
            self._clear_stems()
            self._run = ""
            self.panel.set_run(None)
            self.show_run(runs[-1].id if runs else "")

    def _clear_stems(self) -> None:
        for pane in self._stem_panes.values():
            self.stack.remove_pane(pane)
        self._stem_panes.clear()

    def _mark_shown(self) -> None:
        source = self._session.current_source
        self.stems.set_shown([*([source.id] if source is not None else []), *self._stem_panes])
