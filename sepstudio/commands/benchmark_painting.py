"""``sepstudio benchmark-painting``: how good separation gets with how much painted, on songs with true stems."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

from sepstudio.batch.benchmark import Contender
from sepstudio.batch.painting import Effort, PaintedSong, painting_steps
from sepstudio.batch.song_clips import open_song_clips
from sepstudio.commands.benchmark_separation import ALL, chosen_songs
from sepstudio.commands.contenders import MIXTURE, contender
from sepstudio.commands.exits import BAD_INPUT, DONE, SOME_FAILED, complain
from sepstudio.commands.painting_tables import painting_lines, plain_painting
from sepstudio.commands.parser import Parser, seconds
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.errors import ParameterError, UserError
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.metrics.bss_eval import FRAMING
from sepstudio.nn.datasets.songs import Song
from sepstudio.separation.annotator import STROKES
from sepstudio.separation.base import Progress, RunContext, preset
from sepstudio.separation.registry import method


def main(argv: Sequence[str]) -> int:
    """Print a table of the SDR of every song and source against the share painted.

    Returns
    -------
    int
        0 when all songs could be done, 1 when some failed, 2 when none could.

    Raises
    ------
    UserError
        If there are no songs, or an option is out of range.
    """
    arguments = _parser().parse_args(argv)
    efforts = _efforts(arguments.share, arguments.wrong, arguments.strokes)
    songs = chosen_songs(arguments.data, ALL, [])
    with terminating_cleanly():
        found = _measured(songs, efforts, arguments)
        if not found:
            return BAD_INPUT
        lines = [json.dumps(plain_painting(found, efforts))] if arguments.json else painting_lines(found, efforts)
        print("\n".join(lines), file=sys.stdout, flush=True)  # noqa: T201
    return DONE if len(found) == len(songs) else SOME_FAILED


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio benchmark-painting",
        description="Let an annotator who knows the true stems paint over songs, learn from the strokes, and compare "
        "with the mixture, kernel additive modelling and the ideal ratio mask by BSS Eval (images).",
        epilog="The share of the way is that of the dB of SDR between the mixture and the ideal ratio mask.",
    )
    add = parser.add_argument
    add("data", metavar="DATA", nargs="+", type=Path, help="data sets: folders of songs, or mapping files")
    add("--share", nargs="+", type=float, default=[1.0], metavar="PERCENT", help="of the bins painted (default: 1)")
    add("--wrong", nargs="+", type=float, default=[0.0], metavar="PART", help="of wrong strokes, 0 to 1 (default: 0)")
    few = f"of each source (default: {STROKES})"
    add("--strokes", nargs="+", type=int, default=[STROKES], metavar="N", help=few)
    add("--preset", default="standard", metavar="NAME", help="preset of the method (default: standard)")
    add("--excerpt", type=seconds, default=30.0, metavar="SECONDS", help="of the middle of each song (default: 30)")
    add("--version", choices=tuple(FRAMING), default="v3", help="of BSS Eval; v3 takes 30 s as a whole (default: v3)")
    add("--seed", type=int, default=0, metavar="N", help="seed of annotator and networks (default: 0)")
    add("--json", action="store_true", help="print one JSON object at the end instead of the table")
    return parser


def _efforts(shares: Sequence[float], wrongs: Sequence[float], strokes: Sequence[int]) -> tuple[Effort, ...]:
    for name, values, high in (("--share", shares, 100.0), ("--wrong", wrongs, 1.0)):
        bad = [value for value in values if not 0.0 <= value <= high or (name == "--share" and value == 0.0)]
        if bad:
            raise ParameterError(name, bad[0], f"between 0 and {high:g}")
    if min(strokes) < 1:
        raise ParameterError("--strokes", min(strokes), "at least 1")
    choices = itertools.product(shares, strokes, wrongs)
    return tuple(dict.fromkeys(Effort(share / 100, wrong, count) for share, count, wrong in choices))


def _measured(songs: Sequence[Song], efforts: Sequence[Effort], arguments: argparse.Namespace) -> list[PaintedSong]:
    spec = method("paint")
    contenders = {name: contender(name) for name in (MIXTURE, "irm", "kam")}
    contenders["paint"] = Contender("paint", spec, preset(spec, arguments.preset).params)
    context = RunContext(seed=arguments.seed)
    found = []
    for number, song in enumerate(songs, 1):
        try:
            clips = open_song_clips(song).middle(arguments.excerpt)
            work = painting_steps(clips, efforts, contenders, arguments.version, context)
            found.append(_shown(work, f"[{number}/{len(songs)}] {song.name}"))
        except UserError as error:
            complain(f"{song.name}: {error}")
    return found


def _shown(work: Generator[Progress, None, PaintedSong], title: str) -> PaintedSong:
    with ProgressLine(title) as line:
        return drive(work, lambda step: line.show(step.fraction, step.stage))
