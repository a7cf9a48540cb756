"""A report that a user can send to somebody who helps: what runs where, and what happened last."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from PySide6.QtGui import QGuiApplication

import sepstudio
from sepstudio.gui.settings import Settings
from sepstudio.logs import last_lines, versions

LOG_LINES = 50


def report_text(settings: Settings | None, details: str = "") -> str:
    """Return versions, the machine, settings that are not the default, the end of the log, and ``details``.

    It holds no contents of files, and the folder of the user is written as ``~``.
    """
    libraries = ", ".join(f"{name} {found}" for name, found in versions().items())
    changed = settings.changed_values() if settings is not None else {}
    parts = [
        f"SepStudio {sepstudio.__version__}",
        f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores",
        libraries,
        _screens(),
        _section("Settings that differ from the default", [f"{name} = {value}" for name, value in changed.items()]),
        _section("What happened", details.rstrip().splitlines()) if details.strip() else "",
        _section("End of the log", last_lines(LOG_LINES)),
    ]
    return "\n".join(part for part in parts if part).replace(str(Path.home()), "~") + "\n"


def _screens() -> str:
    screens = (
        f"{screen.size().width()}x{screen.size().height()} at {screen.devicePixelRatio():g}"
        for screen in QGuiApplication.screens()
    )
    return f"{QGuiApplication.platformName()}, screens {', '.join(screens)}"


def _section(title: str, lines: list[str]) -> str:
    return "\n".join(["", f"{title}:", *(f"  {line}" for line in lines or ["none"])])
