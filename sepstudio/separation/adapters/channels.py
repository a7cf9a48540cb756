"""Recordings of any number of channels through networks that take one or two."""

from __future__ import annotations

import numpy as np

from sepstudio.io.clip import FloatArray


def grouped(block: FloatArray, width: int) -> FloatArray:
    """Return float32 [channels, samples] as [groups, width, samples].

    Channels that follow one another share a group; a group that is not full is filled with its last channel, so that
    a mono recording goes through a stereo network as two equal channels.
    """
    channels = block.shape[0]
    groups = -(-channels // width)
    picked = [min(index, channels - 1) for index in range(groups * width)]
    return block[picked].reshape(groups, width, -1)


def ungrouped(estimates: FloatArray, channels: int) -> FloatArray:
    """Return estimates [groups, stems, width, samples] as [stems, channels, samples].

    What was filled in comes back as the mean of the equal channels.
    """
    groups, stems, width, length = estimates.shape
    flat = np.moveaxis(estimates, 0, 1).reshape(stems, groups * width, length)
    surplus = groups * width - channels
    if not surplus:
        return flat
    last = flat[:, channels - 1 :].mean(axis=1, keepdims=True)
    return np.concatenate([flat[:, : channels - 1], last], axis=1)
