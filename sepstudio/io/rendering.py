"""Scenes played over loudspeakers, as clips that are computed while they are read."""

from __future__ import annotations

import numpy as np

from sepstudio.dsp.ambisonics import Float64Array, vectors
from sepstudio.dsp.loudspeakers import Layout, lfe_filter
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray

# Where the loudspeakers of stereo stand, in degrees.
_PAIR = 30.0


class _Feeds(ComputedClip):
    """What loudspeakers play: linear combinations of the channels of a clip, some of them low-passed."""

    def __init__(self, scene: AudioClip, matrix: FloatArray, low_passed: list[int]) -> None:
        super().__init__(len(matrix), scene.length, scene.sample_rate)
        self._scene = scene
        self._matrix = matrix
        self._low_passed = low_passed
        self._taps = lfe_filter(scene.sample_rate) if low_passed else np.ones(1)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        # The filter looks as far ahead as back, so that what it lets through is not late.
        context = len(self._taps) // 2
        feeds = self._matrix @ self._scene.read(start - context, stop + context)
        inside = feeds[:, context : context + stop - start]
        # Where nothing is asked for, a convolution would give something.
        if self._low_passed and stop > start:
            from scipy.signal import oaconvolve

            low = oaconvolve(feeds[self._low_passed], self._taps[np.newaxis], mode="valid", axes=-1)
            inside[self._low_passed] = low.astype(np.float32)
        return inside


def loudspeaker_feeds(scene: AudioClip, layout: Layout, matrix: Float64Array) -> AudioClip:
    """Return what the loudspeakers of a layout play of a scene.

    Parameters
    ----------
    scene : AudioClip
        In ACN/SN3D, read as the feeds are; it may be longer than memory.
    layout : Layout
        Its loudspeakers of low-frequency effects get their rows of the matrix low-passed (``lfe_filter``).
    matrix : float64 array [speakers, channels]
        See ``decoder_matrix``; a scene that is turned first has ``decoder_matrix(…) @ rotation_matrix(…)``.

    Returns
    -------
    AudioClip
        [speakers, samples], in time with the scene and of its length.

    Raises
    ------
    ParameterError
        If the matrix is not of that shape.
    """
    shape = (len(layout.speakers), scene.channels)
    if matrix.shape != shape:
        raise ParameterError("matrix", matrix.shape, f"of shape {shape}")
    low_passed = [channel for channel, lfe in enumerate(layout.lfe) if lfe and np.any(matrix[channel])]
    return _Feeds(scene, matrix.astype(np.float32), low_passed)


def pair_feeds(pair: AudioClip, layout: Layout) -> AudioClip:
    """Return a left and a right channel as the loudspeakers nearest to 30 degrees to both sides play them.

    Parameters
    ----------
    pair : AudioClip
        [2, samples], for example what in a scene does not turn with the head.
    layout : Layout

    Returns
    -------
    AudioClip
        [speakers, samples]
    """
    sides = vectors(np.radians([_PAIR, -_PAIR]), 0.0)
    matrix = np.zeros((len(layout.speakers), len(sides.T)))
    for channel, nearest in enumerate(np.argmax(sides.T @ layout.vectors, axis=1)):
        matrix[layout.full_range[nearest], channel] = 1.0
    return loudspeaker_feeds(pair, layout, matrix)
