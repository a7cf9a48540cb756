"""``sepstudio benchmark-decomposition``: the errors of NMF and four autoencoders, as in the paper's Table I."""

from __future__ import annotations

import argparse
import csv
import functools
import json
import os
import platform
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input, collect
from sepstudio.commands.exits import BAD_INPUT, DONE, SOME_FAILED, complain
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.commands.scores import ScoreOptions, add_alignment_options, score_options
from sepstudio.errors import MissingInputError, ParameterError, UserError
from sepstudio.io.atomic import replacing
from sepstudio.io.audio import open_audio
from sepstudio.io.failures import unwritable
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.devices import resolve_device
from sepstudio.separation.base import Progress
from sepstudio.separation.score_benchmark import COLUMNS, REFERENCE, Problem, Trial, problem_steps, trial_steps
from sepstudio.separation.score_constraints import ConstraintParams

_WIDTH = 13
_NAME_WIDTH = 28
# Parts of the progress of one recording that are not factorising.
_PREPARED = 0.05


@dataclass(frozen=True)
class Plan:
    """What is done with every recording."""

    iterations: int
    start: Any
    seeds: tuple[int, ...]
    device: str
    scores: ScoreOptions


@dataclass(frozen=True)
class Row:
    """All trials of one recording."""

    name: str
    trials: tuple[Trial, ...]

    def of(self, column: str) -> list[Trial]:
        """Return the trials of a column."""
        return [trial for trial in self.trials if trial.column == column]

    def error(self, column: str) -> float:
        """Return the mean error over seeds."""
        return statistics.fmean(trial.error for trial in self.of(column))

    def seconds(self, column: str) -> float:
        """Return the mean time over seeds."""
        return statistics.fmean(trial.seconds for trial in self.of(column))


def main(argv: Sequence[str]) -> int:
    """Print the table, a line as soon as a recording is done, then times and the machine.

    Returns
    -------
    int
        0 when all recordings are done, 1 when some failed, 2 when all did.

    Raises
    ------
    UserError
        If the folder holds no recording with a score, or the device is not there.
    """
    arguments = _parser().parse_args(argv)
    plan = _plan(arguments)
    inputs = _inputs(arguments.folder, plan.scores)
    with terminating_cleanly():
        if not arguments.json:
            _print(_line("", list(COLUMNS)))
        rows = list(_rows(inputs, plan, tell=not arguments.json))
        if arguments.csv:
            _save(arguments.csv, rows, plan)
    if arguments.json:
        _print(json.dumps(_plain(rows, plan)))
    elif rows:
        _print("\n".join(_summary(rows, plan)))
    if len(rows) == len(inputs):
        return DONE
    return SOME_FAILED if rows else BAD_INPUT


def _parser() -> Parser:
    parser = Parser(
        prog="sepstudio benchmark-decomposition",
        description="Factorise every recording of a folder that has a score by NMF and by autoencoders with four "
        "optimisers, and print how far each stays from the spectrogram: the mean over frames of the l1 norm of the "
        "difference, of mono at 22.05 kHz. A score is a MIDI, MusicXML or CSV file of the recording's name.",
    )
    add = parser.add_argument
    add("folder", metavar="FOLDER", type=Path, help="folder with recordings and their scores")
    add("--iterations", type=int, default=10_000, metavar="N", help="of every method (default: %(default)s)")
    add(
        "--start",
        choices=("random", "warm"),
        default="random",
        help="autoencoders begin with a random encoder as in the paper (default), or with multiplicative iterations",
    )
    add("--seeds", type=int, default=1, metavar="N", help="mean over so many random encoders (default: 1)")
    add("--device", default="auto", metavar="NAME", help="compute device: auto, cpu, cuda, ... (default: auto)")
    add("--csv", type=Path, metavar="FILE", help="also write every trial as a line of this file")
    add("--json", action="store_true", help="print one JSON object at the end instead of the table")
    add_alignment_options(parser)
    return parser


def _plan(arguments: argparse.Namespace) -> Plan:
    for option in ("iterations", "seeds"):
        if getattr(arguments, option) < 1:
            raise ParameterError(f"--{option}", getattr(arguments, option), "at least 1")
    device = resolve_device(arguments.device, ("cpu", "cuda"))
    seeds = tuple(range(arguments.seeds))
    return Plan(arguments.iterations, arguments.start, seeds, device, score_options(arguments))


