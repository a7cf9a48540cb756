"""``sepstudio benchmark-separation``: methods compared on a data set, in tables like those of papers."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.benchmark import Contender, SongResult, contest_steps, knows_strokes
from sepstudio.batch.song_clips import SongClips, open_song_clips
from sepstudio.commands.benchmark_tables import (
    PICTURES,
    Results,
    check_places,
    plain_results,
    result_lines,
    save_picture,
    save_results,
)
from sepstudio.commands.contenders import FORMS, MIXTURE, contender
from sepstudio.commands.exits import BAD_INPUT, DONE, SOME_FAILED, complain
from sepstudio.commands.parser import Parser, seconds
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.score_tables import COLUMNS
from sepstudio.errors import DataSetError, ParameterError, UserError
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.metrics.bss_eval import FRAMING
from sepstudio.nn.datasets.layouts import find_songs
from sepstudio.nn.datasets.songs import SPLITS, Song
from sepstudio.nn.datasets.splits import held_out, songs_of
from sepstudio.separation.base import RunContext

ALL = "all"


@dataclass(frozen=True)
class Plan:
    """What is done with every song; ``excerpt`` is in seconds, None for whole songs."""

    contenders: tuple[Contender, ...]
    version: str
    excerpt: float | None
    context: RunContext

    @property
    def accompaniment(self) -> bool:
        """Whether any method knows drums and the rest alone, so that others are compared with it there too."""
        return any(map(knows_strokes, self.contenders))


def main(argv: Sequence[str]) -> int:
    """Print a table of medians over songs, with a row for each method.

    Returns
    -------
    int
        0 when all methods could do all songs, 1 when some failed, 2 when nothing could be done.

    Raises
    ------
    UserError
        If there are no songs, a method is unknown or cannot run on them, or results cannot be written.
    """
    arguments = _parser().parse_args(argv)
    plan = _plan(arguments)
    songs = chosen_songs(arguments.data, arguments.split, arguments.hold_out)
    check_places(arguments.output, arguments.picture)
    with terminating_cleanly():
        found, failed = _contest(songs, plan)
        results = Results(found, plan.version)
        if results.empty:
            return BAD_INPUT
        _tell(results, arguments)
    return SOME_FAILED if failed else DONE


def _tell(results: Results, arguments: argparse.Namespace) -> None:
    # First where nothing can go wrong any more.
    if arguments.json:
        _print([json.dumps(plain_results(results))])
    else:
        _print(result_lines(results, arguments.measures))
    if arguments.output is not None:
        save_results(arguments.output, results)
    if arguments.picture is not None:
        save_picture(arguments.picture, results, arguments.measures[0])


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio benchmark-separation",
        description="Separate the songs of data sets by some methods, score their stems against the true ones by BSS "
        "Eval (images), and print medians over songs.",
        epilog=f"Methods are named as {FORMS}; '{MIXTURE}' is the recording itself in place of every stem. A method "
        "with a percussive stem is compared where it can be: with the drums, and with the sum of all other stems.",
    )
    add = parser.add_argument
    add("data", metavar="DATA", nargs="+", type=Path, help="data sets: folders of songs, or mapping files")
    add("--method", action="append", required=True, metavar="METHOD", help="may be given several times; see below")
    add("--split", choices=(*SPLITS, ALL), help="songs to take (default: those for testing if there are any, else all)")
    add("--hold-out", nargs="+", default=[], metavar="SONG", help="names or patterns of songs that are for testing")
    add(
        "--version",
        choices=tuple(FRAMING),
        default="v3",
        help="v3: a filter in every 30 s, mean over a song, as in SiSEC 2016 (default); v4: median over frames of 1 s",
    )
    add("--excerpt", type=seconds, metavar="SECONDS", help="only so much from the middle of every song")
    add(
        "--measures",
        nargs="+",
        choices=COLUMNS,
        default=[COLUMNS[0]],
        metavar="NAME",
        help=f"tables to print: {', '.join(COLUMNS)} (default: {COLUMNS[0]})",
    )
    add("--device", default="auto", metavar="NAME", help="compute device: auto, cpu, cuda, ... (default: auto)")
    add("--seed", type=int, default=0, metavar="N", help="seed of methods that draw random numbers (default: 0)")
    add("-o", "--output", type=Path, metavar="FOLDER", help="also write scores.csv, medians.csv and results.json there")
    add("--picture", type=Path, metavar="FILE", help="also draw the medians as bars (.svg or .png)")
    add("--json", action="store_true", help="print one JSON object at the end instead of the table")
    return parser


def _plan(arguments: argparse.Namespace) -> Plan:
    if arguments.excerpt == 0:
        raise ParameterError("--excerpt", 0, "longer than nothing")
    if arguments.picture is not None and arguments.picture.suffix.lower() not in PICTURES:
        raise ParameterError("--picture", str(arguments.picture), "a file that ends in " + " or ".join(PICTURES))
    contenders = {text: contender(text) for text in arguments.method}
    context = RunContext(seed=arguments.seed, device=arguments.device)
    return Plan(tuple(contenders.values()), arguments.version, arguments.excerpt, context)


def chosen_songs(data: Sequence[Path], split: str | None, patterns: Sequence[str]) -> list[Song]:
    """Return the songs of a split, by default those for testing if there are any, else all.

    Raises
    ------
    DataSetError
        If there are none, or a data set cannot be used.
    """
    songs = held_out([song for path in data for song in find_songs(path, incomplete=True)], patterns)
    if split is None:
        return songs_of(songs, "test") or songs
    chosen = [song for song in songs if split in (ALL, song.split)]
    if not chosen:
        where = ", ".join(map(str, data))
        raise DataSetError(where, f"holds no songs for {split}", f"declare some with --hold-out, or take --split {ALL}")
    return chosen


def _contest(songs: Sequence[Song], plan: Plan) -> tuple[dict[str, dict[str, SongResult]], int]:
    """Return what became of the songs by method and name of the song, and how much failed."""
    found: dict[str, dict[str, SongResult]] = {one.label: {} for one in plan.contenders}
    failed = 0
    for number, song in enumerate(songs, 1):
        try:
            clips = open_song_clips(song)
        except UserError as error:
            complain(error)
            failed += 1
            continue
        clips = clips.middle(plan.excerpt) if plan.excerpt is not None else clips
        for one in plan.contenders:
            title = f"[{number}/{len(songs)}] {song.name} {one.label}"
            try:
                found[one.label][song.name] = _one(one, clips, plan, title)
            except UserError as error:
                complain(f"{song.name}: {one.label}: {error}")
                failed += 1
    return found, failed


def _one(one: Contender, song: SongClips, plan: Plan, title: str) -> SongResult:
    # A device that a method does not have is no reason to leave it out: "auto" finds what it has.
    context = plan.context
    if one.spec is not None and context.device.partition(":")[0] not in one.spec.devices:
        context = dataclasses.replace(context, device="auto")
    work = contest_steps(one, song, plan.version, context, accompaniment=plan.accompaniment)
    with ProgressLine(title) as line:
        result = drive(work, lambda step: line.show(step.fraction, step.stage))
    for note in result.notes:
        complain(f"note: {song.name}: {one.label}: {note}")
    return result


def _print(lines: Sequence[str]) -> None:
    print("\n".join(lines), file=sys.stdout, flush=True)  # noqa: T201
