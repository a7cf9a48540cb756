"""Drives kernel backfitting over a file: whole when it fits the memory budget, else in exact blocks."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.medians import Border, MedianPlan
from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.spatial_kernels import normalise
from sepstudio.dsp.stft import CHUNK, frame_count, frame_span, transform_frames
from sepstudio.dsp.wiener import power
from sepstudio.io.clip import AudioClip
from sepstudio.separation.backfitting import Block, Model, floors_of
from sepstudio.separation.base import Progress, RunContext
from sepstudio.separation.outputs import Output, open_output
from sepstudio.separation.spatial import Covariances

Spectrum = npt.NDArray[np.complex64]
Energy = npt.NDArray[np.float32]
Cores = list[tuple[int, int]]

# Frames whose estimates are made and transformed back at a time.
EMIT_FRAMES = 4 * CHUNK
SCAN_FRAMES = 8 * CHUNK
# Cost of the parts of a run per frame, relative to one transform; only the progress bar needs it.
TRANSFORM, UPDATE, GATHER, EMIT = 1.0, 2.0, 1.0, 1.5


@dataclass(frozen=True)
class Settings:
    """What the driver needs of the parameters; ``wanted`` are the pairs (source, iteration) to write."""

    names: tuple[str, ...]
    footprints: tuple[npt.NDArray[np.bool_], ...]
    border: Border
    iterations: int
    spatial: bool
    fft_size: int
    hop_size: int
    wanted: tuple[tuple[int, int], ...]

    @property
    def bins(self) -> int:
        """Number of frequency bins."""
        return self.fft_size // 2 + 1

    def bytes_per_frame(self, channels: int) -> int:
        """Memory of the mixture, its energy, the spectrograms and their observations, per frame."""
        return 8 * self.bins * (channels + len(self.names)) + 4 * self.bins

    def emission_bytes(self, channels: int) -> int:
        """Memory of the estimates of some frames and their transforms back."""
        return 24 * self.bins * channels * len(self.names) * EMIT_FRAMES


Outputs = dict[tuple[int, int], Output]


class KamRun:
    """One run: ``go`` yields progress and returns the clips of all wanted (source, iteration) pairs.

    Blocks are exact: each is recomputed with as many neighbouring frames as its kernels can
    reach in the iterations so far, and the covariances of an iteration are gathered over all
    blocks before the next one. For long files that trades time for memory.
    """

    def __init__(self, clip: AudioClip, settings: Settings, context: RunContext) -> None:
        self._clip = clip
        self._settings = settings
        self._context = context
        self._frames = frame_count(clip.length, fft_size=settings.fft_size, hop_size=settings.hop_size)
        self._done = 0.0
        self.notes: list[str] = []

    def go(self) -> Generator[Progress, None, dict[tuple[int, int], AudioClip]]:
        """Run to the end."""
        context = self._frames_needed_around()
        core = self._core_frames(context)
        self._total = self._work(core, context)
        outputs = self._open_outputs()
        yield from self._whole(outputs) if core >= self._frames else self._stream(core, context, outputs)
        return {pair: output.finish() for pair, output in outputs.items()}

    # -- planning ----------------------------------------------------------------------------

    def _model(self, peak: float) -> Model:
        s = self._settings
        medians = tuple(MedianPlan(footprint, s.border) for footprint in s.footprints)
        return Model(
            sources=len(medians),
            channels=self._clip.channels,
            peak=peak,
            threads=self._context.threads,
            medians=medians,
            spatial=s.spatial,
        )

    def _frames_needed_around(self) -> int:
        reach = max(MedianPlan(footprint).reach for footprint in self._settings.footprints)
        return reach * self._settings.iterations

    def _core_frames(self, context: int) -> int:
        budget = self._context.memory_budget - self._settings.emission_bytes(self._clip.channels)
        fitting = max(budget, 0) // self._settings.bytes_per_frame(self._clip.channels)
        if fitting >= self._frames:
            return self._frames
        # A block is at least as long as its surroundings: recomputing more than that never pays.
        return max(fitting - 2 * context, 2 * context, 8 * CHUNK)

    def _work(self, core: int, context: int) -> float:
        s = self._settings
        emissions = len({iteration for _, iteration in s.wanted}) * EMIT * self._frames
        loaded = sum(
            min(first + core + context, self._frames) - max(first - context, 0)
            for first in range(0, self._frames, core)
        )
        final = loaded * (TRANSFORM + UPDATE * s.iterations) + emissions
        if core >= self._frames:
            return final
        # Every iteration but the first needs a pass for the loudest frames and one for the covariances.
        gathering = s.iterations * (s.iterations - 1) * UPDATE + (2 * s.iterations - 1) * (TRANSFORM + GATHER)
        return final + self._frames * TRANSFORM + (gathering * loaded if s.spatial else 0.0)

    def _open_outputs(self) -> Outputs:
        s = self._settings
        sizes = {"fft_size": s.fft_size, "hop_size": s.hop_size}
        return {
            (source, n): open_output(self._context.sink, f"{s.names[source]}-{n}", self._clip, **sizes)
            for source, n in s.wanted
        }

    # -- passes ------------------------------------------------------------------------------

    def _whole(self, outputs: Outputs) -> Iterator[Progress]:
        x, energy = yield from self._transform(0, self._frames)
        model = self._model(float(energy.max(initial=0.0)))
        if model.peak > 0.0:
            block = Block(model, x, energy)
            yield from self._finish_block(block, [None] * self._settings.iterations, (0, self._frames), outputs)

    def _transform(self, first: int, last: int) -> Generator[Progress, None, tuple[Spectrum, Energy]]:
        x = np.empty((self._clip.channels, self._settings.bins, last - first), np.complex64)
        energy = np.empty(x.shape[1:], np.float32)
        for a in range(first, last, SCAN_FRAMES):
            b = min(a + SCAN_FRAMES, last)
            part = self._spectrum(a, b)
            x[..., a - first : b - first] = part
            energy[:, a - first : b - first] = power(part)
            yield self._progress(TRANSFORM * (b - a), "spectrum", (b - first) / (last - first))
        return x, energy

    def _scan(self) -> Generator[Progress, None, float]:
        peak = 0.0
        for a in range(0, self._frames, SCAN_FRAMES):
            b = min(a + SCAN_FRAMES, self._frames)
            peak = max(peak, float(power(self._spectrum(a, b)).max(initial=0.0)))
            yield self._progress(TRANSFORM * (b - a), "level", b / self._frames)
        return peak

    def _spectrum(self, first: int, last: int) -> Spectrum:
        s = self._settings
        segment = self._clip.read(*frame_span(first, last, fft_size=s.fft_size, hop_size=s.hop_size))
        return transform_frames(segment, fft_size=s.fft_size, hop_size=s.hop_size, threads=self._context.threads)

    def _stream(self, core_frames: int, context: int, outputs: Outputs) -> Iterator[Progress]:
        self.notes.append(f"streamed in blocks of {core_frames} frames")
        model = self._model((yield from self._scan()))
        if model.peak == 0.0:
            return
        cores = [(a, min(a + core_frames, self._frames)) for a in range(0, self._frames, core_frames)]
        covariances: list[Covariances] = []
        for _ in range(self._settings.iterations):
            if model.spatial:
                covariances.append((yield from self._gather(model, cores, context, covariances)))
            else:
                covariances.append(model.identity(self._settings.bins))
        for core in cores:
            block, begin = yield from self._block(model, core, context)
            inside = (begin, begin + core[1] - core[0])
            yield from self._finish_block(block, covariances, inside, outputs)
            del block

    def _gather(
        self, model: Model, cores: Cores, context: int, covariances: list[Covariances]
    ) -> Generator[Progress, None, Covariances]:
        """Return the covariances that follow those of the iterations so far, over all blocks."""
        floors = model.first_floors
        if covariances:
            peaks = np.zeros((model.sources, self._settings.bins))
            for core in cores:
                block, begin = yield from self._block(model, core, context)
                yield from self._iterate(block, covariances)
                work = block.loudest(peaks, begin, begin + core[1] - core[0])
                yield from self._during(work, block.steps, GATHER, block, "loudest frames")
                # Or it would live on beside the next one, and both would have to fit the budget.
                del block, work
            floors = floors_of(peaks)
        sums = np.zeros_like(model.identity(self._settings.bins))
        counts = np.zeros(sums.shape[:2])
        for core in cores:
            block, begin = yield from self._block(model, core, context)
            yield from self._iterate(block, covariances)
            work = block.accumulate(sums, counts, floors, begin, begin + core[1] - core[0])
            yield from self._during(work, block.steps, GATHER, block, f"covariances {len(covariances) + 1}")
            del block, work
        new = np.empty_like(sums)
        normalise(sums, counts, new, 0, self._settings.bins)
        return new

    def _block(self, model: Model, core: tuple[int, int], context: int) -> Generator[Progress, None, tuple[Block, int]]:
        """Return a block with its surroundings, and where its core begins in it."""
        first, last = max(core[0] - context, 0), min(core[1] + context, self._frames)
        x, energy = yield from self._transform(first, last)
        return Block(model, x, energy), core[0] - first

    def _iterate(self, block: Block, covariances: list[Covariances]) -> Iterator[Progress]:
        for n, known in enumerate(covariances, 1):
            stage = f"iteration {n} of {self._settings.iterations}"
            yield from self._during(block.update(known), block.update_steps, UPDATE, block, stage)

    def _finish_block(
        self,
        block: Block,
        covariances: list[Covariances] | list[None],
        core: tuple[int, int],
        outputs: Outputs,
    ) -> Iterator[Progress]:
        """Run all iterations on a block and write what is wanted of each."""
        for n, known in enumerate(covariances, 1):
            stage = f"iteration {n} of {self._settings.iterations}"
            yield from self._during(block.update(known), block.update_steps, UPDATE, block, stage)
            wanted = [(source, output) for (source, iteration), output in outputs.items() if iteration == n]
            if wanted:
                yield from self._emit(block, core, wanted)

    def _emit(self, block: Block, core: tuple[int, int], wanted: list[tuple[int, Output]]) -> Iterator[Progress]:
        for begin in range(*core, EMIT_FRAMES):
            end = min(begin + EMIT_FRAMES, core[1])
            images = block.estimates(begin, end)

            def push(first: int, last: int, images: npt.NDArray[np.complex64] = images) -> None:
                for source, output in wanted[first:last]:
                    output.push(images[source])

            over_rows(push, 0, len(wanted), self._context.threads)
            yield self._progress(EMIT * (end - begin), "stems", (end - core[0]) / (core[1] - core[0]))

    # -- progress ----------------------------------------------------------------------------

    def _during(self, work: Iterator[None], steps: int, cost: float, block: Block, stage: str) -> Iterator[Progress]:
        """Drive a part of at most so many steps, which costs so much per frame of the block."""
        begun, whole = self._done, cost * block.x.shape[2]
        for step, _ in enumerate(work, 1):
            self._done = begun + whole * step / steps
            yield self._progress(0.0, stage, step / steps)
        self._done = begun + whole

    def _progress(self, cost: float, stage: str, stage_fraction: float) -> Progress:
        self._done += cost
        return Progress(min(self._done / self._total, 1.0), stage, stage_fraction=stage_fraction)
