"""Arrangements of a piece at random: other sounds, key, tempo, places between the loudspeakers, and loudness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sepstudio.io.scores.midi_notes import DRUM_CHANNEL
from sepstudio.nn.datasets.tunes import (
    BASSES,
    VOICES,
    Timed,
    Tune,
    instrument_of,
    is_end,
    is_onset,
    programs,
)

# The drum kits of the General Standard that most SoundFonts hold.
_KITS = (0, 8, 16, 24, 25, 32, 40, 48)
_SOUND_EFFECTS = 120
_FAMILY = 8
_BANKS, _VOLUME, _PAN = (0, 32), 7, 10
_DEFAULT_VOLUME = 100
_CENTRE = 64
# How far a channel may lie from the centre, of 64.
_WIDTHS = {"bass": 8, "vocals": 8, "drums": 4, "other": 54}
_SEMITONES = (-5, 6)
_TEMPI = (0.85, 1.15)
_LEVELS = (0.6, 1.1)
# What counts as a melody that a voice could sing.
_LEAST_NOTES, _MOST_CHORDS = 16, 0.2


@dataclass(frozen=True, eq=False)
class Arrangement:
    """A tune and which of bass, drums, other and vocals each of its channels plays."""

    tune: Tune
    playing: Mapping[int, str]


def arrange(tune: Tune, rng: np.random.Generator, duration: float | None = None) -> Arrangement:
    """Vary a tune.

    Every channel gets one program of its kind (of the same family of eight in General MIDI), a place, and a change of
    loudness; all but drums are transposed by -5 to 6 semitones; the tempo is multiplied by 0.85 to 1.15. Where no
    channel is a voice, the highest melody among the others becomes one. Changes of program within a channel are lost.

    Parameters
    ----------
    tune : Tune
    rng : numpy.random.Generator
    duration : float or None
        Length in seconds at most: a part of the tune that begins anywhere. None for the whole tune.
    """
    tempo = rng.uniform(*_TEMPI)
    semitones = int(rng.integers(_SEMITONES[0], _SEMITONES[1] + 1))
    playing, sounds = _sounds(tune, rng)
    played = _stretched(tune, 1.0 / tempo)
    if duration is not None and played.length > duration:
        played = cut(played, rng.uniform(0.0, played.length - duration), duration)
    levels = {channel: rng.uniform(*_LEVELS) for channel in playing}
    messages = [
        (time, _varied(message, semitones, levels[message.channel]))
        for time, message in played.messages
        if message.channel in playing and not _is_replaced(message)
    ]
    start = [entry for channel in playing for entry in _start(channel, sounds[channel], levels[channel])]
    placed = [entry for channel, name in playing.items() for entry in _place(channel, _WIDTHS[name], rng)]
    return Arrangement(Tune(tune.name, (*start, *placed, *messages), played.length), playing)


def cut(tune: Tune, start: float, duration: float) -> Tune:
    """Return a part of a tune, in seconds: notes that sound at its beginning are left out, at its end they end."""
    messages: list[Timed] = []
    sounding: dict[tuple[int, int], Any] = {}
    for time, message in tune.messages:
        if time >= start + duration:
            break
        if is_onset(message) and time >= start:
            sounding[message.channel, message.note] = message
        elif is_onset(message) or (is_end(message) and not sounding.pop((message.channel, message.note), None)):
            continue
        messages.append((max(time - start, 0.0), message))
    messages += [(duration, message.copy(velocity=0)) for message in sounding.values()]
    return Tune(tune.name, tuple(messages), duration)


def _sounds(tune: Tune, rng: np.random.Generator) -> tuple[dict[int, str], dict[int, int]]:
    """Return the instrument and the new program of each channel."""
    before = programs(tune)
    playing = {channel: instrument_of(channel, program) for channel, program in before.items()}
    if "vocals" not in playing.values():
        melody = _melody(tune, [channel for channel, name in playing.items() if name == "other"])
        playing |= dict.fromkeys(melody, "vocals")
    return playing, {channel: _program(name, before[channel], rng) for channel, name in playing.items()}


def _program(instrument: str, program: int, rng: np.random.Generator) -> int:
    if instrument == "other" and program >= _SOUND_EFFECTS:
        return program
    first = program - program % _FAMILY
    family = [other for other in range(first, first + _FAMILY) if instrument_of(0, other) == "other"]
    choices = {"bass": BASSES, "vocals": VOICES, "drums": _KITS, "other": family}[instrument]
    return int(rng.choice(choices))


def _melody(tune: Tune, channels: list[int]) -> list[int]:
    """Return the channel with the highest melody of one note at a time, in a list that is empty if there is none."""
    pitches: dict[int, list[int]] = {channel: [] for channel in channels}
    chords = dict.fromkeys(channels, 0)
    sounding: dict[int, set[int]] = {channel: set() for channel in channels}
    for _, message in tune.messages:
        if message.channel not in pitches:
            continue
        if is_onset(message):
            pitches[message.channel].append(message.note)
            chords[message.channel] += bool(sounding[message.channel])
            sounding[message.channel].add(message.note)
        elif is_end(message):
            sounding[message.channel].discard(message.note)
    lines = [
        channel
        for channel, notes in pitches.items()
        if len(notes) >= _LEAST_NOTES and chords[channel] <= _MOST_CHORDS * len(notes)
    ]
    return sorted(lines, key=lambda channel: -float(np.mean(pitches[channel])))[:1]


def _stretched(tune: Tune, factor: float) -> Tune:
    messages = tuple((time * factor, message) for time, message in tune.messages)
    return Tune(tune.name, messages, tune.length * factor)


def _is_replaced(message: Any) -> bool:
    is_control = message.type == "control_change"
    return message.type == "program_change" or (is_control and message.control in (*_BANKS, _PAN))


def _varied(message: Any, semitones: int, level: float) -> Any:
    if message.channel != DRUM_CHANNEL and hasattr(message, "note"):
        note = message.note + semitones
        # An octave back where the keyboard ends.
        return message.copy(note=note + 12 if note < 0 else note - 12 if note > 127 else note)
    if message.type == "control_change" and message.control == _VOLUME:
        return message.copy(value=_volume(message.value, level))
    return message


def _volume(value: int, level: float) -> int:
    return min(round(value * level), 127)


def _start(channel: int, program: int, level: float) -> list[Timed]:
    import mido

    volume = _volume(_DEFAULT_VOLUME, level)
    return [
        (0.0, mido.Message("program_change", channel=channel, program=program)),
        (0.0, mido.Message("control_change", channel=channel, control=_VOLUME, value=volume)),
    ]


def _place(channel: int, width: int, rng: np.random.Generator) -> list[Timed]:
    import mido

    value = _CENTRE + int(rng.integers(-width, width + 1))
    return [(0.0, mido.Message("control_change", channel=channel, control=_PAN, value=value))]
