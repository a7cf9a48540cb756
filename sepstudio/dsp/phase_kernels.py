"""Compiled loops of the phase features: one pass over a spectrum, a phase per point, differences in the cache.

The functions release the interpreter lock and work on rows (bins) ``first`` to ``last``. They
take strips of frames, so that a row and the one before it stay in the first-level cache.
Every operation is rounded as IEEE 754 says and none is reordered: a point has the same
features, bit for bit, wherever in a block or vector register it is computed. The phases of
numpy and torch do not: whole registers and what remains go through different code there.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit
from numpy.polynomial import Chebyshev, Polynomial

STRIP = 1024

PI = np.float32(np.pi)
HALF_PI = np.float32(np.pi / 2)
TWO_PI = np.float32(2 * np.pi)
ZERO = np.float32(0)

# No fastmath: reordered sums would depend on the width of the registers.
exact = njit(nogil=True, cache=True, error_model="numpy")


def _arctangent_series() -> tuple[np.float32, ...]:
    """Return the coefficients of ``arctan(t) / t`` in powers of ``t**2`` for t in [0, 1], within 3e-8."""

    def ratio(squares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        roots = np.sqrt(squares)
        return np.asarray(np.arctan(roots) / roots)

    # Chebyshev points never include 0, where the ratio is 0 / 0.
    fitted = Chebyshev.interpolate(ratio, 9, domain=[0.0, 1.0]).convert(kind=Polynomial)
    return tuple(np.float32(c) for c in fitted.coef)


C0, C1, C2, C3, C4, C5, C6, C7, C8, C9 = _arctangent_series()


@exact
def _wrapped(angle: Any) -> Any:
    """Wrap an angle from [-3 pi, 3 pi] to [-pi, pi)."""
    low = angle + TWO_PI if angle < -PI else angle
    high = low - TWO_PI if low >= PI else low
    # Three pi, rounded, may come out as pi.
    return -PI if high >= PI else high


@exact
def _phases(row: Any, scale: Any, floor: Any, phase: Any, heard: Any) -> None:
    """Write the phases [-pi, pi) of a part of a row, and which points are not silent."""
    for i in range(row.shape[0]):
        re, im = row[i].real, row[i].imag
        a, b = abs(re), abs(im)
        high, low = max(a, b), min(a, b)
        t = low / high if high > ZERO else ZERO
        u = t * t
        r = C5 + u * (C6 + u * (C7 + u * (C8 + u * C9)))
        r = t * (C0 + u * (C1 + u * (C2 + u * (C3 + u * (C4 + u * r)))))
        r = HALF_PI - r if b > a else r
        r = PI - r if re < ZERO else r
        r = -r if im < ZERO else r
        phase[i] = -PI if r >= PI else r
        high, low = high * scale, low * scale
        heard[i] = (high > ZERO) & (high * high + low * low >= floor)


@exact
def feature_rows(
    x: Any,
    before: Any,
    scale: Any,
    floor: Any,
    shifts: Any,
    tilt: Any,
    slots: Any,
    out: Any,
    channel: int,
    first: int,
    last: int,
) -> None:
    """Write the features of the rows ``first`` to ``last`` of a channel.

    ``x`` complex64 [channels, bins, frames], ``before`` [channels, bins, 1] the frame before the
    first one (zeros: none), ``out`` float32 [kinds, channels, bins, frames]. A point is silent where its energy times
    ``scale`` squared is below ``floor``. ``shifts`` [bins] and ``tilt``, in [-pi, pi), are
    subtracted from the differences along time and frequency. ``slots`` says where in ``out``
    the phase and these two go, -1: nowhere.
    """
    x, before = x[channel], before[channel]
    frames = x.shape[1]
    phase = np.zeros((2, STRIP + 1), np.float32)
    heard = np.zeros((2, STRIP + 1), np.bool_)
    for start in range(0, frames, STRIP):
        stop = min(start + STRIP, frames)
        heard[:] = False
        for k in range(max(first - 1, 0), last):
            p, h = phase[k % 2], heard[k % 2]
            if start:
                _phases(x[k, start - 1 : start], scale, floor, p, h)
            else:
                _phases(before[k], scale, floor, p, h)
            _phases(x[k, start:stop], scale, floor, p[1:], h[1:])
            if k < first:
                continue
            if slots[0] >= 0:
                _write(p[1:], h[1:], out[slots[0], channel, k, start:stop])
            if slots[1] >= 0:
                _write_difference(p[1:], h[1:], p, h, shifts[k], out[slots[1], channel, k, start:stop])
            if slots[2] >= 0:
                q, g = phase[(k + 1) % 2], heard[(k + 1) % 2]
                _write_difference(p[1:], h[1:], q[1:], g[1:], tilt, out[slots[2], channel, k, start:stop])


@exact
def _write(phase: Any, heard: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        out[i] = phase[i] if heard[i] else ZERO


@exact
def _write_difference(phase: Any, heard: Any, other: Any, other_heard: Any, shift: Any, out: Any) -> None:
    for i in range(out.shape[0]):
        difference = _wrapped(phase[i] - other[i] - shift)
        out[i] = difference if heard[i] & other_heard[i] else ZERO


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"nnan", "nsz"})
def energy_peaks(x: Any, peaks: Any, first: int, last: int) -> None:
    """Write the largest energy of the rows ``first`` to ``last`` of a spectrum [bins, frames] into ``peaks`` [bins]."""
    for k in range(first, last):
        peak = 0.0
        for i in range(x.shape[1]):
            re, im = np.float64(x[k, i].real), np.float64(x[k, i].imag)
            peak = max(peak, re * re + im * im)
        peaks[k] = peak
