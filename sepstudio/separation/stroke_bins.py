"""What strokes say of the bins of an STFT: which sources each may belong to, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.strokes.records import Stroke, Strokes
from sepstudio.separation.stroke_shapes import Ints, Spans, StftGrid, expanded, stroke_spans

_NOTHING = -1


@dataclass(frozen=True)
class PaintedBins:
    """The painted bins of an STFT, one entry for each, by bin and then by frame.

    ``bins`` and ``frames`` (int32 [n]) say where it is, ``allowed`` (bool [n, sources]) which sources it may
    belong to, at least one, in the order of ``Strokes.sources``. ``weights`` (float32 [n], in (0, 1]) is the opacity
    and ``strokes`` (int32 [n]) the index of the stroke that said so last.
    """

    bins: npt.NDArray[np.int32]
    frames: npt.NDArray[np.int32]
    allowed: npt.NDArray[np.bool_]
    weights: npt.NDArray[np.float32]
    strokes: npt.NDArray[np.int32]


def painted_bins(strokes: Strokes, *, sample_rate: int, fft_size: int, hop_size: int, frames: int) -> PaintedBins:
    """Return what strokes say of the bins of an STFT with centred frames.

    A stroke allows its source alone, and covers what was said before. One against a source takes that away
    from what was allowed, which is everything where nothing was painted; where that source was the only one, all
    others are allowed. Where it was not allowed anyway, the stroke says nothing new and covers nothing. A bin of
    which nothing is left, because there is no other source, counts as not painted; so does one that was
    erased. ``stroke_shapes.stroke_spans`` says which bins a stroke covers. Memory and time go with the edges of
    strokes and with the painted bins, not with the length of the recording.

    Parameters
    ----------
    strokes : Strokes
        Times count from the first sample.
    sample_rate : int
        In Hz.
    fft_size, hop_size : int
        In samples.
    frames : int
        The number of frames; what was painted outside them is left out.

    Raises
    ------
    ParameterError
        If a stroke speaks of a source that is not there.
    """
    grid = StftGrid(sample_rate, fft_size, hop_size, frames)
    places = {source.id: place for place, source in enumerate(strokes.sources)}
    runs = [stroke_spans(stroke, grid) for stroke in strokes.strokes]
    edges = np.unique(np.concatenate([np.zeros(0, np.int64), *(side for run in runs for side in run)]))
    # Between two edges all cells are alike: one statement holds for all of them.
    statements = _Statements(edges.size, len(places))
    for number, (stroke, run) in enumerate(zip(strokes.strokes, runs, strict=True)):
        pieces = _pieces(edges, run)
        if stroke.tool == "eraser":
            statements.erase(pieces)
        else:
            statements.make(pieces, _place(places, stroke), number, against=stroke.against)
    opacities = np.array([stroke.opacity for stroke in strokes.strokes], np.float32)
    return _painted(edges, statements, opacities, frames)


class _Statements:
    """What is said of some pieces of the plane."""

    def __init__(self, pieces: int, sources: int) -> None:
        self.allowed = np.zeros((pieces, sources), bool)
        self.said_by = np.full(pieces, _NOTHING, np.int32)

    def erase(self, pieces: Ints) -> None:
        self.allowed[pieces] = False
        self.said_by[pieces] = _NOTHING

    def make(self, pieces: Ints, source: int, number: int, *, against: bool) -> None:
        if against:
            self._refuse(pieces, source, number)
            return
        self.allowed[pieces] = False
        self.allowed[pieces, source] = True
        self.said_by[pieces] = number

    def _refuse(self, pieces: Ints, source: int, number: int) -> None:
        self.allowed[pieces[self.said_by[pieces] == _NOTHING]] = True
        touched = pieces[self.allowed[pieces, source]]
        self.allowed[touched, source] = False
        self.said_by[touched] = number
        bare = touched[~self.allowed[touched].any(axis=1)]
        self.allowed[bare] = True
        self.allowed[bare, source] = False
        if self.allowed.shape[1] == 1:
            self.said_by[bare] = _NOTHING


def _place(places: dict[str, int], stroke: Stroke) -> int:
    if stroke.source not in places:
        raise ParameterError("source of a stroke", stroke.source, "the id of a source of these strokes")
    return places[stroke.source]


def _pieces(edges: Ints, run: Spans) -> Ints:
    begin, end = (np.searchsorted(edges, side) for side in run)
    index, within = expanded(end - begin)
    return begin[index] + within


def _painted(edges: Ints, statements: _Statements, opacities: npt.NDArray[np.float32], frames: int) -> PaintedBins:
    painted = np.flatnonzero(statements.said_by != _NOTHING)
    lengths = edges[painted + 1] - edges[painted] if painted.size else np.zeros(0, np.int64)
    index, within = expanded(lengths)
    piece = painted[index]
    bins, columns = np.divmod(edges[piece] + within, max(frames, 1))
    said_by = statements.said_by[piece]
    return PaintedBins(
        bins.astype(np.int32),
        columns.astype(np.int32),
        statements.allowed[piece],
        opacities[said_by] if opacities.size else np.zeros(0, np.float32),
        said_by,
    )
