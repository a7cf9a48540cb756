"""Running medians against scipy and torch: ``python tests/benchmarks/bench_median.py``."""

import sys

import numpy as np
import torch
from machine import Table, best
from scipy.ndimage import median_filter

from sepstudio.dsp import footprint_median, running_median

BINS, FRAMES = 2049, 2600
LENGTH, LONG = 17, 63
BAR = 50.0
AXES = {"frequency": 0, "time": 1}


def disc(diameter):
    """A round footprint, bool [diameter, diameter]."""
    distance = np.arange(diameter) - diameter // 2
    return distance[:, np.newaxis] ** 2 + distance**2 <= (diameter / 2 - 0.25) ** 2


def main():
    table = Table(f"Medians of {BINS} x {FRAMES} float32", "numpy", "scipy", "numba", "torch")
    x = np.random.default_rng(0).random((BINS, FRAMES)).astype(np.float32) ** 4
    for name, axis in AXES.items():
        scipys = against_scipy(table, x, name, axis)
        against_tensors(table, x, name, axis, scipys)
    for name, axis in AXES.items():
        size = (LONG, 1) if axis == 0 else (1, LONG)
        scipys = best(lambda size=size: median_filter(x, size=size, mode="nearest"), 1)
        ours = best(lambda axis=axis: running_median(x, length=LONG, axis=axis), 3)
        table.versus(f"{LONG} along {name}, 2 threads", ours, scipys, None)
    for diameter in (5, 9, 21):
        cells = disc(diameter)
        footprint_median(x[:40], cells)
        ours = best(lambda cells=cells: footprint_median(x, cells), 3)
        rows = x[:128]
        scipys = best(lambda cells=cells, rows=rows: median_filter(rows, footprint=cells, mode="nearest"), 1)
        table.versus(f"disc of {diameter}, 2 threads (scipy: from 128 bins)", ours, scipys * BINS / 128, None)
    return 0 if table.all_met else 1


def against_scipy(table, x, name, axis):
    """Print the rows for one and two threads; return scipy's seconds."""
    size = (LENGTH, 1) if axis == 0 else (1, LENGTH)
    expected = median_filter(x, size=size, mode="nearest")
    assert np.array_equal(running_median(x, length=LENGTH, axis=axis), expected)
    scipys = best(lambda: median_filter(x, size=size, mode="nearest"), 3)
    for threads in (1, 2):
        ours = best(lambda threads=threads: running_median(x, length=LENGTH, axis=axis, threads=threads), 30)
        table.versus(f"{LENGTH} along {name}, {threads} thread{'s' * (threads > 1)} / scipy 2-D", ours, scipys, BAR)
    return scipys


def against_tensors(table, x, name, axis, scipys):
    """Print how fast the same network is on tensors, and torch's own median."""
    torch.set_num_threads(2)
    devices = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]
    for device in devices:
        tensor = torch.as_tensor(x, device=device)

        def filtered(tensor=tensor, device=device):
            running_median(tensor, length=LENGTH, axis=axis)
            if device == "cuda":
                torch.cuda.synchronize()

        filtered()
        table.versus(f"{LENGTH} along {name}, tensor on {device} / scipy 2-D", best(filtered, 5), scipys, None)


if __name__ == "__main__":
    sys.exit(main())
