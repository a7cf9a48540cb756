"""A finished factorisation brought up to date with an edited score, in the stretch that the edit touches."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.patched import PatchedClip
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scratch import MemorySink
from sepstudio.separation.band import Band, BandClip
from sepstudio.separation.base import Matrix, Progress
from sepstudio.separation.refitting import refit_steps
from sepstudio.separation.score_constraints import ConstraintParams, Constraints, Grid, constraints, note_frames
from sepstudio.separation.score_groups import Group, claims, groups_of, note_names, track_names
from sepstudio.separation.score_masking import Model, mono_magnitude, spectrum, stems_steps
from sepstudio.separation.score_masks import grid_of_matrices
from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.separation.score_start import warm_start

Floats = npt.NDArray[np.float32]
Span = tuple[float, float]
Stems = dict[str, AudioClip]
Matrices = Mapping[str, Matrix]
FactorParams = NmfParams | NaeParams

# From the present state, which is good nearly everywhere, this is enough; more is not heard.
ITERATIONS = 40
_LEAST_SHARE = np.float32(1e-3)
_FIT_END = 0.6


@dataclass(frozen=True)
class Revisable:
    """A run that can be brought up to date: what it is of, and what it has found.

    ``start`` and ``stop`` are samples of the recording; ``stems`` by name lie from ``start`` to ``stop``, without
    the residual. Times of score and matrices are those of the recording.
    """

    mixture: AudioClip
    start: int
    stop: int
    stems: Mapping[str, AudioClip]
    matrices: Matrices
    score: Score
    params: FactorParams
    band: Band | None = None


@dataclass(frozen=True)
class Revision:
    """The run after the edit; stems that did not change are the same clips. ``span`` in seconds was computed."""

    stems: Mapping[str, AudioClip]
    matrices: Matrices
    score: Score
    span: Span | None


def touched(before: Score, after: Score, params: ConstraintParams) -> Span | None:
    """Return from when to when, in seconds, an edit changes what may sound; None where it does not.

    Templates sound everywhere: after an edit of theirs that is ``(-inf, inf)``.
    """
    if before.template_patches != after.template_patches:
        return (-np.inf, np.inf)
    old, new = ({note.id: note for note in score.notes} for score in (before, after))
    changed = [note for notes, others in ((old, new), (new, old)) for note in notes.values() if _is_new(note, others)]
    spans = [_reach(note, params) for note in changed]
    patches = set(before.activation_patches) ^ set(after.activation_patches)
    spans += [(patch.start, patch.stop) for patch in patches]
    return (min(span[0] for span in spans), max(span[1] for span in spans)) if spans else None


def _is_new(note: Note, others: Mapping[int, Note]) -> bool:
    other = others.get(note.id)
    # How hard a note is struck changes no constraint.
    return other is None or (other is not note and dataclasses.replace(other, velocity=note.velocity) != note)


def _reach(note: Note, params: ConstraintParams) -> Span:
    before = params.before if note.before is None else note.before
    after = params.after if note.after is None else note.after
    return note.onset - before, max(note.offset + after, note.onset + params.onset_length)


def revise_steps(run: Revisable, score: Score, *, threads: int = 2) -> Generator[Progress, None, Revision]:
    """Bring a run up to date with an edited score.

    Only the frames that the edit touches, and a few around them, are fitted anew, from the present templates and
    activations: templates that are known stay as they are, those of new pitches and those whose constraint was
    painted learn. The stems are those of the run outside of these frames.

    Returns
    -------
    Revision
        With one stem for each group of the score, those that are not there any more left out.
    """
    span = touched(run.score, score, run.params)
    if span is None:
        yield Progress(1.0, "nothing to do")
        return Revision(run.stems, run.matrices, score, None)
    whole = grid_of_matrices(run.matrices, run.mixture.sample_rate)
    allowed = constraints(score, whole, run.params) if score.notes else _nothing(whole)
    first, stop = whole.frame_span(*_finite(span, whole))
    first, stop = max(first - 1, 0), min(stop + 1, whole.frames)
    yield Progress(0.0, "reading")
    state = _carried(run.matrices, allowed, first, stop)
    if stop > first and allowed.components:
        yield from _fitted(run, whole, allowed, state, (first, stop), threads)
    matrices = _as_matrices(run.matrices, whole, allowed, state)
    stems = yield from _stems(run, score, whole, allowed, state, (first, stop), threads)
    return Revision(stems, matrices, score, _finite(span, whole))


@dataclass
class _State:
    templates: Floats
    activations: Floats
    known: npt.NDArray[np.bool_]


def _finite(span: Span, grid: Grid) -> Span:
    return max(span[0], grid.start_s), min(span[1], grid.start_s + grid.frames * grid.hop_s)


def _nothing(grid: Grid) -> Constraints:
    columns, rows = np.zeros((grid.bins, 0), np.float32), np.zeros((0, grid.frames), np.float32)
    return Constraints((), columns, rows, columns.copy(), rows.copy())


def _carried(matrices: Matrices, allowed: Constraints, first: int, stop: int) -> _State:
    """Return the matrices of a run for the components of another score; what was not known starts low."""
    names = {name: row for row, name in enumerate(matrices["templates"].coordinates[1])}
    rows = [names.get(name, -1) for name in allowed.names]
    fresh = allowed.templates / np.maximum(allowed.templates.sum(axis=0), np.finfo(np.float32).tiny)
    templates, activations = fresh.copy(), np.zeros_like(allowed.activation_mask)
    known = np.zeros(len(rows), np.bool_)
    for place, row in enumerate(rows):
        if row >= 0:
            activations[place] = matrices["activations"].values[row]
            mask = matrices["template-mask"].values[:, row]
            known[place] = bool(np.array_equal(mask, allowed.template_mask[:, place]))
            if known[place]:
                templates[:, place] = matrices["templates"].values[:, row]
    return _State(templates, activations, known)


def _fitted(
    run: Revisable, grid: Grid, allowed: Constraints, state: _State, frames: tuple[int, int], threads: int
) -> Generator[Progress, None, None]:
    """Fit the state anew in some frames, in place."""
    first, stop = frames
    window = slice(first, stop)
    concerned = np.flatnonzero(allowed.activation_mask[:, window].any(axis=1))
    state.activations[:, window] *= allowed.activation_mask[:, window]
    if not concerned.size:
        return
    part = _part(allowed, concerned, window)
    begun = warm_start(part, grid.part(first, stop), run.matrices)
    v = mono_magnitude(spectrum(run.mixture, grid, first, stop, threads=threads))
    h = part.activations * max(float(v.mean()), 1e-20) if begun is None else begun.activations
    # What another note has driven to zero could not come back when that note is gone.
    h = np.maximum(h, _LEAST_SHARE * h.max(initial=0.0)) * part.activation_mask
    steps = refit_steps(v, state.templates[:, concerned], h, ~state.known[concerned], ITERATIONS)
    while True:
        try:
            fraction = next(steps)
        except StopIteration as done:
            templates, activations = done.value
            break
        yield Progress(_FIT_END * fraction, "fitting")
    state.templates[:, concerned] = templates
    state.activations[concerned, window] = activations


def _part(allowed: Constraints, rows: npt.NDArray[np.int64], window: slice) -> Constraints:
    return Constraints(
        tuple(allowed.components[row] for row in rows),
        allowed.template_mask[:, rows],
        allowed.activation_mask[rows, window],
        allowed.templates[:, rows],
        allowed.activations[rows, window],
    )


def _as_matrices(old: Matrices, grid: Grid, allowed: Constraints, state: _State) -> Matrices:
    over_frequency: Any = (("frequency", "component"), (grid.frequencies, allowed.names))
    over_time: Any = (("component", "time"), (allowed.names, old["activations"].coordinates[1]))
    # An encoder of a finished run explains activations that are not there any more.
    kept = {name: matrix for name, matrix in old.items() if name != "encoder"}
    return {
        **kept,
        "templates": Matrix(state.templates, *over_frequency),
        "activations": Matrix(state.activations, *over_time),
        "template-mask": Matrix(allowed.template_mask, *over_frequency),
        "activation-mask": Matrix(allowed.activation_mask, *over_time),
    }


def _stems(
    run: Revisable,
    score: Score,
    whole: Grid,
    allowed: Constraints,
    state: _State,
    frames: tuple[int, int],
    threads: int,
) -> Generator[Progress, None, Stems]:
    around = -(-whole.fft_size // whole.hop_size)
    first, stop = max(frames[0] - around, 0), min(frames[1] + around, whole.frames)
    grid = whole.part(first, stop)
    model = Model(grid, state.templates, state.activations[:, first:stop], run.params.leftover)
    groups = _groups(run, score, grid, allowed, slice(first, stop))
    work = stems_steps(run.mixture, model, groups, MemorySink(), threads=threads)
    while True:
        try:
            fraction = next(work)
        except StopIteration as done:
            fragments = done.value
            break
        yield Progress(_FIT_END + (1.0 - _FIT_END) * fraction, "stems")
    # Frames reach half a length to both sides of their centres.
    low = max(run.start + frames[0] * whole.hop_size - whole.fft_size // 2, run.start)
    high = min(run.start + frames[1] * whole.hop_size + whole.fft_size // 2, run.stop)
    sounds = {}
    for name, fragment in fragments.items():
        clip = fragment.clip if run.band is None else BandClip(fragment.clip, run.band)
        # Shorter than it may be: the rest of the stretch is silent.
        sounds[name] = MixClip([Part(clip, fragment.start - low)], high - low).section(0, high - low)
    return _joined(run, _names(run, score, whole, allowed), sounds, (low - run.start, high - run.start))


def _groups(run: Revisable, score: Score, grid: Grid, allowed: Constraints, window: slice) -> list[Group]:
    rows = np.flatnonzero(allowed.activation_mask[:, window].any(axis=1))
    begin, end = grid.start_s, grid.start_s + grid.frames * grid.hop_s
    near = [note for note in score.notes if _meets(_reach(note, run.params), (begin - grid.hop_s, end + grid.hop_s))]
    local = _of_run(run, dataclasses.replace(score, notes=tuple(near)))
    grid = dataclasses.replace(grid, start_s=grid.start_s - run.start / grid.sample_rate)
    parts = claims(local, allowed.components, grid, run.params)
    found = groups_of(run.params.group, local, allowed.components, parts, grid.frames)
    sounding = set(rows.tolist())
    return [group for group in found if sounding & set(group.rows)]


def _meets(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _of_run(run: Revisable, score: Score) -> Score:
    # Stems of notes are named by when these begin in the run.
    return score.moved(-run.start / run.mixture.sample_rate) if run.start else score


def _names(run: Revisable, score: Score, grid: Grid, allowed: Constraints) -> list[str]:
    """Return the names of all stems of the run after the edit, in their order."""
    kind = run.params.group
    if kind in ("pitch", "all"):
        return [group.name for group in groups_of(kind, score, allowed.components, (), 1)]
    own = _of_run(run, score)
    inside = [note for note in score.notes if _sounds(note, grid, run.params)]
    ids = {note.id for note in inside}
    if kind == "note":
        names = note_names(own)
        return [names[note.id] for note in own.notes if note.id in ids]
    used = {note.track for note in inside}
    return [name for track, name in track_names(own).items() if track in used]


def _sounds(note: Note, grid: Grid, params: FactorParams) -> bool:
    first, stop = note_frames(note, grid, params)
    return first < stop


def _joined(run: Revisable, names: list[str], sounds: Stems, span: tuple[int, int]) -> Stems:
    """Return all stems, those of the run with their new sounds from sample ``span[0]`` to ``span[1]``."""
    length = run.stop - run.start
    stems: Stems = {}
    for name in names:
        old, sound = run.stems.get(name), sounds.get(name)
        if old is None:
            if sound is not None:
                stems[name] = MixClip([Part(sound, span[0])], length)
        elif sound is not None:
            stems[name] = PatchedClip(old, Part(sound, span[0]))
        elif np.any(old.read(*span)):
            silence = AudioClip(np.zeros((old.channels, span[1] - span[0]), np.float32), old.sample_rate)
            stems[name] = PatchedClip(old, Part(silence, span[0]))
        else:
            stems[name] = old
    return stems
