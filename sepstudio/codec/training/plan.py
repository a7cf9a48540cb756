"""What of the codec is trained, with what and how; what is told meanwhile, and what comes out. Without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

from sepstudio.codec.cards import MODES, Mode
from sepstudio.codec.config import PRESETS, CodecConfig
from sepstudio.codec.training.curves import CodecCurve
from sepstudio.errors import ParameterError
from sepstudio.io.hoa import AMBIX, Convention

Precision = Literal["float32", "bfloat16"]
# ``joint`` sees all channels at once, ``folded`` each by itself, ``none`` leaves the adversarial losses out.
Discrimination = Literal["joint", "folded", "none"]

_COUNTS = ("steps", "batch", "validate_every", "validation_excerpts", "threads", "workers")
_LIMITS = (
    ("seconds", 60.0),
    ("rate", 1.0),
    ("decay", 1.0),
    ("clip", 1e9),
    ("discriminator_clip", 1e9),
    ("checkpoint_minutes", 1e6),
)


@dataclass(frozen=True)
class LossWeights:
    """What the losses of the generator count: those of Hirvonen and Namazi (2024)."""

    mel: float = 15.0
    feature: float = 2.0
    adversarial: float = 1.0
    commitment: float = 0.25
    codebook: float = 1.0
    covariance: float = 1.0

    def __post_init__(self) -> None:
        """Raise ParameterError for weights below zero."""
        for name, value in vars(self).items():
            if not 0.0 <= value < float("inf"):
                raise ParameterError(f"weight of {name}", value, "0 or more")


@dataclass(frozen=True)
class CodecTrainingPlan:
    """A training of one codec, or of two side by side: one transferred, one from a random start.

    The defaults are the recipe of Hirvonen and Namazi, "Compression of Higher Order Ambisonics with Multichannel
    RVQGAN" (2024), section 3, with the optimisers of the Descript Audio Codec.

    Parameters
    ----------
    data : tuple of Path
        Recordings, or folders in which they are looked for.
    output : Path
        Folder of the model, its curves and the state that a training is resumed from.
    config : CodecConfig
        Of a network that starts at random; one that starts from ``start`` has the configuration of that.
    start : Path or None
        A model to start from: a mono one is widened, one of as many channels as ``config`` is trained on.
    widening : {"replicate", "level", "mean"}
        See ``widening.widen``.
    compare : bool
        Whether a network of the same configuration that starts at random is trained beside it.
    discriminators : {"joint", "folded", "none"}
    discriminator_width : int
        Maps of their narrowest layers, a multiple of eight.
    steps : int
    batch : int
        Excerpts a step, over all processes.
    seconds : float
        Of an excerpt.
    at_once : int or None
        Excerpts that are computed together, None for all: fewer take less memory and a third more time.
    mel_channels : int or None
        How many channels, drawn anew in each step, the mel loss looks at; None for all. Its mean stays the same.
    weights : LossWeights
    rate, decay : float
        Of both optimisers (AdamW, betas 0.8 and 0.99): at first, and the factor of each step.
    clip, discriminator_clip : float
        Largest norms of the gradients.
    rotate : bool
        Whether every excerpt is turned about a random axis.
    gain : float
        Every excerpt is made louder or softer by up to so many dB, all channels alike.
    convention : Convention
        Of all recordings.
    validation : float
        Share at the end of each recording that is not trained with.
    validate_every : int
        Steps between validations.
    validation_excerpts : int
        At most, of each recording.
    precision : {"float32", "bfloat16"}
        Of products; weights and losses are float32.
    device : str
        As for ``devices.resolve_device``.
    seed : int, 0 or more
    workers : int
        Threads that read excerpts ahead.
    threads : int
        Of the computations.
    resume : bool
        Whether the training in ``output`` goes on.
    checkpoint_minutes : float
        How much may be lost.
    name, licence, data_licences, program : str, str, tuple of str, str
        Told in the file of the model.
    """

    data: tuple[Path, ...]
    output: Path
    config: CodecConfig = field(default_factory=CodecConfig)
    start: Path | None = None
    widening: Mode = "replicate"
    compare: bool = False
    discriminators: Discrimination = "joint"
    discriminator_width: int = 32
    steps: int = 400_000
    batch: int = 24
    seconds: float = 5.0
    at_once: int | None = None
    mel_channels: int | None = None
    weights: LossWeights = field(default_factory=LossWeights)
    rate: float = 1e-4
    decay: float = 0.999996
    clip: float = 1e3
    discriminator_clip: float = 10.0
    rotate: bool = True
    gain: float = 6.0
    convention: Convention = AMBIX
    validation: float = 0.125
    validate_every: int = 1000
    validation_excerpts: int = 4
    precision: Precision = "float32"
    device: str = "auto"
    seed: int = 0
    workers: int = 1
    threads: int = 1
    resume: bool = False
    checkpoint_minutes: float = 10.0
    name: str = ""
    licence: str = "not stated"
    data_licences: tuple[str, ...] = ()
    program: str = "sepstudio"

    def __post_init__(self) -> None:
        """Raise ParameterError for values out of range."""
        if not self.data:
            raise ParameterError("data", self.data, "at least one folder or recording")
        for what in _COUNTS:
            if getattr(self, what) < 1:
                raise ParameterError(what, getattr(self, what), "1 or more")
        for what, most in _LIMITS:
            if not 0.0 < getattr(self, what) <= most:
                raise ParameterError(what, getattr(self, what), f"above 0, {most:g} at most")
        choices = {"precision": get_args(Precision), "discriminators": get_args(Discrimination), "widening": MODES}
        for what, names in choices.items():
            if getattr(self, what) not in names:
                raise ParameterError(what, getattr(self, what), "one of " + ", ".join(names))
        self._check_numbers()

    def _check_numbers(self) -> None:
        if self.mel_channels is not None and not 1 <= self.mel_channels <= self.config.channels:
            raise ParameterError("mel_channels", self.mel_channels, f"from 1 to {self.config.channels}")
        if self.at_once is not None and self.at_once < 1:
            raise ParameterError("at_once", self.at_once, "1 or more")
        if not 0.0 < self.validation < 1.0:
            raise ParameterError("validation", self.validation, "between 0 and 1")
        if not 0.0 <= self.gain <= 60.0:
            raise ParameterError("gain", self.gain, "from 0 to 60 dB")
        if self.seed < 0:
            raise ParameterError("seed", self.seed, "0 or more")
        if self.compare and self.start is None:
            raise ParameterError("compare", self.compare, "off: without a model to start from all starts are random")

    @property
    def frames(self) -> int:
        """Frames of an excerpt: whole ones, of which the longest window of the mel loss is not longer than two."""
        hop = self.config.hop_size
        return max(-(-2048 // hop), round(self.seconds * self.config.sample_rate / hop))

    @property
    def samples(self) -> int:
        """Samples of an excerpt."""
        return self.frames * self.config.hop_size


_SMALL: dict[str, Any] = {"batch": 8, "seconds": 1.0, "mel_channels": 4, "discriminators": "none", "steps": 100_000}
# What ``sepstudio train codec --preset`` offers: fields of a plan. Only the first is the paper's.
RECIPES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "paper": {"config": PRESETS["full"]},
        "full": {"config": PRESETS["full"], "batch": 8, "seconds": 1.0},
        "medium": {"config": PRESETS["medium"], "batch": 8, "seconds": 1.0, "steps": 200_000},
        "small": {"config": PRESETS["small"], **_SMALL},
        "tiny": {"config": PRESETS["tiny"], **_SMALL},
    }
)


@dataclass(frozen=True)
class CodecTrainingProgress:
    """A step: the fraction done of all, what is going on, and the curves so far if a validation has just ended."""

    fraction: float
    text: str
    curves: tuple[CodecCurve, ...] | None = None


@dataclass(frozen=True)
class CodecTrainingResult:
    """A trained codec: its curve, and the file that holds the weights of its best validation."""

    curve: CodecCurve
    path: Path