def _inputs(folder: Path, scores: ScoreOptions) -> list[Input]:
    found = scores.scored(collect([folder], folder))
    # A recording without a score is none of the benchmark; one with a broken score is.
    kept = [source for source in found if not isinstance(source.problem, MissingInputError)]
    if not kept:
        raise MissingInputError(
            str(folder), "holds no recording with a score of its name", "put MIDI, MusicXML or CSV files beside them"
        )
    return kept


def _rows(inputs: Sequence[Input], plan: Plan, *, tell: bool) -> Iterator[Row]:
    for number, source in enumerate(inputs, 1):
        title = source.track if len(inputs) == 1 else f"[{number}/{len(inputs)}] {source.track}"
        try:
            with ProgressLine(title) as progress:
                row = _row(source, plan, progress)
        except UserError as error:
            complain(error)
            continue
        if tell:
            _print(_line(row.name, [f"{row.error(column):.1f}" for column in COLUMNS]))
        yield row


def _row(source: Input, plan: Plan, progress: ProgressLine) -> Row:
    problem = _problem(source, plan, progress)
    wanted = [(column, seed) for column in COLUMNS for seed in (plan.seeds[:1] if column == REFERENCE else plan.seeds)]
    trials = []
    for number, (column, seed) in enumerate(wanted):
        low, high = (_PREPARED + (1 - _PREPARED) * step / len(wanted) for step in (number, number + 1))
        progress.part(low, high)
        work = trial_steps(problem, column, iterations=plan.iterations, start=plan.start, seed=seed, device=plan.device)
        trials.append(drive(work, functools.partial(_show, progress, column)))
    return Row(source.track, tuple(trials))


def _show(progress: ProgressLine, column: str, step: Progress) -> None:
    progress.show(step.fraction, f"{column} {step.stage}")


def _problem(source: Input, plan: Plan, progress: ProgressLine) -> Problem:
    if source.problem is not None or source.score is None:
        raise source.problem or MissingInputError(str(source.path), "it has no score", "put one beside it")
    clip = open_audio(source.path)
    progress.part(0.0, _PREPARED)
    score = plan.scores.aligned(source.score, clip, lambda step: progress.show(step.fraction / 2, step.stage))
    steps = problem_steps(clip, score, ConstraintParams())
    return drive(steps, lambda step: progress.show((1 + step.fraction) / 2, step.stage))


def _summary(rows: Sequence[Row], plan: Plan) -> list[str]:
    """Return the lines below the table: means relative to NMF, seconds, and what computed them."""
    ratios = [statistics.fmean(row.error(column) / (row.error(REFERENCE) or 1.0) for row in rows) for column in COLUMNS]
    lines = [_line("relative to NMF, mean", [f"{ratio:.3f}" for ratio in ratios]), "", "seconds"]
    lines += [_line(row.name, [f"{row.seconds(column):.1f}" for column in COLUMNS]) for row in rows]
    dead = [f"{row.name}: {trial.column} seed {trial.seed} lost {trial.dead} components" for row, trial in _dead(rows)]
    seeds = f", mean of {len(plan.seeds)} seeds" if len(plan.seeds) > 1 else ""
    return [*lines, "", *dead, f"{plan.iterations} iterations, {plan.start} start{seeds}; {_machine(plan.device)}"]


def _dead(rows: Sequence[Row]) -> Iterator[tuple[Row, Trial]]:
    """Give the trials that lost components which NMF uses."""
    for row in rows:
        least = row.of(REFERENCE)[0].dead
        yield from ((row, trial) for trial in row.trials if trial.dead > least)


def _line(name: str, cells: Sequence[str]) -> str:
    short = name if len(name) <= _NAME_WIDTH else name[: _NAME_WIDTH - 1] + "…"
    return f"{short:<{_NAME_WIDTH}}" + "".join(f"{cell:>{_WIDTH}}" for cell in cells)


def _machine(device: str) -> str:
    if device != "cpu":
        import torch

        return f"{device}: {torch.cuda.get_device_name(device)}"
    return f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {platform.system()}"


def _records(rows: Sequence[Row], plan: Plan) -> list[dict[str, Any]]:
    settings = {"start": plan.start, "device": plan.device}
    return [{"recording": row.name, **asdict(trial), **settings} for row in rows for trial in row.trials]


def _plain(rows: Sequence[Row], plan: Plan) -> dict[str, Any]:
    return {"trials": _records(rows, plan), "machine": _machine(plan.device)}


def _save(path: Path, rows: Sequence[Row], plan: Plan) -> None:
    records = _records(rows, plan)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as temp, temp.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(records[0]) if records else [])
            writer.writeheader()
            writer.writerows(records)
    except OSError as error:
        raise unwritable(path, error) from error


def _print(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201
