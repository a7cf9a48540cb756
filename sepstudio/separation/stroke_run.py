"""Drives strokes over the stems of a finished run: only blocks that hold strokes are read and changed."""

from __future__ import annotations

import functools
from collections.abc import Generator, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import CHUNK, frame_count, frame_span, transform_frames
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import RunContext
from sepstudio.separation.corrections import Correction
from sepstudio.separation.references import RESIDUAL
from sepstudio.separation.stroke_bins import painted_bins
from sepstudio.separation.stroke_claims import Claims, claims_of
from sepstudio.separation.stroke_naming import with_others
from sepstudio.separation.stroke_shares import changes
from sepstudio.separation.stroke_stretches import painted_blocks, strokes_at

Spectrum = npt.NDArray[np.complex64]

# Frames that are treated at a time where memory allows; a block is never shorter than LEAST.
BLOCK, LEAST = 4 * CHUNK, 8
_SAMPLES = 1 << 18
# Of full scale: what stems leave of a mixture below this is the rounding of their samples.
_ROUNDING = 1e-6


class Sizes(Protocol):
    """What the parameters say of the transform, in samples, and of edges, in bins."""

    @property
    def fft_size(self) -> int:
        """FFT size."""

    @property
    def hop_size(self) -> int:
        """Hop."""

    @property
    def feather(self) -> int:
        """How far strokes fade."""


class StrokeRun:
    """One run: ``stems_steps`` yields fractions and returns the stems by name.

    Parameters
    ----------
    stems : mapping
        The clips of the run, without its residual.
    strokes : Strokes
        Their sources go by the names of the stems, of the residual, or of stems that are to be made.
    """

    def __init__(
        self, mixture: AudioClip, stems: Mapping[str, AudioClip], strokes: Strokes, params: Sizes, context: RunContext
    ) -> None:
        self._mixture, self._stems, self._strokes, self._context = mixture, stems, strokes, context
        self._sizes = {"fft_size": params.fft_size, "hop_size": params.hop_size}
        self._feather = params.feather
        self._hop_s = params.hop_size / mixture.sample_rate
        self._bins = params.fft_size // 2 + 1
        self._frames = frame_count(mixture.length, **self._sizes)
        self._names = (*stems, *(name for name in _made(strokes) if name not in stems and name != RESIDUAL))
        # Whether something was moved to the residual.
        self.fills_residual = False

    def stems_steps(self) -> Generator[float, None, dict[str, AudioClip]]:
        """Run to the end; raises MissingInputError if no stroke falls into the mixture."""
        blocks = painted_blocks(self._strokes, frames=self._frames, hop_s=self._hop_s, most=self._block_frames())
        if not blocks:
            why = "all strokes lie outside of what was separated"
            raise MissingInputError("Nothing would change", why, "paint within it, or separate what is painted")
        corrections = self._open(blocks)
        for number, (first, stop) in enumerate(blocks):
            for share in self._change(first, stop, corrections):
                yield (number + share) / len(blocks)
        return {name: corrections[name].applied(self._stems.get(name)) for name in self._names}

    def _block_frames(self) -> int:
        frame = 8 * self._bins * self._mixture.channels * (2 * len(self._names) + 4)
        return int(np.clip(self._context.memory_budget // frame, LEAST, BLOCK))

    def _open(self, blocks: Sequence[tuple[int, int]]) -> dict[str, Correction]:
        frames = sum(stop - first for first, stop in blocks)
        mixture = self._mixture
        most = Correction.most_samples(frames, len(blocks), **self._sizes)
        return {
            name: Correction(
                mixture,
                functools.partial(self._context.sink.open, name, mixture.channels, most, mixture.sample_rate),
                **self._sizes,
            )
            for name in self._names
        }

    def _change(self, first: int, stop: int, corrections: Mapping[str, Correction]) -> Generator[float, None, None]:
        """Push what changes in a block; yields fractions."""
        claims = self._claims(first, stop)
        yield 0.1
        if not len(claims.bins):
            return
        x = self._bins_of(self._mixture, first, stop, claims)
        if x is None:
            x = np.zeros((self._mixture.channels, len(claims.bins)), np.complex64)
        stems: list[Spectrum | None] = []
        for name in self._names:
            stems.append(self._bins_of(self._stems[name], first, stop, claims) if name in self._stems else None)
            yield 0.1 + 0.5 * len(stems) / len(self._names)
        self.fills_residual |= bool((claims.allowed[:, -1] & ~claims.allowed[:, :-1].any(axis=1)).any())
        for number, (name, change) in enumerate(zip(self._names, changes(stems, x, claims), strict=True), 1):
            if change is not None and change.any():
                image = np.zeros((len(change), self._bins, stop - first), np.complex64)
                image[:, claims.bins, claims.frames] = change
                corrections[name].push(first, image)
            yield 0.6 + 0.4 * number / len(self._names)

    def _claims(self, first: int, stop: int) -> Claims:
        strokes = with_others(strokes_at(self._strokes, first, stop, self._hop_s))
        frames = stop - first
        painted = painted_bins(strokes, sample_rate=self._mixture.sample_rate, frames=frames, **self._sizes)
        parts = (*self._names, RESIDUAL)
        return claims_of(painted, strokes, parts, bins=self._bins, frames=frames, feather=self._feather)

    def _bins_of(self, clip: AudioClip, first: int, stop: int, claims: Claims) -> Spectrum | None:
        """Return some bins of some frames of a clip, [channels, n]; None where it is silent."""
        segment = clip.read(*frame_span(first, stop, **self._sizes))
        if not segment.any():
            return None
        x = transform_frames(segment, **self._sizes, threads=self._context.threads)
        return np.asarray(x[:, claims.bins, claims.frames], np.complex64)


def parts_sum_steps(mixture: AudioClip, stems: Mapping[str, AudioClip]) -> Generator[float, None, bool]:
    """Return whether stems sum to the mixture but for rounding; yields the fraction done."""
    for start in range(0, mixture.length, _SAMPLES):
        stop = min(start + _SAMPLES, mixture.length)
        rest = mixture.read(start, stop).copy()
        for clip in stems.values():
            rest -= clip.read(start, stop)
        if np.abs(rest).max(initial=0.0) > _ROUNDING:
            return False
        yield stop / mixture.length
    return True


def most_memory(mixture: AudioClip, stems: int, fft_size: int) -> int:
    """Estimate the bytes above its input that a run needs: some frames of all stems, and what is added to them."""
    frames = 16 * (fft_size // 2 + 1) * BLOCK * mixture.channels * (stems + 2)
    return frames + 4 * mixture.length * mixture.channels * stems


def _made(strokes: Strokes) -> list[str]:
    """Return the names of the sources to which something is moved."""
    given = {stroke.source for stroke in strokes.strokes if not stroke.against}
    return [source.name for source in strokes.sources if source.id in given]
