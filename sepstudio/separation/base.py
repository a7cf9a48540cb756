"""What every separation method takes, yields and returns, and the registry that joins them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace
from itertools import repeat
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scratch import MemorySink, StemSink
from sepstudio.nn.shelf import ModelShelf
from sepstudio.separation.explanation import Explain
from sepstudio.separation.keepsakes import Keepsake

Result = TypeVar("Result")
# What an axis of a matrix is called that is in seconds.
TIME_AXIS = "time"


@dataclass(frozen=True)
class Progress:
    """One bounded step of work is done.

    ``fraction`` is in [0, 1] and never falls; ``stage`` says in a few words what is going on,
    ``stage_fraction`` how far that is, where it is known.
    ``partial`` is an optional immutable snapshot, ``frames`` the range of frames that it changed.
    """

    fraction: float
    stage: str
    partial: Any = None
    frames: tuple[int, int] | None = None
    stage_fraction: float | None = None


def staged(steps: Generator[float, None, Result], stage: str) -> Generator[Progress, None, Result]:
    """Pass on fractions as progress of a stage; return the result."""
    while True:
        try:
            fraction = next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result
        yield Progress(fraction, stage)


@dataclass(frozen=True)
class Matrix:
    """A matrix worth looking at, with named axes (for example bins in Hz and frames in seconds).

    Raises
    ------
    ValueError
        If there is not one name and one coordinate for every row, column and so on.
    """

    values: npt.NDArray[Any]
    axes: tuple[str, ...]
    coordinates: tuple[npt.NDArray[np.float64] | tuple[str, ...], ...]

    def __post_init__(self) -> None:
        lengths = tuple(map(len, self.coordinates))
        if lengths != self.values.shape or len(self.axes) != self.values.ndim:
            axes = ", ".join(self.axes)
            raise ValueError(f"axes {axes} with {lengths} coordinates do not fit to a matrix of {self.values.shape}")

    def moved(self, seconds: float) -> Matrix:
        """Return the matrix with the coordinates of its time axis moved; the values are shared."""
        return replace(self, coordinates=tuple(map(_moved, self.axes, self.coordinates, repeat(seconds))))

    def frozen(self) -> Matrix:
        """Return the matrix with arrays that nobody can write into through it; nothing is copied."""
        coordinates = tuple(item if isinstance(item, tuple) else _frozen(item) for item in self.coordinates)
        return replace(self, values=_frozen(self.values), coordinates=coordinates)


def _moved(
    axis: str, coordinates: npt.NDArray[np.float64] | tuple[str, ...], seconds: float
) -> npt.NDArray[np.float64] | tuple[str, ...]:
    return coordinates + seconds if axis == TIME_AXIS and not isinstance(coordinates, tuple) else coordinates


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not array.flags.writeable:
        return array
    view = array.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True)
class Curve:
    """A quantity over iterations and over seconds of wall time."""

    values: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]

    def frozen(self) -> Curve:
        """Return the curve with arrays that nobody can write into through it; nothing is copied."""
        return Curve(_frozen(self.values), _frozen(self.seconds))


@dataclass(frozen=True)
class Provenance:
    """How a separation came about, enough to repeat it."""

    method: str
    params: Mapping[str, Any]
    seed: int
    versions: Mapping[str, str]
    device: str
    wall_seconds: float
    peak_memory_bytes: int
    notes: tuple[str, ...] = ()
    model_hash: str = ""


@dataclass(frozen=True)
class Separation:
    """The result of a method.

    ``stems`` sum to the mixture. ``takes`` holds, per stem, earlier states that were kept
    (KAM: the stem after 1, 2, … iterations); it is empty when nothing was kept.
    """

    stems: Mapping[str, AudioClip]
    provenance: Provenance
    takes: Mapping[str, tuple[AudioClip, ...]] = field(default_factory=dict)
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)


@dataclass(frozen=True)
class RunContext:
    """What a run gets beside its mixture and parameters.

    ``memory_budget`` is the number of bytes that the method may use above its input;
    ``sink`` makes the places that stems are written to (memory, or files when they are long);
    ``score``, ``strokes``, ``references`` and ``stems`` are there when the method needs them;
    ``models`` keeps trained networks in memory from one run to the next, ``keepsake`` what a method found out about
    a recording.

    ``score`` is an ``io.scores.records.Score`` whose second 0 is the first sample of the mixture: for a
    stretch of a recording notes may begin before 0 and end behind the mixture. ``warm`` holds matrices
    of an earlier run to go on from, by name, with times moved alike; they may cover more or less than the
    mixture and must not be written into. Times in the matrices that a method returns count from the first
    sample of the mixture too; who runs it on a stretch moves them to the timeline of the recording.

    ``references`` are the true stems by name: clips of the mixture's sample rate and channels that begin with it.
    There may be fewer than the mixture has parts. ``stems`` are those of an earlier run of the mixture, by name.
    """

    seed: int = 0
    device: str = "auto"
    threads: int = 2
    memory_budget: int = 1 << 30
    sink: StemSink = field(default_factory=MemorySink)
    score: Any = None
    strokes: Any = None
    warm: Mapping[str, Matrix] | None = None
    references: Mapping[str, AudioClip] | None = None
    stems: Mapping[str, AudioClip] | None = None
    models: ModelShelf = field(default_factory=ModelShelf)
    keepsake: Keepsake = field(default_factory=Keepsake)


Run = Generator[Progress, None, Separation]


class Method(Protocol):
    """The generator function of a method."""

    def __call__(self, mixture: AudioClip, params: Any, *, context: RunContext) -> Run:
        """Separate ``mixture``; yields Progress, returns the Separation."""


@dataclass(frozen=True)
class Preset:
    """A named set of parameters that ships with a method."""

    name: str
    title: str
    params: Any


@dataclass(frozen=True)
class MethodSpec:
    """A method as the registry knows it.

    ``memory`` estimates the bytes above the input that a run needs, before it starts.
    ``explain`` says why there is how much of a stem at one point of the spectrogram of a finished run.
    ``prepare`` loads what the first run would load, such as compiled functions; it is called at most once.
    ``short`` is what it is called where there is little room, its id in capitals if empty.
    ``sizes`` tells FFT size and hop in samples for a sample rate in Hz, where parameters do not name them.
    """

    id: str
    title: str
    summary: str
    params: type[Any]
    run: Method
    memory: Callable[[AudioClip, Any, RunContext], int]
    presets: tuple[Preset, ...] = ()
    needs: frozenset[str] = frozenset()
    devices: tuple[str, ...] = ("cpu",)
    explain: Explain | None = None
    prepare: Callable[[], None] | None = None
    short: str = ""
    sizes: Callable[[Any, int], tuple[int, int]] | None = None


@dataclass(frozen=True)
class MissingMethod:
    """A method that is known and cannot be offered: the package that it runs in (as pip calls it) is not installed."""

    id: str
    title: str
    package: str


def preset(spec: MethodSpec, name: str) -> Preset:
    """Return a preset of a method by its name.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    found = next((candidate for candidate in spec.presets if candidate.name == name), None)
    if found is None:
        known = ", ".join(candidate.name for candidate in spec.presets) or "none: this method has no presets"
        raise ParameterError("preset", name, f"one of {known}")
    return found


@runtime_checkable
class KnowsItsNeeds(Protocol):
    """Parameters with which a run may do without what its method usually needs."""

    @property
    def needs(self) -> frozenset[str]:
        """What a run with these parameters cannot do without."""


def needed(spec: MethodSpec, params: Any) -> frozenset[str]:
    """Return what a run of a method with these parameters cannot do without, for example ``{"score"}``."""
    return params.needs if isinstance(params, KnowsItsNeeds) else spec.needs
