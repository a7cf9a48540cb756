"""``sepstudio evaluate``: how good stems are, measured against the true ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sepstudio.batch.references import stem_files
from sepstudio.commands.evaluate_songs import evaluate_songs, songs_in
from sepstudio.commands.exits import DONE, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.score_tables import COLUMNS, plain, stem_row, table
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.metrics.bss_eval import FRAMING
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.distortion import si_sdr
from sepstudio.metrics.song_scores import SongScores, song_scores_steps

_SI_SDR = "SI-SDR"
Clips = Mapping[str, AudioClip]


def main(argv: Sequence[str]) -> int:
    """Print a table, or one JSON object, with the scores of every stem of the references.

    Raises
    ------
    UserError
        If a folder or a stem is missing, or recordings cannot be compared.
    """
    arguments = _parser().parse_args(argv)
    songs = songs_in(arguments.reference)
    with terminating_cleanly():
        if songs:
            evaluate_songs(songs, arguments)
            return DONE
        true, judged = _clips(arguments.reference, arguments.estimate)
        found = _scores(true, judged, arguments.version)
        rows = {name: stem_row(found.scores, name) | {_SI_SDR: si_sdr(true[name], judged[name])} for name in true}
    if arguments.json:
        print(json.dumps(_plain(arguments.version, rows, found)))  # noqa: T201
    else:
        print("\n".join(_lines(rows)))  # noqa: T201
    return DONE


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio evaluate",
        description="Compare separated stems with the true ones by BSS Eval (images) and SI-SDR, in dB. "
        "Files of the two folders belong together when their names without extension are equal. "
        "A data set of songs (DSD100, MUSDB18, folders of songs, or a mapping file) is compared with folders of the "
        "songs' names; medians over songs are printed.",
    )
    add = parser.add_argument
    add("reference", metavar="REFERENCE_DIR", type=Path, help="folder with the true stems, or a data set")
    add("estimate", metavar="ESTIMATE_DIR", type=Path, help="folder with the stems to judge, or with one for each song")
    add(
        "--version",
        choices=tuple(FRAMING),
        default="v4",
        help="v4: one filter, frames of 1 s, their median (default); v3: a filter in every 30 s, their mean, "
        "as in SiSEC 2016",
    )
    add("--songs", action="store_true", help="of a data set, print the scores of every song as well")
    add("--json", action="store_true", help="print one JSON object, with the value of every frame or song")
    return parser


def _clips(references: Path, estimates: Path) -> tuple[Clips, Clips]:
    true, judged = stem_files(references), stem_files(estimates)
    missing = sorted(true.keys() - judged.keys())
    if missing:
        raise AudioFileError(
            str(estimates), f"has no stem named {', '.join(missing)}", f"name the files as those in {references}"
        )
    for name in sorted(judged.keys() - true.keys()):
        complain(f"note: {judged[name]}: has no reference of that name, so it is left out")
    names = sorted(true)
    pairs = {name: (open_audio(true[name]), open_audio(judged[name])) for name in names}
    first = pairs[names[0]][0]
    for name, (reference, estimate) in pairs.items():
        check_alike(first, reference, true[name])
        check_alike(first, estimate, judged[name])
    return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}


def check_alike(first: AudioClip, clip: AudioClip, path: Path) -> None:
    """Raise AudioFileError where a recording cannot be compared with the first reference."""
    for what, own, expected in (
        ("Hz", clip.sample_rate, first.sample_rate),
        ("channels", clip.channels, first.channels),
        ("samples", clip.length, first.length),
    ):
        if own != expected:
            raise AudioFileError(
                str(path), f"has {own} {what}, but the first reference {expected}", "compare stems of one recording"
            )


def _scores(true: Clips, judged: Clips, version: str) -> SongScores:
    with ProgressLine("evaluate") as line:
        work = song_scores_steps(true, judged, version)
        found = drive(work, lambda fraction: line.show(fraction, f"BSS Eval {version}"))
    for note in found.notes:
        complain(f"note: {note}")
    return found


def _lines(rows: Mapping[str, Mapping[str, float]]) -> list[str]:
    return table(["stem", *COLUMNS, _SI_SDR], [[name, *row.values()] for name, row in rows.items()])


def _plain(version: str, rows: Mapping[str, Mapping[str, float]], found: SongScores) -> dict[str, Any]:
    stems = {
        name: {column: plain(value) for column, value in row.items()} | {"frames": _frames(found, name)}
        for name, row in rows.items()
    }
    return {"version": version, "unit": "dB", "stems": stems, "notes": list(found.notes)}


def _frames(found: SongScores, name: str) -> dict[str, list[Any]]:
    if found.frames is None or name not in found.measured:
        return {}
    number = found.measured.index(name)
    return {measure.upper(): [plain(value) for value in getattr(found.frames, measure)[number]] for measure in MEASURES}
