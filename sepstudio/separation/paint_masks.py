"""From what networks say of bands to masks, and from masks to stems, in blocks of frames."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
import torch
from scipy.ndimage import uniform_filter1d
from torch import nn
from torch.nn import functional

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.spatial_kernels import normalise
from sepstudio.dsp.wiener import power
from sepstudio.io.clip import AudioClip
from sepstudio.nn.paint_network import BLOCK as COARSE
from sepstudio.nn.paint_network import MARGIN, PaintNetwork, bordered
from sepstudio.nn.torch_threads import one_thread_each
from sepstudio.separation.base import Matrix, RunContext
from sepstudio.separation.outputs import Output, open_output
from sepstudio.separation.paint_blocks import BLOCK, Blocks
from sepstudio.separation.paint_grid import Floats, PaintGrid
from sepstudio.separation.paint_prior import Prior
from sepstudio.separation.paint_usual import Usual
from sepstudio.separation.spatial import Covariances, SpatialModel

# Frames of a mask that is shown, at most: longer recordings are averaged.
SHOWN_FRAMES = 8192


@torch.no_grad()
def probabilities(networks: Sequence[nn.Module], maps: Floats, before: int, after: int, threads: int) -> list[Floats]:
    """Return what each network says: [sources, bands, frames].

    Parameters
    ----------
    maps : float32 [maps, bands, frames + before + after]
        Normalised.
    before, after : int
        Frames of the surroundings that are there, up to ``MARGIN[1]``; what is missing, at the ends of a recording,
        repeats the edge.
    """
    frames, bands = maps.shape[2] - before - after, maps.shape[1]
    extra = -frames % COARSE[1]
    padded = bordered(torch.from_numpy(maps)[None], (MARGIN[1] - before, MARGIN[1] - after + extra))
    said: list[Floats] = [np.zeros(0, np.float32)] * len(networks)

    def some(first: int, last: int) -> None:
        for number in range(first, last):
            with torch.no_grad():
                scores = functional.softmax(networks[number](padded), dim=1)
            said[number] = scores[0, :, :bands, :frames].numpy()

    with one_thread_each():
        over_rows(some, 0, len(networks), threads)
    return said


def answer_steps(
    networks: Sequence[PaintNetwork], prior: Prior | None, blocks: Blocks, usual: Usual, threads: int
) -> Generator[float, None, Floats]:
    """Return what networks say of a recording, float16 [sources, bands, frames]; yields the fraction done.

    It is the mean of the networks, joined with the prior if there is one.
    """
    heard = blocks.prior_answers(usual)
    found = None
    for start in blocks.starts:
        (first, _), stop = blocks.span(start), blocks.stop(start)
        after = min(stop + MARGIN[1], blocks.frames)
        maps = usual.normalised(blocks.maps(start)[..., : after - first])
        unheard = [prior.network] if prior is not None and start not in heard else []
        answers = probabilities([*networks, *unheard], maps, start - first, after - stop, threads)
        said = np.asarray(np.mean(answers[: len(networks)], axis=0), np.float32)
        if prior is not None:
            said = prior.joined(said, heard.setdefault(start, answers[-1]))
        if found is None:
            found = np.zeros((*said.shape[:2], blocks.frames), np.float16)
        found[..., start:stop] = said
        yield stop / blocks.frames
    return found if found is not None else np.zeros((0, blocks.grid.bands, 0), np.float16)


class StemMaker:
    """Makes the stems of a recording from what networks said of its bands."""

    def __init__(self, blocks: Blocks, said: Floats, context: RunContext, *, smoothing: int) -> None:
        self._blocks, self._context = blocks, context
        self._said, self._smoothing = said, smoothing

    def masks(self, first: int, stop: int) -> Floats:
        """Return the masks of some frames, which sum to 1: [sources, bins, frames]."""
        low, high = max(first - self._smoothing, 0), min(stop + self._smoothing, self._said.shape[2])
        said = self._said[..., low:high].astype(np.float32)
        if self._smoothing > 1:
            said = uniform_filter1d(said, self._smoothing, axis=2, mode="nearest")
        masks = self._blocks.grid.expanded(said[..., first - low : stop - low])
        masks /= masks.sum(axis=0)
        return masks

    def covariance_steps(self, model: SpatialModel, covariances: Covariances) -> Generator[float, None, Covariances]:
        """Return where sources sit between channels, learnt with the given covariances; yields the fraction done."""
        sums, counts = np.zeros_like(covariances), np.zeros(covariances.shape[:2])
        for start in self._blocks.starts:
            x, energies = self._block(start)
            floors, frames = model.first_floors, (0, x.shape[2])
            for _ in model.accumulate(x, energies, covariances, floors, sums, counts, frames, by_energy=True):
                yield start / self._blocks.frames
        new = np.empty_like(sums)
        normalise(sums, counts, new, 0, len(sums[0]))
        return new

    def emit_steps(
        self, names: Sequence[str], model: SpatialModel | None, covariances: Covariances | None
    ) -> Generator[float, None, dict[str, AudioClip]]:
        """Write the stems; without a model each channel is multiplied by the masks."""
        grid, threads = self._blocks.grid, self._context.threads
        sizes = {"fft_size": grid.fft_size, "hop_size": grid.hop_size}
        outputs = [open_output(self._context.sink, name, self._blocks.clip, **sizes) for name in names]
        for start in self._blocks.starts:
            if model is None or covariances is None:
                x = self._blocks.spectrum(start)
                images = self.masks(start, self._blocks.stop(start))[:, None] * x
            else:
                x, energies = self._block(start)
                images = model.estimates(x, energies, covariances, 0, x.shape[2])
            yield start / self._blocks.frames
            for half in (slice(0, BLOCK // 2), slice(BLOCK // 2, None)):
                _push(outputs, images[..., half], threads)
                yield self._blocks.stop(start) / self._blocks.frames
        return {name: output.finish() for name, output in zip(names, outputs, strict=True)}

    def _block(self, start: int) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.complex64]], Floats]:
        x = self._blocks.spectrum(start)
        masks = self.masks(start, self._blocks.stop(start))
        masks *= power(x) / np.float32(len(x))
        return x, masks


def _push(outputs: Sequence[Output], images: np.ndarray[tuple[int, ...], np.dtype[np.complex64]], threads: int) -> None:
    def push(first: int, last: int) -> None:
        for number in range(first, last):
            outputs[number].push(images[number])

    over_rows(push, 0, len(outputs), threads)


def mask_matrices(said: Floats, names: Sequence[str], grid: PaintGrid) -> dict[str, Matrix]:
    """Return the masks on the grid, by names that begin with ``mask``; those of long recordings are averaged."""
    joined = max(-(-said.shape[2] // SHOWN_FRAMES), 1)
    starts = np.arange(0, said.shape[2], joined)
    found = {}
    for name, mask in zip(names, said, strict=True):
        sums = np.add.reduceat(mask.astype(np.float32), starts, axis=1) if starts.size else mask.astype(np.float32)
        counts = np.diff(np.append(starts, said.shape[2]))
        seconds = (starts + (counts - 1) / 2) * (grid.hop_size / grid.sample_rate)
        found[f"mask {name}"] = Matrix(
            np.asarray(sums / counts, np.float32), ("frequency", "time"), (grid.hertz, seconds)
        )
    return found
