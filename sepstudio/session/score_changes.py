"""What an edit changes in a score: small where the edit is small, whatever the length of the score."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sepstudio.io.scores.records import Note, Score

# What something was and is; tuples of patches by where they differ: (index, what was there, what is there).
_Pair = tuple[Any, Any]
_Splice = tuple[int, tuple[Any, ...], tuple[Any, ...]]
Key = TypeVar("Key")
_PLAIN = ("name", "tracks", "aligned")
_PATCHES = ("activation_patches", "template_patches")


@dataclass(frozen=True)
class ScoreChange:
    """The way from one score to another and back.

    ``notes`` holds, by id, what a note was and is, None for one that was not or is not there.
    """

    notes: Mapping[int, tuple[Note | None, Note | None]]
    fields: Mapping[str, _Pair]
    patches: Mapping[str, _Splice]

    @classmethod
    def between(cls, before: Score, after: Score) -> ScoreChange:
        """Return what changed."""
        old, new = ({note.id: note for note in score.notes} for score in (before, after))
        notes = {key: (old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) is not new.get(key)}
        return cls(
            {key: pair for key, pair in notes.items() if pair[0] != pair[1]},
            {key: pair for key in _PLAIN if (pair := (getattr(before, key), getattr(after, key)))[0] != pair[1]},
            {
                key: _splice(getattr(before, key), getattr(after, key))
                for key in _PATCHES
                if getattr(before, key) != getattr(after, key)
            },
        )

    def __bool__(self) -> bool:
        return bool(self.notes or self.fields or self.patches)

    def made(self, score: Score) -> Score:
        """Return the score after the change, of the one before it."""
        return self._applied(score, 1)

    def unmade(self, score: Score) -> Score:
        """Return the score before the change, of the one after it."""
        return self._applied(score, 0)

    def then(self, other: ScoreChange, after: Score) -> ScoreChange:
        """Return this change and the next one as one; ``after`` is the score behind both."""
        if self.patches or other.patches:
            return ScoreChange.between(self.unmade(other.unmade(after)), after)
        return ScoreChange(_joined(self.notes, other.notes), _joined(self.fields, other.fields), {})

    def _applied(self, score: Score, side: int) -> Score:
        wanted = {key: pair[side] for key, pair in self.notes.items()}
        rest: dict[str, Any] = {key: pair[side] for key, pair in self.fields.items()}
        rest |= {key: _spliced(getattr(score, key), splice, side) for key, splice in self.patches.items()}
        notes = score.without(wanted).with_notes(note for note in wanted.values() if note is not None)
        return dataclasses.replace(notes, **{"tracks": score.tracks} | rest)


def _joined(first: Mapping[Key, _Pair], second: Mapping[Key, _Pair]) -> dict[Key, _Pair]:
    joined = {**first, **{key: (first.get(key, pair)[0], pair[1]) for key, pair in second.items()}}
    return {key: pair for key, pair in joined.items() if pair[0] != pair[1]}


def _splice(before: tuple[Any, ...], after: tuple[Any, ...]) -> _Splice:
    shorter = min(len(before), len(after))
    head = next((n for n in range(shorter) if before[n] != after[n]), shorter)
    rest = shorter - head
    tail = next((n for n in range(rest) if before[-1 - n] != after[-1 - n]), rest)
    return head, before[head : len(before) - tail], after[head : len(after) - tail]


def _spliced(patches: tuple[Any, ...], splice: _Splice, side: int) -> tuple[Any, ...]:
    head, *sides = splice
    return (*patches[:head], *sides[side], *patches[head + len(sides[1 - side]) :])
