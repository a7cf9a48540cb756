"""What of a note lies under the mouse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from PySide6.QtCore import QRectF

from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.rows import Rows
from sepstudio.gui.scores.table import Floats

Grip = Literal["body", "start", "end", "before", "after"]
EDGE_PIXELS, HANDLE_PIXELS = 5.0, 9.0
# Drawn at least as high, however thin the row.
_HALF_PIXELS = 3.0


@dataclass(frozen=True)
class Hit:
    """A note and the part of it: its body, one of its ends, or the handle of a tolerance."""

    note_id: int
    grip: Grip


@dataclass(frozen=True)
class Place:
    """A point of a view in seconds and heights, and how much of both a pixel there is."""

    seconds: float
    height: float
    pixel_s: float
    pixel_height: float


def hit(board: ScoreBoard, rows: Rows, place: Place) -> Hit | None:
    """Return what is under a place: handles of selected notes first, then the shortest note that is there."""
    return _handle(board, rows, place) or _note(board, rows, place)


def enclosed(board: ScoreBoard, rows: Rows, band: QRectF) -> frozenset[int]:
    """Return the ids of the notes that touch a rectangle in seconds and heights."""
    table = board.table
    lower, upper = (edge[table.pitches] for edge in rows.bounds())
    with np.errstate(invalid="ignore"):
        inside = (table.onsets <= band.right()) & (table.offsets >= band.left())
        inside &= (lower <= band.bottom()) & (upper >= band.top())
    return frozenset(note_id for note_id in table.ids[inside].tolist() if board.editable(board.note(note_id)))


def _near(rows: Rows, place: Place, pitches: np.ndarray) -> np.ndarray:
    lower, upper = (edge[pitches] for edge in rows.bounds())
    middle = (lower + upper) / 2
    half = np.maximum((upper - lower) / 2, _HALF_PIXELS * place.pixel_height)
    with np.errstate(invalid="ignore"):
        return np.abs(place.height - middle) <= half


def _note(board: ScoreBoard, rows: Rows, place: Place) -> Hit | None:
    margin = EDGE_PIXELS / 2 * place.pixel_s
    table = board.table.part(board.table.within(place.seconds, place.seconds, margin))
    there = (table.onsets - margin <= place.seconds) & (place.seconds <= table.offsets + margin)
    there &= _near(rows, place, table.pitches)
    found = [board.note(note_id) for note_id in table.ids[there].tolist()]
    open_notes = [note for note in found if note is not None and board.editable(note)]
    if not open_notes:
        return None
    note = min(open_notes, key=lambda note: (note.id not in board.selected, note.duration))
    return Hit(note.id, _grip(place.seconds - note.onset, note.offset - place.seconds, place.pixel_s))


def _grip(from_start: float, to_end: float, pixel_s: float) -> Grip:
    # Half of a short note is left to its body.
    reach = min(EDGE_PIXELS * pixel_s, (from_start + to_end) / 4)
    if from_start <= reach:
        return "start"
    return "end" if to_end <= reach else "body"


def _handle(board: ScoreBoard, rows: Rows, place: Place) -> Hit | None:
    if not board.selected:
        return None
    table = board.table.where(board.table.marked(board.selected))
    there = _near(rows, place, table.pitches)
    reach, inside = HANDLE_PIXELS * place.pixel_s, EDGE_PIXELS * place.pixel_s
    starts, stops = table.starts(board.before), table.stops(board.after)
    for grip, ends, edges, way in (("before", starts, table.onsets, 1.0), ("after", stops, table.offsets, -1.0)):
        outside = (ends - place.seconds) * way
        # Where the box ends with the note, the handle lies outside of it and leaves the end to the note.
        room: Floats = np.minimum(np.abs(edges - ends) - inside / 2, inside)
        pulled = there & (outside <= reach) & (outside >= -np.maximum(room, 0.0))
        if pulled.any():
            return Hit(int(table.ids[np.argmax(pulled)]), grip)
    return None
