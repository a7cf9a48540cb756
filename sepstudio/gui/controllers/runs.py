"""Separating and exporting: what the method panel and the lists of runs ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject

from sepstudio.gui.codec.reach import separated_runs
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import ask_for_target, may_replace
from sepstudio.gui.notice import Notice
from sepstudio.gui.painting.sources import stretch_words
from sepstudio.gui.workbench import Export
from sepstudio.separation.base import Matrix
from sepstudio.session.commands import RenameRun, SetSelection
from sepstudio.session.removal import RemoveRun, RemoveSource


class RunController(QObject):
    """Starts runs, exports them and takes them away."""

    def __init__(self, desk: Desk, support: SupportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        desk.session.viewReplaced.connect(self._adopt)
        desk.panel.previewRequested.connect(self._preview)
        desk.panel.separateRequested.connect(self._separate)
        stems = desk.tab.stems
        stems.exportRequested.connect(self._export)
        stems.runRemoved.connect(self._remove_run)
        stems.runRenamed.connect(self._rename_run)
        stems.sourceRemoved.connect(self._remove_source)

    def handlers(self) -> Handlers:
        """Return what answers the actions about runs."""
        panel = self._desk.panel
        return {
            "separate": panel.separate.click, "preview": panel.preview.click,
            "cancel": self._desk.bridge.cancel_all, "let-go": self._let_go, "export": self._export_shown,
        }  # fmt: skip

    def _adopt(self) -> None:
        """Go on with the settings of the newest run when a project is opened or work restored."""
        source, panel = self._session.current_source, self._desk.panel
        runs = separated_runs(self._session, source.id) if source is not None else ()
        # The settings of plug-ins that are not here, or of another version, stay as they were read.
        known = [run for run in runs if panel.offers(run.method) and not isinstance(run.params, dict)]
        for run in known:
            panel.page_of(run.method).set_params(run.params)
        if known:
            panel.choose(known[-1].method)

    def _separate(self, params: Any) -> None:
        selection = self._session.selection
        span = (selection.start, selection.stop) if selection is not None else None
        band = selection.band if selection else None
        if span is None or self._can_learn(span):
            self._desk.workbench.separate(self._desk.panel.spec, params, span, band, warm=self._warm())

    def _preview(self, params: Any) -> None:
        workbench, selection = self._desk.workbench, self._session.selection
        span = workbench.preview_span(self._desk.player.position)
        if span[1] > span[0] and self._can_learn(span):
            band = selection.band if selection else None
            workbench.previewing = workbench.separate(self._desk.panel.spec, params, span, band, warm=self._warm())

    def _can_learn(self, span: tuple[int, int]) -> bool:
        """Whether the method, if it learns from strokes, finds enough of them within some samples; else say so."""
        source = self._session.current_source
        if source is None or "strokes" not in self._desk.panel.spec.needs:
            return True
        words = stretch_words(self._session.strokes(source.id), span, source.sample_rate)
        if words:
            notice = Notice(words, None)
            # More may be painted there now.
            self._session.strokesChanged.connect(notice.closed)
            self._support.show(notice)
        return not words

    def _warm(self) -> Mapping[str, Matrix] | None:
        """Return the matrices that the method is to go on from, empty ones to begin anew; None where it decides."""
        run_id = self._desk.panel.page.goes_on_from
        return self._session.matrices(run_id) if run_id is not None else None

    def _let_go(self) -> None:
        """Give up the drag, else the selection, else the preview; a separation goes on."""
        if self._desk.tab.deck.painting.give_up() or self._desk.timeline.give_up():
            return
        if self._session.selection is not None:
            self._session.stack.push(SetSelection(self._session, None))
        else:
            self._desk.bridge.cancel(self._desk.workbench.previewing)

    def _remove_run(self, run_id: str) -> None:
        self._session.stack.push(RemoveRun(self._session, run_id))

    def _rename_run(self, run_id: str, name: str) -> None:
        self._session.stack.push(RenameRun(self._session, run_id, name))

    def _remove_source(self, source_id: str) -> None:
        self._session.stack.push(RemoveSource(self._session, source_id))

    def _export_shown(self) -> None:
        if self._desk.tab.run:
            self._export(self._desk.tab.run)
        else:
            self._support.show(Notice("Nothing of this recording is separated yet.", None))

    def _export(self, wanted: str) -> None:
        """Export one lane, or all stems of a run; the name that is asked for is that of the first file."""
        run = self._session.runs.get(wanted)
        audio_ids = list(run.stem_ids) if run is not None else [wanted]
        source = self._session.current_source
        suggestion = Path(source.name).stem if source is not None else wanted
        channels = max((self._session.clip(audio_id).channels for audio_id in audio_ids), default=1)
        preferred = self._desk.settings.value("files/export")
        target = ask_for_target(self._desk.window, suggestion, preferred, channels)
        if target is None:
            return
        path, subtype = target
        files = []
        for audio_id in audio_ids:
            stem = self._session.stems.get(audio_id)
            name = path.stem if run is None or stem is None else f"{path.stem} {stem.name}"
            files.append(Export(path.with_name(name + path.suffix), self._session.clip(audio_id), subtype))
        if may_replace(self._desk.window, [file.path for file in files]):
            self._desk.workbench.export(files)
