"""What notes and components of a finished factorisation sound like: masks over the stretch where they sound.

Times of matrices and scores are those of the recording; nothing is factorised again.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping

import numpy as np

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip, difference
from sepstudio.io.scores.pitches import pitch_of_name
from sepstudio.io.scores.records import Score
from sepstudio.io.scratch import MemorySink, StemSink
from sepstudio.io.steps import drain
from sepstudio.separation.base import Matrix, Progress, staged
from sepstudio.separation.score_constraints import Component, Grid
from sepstudio.separation.score_groups import RESIDUAL, Group, claims, groups_of, joined
from sepstudio.separation.score_masking import Fragment, Model, stems_steps
from sepstudio.separation.score_params import GroupKind, NaeParams, NmfParams

Matrices = Mapping[str, Matrix]
Stretch = tuple[float, float]
_ONSET = " onset"


def notes_clip(
    mixture: AudioClip,
    matrices: Matrices,
    score: Score,
    note_ids: Collection[int],
    params: NmfParams | NaeParams,
    *,
    stretch: Stretch | None = None,
) -> Fragment:
    """Return what some notes of a score sound like.

    Parameters
    ----------
    mixture : AudioClip
        The whole recording.
    matrices : mapping
        ``templates`` and ``activations`` of a run on the recording or a stretch of it.
    score : Score
        That of the run, or an edited one: notes are found by their pitches and times.
    note_ids : collection of int
        Which notes; those that the run does not reach are silent.
    params : NmfParams or NaeParams
        Those of the run, for the tolerances around notes.
    stretch : (start, stop) in seconds, optional
        Where to listen; everywhere by default.

    Raises
    ------
    MissingInputError
        If nothing of the notes lies in the run, or in the stretch.
    """
    model = _model(mixture, matrices, leftover=params.leftover)
    chosen = score.without({note.id for note in score.notes} - set(note_ids))
    rivals = score.without({note.id for note in score.notes} - _rivals(score, chosen))
    parts = [part for part in claims(rivals, _components(matrices), model.grid, params) if part.note.id in note_ids]
    return _fragment(mixture, model, joined("notes", parts), stretch)


def component_clip(
    mixture: AudioClip, matrices: Matrices, names: Collection[str], *, stretch: Stretch | None = None
) -> Fragment:
    """Return what some components, by the names that the matrices have for them, sound like; see ``notes_clip``.

    Raises
    ------
    ParameterError
        If there is no component of a name.
    MissingInputError
        If nothing of them lies in the stretch.
    """
    model = _model(mixture, matrices)
    known = list(matrices["templates"].coordinates[1])
    for name in names:
        if name not in known:
            raise ParameterError("component", name, "one of " + ", ".join(map(str, known)))
    rows = sorted(known.index(name) for name in names)
    sounding = np.flatnonzero(model.activations[rows].any(axis=0))
    group = None
    if sounding.size:
        first, stop = int(sounding[0]), int(sounding[-1]) + 1
        group = Group("components", tuple(rows), first, np.ones((len(rows), stop - first), np.float32))
    return _fragment(mixture, model, group, stretch)


def group_clips(
    mixture: AudioClip,
    matrices: Matrices,
    score: Score,
    kind: GroupKind,
    params: NmfParams | NaeParams,
    sink: StemSink,
    *,
    threads: int = 2,
) -> Generator[Progress, None, dict[str, AudioClip]]:
    """Divide a finished run into other stems; yields progress.

    Returns
    -------
    dict
        Clips as long as the recording by name, the residual last; they sum to the recording.
    """
    model = _model(mixture, matrices, leftover=params.leftover)
    components = _components(matrices)
    groups = groups_of(kind, score, components, claims(score, components, model.grid, params), model.grid.frames)
    fragments = yield from staged(stems_steps(mixture, model, groups, sink, threads=threads), "stems")
    stems = {name: fragment.placed(mixture.length) for name, fragment in fragments.items()}
    return {**stems, RESIDUAL: difference(mixture, 0, mixture.length, list(stems.values()))}


def grid_of_matrices(matrices: Matrices, sample_rate: int) -> Grid:
    """Return the bins and frames that matrices of a run on a recording of this rate stand for."""
    fft_size = 2 * (len(matrices["templates"].values) - 1)
    times = np.asarray(matrices["activations"].coordinates[1], np.float64)
    hop = (times[-1] - times[0]) / (len(times) - 1) * sample_rate if len(times) > 1 else fft_size / 2
    return Grid(sample_rate, fft_size, round(hop), len(times), float(times[0]))


def _model(mixture: AudioClip, matrices: Matrices, *, leftover: bool = False) -> Model:
    grid = grid_of_matrices(matrices, mixture.sample_rate)
    return Model(grid, matrices["templates"].values, matrices["activations"].values, leftover)


def _components(matrices: Matrices) -> tuple[Component, ...]:
    """Return the components by their names, as ``Component.name`` makes them."""
    found = []
    for name in map(str, matrices["templates"].coordinates[1]):
        pitch = pitch_of_name(name.removesuffix(_ONSET))
        # Components of a blind factorisation have no pitch, and belong to no note.
        found.append(Component(-1 if pitch is None else pitch, "onset" if name.endswith(_ONSET) else "note"))
    return tuple(found)


def _rivals(score: Score, chosen: Score) -> set[int]:
    """Return the ids of all notes that share a pitch with a chosen one."""
    return {note.id for note in score.notes if note.pitch in chosen.pitches}


def _fragment(mixture: AudioClip, model: Model, group: Group | None, stretch: Stretch | None) -> Fragment:
    cut = group if group is None or stretch is None else _cut(group, *model.grid.frame_span(*stretch))
    if cut is None or not cut.shares.size:
        raise MissingInputError("nothing can be heard here", "the run does not reach what is chosen", "separate anew")
    # Whatever its length: an excerpt of the grid around the group alone.
    around = -(-model.grid.fft_size // model.grid.hop_size)
    first, stop = max(cut.first - around, 0), min(cut.stop + around, model.grid.frames)
    grid = model.grid.part(first, stop)
    excerpt = Model(grid, model.templates, model.activations[:, first:stop], model.leftover)
    moved = Group(cut.name, cut.rows, cut.first - first, cut.shares)
    return drain(stems_steps(mixture, excerpt, [moved], MemorySink()))[cut.name]


def _cut(group: Group, first: int, stop: int) -> Group | None:
    begin, end = max(first, group.first), min(stop, group.stop)
    if begin >= end:
        return None
    return Group(group.name, group.rows, begin, group.shares[:, begin - group.first : end - group.first])
