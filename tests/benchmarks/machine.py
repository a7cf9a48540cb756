"""What the benchmarks share: the machine they ran on, the best of some repeats, and a table of results."""

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

HEADER = ("what", "ours", "peer", "ratio", "bar", "met")


def machine(*packages):
    """One line: processor, cores that this process may use, Python, and versions of packages."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{processor()}, {cores} cores{load}, Python {platform.python_version()}, {versions}"


def processor():
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def best(work, repeats=5):
    """Seconds of the fastest of some runs: the one that others disturbed least."""
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


def time_text(seconds):
    """Seconds, or milliseconds when they are short."""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1e3:.1f} ms"


class Table:
    """Prints results as they come in; remembers whether all bars were met."""

    def __init__(self, title, *packages):
        self.all_met = True
        print(f"{title}\n{machine(*packages)}\n")
        self._line(HEADER)

    def row(self, what, ours, *, peer="", ratio="", bar="", met=None):
        """Print a result; ``met`` stays None where there is no bar."""
        self.all_met = self.all_met and met is not False
        self._line((what, ours, peer, ratio, bar, "" if met is None else ("yes" if met else "NO")))

    @staticmethod
    def _line(cells):
        widths = (62, 12, 12, 9, 12, 4)
        print("".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip(), flush=True)

    def versus(self, what, ours, peer, bar):
        """Print seconds of ours and of a peer, whose ratio should reach ``bar`` (None: no bar)."""
        ratio = peer / ours
        met = None if bar is None else ratio >= bar
        bar_text = "" if bar is None else f">= {bar:g} x"
        self.row(what, time_text(ours), peer=time_text(peer), ratio=f"{ratio:.1f} x", bar=bar_text, met=met)

    def at_most(self, what, value, bar, unit):
        """Print a number that should stay below ``bar``."""
        self.row(what, f"{value:.3g} {unit}", bar=f"<= {bar:g} {unit}", met=value <= bar)

    def at_least(self, what, value, bar, unit):
        """Print a number that should reach ``bar``."""
        self.row(what, f"{value:.3g} {unit}", bar=f">= {bar:g} {unit}", met=value >= bar)
