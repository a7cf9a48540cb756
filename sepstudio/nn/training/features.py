"""What networks are shown of an excerpt, computed once for all that are trained on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepstudio.dsp.phase import PhaseFeature, phase_features
from sepstudio.dsp.stft import hann, transform_frames
from sepstudio.io.clip import FloatArray
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.training.variants import NetworkSize


@dataclass(frozen=True, order=True)
class FeatureKey:
    """A phase feature, and whether the shifts of the transform were taken from it; those of the phase itself never."""

    kind: PhaseFeature
    corrected: bool

    @classmethod
    def of(cls, config: PhaseNetworkConfig) -> tuple[FeatureKey, ...]:
        """Return what a network is shown, in its order."""
        return tuple(cls(kind, config.corrected or kind == "phase") for kind in config.phase_kinds)


@dataclass(frozen=True, eq=False)
class Batch:
    """Excerpts as networks see them.

    Parameters
    ----------
    amplitude : float32 [excerpts, channels, bins, frames + 2 context]
        Of the mixtures.
    phases : mapping from FeatureKey to float32 of the same shape
        In radians.
    targets : mapping from instrument to float32 [excerpts, channels, bins, frames]
        Amplitudes of the stems.
    """

    amplitude: Tensor
    phases: Mapping[FeatureKey, Tensor]
    targets: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.amplitude)

    def phase(self, keys: Sequence[FeatureKey]) -> Tensor | None:
        """Return some features float32 [excerpts, kinds, channels, bins, frames], contiguous; None for none."""
        # Contiguous: what a network computes may not depend on what others are shown.
        return torch.stack([self.phases[key] for key in keys], dim=1) if keys else None


@dataclass(frozen=True)
class Analysis:
    """How excerpts become features.

    An excerpt has the context of the networks on both sides of its frames, and one frame more in the past, for
    the derivative along time: no frame that is looked at reaches beyond it.

    Parameters
    ----------
    fft_size, hop_size, context : int
    frames : int
        That are estimated.
    keys : tuple of FeatureKey
    """

    fft_size: int
    hop_size: int
    context: int
    frames: int
    keys: tuple[FeatureKey, ...]

    @classmethod
    def of(cls, size: NetworkSize, frames: int, configs: Iterable[PhaseNetworkConfig]) -> Analysis:
        """Return what networks need together."""
        keys = sorted({key for config in configs for key in FeatureKey.of(config)})
        return cls(size.fft_size, size.hop_size, size.context, frames, tuple(keys))

    @property
    def samples(self) -> int:
        """Length of an excerpt."""
        return (self.frames + 2 * self.context) * self.hop_size + self.fft_size

    @property
    def margin(self) -> int:
        """Samples of an excerpt before what is estimated."""
        return (self.context + 1) * self.hop_size + self.fft_size // 2

    def to_json(self) -> dict[str, Any]:
        """Return what decides on the features, as JSON values; the keys apart."""
        values = dataclasses.asdict(self)
        del values["keys"]
        return values

    def arrays(self, mixture: FloatArray, stems: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Return the features of an excerpt under the names of ``names``.

        Parameters
        ----------
        mixture : float32 [channels, samples]
        stems : mapping from instrument to float32 [channels, samples]
        """
        sizes: dict[str, Any] = {"fft_size": self.fft_size, "hop_size": self.hop_size, "threads": 1}
        spectrum = transform_frames(mixture, **sizes)
        found = {"amplitude": np.abs(spectrum[..., 1:])}
        for corrected in (True, False):
            kinds = [key.kind for key in self.keys if key.corrected == corrected]
            if kinds:
                features = self._phases(spectrum, kinds, corrected)
                found |= {phase_name(FeatureKey(k, corrected)): x for k, x in zip(kinds, features, strict=True)}
        skipped = (self.context + 1) * self.hop_size
        for name, samples in stems.items():
            inner = samples[:, skipped : skipped + (self.frames - 1) * self.hop_size + self.fft_size]
            found[target_name(name)] = np.abs(transform_frames(inner, **sizes))
        return found

    def batch_on(self, audio: Tensor, instruments: Sequence[str]) -> Batch:
        """Return the features of excerpts on their own device; ``audio`` [excerpts, 1 + stems, channels, samples]."""
        window = torch.as_tensor(hann(self.fft_size), device=audio.device)
        flat = audio.reshape(-1, audio.shape[-1])
        spectra = torch.stft(flat, self.fft_size, self.hop_size, window=window, center=False, return_complex=True)
        spectra = spectra.reshape(*audio.shape[:-1], *spectra.shape[-2:])
        mixture = spectra[:, 0]
        phases: dict[FeatureKey, Tensor] = {}
        for corrected in (True, False):
            kinds = [key.kind for key in self.keys if key.corrected == corrected]
            if kinds:
                features = self._phases(mixture, kinds, corrected)
                phases |= {FeatureKey(k, corrected): x for k, x in zip(kinds, features, strict=True)}
        inner = spectra[..., 1 + self.context : 1 + self.context + self.frames].abs()
        targets = {name: inner[:, number].contiguous() for number, name in enumerate(instruments, 1)}
        return Batch(mixture[..., 1:].abs().contiguous(), phases, targets)

    def _phases(self, spectrum: Any, kinds: Sequence[PhaseFeature], corrected: bool) -> Any:
        return phase_features(
            spectrum[..., 1:],
            hop_size=self.hop_size,
            kinds=kinds,
            corrected=corrected,
            # The magnitude of a full-scale sinusoid: what is silent may not depend on the other excerpts of a batch.
            reference=self.fft_size / 4,
            before=spectrum[..., 0],
            threads=1,
        )

    def names(self, instruments: Sequence[str]) -> dict[str, int]:
        """Return the names of the arrays of an excerpt, and the frames of each."""
        long = ["amplitude", *map(phase_name, self.keys)]
        targets = dict.fromkeys(map(target_name, instruments), self.frames)
        return dict.fromkeys(long, self.frames + 2 * self.context) | targets

    def batch_of(self, arrays: Mapping[str, FloatArray], instruments: Sequence[str]) -> Batch:
        """Return arrays [excerpts, channels, bins, frames] under the names of ``names`` as a batch."""
        tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
        phases = {key: tensors[phase_name(key)] for key in self.keys}
        return Batch(tensors["amplitude"], phases, {name: tensors[target_name(name)] for name in instruments})


def phase_name(key: FeatureKey) -> str:
    """Return the name of the array of a phase feature."""
    return f"{key.kind}-{'corrected' if key.corrected else 'uncorrected'}"


def target_name(instrument: str) -> str:
    """Return the name of the array of a target."""
    return f"target-{instrument}"
