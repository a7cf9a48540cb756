"""Time from starting the program to a window that is drawn and answers: at most 2.5 s when files are warm.

    python tests/benchmarks/bench_start.py

Each start is a process of its own with fresh settings, on the display that is there or without one. Compiled files
are kept in a folder of the benchmark, as they are kept beside the program where it is installed: the first start
writes them.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import Table

ROUNDS = 5
BAR_SECONDS = 2.5
# Ends as soon as the window has been drawn and has answered the events of its first appearance.
PROGRAM = """
from PySide6.QtWidgets import QApplication
from sepstudio import cli

def first_turn(*_):
    app = QApplication.instance()
    window = next(w for w in app.topLevelWidgets() if w.objectName() == "main-window")
    for _ in range(3):
        app.processEvents()
    window.grab()
    print("usable", flush=True)
    return 0

QApplication.exec = first_turn
cli.main([])
"""


def start(home: str) -> float:
    """Return the seconds until the window is usable."""
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    places = dict.fromkeys(names, home)
    # Set where sources must stay clean, and then every start would compile the whole program again.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    kept["PYTHONPYCACHEPREFIX"] = str(Path(home) / "compiled")
    screen = {} if os.environ.get("DISPLAY") else {"QT_QPA_PLATFORM": "offscreen"}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env={**kept, **places, **screen}
    )
    if process.stdout is None or "usable" not in process.stdout.readline():
        raise RuntimeError("the program did not start")
    seconds = time.perf_counter() - began
    process.communicate()
    return seconds


def main() -> int:
    """Print the figures; returns 1 when the bar is missed."""
    table = Table("Start of the program to a usable window", "PySide6-Essentials", "pyqtgraph")
    with tempfile.TemporaryDirectory() as home:
        first, *warm = [start(home) for _ in range(ROUNDS + 1)]
    table.row("first start: fresh settings, nothing compiled", f"{first:.2f} s")
    table.at_most(f"median of {ROUNDS} warm starts", sorted(warm)[ROUNDS // 2], BAR_SECONDS, "s")
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main())
