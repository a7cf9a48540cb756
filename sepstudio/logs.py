"""What the program writes down about itself: a rotating log, and a file for crashes of the process.

A log is a help and never a reason to fail: where its folder cannot be written, the program
runs without, and the last lines are kept in memory for reports in any case.
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import shlex
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, version
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType

from sepstudio.paths import APP_NAME, log_dir

LIBRARIES = (
    "numpy",
    "scipy",
    "numba",
    "torch",
    "safetensors",
    "PySide6-Essentials",
    "pyqtgraph",
    "soundfile",
    "sounddevice",
    "rtmixer",
)
LOG_NAME, CRASH_NAME = "sepstudio.log", "crash.txt"
# The file that is written and four older ones.
LOG_BYTES, OLDER_LOGS = 1_000_000, 4
KEPT_CRASHES = 5
REMEMBERED_LINES = 200
# The number of the process: the window and commands may write at the same time.
_FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"

_log = logging.getLogger(__name__)


class _File(RotatingFileHandler):
    """The log file; what it cannot write (a full disk, a folder that is gone) is lost without a word."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name that logging gives it
        """Say nothing."""


class _Tail(logging.Handler):
    """The last lines, as text: records would keep what they speak of alive."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=REMEMBERED_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        """Remember one record."""
        self.lines.extend(self.format(record).splitlines())


@contextlib.contextmanager
def keeping_log(release: str, arguments: Sequence[str] = ()) -> Iterator[None]:
    """Write down what happens inside: records of the program, warnings of libraries, uncaught errors and crashes.

    ``release`` is the version of the program and ``arguments`` what it was started with.
    """
    folder = log_dir()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    root, own = logging.getLogger(), logging.getLogger(APP_NAME)
    handlers = _handlers(folder)
    level = own.level
    own.setLevel(logging.INFO)
    for handler in handlers:
        root.addHandler(handler)
    try:
        with _crashes_written(folder), _errors_told():
            _log.info("start of %s: %s", release, shlex.join([APP_NAME, *arguments]))
            _log.info("%s; %s, %s cores", platform.platform(), platform.machine(), os.cpu_count())
            _log.info("%s", ", ".join(f"{name} {found}" for name, found in versions().items()))
            yield
            _log.info("end")
    finally:
        own.setLevel(level)
        for handler in handlers:
            root.removeHandler(handler)
            handler.close()


def last_lines(count: int) -> list[str]:
    """Return the last lines of the log of this process; none where no log is kept."""
    tail = next((handler for handler in logging.getLogger().handlers if isinstance(handler, _Tail)), None)
    return list(tail.lines)[-count:] if tail is not None else []


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that matter most."""
    found = {"python": platform.python_version()}
    for library in LIBRARIES:
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def take_crash() -> Path | None:
    """Return a file with what is known of crashes since the last call, or None; the newest few are kept."""
    crash = log_dir() / CRASH_NAME
    try:
        text = crash.read_text(encoding="utf-8", errors="replace")
        if not text.strip():
            return None
        stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(crash.stat().st_mtime))
        kept = crash.with_name(f"crash-{stamp}.txt")
        kept.write_text(text, encoding="utf-8")
        # Emptied rather than moved: another process may have it open for its own last words.
        os.truncate(crash, 0)
        for old in sorted(crash.parent.glob("crash-*.txt"))[:-KEPT_CRASHES]:
            old.unlink()
    except OSError:
        return None
    return kept


def _handlers(folder: Path) -> list[logging.Handler]:
    handlers: list[logging.Handler] = [_Tail()]
    with contextlib.suppress(OSError):
        path = folder / LOG_NAME
        handlers.append(_File(path, maxBytes=LOG_BYTES, backupCount=OLDER_LOGS, encoding="utf-8"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter(_FORMAT))
    return handlers


@contextlib.contextmanager
def _crashes_written(folder: Path) -> Iterator[None]:
    """Let Python write where it was when the process dies of a signal."""
    # Whoever has switched this on already (PYTHONFAULTHANDLER) wants to read it elsewhere.
    if faulthandler.is_enabled():
        yield
        return
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            faulthandler.enable(stack.enter_context((folder / CRASH_NAME).open("a", encoding="utf-8")))
            stack.callback(faulthandler.disable)
        yield


@contextlib.contextmanager
def _errors_told() -> Iterator[None]:
    """Log errors that nobody catches, and hand them on to who was told before."""
    to_main, to_thread, to_nobody = sys.excepthook, threading.excepthook, sys.unraisablehook

    def in_main(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            _log.critical("uncaught", exc_info=(kind, error, trace))
        to_main(kind, error, trace)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            _log.critical("uncaught in a thread", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
        to_thread(args)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        if args.exc_value is not None:
            _log.error("ignored: %s", args.err_msg, exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
        to_nobody(args)

    sys.excepthook, threading.excepthook, sys.unraisablehook = in_main, in_thread, unraisable
    try:
        yield
    finally:
        sys.excepthook, threading.excepthook, sys.unraisablehook = to_main, to_thread, to_nobody
