"""Which part of every activation belongs to which note, and to which stem.

Notes of one pitch share a template and a row of the activations. Where only one of them may sound, the activation is
its own; where several may, it is divided by how much of the frame lies within each note as written.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.io.scores.records import Note, Part, Score
from sepstudio.io.steps import drain
from sepstudio.separation.score_constraints import (
    Component,
    ConstraintParams,
    Grid,
    note_frames,
    pitch_name,
)
from sepstudio.separation.score_params import GroupKind

Floats = npt.NDArray[np.float32]

ALL_NOTES = "notes"
RESIDUAL = "residual"
# A stem needs a name, and that of what is left over is taken.
_OTHER_NAMES = {"": "notes without track", RESIDUAL: "track residual"}
# Against the written extent of another note a tolerance counts for nothing; it decides where nobody is written.
_TOLERANCE_WEIGHT = 1e-4


@dataclass(frozen=True)
class Claim:
    """The share [frames], 0 to 1, of the activation of component ``row`` that is a note's, from frame ``first``."""

    note: Note
    row: int
    first: int
    share: Floats

    @property
    def stop(self) -> int:
        """The frame behind the last one."""
        return self.first + int(self.share.size)


@dataclass(frozen=True)
class Group:
    """What becomes one stem: shares [rows, frames] of the activations of some components, from frame ``first``.

    Over all groups of a division the shares of a cell sum to at most 1.
    """

    name: str
    rows: tuple[int, ...]
    first: int
    shares: Floats

    @property
    def stop(self) -> int:
        """The frame behind the last one."""
        return self.first + int(self.shares.shape[1])

    def part(self, first: int, stop: int) -> Floats | None:
        """Return the shares of some frames, [rows, stop - first]; None where the group has no part at all."""
        begin, end = max(first, self.first), min(stop, self.stop)
        if begin >= end:
            return None
        inside = self.shares[:, begin - self.first : end - self.first]
        if not inside.any():
            return None
        return np.pad(inside, ((0, 0), (begin - first, stop - end)))


def claims(score: Score, components: Sequence[Component], grid: Grid, params: ConstraintParams) -> list[Claim]:
    """Return what every note claims of the activations, in the order of the notes, onsets behind the tones.

    Cells that were painted in where no note reaches go to the nearest note of the pitch.
    """
    return drain(claims_steps(score, components, grid, params))


def claims_steps(
    score: Score, components: Sequence[Component], grid: Grid, params: ConstraintParams
) -> Generator[float, None, list[Claim]]:
    """Do what ``claims`` does component by component; yields fractions."""
    by_pitch: dict[int, list[Note]] = {}
    for note in score.notes:
        by_pitch.setdefault(note.pitch, []).append(note)
    found: list[Claim] = []
    for row, component in enumerate(components):
        notes = by_pitch.get(component.pitch, [])
        weights = [_weights(note, component.part, row, grid, params) for note in notes]
        found += _shared(weights, _painted(score, component, grid), grid)
        yield (row + 1) / len(components)
    order = {note.id: number for number, note in enumerate(score.notes)}
    return sorted(found, key=lambda claim: order[claim.note.id])


def _shared(weights: list[Claim], painted: npt.NDArray[np.bool_], grid: Grid) -> Iterator[Claim]:
    """Give the claims of one component: weights as shares of all that there are in a frame."""
    total = np.zeros(grid.frames, np.float32)
    for claim in weights:
        total[claim.first : claim.stop] += claim.share
    strays = np.flatnonzero(painted & (total == 0))
    if weights and strays.size:
        weights = _with_strays(weights, strays, grid)
        total[strays] = 1.0
    for claim in weights:
        if claim.share.size:
            share = claim.share / np.maximum(total[claim.first : claim.stop], np.finfo(np.float32).tiny)
            yield Claim(claim.note, claim.row, claim.first, share.astype(np.float32))


def _painted(score: Score, component: Component, grid: Grid) -> npt.NDArray[np.bool_]:
    painted = np.zeros(grid.frames, np.bool_)
    for patch in score.activation_patches:
        if patch.allowed and (patch.pitch, patch.part) == (component.pitch, component.part):
            painted[slice(*grid.frame_span(patch.start, patch.stop))] = True
    return painted


