"""Pieces of MIDI music as messages in seconds: what plays which instrument, and what each one plays as a file."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.errors import ScoreFileError
from sepstudio.io.failures import display_name
from sepstudio.io.scores.files import read_bytes
from sepstudio.io.scores.midi_notes import DRUM_CHANNEL
from sepstudio.io.scores.midi_reading import timed_messages

BASSES = tuple(range(32, 40))
# Choir Aahs, Voice Oohs and Synth Voice; the eight synthesiser leads, which sing the melody in most arrangements;
# Choir Pad. Counted from 0. What General MIDI calls a voice is as near as it gets to one.
VOICES = (52, 53, 54, *range(80, 88), 91)

TICKS_PER_BEAT = 9600
_TICKS_PER_SECOND = TICKS_PER_BEAT * 2  # at 120 beats a minute, which holds where a file says nothing

Timed = tuple[float, Any]


@dataclass(frozen=True, eq=False)
class Tune:
    """A piece: pairs (seconds, message of mido) in order, messages of channels only, and its length in seconds."""

    name: str
    messages: tuple[Timed, ...]
    length: float


def read_tune(path: Path) -> Tune:
    """Read a Standard MIDI File.

    What belongs to no channel is left out, resets by system-exclusive messages among it.

    Raises
    ------
    ScoreFileError
        If the file cannot be read or holds no notes.
    """
    messages = tuple((time, message) for time, message in timed_messages(path, read_bytes(path)) if _plays(message))
    if not any(is_onset(message) for _, message in messages):
        raise ScoreFileError(display_name(path), "holds no notes", "choose a MIDI file with notes")
    return Tune(path.stem, messages, messages[-1][0])


def _plays(message: Any) -> bool:
    return not message.is_meta and hasattr(message, "channel")


def is_onset(message: Any) -> bool:
    """Return whether a note begins."""
    return bool(message.type == "note_on" and message.velocity > 0)


def is_end(message: Any) -> bool:
    """Return whether a note ends."""
    return bool(message.type == "note_off" or (message.type == "note_on" and message.velocity == 0))


def programs(tune: Tune) -> dict[int, int]:
    """Return the program of each channel with notes: the one that most of its notes are played with."""
    now: defaultdict[int, int] = defaultdict(int)
    notes: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for _, message in tune.messages:
        if message.type == "program_change":
            now[message.channel] = message.program
        elif is_onset(message):
            notes[message.channel][now[message.channel]] += 1
    return {channel: counts.most_common(1)[0][0] for channel, counts in sorted(notes.items())}


def instrument_of(channel: int, program: int) -> str:
    """Return bass, drums, other or vocals for a channel and its program, both counted from 0."""
    if channel == DRUM_CHANNEL:
        return "drums"
    if program in BASSES:
        return "bass"
    return "vocals" if program in VOICES else "other"


def instruments(tune: Tune) -> dict[int, str]:
    """Return which of bass, drums, other and vocals each channel with notes plays."""
    return {channel: instrument_of(channel, program) for channel, program in programs(tune).items()}


def part(tune: Tune, playing: Mapping[int, str], instrument: str) -> Tune:
    """Return what the channels of one instrument play; ``playing`` as ``instruments`` returns it."""
    messages = tuple((time, message) for time, message in tune.messages if playing.get(message.channel) == instrument)
    return Tune(tune.name, messages, tune.length)


def midi_bytes(messages: Iterable[Timed], end: float) -> bytes:
    """Return messages in the order of time as a Standard MIDI File that lasts until ``end`` (seconds)."""
    import mido

    track = mido.MidiTrack()
    before = 0
    for time, message in [*messages, (end, mido.MetaMessage("end_of_track"))]:
        tick = max(round(time * _TICKS_PER_SECOND), before)
        track.append(message.copy(time=tick - before))
        before = tick
    content = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_BEAT, tracks=[track]).save(file=content)
    return content.getvalue()
