"""The lower half works where Qt is not installed, and the command line starts light."""

import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "sepstudio"
UPPER = {"cli", "__main__", "commands", "gui", "session"}
HEAVY = ("torch", "numba", "scipy", "PySide6", "pyqtgraph", "sounddevice", "rtmixer", "soundfile", "numpy")

WITHOUT_QT = """
import importlib, sys
for name in ("PySide6", "shiboken6", "pyqtgraph"):
    sys.modules[name] = None
for name in sys.argv[1:]:
    importlib.import_module(name)
print(len(sys.argv) - 1)
"""


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=120, check=False)


def lower_modules():
    names = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        if len(parts) == 1 or parts[1] not in UPPER:
            names.append(".".join(part for part in parts if part != "__init__"))
    return names


def test_the_lower_half_imports_where_qt_is_absent():
    modules = lower_modules()
    assert {"sepstudio", "sepstudio.jobs.runner", "sepstudio.separation.registry"} <= set(modules)
    result = python("-c", WITHOUT_QT, *modules)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == str(len(modules))


@pytest.mark.parametrize("arguments", [["--version"], ["--help"]])
def test_the_command_line_answers_without_loading_anything_heavy(arguments):
    code = (
        "import sys, sepstudio.cli; code = sepstudio.cli.main(sys.argv[1:]); "
        f"print(code, *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    result = python("-c", code, *arguments)
    assert result.stdout.splitlines()[-1] == "0", result.stdout + result.stderr


def test_the_window_is_loaded_without_what_only_work_needs():
    pytest.importorskip("PySide6")
    unwanted = ("torch", "numba", "scipy", "partitura", "mido", "safetensors")
    code = f"import sys, sepstudio.gui.main_window; print(*(n for n in {unwanted!r} if n in sys.modules), 'end')"
    result = python("-c", code)
    assert result.stdout.strip() == "end", result.stdout + result.stderr


def test_emitting_keeps_the_references_of_true():
    """PySide6 6.12.0 drops one reference to True per emit and aborts after some hundred."""
    if sys.version_info >= (3, 12):
        pytest.skip("True is immortal from Python 3.12 on")
    from PySide6.QtCore import QObject, Signal

    class Emitter(QObject):
        told = Signal(object)

    emitter = Emitter()
    emitter.told.emit(1)
    before = sys.getrefcount(True)
    for _ in range(1000):
        emitter.told.emit(1)
    assert abs(sys.getrefcount(True) - before) < 50