def _weights(note: Note, part: Part, row: int, grid: Grid, params: ConstraintParams) -> Claim:
    first, stop = note_frames(note, grid, params, part)
    end = note.offset if part == "note" else min(note.onset + params.onset_length, note.offset)
    times = grid.times[first:stop]
    half = grid.hop_s / 2
    written = np.clip(np.minimum(times + half, end) - np.maximum(times - half, note.onset), 0.0, None) / grid.hop_s
    distance = np.maximum(np.maximum(note.onset - times, times - end), 0.0)
    closeness = 1.0 / (1.0 + distance / grid.hop_s)
    return Claim(note, row, first, (written + _TOLERANCE_WEIGHT * closeness).astype(np.float32))


def _with_strays(weights: list[Claim], strays: npt.NDArray[np.int64], grid: Grid) -> list[Claim]:
    times = grid.start_s + strays * grid.hop_s
    distances = [np.maximum(np.maximum(claim.note.onset - times, times - claim.note.offset), 0.0) for claim in weights]
    nearest = np.argmin(distances, axis=0)
    return [_extended(claim, strays[nearest == number]) for number, claim in enumerate(weights)]


def _extended(claim: Claim, frames: npt.NDArray[np.int64]) -> Claim:
    if not frames.size:
        return claim
    reach = [claim.first, claim.stop] if len(claim.share) else []
    first, stop = min(int(frames[0]), *reach, int(frames[0])), max(int(frames[-1]) + 1, *reach, 0)
    share = np.zeros(stop - first, np.float32)
    share[claim.first - first : claim.stop - first] = claim.share
    share[frames - first] = 1.0
    return Claim(claim.note, claim.row, first, share)


def joined(name: str, parts: Iterable[Claim]) -> Group | None:
    """Return some claims as one group; None when there are none."""
    chosen = list(parts)
    if not chosen:
        return None
    rows = tuple(sorted({claim.row for claim in chosen}))
    first, stop = min(claim.first for claim in chosen), max(claim.stop for claim in chosen)
    shares = np.zeros((len(rows), stop - first), np.float32)
    for claim in chosen:
        shares[rows.index(claim.row), claim.first - first : claim.stop - first] += claim.share
    return Group(name, rows, first, shares)


def groups_of(
    kind: GroupKind, score: Score, components: Sequence[Component], all_claims: Sequence[Claim], frames: int
) -> list[Group]:
    """Return the division of a score into stems, in the order in which they are listed.

    Tracks come in the order of the score, pitches ascending, notes by onset. Notes that lie outside give no group.
    """
    if kind == "pitch":
        return _by_pitch(components, frames)
    if kind == "all":
        return [_whole(ALL_NOTES, range(len(components)), frames)]
    by_note: dict[int, list[Claim]] = {}
    for claim in all_claims:
        by_note.setdefault(claim.note.id, []).append(claim)
    if kind == "note":
        names = note_names(score)
        found = [joined(names[note_id], chosen) for note_id, chosen in by_note.items()]
    else:
        names_of = track_names(score)
        found = [
            joined(name, (claim for claim in all_claims if claim.note.track == track))
            for track, name in names_of.items()
        ]
    return [group for group in found if group is not None]


def _by_pitch(components: Sequence[Component], frames: int) -> list[Group]:
    rows: dict[int, list[int]] = {}
    for row, component in enumerate(components):
        rows.setdefault(component.pitch, []).append(row)
    return [_whole(pitch_name(pitch), chosen, frames) for pitch, chosen in rows.items()]


def _whole(name: str, rows: Collection[int], frames: int) -> Group:
    return Group(name, tuple(rows), 0, np.ones((len(rows), frames), np.float32))


def track_names(score: Score) -> Mapping[str, str]:
    """Return what the stems of the tracks with notes are called, by track, in the order of the score."""
    used = {note.track for note in score.notes}
    listed = [track for track in score.tracks if track in used]
    rest = sorted(used - set(listed))
    return {track: _OTHER_NAMES.get(track, track) for track in [*listed, *rest]}


def note_names(score: Score) -> Mapping[int, str]:
    """Return a name such as ``B4_012.340s`` for every note, by id: its pitch and where it begins.

    Notes of one pitch that begin within a millisecond of one another are numbered.
    """
    names: dict[int, str] = {}
    counts: dict[str, int] = {}
    for note in score.notes:
        name = f"{pitch_name(note.pitch)}_{max(note.onset, 0.0):07.3f}s"
        counts[name] = counts.get(name, 0) + 1
        names[note.id] = name if counts[name] == 1 else f"{name}_{counts[name]}"
    return names
