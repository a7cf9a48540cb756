"""Parameters of learning from strokes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sepstudio.separation.parameters import check_overlap, param, validate


@dataclass(frozen=True)
class PaintParams:
    """Parameters of learning from strokes."""

    steps: int = param(
        120, lo=10, hi=10000, label="Steps", help="How many times each network learns from some of the painted patches."
    )
    correction_steps: int = param(
        24,
        lo=5,
        hi=10000,
        label="Steps of a correction",
        help="How many when it goes on from an earlier run: a third of what it sees then is newly painted.",
    )
    networks: int = param(
        2,
        lo=1,
        hi=8,
        label="Networks",
        help="How many learn side by side, each from other strokes held out; what they say is averaged.",
    )
    prior: float = param(
        0.5,
        lo=0.0,
        hi=1.0,
        label="Prior knowledge",
        help="How much counts what bass, drums, voices and the rest usually look like in music, beside the strokes, "
        "for sources that are like one of them. 0: the strokes alone.",
    )
    learning_rate: float = param(0.01, lo=1e-5, hi=1.0, label="Learning rate", advanced=True)
    hidden: int = param(
        32,
        lo=2,
        hi=256,
        unit="maps",
        label="Hidden maps",
        help="Feature maps of the first layer; the others have a quarter.",
        advanced=True,
    )
    emphasis: float = param(
        0.25,
        lo=0.0,
        hi=1.0,
        label="Emphasis on loud cells",
        help="The power of the energy with which painted cells count: 0 counts all the same.",
        advanced=True,
    )
    doubt: float = param(
        0.1,
        lo=0.0,
        hi=0.9,
        label="Doubt",
        help="Which part of what is painted may belong to the other sources all the same. More makes softer masks.",
    )
    augmentation: float = param(
        0.25,
        lo=0.0,
        hi=1.0,
        label="Augmentation",
        help="How much louder or softer, and how often a band or frame beside where it was painted, networks see "
        "what they learn from. 0 leaves it as it is but for noise.",
        advanced=True,
    )
    sparsity: Literal["none", "entropy", "l1"] = param(
        "none",
        label="Sparse combinations",
        help="Let each learned map sum few of the maps before it. 'l1' is the penalty of the notes, which changes "
        "nothing; 'entropy' works.",
        advanced=True,
    )
    sparsity_weight: float = param(
        0.001, lo=0.0, hi=10.0, label="Weight of sparsity", help="The notes' λ.", advanced=True
    )
    phases: bool = param(
        False,
        label="Phase derivatives",
        help="Let the networks also see how phases move in time and over frequency.",
        advanced=True,
    )
    refinement: int = param(
        1,
        lo=0,
        hi=5,
        label="Wiener iterations",
        help="How often a filter learns where each source sits between the channels; 0 multiplies by the masks alone.",
    )
    smoothing: int = param(
        1,
        lo=1,
        hi=31,
        step=2,
        unit="frames",
        label="Smoothing",
        help="Over how many frames masks are averaged; 1 leaves them as they are.",
        advanced=True,
    )
    fft_size: int = param(4096, lo=256, hi=65536, step=2, unit="samples", label="FFT size", advanced=True)
    hop_size: int = param(1024, lo=64, hi=32768, unit="samples", label="Hop", advanced=True)

    def __post_init__(self) -> None:
        validate(self)
        check_overlap(self.fft_size, self.hop_size)
