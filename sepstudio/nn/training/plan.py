"""What is trained, with what and how; what is told meanwhile, and what comes out. Without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from sepstudio.errors import ParameterError
from sepstudio.nn.datasets.examples import Augmentation
from sepstudio.nn.datasets.songs import INSTRUMENTS
from sepstudio.nn.training.curves import Curve
from sepstudio.nn.training.variants import AMPLITUDE, BOTH, NetworkSize, find_variants, variant_config

Precision = Literal["float32", "bfloat16", "float16"]
Schedule = Literal["plateau", "cosine"]

_COUNTS = ("epochs", "batch", "every", "per_song", "validation_per_song", "patience", "workers", "threads")


@dataclass(frozen=True)
class TrainingPlan:
    """A training of every variant for every instrument, once for each seed.

    Parameters
    ----------
    data : tuple of Path
        Data sets: folders in a layout that ``layouts.find_songs`` knows, or mapping files.
    output : Path
        Folder of the networks, their curves and the state that a training is resumed from.
    variants : tuple of str
        Of ``variants.VARIANTS``.
    instruments : tuple of str
    seeds : tuple of int, 0 or more
        A seed decides on first weights and examples.
    size : NetworkSize
    epochs : int
        At most.
    batch : int
        Excerpts for each step, over all processes.
    seconds : float
        Of an excerpt that are estimated; the context of the networks comes on top.
    every : int
        Frames from one that is estimated to the next. Neighbours overlap by three quarters and teach nearly
        the same: with 4 an epoch takes a third of the time.
    per_song : int
        Excerpts of each song in an epoch.
    validation_per_song : int
        Excerpts of each song for validation at most, spread evenly over the song.
    rate : float
        Of Adam, at the beginning.
    schedule : {"plateau", "cosine"}
        ``plateau`` multiplies the rate of a network by 0.3 after ``patience // 3`` epochs without a better
        validation; ``cosine`` lets it fall to a hundredth over all epochs.
    patience : int
        Epochs without a better validation after which a network is trained no more.
    clip : float
        The largest norm of a gradient.
    precision : {"float32", "bfloat16", "float16"}
        Of products; ``float16`` needs CUDA. Weights are float32.
    device : str
        As for ``devices.resolve_device``.
    augmentation : Augmentation or None
        None for excerpts as they are, of which features are then cached.
    validation : float
        Share of songs for validation; at least one song.
    hold_out : tuple of str
        Names or patterns of songs that are not looked at: excerpts of them in other data sets neither.
    split_seed : int
    workers : int
        Threads that prepare examples.
    threads : int
        Of the computations of each network. Several of them wait for each other wherever a core is busy.
    at_once : int or None
        Networks that compute at a time on the processor; None for as many as there are cores.
    resume : bool
        Whether the training in ``output`` goes on.
    checkpoint_minutes : float
        How much may be lost within an epoch.
    cache_bytes : int
        How large the features of one set of excerpts may be to be kept in files.
    licence, name, data_licences, program : str, str, tuple of str, str
        Told in the files. Licences of the data sets in their order, "" where unknown; name and version of
        the program.
    """

    data: tuple[Path, ...]
    output: Path
    variants: tuple[str, ...] = (AMPLITUDE, BOTH)
    instruments: tuple[str, ...] = INSTRUMENTS
    seeds: tuple[int, ...] = (0,)
    size: NetworkSize = field(default_factory=NetworkSize)
    epochs: int = 100
    batch: int = 16
    seconds: float = 3.0
    every: int = 1
    per_song: int = 64
    validation_per_song: int = 16
    rate: float = 1e-3
    schedule: Schedule = "plateau"
    patience: int = 15
    clip: float = 1.0
    precision: Precision = "float32"
    device: str = "auto"
    augmentation: Augmentation | None = field(default_factory=Augmentation)
    validation: float = 0.15
    hold_out: tuple[str, ...] = ()
    split_seed: int = 0
    workers: int = 1
    threads: int = 1
    at_once: int | None = None
    resume: bool = False
    checkpoint_minutes: float = 2.0
    cache_bytes: int = 6 << 30
    licence: str = "not stated"
    name: str = ""
    data_licences: tuple[str, ...] = ()
    program: str = "sepstudio"

    def __post_init__(self) -> None:
        """Raise ParameterError for values out of range."""
        if not self.data:
            raise ParameterError("data", self.data, "at least one data set")
        if find_variants(self.variants) != self.variants:
            raise ParameterError("variants", self.variants, "different names")
        for what in ("instruments", "seeds"):
            values = getattr(self, what)
            if not values or len(set(values)) < len(values):
                raise ParameterError(what, values, "at least one, each once")
        if min(self.seeds) < 0:
            raise ParameterError("seeds", self.seeds, "0 or more")
        for what in _COUNTS:
            if getattr(self, what) < 1:
                raise ParameterError(what, getattr(self, what), "1 or more")
        if self.at_once is not None and self.at_once < 1:
            raise ParameterError("at_once", self.at_once, "1 or more")
        for what, most in (("seconds", 600.0), ("rate", 1.0), ("clip", 1e6), ("checkpoint_minutes", 1e6)):
            if not 0.0 < getattr(self, what) <= most:
                raise ParameterError(what, getattr(self, what), f"above 0, {most:g} at most")
        for what, choices in (("precision", Precision), ("schedule", Schedule)):
            if getattr(self, what) not in get_args(choices):
                raise ParameterError(what, getattr(self, what), "one of " + ", ".join(get_args(choices)))
        for trainee in self.trainees(self.seeds[0]):
            variant_config(trainee.variant, trainee.instrument, self.size)

    def trainees(self, seed: int) -> tuple[Trainee, ...]:
        """Return what is trained side by side with a seed, variant after variant."""
        numbered = len(self.seeds) > 1
        return tuple(Trainee(v, i, seed, numbered) for v in self.variants for i in self.instruments)

    @property
    def frames(self) -> int:
        """Frames of an excerpt that are estimated."""
        return max(1, round(self.seconds * self.size.sample_rate / (self.size.hop_size * self.every)))


@dataclass(frozen=True)
class Trainee:
    """A network in training; ``numbered`` where its seed belongs to its name."""

    variant: str
    instrument: str
    seed: int
    numbered: bool = False

    @property
    def key(self) -> str:
        """A name among those of one seed, for example ``a-dt-df-vocals``."""
        return f"{self.variant}-{self.instrument}"

    @property
    def label(self) -> str:
        """A name for files and messages, for example ``a-dt-df-vocals-seed1``."""
        return self.key + (f"-seed{self.seed}" if self.numbered else "")


@dataclass(frozen=True)
class TrainingProgress:
    """A step: the fraction done of all, what is going on, and all curves so far if an epoch has just ended."""

    fraction: float
    text: str
    curves: tuple[Curve, ...] | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A trained network: its curve, and the file that holds the weights of its best epoch."""

    trainee: Trainee
    curve: Curve
    path: Path
