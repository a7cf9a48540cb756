"""What a method can say about one time-frequency point: the records between a method and those who show it."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import frame_count
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, difference, excerpt
from sepstudio.nn.shelf import ModelShelf

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

BELOW, DECIDING, ABOVE = -1, 0, 1


@dataclass(frozen=True)
class ProbedStem:
    """A stem of a run; ``take`` is the iteration that is in use, counted from 1, or 0 where no takes were kept."""

    name: str
    clip: AudioClip
    takes: tuple[AudioClip, ...] = ()
    take: int = 0


@dataclass(frozen=True)
class ProbedRun:
    """A finished run, as far as an explanation needs it.

    ``mixture`` is the whole recording of which the samples ``start`` to ``stop`` were separated.
    Frames and bins are those of the STFT of that stretch with ``fft_size`` and ``hop_size``. ``models`` keeps what
    was loaded, and ``model_hash`` names the model that the run had, empty where it had none.
    """

    mixture: AudioClip
    start: int
    stop: int
    stems: tuple[ProbedStem, ...]
    fft_size: int
    hop_size: int
    models: ModelShelf = field(default_factory=ModelShelf)
    model_hash: str = ""

    @property
    def stretch(self) -> AudioClip:
        """What was separated, read as it is needed."""
        return excerpt(self.mixture, self.start, self.stop)

    @property
    def residual(self) -> AudioClip:
        """What the stems leave."""
        return difference(self.mixture, self.start, self.stop, [stem.clip for stem in self.stems])

    @property
    def bins(self) -> int:
        """Number of frequency bins."""
        return self.fft_size // 2 + 1

    @property
    def frames(self) -> int:
        """Number of frames."""
        return frame_count(self.stop - self.start, fft_size=self.fft_size, hop_size=self.hop_size)

    @property
    def shape(self) -> tuple[int, int]:
        """Bins and frames."""
        return self.bins, self.frames

    def frame_at(self, seconds: float) -> int:
        """Return the frame nearest to a time of the recording.

        Raises
        ------
        ParameterError
            If the run does not reach there.
        """
        rate = self.mixture.sample_rate
        frame = round((seconds * rate - self.start) / self.hop_size)
        if not -1 <= frame <= self.frames:
            limits = f"{self.start / rate:.3f} to {self.stop / rate:.3f} s, which this run covers"
            raise ParameterError("time", f"{seconds:.3f} s", f"within {limits}")
        return min(max(frame, 0), self.frames - 1)

    def bin_at(self, hertz: float) -> int:
        """Return the bin nearest to a frequency; beyond the axis the last one."""
        return min(max(round(hertz * self.fft_size / self.mixture.sample_rate), 0), self.bins - 1)

    def seconds_of(self, frame: float) -> float:
        """Return the time of the recording on which a frame is centred."""
        return (self.start + frame * self.hop_size) / self.mixture.sample_rate

    def hertz_of(self, index: float) -> float:
        """Return the frequency of a bin."""
        return index * self.mixture.sample_rate / self.fft_size


@dataclass(frozen=True)
class Point:
    """A point of the STFT of a run."""

    bin: int
    frame: int


@dataclass(frozen=True)
class Evidence:
    """The points from which a method concluded how much of a stem there is at one point.

    ``bins`` and ``frames`` are the points, ``bin_offsets`` and ``frame_offsets`` where they lie
    around the point in question: past an edge the two differ. ``levels`` are in dBFS (0 = a
    full-scale sine in every channel), ``level`` is what was concluded. ``standing`` is BELOW,
    DECIDING or ABOVE. ``extent`` says in words what the points are, ``basis`` of which estimate.
    """

    stem: str
    extent: str
    basis: str
    bins: Integers
    frames: Integers
    bin_offsets: Integers
    frame_offsets: Integers
    levels: Floats
    standing: npt.NDArray[np.int8]
    level: float


@dataclass(frozen=True, eq=False)
class InputMap:
    """The parts of one kind of input around a point: ``values`` float32 [frames, bins], above 0 for the stem.

    ``symbol`` is what it is called where there is little room.
    """

    name: str
    values: npt.NDArray[np.float32]
    symbol: str


@dataclass(frozen=True, eq=False)
class Attribution:
    """From which inputs around a point a model concluded how much of a stem there is.

    ``maps`` have the parts of each kind of input in the estimate, all on one scale, over ``seconds`` of the recording
    [frames] and ``hertz`` [bins]; the point in question is at ``frame`` and ``bin`` of them. ``shares`` say how much
    groups of inputs had a part in it, whatever the sign; they sum to 1.
    """

    stem: str
    shares: tuple[tuple[str, float], ...]
    maps: tuple[InputMap, ...]
    seconds: Floats
    hertz: Floats
    frame: int
    bin: int


@dataclass(frozen=True)
class Explanation:
    """Why the stems have their shares: one sentence, what decided about each stem, and what to bear in mind."""

    sentence: str
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()
    attributions: tuple[Attribution, ...] = ()


# Of a run, a point of it and the parameters of the run; yields fractions.
Explain = Callable[[ProbedRun, Point, Any], Generator[float, None, Explanation]]
