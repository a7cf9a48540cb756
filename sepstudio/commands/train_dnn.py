"""``sepstudio train dnn``: train and compare the networks of the phase-feature paper."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import sepstudio
from sepstudio.commands.training import trained
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.training.comparison import Comparison, comparison_lines
from sepstudio.nn.training.plan import TrainingPlan
from sepstudio.nn.training.variants import ALL, AMPLITUDE, BOTH, VARIANTS, NetworkSize, find_variants

_SIZE = NetworkSize()
# Its class attributes are the defaults.
_PLAN = TrainingPlan


def run(arguments: argparse.Namespace) -> None:
    """Train networks and print how the variants compare; errors as of ``sepstudio.nn.training.loop.train_steps``."""
    plan = _plan(arguments)
    from sepstudio.nn.training.loop import train_steps

    results = trained(train_steps(plan))
    if results is not None:
        _tell(
            Comparison(tuple(result.curve for result in results)), [result.path for result in results], arguments.json
        )


def _tell(comparison: Comparison, files: Sequence[Path], as_json: bool) -> None:
    if as_json:
        print(json.dumps(comparison.to_json() | {"files": [str(path) for path in files]}))  # noqa: T201
    else:
        print("\n".join(comparison_lines(comparison)))  # noqa: T201


def add_parser(kinds: Any) -> None:
    """Add the command to those of ``sepstudio train``."""
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
    dnn.set_defaults(run=run)


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
    _add_number(group, _PLAN, "validation", "SHARE", "of the songs, for validation; one song at least")
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
    _add_number(group, _SIZE, "hidden", "N", "units of a layer")
    group.add_argument(
        "--highest-bin", type=int, default=None, metavar="N", help="the last bin looked at (default: all)"
    )
    _add_number(group, _SIZE, "context", "N", "frames looked at on each side")
    _add_number(group, _SIZE, "fft_size", "N", "samples")
    _add_number(group, _SIZE, "hop_size", "N", "samples")
    _add_number(group, _SIZE, "sample_rate", "HZ", "that recordings are converted to")
    _add_number(group, _SIZE, "channels", "N", "that recordings are converted to")


def _add_learning(group: Any) -> None:
    _add_number(group, _PLAN, "epochs", "N", "at most")
    _add_number(group, _PLAN, "batch", "N", "excerpts a step")
    _add_number(group, _PLAN, "seconds", "S", "of an excerpt")
    _add_number(group, _PLAN, "every", "N", "learn from each N-th frame of an excerpt; 4 takes a third of the time")
    _add_number(group, _PLAN, "per_song", "N", "excerpts of a song in an epoch")
    _add_number(group, _PLAN, "validation_per_song", "N", "excerpts of a song for validation at most")
    _add_number(group, _PLAN, "rate", "X", "of Adam at first")
    group.add_argument(
        "--schedule",
        choices=("plateau", "cosine"),
        default=_PLAN.schedule,
        help=_default("how the rate falls", _PLAN.schedule),
    )
    _add_number(group, _PLAN, "patience", "N", "epochs without gain after which a network is done")
    _add_number(group, _PLAN, "clip", "X", "largest norm of a gradient")
    group.add_argument(
        "--augment",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="vary gains and channels, and mix stems of different songs (default: yes)",
    )


def _add_running(group: Any) -> None:
    group.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    group.add_argument(
        "--precision",
        choices=("float32", "bfloat16", "float16"),
        default=_PLAN.precision,
        help=_default("of products; float16 on GPUs only", _PLAN.precision),
    )
    _add_number(group, _PLAN, "workers", "N", "threads that prepare examples")
    _add_number(group, _PLAN, "threads", "N", "of the computations of each network")
    group.add_argument(
        "--at-once",
        type=int,
        default=None,
        metavar="N",
        help="networks that compute at a time on the processor (default: as many as there are cores)",
    )
    group.add_argument("--resume", action="store_true", help="go on with the training in OUT, if there is one")
    _add_number(group, _PLAN, "checkpoint_minutes", "X", "how much may be lost")
    group.add_argument("--licence", default=_PLAN.licence, metavar="TEXT", help="of the weights, told in the files")
    group.add_argument(
        "--data-licence", nargs="+", default=[], metavar="TEXT", help="of each data set, told in the files"
    )
    group.add_argument(
        "--name", default="", metavar="TEXT", help="of the models, told in the files (default: the variant)"
    )
    group.add_argument("--json", action="store_true", help="print one JSON object with all curves")


def _add_number(group: Any, owner: type[TrainingPlan] | NetworkSize, name: str, metavar: str, text: str) -> None:
    """Add the option of a number that is called as in ``owner``, whose value there is the default."""
    value = getattr(owner, name)
    option = "--" + name.replace("_", "-")
    group.add_argument(option, type=type(value), default=value, metavar=metavar, help=_default(text, value))


def _default(text: str, value: object) -> str:
    return f"{text} (default: {value})"


def _plan(arguments: argparse.Namespace) -> TrainingPlan:
    given = vars(arguments)
    size = NetworkSize(**{name: given[name] for name in vars(_SIZE)})
    # What is called as in the plan is what the plan takes; lists become tuples.
    same = {field.name: given[field.name] for field in fields(TrainingPlan) if field.name in given}
    converted = {
        "data": tuple(arguments.data),
        "variants": find_variants(arguments.variant),
        "instruments": tuple(dict.fromkeys(arguments.instrument)),
        "seeds": tuple(dict.fromkeys(arguments.seed)),
        "size": size,
        "hold_out": tuple(arguments.hold_out),
        "data_licences": tuple(arguments.data_licence),
        "program": f"sepstudio {sepstudio.__version__}",
    }
    plan = TrainingPlan(**(same | converted))
    return plan if arguments.augment else replace(plan, augmentation=None)
