"""Open-Unmix (Stöter, Uhlich, Liutkus, Mitsufuji 2019) as a method, where the package ``openunmix`` is installed.

Its code is under the MIT licence; the weights of ``umxl`` are CC BY-NC-SA 4.0. They are read from the cache of
``torch.hub``, where the package itself puts them, and never fetched here.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

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
    from sepstudio.separation.adapters.openunmix_files import Files

SHORTEST_SEGMENT = 0.1
# Measured with networks of the size of umxl: weights of a target, and what a second of a pair of channels takes.
WEIGHT_BYTES, SECOND_BYTES = 120 << 20, 12 << 20


@dataclass(frozen=True)
class OpenUnmixParams:
    """Parameters of Open-Unmix; the defaults are those of its own command, but for the stretches."""

    model: str = param(
        "umxl",
        label="Model",
        help="umxl, umxhq, umx, umxse (speech from noise), or the path of a folder with separator.json.",
    )
    targets: str = param("", label="Targets", help="Such as 'vocals, drums'; empty for all that the model knows.")
    iterations: int = param(
        1, lo=0, hi=20, label="Wiener iterations", help="More leave less of the other sources and more artefacts."
    )
    model_residual: bool = param(
        False,
        label="Model the residual",
        help="Let what no target explains take part in the Wiener filter, as it always does beside a single target.",
    )
    wiener_frames: int = param(
        300,
        lo=10,
        hi=10000,
        unit="frames",
        label="Wiener window",
        help="Where each source sits between the channels is learnt anew after so many frames.",
        advanced=True,
    )
    segment: float = param(
        20.0,
        lo=SHORTEST_SEGMENT,
        hi=600.0,
        unit="s",
        label="Stretch",
        help="The network sees so much of the recording at once; longer needs more memory.",
        advanced=True,
    )
    overlap: float = param(
        0.25, lo=0.0, hi=0.9, label="Overlap", help="What two stretches share, to fade over.", advanced=True
    )

    def __post_init__(self) -> None:
        validate(self)

    @property
    def target_names(self) -> tuple[str, ...]:
        """The targets one by one; none for all."""
        return tuple(dict.fromkeys(name.strip() for name in self.targets.split(",") if name.strip()))


class OpenUnmixNetworks:
    """The networks of all targets, their transform and the Wiener filter of the package, on a device.

    A network runs over a whole stretch in one call, and the filter over a window: either takes about a second for
    ``umxl`` on one core with the defaults. It is between them that a run can be cancelled.
    """

    def __init__(self, networks: Mapping[str, Any], files: Files, params: OpenUnmixParams, device: str) -> None:
        from sepstudio.separation.adapters.packages import load

        self._width = next(iter(networks.values())).fc1.in_features // next(iter(networks.values())).nb_bins
        self._separator = load("openunmix.model", "openunmix").Separator(
            dict(networks),
            sample_rate=files.sample_rate,
            n_fft=files.fft_size,
            n_hop=files.hop_size,
            nb_channels=self._width,
        )
        self._separator.to(device).freeze()
        self._wiener = load("openunmix.filtering", "openunmix").wiener
        self._params = params
        self._device = device
        self._shortest = 2 * files.fft_size

    @property
    def stems(self) -> int:
        """How many stems it estimates."""
        return len(self._separator.target_models)

    def steps(self, source: AudioClip, start: int, stop: int) -> Generator[None, None, FloatArray]:
        """Estimate samples ``start`` to ``stop``; returns float32 [stems, channels, stop - start]."""
        import torch

        from sepstudio.separation.adapters.channels import grouped, ungrouped

        # The last stretch may be too short for a transform, and for a network that needs to have heard something.
        begin = min(start, max(stop - self._shortest, 0))
        end = max(stop, begin + self._shortest)
        audio = torch.from_numpy(np.ascontiguousarray(grouped(source.read(begin, end), self._width)))
        mixture = self._separator.stft(audio.to(self._device))
        energies = self._separator.complexnorm(mixture)
        spectrograms = []
        for network in self._separator.target_models.values():
            yield
            with torch.inference_mode():
                spectrograms.append(network(energies.clone()))
        # [groups, frames, bins, channels, targets] and [groups, frames, bins, channels, 2], as the filter takes them.
        stacked = torch.stack(spectrograms, dim=-1).permute(0, 3, 2, 1, 4)
        filtered = yield from self._filtered(stacked, mixture.permute(0, 3, 2, 1, 4))
        with torch.inference_mode():
            estimates = self._separator.istft(filtered, length=end - begin).cpu().numpy()
        return ungrouped(estimates[..., start - begin : stop - begin], source.channels)

    def _filtered(self, spectrograms: Any, mixture: Any) -> Generator[None, None, Any]:
        """Return the spectra of the targets [groups, targets, channels, bins, frames, 2]."""
        import torch

        params = self._params
        # A filter needs something to tell the target from.
        residual = params.model_residual or (self.stems == 1 and params.iterations > 0)
        groups = []
        for estimates, observed in zip(spectrograms, mixture, strict=True):
            windows = []
            for first in range(0, len(observed), params.wiener_frames):
                yield
                window = slice(first, first + params.wiener_frames)
                with torch.inference_mode():
                    windows.append(
                        self._wiener(estimates[window], observed[window], params.iterations, residual=residual)[
                            ..., : self.stems
                        ]
                    )
            groups.append(torch.cat(windows))
        return torch.stack(groups).permute(0, 5, 3, 2, 1, 4).contiguous()


def separate(
    mixture: AudioClip, params: OpenUnmixParams, *, context: RunContext
) -> Generator[Progress, None, Separation]:
    """Separate a mixture by a model of Open-Unmix.

    Parameters
    ----------
    mixture : AudioClip
        Any rate, length and number of channels: it is resampled to what the model takes, and pairs of channels are
        separated independently (a mono recording as two equal channels).
    params : OpenUnmixParams
        A recording that is no longer than a stretch gives what the package gives; longer ones are separated in
        stretches that fade into one another, where the package takes them whole.
    context : RunContext
        The model runs on its device; stems go to its sink.

    Returns
    -------
    Separation
        The targets at the mixture's own rate and level, and ``residual``: what they leave of it.

    Raises
    ------
    MissingToolError
        If the package, or torchaudio, which it needs, cannot be loaded.
    CheckpointError
        If the weights have not been fetched, or are damaged.
    ParameterError
        For an unknown model or target.
    DeviceError
        If the device is not there, or its memory is too small.
    """
    from sepstudio.io.resampled import at_rate
    from sepstudio.nn.devices import enough_memory, resolve_device
    from sepstudio.separation.adapters.caches import checked_hash, joint_hash
    from sepstudio.separation.adapters.openunmix_files import find_files, load_network
    from sepstudio.separation.adapters.overlapping import Grid, Pass
    from sepstudio.separation.adapters.stretches import stems_of
    from sepstudio.separation.provenance import run_provenance

    started = time.perf_counter()
    device = resolve_device(context.device, METHOD.devices)
    yield Progress(0.0, "loading the model")
    files = find_files(params.model, params.target_names)
    hashes, loaded = [], {}
    for target, path in files.paths.items():
        hashes.append(checked_hash(path))
        yield Progress(0.0, "loading the model")
        loaded[target] = load_network(path)
        yield Progress(0.0, "loading the model")
    source = at_rate(mixture, files.sample_rate)
    segment = int(params.segment * files.sample_rate)
    grid = Grid.overlapping(segment, params.overlap if source.length > segment else 0.0)
    with enough_memory(device):
        networks = OpenUnmixNetworks(loaded, files, params, device)
        passes = [Pass(networks, (1.0,) * networks.stems)]
        stems = yield from stems_of(mixture, source, tuple(loaded), passes, grid, context)
    provenance = run_provenance(
        METHOD.id, params, context, started,
        packages=("openunmix", "torch", "numpy"), device=device, notes=(files.note,), model_hash=joint_hash(hashes),
    )  # fmt: skip
    return Separation(stems, provenance)


def _memory(mixture: AudioClip, params: OpenUnmixParams, context: RunContext) -> int:
    del context
    targets = len(params.target_names) or 4
    groups = -(-mixture.channels // 2)
    seconds = min(params.segment, mixture.duration)
    return int(targets * (WEIGHT_BYTES + groups * seconds * SECOND_BYTES))


METHOD = MethodSpec(
    id="openunmix",
    title="Open-Unmix",
    short="Open-Unmix",
    summary="Vocals, drums, bass and other by networks of Stöter, Uhlich et al. that you have installed.",
    params=OpenUnmixParams,
    run=separate,
    memory=_memory,
    presets=(
        Preset("published", "As published", OpenUnmixParams()),
        Preset("vocals", "Vocals and the rest", OpenUnmixParams(targets="vocals")),
    ),
    devices=("cpu", "cuda"),
)


def offered() -> MethodSpec | MissingMethod:
    """Return the method where its package is installed; nothing of the package is loaded."""
    from sepstudio.separation.adapters.packages import is_installed

    return METHOD if is_installed("openunmix") else MissingMethod(METHOD.id, METHOD.title, "openunmix")
