"""Single notes of a factorised run as clips of their own, and a choice of notes against the rest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sepstudio.io.clip import AudioClip, MixClip, Part, difference
from sepstudio.io.scores.records import Note, Score
from sepstudio.separation.base import Matrix
from sepstudio.separation.score_constraints import note_frames, pitch_name
from sepstudio.separation.score_groups import note_names
from sepstudio.separation.score_masks import grid_of_matrices, notes_clip
from sepstudio.separation.score_params import NaeParams, NmfParams

SELECTION, REST = "selection", "rest"


@dataclass(frozen=True)
class NotesOfRun:
    """A factorised run and a score, both in seconds of the recording ``mixture``."""

    mixture: AudioClip
    matrices: Mapping[str, Matrix]
    score: Score
    params: NmfParams | NaeParams

    def reached(self, note_ids: Collection[int] | None = None) -> tuple[Note, ...]:
        """Return the notes that the run reaches, of all or of some."""
        grid = grid_of_matrices(self.matrices, self.mixture.sample_rate)
        known = set(self.matrices["activations"].coordinates[0])
        return tuple(
            note
            for note in self.score.notes
            if (note_ids is None or note.id in note_ids)
            and pitch_name(note.pitch) in known
            and len(range(*note_frames(note, grid, self.params)))
        )

    def names(self) -> Mapping[int, str]:
        """Return names such as ``B4_012.340s``, by the id of the note."""
        return note_names(self.score)

    def clip(self, note: Note) -> AudioClip:
        """Return a note from where it may begin to where it must have ended."""
        before = self.params.before if note.before is None else note.before
        after = self.params.after if note.after is None else note.after
        rate = self.mixture.sample_rate
        start = max(round((note.onset - before) * rate), 0)
        stop = min(round((note.offset + after) * rate), self.mixture.length)
        found = notes_clip(self.mixture, self.matrices, self.score, (note.id,), self.params)
        return MixClip([Part(found.clip, found.start - start)], max(stop - start, 1)).section(0, max(stop - start, 1))


def taken_out(run: NotesOfRun, note_ids: Collection[int], start: int, stop: int) -> dict[str, AudioClip]:
    """Return what some notes sound like and what is left without them, for samples ``start`` to ``stop``.

    Raises
    ------
    MissingInputError
        If the run reaches none of the notes.
    """
    found = notes_clip(run.mixture, run.matrices, run.score, note_ids, run.params)
    chosen = MixClip([Part(found.clip, found.start - start)], stop - start)
    return {SELECTION: chosen, REST: difference(run.mixture, start, stop, [chosen])}
