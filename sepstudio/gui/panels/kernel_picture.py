"""What of a kernel can be drawn: its cells, its canvas, its extent in time and frequency."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.separation.kernels import MAX_DRAWN, MAX_LENGTH, Kernel, Shape

CANVASES = (9, 17, 33, MAX_DRAWN)
# Stands for a period that is not known before the music is.
_UNKNOWN_PERIOD = 8
_DEFAULT_SIZE = 9

Cells = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Resolution:
    """How long a frame and how wide a bin is."""

    sample_rate: int = 44100
    fft_size: int = 4096
    hop_size: int = 1024

    def milliseconds(self, frames: float) -> float:
        """Return the time that frames span."""
        return 1000.0 * frames * self.hop_size / self.sample_rate

    def hertz(self, bins: float) -> float:
        """Return the band that bins span."""
        return bins * self.sample_rate / self.fft_size


def cells_of(kernel: Kernel) -> Cells:
    """Return the footprint, bool [height, width], lowest frequency first; an unknown period gets a stand-in."""
    if kernel.shape == "periodic" and kernel.period == 0:
        kernel = Kernel("periodic", period=_UNKNOWN_PERIOD, repeats=kernel.repeats)
    return kernel.footprint()


def canvas_side(length: int, wanted: int = 0) -> int:
    """Return the smallest of the usual canvas sides that holds ``length`` cells and is at least ``wanted``."""
    return next((side for side in CANVASES if side >= max(length, wanted)), max(length, 1))


def on_canvas(cells: Cells, width: int, height: int) -> Cells:
    """Return the cells in the middle of a canvas [height, width] of odd sides; what sticks out is cut off."""
    canvas = np.zeros((height, width), bool)
    h, w = min(cells.shape[0], height), min(cells.shape[1], width)
    top, left = (cells.shape[0] - h) // 2, (cells.shape[1] - w) // 2
    canvas[(height - h) // 2 : (height + h) // 2, (width - w) // 2 : (width + w) // 2] = cells[
        top : top + h, left : left + w
    ]
    return canvas


def trimmed(canvas: Cells) -> Cells:
    """Return the smallest odd rectangle round the centre of a canvas that holds all set cells."""
    middle_y, middle_x = canvas.shape[0] // 2, canvas.shape[1] // 2
    rows, columns = np.nonzero(canvas)
    reach_y = int(np.abs(rows - middle_y).max(initial=0))
    reach_x = int(np.abs(columns - middle_x).max(initial=0))
    return canvas[middle_y - reach_y : middle_y + reach_y + 1, middle_x - reach_x : middle_x + reach_x + 1]


def reshaped(kernel: Kernel, shape: Shape) -> Kernel:
    """Return a kernel of another shape that keeps as much of the size as the shape allows."""
    if shape == "drawn":
        cells = cells_of(kernel)
        width, height = (min(size, MAX_DRAWN) for size in cells.shape[::-1])
        return Kernel.from_footprint(trimmed(on_canvas(cells, width, height)))
    if shape == "periodic":
        return Kernel("periodic", period=kernel.period, repeats=max(kernel.repeats, 3))
    height, width = (min(size, MAX_LENGTH) for size in cells_of(kernel).shape)
    longest = max(width, height)
    longest = longest if longest > 1 else _DEFAULT_SIZE
    if shape == "horizontal":
        return Kernel.horizontal(longest)
    if shape == "vertical":
        return Kernel.vertical(longest)
    return Kernel(shape, width=width if width > 1 else longest, height=height if height > 1 else longest)


def size_text(kernel: Kernel) -> str:
    """Return the size in words, for example ``17 frames`` or ``17 × 9``."""
    if kernel.shape == "periodic":
        period = f"{kernel.period} frames" if kernel.period else "auto"
        return f"{period}, ±{kernel.repeats}"
    if kernel.shape == "horizontal":
        return f"{kernel.width} frames"
    if kernel.shape == "vertical":
        return f"{kernel.height} bins"
    height, width = cells_of(kernel).shape
    return f"{width} × {height}"


def extent_text(kernel: Kernel, resolution: Resolution) -> str:
    """Return the extent in time and frequency, for example ``395 ms × 11 Hz``."""
    height, width = cells_of(kernel).shape
    bins = f"{resolution.hertz(height):.0f} Hz"
    if kernel.shape == "periodic" and kernel.period == 0:
        return f"one beat apart × {bins}"
    return f"{resolution.milliseconds(width):.0f} ms × {bins}"
