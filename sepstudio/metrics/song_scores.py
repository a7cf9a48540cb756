"""Scores of the stems of one song by name, with silence told apart from what can be measured.

BSS Eval knows nothing of a frame in which any stem is silent, and tells nonsense of one in which a true stem
is all but silent: there every error is large beside it.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import scaled
from sepstudio.metrics.bss_eval import BssOptions, BssScores, bss_eval_steps
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.stems import Doubles

# In dB, by measure and stem.
Scores = Mapping[tuple[str, str], float]

_BLOCK = 1 << 18
# Where looking for silence ends on the progress bar.
_LEVELS_END = 0.1
# Energy relative to the loudest frame of a stem, -50 dB: what lies below says nothing of the stem.
_ALL_BUT_SILENT = 1e-5


@dataclass(frozen=True)
class SongScores:
    """What was measured of a song.

    ``scores`` has a value for every measure and stem, ``nan`` where there is none; ``notes`` say why, in words.
    ``frames`` holds the values of all frames for the stems ``measured``; None where nothing could be.
    """

    scores: Scores
    measured: tuple[str, ...] = ()
    frames: BssScores | None = None
    notes: tuple[str, ...] = ()


def song_scores_steps(
    true: Mapping[str, AudioClip], judged: Mapping[str, AudioClip], version: str
) -> Generator[float, None, SongScores]:
    """Measure the stems of a song by BSS Eval (images) in steps; yields the fraction done.

    True stems that are silent throughout are left out, as if the song did not have them. A stem gets ``nan`` when its
    estimate is missing or silent throughout, and when it is 50 dB below its loudest frame in all frames that count,
    which are those in which no stem is silent.

    Parameters
    ----------
    true, judged : mapping of str to AudioClip
        Of equal sample rate, channels and length. Stems that are not judged still count as interference.
    version : {"v4", "v3"}
        v3: mean over frames of 30 s with a hop of 15 s, as in SiSEC 2016; v4: median over frames of 1 s.

    Raises
    ------
    ParameterError
        If a stem to judge is not among the true ones, or shapes differ.
    """
    if not judged.keys() <= true.keys():
        raise ParameterError("stems to judge", ", ".join(judged), "among the references: " + ", ".join(true))
    names = list(true)
    some = next(iter(true.values()))
    options = BssOptions(version, some.sample_rate)
    slices = options.frames(some.length)
    levels = yield from scaled(_level_steps([*true.values(), *judged.values()], slices), 0.0, _LEVELS_END)
    heard = dict(zip(names, levels, strict=False))
    told = {name: own.any() for name, own in zip(judged, levels[len(names) :], strict=True)}
    silent = [name for name in names if not heard[name].any()]
    measured = tuple(name for name in names if name not in silent)
    mute = [name for name in measured if not told.get(name)]
    notes = [f"{name}: the true stem is silent, so it has no scores" for name in silent]
    notes += [
        f"{name}: the estimate is {'silent' if name in told else 'missing'}, so it has no scores" for name in mute
    ]
    nothing = {(measure, name): math.nan for measure in MEASURES for name in names}
    if set(measured) <= set(mute):
        return SongScores(nothing, notes=tuple(notes))
    # Estimates are measured one by one: in the place of a silent one anything else leaves the others as they are.
    estimates = [true[name] if name in mute else judged[name] for name in measured]
    work = bss_eval_steps([true[name] for name in measured], estimates, options)
    frames = yield from scaled(work, _LEVELS_END, 1.0)
    faint = _faint(measured, heard, frames)
    notes += _frame_notes(frames, [name for name in faint if name not in mute])
    found = frames.summary()
    scores = {
        (measure, name): float(found[measure][number])
        for measure in MEASURES
        for number, name in enumerate(measured)
        if name not in {*mute, *faint}
    }
    return SongScores(nothing | scores, measured, frames, tuple(notes))


def _level_steps(clips: Sequence[AudioClip], slices: Sequence[slice]) -> Generator[float, None, Doubles]:
    """Measure the energy of every clip in every frame, float64 [clips, frames]; what no frame covers counts as one."""
    end = max(piece.stop for piece in slices)
    length = clips[0].length
    every = [*slices, *([slice(end, length)] if end < length else [])]
    energies = np.zeros((len(clips), len(every)))
    for number, piece in enumerate(every):
        for start in range(piece.start, piece.stop, _BLOCK):
            stop = min(start + _BLOCK, piece.stop)
            energies[:, number] += [energy(clip.read(start, stop)) for clip in clips]
        yield (number + 1) / len(every)
    return energies


def energy(samples: npt.NDArray[np.floating]) -> float:
    """Return the sum of squares."""
    return float(np.sum(np.square(samples, dtype=np.float64)))


def _faint(measured: Sequence[str], heard: Mapping[str, Doubles], frames: BssScores) -> list[str]:
    """Return the stems that are all but silent in all frames that count."""
    counting = ~np.isnan(frames.sdr).any(axis=0)
    if not counting.any():
        return []
    return [
        name
        for name in measured
        if (heard[name][: counting.size][counting] < _ALL_BUT_SILENT * heard[name].max()).all()
    ]


def _frame_notes(frames: BssScores, faint: Sequence[str]) -> list[str]:
    counting = int((~np.isnan(frames.sdr).any(axis=0)).sum())
    notes = []
    if counting < frames.sdr.shape[1] / 2:
        notes.append(f"{counting} of {frames.sdr.shape[1]} frames count: in the others a stem is silent")
    return notes + [f"{name}: all but silent in the frames that count, so it has no scores" for name in faint]
