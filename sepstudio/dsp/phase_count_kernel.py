"""The compiled loop that counts phase differences: one pass over a spectrum and its features."""

from __future__ import annotations

from typing import Any

import numpy as np

from sepstudio.dsp.phase_kernels import PI, TWO_PI, exact


@exact
def count_rows(x: Any, before: Any, raw: Any, quietest: Any, shifts: Any, counts: Any, first: int, last: int) -> None:
    """Add the differences of the rows ``first`` to ``last`` to ``counts``.

    ``x`` complex64 [channels, bins, frames], ``before`` [channels, bins] the frame before the first one, ``raw``
    float32 [2, channels, bins, frames] its differences along time and frequency with their shifts; ``shifts``
    [2, bins] are these. ``counts`` uint32 [2, 2, bins, cells] are of each difference with and without them. A
    difference counts where the energy of both of its points is at least ``quietest``.
    """
    cells = counts.shape[3]
    per_radian = np.float32(cells) / TWO_PI
    for channel in range(x.shape[0]):
        for k in range(first, last):
            earlier = _heard(before[channel, k], quietest)
            for m in range(x.shape[2]):
                now = _heard(x[channel, k, m], quietest)
                if now and earlier:
                    angle = raw[0, channel, k, m]
                    counts[0, 0, k, _cell(angle, per_radian, cells)] += 1
                    counts[0, 1, k, _cell(angle - shifts[0, k], per_radian, cells)] += 1
                if now and k > 0 and _heard(x[channel, k - 1, m], quietest):
                    angle = raw[1, channel, k, m]
                    counts[1, 0, k, _cell(angle, per_radian, cells)] += 1
                    counts[1, 1, k, _cell(angle - shifts[1, k], per_radian, cells)] += 1
                earlier = now


@exact
def _heard(value: Any, quietest: Any) -> Any:
    return value.real * value.real + value.imag * value.imag >= quietest


@exact
def _cell(angle: Any, per_radian: Any, cells: Any) -> Any:
    """Return in which cell an angle from [-3 pi, 3 pi] lies; the first is centred on -pi, which is pi."""
    return int(np.floor((angle + PI + TWO_PI) * per_radian + np.float32(0.5))) % cells
