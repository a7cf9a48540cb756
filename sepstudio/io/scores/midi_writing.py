"""Scores as the bytes of a Standard MIDI File."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sepstudio.io.scores.midi_notes import DRUM_CHANNEL
from sepstudio.io.scores.records import Note, Score

# At 120 quarter notes a minute a tick is 52 microseconds, and bar lines of other programs stay whole.
TICKS_PER_BEAT = 9600
_TEMPO = 500_000
_TICKS_PER_SECOND = TICKS_PER_BEAT * 1_000_000 // _TEMPO
_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)

# The text event that tells an aligned score.
ALIGNED_TEXT = "Times are those of the recording"

Event = tuple[int, int, Any]


def midi_bytes(score: Score) -> bytes:
    """Return a score as a file of format 1: a track of tempo and name, then one for each track with notes."""
    import mido

    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    conductor = [mido.MetaMessage("track_name", name=score.name), mido.MetaMessage("set_tempo", tempo=_TEMPO)]
    if score.aligned:
        conductor.append(mido.MetaMessage("text", text=ALIGNED_TEXT))
    file.tracks.append(mido.MidiTrack(conductor))
    for index, name in enumerate(_tracks(score)):
        notes = [note for note in score.notes if note.track == name]
        file.tracks.append(mido.MidiTrack([mido.MetaMessage("track_name", name=name), *_messages(notes, index)]))
    content = io.BytesIO()
    file.save(file=content)
    return content.getvalue()


def _tracks(score: Score) -> tuple[str, ...]:
    used = dict.fromkeys(note.track for note in score.notes)
    return tuple(dict.fromkeys([track for track in score.tracks if track in used] + list(used)))


def _messages(notes: Sequence[Note], index: int) -> list[Any]:
    """Return the messages of a track, their times since the message before."""
    import mido

    events: list[Event] = []
    for note, start, stop, layer in _layered(notes):
        channel = _CHANNELS[(index + layer) % len(_CHANNELS)]
        named = {"channel": channel, "note": note.pitch}
        # Ends before beginnings at one tick: otherwise they would end the note that has just begun.
        events.append((start, 1, mido.Message("note_on", **named, velocity=note.velocity)))
        events.append((stop, 0, mido.Message("note_off", **named, velocity=0)))
    events.sort(key=lambda event: event[:2])
    before = [0, *(tick for tick, _, _ in events)]
    return [message.copy(time=tick - last) for last, (tick, _, message) in zip(before, events, strict=False)]


def _layered(notes: Sequence[Note]) -> list[tuple[Note, int, int, int]]:
    """Return notes with their ticks and a layer each, of which a channel is made.

    A note within another of its pitch needs a channel of its own: the first end would stop the longer one.
    """
    placed: list[tuple[Note, int, int, int]] = []
    stops: dict[tuple[int, int], int] = {}
    for note in sorted(notes, key=lambda note: (note.onset, note.offset)):
        start, stop = _ticks(note.onset), _ticks(note.offset)
        if stop <= 0:
            continue
        stop = max(stop, start + 1)
        layer = next(layer for layer in range(len(notes)) if stops.get((note.pitch, layer), 0) <= stop)
        stops[note.pitch, layer] = stop
        placed.append((note, start, stop, layer))
    return placed


def _ticks(seconds: float) -> int:
    return max(round(seconds * _TICKS_PER_SECOND), 0)
