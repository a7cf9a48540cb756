"""Scores as JSON values: every field, a note in a short row, and rows by id so that a small edit is a small change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from sepstudio.io.json_values import a_list, an_object, flag, number, text, whole
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch

Json = dict[str, Any]
Patch = TypeVar("Patch", ActivationPatch, TemplatePatch)
_PARTS = ("note", "onset")
_NOTE_VALUES, _PATCH_VALUES = 7, 5


def score_to_json(score: Score, known: tuple[Score, Json] | None = None) -> Json:
    """Return a score as JSON values; ``known``, an earlier state and what was returned of it, spares work.

    A note is [onset, duration, pitch, velocity, track, before, after] by its id, a patch
    [pitch, start or low, stop or high, allowed, part] by its place among the others.
    """
    return {
        "name": score.name,
        "aligned": score.aligned,
        "tracks": list(score.tracks),
        "notes": _note_rows(score, known),
        "activation_patches": {
            str(n): [int(patch.pitch), float(patch.start), float(patch.stop), bool(patch.allowed), patch.part]
            for n, patch in enumerate(score.activation_patches)
        },
        "template_patches": {
            str(n): [int(patch.pitch), float(patch.low), float(patch.high), bool(patch.allowed), patch.part]
            for n, patch in enumerate(score.template_patches)
        },
    }


def _note_rows(score: Score, known: tuple[Score, Json] | None) -> Json:
    # The same note gives the same list: whoever compares documents need not look into it.
    old = {note.id: note for note in known[0].notes} if known is not None else {}
    rows = known[1]["notes"] if known is not None else {}
    return {(key := str(note.id)): rows[key] if old.get(note.id) is note else _note_row(note) for note in score.notes}


def _note_row(note: Note) -> list[Any]:
    # Readers and editors may compute with numpy, of whose numbers JSON knows nothing.
    before, after = (None if tolerance is None else float(tolerance) for tolerance in (note.before, note.after))
    return [float(note.onset), float(note.duration), int(note.pitch), int(note.velocity), note.track, before, after]


def score_from_json(values: Any) -> Score:
    """Return the score of which ``score_to_json`` gave these values.

    Raises
    ------
    ValueError
        If something is missing or of another kind; it says what.
    """
    fields = an_object(values, "the score")
    notes = [_note(key, row) for key, row in _rows(fields, "notes", _NOTE_VALUES)]
    return Score(
        name=text(fields.get("name"), "name"),
        notes=tuple(sorted(notes, key=lambda note: (note.onset, note.pitch, note.id))),
        tracks=tuple(text(track, "a track") for track in a_list(fields.get("tracks"), "tracks")),
        aligned=flag(fields.get("aligned"), "aligned"),
        activation_patches=_patches(fields, "activation_patches", ActivationPatch),
        template_patches=_patches(fields, "template_patches", TemplatePatch),
    )


def _rows(fields: Mapping[str, Any], name: str, length: int) -> Iterator[tuple[int, list[Any]]]:
    for key, row in an_object(fields.get(name), name).items():
        if not key.isdecimal() or not isinstance(row, list) or len(row) != length:
            raise ValueError(f"{name} {key} is no row of {length} values")
        yield int(key), row


def _note(note_id: int, row: list[Any]) -> Note:
    place = f"note {note_id}"
    onset, duration, pitch, velocity, track, before, after = row
    return Note(
        note_id,
        number(onset, place),
        number(duration, place),
        whole(pitch, place),
        whole(velocity, place),
        text(track, place),
        None if before is None else number(before, place),
        None if after is None else number(after, place),
    )


def _patches(fields: Mapping[str, Any], name: str, kind: type[Patch]) -> tuple[Patch, ...]:
    return tuple(_patch(row, name, kind) for _, row in sorted(_rows(fields, name, _PATCH_VALUES)))


def _patch(row: list[Any], place: str, kind: type[Patch]) -> Patch:
    pitch, start, stop, allowed, part = row
    if part not in _PARTS:
        raise ValueError(f"{place}: {part!r} is none of {', '.join(_PARTS)}")
    return kind(whole(pitch, place), number(start, place), number(stop, place), flag(allowed, place), part)
