"""``sepstudio doctor``: what the program finds on this machine."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import sepstudio
from sepstudio.commands.parser import Parser
from sepstudio.errors import MissingToolError
from sepstudio.io.opus.library import opus_library
from sepstudio.io.steps import drain
from sepstudio.logs import versions
from sepstudio.paths import cache_dir, log_dir

Report = dict[str, Any]


def main(argv: Sequence[str]) -> int:
    """Print the report; what is missing or broken is part of it and never an error."""
    parser = Parser(prog="sepstudio doctor", description="Show what the program finds on this machine.")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--gradients", action="store_true", help="check the gradients that networks learn by, too")
    arguments = parser.parse_args(argv)
    report = examine()
    lines = _lines(report)
    if arguments.gradients:
        report["gradients"], told = _gradients()
        lines += ["gradients:", *(f"  {line}" for line in told)]
    print(json.dumps(report, indent=2) if arguments.json else "\n".join(lines))  # noqa: T201
    return 0


def examine() -> Report:
    """Return the report as JSON values; sizes in bytes."""
    sections: dict[str, Callable[[], Any]] = {
        "versions": _versions,
        "machine": _machine,
        "compute": _compute,
        "sound": _sound,
        "folders": _folders,
    }
    return {name: _attempt(section) for name, section in sections.items()}


def _attempt(section: Callable[[], Any]) -> Any:
    try:
        return section()
    except Exception as error:  # noqa: BLE001 - a broken library may raise anything, and to say so is the purpose
        return {"problem": f"{type(error).__name__}: {error}"}


def _versions() -> Report:
    return {"sepstudio": sepstudio.__version__} | versions() | {"libsndfile": _libsndfile(), "libopus": _libopus()}


def _libsndfile() -> str:
    try:
        return str(importlib.import_module("soundfile").__libsndfile_version__)
    except (ImportError, OSError) as error:
        return f"cannot be loaded: {error}"


def _libopus() -> str:
    try:
        library = opus_library()
    except MissingToolError as error:
        return str(error)
    return f"{library.version.removeprefix('libopus ')} ({library.path})"


def _machine() -> Report:
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "usable cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        **_memory(),
    }


def _memory() -> Report:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        if not hasattr(os, "sysconf"):
            return {}
        return {"memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")}
    sizes = {name: 1024 * int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return {"memory": sizes["MemTotal"], "available memory": sizes["MemAvailable"]}


def _compute() -> Report:
    from sepstudio.nn.devices import gpu_report

    return {"GPUs": [asdict(report) for report in gpu_report()]}


def _sound() -> Report:
    from sepstudio.playback.devices import list_devices, silence_reason

    return {"outputs": [asdict(device) for device in list_devices()], "note": silence_reason()}


def _gradients() -> tuple[Report, list[str]]:
    """Return how well gradients agree with two other ways to work them out, as JSON values and as a table."""

    def check() -> Any:
        from sepstudio.nn.gradient_check import check_steps
        from sepstudio.nn.torch_threads import one_thread_each

        with one_thread_each():
            return drain(check_steps())

    checked = _attempt(check)
    if isinstance(checked, dict):
        return checked, _lines(checked)
    rows = [asdict(row) | {"passed": row.passed} for row in checked.rows]
    return {"passed": checked.passed, "rows": rows}, checked.lines()


def _folders() -> Report:
    cache = cache_dir()
    files = [path for path in cache.rglob("*") if path.is_file()]
    return {
        "program": str(Path(sepstudio.__file__).parent),
        "python": sys.executable,
        "cache": str(cache),
        "size of the cache": sum(path.stat().st_size for path in files),
        "log": str(log_dir()),
    }


def _lines(report: Any, indent: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in report.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{name}: {'' if value else 'none'}".rstrip())
            lines += [f"{indent}  {_one_line(item)}" for item in value]
        elif value != "":
            lines.append(f"{indent}{name}: {_readable(name, value)}")
    return lines


def _one_line(item: Report) -> str:
    return ", ".join(f"{name} {_readable(name, value)}" for name, value in item.items() if value != "")


def _readable(name: str, value: Any) -> str:
    is_size = isinstance(value, int) and ("memory" in name or "size" in name)
    return f"{value / 2**20:.0f} MiB" if is_size else str(value)
