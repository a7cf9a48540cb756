"""``sepstudio train codec``: train the Ambisonics codec."""

from __future__ import annotations

import argparse
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import sepstudio
from sepstudio.codec.cards import MODES
from sepstudio.codec.library import find_codec
from sepstudio.codec.training.curves import CodecCurve
from sepstudio.codec.training.plan import RECIPES, CodecTrainingPlan, CodecTrainingResult
from sepstudio.commands.training import trained
from sepstudio.errors import ParameterError
from sepstudio.io.hoa import USUAL

# Its class attributes are the recipe of the paper.
_PLAN = CodecTrainingPlan
_CONVENTIONS = {str(convention): convention for convention in USUAL}


def run(arguments: argparse.Namespace) -> None:
    """Train codecs and print how they came out; errors as of ``sepstudio.codec.training.loop.train_steps``."""
    plan = _plan(arguments)
    from sepstudio.codec.training.loop import train_steps

    results = trained(train_steps(plan))
    if results is not None:
        _tell(results, arguments.json)


def _tell(results: tuple[CodecTrainingResult, ...], as_json: bool) -> None:
    if as_json:
        curves = [vars(result.curve) for result in results]
        print(json.dumps({"curves": curves, "files": [str(result.path) for result in results]}))  # noqa: T201
        return
    for result in results:
        print(f"{result.path}: {_summary(result.curve)}")  # noqa: T201


def _summary(curve: CodecCurve) -> str:
    best = curve.mel.index(curve.best)
    return (
        f"start {curve.start}, mel {curve.mel[0]:.3f} at first, {curve.best:.3f} after {curve.best_step} steps, "
        f"covariance {curve.covariance[0]:.1f} at first, {curve.covariance[best]:.1f} there"
    )


def add_parser(kinds: Any) -> None:
    """Add the command to those of ``sepstudio train``."""
    codec = kinds.add_parser(
        "codec",
        help="the Ambisonics codec, from nothing, from a mono model or further",
        description="Train the codec on scenes in Ambisonics of the third order or more. Of each recording the last "
        "eighth is for validation. OUT gets the model, the curves and the state that --resume goes on from. Under "
        "torchrun, several processes share each batch out.",
    )
    codec.add_argument("data", metavar="DATA", nargs="+", type=Path, help="recordings, or folders with recordings")
    codec.add_argument("-o", "--output", metavar="OUT", type=Path, required=True, help="folder of the results")
    _add_network(codec.add_argument_group("the network"))
    _add_learning(codec.add_argument_group("learning", "Options that are not given are those of the preset."))
    _add_running(codec.add_argument_group("running"))
    codec.set_defaults(run=run)


def _add_network(group: Any) -> None:
    group.add_argument(
        "--preset",
        choices=tuple(RECIPES),
        default="paper",
        help="size and recipe; paper is that of the paper: full size, 24 excerpts of 5 s, 400 000 steps (default)",
    )
    group.add_argument(
        "--from",
        dest="start",
        metavar="MODEL",
        help="start from a model (name or file), whose size is taken: a mono one is widened, another trained further",
    )
    group.add_argument(
        "--widen",
        dest="widening",
        choices=MODES,
        help="of a mono model: identical kernels as in the paper, at the level of diffuse scenes, or their mean "
        f"(default: {_PLAN.widening})",
    )
    group.add_argument("--compare", action="store_true", help="with --from: train a random start beside it")
    group.add_argument(
        "--discriminators",
        choices=("joint", "folded", "none"),
        help="that see all channels, or each by itself (default: joint; none for small and tiny)",
    )


def _add_learning(group: Any) -> None:
    for name, kind, metavar, text in (
        ("steps", int, "N", ""),
        ("batch", int, "N", "excerpts a step, over all processes"),
        ("seconds", float, "S", "of an excerpt"),
        ("discriminator_width", int, "N", f"maps of their narrowest layers (default: {_PLAN.discriminator_width})"),
        ("at_once", int, "N", "excerpts computed together; fewer take less memory (default: all)"),
        ("mel_channels", int, "N", "channels drawn for the mel loss of each step (default: all; small and tiny: 4)"),
        ("rate", float, "X", f"of both optimisers at first (default: {_PLAN.rate:g})"),
        ("gain", float, "DB", f"how much louder or softer excerpts are made (default: {_PLAN.gain:g})"),
        ("validate_every", int, "N", f"steps (default: {_PLAN.validate_every})"),
        ("validation_excerpts", int, "N", f"of each recording at most (default: {_PLAN.validation_excerpts})"),
        ("seed", int, "N", f"(default: {_PLAN.seed})"),
    ):
        group.add_argument("--" + name.replace("_", "-"), type=kind, metavar=metavar, help=text)
    group.add_argument(
        "--rotate", action=argparse.BooleanOptionalAction, default=None, help="turn every excerpt (default: yes)"
    )
    group.add_argument(
        "--convention", choices=tuple(_CONVENTIONS), help=f"of all recordings (default: {_PLAN.convention})"
    )


def _add_running(group: Any) -> None:
    group.add_argument("--device", metavar="NAME", help="auto, cpu, cuda or cuda:N (default: auto)")
    group.add_argument("--precision", choices=("float32", "bfloat16"), help="of products (default: float32)")
    group.add_argument("--workers", type=int, metavar="N", help="threads that read scenes (default: 1)")
    group.add_argument("--threads", type=int, metavar="N", help="of the computations (default: 1)")
    group.add_argument("--resume", action="store_true", help="go on with the training in OUT, if there is one")
    group.add_argument(
        "--checkpoint-minutes", type=float, metavar="X", help=f"how much may be lost ({_PLAN.checkpoint_minutes:g})"
    )
    group.add_argument("--name", metavar="TEXT", help="of the model, told in its file")
    group.add_argument("--licence", metavar="TEXT", help="of the weights, told in the file")
    group.add_argument("--data-licence", nargs="+", default=[], metavar="TEXT", help="of DATA in their order, told too")
    group.add_argument("--json", action="store_true", help="print one JSON object with the curves")


def _plan(arguments: argparse.Namespace) -> CodecTrainingPlan:
    given = {name: value for name, value in vars(arguments).items() if value is not None}
    if "widening" in given and "start" not in given:
        raise ParameterError("--widen", arguments.widening, "given with --from, the mono model")
    # What is called as in the plan is what the plan takes.
    same = {field.name: given[field.name] for field in fields(CodecTrainingPlan) if field.name in given}
    converted: dict[str, Any] = {
        "start": find_codec(arguments.start) if arguments.start else None,
        "data": tuple(arguments.data),
        "data_licences": tuple(arguments.data_licence),
        "program": f"sepstudio {sepstudio.__version__}",
    }
    if "convention" in given:
        converted["convention"] = _CONVENTIONS[arguments.convention]
    plan = CodecTrainingPlan(**{**RECIPES[arguments.preset], **same, **converted})
    return plan if arguments.name else replace(plan, name=plan.output.resolve().name)
