"""Parameters of the factorisations that a score informs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sepstudio.errors import ParameterError
from sepstudio.separation.parameters import param, validate
from sepstudio.separation.score_constraints import ConstraintParams

GroupKind = Literal["track", "pitch", "note", "all"]


@dataclass(frozen=True)
class ScoreParams:
    """What all factorisations share: what becomes a stem, when to stop, and the spectrogram."""

    group: GroupKind = param(
        "track",
        label="Stems",
        help="A stem for each track (hand, voice), pitch or note of the score, or one for all.",
    )
    iterations: int = param(200, lo=1, hi=100_000, label="Iterations", help="More fit the recording more closely.")
    tolerance: float = param(
        0.0,
        lo=0.0,
        hi=0.1,
        label="Stop when still",
        help="Stop before the last iteration when 20 of them lower the loss by less than this share; 0 never does.",
        advanced=True,
    )
    leftover: bool = param(
        False,
        label="Leave the rest out",
        help="What the model lacks goes to the residual; otherwise the stems share all energy where they sound.",
        advanced=True,
    )
    frame_ms: float = param(
        93.0,
        lo=5.0,
        hi=1000.0,
        unit="ms",
        label="Frame",
        help="Length of a spectrogram frame; the nearest power of two in samples is taken.",
        advanced=True,
    )
    overlap: int = param(
        2, lo=2, hi=16, label="Frames per frame length", help="Hops in a frame; 2 as in the paper.", advanced=True
    )

    def __post_init__(self) -> None:
        validate(self)

    def fft_size_at(self, sample_rate: int) -> int:
        """Return the frame length in samples: 2048 at 22.05 kHz, 4096 at 44.1 and 48 kHz for the paper's 93 ms."""
        return int(2 ** max(round(math.log2(sample_rate * self.frame_ms / 1000)), 6))

    def hop_size_at(self, sample_rate: int) -> int:
        """Return the distance of frames in samples."""
        return self.fft_size_at(sample_rate) // self.overlap


@dataclass(frozen=True)
class NmfParams(ConstraintParams, ScoreParams):
    """Parameters of nonnegative matrix factorisation."""

    loss: Literal["euclidean", "kullback-leibler", "itakura-saito"] = param(
        "euclidean",
        label="Loss",
        help="What is lowered: euclidean as in the paper; the others care more for what is soft.",
        advanced=True,
    )
    rank: int = param(
        0,
        lo=0,
        hi=500,
        label="Components without a score",
        help="Factorise blindly into so many components, each a stem; 0 takes the pitches of the score.",
        advanced=True,
    )

    @property
    def needs(self) -> frozenset[str]:
        """What a run with these parameters cannot do without."""
        return frozenset() if self.rank else frozenset({"score"})


@dataclass(frozen=True)
class NaeParams(ConstraintParams, ScoreParams):
    """Parameters of nonnegative autoencoders."""

    iterations: int = param(1000, lo=1, hi=100_000, label="Iterations", help="More fit the recording more closely.")
    optimizer: Literal["multiplicative", "sgd", "adam", "rmsprop"] = param(
        "rmsprop", label="Optimiser", help="How encoder and decoder learn: multiplicative rules, or gradient descent."
    )
    start: Literal["warm", "random"] = param(
        "warm",
        label="Start",
        help="Warm: 20 multiplicative iterations before the optimiser; random: from a scaled random encoder.",
    )
    learning_rate: float = param(
        0.0,
        lo=0.0,
        hi=10.0,
        label="Learning rate",
        help="Of gradient descent; 0 takes 0.1 for SGD, 0.001 for Adam and RMSprop, for which it falls after a while.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.learning_rate and self.optimizer == "multiplicative":
            raise ParameterError("learning_rate", self.learning_rate, "0: multiplicative rules have none")
