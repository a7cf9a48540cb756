"""The window: transport on top, tabs in the middle, activity and history below; it routes wishes to their owners."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QTabWidget, QVBoxLayout, QWidget

from sepstudio.gui.actions import build_actions, enable, recolour
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.dialogs import ask_for_recordings, ask_for_target, error_box, may_replace
from sepstudio.gui.documents import Documents
from sepstudio.gui.help import about_box, keys_box
from sepstudio.gui.panels.activity import ActivityPanel
from sepstudio.gui.panels.history import HistoryPanel
from sepstudio.gui.panels.kam_panel import KamPanel
from sepstudio.gui.panels.transport_bar import TransportBar
from sepstudio.gui.player import Player
from sepstudio.gui.recent import RecentProjects
from sepstudio.gui.tabs.separation import SeparationTab
from sepstudio.gui.theme import DARK, LIGHT, apply_theme
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.workbench import Export, Workbench
from sepstudio.jobs.runner import JobEvent, JobRunner
from sepstudio.paths import resource
from sepstudio.playback.transport import Transport
from sepstudio.separation.registry import method
from sepstudio.session.commands import SetLane, SetSelection, SetTake
from sepstudio.session.records import LaneState, Selection
from sepstudio.session.session import Session

ZOOM_STEP = 1.5
SHORT_SKIP, LONG_SKIP = 2.0, 10.0


class MainWindow(QMainWindow):
    """Owns what belongs to one open document; runner, transport and settings are handed in."""

    def __init__(self, runner: JobRunner, transport: Transport, settings: QSettings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("SepStudio")
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self._settings = settings
        self._transport = transport
        self.session = Session(self)
        self.timeline = Timeline(self)
        self.bridge = JobBridge(runner, self)
        self.workbench = Workbench(self.session, self.bridge, self)
        self.player = Player(self.session, transport, self.timeline, self)
        self.bar = TransportBar()
        self.activity = ActivityPanel()
        self.history = HistoryPanel(self.session.stack)
        self.panel = KamPanel(method("kam"))
        self.tab = SeparationTab(self.session, self.timeline, self.panel, self.history)
        self.recent = RecentProjects(settings, self)
        self.documents = Documents(self.session, self.bridge, self)
        self.actions_by_id = build_actions(self, self._handlers(), {"open-project": self.recent})
        self._last_note: str | None = None
        self._lay_out()
        self._connect()
        self._restore()
        self._refresh_actions()
        self._on_tick()
        # Otherwise Qt gives the keys to the first button.
        self.tab.mixture.view.setFocus()

    # -- building ----------------------------------------------------------------------------

    def _lay_out(self) -> None:
        tabs = QTabWidget()
        tabs.setObjectName("tabs")
        tabs.setTabBarAutoHide(True)
        tabs.setDocumentMode(True)
        tabs.addTab(self.tab, "Separation")
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(tabs, 1)
        column.addWidget(self.activity)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self._connect_playback()
        self._connect_documents()
        session, stems, panel = self.session, self.tab.stems, self.panel
        stems.laneEdited.connect(self._edit_lane)
        stems.gestureBegun.connect(session.stack.beginMacro)
        stems.gestureEnded.connect(session.stack.endMacro)
        stems.sourceChosen.connect(session.set_current_source)
        stems.audioChosen.connect(self._choose_audio)
        stems.exportRequested.connect(self._export)
        stems.openRequested.connect(self._open)
        stems.demoRequested.connect(self.open_demo)
        panel.previewRequested.connect(self._preview)
        panel.separateRequested.connect(self._separate)
        panel.takeChosen.connect(self._choose_take)
        self.activity.cancelRequested.connect(self.bridge.cancel)
        self.bridge.started.connect(self.activity.job_started)
        self.bridge.progressed.connect(self.activity.job_progress)
        self.bridge.ended.connect(self.activity.job_ended)
        self.bridge.failed.connect(self._show_failure)
        self.tab.cursorMoved.connect(self.activity.set_readout)
        for signal in (
            session.sourceAdded, session.sourceRemoved, session.runAdded, session.runRemoved,
            session.currentSourceChanged, session.selectionChanged, self.bridge.started, self.bridge.ended,
            session.stack.canUndoChanged, session.stack.canRedoChanged,
        ):  # fmt: skip
            signal.connect(self._refresh_actions)

    def _connect_documents(self) -> None:
        documents = self.documents
        documents.changed.connect(self._retitle)
        documents.used.connect(self.recent.add)
        documents.recordingsWaiting.connect(self.workbench.open_files)
        self.recent.chosen.connect(documents.open_folder)

    def _connect_playback(self) -> None:
        bar, player, timeline = self.bar, self.player, self.timeline
        bar.playToggled.connect(player.toggle)
        bar.toStart.connect(player.to_start)
        bar.toEnd.connect(player.to_end)
        bar.loopToggled.connect(player.set_looping)
        bar.abToggled.connect(player.flip)
        bar.masterChanged.connect(player.set_master)
        bar.dimToggled.connect(player.set_dimmed)
        player.ticked.connect(self._on_tick)
        player.loopChanged.connect(self._on_loop)
        player.groupChanged.connect(self._on_group)
        player.audibleChanged.connect(self.tab.stems.set_audible)
        timeline.durationChanged.connect(bar.set_duration)
        timeline.playheadChanged.connect(bar.set_position)
        timeline.selectionEdited.connect(self._edit_selection)
        self.session.selectionChanged.connect(self._on_selection)

    def _handlers(self) -> dict[str, Callable[..., None]]:
        player, stack, documents = self.player, self.session.stack, self.documents
        handlers: dict[str, Callable[..., None]] = {
            "new": documents.new, "open-project": documents.open,
            "save": documents.save, "save-as": documents.save_as,
            "open": self._open, "demo": self.open_demo, "export": self._export_run, "quit": self.close,
            "undo": stack.undo, "redo": stack.redo, "select-all": self._select_all, "select-none": self._select_none,
            "play": player.toggle, "play-selection": self._play_selection,
            "to-start": player.to_start, "to-end": player.to_end,
            "back": self._back, "forward": self._forward, "far-back": self._far_back, "far-forward": self._far_forward,
            "loop": player.set_looping, "flip": player.flip, "mixture": self._hear_mixture,
            "zoom-in": self._zoom_in, "zoom-out": self._zoom_out, "zoom-selection": self._zoom_selection,
            "fit": self.timeline.fit, "follow": self._follow,
            "theme": self._set_light, "full-screen": self._full_screen,
            "separate": self.panel.separate.click, "preview": self.panel.preview.click,
            "cancel": self.bridge.cancel_all,
            "keys": self._show_keys, "about": self._show_about,
        }  # fmt: skip
        for n in range(1, 10):
            handlers |= {f"solo-{n}": self._solo_by_key, f"mute-{n}": self._mute_by_key}
        return handlers

    def _restore(self) -> None:
        geometry = self._settings.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        light = self._settings.value("light", False, type=bool)
        self.actions_by_id["theme"].setChecked(bool(light))
        self.actions_by_id["follow"].setChecked(self.timeline.follows_playhead)
        self._set_light(bool(light))

    # -- opening, separating, exporting ------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open recordings, or a project and recordings into it."""
        self.documents.open_paths(paths)

    def open_demo(self) -> None:
        """Open the song that ships with the program."""
        self.open_paths([resource("demo", "mixture.flac")])

    def _open(self) -> None:
        self.open_paths(ask_for_recordings(self))

    def _separate(self, params: Any) -> None:
        selection = self.session.selection
        span = (selection.start, selection.stop) if selection is not None else None
        self.workbench.separate(self.panel.spec, params, span)

    def _preview(self, params: Any) -> None:
        span = self.workbench.preview_span(self.player.position)
        if span[1] > span[0]:
            self.workbench.separate(self.panel.spec, params, span)

    def _export_run(self) -> None:
        if self.tab.run:
            self._export(self.tab.run)

    def _export(self, wanted: str) -> None:
        """Export one lane, or all stems of a run; the name that is asked for is that of the first file."""
        run = self.session.runs.get(wanted)
        audio_ids = list(run.stem_ids) if run is not None else [wanted]
        source = self.session.current_source
        target = ask_for_target(self, Path(source.name).stem if source is not None else wanted)
        if target is None:
            return
        path, subtype = target
        files = []
        for audio_id in audio_ids:
            stem = self.session.stems.get(audio_id)
            name = path.stem if run is None or stem is None else f"{path.stem} {stem.name}"
            files.append(Export(path.with_name(name + path.suffix), self.session.clip(audio_id), subtype))
        if may_replace(self, [file.path for file in files]):
            self.workbench.export(files)

    # -- edits -------------------------------------------------------------------------------

    def _edit_lane(self, audio_id: str, state: LaneState, text: str) -> None:
        self.session.stack.push(SetLane(self.session, audio_id, state, text))

    def _choose_take(self, stem_id: str, take: int) -> None:
        if self.session.stems[stem_id].take != take:
            self.session.stack.push(SetTake(self.session, stem_id, take))

    def _choose_audio(self, audio_id: str) -> None:
        stem = self.session.stems.get(audio_id)
        run = self.session.runs.get(stem.run_id if stem is not None else audio_id.rpartition("/")[0])
        self.player.set_group(run.id if run is not None else audio_id)
        self.tab.show_audio(audio_id)

    def _edit_selection(self, edited: tuple[float, float, tuple[float, float] | None] | None) -> None:
        source = self.session.current_source
        if source is None:
            return
        selection = None
        if edited is not None:
            start, stop = (min(max(round(s * source.sample_rate), 0), source.length) for s in edited[:2])
            selection = Selection(start, stop, edited[2]) if stop > start else None
        self._select(selection)

    def _select(self, selection: Selection | None) -> None:
        if selection != self.session.selection:
            self.session.stack.push(SetSelection(self.session, selection))

    def _select_all(self) -> None:
        source = self.session.current_source
        if source is not None and source.length:
            self._select(Selection(0, source.length))

    def _select_none(self) -> None:
        self._select(None)

    def _solo_by_key(self) -> None:
        self._toggle_lane(int(self.sender().objectName().rpartition("-")[2]), "solo")

    def _mute_by_key(self) -> None:
        self._toggle_lane(int(self.sender().objectName().rpartition("-")[2]), "mute")

    def _toggle_lane(self, number: int, what: str) -> None:
        reach = self.player.stems_in_reach()
        if number <= len(reach):
            audio_id = reach[number - 1]
            state = self.session.lane(audio_id)
            on = not getattr(state, what)
            name = audio_id.rpartition("/")[2]
            text = f"{what.capitalize()} {name}" if on else f"End {what} of {name}"
            self._edit_lane(audio_id, dataclasses.replace(state, **{what: on}), text)

    def _hear_mixture(self) -> None:
        source = self.session.current_source
        if source is None:
            return
        soloed = [audio_id for audio_id in self.player.everything() if self.session.lane(audio_id).solo]
        if soloed:
            self.session.stack.beginMacro("End all solos")
            for audio_id in soloed:
                state = dataclasses.replace(self.session.lane(audio_id), solo=False)
                self._edit_lane(audio_id, state, "End solo")
            self.session.stack.endMacro()
        self.player.set_group(source.id)

    # -- views and playback ------------------------------------------------------------------

    def _play_selection(self) -> None:
        selection, source = self.session.selection, self.session.current_source
        if selection is not None and source is not None:
            self.player.seek(selection.start / source.sample_rate)
            if not self.player.playing:
                self.player.toggle()

    def _back(self) -> None:
        self.player.skip(-SHORT_SKIP)

    def _forward(self) -> None:
        self.player.skip(SHORT_SKIP)

    def _far_back(self) -> None:
        self.player.skip(-LONG_SKIP)

    def _far_forward(self) -> None:
        self.player.skip(LONG_SKIP)

    def _zoom_in(self) -> None:
        self.timeline.zoom(ZOOM_STEP, self._zoom_centre())

    def _zoom_out(self) -> None:
        self.timeline.zoom(1.0 / ZOOM_STEP, self._zoom_centre())

    def _zoom_centre(self) -> float:
        start, stop = self.timeline.visible
        playhead = self.timeline.playhead
        return playhead if start <= playhead <= stop else (start + stop) / 2

    def _zoom_selection(self) -> None:
        if self.timeline.selection is not None:
            self.timeline.set_visible(*self.timeline.selection)

    def _follow(self, follow: bool) -> None:
        self.timeline.follows_playhead = follow

    def _set_light(self, light: bool) -> None:
        self._settings.setValue("light", light)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            apply_theme(app, LIGHT if light else DARK)
        recolour(self.actions_by_id)

    def _full_screen(self, full: bool) -> None:
        self.showFullScreen() if full else self.showNormal()

    def _on_tick(self) -> None:
        self.bar.set_playing(self.player.playing)
        self.bar.set_peaks(*self.player.peaks())
        note = self.player.note
        if note != self._last_note:
            self._last_note = note
            self.activity.set_device_note(note, warning=bool(note))

    def _on_loop(self, looping: bool) -> None:
        self.bar.set_loop(looping)
        self.actions_by_id["loop"].setChecked(looping)

    def _on_group(self, group: str) -> None:
        run = self.session.runs.get(group)
        if run is not None:
            self.tab.show_run(run.id)
        self.bar.set_ab("B" if run is not None else "A", f"run {run.number}" if run is not None else "mixture")

    def _on_selection(self) -> None:
        source, selection = self.session.current_source, self.session.selection
        if source is None or selection is None:
            self.timeline.set_selection(None)
        else:
            rate = source.sample_rate
            self.timeline.set_selection((selection.start / rate, selection.stop / rate), selection.band)
        self.panel.set_selection(selection is not None)

    def _refresh_actions(self, *_: object) -> None:
        source = self.session.current_source
        has_run = source is not None and bool(self.session.runs_of(source.id))
        present = {
            "source": source is not None,
            "run": has_run,
            "selection": self.session.selection is not None,
            "job": self.bridge.busy,
        }
        enable(self.actions_by_id, frozenset(name for name, there in present.items() if there))
        self.actions_by_id["undo"].setEnabled(self.session.stack.canUndo())
        self.actions_by_id["redo"].setEnabled(self.session.stack.canRedo())
        self.bar.set_ready(source is not None)
        self.panel.set_ready(source is not None)
        if source is not None:
            self.panel.set_sample_rate(source.sample_rate)
        self._retitle()

    def _retitle(self) -> None:
        name = self.documents.name
        self.setWindowTitle(f"{name}[*] – SepStudio" if name else "SepStudio[*]")
        self.setWindowModified(self.documents.modified)

    # -- dialogs -----------------------------------------------------------------------------

    def _show_failure(self, title: str, event: JobEvent) -> None:
        error = event.error or RuntimeError("unknown")
        error_box(self, title, error, event.details).open()

    def _show_keys(self) -> None:
        keys_box(self).open()

    def _show_about(self) -> None:
        about_box(self).open()

    # -- what Qt asks ------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped files."""
        self.open_paths([Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, stop everything, and remember the geometry."""
        if not self.documents.may_close():
            event.ignore()
            return
        self.shut_down()
        super().closeEvent(event)

    def shut_down(self) -> None:
        """Stop everything, without asking."""
        self._settings.setValue("geometry", self.saveGeometry())
        self.bridge.cancel_all()
        self._transport.pause()
        self.tab.close_loader()
