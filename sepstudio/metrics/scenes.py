"""Two recordings of one scene: what they must have in common to be compared, and how they are read."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import HIGHEST_ORDER, degrees, order_of
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Scene = npt.ArrayLike | AudioClip


def pair_of(reference: Scene, estimate: Scene, sample_rate: int = 44100) -> tuple[AudioClip, AudioClip]:
    """Return both as clips; arrays [channels, samples] or [samples] have the sample rate.

    Raises
    ------
    ParameterError
        If they differ in channels, samples or sample rate, or have none.
    """
    first, second = (
        _clip(name, given, sample_rate) for name, given in (("reference", reference), ("estimate", estimate))
    )
    for what in ("channels", "length", "sample_rate"):
        ours, theirs = getattr(second, what), getattr(first, what)
        if ours != theirs:
            raise ParameterError(f"estimate: {what.replace('_', ' ')}", ours, f"that of the reference, {theirs}")
    if 0 in (first.channels, first.length):
        raise ParameterError("reference", (first.channels, first.length), "of at least one channel and one sample")
    return first, second


def _clip(name: str, given: Scene, sample_rate: int) -> AudioClip:
    if isinstance(given, AudioClip):
        return given
    array = np.asarray(given, np.float32)
    if array.ndim not in (1, 2):
        raise ParameterError(name, array.shape, "an array of shape [channels, samples] or [samples]")
    return AudioClip(np.atleast_2d(array), sample_rate)


def orders_of(channels: int) -> Integers:
    """Return the order that each channel belongs to, int64 [channels]; all 0 if they are no full set of Ambisonics."""
    if channels in {(order + 1) ** 2 for order in range(HIGHEST_ORDER + 1)}:
        return degrees(order_of(channels))
    return np.zeros(channels, np.int64)


def spans(length: int, step: int) -> Iterator[tuple[int, int]]:
    """Yield the bounds of blocks of ``step`` samples; the last one may be shorter."""
    return ((start, min(start + step, length)) for start in range(0, length, step))


def read_mirrored(clip: AudioClip, start: int, stop: int) -> Floats:
    """Return samples ``start`` to ``stop`` of a clip reflected at its ends, float32 [channels, stop - start]."""
    last = clip.length - 1
    if start >= 0 and stop <= clip.length:
        return clip.read(start, stop)
    # Around sample 0 and the last one the signal repeats after twice its length, forwards and backwards in turn.
    places = np.arange(start, stop) % max(2 * last, 1)
    places = np.minimum(places, 2 * last - places)
    first, end = int(places.min()), int(places.max()) + 1
    return clip.read(first, end)[:, places - first]
