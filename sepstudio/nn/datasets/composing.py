"""Pieces made up at random: chords, bass line, drums and a melody that belong together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.io.scores.midi_notes import DRUM_CHANNEL
from sepstudio.nn.datasets.tunes import Timed, Tune

_CHORDS, _PAD, _BASS, _LEAD = range(4)
_PROGRAMS = {_CHORDS: (0, 4, 16, 24, 25, 26, 27, 29), _PAD: (48, 49, 50, 61, 89), _BASS: (33,), _LEAD: (53, 54, 85)}

# Degrees of the scale, a bar each.
Scale = tuple[int, ...]
_MAJOR: Scale = (0, 2, 4, 5, 7, 9, 11)
_MINOR: Scale = (0, 2, 3, 5, 7, 8, 10)
_PROGRESSIONS: dict[Scale, tuple[tuple[int, ...], ...]] = {
    _MAJOR: ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 0, 4), (1, 4, 0, 5), (3, 4, 2, 5)),
    _MINOR: ((0, 5, 2, 6), (0, 3, 6, 2), (0, 6, 5, 6), (5, 6, 0, 0), (0, 3, 5, 6)),
}
# Rhythms as (begin, length) in beats.
_COMPING = (
    ((0.0, 4.0),),
    ((0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (3.0, 1.0)),
    ((0.0, 1.5), (1.5, 1.5), (3.0, 1.0)),
    ((0.5, 0.5), (1.5, 0.5), (2.5, 0.5), (3.5, 0.5)),
    ((0.0, 0.75), (0.75, 0.75), (1.5, 1.0), (2.5, 0.5), (3.0, 1.0)),
)
# Bass notes as (begin, length in beats, steps of the scale above the root).
_BASS_LINES = (
    ((0.0, 2.0, 0), (2.0, 2.0, 0)),
    ((0.0, 1.5, 0), (1.5, 0.5, 0), (2.0, 1.0, 4), (3.0, 1.0, 7)),
    tuple((0.5 * number, 0.5, 0) for number in range(8)),
    ((0.0, 1.0, 0), (1.0, 1.0, 2), (2.0, 1.0, 4), (3.0, 1.0, 5)),
    ((0.0, 0.75, 0), (0.75, 0.75, 7), (1.5, 0.5, 0), (2.5, 0.5, 4), (3.0, 1.0, 0)),
)
# Beats of kick and snare; the hi-hat has a period.
_KICKS = ((0.0, 2.0), (0.0, 1.5, 2.0), (0.0, 1.0, 2.0, 3.0), (0.0, 0.75, 2.5), (0.0, 2.0, 2.5))
_SNARES = ((1.0, 3.0), (2.0,), (1.0, 3.0, 3.75))
_PERIODS = (0.5, 0.25, 1.0)
_KICK, _SNARE, _CLOSED, _OPEN, _RIDE, _CRASH, _TOMS = 36, 38, 42, 46, 51, 49, (50, 48, 45, 43)
# Melody rhythms over two bars.
_PHRASES = (
    (0.0, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0),
    (0.5, 1.0, 1.5, 2.5, 3.0, 4.0, 4.5, 5.0),
    (0.0, 2.0, 3.0, 3.5, 4.0, 5.5),
    (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 6.0, 6.5),
    (0.0, 0.75, 1.5, 2.0, 4.0, 4.75, 5.5),
)
_STEPS = (-2, -1, -1, 0, 1, 1, 2)
_LEAD_LOW, _LEAD_HIGH = 57, 77
_BEATS = 4
_SECTION = 8  # bars


@dataclass(frozen=True)
class _Note:
    """In beats; ``velocity`` before it is made human."""

    channel: int
    pitch: int
    start: float
    length: float
    velocity: int


@dataclass(frozen=True)
class _Section:
    """What repeats for some bars."""

    chords: Sequence[int]
    comping: Sequence[tuple[float, float]]
    bass: Sequence[tuple[float, float, int]]
    kick: Sequence[float]
    snare: Sequence[float]
    period: float
    cymbal: int
    phrase: Sequence[float]
    has_pad: bool


def compose(rng: np.random.Generator, duration: float, name: str = "composed") -> Tune:
    """Make up a piece of at least ``duration`` seconds in 4/4.

    Two kinds of sections of eight bars alternate, each with a progression of four chords, a bass line, a beat with
    fills, an accompaniment and a rhythm of the melody. The melody walks over the scale, meets the chord where the
    bar begins, and rests now and then, and in the first bars of pieces of more than eight.
    """
    beat = 60.0 / rng.uniform(72.0, 150.0)
    scale = _MAJOR if rng.random() < 0.5 else _MINOR
    root = int(rng.integers(12))
    kinds = [_section(scale, rng) for _ in range(2)]
    bars = math.ceil(duration / (_BEATS * beat) / 4) * 4
    notes: list[_Note] = []
    # A short piece has no time for an introduction.
    silent = 4 if bars > _SECTION else 0
    position = 7
    for bar in range(bars):
        section = kinds[bar // _SECTION % 3 % 2]
        degree = section.chords[bar % 4]
        notes += _accompaniment(section, scale, root, degree, bar)
        notes += _drums(section, bar, rng)
        if bar % 2 == 0 and bar >= silent and rng.random() < 0.8:
            sung, position = _phrase(section, scale, root, bar, position, rng)
            notes += sung
    return Tune(name, (*_programs(rng), *_messages(notes, beat, rng)), bars * _BEATS * beat)


def _section(scale: Scale, rng: np.random.Generator) -> _Section:
    def one(choices: Sequence[Sequence[object]]) -> int:
        return int(rng.integers(len(choices)))

    return _Section(
        chords=_PROGRESSIONS[scale][one(_PROGRESSIONS[scale])],
        comping=_COMPING[one(_COMPING)],
        bass=_BASS_LINES[one(_BASS_LINES)],
        kick=_KICKS[one(_KICKS)],
        snare=_SNARES[one(_SNARES)],
        period=float(rng.choice(_PERIODS)),
        cymbal=_RIDE if rng.random() < 0.3 else _CLOSED,
        phrase=_PHRASES[one(_PHRASES)],
        has_pad=bool(rng.random() < 0.6),
    )


def _pitch(scale: Scale, root: int, step: int) -> int:
    """Return semitones of a step of the scale, which goes on in other octaves."""
    return root + scale[step % 7] + 12 * (step // 7)


def _accompaniment(section: _Section, scale: Scale, root: int, degree: int, bar: int) -> list[_Note]:
    begin = float(bar * _BEATS)
    # The position of the triad that lies around middle C: neighbouring chords then share tones or move by steps.
    triad = [54 + (_pitch(scale, root, degree + step) - 54) % 12 for step in (0, 2, 4)]
    notes = [_Note(_CHORDS, pitch, begin + start, length, 78) for start, length in section.comping for pitch in triad]
    if section.has_pad:
        notes += [_Note(_PAD, pitch + 12, begin, float(_BEATS), 62) for pitch in triad]
    low = 28 + (_pitch(scale, root, degree) - 28) % 12
    lift = low - _pitch(scale, root, degree)
    notes += [
        _Note(_BASS, _pitch(scale, root, degree + step) + lift, begin + start, length, 92)
        for start, length, step in section.bass
    ]
    return notes


def _drums(section: _Section, bar: int, rng: np.random.Generator) -> list[_Note]:
    begin = float(bar * _BEATS)
    fills = bar % 4 == 3 and rng.random() < 0.6
    until = 3.0 if fills else float(_BEATS)
    hits = [(_KICK, beat, 104) for beat in section.kick] + [(_SNARE, beat, 98) for beat in section.snare]
    for number in range(round(_BEATS / section.period)):
        opens = rng.random() < 0.05
        hits.append((_OPEN if opens else section.cymbal, number * section.period, 60 + 20 * (number % 2 == 0)))
    hits = [hit for hit in hits if hit[1] < until]
    if fills:
        hits += [(int(rng.choice((_SNARE, *_TOMS))), 3.0 + 0.25 * number, 84 + 6 * number) for number in range(4)]
    if bar % _SECTION == 0:
        hits.append((_CRASH, 0.0, 100))
    return [_Note(DRUM_CHANNEL, pitch, begin + beat, 0.2, velocity) for pitch, beat, velocity in hits]


def _phrase(
    section: _Section, scale: Scale, root: int, bar: int, position: int, rng: np.random.Generator
) -> tuple[list[_Note], int]:
    """Return a melody over two bars from a step of the scale on, and the step that it ends on."""
    base = _LEAD_LOW + (root - _LEAD_LOW) % 12
    notes: list[_Note] = []
    ends = [*section.phrase[1:], 2.0 * _BEATS]
    for start, end in zip(section.phrase, ends, strict=True):
        position += int(rng.choice(_STEPS))
        if start % _BEATS == 0.0:
            degree = section.chords[(bar + int(start) // _BEATS) % 4]
            position = min(
                (position + away for away in (0, 1, -1)), key=lambda step: (step - degree) % 7 not in (0, 2, 4)
            )
        pitch = _pitch(scale, base, position - 7) + 12
        while not _LEAD_LOW <= pitch <= _LEAD_HIGH:
            turn = 1 if pitch < _LEAD_LOW else -1
            position, pitch = position + 7 * turn, pitch + 12 * turn
        notes.append(_Note(_LEAD, pitch, bar * _BEATS + start, min(end - start, 2.0), 94))
    return notes, position


def _programs(rng: np.random.Generator) -> list[Timed]:
    import mido

    return [
        (0.0, mido.Message("program_change", channel=channel, program=int(rng.choice(choices))))
        for channel, choices in _PROGRAMS.items()
    ]


def _messages(notes: Sequence[_Note], beat: float, rng: np.random.Generator) -> list[Timed]:
    """Return notes as messages, a few milliseconds early or late and not all of one loudness."""
    import mido

    late = rng.normal(0.0, 0.004, len(notes))
    louder = rng.normal(0.0, 5.0, len(notes))
    messages: list[Timed] = []
    for note, delay, change in zip(notes, late, louder, strict=True):
        start = max(note.start * beat + delay, 0.0)
        velocity = int(np.clip(note.velocity + change, 1, 127))
        on = mido.Message("note_on", channel=note.channel, note=note.pitch, velocity=velocity)
        # Short of its length, so that it ends before its pitch is struck again.
        messages += [(start, on), (start + 0.9 * note.length * beat, on.copy(velocity=0))]
    return sorted(messages, key=lambda entry: entry[0])
