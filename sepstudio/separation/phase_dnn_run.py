"""Drives the networks of a model and the Wiener filter over a recording, in blocks that change nothing.

A recording is worked on in blocks of a fixed number of frames, counted from its first one, however
much memory there is. Each block sees the frames around it that its estimates depend on, and
covariances are summed over all blocks before they are used. Where the memory budget allows it spectra and
estimates of all blocks are kept from one pass to the next, else computed again: the same operations on the
same numbers, so the result is the same bit for bit.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.spatial_kernels import normalise
from sepstudio.dsp.stft import frame_count
from sepstudio.dsp.wiener import power
from sepstudio.io.clip import AudioClip
from sepstudio.nn.phase_estimates import Estimator
from sepstudio.separation.base import Progress, RunContext
from sepstudio.separation.outputs import Output, open_output
from sepstudio.separation.spatial import Covariances, Energies, SpatialModel, Spectrum

# Frames of a block: long against the context of a network, and worked on in steps of less than 100 ms.
BLOCK = 256
# Cost of the parts of a run per frame, relative to one transform; only the progress bar needs it.
SCAN, ESTIMATE, GATHER, EMIT = 1.0, 12.0, 2.0, 6.0


@dataclass(frozen=True)
class Plan:
    """What a run does: ``stems`` names them and the sources that each is the sum of, counted as the networks are.

    With ``leftover`` one more source, the last, takes the energy that the networks leave.
    """

    stems: tuple[tuple[str, tuple[int, ...]], ...]
    networks: int
    leftover: bool
    iterations: int
    spatial: bool

    @property
    def sources(self) -> int:
        """How many sources share the mixture."""
        return self.networks + self.leftover


@dataclass(frozen=True)
class Block:
    """Frames of the mixture ``x`` [channels, bins, frames] and what the networks say of them.

    ``s`` are energies [sources, bins, frames], or with ``Plan.iterations`` 0 amplitudes [sources, channels,
    bins, frames].
    """

    x: Spectrum
    s: Energies


class PhaseDnnRun:
    """One run: ``go`` yields progress and returns the clips of the stems by name."""

    def __init__(self, clip: AudioClip, estimator: Estimator, plan: Plan, context: RunContext) -> None:
        self._clip = clip
        self._estimator = estimator
        self._plan = plan
        self._context = context
        grid = estimator.grid
        self._sizes = {"fft_size": grid.fft_size, "hop_size": grid.hop_size}
        self._bins = grid.bins
        self._frames = frame_count(clip.length, **self._sizes)
        self._kept: dict[int, Block] = {}
        self._done = 0.0
        self.notes: list[str] = []

    def go(self) -> Generator[Progress, None, dict[str, AudioClip]]:
        """Run to the end."""
        plan = self._plan
        gathers = plan.iterations if plan.spatial and self._clip.channels > 1 else 0
        keeps = gathers > 0 and self._fits()
        if gathers and not keeps:
            self.notes.append(f"streamed in blocks of {BLOCK} frames, estimated {gathers + 1} times")
        rounds = 1 if keeps else gathers + 1
        self._total = self._frames * (SCAN + ESTIMATE * rounds + GATHER * gathers + EMIT)
        outputs = [open_output(self._context.sink, name, self._clip, **self._sizes) for name, _ in plan.stems]
        peak = yield from self._scan()
        if peak > 0.0:
            model = SpatialModel(
                sources=plan.sources, channels=self._clip.channels, peak=peak, threads=self._context.threads
            )
            covariances = model.identity(self._bins)
            for number in range(gathers):
                covariances = yield from self._gather(model, covariances, f"covariances {number + 1}", keeps)
            yield from self._emit(model, covariances, outputs)
        return {name: output.finish() for (name, _), output in zip(plan.stems, outputs, strict=True)}

    # -- passes ------------------------------------------------------------------------------

    def _scan(self) -> Generator[Progress, None, float]:
        """Return the largest energy of all channels together."""
        peak = 0.0
        for first, last in self._blocks():
            peak = max(peak, float(power(self._estimator.spectrum(self._clip, first, last)).max(initial=0.0)))
            yield self._progress(SCAN * (last - first), "level", last / self._frames)
        return peak

    def _gather(
        self, model: SpatialModel, known: Covariances, stage: str, keeps: bool
    ) -> Generator[Progress, None, Covariances]:
        """Return the covariances of the images that follow from the known ones, over all blocks."""
        sums = np.zeros_like(known)
        counts = np.zeros(sums.shape[:2])
        for first, last in self._blocks():
            block = yield from self._block(first, last)
            if keeps:
                self._kept[first] = block
            totals = (model.first_floors, sums, counts, (0, last - first))
            for _ in model.accumulate(block.x, block.s, known, *totals, by_energy=True):
                yield self._progress(0.0, stage, first / self._frames)
            yield self._progress(GATHER * (last - first), stage, last / self._frames)
        new = np.empty_like(sums)
        normalise(sums, counts, new, 0, self._bins)
        return new

    def _emit(self, model: SpatialModel, covariances: Covariances, outputs: Sequence[Output]) -> Iterator[Progress]:
        for first, last in self._blocks():
            block = yield from self._block(first, last)
            self._kept.pop(first, None)
            images = self._images(model, covariances, block)
            yield self._progress(EMIT / 2 * (last - first), "filter", last / self._frames)

            def push(start: int, stop: int, images: Spectrum = images) -> None:
                for (_, sources), output in zip(self._plan.stems[start:stop], outputs[start:stop], strict=True):
                    output.push(images[sources[0]] if len(sources) == 1 else images[list(sources)].sum(axis=0))

            over_rows(push, 0, len(outputs), self._context.threads)
            yield self._progress(EMIT / 2 * (last - first), "stems", last / self._frames)

    def _images(self, model: SpatialModel, covariances: Covariances, block: Block) -> Spectrum:
        """Return the images of all sources, complex64 [sources, channels, bins, frames]."""
        if self._plan.iterations:
            return model.estimates(block.x, block.s, covariances, 0, block.x.shape[2])
        # Ratios of amplitudes, channel by channel: the same formula with amplitudes in place of energies.
        alone = SpatialModel(sources=model.sources, channels=1, peak=model.peak**0.5, threads=model.threads)
        one = alone.identity(self._bins)
        parts = [
            alone.estimates(x[None], np.ascontiguousarray(s), one, 0, x.shape[1])
            for x, s in zip(block.x, block.s.swapaxes(0, 1), strict=True)
        ]
        return np.concatenate(parts, axis=1)

    # -- blocks ------------------------------------------------------------------------------

    def _blocks(self) -> Iterator[tuple[int, int]]:
        for first in range(0, self._frames, BLOCK):
            yield first, min(first + BLOCK, self._frames)

    def _block(self, first: int, last: int) -> Generator[Progress, None, Block]:
        if first in self._kept:
            return self._kept[first]
        before = self._estimator.reach + 1
        x = self._estimator.frames(self._clip, first, last)
        inner = np.ascontiguousarray(x[..., before : before + last - first])
        s = yield from self._sources(x, inner, last / self._frames)
        return Block(inner, s)

    def _sources(self, x: Spectrum, inner: Spectrum, fraction: float) -> Generator[Progress, None, Energies]:
        """Return what the networks estimate: energies of all channels together, or amplitudes of each."""
        plan = self._plan
        inputs = self._estimator.inputs(x)
        yield self._progress(0.0, "networks", fraction)
        shape = inner.shape[1:] if plan.iterations else inner.shape
        s = np.empty((plan.sources, *shape), np.float32)
        cost = ESTIMATE * inner.shape[2] / plan.networks
        for source, estimate in enumerate(self._estimator.estimates(inputs, channels=len(x))):
            s[source] = (estimate.square().mean(dim=0) if plan.iterations else estimate).cpu().numpy()
            yield self._progress(cost, "networks", fraction)
        if plan.leftover:
            found = s[: plan.networks].sum(axis=0)
            whole = power(inner) / np.float32(inner.shape[0]) if plan.iterations else np.abs(inner)
            np.maximum(whole - found, 0.0, out=s[-1])
        return s

    def _fits(self) -> bool:
        """Whether spectra and energies of all blocks fit the memory budget."""
        frame = self._bins * (8 * self._clip.channels + 4 * self._plan.sources)
        return self._frames * frame + self._working_bytes() <= self._context.memory_budget

    def _working_bytes(self) -> int:
        """Memory that one block takes: mixture, features and images of all sources."""
        return BLOCK * self._bins * self._clip.channels * (40 + 24 * self._plan.sources)

    def _progress(self, cost: float, stage: str, stage_fraction: float) -> Progress:
        self._done += cost
        return Progress(min(self._done / self._total, 1.0), stage, stage_fraction=stage_fraction)
