"""Drives learning from strokes: maps, patches, networks, masks and stems, in bounded steps."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from sepstudio.dsp.stft import frame_count
from sepstudio.io.clip import AudioClip
from sepstudio.io.levels import peak_steps
from sepstudio.io.steps import scaled
from sepstudio.nn.paint_network import PaintNetwork
from sepstudio.separation.base import Curve, Matrix, Progress, RunContext, Separation, staged
from sepstudio.separation.keepsakes import digest_steps
from sepstudio.separation.paint_blocks import BLOCK, Blocks, block_bytes
from sepstudio.separation.paint_claims import claimed, fingerprints
from sepstudio.separation.paint_grid import Floats, PaintGrid
from sepstudio.separation.paint_lessons import Cuts, cut_steps, examples_of, sources_of
from sepstudio.separation.paint_maps import MapMaker
from sepstudio.separation.paint_masks import StemMaker, answer_steps, mask_matrices
from sepstudio.separation.paint_params import PaintParams
from sepstudio.separation.paint_prior import Prior, shares_and_trust, usual_music
from sepstudio.separation.paint_snapshots import (
    ALPHA,
    HELD_OUT_ERROR,
    KERNELS,
    SHARES,
    TRAINING_ERROR,
    Earlier,
    alphas_of,
    earlier_of,
    kernels_of,
    shares_matrix,
    snapshot_of,
    weight_matrices,
)
from sepstudio.separation.paint_training import CORRECTION_RATE, LOOK_EVERY, Lessons, Member, held_out, learn_steps
from sepstudio.separation.paint_usual import Usual
from sepstudio.separation.provenance import run_provenance
from sepstudio.separation.spatial import SpatialModel

# Where the parts of a run end on its progress bar.
HEARD, SEEN, LEARNT, ANSWERED, PLACED = 0.02, 0.15, 0.7, 0.8, 0.85
SNAPSHOT_SECONDS = 0.25


@dataclass
class PaintRun:
    """One run; ``go`` yields progress and returns the separation.

    ``started`` is the time at which it was asked for (``time.perf_counter``).
    """

    clip: AudioClip
    params: PaintParams
    context: RunContext
    started: float
    notes: list[str] = field(default_factory=list)

    def go(self) -> Generator[Progress, None, Separation]:
        """Run to the end."""
        yield Progress(0.0, "strokes")
        params, context = self.params, self.context
        self._grid = PaintGrid(self.clip.sample_rate, params.fft_size, params.hop_size)
        frames = frame_count(self.clip.length, fft_size=params.fft_size, hop_size=params.hop_size)
        self._claims = claimed(context.strokes, self._grid, frames)
        self.notes += self._claims.notes
        peak = yield from staged(scaled(peak_steps(self.clip), 0.0, HEARD), "level")
        self._blocks = yield from staged(scaled(self._blocks_steps(frames, peak), HEARD, HEARD), "level")
        earlier = self._fitting(earlier_of(context.warm)) if context.warm else None
        looking = scaled(self._member_steps(earlier), HEARD, SEEN)
        usual, members, prior = yield from staged(looking, "looking at the strokes")
        yield from self._learn(members)
        networks = [member.finish() for member in members]
        answers = answer_steps(networks, prior, self._blocks, usual, context.threads)
        said = yield from staged(scaled(answers, LEARNT, ANSWERED), "masks")
        stems = yield from staged(self._stem_steps(said), "stems")
        return Separation(
            stems,
            run_provenance("paint", params, context, self.started, packages=PACKAGES, notes=self.notes),
            matrices=self._matrices(said, networks, usual, prior),
            curves=_curves(members[0]),
        )

    def _blocks_steps(self, frames: int, peak: float) -> Generator[float, None, Blocks]:
        """Return the blocks of the recording: those of the run before, if it was of the same and saw the same."""
        params, channels = self.params, self.clip.channels
        loudest = channels * (max(peak, 1e-9) * params.fft_size / 4) ** 2
        maker = MapMaker(self._grid, channels, loudest, params.phases, self.context.threads)
        size = block_bytes(self._grid, channels, len(maker.names)) * -(-frames // BLOCK)
        keeps, keepsake = size <= self.context.memory_budget // 2, self.context.keepsake
        if not keeps:
            self.notes.append(f"streamed in blocks of {BLOCK} frames")
        if not keeps or size > keepsake.most:
            return Blocks(self.clip, self._grid, maker, keeps)
        key = ((yield from digest_steps(self.clip)), self._grid, params.phases, self.context.threads)
        blocks: Blocks = keepsake.find(key) or Blocks(self.clip, self._grid, maker, keeps)
        keepsake.keep(key, blocks, size)
        return blocks

    def _fitting(self, earlier: Earlier | None) -> Earlier | None:
        """Return what an earlier run learned if it is of the same sources and sees the same."""
        fits = (
            earlier is not None
            and earlier.names == self._blocks.maker.names
            and earlier.sources == self._claims.names
            and earlier.usual.mean.shape[1] == self._grid.bands
            and earlier.hidden == self.params.hidden
        )
        self.notes.append("went on from an earlier run" if fits else "the earlier run does not fit: started anew")
        return earlier if fits else None

    # -- learning ----------------------------------------------------------------------------

    def _member_steps(
        self, earlier: Earlier | None
    ) -> Generator[float, None, tuple[Usual, list[Member], Prior | None]]:
        cells, rng = self._claims.cells, np.random.default_rng(self.context.seed)
        cuts, usual = yield from cut_steps(self._blocks, cells, earlier.usual if earlier is not None else None, rng)
        marks = np.array(fingerprints(self.context.strokes), np.int64)
        known = earlier.known if earlier is not None else frozenset()
        fresh = ~np.isin(marks, list(known))
        lessons = Lessons.of(examples_of(cuts, cells, usual, self.params.emphasis), fresh)
        lessons, prior = self._with_prior(lessons, cuts)
        sources = sources_of(cuts.patches, cells)
        count = self.params.networks if earlier is None else len(earlier.states)
        steps = self.params.steps if earlier is None else self.params.correction_steps
        rate = self.params.learning_rate * (1.0 if earlier is None else CORRECTION_RATE)
        members = []
        for number in range(count):
            generator = torch.Generator().manual_seed(self.context.seed * 1000 + number)
            network = PaintNetwork(
                len(usual.mean), len(self._claims.names), hidden=self.params.hidden, generator=generator
            )
            if earlier is not None:
                network.load_state_dict(earlier.states[number])
            out = held_out(lessons.strokes, sources, number, np.random.default_rng(self.context.seed))
            members.append(Member(network, lessons, self.params, out, steps, generator, rate))
        return usual, members, prior

    def _with_prior(self, lessons: Lessons, cuts: Cuts) -> tuple[Lessons, Prior | None]:
        """Return what is known of the painted sources beforehand, and lessons that strokes unlike it count less in.

        None, and the lessons as they are, if that is not wanted, or does not fit.
        """
        if not self.params.prior:
            return lessons, None
        network = usual_music(self._blocks.maker.names, self._grid)
        if network is None:
            self.notes.append("no prior knowledge of music at this rate, FFT size and hop: the strokes alone count")
            return lessons, None
        shares, trust = shares_and_trust(network, lessons.maps, cuts, self._claims.cells, self._grid)
        return lessons.weighted(trust), Prior(network, shares, self.params.prior)

    def _learn(self, members: Sequence[Member]) -> Generator[Progress, None, None]:
        pictured = time.monotonic()
        for fraction in learn_steps(members, self.context.threads):
            partial = None
            if time.monotonic() - pictured >= SNAPSHOT_SECONDS:
                partial, pictured = snapshot_of(members[0], self._blocks.maker.names), time.monotonic()
            done = members[0].done
            stage = f"learning: step {done} of {members[0].steps}"
            yield Progress(SEEN + (LEARNT - SEEN) * fraction, stage, partial, stage_fraction=fraction)

    # -- results -----------------------------------------------------------------------------

    def _stem_steps(self, said: Floats) -> Generator[float, None, dict[str, AudioClip]]:
        names, channels = self._claims.names, self.clip.channels
        maker = StemMaker(self._blocks, said, self.context, smoothing=self.params.smoothing)
        model = covariances = None
        if channels > 1 and self.params.refinement:
            peak = self._blocks.maker.loudest
            model = SpatialModel(sources=len(names), channels=channels, peak=peak, threads=self.context.threads)
            covariances = model.identity(self._grid.bins)
            for _ in range(self.params.refinement):
                covariances = yield from scaled(maker.covariance_steps(model, covariances), ANSWERED, ANSWERED)
        return (yield from scaled(maker.emit_steps(names, model, covariances), PLACED, 1.0))

    def _matrices(
        self, said: Floats, networks: Sequence[PaintNetwork], usual: Usual, prior: Prior | None
    ) -> dict[str, Matrix]:
        names, maps = self._claims.names, self._blocks.maker.names
        alphas, kernels = alphas_of(networks[0], maps), kernels_of(networks[0], maps)
        return {
            **mask_matrices(said, names, self._grid),
            **{f"{ALPHA}{name}": matrix for name, matrix in alphas.items()},
            **{f"{KERNELS}{name}": matrix for name, matrix in kernels.items()},
            **weight_matrices(networks, maps, names, usual, fingerprints(self.context.strokes)),
            **({} if prior is None else {SHARES: shares_matrix(prior.shares, names)}),
        }


PACKAGES = ("numpy", "scipy", "numba", "torch")


def _curves(member: Member) -> dict[str, Curve]:
    """Return the errors of a network, the held-out one only where strokes were held out."""
    errors, looks = np.array(member.errors, np.float64), np.array(member.looks, np.float64)
    seconds = np.array(member.seconds, np.float64)
    curves = {TRAINING_ERROR: Curve(errors, seconds)}
    if looks.size:
        at = np.minimum(np.arange(1, looks.size + 1) * LOOK_EVERY, seconds.size) - 1
        curves[HELD_OUT_ERROR] = Curve(looks, seconds[at])
    return curves
