"""Score files of every kind, told apart by what they hold and not by their names alone."""

from __future__ import annotations

from pathlib import Path

from sepstudio.io.scores.building import ImportedScore, score_error
from sepstudio.io.scores.csv_reading import read_csv
from sepstudio.io.scores.files import read_bytes
from sepstudio.io.scores.midi_reading import read_midi
from sepstudio.io.scores.musicxml import read_musicxml
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.records import Score

MIDI_SUFFIXES = (".mid", ".midi", ".rmi", ".smf")
MUSICXML_SUFFIXES = (".musicxml", ".mxl", ".xml")
TABLE_SUFFIXES = (".csv", ".tsv", ".txt")
SUFFIXES = MIDI_SUFFIXES + MUSICXML_SUFFIXES + TABLE_SUFFIXES

_MIDI_MARK, _RIFF_MIDI_MARK = b"MThd", (b"RIFF", b"RMID")
_ZIP_MARK = b"PK\x03\x04"
_BYTE_ORDER_MARKS = b"\xef\xbb\xbf\xff\xfe"
_DEFAULTS = ImportOptions()


def read_score(path: Path, options: ImportOptions = _DEFAULTS) -> Score:
    """Read the notes of a MIDI, MusicXML or CSV file; see ``import_score``."""
    return import_score(path, options).score


def import_score(path: Path, options: ImportOptions = _DEFAULTS) -> ImportedScore:
    """Read a MIDI, MusicXML or CSV file, and say what was left out or assumed.

    Notes of MIDI and MusicXML files are not taken to lie where those of a recording do (``aligned`` is False), save
    when the MIDI file says so; those of tables are.

    Raises
    ------
    ScoreFileError
        If the file cannot be read, is no score, is broken, or holds no notes.
    """
    content = read_bytes(path)
    suffix = path.suffix.lower()
    if content.startswith(_MIDI_MARK) or (content[:4], content[8:12]) == _RIFF_MIDI_MARK:
        return read_midi(path, content, options)
    if content.startswith(_ZIP_MARK) or _is_xml(content):
        return read_musicxml(path, content, options)
    if suffix in MIDI_SUFFIXES:
        raise score_error(path, "is no MIDI file", "choose another file or export it again")
    if suffix in MUSICXML_SUFFIXES:
        raise score_error(path, "is no MusicXML file", "choose another file or export it again")
    return read_csv(path, content, options)


def _is_xml(content: bytes) -> bool:
    # UTF-16 puts a zero beside each of the first characters.
    return content.lstrip(_BYTE_ORDER_MARKS + b"\0 \t\r\n").startswith(b"<")
