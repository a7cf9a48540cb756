"""What the form of the Train page asks for, and the plan that it makes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sepstudio.errors import ParameterError
from sepstudio.nn.datasets.examples import Augmentation
from sepstudio.nn.training.plan import Precision, TrainingPlan
from sepstudio.nn.training.variants import NetworkSize
from sepstudio.separation.parameters import param, validate

_HOPS = 4


@dataclass(frozen=True)
class TrainingParams:
    """The settings of a training that one control each suffices for; the command line knows more."""

    epochs: int = param(
        60, lo=1, hi=1000, label="Epochs", help="How often all songs are gone through, at most: it stops when still."
    )
    hidden: int = param(128, lo=2, hi=2000, label="Hidden units", help="Units of each layer; 500 in the paper.")
    bands: int = param(
        64, lo=0, hi=1024, label="Bands",
        help="Inputs are averaged over so many bands, which makes a small network; 0 looks at every bin, as the paper.",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = param("auto", label="Device", help="Auto takes a GPU that passes a test.")
    name: str = param("", label="Title", help="What the model is called on its card; the variant if empty.")
    licence: str = param("", label="Licence", help="Of the weights; it depends on the songs that you train with.")
    augment: bool = param(
        True, label="Mix at random", advanced=True, help="Vary gains and channels, and mix stems of different songs."
    )
    rounds: int = param(
        64, lo=1, hi=1024, label="Excerpts", unit="a song", advanced=True, help="Excerpts of each song in an epoch."
    )
    seconds: float = param(
        3.0, lo=0.1, hi=30.0, label="Excerpt length", unit="s", advanced=True, help="Of each excerpt."
    )
    batch: int = param(16, lo=1, hi=256, label="Batch", advanced=True, help="Excerpts for each step of learning.")
    patience: int = param(
        15, lo=1, hi=200, label="Patience", unit="epochs", advanced=True,
        help="A network is done after so many epochs without a better validation.",
    )  # fmt: skip
    validation: float = param(
        0.15, lo=0.01, hi=0.9, label="Validation", advanced=True, help="Share of the songs kept apart for validation."
    )
    hold_out: str = param(
        "", label="Hold out", advanced=True, help="Songs that are never looked at: names or patterns, with commas."
    )
    rate: float = param(
        1e-3, lo=1e-5, hi=0.1, label="Learning rate", advanced=True,
        help="Of Adam at first; it falls when the validation does not improve.",
    )  # fmt: skip
    seeds: str = param(
        "0", label="Seeds", advanced=True,
        help="Decide on first weights and examples. With several, as 1, 2, 3, all networks are trained with each.",
    )  # fmt: skip
    precision: Precision = param("float32", label="Precision", advanced=True, help="Of products; float16 on GPUs only.")
    sample_rate: int = param(
        44_100, lo=4000, hi=192_000, label="Sample rate", unit="Hz", advanced=True,
        help="What all recordings are converted to.",
    )  # fmt: skip
    fft_size: int = param(
        4096, lo=64, hi=16_384, step=64, label="FFT size", unit="samples", advanced=True, help="Samples of a frame."
    )
    hop_size: int = param(
        0, lo=0, hi=16_384, label="Hop", unit="samples", advanced=True,
        help="Samples from one frame to the next; 0 for a quarter of the FFT size.",
    )  # fmt: skip
    context: int = param(
        5, lo=0, hi=100, label="Context", unit="frames", advanced=True,
        help="Frames that a network looks at before and after the one that it estimates; 5 in the paper.",
    )  # fmt: skip

    def __post_init__(self) -> None:
        validate(self)


def training_plan(
    params: TrainingParams,
    *,
    data: Sequence[Path],
    output: Path,
    variants: Sequence[str],
    instruments: Sequence[str],
    resume: bool = False,
    at_once: int | None = None,
) -> TrainingPlan:
    """Return the plan of a training.

    Raises
    ------
    ParameterError
        If something is missing, or values do not fit together.
    """
    size = NetworkSize(
        sample_rate=params.sample_rate,
        fft_size=params.fft_size,
        hop_size=params.hop_size or params.fft_size // _HOPS,
        context=params.context,
        hidden=params.hidden,
        bands=params.bands or None,
    )
    return TrainingPlan(
        tuple(data),
        output,
        variants=tuple(variants),
        instruments=tuple(instruments),
        seeds=_seeds(params.seeds),
        size=size,
        epochs=params.epochs,
        batch=params.batch,
        seconds=params.seconds,
        per_song=params.rounds,
        patience=params.patience,
        validation=params.validation,
        hold_out=tuple(filter(None, (part.strip() for part in params.hold_out.split(",")))),
        rate=params.rate,
        precision=params.precision,
        device=params.device,
        augmentation=Augmentation() if params.augment else None,
        at_once=at_once,
        resume=resume,
        licence=params.licence.strip() or "not stated",
        name=params.name.strip(),
    )


def _seeds(text: str) -> tuple[int, ...]:
    parts = text.replace(",", " ").split()
    if not parts or not all(part.isascii() and part.isdigit() for part in parts):
        raise ParameterError("seeds", text, "whole numbers from 0, with commas")
    return tuple(map(int, parts))
