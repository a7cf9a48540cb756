"""What the networks of a model estimate of a mixture: amplitudes of each instrument, frame by frame.

All networks share the spectrum and the features of its phase. Channels are taken in groups of as many as the
networks know, in their order; what the last group lacks is its last channel again, whose estimate is then the
root mean square over its copies. So a mono recording is in both channels of a network of two, and a network of
one looks at each channel by itself.

Importing this module loads torch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.phase import KINDS, PhaseFeature, phase_features
from sepstudio.dsp.phase_stream import Recording
from sepstudio.dsp.stft import frame_count, frame_span, transform_frames
from sepstudio.nn.phase_grid import ModelGrid, model_grid
from sepstudio.nn.phase_models import PhaseModel
from sepstudio.nn.phase_network import PhaseNetwork
from sepstudio.nn.torch_threads import one_thread_each

Spectrum = npt.NDArray[np.complex64]


class Estimator:
    """Estimates with the networks of a model, on the device where these are.

    Parameters
    ----------
    model : PhaseModel
    sample_rate : int
        Hz of the recordings, whose transforms are those of ``grid``.
    threads : int
        For features computed on the processor.

    Raises
    ------
    ParameterError
        For a sample rate too far from the model's.
    """

    def __init__(self, model: PhaseModel, sample_rate: int, *, threads: int = 2) -> None:
        self.model = model
        self.grid: ModelGrid = model_grid(model.configs[0], sample_rate)
        self._threads = max(threads, 1)
        self._device = torch.device(model.device)
        self._channels = model.configs[0].channels
        self._hop = model.configs[0].hop_size

    @property
    def reach(self) -> int:
        """How many frames before and after a frame have a part in its estimate; of phases one more before."""
        return max(config.context for config in self.model.configs)

    def frames(self, recording: Recording, first: int, last: int) -> Spectrum:
        """Return frames ``first`` to ``last`` of a recording and those around them, as ``inputs`` takes them."""
        return self.spectrum(recording, first - self.reach - 1, last + self.reach)

    def spectrum(self, recording: Recording, first: int, last: int) -> Spectrum:
        """Return frames complex64 [channels, bins, last - first]; before the first and after the last is silence."""
        sizes = {"fft_size": self.grid.fft_size, "hop_size": self.grid.hop_size}
        inside = max(first, 0), min(last, frame_count(recording.length, **sizes))
        x = transform_frames(recording.read(*frame_span(*inside, **sizes)), **sizes, threads=self._threads)
        around = (inside[0] - first, last - inside[1])
        return np.pad(x, ((0, 0), (0, 0), around)) if any(around) else x

    def inputs(self, x: Spectrum) -> Inputs:
        """Return what the networks see of some frames.

        Parameters
        ----------
        x : complex64 array [channels, bins, 1 + reach + frames + reach]
            Frames of the mixture in the transform of ``grid``, with those around them; zeros before the first
            frame of the recording and after its last.
        """
        given = torch.from_numpy(_fitted(x, self.grid.model_bins)).to(self._device)
        amplitude = self._grouped(given[..., 1:].abs() * self.grid.scale)
        phases: dict[bool, dict[PhaseFeature, Tensor]] = {}
        for corrected in (True, False):
            heard = {kind for c in self.model.configs if c.corrected == corrected for kind in c.phase_kinds}
            kinds = [kind for kind in KINDS if kind in heard]
            if kinds:
                features = phase_features(
                    given[..., 1:],
                    hop_size=self._hop,
                    kinds=kinds,
                    corrected=corrected,
                    # Of a full-scale sinusoid, as in training: a stretch is then seen as in the whole recording.
                    reference=self.grid.fft_size / 4,
                    before=given[..., 0],
                    threads=self._threads,
                )
                phases[corrected] = {kind: self._grouped(f) for kind, f in zip(kinds, features, strict=True)}
        return Inputs(amplitude, phases, self.reach)

    def amplitudes(self, x: Spectrum) -> Iterator[Tensor]:
        """Yield the estimate of each network in the order of the model.

        Parameters
        ----------
        x : complex64 array
            As for ``inputs``.

        Yields
        ------
        float32 tensor [channels, bins, frames]
            At least 0, on the scale of ``x``.
        """
        return self.estimates(self.inputs(x), channels=x.shape[0])

    def estimates(self, inputs: Inputs, *, channels: int) -> Iterator[Tensor]:
        """Yield what ``amplitudes`` does, for inputs that are there."""
        networks = list(self.model.networks.values())
        at_once = self._threads if self._device.type == "cpu" else 1
        for first in range(0, len(networks), at_once):
            yield from self._estimated(networks[first : first + at_once], inputs, channels)

    def _estimated(self, networks: Sequence[PhaseNetwork], inputs: Inputs, channels: int) -> list[Tensor]:
        """Return the estimates of some networks, each on a thread of its own."""
        given = [inputs.of(network) for network in networks]
        found: dict[int, Tensor] = {}

        def work(first: int, last: int) -> None:
            # A mode of the thread, and nothing is yielded in it: it would be that of whoever asks for estimates.
            with torch.inference_mode():
                for index in range(first, last):
                    found[index] = self.restored(networks[index](*given[index], pad=False), channels=channels)

        with one_thread_each() if self._device.type == "cpu" else contextlib.nullcontext():
            over_rows(work, 0, len(networks), len(networks))
        return [found[index] for index in range(len(networks))]

    def restored(self, estimate: Tensor, *, channels: int) -> Tensor:
        """Return an estimate [groups, channels of the network, bins of the network, frames] as one of the recording."""
        grid = self.grid
        flat = estimate.flatten(0, 1) / grid.scale
        if len(flat) > channels:
            copies = flat[channels - 1 :].square().mean(dim=0, keepdim=True).sqrt()
            flat = torch.cat([flat[: channels - 1], copies])
        if grid.bins <= grid.model_bins:
            return flat[:, : grid.bins]
        top = flat[:, -grid.top_bins :].square().mean(dim=1, keepdim=True).sqrt()
        return torch.cat([flat, top.expand(-1, grid.bins - grid.model_bins, -1)], dim=1)

    def _grouped(self, values: Tensor) -> Tensor:
        """Return values [channels, ...] as [groups, channels of the network, ...]."""
        missing = -len(values) % self._channels
        if missing:
            values = torch.cat([values, values[-1:].expand(missing, *values.shape[1:])])
        return values.reshape(-1, self._channels, *values.shape[1:])


class Inputs:
    """Amplitudes [groups, channels, bins, frames] and phase features alike, with ``reach`` frames on either side."""

    def __init__(self, amplitude: Tensor, phases: dict[bool, dict[PhaseFeature, Tensor]], reach: int) -> None:
        self._amplitude = amplitude
        self._phases = phases
        self._reach = reach
        self._stacks: dict[tuple[bool, tuple[PhaseFeature, ...]], Tensor] = {}

    def of(self, network: PhaseNetwork) -> tuple[Tensor | None, Tensor | None]:
        """Return what one network is given: its amplitude and phase, as ``PhaseNetwork.forward`` takes them."""
        config = network.config
        cut = self._reach - config.context
        frames = slice(cut, self._amplitude.shape[-1] - cut)
        amplitude = self._amplitude[..., frames] if config.hears_amplitude else None
        if not config.phase_kinds:
            return amplitude, None
        return amplitude, self._stack(config.corrected, config.phase_kinds)[..., frames]

    def _stack(self, corrected: bool, kinds: tuple[PhaseFeature, ...]) -> Tensor:
        """Return features [groups, kinds, channels, bins, frames]; the networks of a model mostly want the same."""
        if (corrected, kinds) not in self._stacks:
            features = self._phases[corrected]
            self._stacks[corrected, kinds] = torch.stack([features[kind] for kind in kinds], dim=1)
        return self._stacks[corrected, kinds]


def _fitted(x: Spectrum, bins: int) -> npt.NDArray[Any]:
    """Return the bins that a network knows; those that the recording does not have are silent."""
    missing = bins - x.shape[1]
    return np.pad(x, ((0, 0), (0, missing), (0, 0))) if missing > 0 else np.ascontiguousarray(x[:, :bins])
