"""Where strokes lie in time: the blocks of frames that are worth looking at."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator

from sepstudio.io.strokes.records import Stroke, Strokes

# Rounding may put an edge into the next frame, and what is thinner than a frame lies in the nearest.
_MARGIN = 1


def painted_blocks(strokes: Strokes, *, frames: int, hop_s: float, most: int) -> list[tuple[int, int]]:
    """Return the blocks ``(first, stop)`` of at most ``most`` frames that strokes may reach, in order.

    Parameters
    ----------
    frames : int
        Those of the recording, the first of which is centred on second 0.
    hop_s : float
        Seconds from one frame to the next.
    """
    spans = sorted(_frames(one, hop_s) for one in strokes.strokes if one.tool != "eraser")
    merged: list[tuple[int, int]] = []
    for first, stop in ((max(first, 0), min(stop, frames)) for first, stop in spans):
        if first >= stop:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((first, stop))
    return [block for stretch in merged for block in _cut(*stretch, most)]


def strokes_at(strokes: Strokes, first: int, stop: int, hop_s: float) -> Strokes:
    """Return the strokes that reach frames ``first`` to ``stop``, in seconds from frame ``first`` on."""
    spans = ((one, _frames(one, hop_s)) for one in strokes.strokes)
    near = tuple(one for one, (begin, end) in spans if begin < stop and first < end)
    return dataclasses.replace(strokes, strokes=near).moved(-first * hop_s)


def _frames(stroke: Stroke, hop_s: float) -> tuple[int, int]:
    times = [time for time, _ in stroke.points]
    low, high = min(times) - stroke.width / 2, max(times) + stroke.width / 2
    return math.floor(low / hop_s) - _MARGIN, math.ceil(high / hop_s) + 1 + _MARGIN


def _cut(first: int, stop: int, most: int) -> Iterator[tuple[int, int]]:
    for begin in range(first, stop, most):
        yield begin, min(begin + most, stop)
