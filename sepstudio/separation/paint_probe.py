"""What a network that learned from strokes makes of one point: its maps around it, layer by layer."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from sepstudio.dsp.stft import frame_count
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip
from sepstudio.io.levels import peak_steps
from sepstudio.nn.layers import Subsample
from sepstudio.nn.paint_network import BLOCK, MARGIN, PaintNetwork
from sepstudio.nn.torch_threads import one_thread_each
from sepstudio.separation.base import Matrix
from sepstudio.separation.paint_grid import Floats, PaintGrid
from sepstudio.separation.paint_maps import REACH, MapMaker
from sepstudio.separation.paint_params import PaintParams
from sepstudio.separation.paint_prior import Prior, usual_music
from sepstudio.separation.paint_snapshots import SHARES, Earlier, earlier_of

INPUTS, LABELS, PROBABILITIES = "inputs", "labels", "probabilities"
# Bands and frames that are shown: a multiple of what the network joins.
VIEW = 16
_REMEDY = "separate with Paint again, then look inside"


@dataclass(frozen=True)
class _View:
    """The bands and frames that are shown, ``VIEW`` of each from ``band`` and ``frame`` on."""

    band: int
    frame: int

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """The bands that the network needs for it; some may lie beyond the grid."""
        return np.arange(self.band - MARGIN[0], self.band + VIEW + MARGIN[0])

    @property
    def columns(self) -> npt.NDArray[np.int64]:
        """The frames that the network needs for it; some may lie beyond the recording."""
        return np.arange(self.frame - MARGIN[1], self.frame + VIEW + MARGIN[1])


def feature_map_steps(
    mixture: AudioClip, params: Any, matrices: Mapping[str, Matrix], seconds: float, hertz: float
) -> Generator[float, None, dict[str, Matrix]]:
    """Look at a point with the networks of a finished run; yields the fraction done.

    Parameters
    ----------
    mixture : AudioClip
        The stretch that was separated.
    params : PaintParams
        With what it was separated.
    matrices : mapping
        What the run kept, among it its weights.
    seconds, hertz : float
        The point, in seconds of the mixture; the nearest cell of the grid counts.

    Returns
    -------
    dict
        By layer in the order of computing, from ``inputs`` to ``labels``: the maps of the first network around the
        point, float32 [maps, frequency, time]; what it makes of the surroundings is what it made of them in the run.
        ``labels`` holds the probability of each source there and ``probabilities`` [sources] that at the point
        itself, both as the mean of all networks, joined with the prior if the run had one.

    Raises
    ------
    MissingInputError
        If the run has no networks, or such as this version cannot take up.
    """
    earlier = earlier_of(matrices)
    if earlier is None or not isinstance(params, PaintParams):
        raise MissingInputError("Look inside", "this run has kept no network", _REMEDY)
    grid = PaintGrid(mixture.sample_rate, params.fft_size, params.hop_size)
    frames = frame_count(mixture.length, fft_size=params.fft_size, hop_size=params.hop_size)
    peak = yield from peak_steps(mixture)
    loudest = mixture.channels * (max(peak, 1e-9) * params.fft_size / 4) ** 2
    maker = MapMaker(grid, mixture.channels, loudest, params.phases, 1)
    networks = _networks(earlier, maker)
    frame = min(max(round(seconds * grid.sample_rate / grid.hop_size), 0), frames - 1)
    band = int(np.abs(grid.hertz - hertz).argmin())
    view = _View(_aligned(band, BLOCK[0], grid.bands), _aligned(frame, BLOCK[1], frames))
    x = torch.from_numpy(_seen(mixture, maker, earlier, view, frames))[None]
    with one_thread_each(), torch.no_grad():
        layers = _layers(networks[0], x)
        said = torch.stack([functional.softmax(network(x), dim=1)[0] for network in networks]).mean(dim=0)
        prior = _prior(matrices, params, maker)
        if prior is not None:
            classes = functional.softmax(prior.network(x), dim=1)[0]
            said = torch.from_numpy(prior.joined(said.numpy(), classes.numpy()))
    layers[LABELS] = (said, (1, 1))
    names = {INPUTS: earlier.names, LABELS: earlier.sources}
    found = {name: _matrix(*layer, names.get(name), grid, view) for name, layer in layers.items()}
    here = said[:, band - view.band, frame - view.frame].numpy()
    return {**found, PROBABILITIES: Matrix(here, ("sources",), (earlier.sources,))}


def _networks(earlier: Earlier, maker: MapMaker) -> list[PaintNetwork]:
    """Make the networks of a run anew from their weights."""
    networks = []
    for state in earlier.states:
        generator = torch.Generator()
        network = PaintNetwork(len(earlier.names), len(earlier.sources), hidden=earlier.hidden, generator=generator)
        try:
            network.load_state_dict(state)
        except RuntimeError as error:
            raise MissingInputError("Look inside", "the network of this run is of another version", _REMEDY) from error
        networks.append(network.eval())
    if earlier.names != maker.names:
        raise MissingInputError("Look inside", "the network of this run saw other maps", _REMEDY)
    return networks


def _prior(matrices: Mapping[str, Matrix], params: PaintParams, maker: MapMaker) -> Prior | None:
    """Return the prior as the run had it."""
    shares = matrices.get(SHARES)
    network = usual_music(maker.names, maker.grid) if shares is not None else None
    if shares is None or network is None:
        return None
    return Prior(network, np.asarray(shares.values, np.float32), params.prior)


def _aligned(place: int, block: int, count: int) -> int:
    """Return where a view with a place near its middle begins, on the blocks that the network joins."""
    last = max(-(-count // block) * block - VIEW, 0)
    return min(max((place - VIEW // 2) // block * block, 0), last)


def _seen(mixture: AudioClip, maker: MapMaker, earlier: Earlier, view: _View, frames: int) -> Floats:
    """Return what the networks see of a view [maps, bands, frames], the edges of the recording repeated."""
    columns = np.clip(view.columns, 0, frames - 1)
    first, stop = int(columns[0]), int(columns[-1]) + 1
    low, high = max(first - REACH, 0), min(stop + REACH, frames)
    maps = maker.maps(maker.grid.spectrum(mixture, low, high, 1))[..., first - low : stop - low]
    rows = np.clip(view.rows, 0, maker.grid.bands - 1)
    return np.ascontiguousarray(earlier.usual.normalised(maps)[:, rows][:, :, columns - first])


def _layers(network: PaintNetwork, x: Tensor) -> dict[str, tuple[Tensor, tuple[int, int]]]:
    """Return the maps of the input and of each layer, and how many bands and frames a cell of them joins."""
    found = {INPUTS: (x[0], (1, 1))}
    # Layers after one that joins cells have its cells, until these are tiled again.
    joined: list[tuple[Tensor, tuple[int, int]]] = []

    def keep(name: str, layer: nn.Module, given: Sequence[Tensor], made: Tensor) -> None:
        before = next((size for maps, size in joined if maps is given[0]), (1, 1))
        size = layer.block if isinstance(layer, Subsample) else before
        joined.append((made, size))
        found[name] = (made[0], size)

    hooks = [
        layer.register_forward_hook(lambda layer, given, made, name=name: keep(name, layer, given, made))
        for name, layer in network.named_children()
    ]
    try:
        network(x)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _matrix(maps: Tensor, size: tuple[int, int], names: tuple[str, ...] | None, grid: PaintGrid, view: _View) -> Matrix:
    """Return maps with their places, without what lies farther out than the view; all are centred on its middle."""
    values = maps
    places: list[npt.NDArray[np.float64]] = []
    for axis, (first, step) in enumerate(zip((view.band, view.frame), size, strict=True), 1):
        middle, count = first + (VIEW - 1) / 2, maps.shape[axis]
        centres = middle + (np.arange(count) - (count - 1) / 2) * step
        kept = np.flatnonzero((centres >= first) & (centres <= first + VIEW - 1))
        values = values.narrow(axis, int(kept[0]), len(kept))
        places.append(np.asarray(centres[kept], np.float64))
    hertz = np.asarray(np.interp(places[0], np.arange(grid.bands), grid.hertz), np.float64)
    seconds = places[1] * (grid.hop_size / grid.sample_rate)
    numbered = tuple(f"map {number}" for number in range(1, len(maps) + 1))
    return Matrix(values.numpy().copy(), ("map", "frequency", "time"), (names or numbered, hertz, seconds))
