"""What networks are shown of an excerpt, computed once for all that are trained on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from sepstudio.dsp.phase import PhaseFeature, phase_features
from sepstudio.dsp.stft import hann, transform_frames
from sepstudio.io.clip import FloatArray
from sepstudio.nn.phase_config import PhaseNetworkConfig


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
    amplitude : float32 [excerpts, channels, used bins, frames seen]
        Of the mixtures.
    phases : mapping from FeatureKey to float32 [excerpts, channels, features, frames seen]
        In radians; averages over bands where networks look at these.
    targets : mapping from instrument to float32 [excerpts, channels, bins, frames]
        Amplitudes of the stems.
    """

    amplitude: Tensor
    phases: Mapping[FeatureKey, Tensor]
    targets: Mapping[str, Tensor]

    def __len__(self) -> int:
        return len(self.amplitude)

    def phase(self, keys: Sequence[FeatureKey]) -> Tensor | None:
        """Return some features float32 [excerpts, kinds, channels, features, frames]; None for none."""
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
    every : int
        Frames from one that is estimated to the next.
    used_bins : int
    edges : tuple of int
        Where bands begin and end; empty where bins are not averaged.
    keys : tuple of FeatureKey
    """

    fft_size: int
    hop_size: int
    context: int
    frames: int
    every: int
    used_bins: int
    edges: tuple[int, ...]
    keys: tuple[FeatureKey, ...]

    @classmethod
    def of(cls, frames: int, configs: Sequence[PhaseNetworkConfig], *, every: int = 1) -> Analysis:
        """Return what networks of one size need together."""
        keys = sorted({key for config in configs for key in FeatureKey.of(config)})
        some = configs[0]
        edges = some.band_edges()
        bands = () if edges is None else tuple(edges.tolist())
        return cls(some.fft_size, some.hop_size, some.context, frames, every, some.used_bins, bands, tuple(keys))

    @property
    def samples(self) -> int:
        """Length of an excerpt."""
        return self.seen * self.hop_size + self.fft_size

    @property
    def seen(self) -> int:
        """Frames of an excerpt that are looked at."""
        return (self.frames - 1) * self.every + 1 + 2 * self.context

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
        """Return the features of an excerpt under the names of ``shapes``.

        Parameters
        ----------
        mixture : float32 [channels, samples]
        stems : mapping from instrument to float32 [channels, samples]
        """
        sizes: dict[str, Any] = {"fft_size": self.fft_size, "hop_size": self.hop_size, "threads": 1}
        spectrum = transform_frames(mixture, **sizes)
        found = {"amplitude": np.abs(spectrum[:, : self.used_bins, 1:])}
        for corrected in (True, False):
            kinds = [key.kind for key in self.keys if key.corrected == corrected]
            if kinds:
                features = self._phases(spectrum, kinds, corrected)
                names = [phase_name(FeatureKey(kind, corrected)) for kind in kinds]
                found |= {name: self._averaged(x) for name, x in zip(names, features, strict=True)}
        first, step = (self.context + 1) * self.hop_size, self.every * self.hop_size
        for name, samples in stems.items():
            inner = samples[:, first : first + (self.frames - 1) * step + self.fft_size]
            found[target_name(name)] = np.abs(transform_frames(inner, **sizes | {"hop_size": step}))
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
                of = [FeatureKey(kind, corrected) for kind in kinds]
                phases |= {key: self._averaged_on(x) for key, x in zip(of, features, strict=True)}
        inner = spectra[..., 1 + self.context : -self.context or None : self.every].abs()
        targets = {name: inner[:, number].contiguous() for number, name in enumerate(instruments, 1)}
        return Batch(mixture[:, :, : self.used_bins, 1:].abs().contiguous(), phases, targets)

    def _averaged(self, x: FloatArray) -> FloatArray:
        """Return features [channels, used bins or bands, frames] of those of all bins."""
        used = x[:, : self.used_bins]
        if not self.edges:
            return used
        # Not as a product: its threads and those of the networks would wait for each other.
        widths = np.diff(self.edges).astype(np.float32)
        return np.asarray(np.add.reduceat(used, self.edges[:-1], axis=1) / widths[:, None], np.float32)

    def _averaged_on(self, x: Tensor) -> Tensor:
        used = x[:, :, : self.used_bins]
        if not self.edges:
            return used.contiguous()
        widths = torch.as_tensor(np.diff(self.edges), device=x.device)
        numbers = torch.repeat_interleave(torch.arange(len(widths), device=x.device), widths)
        sums = torch.zeros(*x.shape[:2], len(widths), x.shape[-1], device=x.device)
        return sums.index_add_(2, numbers, used) / widths[:, None]

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

    def shapes(self, channels: int, instruments: Sequence[str]) -> dict[str, tuple[int, int, int]]:
        """Return names and shapes of the arrays of an excerpt."""
        frames = self.seen
        features = len(self.edges) - 1 if self.edges else self.used_bins
        phases = dict.fromkeys(map(phase_name, self.keys), (channels, features, frames))
        targets = dict.fromkeys(map(target_name, instruments), (channels, self.fft_size // 2 + 1, self.frames))
        return {"amplitude": (channels, self.used_bins, frames), **phases, **targets}

    def batch_of(self, arrays: Mapping[str, FloatArray], instruments: Sequence[str]) -> Batch:
        """Return arrays [excerpts, channels, bins, frames] under the names of ``shapes`` as a batch."""
        tensors = {name: torch.from_numpy(values) for name, values in arrays.items()}
        phases = {key: tensors[phase_name(key)] for key in self.keys}
        return Batch(tensors["amplitude"], phases, {name: tensors[target_name(name)] for name in instruments})


def phase_name(key: FeatureKey) -> str:
    """Return the name of the array of a phase feature."""
    return f"{key.kind}-{'corrected' if key.corrected else 'uncorrected'}"


def target_name(instrument: str) -> str:
    """Return the name of the array of a target."""
    return f"target-{instrument}"
