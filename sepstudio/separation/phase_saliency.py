"""What a network looked at: how much each amplitude and each phase feature around a point had a part in an estimate.

Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", 2017, eq. 1 and 3): the
gradient of the estimate with respect to the inputs, averaged along the straight line from silence (all amplitudes and
features 0) to what was there, times what was there. The parts sum to the estimate less that of silence. That is
why they are taken instead of a single gradient times the input, which sums to nothing in particular in a
network with biases, as those of the normalisation are. The estimate is that before the last ReLU, so that points
where a network finds nothing can be looked at too.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import frame_count
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip

if TYPE_CHECKING:
    from torch import Tensor

    from sepstudio.dsp.phase import PhaseFeature
    from sepstudio.nn.phase_estimates import Estimator
    from sepstudio.nn.phase_models import PhaseModel
    from sepstudio.nn.phase_network import PhaseNetwork

Floats = npt.NDArray[np.float32]

STEPS = 64
# Points of the line that one step takes: some 30 ms with a small model.
_BATCH = 16


@dataclass(frozen=True, eq=False)
class Saliency:
    """The parts of the inputs around a point in one estimate at it.

    Parameters
    ----------
    instrument : str
    bin, frame : int
        The point, in the transform that the model has of the mixture (``nn.phase_grid``).
    seconds : float64 array [frames]
        Times of the frames of the context; the middle one is that of the point. Frames before the beginning of the
        mixture and after its end are silent.
    hertz : float64 array [bins]
    amplitude : float32 array [frames, bins]
        Part of each amplitude, summed over channels, on the scale of ``estimate``: above 0 where it speaks for the
        instrument, below 0 where against. All 0 for a network of phases.
    phases : mapping of kind of phase feature to float32 array [frames, bins]
        Part of each feature that the network hears; empty for a network of amplitudes.
    amplitude_share, phase_share : float, in [0, 1]
        Shares in the sum of all absolute parts, of each channel by itself; they sum to 1. Both 0.5 where no input
        has any part though the network hears both.
    estimate, silence : float
        The estimate before the last ReLU, a mean over the channels in question, and that of silence. The sum of all
        parts is their difference.
    """

    instrument: str
    bin: int
    frame: int
    seconds: npt.NDArray[np.float64]
    hertz: npt.NDArray[np.float64]
    amplitude: Floats
    phases: Mapping[PhaseFeature, Floats]
    amplitude_share: float
    phase_share: float
    estimate: float
    silence: float


def saliency_steps(
    model: PhaseModel,
    mixture: AudioClip,
    instrument: str,
    *,
    seconds: float,
    hertz: float,
    channels: Sequence[int] | None = None,
    steps: int = STEPS,
) -> Generator[float, None, Saliency]:
    """Look at one estimate of a network; yields the fraction done.

    Parameters
    ----------
    model : PhaseModel
    mixture : AudioClip
        Only the frames of the context are read.
    instrument : str
        One of the model's.
    seconds, hertz : float
        The point of the mixture; the nearest frame and bin are taken.
    channels : sequence of int, optional
        Of which channels the estimates are averaged; all of them if None.
    steps : int
        Points of the line from silence at which the gradient is taken (midpoint rule).

    Raises
    ------
    ParameterError
        For an instrument that the model does not have, a point or channels that are not there, and frequencies
        above those that the model knows.
    """
    import torch

    from sepstudio.nn.phase_estimates import Estimator

    if instrument not in model.networks:
        raise ParameterError("instrument", instrument, "one of " + ", ".join(model.networks))
    if steps < 1:
        raise ParameterError("steps", steps, "1 or more")
    wanted = tuple(range(mixture.channels)) if channels is None else tuple(channels)
    if not wanted or any(not 0 <= channel < mixture.channels for channel in wanted):
        raise ParameterError("channels", wanted, f"some of the {mixture.channels}, counted from 0")
    estimator = Estimator(model, mixture.sample_rate, threads=1)
    index, frame = _point(estimator, mixture, seconds, hertz)
    yield 0.0
    network = model.networks[instrument]
    inputs = estimator.inputs(estimator.frames(mixture, frame, frame + 1)).of(network)
    given = [x for x in inputs if x is not None]
    probe = _Probe(estimator, network, index, _copies(wanted, mixture.channels, network))
    totals = [torch.zeros_like(x) for x in given]
    for first in range(0, steps, _BATCH):
        places = (torch.arange(first, min(first + _BATCH, steps), device=model.device) + 0.5) / steps
        for total, gradient in zip(totals, probe.gradients(given, places), strict=True):
            total += gradient
        yield (first + len(places)) / (steps + 1)
    parts = [total * x / steps for total, x in zip(totals, given, strict=True)]
    with torch.no_grad():
        estimate, silence = probe.estimates([torch.stack([x, 0 * x]) for x in given]).tolist()
    return _summed(estimator, network, mixture, (index, frame), parts, (estimate, silence))


class _Probe:
    """One number that a network estimates, as a function of its inputs [groups, ...]."""

    def __init__(self, estimator: Estimator, network: PhaseNetwork, index: int, wanted: Sequence[int]) -> None:
        self._network = network
        self._scale = estimator.grid.scale
        self._index = index
        self._wanted = list(wanted)

    def estimates(self, inputs: Sequence[Tensor]) -> Tensor:
        """Return the mean over channels of the estimate at the point, for each of inputs [points, groups, ...]."""
        config = self._network.config
        flat = [x.flatten(0, 1) for x in inputs]
        amplitude, phase = (flat[0] if config.hears_amplitude else None, flat[-1] if config.phase_kinds else None)
        out = self._network.unclipped(amplitude, phase, pad=False)[:, :, self._index, 0]
        return out.reshape(len(inputs[0]), -1)[:, self._wanted].mean(dim=1) / self._scale

    def gradients(self, inputs: Sequence[Tensor], places: Tensor) -> list[Tensor]:
        """Return the sums of the gradients at some places of the line from silence (0) to the inputs (1)."""
        import torch

        points = [(places.reshape(-1, *[1] * x.ndim) * x).requires_grad_() for x in inputs]
        with torch.enable_grad():
            found = torch.autograd.grad(self.estimates(points).sum(), points)
        return [gradient.sum(dim=0) for gradient in found]


def _copies(wanted: Sequence[int], channels: int, network: PhaseNetwork) -> list[int]:
    """Return channels, and those in which the network is given the last one again (``nn.phase_estimates``)."""
    missing = -channels % network.config.channels
    return [*wanted, *(range(channels, channels + missing) if channels - 1 in wanted else ())]


def _point(estimator: Estimator, mixture: AudioClip, seconds: float, hertz: float) -> tuple[int, int]:
    grid = estimator.grid
    frames = frame_count(mixture.length, fft_size=grid.fft_size, hop_size=grid.hop_size)
    frame = round(seconds * grid.sample_rate / grid.hop_size)
    if not 0 <= frame < frames:
        raise ParameterError("time", f"{seconds:.3f} s", f"within the mixture, 0 to {mixture.duration:.3f} s")
    index = round(hertz * grid.fft_size / grid.sample_rate)
    if not 0 <= index < grid.shared_bins:
        top = (grid.shared_bins - 1) * grid.sample_rate / grid.fft_size
        raise ParameterError("frequency", f"{hertz:.0f} Hz", f"0 to {top:.0f} Hz, which the model knows")
    return index, frame


def _summed(
    estimator: Estimator,
    network: PhaseNetwork,
    mixture: AudioClip,
    point: tuple[int, int],
    parts: Sequence[Tensor],
    estimates: tuple[float, float],
) -> Saliency:
    """Sum the parts [groups, (kinds,) channels, bins, frames] of inputs over channels."""
    config, grid = network.config, estimator.grid
    context = config.context
    shape = (2 * context + 1, grid.shared_bins)
    amplitude, phases = np.zeros(shape, np.float32), {}
    weights = {"amplitude": 0.0, "phase": 0.0}
    if config.hears_amplitude:
        amplitude = parts[0].sum(dim=(0, 1))[: shape[1]].T.cpu().numpy()
        weights["amplitude"] = float(parts[0].abs().sum())
    if config.phase_kinds:
        found = parts[-1].sum(dim=(0, 2))[:, : shape[1]]
        phases = {kind: part.T.cpu().numpy() for kind, part in zip(config.phase_kinds, found, strict=True)}
        weights["phase"] = float(parts[-1].abs().sum())
    share = _share(weights["amplitude"], weights["phase"], network)
    index, frame = point
    return Saliency(
        instrument=config.instrument,
        bin=index,
        frame=frame,
        seconds=(frame + np.arange(-context, context + 1)) * grid.hop_size / mixture.sample_rate,
        hertz=np.arange(shape[1]) * mixture.sample_rate / grid.fft_size,
        amplitude=amplitude,
        phases=phases,
        amplitude_share=share,
        phase_share=1.0 - share,
        estimate=estimates[0],
        silence=estimates[1],
    )


def _share(amplitude: float, phase: float, network: PhaseNetwork) -> float:
    """Return the share of amplitudes."""
    if amplitude + phase > 0:
        return amplitude / (amplitude + phase)
    if not network.config.phase_kinds:
        return 1.0
    return 0.5 if network.config.hears_amplitude else 0.0
