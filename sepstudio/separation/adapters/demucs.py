"""Demucs (Défossez, Rouard et al.) as a method, where the package ``demucs`` is installed.

The code of Demucs is under the MIT licence. Its pretrained weights are "provided only for scientific purposes"
according to its author; they are read from the caches where the package itself puts them, and never fetched here.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.separation.base import (
    MethodSpec,
    MissingMethod,
    Preset,
    Progress,
    RunContext,
    Separation,
)
from sepstudio.separation.parameters import param, validate

if TYPE_CHECKING:
    from sepstudio.separation.adapters.overlapping import Pass

# Longest shift of a pass: half a second, as in the package.
SHIFT_SECONDS = 0.5
SHORTEST_SEGMENT = 0.1


@dataclass(frozen=True)
class _Size:
    """What published networks take: seconds of a stretch, bytes of weights, and of a second of a pair of channels."""

    seconds: float
    weights: int
    second: int


# Measured with networks of these sizes, rounded up.
_TRANSFORMER, _HYBRID = _Size(7.8, 170 << 20, 95 << 20), _Size(44.0, 330 << 20, 65 << 20)
_SIZES = {"htdemucs_ft": (4, _TRANSFORMER), "hdemucs_mmi": (1, _HYBRID), "mdx": (4, _HYBRID), "mdx_extra": (4, _HYBRID)}


@dataclass(frozen=True)
class DemucsParams:
    """Parameters of Demucs; the defaults are those of its own command."""

    model: str = param(
        "htdemucs",
        label="Model",
        help="htdemucs, htdemucs_ft (four times as slow), htdemucs_6s (guitar and piano too), hdemucs_mmi, mdx, "
        "mdx_extra, or the path of a .th or .safetensors file.",
    )
    shifts: int = param(
        1, lo=0, hi=20, label="Shifts", help="Average as many separations, each shifted in time; 0 for one unshifted."
    )
    overlap: float = param(
        0.25, lo=0.0, hi=0.95, label="Overlap", help="What two stretches share; more is smoother and slower."
    )
    segment: float = param(
        0.0,
        lo=0.0,
        hi=120.0,
        unit="s",
        label="Stretch",
        help="Shorter needs less memory; 0 for what the model was made for.",
        advanced=True,
    )

    def __post_init__(self) -> None:
        validate(self)
        if 0 < self.segment < SHORTEST_SEGMENT:
            raise ParameterError("segment", self.segment, f"0 or at least {SHORTEST_SEGMENT} s")


class DemucsNetwork:
    """One network on a device.

    One call cannot be divided: a stretch of 8 s takes seconds on a processor, and it is only between two calls that a
    run can be cancelled. Long recordings are as many calls.
    """

    def __init__(self, network: Any, device: str, levels: tuple[float, float], segment: int) -> None:
        self._network = network
        self._device = device
        self._mean, self._deviation = levels[0], levels[1] + 1e-8
        self._segment = segment

    @property
    def stems(self) -> int:
        """How many stems it estimates."""
        return len(self._network.sources)

    def steps(self, source: AudioClip, start: int, stop: int) -> Generator[None, None, FloatArray]:
        """Estimate samples ``start`` to ``stop``; returns float32 [stems, channels, stop - start]."""
        import torch

        from sepstudio.separation.adapters.channels import grouped, ungrouped

        yield
        taken = self._taken(stop - start)
        begin = start - (taken - (stop - start)) // 2
        block = (source.read(begin, begin + taken) - np.float32(self._mean)) / np.float32(self._deviation)
        # Beyond its ends the recording is silent, and silence is not what lies at its mean.
        block[:, : max(-begin, 0)] = 0
        block[:, max(source.length - begin, 0) :] = 0
        mixture = torch.from_numpy(np.ascontiguousarray(grouped(block, self._network.audio_channels)))
        with torch.inference_mode():
            estimates = self._network(mixture.to(self._device)).cpu().numpy()
        surplus = (estimates.shape[-1] - (stop - start)) // 2
        trimmed = estimates[..., surplus : surplus + stop - start]
        stems: FloatArray = ungrouped(trimmed, source.channels) * np.float32(self._deviation) + np.float32(self._mean)
        return stems

    def _taken(self, length: int) -> int:
        """Return how many samples go in so that ``length`` come out."""
        # The transformer knows no other length than that of a stretch.
        if _is_transformer(self._network):
            return self._segment
        return int(self._network.valid_length(length)) if hasattr(self._network, "valid_length") else length


def separate(mixture: AudioClip, params: DemucsParams, *, context: RunContext) -> Generator[Progress, None, Separation]:
    """Separate a mixture by a model of Demucs.

    Parameters
    ----------
    mixture : AudioClip
        Any rate, length and number of channels: it is resampled to what the model takes, and pairs of channels are
        separated independently (a mono recording as two equal channels).
    params : DemucsParams
        Shifts are drawn with the seed of the context, so that a run can be repeated.
    context : RunContext
        The model runs on its device; stems go to its sink.

    Returns
    -------
    Separation
        The stems of the model at the mixture's own rate and level, and ``residual``: what they leave of it.

    Raises
    ------
    MissingToolError
        If the package cannot be loaded.
    CheckpointError
        If the weights have not been fetched, or are damaged.
    ParameterError
        For an unknown model, or a stretch that the model cannot take.
    DeviceError
        If the device is not there, or its memory is too small.
    """
    from sepstudio.io.resampled import at_rate
    from sepstudio.nn.devices import enough_memory, resolve_device
    from sepstudio.separation.adapters.caches import checked_hash, joint_hash
    from sepstudio.separation.adapters.demucs_files import find_bag, fitting_weights, load_network
    from sepstudio.separation.adapters.overlapping import Grid
    from sepstudio.separation.adapters.stretches import levels, stems_of
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    device = resolve_device(context.device, METHOD.devices)
    yield Progress(0.0, "loading the model")
    bag = find_bag(params.model)
    hashes, networks = [], []
    for path in bag.paths:
        hashes.append(checked_hash(path))
        yield Progress(0.0, "loading the model")
        with enough_memory(device):
            networks.append(load_network(path).to(device))
        yield Progress(0.0, "loading the model")
    source = at_rate(mixture, networks[0].samplerate)
    segment = _segment(params.segment, bag.segment, networks)
    measured = yield from levels(source)
    wrapped = [DemucsNetwork(network, device, measured, segment) for network in networks]
    passes = _passes(wrapped, fitting_weights(bag, networks), params.shifts, source.sample_rate, context.seed)
    grid = Grid.overlapping(segment, params.overlap)
    with enough_memory(device):
        stems = yield from stems_of(mixture, source, networks[0].sources, passes, grid, context)
    provenance = run_provenance(
        METHOD.id, params, context, started,
        packages=("demucs", "torch", "numpy"), device=device, notes=(bag.note,), model_hash=joint_hash(hashes),
    )  # fmt: skip
    return Separation(stems, provenance)


def _segment(wanted: float, of_bag: float | None, networks: Sequence[Any]) -> int:
    """Return the length of a stretch in samples."""
    longest = min((float(one.segment) for one in networks if _is_transformer(one)), default=float("inf"))
    if wanted > longest:
        raise ParameterError("segment", wanted, f"at most the {longest:g} s that this model was made for")
    own = min(longest, of_bag or min(float(one.segment) for one in networks))
    return int((wanted or own) * networks[0].samplerate)


def _is_transformer(network: Any) -> bool:
    return type(network).__name__ == "HTDemucs"


def _passes(
    networks: Sequence[DemucsNetwork], weights: Sequence[tuple[float, ...]], shifts: int, rate: int, seed: int
) -> list[Pass]:
    """Return every network with every shift: how much earlier it begins, drawn for each of them."""
    from sepstudio.separation.adapters.overlapping import Pass

    drawn = np.random.default_rng(seed).integers(0, int(SHIFT_SECONDS * rate) + 1, (len(networks), max(shifts, 1)))
    return [
        Pass(network, row, int(shift) if shifts else 0)
        for network, row, own in zip(networks, weights, drawn, strict=True)
        for shift in own
    ]


def _memory(mixture: AudioClip, params: DemucsParams, context: RunContext) -> int:
    del context
    networks, size = _SIZES.get(params.model, (1, _TRANSFORMER))
    pairs = -(-mixture.channels // 2)
    return int(networks * size.weights + pairs * (params.segment or size.seconds) * size.second)


METHOD = MethodSpec(
    id="demucs",
    title="Demucs",
    short="Demucs",
    summary="Drums, bass, other and vocals by a network of Défossez, Rouard et al. that you have installed.",
    params=DemucsParams,
    run=separate,
    memory=_memory,
    presets=(
        Preset("published", "As published", DemucsParams()),
        Preset("fine-tuned", "Fine-tuned, four networks", DemucsParams(model="htdemucs_ft")),
        Preset("six-stems", "Six stems", DemucsParams(model="htdemucs_6s")),
    ),
    devices=("cpu", "cuda"),
)


def offered() -> MethodSpec | MissingMethod:
    """Return the method where its package is installed; nothing of the package is loaded."""
    from sepstudio.separation.adapters.packages import is_installed

    return METHOD if is_installed("demucs") else MissingMethod(METHOD.id, METHOD.title, "demucs")
