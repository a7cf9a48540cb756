"""The window: transport on top, tabs in the middle, drawer and activity below, and who answers what."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMainWindow, QSplitter, QTabWidget, QVBoxLayout, QWidget

from sepstudio.gui.actions import build_actions, enable
from sepstudio.gui.bridge import JobBridge
from sepstudio.gui.codec.encoded_files import is_encoded
from sepstudio.gui.codec.reach import decoded_runs, is_decoded, is_separated
from sepstudio.gui.controllers.auditions import AuditionController
from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.controllers.codec_arrivals import CodecArrivalController
from sepstudio.gui.controllers.codec_convention import CodecConventionController
from sepstudio.gui.controllers.codec_covariance import CodecCovarianceController
from sepstudio.gui.controllers.codec_energy import CodecEnergyController
from sepstudio.gui.controllers.codec_feeds import CodecFeedController
from sepstudio.gui.controllers.codec_files import CodecFileController
from sepstudio.gui.controllers.codec_listening import CodecListeningController
from sepstudio.gui.controllers.codec_microscope import CodecMicroscopeController
from sepstudio.gui.controllers.codec_runs import CodecRunController
from sepstudio.gui.controllers.codec_tokens import CodecTokenController
from sepstudio.gui.controllers.codec_training import CodecTrainingController
from sepstudio.gui.controllers.compare_bench import CompareBenchController
from sepstudio.gui.controllers.devices import DeviceController
from sepstudio.gui.controllers.error_curves import ErrorCurveController
from sepstudio.gui.controllers.factors import FactorController
from sepstudio.gui.controllers.head import HeadController
from sepstudio.gui.controllers.heard_export import HeardExportController
from sepstudio.gui.controllers.inside import InsideController
from sepstudio.gui.controllers.keys import KeyController
from sepstudio.gui.controllers.lanes import LaneController
from sepstudio.gui.controllers.listening import ListeningController
from sepstudio.gui.controllers.live import LiveController
from sepstudio.gui.controllers.look import LookController
from sepstudio.gui.controllers.models import MODEL_SUFFIXES, ModelsController
from sepstudio.gui.controllers.navigation import NavigationController
from sepstudio.gui.controllers.note_stems import NoteStemController
from sepstudio.gui.controllers.paint_live import PaintLiveController
from sepstudio.gui.controllers.painting import PaintController
from sepstudio.gui.controllers.panes import PaneController
from sepstudio.gui.controllers.phase_histograms import PhaseHistogramController
from sepstudio.gui.controllers.preferences import PreferencesController
from sepstudio.gui.controllers.presets import PresetController
from sepstudio.gui.controllers.probing import ProbeController
from sepstudio.gui.controllers.queue import QueueController
from sepstudio.gui.controllers.recovery import RecoveryController
from sepstudio.gui.controllers.roll import RollController
from sepstudio.gui.controllers.runs import RunController
from sepstudio.gui.controllers.scores import ScoreController
from sepstudio.gui.controllers.selecting import SelectionController
from sepstudio.gui.controllers.sources import SourceController
from sepstudio.gui.controllers.stroke_files import StrokeFileController, is_strokes
from sepstudio.gui.controllers.stroke_runs import StrokeRunController
from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.controllers.training import TrainingController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Controller, Desk
from sepstudio.gui.dialogs import ask_for_recordings
from sepstudio.gui.documents import Documents
from sepstudio.gui.drawer import Drawer
from sepstudio.gui.error_dialog import error_box
from sepstudio.gui.help import about_box
from sepstudio.gui.key_map import KeyMap
from sepstudio.gui.listening.player import Player
from sepstudio.gui.panels.activity import ActivityPanel
from sepstudio.gui.panels.history import HistoryPanel
from sepstudio.gui.panels.method_panel import MethodPanel
from sepstudio.gui.panels.transport_bar import TransportBar
from sepstudio.gui.recent import RecentProjects
from sepstudio.gui.scores.score_file import is_score
from sepstudio.gui.settings import Settings
from sepstudio.gui.tabs.separation import SeparationTab
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.workbench import Workbench
from sepstudio.jobs.runner import JobEvent, JobRunner
from sepstudio.paths import resource
from sepstudio.playback.transport import Transport
from sepstudio.separation.registry import methods
from sepstudio.session.session import Session

# As much as each page needs for a few rows.
DRAWER_HEIGHT = 276


class MainWindow(QMainWindow):
    """Owns what belongs to one open document; runner, transport and settings are handed in."""

    def __init__(self, runner: JobRunner, transport: Transport, store: QSettings) -> None:
        super().__init__()
        self.setObjectName("main-window")
        self.setWindowTitle("SepStudio")
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self._store = store
        self.settings = Settings(store, parent=self)
        self.keys = KeyMap(store, parent=self)
        self.session = Session(self)
        self.timeline = Timeline(self)
        self.bridge = JobBridge(runner, self)
        self.workbench = Workbench(self.session, self.bridge, self)
        self.player = Player(self.session, transport, self.timeline, self.bridge, self)
        self.bar = TransportBar()
        self.drawer = Drawer()
        self.activity = ActivityPanel()
        self.history = HistoryPanel(self.session.stack)
        # What goes on from a run is offered with runs, and what takes a scene on the tab of the codec.
        self.panel = MethodPanel(tuple(spec for spec in methods().values() if not spec.needs & {"stems", "scene"}))
        self.tab = SeparationTab(self.session, self.timeline, self.panel, self.history)
        self.recent = RecentProjects(store, self)
        self.documents = Documents(self.session, self.bridge, self)
        self.desk = Desk(
            self, self.session, self.timeline, self.bridge, self.workbench, self.player, self.bar, self.tab,
            self.panel, self.settings, self.drawer,
        )  # fmt: skip
        self.controllers = self._make_controllers()
        self.actions_by_id = build_actions(
            self, self._handlers(), {"open-project": self.recent, "rescan": self.devices.menu}
        )
        self._lay_out()
        self._connect()
        self._restore()
        self._refresh_actions()
        self._navigation.tick()
        # Otherwise Qt gives the keys to the first button.
        self.tab.focus_panes()

    # -- building ----------------------------------------------------------------------------

    def _make_controllers(self) -> tuple[Controller, ...]:
        self._navigation = NavigationController(self.desk)
        self._look = LookController(self.desk)
        self._keys = KeyController(self.desk, self.keys)
        self.support = SupportController(self.desk)
        self.devices = DeviceController(self.desk)
        self.queue = QueueController(self.desk)
        self.scores = ScoreController(self.desk, self.support)
        self.auditions = AuditionController(self.desk, self.tab.deck.board)
        self.live = LiveController(self.desk, self.support)
        self.painting = PaintController(self.desk, self.support, self.keys)
        self.stroke_files = StrokeFileController(self.desk, self.support)
        self.learning = PaintLiveController(self.desk)
        self.models = ModelsController(self.desk)
        exports = ViewExportController(self.desk)
        return (
            self._navigation,
            self._look,
            self._keys,
            self.support,
            self.devices,
            PreferencesController(self.desk, self.keys, self.devices, self.recent),
            LaneController(self.desk),
            ListeningController(self.desk),
            SelectionController(self.desk),
            PaneController(self.desk),
            RunController(self.desk, self.support),
            HeardExportController(self.desk),
            StrokeRunController(self.desk, self.support),
            PresetController(self.desk),
            CompareBenchController(self.desk, exports),
            RecoveryController(self.desk, self.documents),
            SourceController(self.desk, self.documents),
            RollController(self.desk, self.keys),
            ProbeController(self.desk),
            exports,
            FactorController(self.desk),
            ErrorCurveController(self.desk, exports),
            PhaseHistogramController(self.desk, exports),
            InsideController(self.desk, exports),
            self.models,
            *self._make_codec_controllers(exports),
            TrainingController(self.desk, self.models, exports),
            CodecTrainingController(self.desk, self.models, exports),
            self.queue,
            self.scores,
            self.auditions,
            self.live,
            self.painting,
            self.stroke_files,
            self.learning,
            NoteStemController(self.desk, self.tab.deck.board, self.support),
        )

    def _make_codec_controllers(self, exports: ViewExportController) -> tuple[Controller, ...]:
        self.codec = CodecController(self.desk)
        self.codec_runs = CodecRunController(self.desk, self.codec)
        self.codec_files = CodecFileController(self.desk, self.codec, self.support)
        listening = CodecListeningController(self.desk, self.codec.tab)
        self.head = HeadController(self.desk, listening)
        covariance = CodecCovarianceController(self.desk, self.codec.tab, exports)
        return (
            self.codec,
            self.codec_runs,
            self.codec_files,
            CodecConventionController(self.desk, self.codec),
            listening,
            self.head,
            covariance,
            CodecEnergyController(self.desk, self.codec.tab, covariance, exports),
            CodecArrivalController(self.desk, self.codec.tab, covariance, exports),
            CodecFeedController(self.desk, self.codec.tab, covariance, exports),
            CodecTokenController(self.desk, self.codec, exports),
            CodecMicroscopeController(self.desk, self.codec, exports),
        )

    def _lay_out(self) -> None:
        tabs = self.tabs = QTabWidget()
        tabs.setObjectName("tabs")
        tabs.setTabBarAutoHide(True)
        tabs.setDocumentMode(True)
        # Its bar takes the focus itself; hidden, it would hold up Tab for ever.
        tabs.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        tabs.tabBar().setAccessibleName("Tabs")
        tabs.tabBar().setToolTip("Choose a tab")
        tabs.addTab(self.tab, "Separation")
        tabs.addTab(self.codec.tab, "HOA codec")
        tabs.addTab(self.models.tab, "Models")
        tabs.currentChanged.connect(self._offer_runs)
        self._offer_runs()
        body = QSplitter(Qt.Orientation.Vertical)
        body.setObjectName("window.body")
        body.setChildrenCollapsible(False)
        body.addWidget(tabs)
        body.addWidget(self.drawer)
        body.setStretchFactor(0, 1)
        body.setSizes([1000, DRAWER_HEIGHT])
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(body, 1)
        column.addWidget(self.activity)
        self.setCentralWidget(centre)

    def _connect(self) -> None:
        self._connect_documents()
        session, stems = self.session, self.tab.stems
        stems.sourceChosen.connect(session.set_current_source)
        stems.openRequested.connect(self._open)
        stems.demoRequested.connect(self.open_demo)
        self.activity.cancelRequested.connect(self.bridge.cancel)
        self.bridge.started.connect(self.activity.job_started)
        self.bridge.progressed.connect(self.activity.job_progress)
        self.bridge.ended.connect(self.activity.job_ended)
        self.bridge.failed.connect(self._show_failure)
        self.tab.cursorMoved.connect(self.activity.set_readout)
        self.player.loopChanged.connect(self.actions_by_id["loop"].setChecked)
        self._navigation.noteChanged.connect(self._show_note)
        self.models.tabWanted.connect(self._show_tab)
        self.models.codecWanted.connect(self.codec.use_model)
        self.codec.tabWanted.connect(self._show_tab)
        self.codec.tab.cursorMoved.connect(self.activity.set_readout)
        for asked in (self.panel.separateRequested, self.panel.previewRequested):
            asked.connect(self._show_separation)
        for signal in (
            session.sourceAdded, session.sourceRemoved, session.runAdded, session.runRemoved,
            session.currentSourceChanged, session.selectionChanged, self.bridge.started, self.bridge.ended,
            session.stack.canUndoChanged, session.stack.canRedoChanged, session.scoreChanged, session.strokesChanged,
        ):  # fmt: skip
            signal.connect(self._refresh_actions)

    def _connect_documents(self) -> None:
        documents = self.documents
        documents.changed.connect(self._retitle)
        documents.used.connect(self.recent.add)
        documents.recordingsWaiting.connect(self.workbench.open_files)
        self.recent.chosen.connect(documents.open_folder)

    def _handlers(self) -> dict[str, Callable[..., None]]:
        stack, documents = self.session.stack, self.documents
        handlers: dict[str, Callable[..., None]] = {
            "new": documents.new, "open-project": documents.open,
            "save": documents.save, "save-as": documents.save_as,
            "open": self._open, "demo": self.open_demo, "quit": self.close,
            "undo": stack.undo, "redo": stack.redo,
            "about": self._show_about,
        }  # fmt: skip
        for controller in self.controllers:
            handlers |= controller.handlers()
        # These do the work of the tab in view.
        runs, files = self.codec_runs, self.codec_files
        own = {"separate": runs.encode, "preview": runs.preview, "export": files.export_shown}
        self._usual_acts = {name: handlers[name] for name in own}
        self._codec_acts = own
        return handlers | {name: functools.partial(self._act_in_tab, name) for name in own}

    def _act_in_tab(self, name: str) -> None:
        in_codec = self.tabs.currentWidget() is self.codec.tab
        (self._codec_acts if in_codec else self._usual_acts)[name]()

    def _restore(self) -> None:
        geometry = self._store.value("geometry")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        self._look.adopt(self.actions_by_id)
        self._keys.adopt(self.actions_by_id)
        self.auditions.adopt(self.actions_by_id)
        self.live.adopt(self.actions_by_id)
        self.painting.adopt(self.actions_by_id)
        self.learning.adopt(self.actions_by_id)
        self.head.adopt(self.actions_by_id)

    # -- opening -----------------------------------------------------------------------------

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Open recordings, or a project and recordings into it; scores and strokes are imported for the recording."""
        self.models.import_files([path for path in paths if path.suffix in MODEL_SUFFIXES])
        self.codec_files.open_encoded([path for path in paths if is_encoded(path)])
        others = [path for path in paths if is_score(path) or is_strokes(path) or is_encoded(path)]
        recordings = [path for path in paths if path not in others and path.suffix not in MODEL_SUFFIXES]
        if recordings:
            self.documents.open_paths(recordings)
        self.scores.import_files([path for path in paths if is_score(path)], opening=bool(recordings))
        self.stroke_files.import_files([path for path in paths if is_strokes(path)], opening=bool(recordings))

    def open_demo(self) -> None:
        """Open the song that ships with the program."""
        self.open_paths([resource("demo", "mixture.flac")])

    def _show_tab(self, name: str) -> None:
        tabs = {"models": self.models.tab, "codec": self.codec.tab}
        self.tabs.setCurrentWidget(tabs.get(name, self.tab))

    def _offer_runs(self) -> None:
        """Let A and B be runs that the tab lists; that of models lists none."""
        shown = self.tabs.currentWidget()
        if shown is not self.models.tab:
            self.player.offer(is_decoded if shown is self.codec.tab else is_separated)

    def _show_separation(self, _params: object) -> None:
        # Menu and keys separate from the other tab too: what comes of it is to be seen.
        self._show_tab("separation")

    def _open(self) -> None:
        self.open_paths(ask_for_recordings(self))

    # -- what is possible now ----------------------------------------------------------------

    def _refresh_actions(self, *_: object) -> None:
        source = self.session.current_source
        has_run = source is not None and bool(self.session.runs_of(source.id))
        present = {
            "source": source is not None,
            "run": has_run,
            "selection": self.session.selection is not None,
            "job": self.bridge.busy,
            "score": source is not None and self.session.score(source.id) is not None,
            "strokes": source is not None and bool(self.session.strokes(source.id).strokes),
            "decoded": source is not None and bool(decoded_runs(self.session, source.id)),
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

    def _show_note(self, note: str) -> None:
        self.activity.set_device_note(note, warning=bool(note))

    def _show_failure(self, title: str, event: JobEvent) -> None:
        error = event.error or RuntimeError("unknown")
        error_box(self, title, error, event.details).open()

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
        if not (self.queue.may_close() and self.documents.may_close()):
            event.ignore()
            return
        self.shut_down()
        super().closeEvent(event)

    def shut_down(self) -> None:
        """Stop everything, without asking."""
        self._store.setValue("geometry", self.saveGeometry())
        # Otherwise it might begin to measure when nobody runs jobs any more.
        self.player.rest()
        self.learning.set_on(False)
        self.head.close()
        self.bridge.cancel_all()
        self.codec.tab.turns.close()
        self.tab.close_loader()
