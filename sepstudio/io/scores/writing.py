"""Scores as files: MIDI and CSV, each there as a whole or not at all."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from sepstudio.errors import ScoreFileError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import write_failure
from sepstudio.io.scores.midi_writing import midi_bytes
from sepstudio.io.scores.records import Score

CSV_HEADER = ("Start", "Duration", "Pitch", "Velocity", "Instrument")
# What divides MIDI velocities to fractions in this format, after the tables of the Saarland Music Data.
_VELOCITY_UNIT = 128


def write_midi(score: Score, path: Path) -> None:
    """Write a score as a Standard MIDI File of format 1, one track for each of its tracks.

    Onsets and ends come back within 0.1 ms. MIDI knows no time before zero: what lies there is cut off.
    Tolerances and painted constraints are not written.

    Raises
    ------
    ScoreFileError
        If the file cannot be written.
    """
    _write(path, midi_bytes(score))


def write_csv(score: Score, path: Path) -> None:
    """Write a score as a table ``Start;Duration;Pitch;Velocity;Instrument``, velocities divided by 128.

    Reading it gives the same numbers, bit for bit. Tolerances and painted constraints are not written.

    Raises
    ------
    ScoreFileError
        If the file cannot be written.
    """
    text = io.StringIO(newline="")
    table = csv.writer(text, delimiter=";", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    table.writerow(CSV_HEADER)
    for note in score.notes:
        # repr, which csv writes floats by, is what float() restores exactly.
        velocity = note.velocity / _VELOCITY_UNIT
        table.writerow((float(note.onset), float(note.duration), note.pitch, velocity, note.track))
    _write(path, text.getvalue().encode("utf-8"))


def _write(path: Path, content: bytes) -> None:
    try:
        with replacing(path) as temp:
            temp.write_bytes(content)
    except OSError as error:
        raise ScoreFileError(*write_failure(path, error)) from error
