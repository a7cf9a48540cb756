"""What a network of the phase-feature paper is made of: its variants, without torch."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from sepstudio.dsp.phase import DERIVATIVES, KINDS, PhaseFeature
from sepstudio.errors import ParameterError
from sepstudio.nn.bands import Integers, erb_edges
from sepstudio.nn.provenance import need_fields

Inputs = Literal["amplitude", "phase", "late", "early"]

_MOST_BANDS = 1024
_LIMITS = {
    "channels": (1, 64),
    "sample_rate": (1, 1 << 22),
    "fft_size": (4, 1 << 16),
    "context": (0, 100),
    "hidden": (1, 1 << 14),
}


@dataclass(frozen=True)
class PhaseNetworkConfig:
    """A network that estimates the amplitudes of one instrument from a mixture.

    After Muth et al., "Improving DNN-based music source separation using phase features" (2018);
    the defaults are those of its DNN_A&phi (Fig. 8, section 3.1) for stereo.

    Parameters
    ----------
    instrument : str
        What it finds.
    inputs : {"late", "amplitude", "phase", "early"}
        ``amplitude`` is DNN_A; ``phase`` looks at the phase only (Fig. 4); ``late`` joins both
        after two layers of their own (Fig. 8); ``early`` stacks them at the input, which the
        paper found to make the network deaf to the phase.
    phase_kinds : tuple of {"phase", "time", "frequency"}
        Features of ``sepstudio.dsp.phase``, in this order; none for ``amplitude``.
    corrected : bool
        Whether the shifts of the transform were taken from the differences.
    channels, sample_rate, fft_size, hop_size : int
        Of the recordings (sample rate in Hz) and of their spectra (samples).
    context : int
        Frames looked at before and after each frame.
    hidden : int
        Units of each hidden layer.
    highest_bin : int or None
        The last bin that is looked at; all bins if None. Bins above are estimated all the same.
    bands : int or None
        Inputs of each frame are averaged over this many ERB bands (``erb_edges``), which makes
        a small network; no averaging if None. All bins are estimated all the same.
    output_scale : bool
        Whether a scale layer, started from the deviation of the target, precedes the last bias
        layer. The paper has none; with it a step of training does not depend on the unit of amplitudes.

    Raises
    ------
    ParameterError
        For values out of range or of another type.
    """

    instrument: str
    inputs: Inputs = "late"
    phase_kinds: tuple[PhaseFeature, ...] = DERIVATIVES
    corrected: bool = True
    channels: int = 2
    sample_rate: int = 44100
    fft_size: int = 4096
    hop_size: int = 1024
    context: int = 5
    hidden: int = 500
    highest_bin: int | None = None
    bands: int | None = None
    output_scale: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.instrument, str) or not self.instrument.strip():
            raise ParameterError("instrument", self.instrument, "a name")
        if self.inputs not in get_args(Inputs):
            raise ParameterError("inputs", self.inputs, "one of " + ", ".join(get_args(Inputs)))
        self._check_kinds()
        for name in ("corrected", "output_scale"):
            if type(getattr(self, name)) is not bool:
                raise ParameterError(name, getattr(self, name), "true or false")
        for name, (low, high) in _LIMITS.items():
            _check_whole(name, getattr(self, name), low, high)
        if self.fft_size % 2:
            raise ParameterError("fft_size", self.fft_size, "even")
        _check_whole("hop_size", self.hop_size, 1, self.fft_size)
        if self.highest_bin is not None:
            _check_whole("highest_bin", self.highest_bin, 0, self.fft_size // 2)
        if self.bands is not None:
            _check_whole("bands", self.bands, 1, min(self.used_bins, _MOST_BANDS))

    def _check_kinds(self) -> None:
        kinds = self.phase_kinds
        if not isinstance(kinds, tuple) or any(kind not in KINDS for kind in kinds) or len(set(kinds)) < len(kinds):
            raise ParameterError("phase_kinds", kinds, "some of " + ", ".join(KINDS) + ", each once")
        if bool(kinds) == (self.inputs == "amplitude"):
            expected = "empty for a network of amplitudes" if kinds else "at least one for a network that hears phases"
            raise ParameterError("phase_kinds", kinds, expected)

    @property
    def bins(self) -> int:
        """Bins of a spectrum, and of what is estimated."""
        return self.fft_size // 2 + 1

    @property
    def used_bins(self) -> int:
        """Bins that are looked at, from 0 Hz."""
        return self.bins if self.highest_bin is None else self.highest_bin + 1

    @property
    def features(self) -> int:
        """Values of each kind, channel and frame at the input: bands, or bins where these are not averaged."""
        return self.used_bins if self.bands is None else self.bands

    @property
    def hears_amplitude(self) -> bool:
        """Whether amplitudes are looked at."""
        return self.inputs != "phase"

    def branches(self) -> dict[str, int]:
        """Return the branches of the network, and how many values of one frame each is given."""
        row = self.channels * self.features
        amplitude, phase = row * self.hears_amplitude, row * len(self.phase_kinds)
        if self.inputs == "early":
            return {"joint": amplitude + phase}
        return {name: size for name, size in (("amplitude", amplitude), ("phase", phase)) if size}

    def band_edges(self) -> Integers | None:
        """Return where bands begin and end, int64 [bands + 1], or None where bins are not averaged."""
        if self.bands is None:
            return None
        return erb_edges(self.bands, self.used_bins, bin_width=self.sample_rate / self.fft_size)

    def to_json(self) -> dict[str, Any]:
        """Return the values as they are kept in a file."""
        return {**dataclasses.asdict(self), "phase_kinds": list(self.phase_kinds)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PhaseNetworkConfig:
        """Return what ``to_json`` kept; ParameterError for missing or unknown names and wrong values."""
        need_fields(cls, values, "config")
        kinds = values["phase_kinds"]
        if not isinstance(kinds, list) or not all(isinstance(kind, str) for kind in kinds):
            raise ParameterError("phase_kinds", kinds, "a list of texts")
        if not isinstance(values["inputs"], str):
            raise ParameterError("inputs", values["inputs"], "a text")
        return cls(**{**values, "phase_kinds": tuple(kinds)})


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    # Not isinstance: True is an int.
    if type(value) is not int or not low <= value <= high:
        raise ParameterError(name, value, f"a whole number from {low} to {high}")
