"""What the form of the Train codec page asks for, and the plan that it makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sepstudio.codec.training.plan import RECIPES, CodecTrainingPlan, Precision
from sepstudio.errors import ParameterError
from sepstudio.io.hoa import USUAL
from sepstudio.separation.parameters import param, validate

_CONVENTIONS = {str(convention): convention for convention in USUAL}


@dataclass(frozen=True)
class CodecTrainingParams:
    """The settings of a training of the codec; 0 and "preset" leave a value to the preset, and forms say so."""

    preset: Literal["tiny", "small", "medium", "full", "paper"] = param(
        "small", label="Preset",
        help="Size and recipe: tiny and small train on a processor, the others want a GPU; paper is the published one.",
    )  # fmt: skip
    steps: int = param(
        0, lo=0, hi=1_000_000, label="Steps", lowest="as preset",
        help="Of the optimiser. The presets take 100 000 where tiny or small, 200 000 for medium, else 400 000.",
    )  # fmt: skip
    widening: Literal["replicate", "level", "mean"] = param(
        "replicate", label="Widening",
        help="Of a mono model to start from: equal kernels as in the paper, matched in level, or their mean.",
    )  # fmt: skip
    compare: bool = param(
        False, label="Random start beside it", help="Trains another network from a random start, to compare the curves."
    )
    device: Literal["auto", "cpu", "cuda"] = param("auto", label="Device", help="Auto takes a GPU that passes a test.")
    name: str = param("", label="Title", help="What the model is called on its card; that of the folder if empty.")
    licence: str = param("", label="Licence", help="Of the weights; it depends on the scenes that you train with.")
    convention: Literal["ACN/SN3D", "ACN/N3D", "FuMa"] = param(
        "ACN/SN3D", label="Convention", advanced=True, help="Of all recordings."
    )
    batch: int = param(
        0, lo=0, hi=1024, label="Batch", advanced=True, lowest="as preset", help="Excerpts that a step learns from."
    )
    seconds: float = param(
        0.0, lo=0.0, hi=60.0, label="Excerpt length", unit="s", advanced=True, lowest="as preset", help="Of each."
    )
    discriminators: Literal["preset", "none", "folded", "joint"] = param(
        "preset", label="Discriminators", advanced=True,
        help="Judges that learn beside it: of all channels at once, of each by itself, or none, which is fastest.",
    )  # fmt: skip
    covariance: float = param(
        1.0, lo=0.0, hi=100.0, label="Covariance weight", advanced=True, help="Of the covariance loss; 1 in the paper."
    )
    rate: float = param(1e-4, lo=1e-6, hi=0.1, label="Learning rate", advanced=True, help="Of AdamW at first.")
    rotate: bool = param(True, label="Turn at random", advanced=True, help="Turns every excerpt about a random axis.")
    gain: float = param(
        6.0, lo=0.0, hi=60.0, label="Gain", unit="dB", advanced=True,
        help="Every excerpt is made louder or softer by up to so much, all channels alike.",
    )  # fmt: skip
    validation: float = param(
        0.125, lo=0.01, hi=0.9, label="Validation", advanced=True, help="Share at the end of each scene kept apart."
    )
    every: int = param(
        200, lo=1, hi=1_000_000, label="Validate every", unit="steps", advanced=True,
        help="Steps from one point of the curves to the next.",
    )  # fmt: skip
    seed: int = param(0, lo=0, hi=1 << 30, label="Seed", advanced=True, help="Decides on first weights and excerpts.")
    precision: Precision = param("float32", label="Precision", advanced=True, help="Of products on GPUs.")

    def __post_init__(self) -> None:
        validate(self)


def codec_training_plan(
    params: CodecTrainingParams,
    *,
    data: Sequence[Path],
    output: Path,
    start: Path | None = None,
    resume: bool = False,
    threads: int = 1,
) -> CodecTrainingPlan:
    """Return the plan of a training; ``start`` is a model to begin from.

    Raises
    ------
    ParameterError
        If something is missing, or values do not fit together.
    """
    recipe: dict[str, Any] = dict(RECIPES[params.preset])
    chosen = {"steps": params.steps, "batch": params.batch, "seconds": params.seconds}
    recipe |= {name: value for name, value in chosen.items() if value}
    if params.discriminators != "preset":
        recipe["discriminators"] = params.discriminators
    if start is not None and not start.is_file():
        raise ParameterError("start", str(start), "the file of a model")
    plan = CodecTrainingPlan(
        tuple(data),
        output,
        start=start,
        widening=params.widening,
        compare=params.compare,
        device=params.device,
        name=params.name.strip() or output.name,
        licence=params.licence.strip() or "not stated",
        convention=_CONVENTIONS[params.convention],
        rate=params.rate,
        rotate=params.rotate,
        gain=params.gain,
        validation=params.validation,
        seed=params.seed,
        precision=params.precision,
        resume=resume,
        threads=threads,
        **recipe,
    )
    weights = dataclasses.replace(plan.weights, covariance=params.covariance)
    return dataclasses.replace(plan, weights=weights, validate_every=params.every)
