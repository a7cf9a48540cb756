"""A finished run brought up to date with what is painted now: learned on from what it has learned."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sepstudio.gui.painting.sources import painted
from sepstudio.io.clip import AudioClip, Part
from sepstudio.io.patched import PatchedClip
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.band import Band, restrict
from sepstudio.separation.base import TIME_AXIS, Curve, Matrix, MethodSpec, Progress, RunContext
from sepstudio.separation.stroke_stretches import strokes_at

# Runs up to this long are separated anew as a whole; of longer ones what is selected, or lies around the stroke.
WHOLE_S = 45.0
AROUND_S = 10.0

Span = tuple[int, int]


@dataclass(frozen=True)
class Learnable:
    """A run that can learn on; ``start`` and ``stop`` are samples of the recording.

    ``stems`` by name lie from ``start`` to ``stop``, without the residual; times of matrices are those of the
    recording.
    """

    mixture: AudioClip
    start: int
    stop: int
    stems: Mapping[str, AudioClip]
    matrices: Mapping[str, Matrix]
    params: Any
    band: Band | None = None


@dataclass(frozen=True)
class Relearned:
    """The run after learning on from ``strokes``; curves are those of what was learned last."""

    stems: Mapping[str, AudioClip]
    matrices: Mapping[str, Matrix]
    curves: Mapping[str, Curve]
    strokes: Strokes


def stretch(run: Learnable, selected: Span | None, stroke: Stroke | None) -> Span:
    """Return which samples of the recording are to be separated anew: those selected, all, or those around a stroke."""
    rate = run.mixture.sample_rate
    if selected is not None and (inside := _within(selected, run)) is not None:
        return inside
    if stroke is None or run.stop - run.start <= WHOLE_S * rate:
        return run.start, run.stop
    times = [seconds for seconds, _ in stroke.points]
    around = round((min(times) - AROUND_S) * rate), round((max(times) + AROUND_S) * rate)
    return _within(around, run) or (run.start, run.stop)


def relearn_steps(
    spec: MethodSpec, run: Learnable, strokes: Strokes, span: Span, context: RunContext
) -> Generator[Progress, None, Relearned]:
    """Learn on from the weights of a run, and separate some of its samples anew.

    Parameters
    ----------
    spec : MethodSpec
        The method of the run.
    strokes : Strokes
        What is painted now; times are those of the recording.
    span : (int, int)
        Samples of the recording, within the run.

    Returns
    -------
    Relearned
        Other samples are those of the run, unless there are other sources now: then all are new.
    """
    whole = (run.start, run.stop)
    if not _holds_all(strokes, run, span):
        span = whole
    begin = span[0] / run.mixture.sample_rate
    warm = {name: matrix.moved(-begin) for name, matrix in run.matrices.items()}
    given = replace(context, strokes=strokes.moved(-begin), warm=warm)
    yield Progress(0.0, "reading")
    separation = yield from spec.run(run.mixture.section(*span), run.params, context=given)
    if run.band is not None:
        separation = restrict(separation, run.band)
    found = {name: clip for name, clip in separation.stems.items() if name != "residual"}
    matrices = {name: matrix.moved(begin) for name, matrix in separation.matrices.items()}
    if span == whole:
        return Relearned(found, matrices, separation.curves, strokes)
    if found.keys() != run.stems.keys():
        # Of some source everything within the span was erased or painted over.
        return (yield from relearn_steps(spec, run, strokes, whole, context))
    offset = span[0] - run.start
    stems = {name: PatchedClip(run.stems[name], Part(clip, offset)) for name, clip in found.items()}
    joined = {name: _joined(run.matrices.get(name), matrix) for name, matrix in matrices.items()}
    return Relearned(stems, joined, separation.curves, strokes)


def _within(span: Span, run: Learnable) -> Span | None:
    first, stop = max(span[0], run.start), min(span[1], run.stop)
    return (first, stop) if stop > first else None


def _holds_all(strokes: Strokes, run: Learnable, span: Span) -> bool:
    """Whether something was painted of every stem of a run, and of nobody else, within some samples."""
    here = painted(strokes_at(strokes, *span, 1 / run.mixture.sample_rate))
    return here == painted(strokes) and {s.name for s in strokes.sources if s.id in here} == run.stems.keys()


def _joined(old: Matrix | None, new: Matrix) -> Matrix:
    """Return a matrix of the whole run with its new part in its place; one without time is the new one."""
    if old is None or TIME_AXIS not in new.axes or old.axes != new.axes:
        return new
    axis = new.axes.index(TIME_AXIS)
    whole, part = (np.asarray(matrix.coordinates[axis], np.float64) for matrix in (old, new))
    # Long recordings are shown with fewer columns a second.
    inside = np.flatnonzero((whole >= part[0]) & (whole <= part[-1]))
    values = np.array(old.values)
    values.swapaxes(0, axis)[inside] = new.values.swapaxes(0, axis)[np.searchsorted(part, whole[inside])]
    return Matrix(values, old.axes, old.coordinates)
