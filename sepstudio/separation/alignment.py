"""The times of a score moved to where its notes sound in a recording."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.steps import scaled
from sepstudio.separation.alignment_features import (
    CHROMA,
    Floats,
    Sounds,
    coarser,
    framing,
    recording_features,
    score_features,
)
from sepstudio.separation.alignment_path import Shifts, cheapest_path
from sepstudio.separation.base import Progress, staged

Doubles = npt.NDArray[np.float64]

# From one level to the next frames are a quarter as long.
_FINER = 4
_MOST_FACTOR = 256
# Frames of the coarsest level: at least so many if the recording has them.
_COARSE_FRAMES = 300
# Cells of the search for the place, a byte each.
_MOST_CELLS = 24_000_000
# Frames either side that finer levels search: six of the level before.
_RADIUS = 24
# What a change of tempo costs: less while the place is looked for, more once the tempo is about right.
_LOOSE, _STIFF = 0.2, 0.4
# Tempi that are tried, as multiples of the one written in the score.
_TEMPI = (0.5, 0.7, 1.0, 1.4, 2.0)
# Frames of coarse levels whose mean is taken.
_SMOOTHING = 5
_SHORTEST = 0.02
# Parts of the whole that reading the recording and finding the place take.
_READING, _PLACING = 0.5, 0.1


def align_steps(clip: AudioClip, score: Score) -> Generator[Progress, None, Score]:
    """Return a score with its notes where they sound in a recording.

    Dynamic time warping of chroma and onsets from coarse to fine (Prätzlich, Driedger and Müller, Memory-Restricted
    Multiscale Dynamic Time Warping, ICASSP 2016). The recording may hold a stretch of the score only, and begin and
    end with anything; notes that lie outside of it are left out. Ids, pitches, velocities and tracks stay.

    Parameters
    ----------
    clip : AudioClip
        Any rate and number of channels; read in blocks.
    score : Score
        Times in any tempo; those of silence at its beginning do not matter.

    Raises
    ------
    MissingInputError
        If the score has no notes or the recording no samples.
    """
    if not score.notes or not clip.length:
        missing = "holds no notes" if not score.notes else "cannot be aligned: the recording is empty"
        raise MissingInputError(f"Score {score.name!r}", missing, "choose another score or recording")
    rate = framing(clip).rate
    reading = scaled(recording_features(clip), 0.0, _READING)
    features = yield from staged(reading, "Listen to the recording")
    factors = _factors(len(features), round((score.end - score.notes[0].onset) / min(_TEMPI) * rate))
    warp = yield from staged(_placed(features, rate, score, factors[0]), "Place the score")
    warp = yield from staged(_refined(features, rate, score, warp, factors), "Align the notes")
    return _moved(score, warp, clip.duration)


@dataclass(frozen=True)
class Warp:
    """Times of a score, rising, and the times of the recording that belong to them; seconds.

    Before and after the known times one second of the score lasts as long as it does on average.
    """

    score: Doubles
    recording: Doubles

    def __call__(self, times: npt.ArrayLike) -> Doubles:
        """Return the times of the recording for times of the score."""
        wanted = np.asarray(times, dtype=np.float64)
        span = float(self.score[-1] - self.score[0])
        pace = float(self.recording[-1] - self.recording[0]) / span if span else 1.0
        inside = np.interp(wanted, self.score, self.recording)
        early, late = np.minimum(wanted - self.score[0], 0.0), np.maximum(wanted - self.score[-1], 0.0)
        result: Doubles = inside + pace * (early + late)
        return result


def _knots(score: Score) -> Doubles:
    """Return the times of a score that are moved one by one: its onsets, and its end."""
    return np.unique([*(note.onset for note in score.notes), score.end])


def _sounds(score: Score, warp: Warp) -> Sounds:
    onsets = np.array([note.onset for note in score.notes])
    offsets = np.array([note.offset for note in score.notes])
    pitches = np.array([note.pitch for note in score.notes])
    velocities = np.array([float(note.velocity) for note in score.notes])
    return Sounds(warp(onsets), warp(offsets), pitches, velocities)


def _factors(frames: int, score_frames: int) -> list[int]:
    """Return how many frames the levels take together, from coarse to fine."""
    factors = [1]
    while factors[0] < _MOST_FACTOR and (
        frames // (factors[0] * _FINER) >= _COARSE_FRAMES
        or frames * (frames + score_frames) > _MOST_CELLS * factors[0] ** 2
    ):
        factors.insert(0, factors[0] * _FINER)
    return factors


def _placed(features: Floats, rate: float, score: Score, factor: int) -> Generator[float, None, Warp]:
    """Find the tempo and the place of the score as a whole, at the coarsest level."""
    knots = _knots(score)
    paces = _paces(features, rate, knots)
    recording = coarser(features, factor)
    best: tuple[float, Warp] | None = None
    for index, pace in enumerate(paces):
        start = Warp(knots, (knots - knots[0]) * pace)
        count = max(int(np.ceil(start.recording[-1] * rate / factor)), 1)
        low, high = (_READING + _PLACING * (index + part) / len(paces) for part in (0, 1))
        drawing = score_features(_sounds(score, start), 0, count * factor, rate)
        sounding = coarser((yield from scaled(drawing, low, low)), factor)
        lowest, highest = -len(recording), count
        rows = np.pad(sounding, ((-lowest, len(recording) + 1), (0, 0)))
        search = cheapest_path(recording, rows, lowest, highest, (0, count), stiffness=_LOOSE)
        shifts, cost = yield from scaled(search, low, high)
        if best is None or cost < best[0]:
            best = cost, _followed(start, shifts, factor, rate)
    assert best is not None
    return best[1]


def _paces(features: Floats, rate: float, knots: Doubles) -> list[float]:
    """Return seconds of the recording for a second of the score that are worth trying."""
    sounding = np.flatnonzero(features[:, :CHROMA].any(axis=1))
    heard = float(sounding[-1] - sounding[0] + 1) / rate if sounding.size else 0.0
    written = float(knots[-1] - knots[0])
    whole = [heard / written] if heard and written else []
    return [*whole, *(1.0 / tempo for tempo in _TEMPI)]


def _refined(
    features: Floats, rate: float, score: Score, warp: Warp, factors: Sequence[int]
) -> Generator[float, None, Warp]:
    """Follow the recording ever more closely, each level within a band around the one before."""
    weights = np.array([1.0 / factor for factor in factors])
    bounds = np.concatenate([[0.0], np.cumsum(weights / weights.sum())])
    begin = _READING + _PLACING
    bounds = begin + (1.0 - begin) * bounds
    for factor, low, high in zip(factors, bounds[:-1], bounds[1:], strict=True):
        recording = coarser(features, factor)
        count = len(recording) + 2 * _RADIUS
        first = -_RADIUS * factor
        drawing = score_features(_sounds(score, warp), first, count * factor, rate)
        sounding = yield from scaled(drawing, low, low)
        ends = [int(edge * rate / factor) for edge in (warp.recording[0], warp.recording[-1])]
        rows, span = coarser(sounding, factor), (ends[0], ends[1])
        search = cheapest_path(recording, rows, -_RADIUS, _RADIUS, span, stiffness=_STIFF)
        shifts, _ = yield from scaled(search, low, high)
        warp = _followed(warp, shifts, factor, rate)
    return warp


def _followed(warp: Warp, shifts: Shifts, factor: int, rate: float) -> Warp:
    """Return a warp after a path through frames of a score that it had moved already."""
    from scipy import ndimage

    frames = np.arange(len(shifts))
    smooth = shifts.astype(np.float64)
    if factor > 1:
        smooth = ndimage.uniform_filter1d(smooth, _SMOOTHING, mode="nearest")
    # Where the score waits its next onset sounds at the end; where it is there already, at the beginning.
    places, firsts = np.unique(frames + smooth, return_index=True)
    middle = (factor - 1) / 2.0
    times = (places * factor + middle) / rate
    later = (firsts * factor + middle) / rate - times
    moved = warp.recording + np.interp(warp.recording, times, later)
    return Warp(warp.score, np.maximum.accumulate(moved))


def _moved(score: Score, warp: Warp, duration: float) -> Score:
    """Return the score in the time of the recording, without the notes that lie outside of it."""
    notes: list[Note] = []
    times = warp([(note.onset, note.offset) for note in score.notes]).tolist()
    for note, (onset, offset) in zip(score.notes, times, strict=True):
        if offset > 0.0 and onset < duration:
            notes.append(dataclasses.replace(note, onset=onset, duration=max(offset - onset, _SHORTEST)))
    return dataclasses.replace(score, notes=(), aligned=True).with_notes(notes)
