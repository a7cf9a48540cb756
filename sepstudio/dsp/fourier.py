"""Transforms of real signals by scipy, which is loaded with the first one: a window must not wait 0.3 s for it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt


def rfft(x: npt.NDArray[Any], n: int | None = None, axis: int = -1, *, overwrite_x: bool = False) -> npt.NDArray[Any]:
    """Return the spectrum of real x along an axis, cut or padded to n samples; complex64 for float32."""
    from scipy import fft

    spectrum: npt.NDArray[Any] = fft.rfft(x, n, axis, overwrite_x=overwrite_x, workers=1)
    return spectrum


def rfft_at_once(x: npt.NDArray[Any], n: int | None = None, axis: int = -1) -> npt.NDArray[Any]:
    """Return the same as ``rfft`` within rounding; while scipy is not loaded by numpy, which takes three times longer.

    Somebody waits for a first look at a recording, and would wait longer for scipy.
    """
    loaded = getattr(sys.modules.get("scipy.fft"), "rfft", None)
    return np.fft.rfft(x, n, axis) if loaded is None else rfft(x, n, axis)


def irfft(spectrum: npt.NDArray[Any], n: int | None = None, axis: int = -1) -> npt.NDArray[Any]:
    """Return the n real samples of a spectrum; float32 for complex64."""
    from scipy import fft

    return np.asarray(fft.irfft(spectrum, n, axis, workers=1))
