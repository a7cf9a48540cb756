"""The messages of a MIDI file as notes with positions in ticks."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

DRUM_CHANNEL = 9
_SUSTAIN, _ALL_SOUND_OFF, _ALL_NOTES_OFF = 64, 120, 123
_PEDAL_DOWN = 64

Key = tuple[int, int, int]


@dataclass
class TickNote:
    """A note from one tick to another, in a track and a channel of the file."""

    track: int
    channel: int
    pitch: int
    velocity: int
    start: int
    stop: int


@dataclass
class TickNotes:
    """The notes of a file, and what was found wrong with them."""

    notes: list[TickNote] = field(default_factory=list)
    drums: int = 0
    unfinished: int = 0
    empty: int = 0


Message = tuple[int, int, Any]


def collect(messages: Iterable[Message], end: int, *, sustain: bool) -> TickNotes:
    """Pair note-ons with note-offs, the first with the first, per track, channel and pitch.

    Parameters
    ----------
    messages : triples (tick, track, message of mido)
        In the order of time.
    end : int
        Tick at which notes without an end stop, unless their key is struck again before.
    sustain : bool
        Whether notes released while the pedal is down last until it comes up, or until the key is struck again.
    """
    state = _Keys(sustain)
    for tick, track, message in messages:
        state.take(tick, track, message)
    return state.finish(end)


class _Keys:
    def __init__(self, sustain: bool) -> None:
        self._found = TickNotes()
        self._pressed: dict[Key, deque[TickNote]] = defaultdict(deque)
        # Released, but held by the pedal, by channel.
        self._held: dict[int, list[TickNote]] = defaultdict(list)
        self._down: set[int] = set()
        self._sustain = sustain
        self._onsets: dict[Key, list[int]] = defaultdict(list)

    def take(self, tick: int, track: int, message: Any) -> None:
        if message.type == "note_on" and message.velocity > 0:
            self._press(tick, track, message)
        elif message.type in ("note_on", "note_off"):
            self._release(tick, (track, message.channel, message.note))
        elif message.type == "control_change":
            self._control(tick, message)

    def _press(self, tick: int, track: int, message: Any) -> None:
        if message.channel == DRUM_CHANNEL:
            self._found.drums += 1
            return
        key = (track, message.channel, message.note)
        self._end_held(tick, message.channel, message.note)
        note = TickNote(*key, message.velocity, tick, tick)
        self._pressed[key].append(note)
        self._onsets[key].append(tick)
        self._found.notes.append(note)

    def _release(self, tick: int, key: Key) -> None:
        pressed = self._pressed.get(key)
        if not pressed:
            return
        note = pressed.popleft()
        note.stop = tick
        if note.channel in self._down:
            self._held[note.channel].append(note)

    def _control(self, tick: int, message: Any) -> None:
        if message.control == _SUSTAIN and self._sustain:
            if message.value >= _PEDAL_DOWN:
                self._down.add(message.channel)
            else:
                self._down.discard(message.channel)
                self._end_held(tick, message.channel)
        elif message.control in (_ALL_SOUND_OFF, _ALL_NOTES_OFF):
            for key in [key for key in self._pressed if key[1] == message.channel]:
                while self._pressed[key]:
                    self._release(tick, key)

    def _end_held(self, tick: int, channel: int, pitch: int | None = None) -> None:
        held = self._held[channel]
        for note in held:
            if pitch is None or note.pitch == pitch:
                note.stop = tick
        self._held[channel] = [] if pitch is None else [note for note in held if note.pitch != pitch]

    def finish(self, end: int) -> TickNotes:
        for channel in list(self._held):
            self._end_held(end, channel)
        for key, pressed in self._pressed.items():
            for note in pressed:
                later = [tick for tick in self._onsets[key] if tick > note.start]
                note.stop = min(later, default=end)
                self._found.unfinished += 1
        lasting = [note for note in self._found.notes if note.stop > note.start]
        self._found.empty = len(self._found.notes) - len(lasting)
        self._found.notes = lasting
        return self._found
