"""Standard MIDI Files as scores."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sepstudio.io.scores.building import ImportedScore, RawNote, build_score, score_error
from sepstudio.io.scores.general_midi import PROGRAMS
from sepstudio.io.scores.midi_notes import DRUM_CHANNEL, Message, TickNote, TickNotes, collect
from sepstudio.io.scores.midi_writing import ALIGNED_TEXT
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.tempo import TempoMap

# A quarter note at 120 a minute, which holds until a file says otherwise.
_DEFAULT_TEMPO = 500_000
_EXPORT_AGAIN = "export it again from the program that made it, or choose another file"
_RIFF_HEADER = 20


def read_midi(path: Path, content: bytes, options: ImportOptions) -> ImportedScore:
    """Read the notes of a Standard MIDI File of format 0 or 1, drums excluded.

    Raises
    ------
    ScoreFileError
        If it is truncated or damaged, of format 2, or holds no notes but drums.
    """
    file = _parsed(path, content)
    messages = _messages(file)
    end = max((tick for tick, _, _ in messages), default=0)
    found = collect(messages, end, sustain=options.sustain)
    if not found.notes:
        why = "holds drums only" if found.drums else "holds no notes"
        raise score_error(path, why, "choose a file with notes of pitched instruments")
    names = _track_names(file, found.notes)
    seconds = _tempo_map(path, file, messages).seconds([(note.start, note.stop) for note in found.notes])
    notes = [
        RawNote(float(start), float(stop - start), note.pitch, note.velocity, names[note.track, note.channel])
        for note, (start, stop) in zip(found.notes, seconds, strict=True)
    ]
    aligned = any(message.type == "text" and message.text == ALIGNED_TEXT for _, _, message in messages)
    return ImportedScore(build_score(path.stem, notes, aligned=aligned, tracks=names.values()), _remarks(found))


def timed_messages(path: Path, content: bytes) -> list[tuple[float, Any]]:
    """Return all messages of a Standard MIDI File of format 0 or 1 in order, each with its time in seconds.

    Raises
    ------
    ScoreFileError
        If it is truncated or damaged, or of format 2.
    """
    file = _parsed(path, content)
    messages = _messages(file)
    seconds = _tempo_map(path, file, messages).seconds([tick for tick, _, _ in messages])
    return [(float(second), message) for second, (_, _, message) in zip(seconds, messages, strict=True)]


def _parsed(path: Path, content: bytes) -> Any:
    # Opening a program should not wait for a library that few of its uses need.
    import mido

    if content.startswith(b"RIFF"):
        content = content[_RIFF_HEADER:]
    try:
        file = mido.MidiFile(file=io.BytesIO(content), clip=True)
    except EOFError as error:
        raise score_error(path, "is truncated: it ends within a track", _EXPORT_AGAIN) from error
    except (OSError, ValueError, IndexError, KeyError, TypeError, LookupError, mido.KeySignatureError) as error:
        raise score_error(path, f"is damaged or no MIDI file ({error})", _EXPORT_AGAIN) from error
    if file.type not in (0, 1):
        raise score_error(path, "is of format 2, whose tracks do not belong together", "save it as format 0 or 1")
    return file


def _messages(file: Any) -> list[Message]:
    """Return the messages of all tracks in the order of time, then of tracks."""
    found: list[Message] = []
    for index, track in enumerate(file.tracks):
        tick = 0
        for message in track:
            tick += message.time
            found.append((tick, index, message))
    found.sort(key=lambda entry: entry[0])
    return found


def _tempo_map(path: Path, file: Any, messages: Sequence[Message]) -> TempoMap:
    division = file.ticks_per_beat
    if division == 0:
        raise score_error(path, "is damaged: it has no ticks", _EXPORT_AGAIN)
    if division < 0:
        return TempoMap((), _smpte_tick(division))
    per_tick = 1e-6 / division
    changes = [(tick, message.tempo * per_tick) for tick, _, message in messages if message.type == "set_tempo"]
    return TempoMap(changes, _DEFAULT_TEMPO * per_tick)


def _smpte_tick(division: int) -> float:
    """Return the seconds of a tick where the header counts frames of film: the upper byte is minus their rate."""
    frames, ticks = -(division >> 8), division & 0xFF
    rate = 30_000.0 / 1001.0 if frames == 29 else float(frames)
    return 1.0 / (rate * max(ticks, 1))


def _track_names(file: Any, notes: Sequence[TickNote]) -> dict[tuple[int, int], str]:
    """Return a name for each track and channel that has notes; the channels of one instrument share theirs."""
    programs = _programs(file)
    places = list(dict.fromkeys((note.track, note.channel) for note in sorted(notes, key=lambda note: note.track)))
    names: dict[tuple[int, int], str] = {}
    labels: dict[tuple[int, int], str] = {}
    for track, channel in places:
        own = _text(file.tracks[track].name)
        instruments = {programs.get((track, other)) for place, other in places if place == track}
        group = (track, -1) if file.type == 1 and len(instruments) == 1 else (track, channel)
        if group not in labels:
            named = own if group[1] < 0 or sum(place == track for place, _ in places) == 1 else ""
            labels[group] = _unused(named or _instrument(programs.get((track, channel)), channel), labels.values())
        names[track, channel] = labels[group]
    return names


def _programs(file: Any) -> dict[tuple[int, int], int]:
    """Return the first program of each channel of each track; one without takes that of another track."""
    found: dict[tuple[int, int], int] = {}
    channels: dict[int, int] = {}
    for index, track in enumerate(file.tracks):
        for message in track:
            if message.type == "program_change":
                found.setdefault((index, message.channel), message.program)
                channels.setdefault(message.channel, message.program)
    return {(index, channel): program for index in range(len(file.tracks)) for channel, program in channels.items()} | (
        found
    )


def _instrument(program: int | None, channel: int) -> str:
    return f"Channel {channel + 1}" if program is None else PROGRAMS[program]


def _unused(name: str, taken: Sequence[str] | Any) -> str:
    counts = Counter(taken)
    candidate, index = name, 2
    while counts[candidate]:
        candidate, index = f"{name} {index}", index + 1
    return candidate


def _text(name: str) -> str:
    """Return a name as it was meant: mido takes every byte for Latin 1, most programs write UTF-8."""
    with contextlib.suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    # LilyPond ends the names of its voices with a colon.
    return "".join(char for char in name if char.isprintable()).strip().rstrip(":").strip()


def _remarks(found: TickNotes) -> tuple[str, ...]:
    said = (
        (found.drums, f"{found.drums} notes of the drum channel {DRUM_CHANNEL + 1} were left out."),
        (
            found.unfinished,
            f"{found.unfinished} notes had no end; they last until the next of their pitch, or the end.",
        ),
        (found.empty, f"{found.empty} notes without any length were left out."),
    )
    return tuple(sentence for count, sentence in said if count)
