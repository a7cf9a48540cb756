"""A delay that changes from sample to sample, compiled: what a moving source sounds like where one stands."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

FloatArray = npt.NDArray[np.float32]

_SIGNATURE = "void(float32[::1], int64, float64[::1], float32[:, :], float32[:, :])"


# Compiled for one signature: by itself numba compiles anew for a single block, whose strides are special.
@njit(_SIGNATURE, nogil=True, cache=True, error_model="numpy", fastmath={"contract", "nsz"})
def delay_blocks(
    sound: FloatArray, first: int, delays: npt.NDArray[np.float64], falling: FloatArray, rising: FloatArray
) -> None:
    """Delay a sound by blocks and fade each block out of its beginning and into its end.

    Between samples the sound is the cubic through four of them (Lagrange); before and behind it is silence.

    Parameters
    ----------
    sound : float32 array [samples]
    first : int
        Number of the first of the blocks, counted from the beginning of the sound.
    delays : float64 array [blocks + 1]
        In samples, at the edges of blocks; linear between.
    falling, rising : float32 array [blocks, block size]
        Receive the delayed sound times ``1 - i / size`` and times ``i / size``.
    """
    blocks, size = falling.shape
    length = len(sound)
    for b in range(blocks):
        step = (delays[b + 1] - delays[b]) / size
        for i in range(size):
            position = (first + b) * size + i - delays[b] - step * i
            k = int(np.floor(position))
            t = np.float32(position - k)
            value = np.float32(0.0)
            if k >= 1 and k + 2 < length:
                below, above = t + np.float32(1), t - np.float32(1)
                two = t - np.float32(2)
                outer = sound[k + 2] * below * t * above - sound[k - 1] * t * above * two
                inner = sound[k] * below * above * two - sound[k + 1] * below * t * two
                value = outer * np.float32(1 / 6) + inner * np.float32(0.5)
            elif k >= -1 and k < length:
                # At the ends: linear, with silence beyond.
                here = sound[k] if k >= 0 else np.float32(0)
                following = sound[k + 1] if k + 1 < length else np.float32(0)
                value = here + t * (following - here)
            share = np.float32(i) / np.float32(size)
            rising[b, i] = value * share
            falling[b, i] = value - rising[b, i]
