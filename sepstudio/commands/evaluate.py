"""``sepstudio evaluate``: how good stems are, measured against the true ones."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.references import stem_files
from sepstudio.commands.exits import DONE, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.metrics.bss_eval import FRAMING, BssOptions, BssScores, bss_eval_steps
from sepstudio.metrics.bss_fit import MEASURES
from sepstudio.metrics.distortion import si_sdr

COLUMNS = ("SDR", "SIR", "ISR", "SAR", "SI-SDR")
_WIDTH = 8


@dataclass(frozen=True)
class Pair:
    """A stem by its name: the true one and the one that is judged."""

    name: str
    reference: AudioClip
    estimate: AudioClip


def main(argv: Sequence[str]) -> int:
    """Print a table, or one JSON object, with the scores of every stem of the reference folder.

    Raises
    ------
    UserError
        If a folder or a stem is missing, or recordings cannot be compared.
    """
    arguments = _parser().parse_args(argv)
    with terminating_cleanly():
        pairs = _pairs(arguments.reference, arguments.estimate)
        scores = _scores(pairs, arguments.version)
        rows = [_row(pair, scores, number) for number, pair in enumerate(pairs)]
    if arguments.json:
        print(json.dumps(_plain(arguments.version, pairs, rows, scores)))  # noqa: T201
    else:
        print("\n".join(_lines(pairs, rows)))  # noqa: T201
    return DONE


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio evaluate",
        description="Compare separated stems with the true ones by BSS Eval (images) and SI-SDR, in dB. "
        "Files of the two folders belong together when their names without extension are equal.",
    )
    parser.add_argument("reference", metavar="REFERENCE_DIR", type=Path, help="folder with the true stems")
    parser.add_argument("estimate", metavar="ESTIMATE_DIR", type=Path, help="folder with the stems to judge")
    parser.add_argument(
        "--version",
        choices=tuple(FRAMING),
        default="v4",
        help="v4: one filter, frames of 1 s, their median (default); v3: a filter in every 30 s, their mean",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, with the value of every frame")
    return parser


def _pairs(references: Path, estimates: Path) -> list[Pair]:
    true, judged = stem_files(references), stem_files(estimates)
    missing = sorted(true.keys() - judged.keys())
    if missing:
        raise AudioFileError(
            str(estimates), f"has no stem named {', '.join(missing)}", f"name the files as those in {references}"
        )
    for name in sorted(judged.keys() - true.keys()):
        complain(f"note: {judged[name]}: has no reference of that name, so it is left out")
    pairs = [Pair(name, open_audio(path), open_audio(judged[name])) for name, path in sorted(true.items())]
    first = pairs[0].reference
    for pair in pairs:
        _check_alike(first, pair.reference, true[pair.name])
        _check_alike(first, pair.estimate, judged[pair.name])
    return pairs


def _check_alike(first: AudioClip, clip: AudioClip, path: Path) -> None:
    for what, own, expected in (
        ("Hz", clip.sample_rate, first.sample_rate),
        ("channels", clip.channels, first.channels),
        ("samples", clip.length, first.length),
    ):
        if own != expected:
            raise AudioFileError(
                str(path), f"has {own} {what}, but the first reference {expected}", "compare stems of one recording"
            )


def _scores(pairs: Sequence[Pair], version: str) -> BssScores:
    options = BssOptions(version=version, sample_rate=pairs[0].reference.sample_rate)
    true, judged = ([getattr(pair, side) for pair in pairs] for side in ("reference", "estimate"))
    with ProgressLine("evaluate") as line:
        return drive(bss_eval_steps(true, judged, options), lambda fraction: line.show(fraction, f"BSS Eval {version}"))


def _row(pair: Pair, scores: BssScores, number: int) -> dict[str, float]:
    summary = scores.summary()
    row = {name.upper(): float(summary[name][number]) for name in MEASURES}
    row["SI-SDR"] = si_sdr(pair.reference, pair.estimate)
    return {column: row[column] for column in COLUMNS}


def _lines(pairs: Sequence[Pair], rows: Sequence[dict[str, float]]) -> list[str]:
    width = max(len("stem"), *(len(pair.name) for pair in pairs))
    header = f"{'stem':<{width}}" + "".join(f"{column:>{_WIDTH}}" for column in COLUMNS)
    return [header] + [
        f"{pair.name:<{width}}" + "".join(f"{row[column]:>{_WIDTH}.2f}" for column in COLUMNS)
        for pair, row in zip(pairs, rows, strict=True)
    ]


def _plain(version: str, pairs: Sequence[Pair], rows: Sequence[dict[str, float]], scores: BssScores) -> dict[str, Any]:
    stems = {
        pair.name: {column: _number(value) for column, value in row.items()}
        | {"frames": {name.upper(): [_number(value) for value in getattr(scores, name)[number]] for name in MEASURES}}
        for number, (pair, row) in enumerate(zip(pairs, rows, strict=True))
    }
    return {"version": version, "unit": "dB", "stems": stems}


def _number(value: float) -> float | str | None:
    # JSON knows neither: silence is null, and infinity a word.
    if math.isnan(value):
        return None
    return float(value) if math.isfinite(value) else str(value)
