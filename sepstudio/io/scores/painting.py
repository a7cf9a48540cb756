"""What a brush paints into the constraints of a score: patches that never overlap each other.

A patch counts for every frame whose hop it meets, and for the bins nearest to its ends: patches begin and end
``EDGE`` inside of the cells that they are to cover, and what is left of others keeps as far away from the border.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any, TypeVar

from sepstudio.io.scores.records import ActivationPatch, Part, Score, TemplatePatch

# In seconds or Hz: far below a frame or a bin.
EDGE = 1e-6
Patch = TypeVar("Patch", ActivationPatch, TemplatePatch)


def with_activation_patches(score: Score, patches: Iterable[ActivationPatch]) -> Score:
    """Paint cells of the activation constraint; what lay there goes as far as it is painted over."""
    laid = score.activation_patches
    for patch in patches:
        laid = _grown((*_without(laid, patch, "start", "stop"), patch))
    return dataclasses.replace(score, activation_patches=laid)


def without_activation_patches(score: Score, cells: Iterable[ActivationPatch]) -> Score:
    """Take back what was painted in some cells, allowed or not: the notes alone decide there again."""
    laid = score.activation_patches
    for patch in cells:
        laid = _without(laid, patch, "start", "stop")
    return dataclasses.replace(score, activation_patches=laid)


def with_template_patches(score: Score, patches: Iterable[TemplatePatch]) -> Score:
    """Paint cells of the template constraint; what lay there goes as far as it is painted over."""
    laid = score.template_patches
    for patch in patches:
        laid = (*_without(laid, patch, "low", "high"), patch)
    return dataclasses.replace(score, template_patches=laid)


def without_template_patches(score: Score, cells: Iterable[TemplatePatch]) -> Score:
    """Take back what was painted in some cells, allowed or not: the harmonics alone decide there again."""
    laid = score.template_patches
    for patch in cells:
        laid = _without(laid, patch, "low", "high")
    return dataclasses.replace(score, template_patches=laid)


def stroke(
    path: Sequence[tuple[float, int]], *, allowed: bool, frame_s: float = 0.0, part: Part = "note"
) -> tuple[ActivationPatch, ...]:
    """Return the cells under the path of a brush.

    Parameters
    ----------
    path : sequence of (float, int)
        Times in seconds and pitches, in the order in which the brush came to them.
    allowed : bool
        Whether a component may sound there.
    frame_s : float
        Length of a frame in seconds: every cell that the path touches is painted whole, from half a
        frame before the time of its frame to half a frame after. 0 paints just the path.
    part : {"note", "onset"}
        The template that is painted.

    Returns
    -------
    tuple of ActivationPatch
        At most one for each pitch, in the order of the pitches.
    """
    spans: dict[int, tuple[float, float]] = {}
    before: tuple[float, int] | None = None
    for seconds, pitch in path:
        for between, at in _steps(before, (seconds, pitch)):
            start, stop = spans.get(at, (between, between))
            spans[at] = (min(start, between), max(stop, between))
        before = (seconds, pitch)
    cells = ((pitch, *_whole_frames(*span, frame_s)) for pitch, span in sorted(spans.items()))
    return tuple(ActivationPatch(pitch, start, stop, allowed, part) for pitch, start, stop in cells if stop > start)


def _steps(before: tuple[float, int] | None, now: tuple[float, int]) -> Iterable[tuple[float, int]]:
    """Yield the points at which a straight path comes to each row, and the last."""
    if before is not None and before[1] != now[1]:
        rows = abs(now[1] - before[1])
        for row in range(rows):
            share = (row + 0.5) / rows
            time = before[0] + share * (now[0] - before[0])
            way = 1 if now[1] > before[1] else -1
            yield time, before[1] + row * way
            yield time, before[1] + (row + 1) * way
    yield now


def _whole_frames(start: float, stop: float, frame_s: float) -> tuple[float, float]:
    if frame_s <= 0:
        return max(start, 0.0), stop
    first, last = math.floor(start / frame_s + 0.5), math.floor(stop / frame_s + 0.5)
    return max((first - 0.5) * frame_s + EDGE, 0.0), (last + 0.5) * frame_s - EDGE


def _without(laid: tuple[Patch, ...], cells: Patch, start: str, stop: str) -> tuple[Patch, ...]:
    """Cut from patches what others of their pitch cover; ``start`` and ``stop`` name the fields of their stretch."""
    ends = attrgetter(start, stop)
    left: list[Patch] = []
    for patch in laid:
        if (patch.pitch, patch.part) != (cells.pitch, cells.part):
            left.append(patch)
            continue
        for first, last in _rests(*ends(patch), *ends(cells)):
            replaced: dict[str, Any] = {start: first, stop: last}
            left.append(dataclasses.replace(patch, **replaced))
    return tuple(left)


def _rests(start: float, stop: float, cut_start: float, cut_stop: float) -> Iterable[tuple[float, float]]:
    """Yield what of a stretch lies outside another."""
    if cut_stop <= start or cut_start >= stop:
        yield start, stop
        return
    if cut_start - start > 2 * EDGE:
        yield start, cut_start - 2 * EDGE
    if stop - cut_stop > 2 * EDGE:
        yield cut_stop + 2 * EDGE, stop


def _grown(patches: tuple[ActivationPatch, ...]) -> tuple[ActivationPatch, ...]:
    """Let the last patch take in those of its kind that it touches: a brush goes over a place again and again."""
    *rest, last = patches
    left: list[ActivationPatch] = []
    for patch in rest:
        alike = (patch.pitch, patch.part, patch.allowed) == (last.pitch, last.part, last.allowed)
        if alike and patch.stop >= last.start - 4 * EDGE and patch.start <= last.stop + 4 * EDGE:
            last = dataclasses.replace(last, start=min(patch.start, last.start), stop=max(patch.stop, last.stop))
        else:
            left.append(patch)
    return (*left, last)
