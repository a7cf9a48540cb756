"""MusicXML, plain or compressed, as scores."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sepstudio.errors import ScoreFileError
from sepstudio.io.scores.building import ImportedScore, RawNote, build_score, score_error
from sepstudio.io.scores.files import MOST_BYTES
from sepstudio.io.scores.musicxml_tempo import name_tempi, quarters, spread_tempi, tempo_map
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.records import LEAST_PITCH, MOST_PITCH

_EXPORT_AGAIN = "export it again from the program that made it, or choose another file"
_CONTAINER = "META-INF/container.xml"
_VELOCITY = 64
# Ornaments that a score gives no time are played about this fast, before the note that they lean on.
_GRACE_SECONDS = 0.08
_HANDS = {1: "right hand", 2: "left hand"}


def read_musicxml(path: Path, content: bytes, options: ImportOptions) -> ImportedScore:
    """Read the notes of a MusicXML file: ties merged, one track for each part or each hand of a keyboard.

    Trills and other ornaments are not written out; grace notes take 80 ms each before their main note.

    Raises
    ------
    ScoreFileError
        If it is no MusicXML, is damaged, holds no notes, or its repeats lead nowhere.
    """
    document = _document(path, _unpacked(path, content))
    with warnings.catch_warnings():
        # partitura warns of every oddity of notation; none of them concerns notes and times.
        warnings.simplefilter("ignore")
        has_tempo = name_tempi(document)
        parts = _parts(path, document)
        spread_tempi(parts)
        if options.repeats:
            parts = _unfolded(path, parts)
        try:
            notes, unpitched = _notes(parts)
        # Pitches are computed only now, and may be as broken as the rest.
        except Exception as error:
            raise _not_understood(path, error) from error
    if not notes:
        raise score_error(path, "holds no notes with a pitch", "choose another file")
    remarks = ["It names no tempo: 120 quarter notes a minute are assumed."] if not has_tempo else []
    if unpitched:
        remarks.append(f"{unpitched} notes of percussion were left out.")
    return ImportedScore(build_score(path.stem, notes, aligned=False, tracks=_names(parts).values()), tuple(remarks))


def _unpacked(path: Path, content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    from lxml import etree

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            container = etree.fromstring(archive.read(_CONTAINER), _xml_parser())
            name = container.xpath("string(//*[local-name()='rootfile']/@full-path)")
            if archive.getinfo(name).file_size > MOST_BYTES:
                raise score_error(path, "is larger than any score when it is unpacked", "choose another file")
            return archive.read(name)
    except (zipfile.BadZipFile, KeyError, EOFError, RuntimeError, NotImplementedError, etree.XMLSyntaxError) as error:
        raise score_error(path, f"is no compressed MusicXML file, or damaged ({error})", _EXPORT_AGAIN) from error


def _xml_parser() -> Any:
    from lxml import etree

    # Entities could name other files, or grow without end.
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


def _document(path: Path, content: bytes) -> Any:
    from lxml import etree

    try:
        root = etree.fromstring(content, _xml_parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise score_error(path, f"is truncated or damaged XML ({error})", _EXPORT_AGAIN) from error
    tag = etree.QName(root).localname
    if tag == "score-timewise":
        raise score_error(path, "is ordered by measures (score-timewise)", "export it as score-partwise")
    if tag != "score-partwise":
        raise score_error(path, f"is XML but no MusicXML: it holds <{tag}>", "choose another file")
    return root


def _parts(path: Path, root: Any) -> list[Any]:
    import partitura
    from lxml import etree

    try:
        score = partitura.load_musicxml(io.BytesIO(etree.tostring(root)), quiet=True)
    # The library raises whatever its own code stumbles over in a file that breaks the format.
    except Exception as error:
        raise _not_understood(path, error) from error
    return list(score.parts)


def _not_understood(path: Path, error: Exception) -> ScoreFileError:
    detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return score_error(path, f"breaks the rules of MusicXML ({detail})", _EXPORT_AGAIN)


def _unfolded(path: Path, parts: Sequence[Any]) -> list[Any]:
    from partitura.score import DaCapo, DalSegno, Ending, Repeat, unfold_part_maximal

    if not any(any(part.iter_all(kind)) for part in parts for kind in (Repeat, Ending, DaCapo, DalSegno)):
        return list(parts)
    try:
        # After a jump, such as da capo, repeats are not played again.
        return [unfold_part_maximal(part, update_ids=False, ignore_leaps=False) for part in parts]
    # As above; a chain of repeats deeper than the interpreter allows is among it.
    except Exception as error:
        why = f"has repeats that lead nowhere ({type(error).__name__})"
        raise score_error(path, why, "import it without its repeats") from error


def _notes(parts: Sequence[Any]) -> tuple[list[RawNote], int]:
    tempo = tempo_map(parts)
    names = _names(parts)
    notes: list[RawNote] = []
    unpitched = 0
    for index, part in enumerate(parts):
        for note in part.notes_tied:
            pitch = getattr(note, "midi_pitch", None)
            if pitch is None or not LEAST_PITCH <= pitch <= MOST_PITCH:
                unpitched += 1
                continue
            start, stop = tempo.seconds(quarters(part, [note.start.t, note.start.t + note.duration_tied]))
            track = names[index, _staff(note)]
            notes += _timed(note, float(start), float(stop), int(pitch), track)
        unpitched += sum(1 for note in part.iter_all(_unpitched_class()))
    return notes, unpitched


def _unpitched_class() -> type:
    from partitura.score import UnpitchedNote

    kind: type = UnpitchedNote
    return kind


def _timed(note: Any, start: float, stop: float, pitch: int, track: str) -> Iterable[RawNote]:
    if stop <= start:
        # A grace note: as long before its main note as there are grace notes up to that.
        ahead = sum(1 for _ in note.iter_grace_seq()) if hasattr(note, "iter_grace_seq") else 1
        start = max(start - ahead * _GRACE_SECONDS, 0.0)
        stop = start + _GRACE_SECONDS
    return (RawNote(start, stop - start, pitch, _VELOCITY, track),)


def _staff(note: Any) -> int:
    return int(note.staff or 1)


def _names(parts: Sequence[Any]) -> dict[tuple[int, int], str]:
    """Return the name of the track of each part and staff: hands where a part has two staves."""
    names: dict[tuple[int, int], str] = {}
    counts: Counter[str] = Counter()
    for index, part in enumerate(parts):
        staves = sorted({_staff(note) for note in part.notes_tied})
        label = " ".join(str(part.part_name or part.id or f"Part {index + 1}").split())
        counts[label] += 1
        label = label if counts[label] == 1 else f"{label} {counts[label]}"
        for staff in staves:
            hand = _HANDS.get(staff, f"staff {staff}")
            only = len(parts) == 1
            names[index, staff] = label if len(staves) < 2 else hand if only else f"{label} {hand}"
    return names
