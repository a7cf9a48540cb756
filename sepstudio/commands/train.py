"""``sepstudio train dnn``: train and compare the networks of the phase-feature paper."""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import sepstudio
from sepstudio.commands.exits import DONE
from sepstudio.commands.parser import Parser
from sepstudio.commands.progress import ProgressLine, drive
from sepstudio.jobs.interrupts import terminating_cleanly
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.training.comparison import Comparison, comparison_lines
from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.variants import ALL, AMPLITUDE, BOTH, VARIANTS, NetworkSize, find_variants

_SIZE = NetworkSize()


def main(argv: Sequence[str]) -> int:
    """Train networks and print how the variants compare.

    Raises
    ------
    UserError
        As ``sepstudio.nn.training.loop.train_steps``, and for options out of range.
    """
    arguments = _parser().parse_args(argv)
    plan = _plan(arguments)
    from sepstudio.nn.training.loop import train_steps
    from sepstudio.nn.training.ranks import launched

    # Of the processes that torchrun starts, one speaks.
    leads = launched().leads
    with terminating_cleanly(), ProgressLine("train", None if leads else io.StringIO()) as line:
        results = drive(train_steps(plan), lambda step: line.show(step.fraction, step.text))
    if leads:
        _tell(
            Comparison(tuple(result.curve for result in results)), [result.path for result in results], arguments.json
        )
    return DONE


def _tell(comparison: Comparison, files: Sequence[Path], as_json: bool) -> None:
    if as_json:
        print(json.dumps(comparison.to_json() | {"files": [str(path) for path in files]}))  # noqa: T201
    else:
        print("\n".join(comparison_lines(comparison)))  # noqa: T201


def _parser() -> Parser:
    parser = Parser(prog="sepstudio train", description="Train networks.")
    kinds = parser.add_subparsers(metavar="KIND", required=True, parser_class=Parser)
    dnn = kinds.add_parser(
        "dnn",
        help="networks of amplitudes and phase features, one for each instrument",
        description="Train the networks of the phase-feature paper side by side on the same examples, and compare "
        "them. OUT gets a file for each network, a model of all instruments for each variant, and the curves. "
        "Under torchrun, several processes share each batch out.",
        epilog="variants: " + "; ".join(f"{variant.name}: {variant.title}" for variant in VARIANTS.values()),
    )
    dnn.add_argument(
        "data",
        metavar="DATA",
        nargs="+",
        type=Path,
        help="data set: folder in the layout of DSD100 or MUSDB, folder of songs with bass.wav, drums.wav and so on, "
        "or mapping file",
    )
    dnn.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="folder of the results")
    _add_comparison(dnn.add_argument_group("what is trained"))
    _add_network(dnn.add_argument_group("the networks"))
    _add_learning(dnn.add_argument_group("learning"))
    _add_running(dnn.add_argument_group("running"))
    return parser


def _add_comparison(group: Any) -> None:
    group.add_argument(
        "--variant",
        nargs="+",
        default=[AMPLITUDE, BOTH],
        metavar="NAME",
        choices=[ALL, *VARIANTS],
        help=f"one or more, or {ALL}; see below (default: {AMPLITUDE} {BOTH})",
    )
    group.add_argument(
        "--instrument",
        nargs="+",
        default=list(INSTRUMENTS),
        metavar="NAME",
        help=f"one or more (default: {' '.join(INSTRUMENTS)})",
    )
    group.add_argument(
        "--seed", nargs="+", type=int, default=[0], metavar="N", help="one training for each (default: 0)"
    )
    group.add_argument(
        "--validation",
        type=float,
        default=0.15,
        metavar="SHARE",
        help="of the songs, for validation; one song at least (default: 0.15)",
    )
    group.add_argument(
        "--hold-out",
        nargs="+",
        default=[],
        metavar="SONG",
        help="names or patterns of songs that are not looked at, in no data set",
    )
    group.add_argument("--split-seed", type=int, default=0, metavar="N", help="decides on the songs for validation")


def _add_network(group: Any) -> None:
    group.add_argument("--bands", type=int, default=None, metavar="N", help="average inputs over N bands (default: no)")
    group.add_argument(
        "--hidden", type=int, default=_SIZE.hidden, metavar="N", help=_default("units of a layer", _SIZE.hidden)
    )
    group.add_argument(
        "--highest-bin", type=int, default=None, metavar="N", help="the last bin looked at (default: all)"
    )
    group.add_argument(
        "--context",
        type=int,
        default=_SIZE.context,
        metavar="N",
        help=_default("frames looked at on each side", _SIZE.context),
    )
    group.add_argument(
        "--fft-size", type=int, default=_SIZE.fft_size, metavar="N", help=_default("samples", _SIZE.fft_size)
    )
    group.add_argument(
        "--hop-size", type=int, default=_SIZE.hop_size, metavar="N", help=_default("samples", _SIZE.hop_size)
    )
    group.add_argument(
        "--sample-rate",
        type=int,
        default=_SIZE.sample_rate,
        metavar="HZ",
        help=_default("that recordings are converted to", _SIZE.sample_rate),
    )
    group.add_argument(
        "--channels",
        type=int,
        default=_SIZE.channels,
        metavar="N",
        help=_default("that recordings are converted to", _SIZE.channels),
    )


