"""The application: makes the services, hands them to the window, and puts them away again."""

from __future__ import annotations

import contextlib
import logging
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import pyqtgraph
from PySide6.QtCore import QMessageLogContext, QSettings, QSize, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QStyle

import sepstudio
from sepstudio.gui.collector import Collector
from sepstudio.gui.error_dialog import ErrorDialog, error_box
from sepstudio.gui.icons import icon
from sepstudio.gui.main_window import MainWindow
from sepstudio.gui.preparation import Preparation
from sepstudio.gui.theme import DARK, apply_theme, current_palette
from sepstudio.jobs.runner import JobRunner
from sepstudio.logs import take_crash
from sepstudio.playback.backends import choose_backend
from sepstudio.playback.transport import Transport
from sepstudio.separation.base import Separation, preset
from sepstudio.separation.parameters import from_json
from sepstudio.session.records import Run

# Keeps what every iteration gives, which the sliders show.
DEMO_PRESET = "own-iterations"
SCREENSHOT_SIZE = (1280, 800)
# How long pictures of the demo may take before something is wrong.
PATIENCE_S = 120.0
# Several rounds of what is told 30 times a second.
DRAWING_S = 0.3

_log = logging.getLogger(__name__)
_QT_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


def application() -> QApplication:
    """Return the one QApplication, made and dressed on first use."""
    app = QApplication.instance()
    if isinstance(app, QApplication):
        return app
    qInstallMessageHandler(_tell_unless_known)
    app = QApplication(sys.argv[:1])
    app.setApplicationName("SepStudio")
    app.setOrganizationName("sepstudio")
    app.setApplicationVersion(sepstudio.__version__)
    apply_theme(app, DARK)
    app.setWindowIcon(icon("app", current_palette().accent))
    pyqtgraph.setConfigOptions(imageAxisOrder="row-major", antialias=False, useOpenGL=False)
    return app


def _tell_unless_known(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    # Said for every window where there is no screen, and of no use to anybody.
    if "propagateSizeHints" not in message:
        _log.log(_QT_LEVELS.get(kind, logging.WARNING), "Qt %s: %s", context.category, message)
        sys.stderr.write(f"{message}\n")


@contextlib.contextmanager
def studio(settings: QSettings | None = None) -> Iterator[MainWindow]:
    """Make a window with its services; on the way out stop the jobs, the sound and the threads."""
    app = application()
    runner = JobRunner()
    transport = Transport(choose_backend())
    window = MainWindow(runner, transport, settings or QSettings())
    try:
        yield window
    except BaseException:
        # Nobody was asked: the next start offers what is unsaved.
        window.documents.leave()
        raise
    finally:
        # Whether unsaved work may be lost was asked when the user closed the window.
        window.shut_down()
        window.hide()
        runner.close()
        window.documents.close()
        transport.close()
        window.workbench.close()
        window.queue.close()
        window.deleteLater()
        app.processEvents()


def run(paths: Sequence[Path]) -> int:
    """Open the window, with recordings or a project; returns the exit status when the user has closed it."""
    return _run(paths, separate=False)


def run_demo() -> int:
    """Open the window on the demo song and separate it."""
    return _run((), separate=True)


def _run(paths: Sequence[Path], *, separate: bool) -> int:
    app = application()
    with (
        contextlib.closing(Collector()) as collector,
        studio() as window,
        contextlib.closing(Preparation(window.bridge, window)),
    ):
        window.documents.replaced.connect(collector.thaw)
        told_before, sys.excepthook = sys.excepthook, Excepthook(window)
        _fit_on_screen(window)
        window.show()
        crash = take_crash()
        if crash is not None:
            window.support.tell_crash(crash)
        if separate:
            window.panel.set_params(preset(window.panel.spec, DEMO_PRESET).params)
            window.workbench.sourceOpened.connect(window.panel.separate.click)
            window.open_demo()
        elif paths:
            window.open_paths(paths)
        _log.info("startup complete")
        status = app.exec()
        sys.excepthook = told_before
    return status


def _fit_on_screen(window: MainWindow) -> None:
    """Make the window small enough for the screen, its title included."""
    room = window.screen().availableSize()
    title = window.style().pixelMetric(QStyle.PixelMetric.PM_TitleBarHeight)
    if not window.isMaximized():
        window.resize(window.size().boundedTo(room - QSize(0, title)))


class Excepthook:
    """Shows defects in a dialog; the program goes on, because the work in the window is worth more."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def __call__(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        """Show one error."""
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        details = "".join(traceback.format_exception(kind, error, trace))
        _log.critical("uncaught: %s", details)
        sys.stderr.write(details)
        shown = [box.detailedText() for box in self._window.findChildren(ErrorDialog) if box.isVisible()]
        # What fails in every round of a timer is told once.
        if details not in shown:
            error_box(self._window, "The last action", error, details).open()


def screenshot_demo(path: Path, separation: Separation) -> None:
    """Write a picture of the window with the demo song open and a separation of it on show.

    Raises
    ------
    TimeoutError
        If the window does not come to rest.
    OSError
        If the picture cannot be written.
    """
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        with studio(settings) as window:
            window.resize(*SCREENSHOT_SIZE)
            window.show()
            window.open_demo()
            _wait(app, lambda: window.session.current_source is not None)
            _keep(window, separation)
            _wait(app, window.tab.settled)
            if not window.grab().save(str(path)):
                raise OSError(f"cannot write {path}")


def _keep(window: MainWindow, separation: Separation) -> None:
    source = window.session.current_source
    if source is not None:
        spec = window.panel.spec
        params = from_json(spec.params, separation.provenance.params)
        window.panel.set_params(params)
        window.workbench.keep(Run("", 0, spec.id, params, source.id, 0, source.length, ()), separation)


def _wait(app: QApplication, done: Callable[[], bool]) -> None:
    """Let the window work until something is done, and a little longer, so that it is drawn."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the window has not come to rest after {PATIENCE_S:.0f} s")
        app.processEvents()
        time.sleep(0.005)
    drawn = time.monotonic() + DRAWING_S
    while time.monotonic() < drawn:
        app.processEvents()
        time.sleep(0.005)