def _add_learning(group: Any) -> None:
    plan = TrainingPlan
    group.add_argument("--epochs", type=int, default=plan.epochs, metavar="N", help=_default("at most", plan.epochs))
    group.add_argument(
        "--batch", type=int, default=plan.batch, metavar="N", help=_default("excerpts a step", plan.batch)
    )
    group.add_argument(
        "--seconds", type=float, default=plan.seconds, metavar="S", help=_default("of an excerpt", plan.seconds)
    )
    group.add_argument(
        "--every",
        type=int,
        default=plan.every,
        metavar="N",
        help=_default("learn from each N-th frame of an excerpt; 4 takes a third of the time", plan.every),
    )
    group.add_argument(
        "--per-song",
        type=int,
        default=plan.per_song,
        metavar="N",
        help=_default("excerpts of a song in an epoch", plan.per_song),
    )
    group.add_argument(
        "--validation-per-song",
        type=int,
        default=plan.validation_per_song,
        metavar="N",
        help=_default("excerpts of a song for validation at most", plan.validation_per_song),
    )
    group.add_argument(
        "--rate", type=float, default=plan.rate, metavar="X", help=_default("of Adam at first", plan.rate)
    )
    group.add_argument(
        "--schedule",
        choices=("plateau", "cosine"),
        default=plan.schedule,
        help=_default("how the rate falls", plan.schedule),
    )
    group.add_argument(
        "--patience",
        type=int,
        default=plan.patience,
        metavar="N",
        help=_default("epochs without gain after which a network is done", plan.patience),
    )
    group.add_argument(
        "--clip", type=float, default=plan.clip, metavar="X", help=_default("largest norm of a gradient", plan.clip)
    )
    group.add_argument(
        "--augment",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="vary gains and channels, and mix stems of different songs (default: yes)",
    )


def _add_running(group: Any) -> None:
    plan = TrainingPlan
    group.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    group.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        default=plan.precision,
        help=_default("of products; float16 on GPUs only", plan.precision),
    )
    group.add_argument(
        "--workers",
        type=int,
        default=plan.workers,
        metavar="N",
        help=_default("threads that prepare examples", plan.workers),
    )
    group.add_argument(
        "--threads",
        type=int,
        default=plan.threads,
        metavar="N",
        help=_default("of the computations of each network", plan.threads),
    )
    group.add_argument(
        "--at-once",
        type=int,
        default=None,
        metavar="N",
        help="networks that compute at a time on the processor (default: as many as there are cores)",
    )
    group.add_argument("--resume", action="store_true", help="go on with the training in OUT, if there is one")
    group.add_argument(
        "--checkpoint-minutes",
        type=float,
        default=plan.checkpoint_minutes,
        metavar="X",
        help=_default("how much may be lost", plan.checkpoint_minutes),
    )
    group.add_argument("--licence", default=plan.licence, metavar="TEXT", help="of the weights, told in the files")
    group.add_argument(
        "--data-licence", nargs="+", default=[], metavar="TEXT", help="of each data set, told in the files"
    )
    group.add_argument(
        "--name", default="", metavar="TEXT", help="of the models, told in the files (default: the variant)"
    )
    group.add_argument("--json", action="store_true", help="print one JSON object with all curves")


def _default(text: str, value: object) -> str:
    return f"{text} (default: {value})"


def _plan(arguments: argparse.Namespace) -> TrainingPlan:
    given = vars(arguments)
    size = NetworkSize(**{name: given[name] for name in vars(_SIZE)})
    same = (
        "output",
        "epochs",
        "batch",
        "seconds",
        "every",
        "per_song",
        "validation_per_song",
        "rate",
        "schedule",
        "patience",
        "clip",
        "precision",
        "device",
        "validation",
        "split_seed",
        "workers",
        "threads",
        "at_once",
        "resume",
        "checkpoint_minutes",
        "licence",
        "name",
    )
    plan = TrainingPlan(
        data=tuple(arguments.data),
        variants=find_variants(arguments.variant),
        instruments=tuple(dict.fromkeys(arguments.instrument)),
        seeds=tuple(dict.fromkeys(arguments.seed)),
        size=size,
        hold_out=tuple(arguments.hold_out),
        data_licences=tuple(arguments.data_licence),
        program=f"sepstudio {sepstudio.__version__}",
        **{name: given[name] for name in same},
    )
    return plan if arguments.augment else replace(plan, augmentation=None)
