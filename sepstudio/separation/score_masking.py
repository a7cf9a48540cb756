"""Stems of a factorised recording: soft masks from parts of the activations, streamed over the recording.

The mask of a group with activations ``H_g`` is ``(W H_g) / (W H)``: what of the model is the group's. Masks of all
groups and of the residual, which takes what no group claims, sum to one at every point.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.parallel import over_rows
from sepstudio.dsp.stft import CHUNK, Synthesis, frame_span, transform_frames
from sepstudio.dsp.wiener import power
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.scratch import StemSink
from sepstudio.separation.score_constraints import Grid
from sepstudio.separation.score_groups import Group

Floats = npt.NDArray[np.float32]
Spectrum = npt.NDArray[np.complex64]

# Frames whose masks are made at a time: a few megabytes a stem.
BLOCK = 4 * CHUNK
# Below this, in units of the spectrogram, the model holds nothing: quotients would be noise.
_NOTHING = 1e-20
# A stem that sounds in less of the recording than this is kept as its stretch alone.
_SHORT_SHARE = 0.5


@dataclass(frozen=True)
class Model:
    """A factorised stretch of a recording: ``templates`` [bins, R], ``activations`` [R, frames] on a grid.

    With ``leftover`` masks are shares of the louder of model and recording, so that what the model lacks stays
    outside of all groups.
    """

    grid: Grid
    templates: Floats
    activations: Floats
    leftover: bool = False


@dataclass(frozen=True)
class Fragment:
    """A clip that begins at sample ``start`` of a recording; everywhere else there is silence."""

    clip: AudioClip
    start: int

    def placed(self, length: int) -> AudioClip:
        """Return it as a clip as long as the recording, in samples."""
        if (self.start, self.clip.length) == (0, length):
            return self.clip
        return MixClip([Part(self.clip, self.start)], length)


class _Output:
    """Where the stem of a group goes: its frames ``first`` to ``stop``, with silent ones around."""

    def __init__(self, mixture: AudioClip, grid: Grid, group: Group, sink: StemSink) -> None:
        self.group = group
        origin = round(grid.start_s * grid.sample_rate)
        self.first, self.stop = _span(group, grid)
        self._start = origin + self.first * grid.hop_size
        end = min(origin + (self.stop - 1) * grid.hop_size + grid.fft_size // 2, mixture.length)
        length = max(end - self._start, 0)
        size = {"fft_size": grid.fft_size, "hop_size": grid.hop_size}
        self._synthesis = Synthesis(mixture.channels, length, **size)
        self._writer = sink.open(group.name, mixture.channels, length, mixture.sample_rate)

    def push(self, block: Spectrum) -> None:
        """Append frames [channels, bins, frames]."""
        self._writer.write(self._synthesis.push(block))

    def finish(self) -> Fragment:
        """Append the tail and return all."""
        self._writer.write(self._synthesis.finish())
        return Fragment(self._writer.finish(), self._start)


def _span(group: Group, grid: Grid) -> tuple[int, int]:
    if group.stop - group.first >= _SHORT_SHARE * grid.frames:
        return 0, grid.frames
    # Silent frames around: samples at the edge are divided by the windows of all frames that meet there.
    around = -(-grid.fft_size // grid.hop_size)
    return max(group.first - around, 0), min(group.stop + around, grid.frames)


def mono_magnitude(x: Spectrum) -> Floats:
    """Return the root of the mean energy of the channels: [channels, bins, frames] to [bins, frames].

    Of one channel that is its magnitude. Unlike the magnitude of a mixdown it misses nothing that the channels hold
    in opposite phase, and so it fits masks that apply to all of them.
    """
    return np.asarray(np.sqrt(power(x) / np.float32(x.shape[0])), np.float32)


def spectrum(clip: AudioClip, grid: Grid, first: int, stop: int, *, threads: int = 2) -> Spectrum:
    """Return frames ``first`` to ``stop`` of a recording whose second 0 is that of the grid's times."""
    origin = round(grid.start_s * grid.sample_rate)
    start, end = frame_span(first, stop, fft_size=grid.fft_size, hop_size=grid.hop_size)
    segment = clip.read(origin + start, origin + end)
    return transform_frames(segment, fft_size=grid.fft_size, hop_size=grid.hop_size, threads=threads)


def stems_steps(
    mixture: AudioClip, model: Model, groups: Sequence[Group], sink: StemSink, *, threads: int = 2
) -> Generator[float, None, dict[str, Fragment]]:
    """Write the stem of every group; yields fractions.

    Parameters
    ----------
    mixture : AudioClip
        The recording, whose second 0 is that of the grid's times.
    groups : sequence of Group
        Of different names.

    Returns
    -------
    dict
        Stems by name, in the order of the groups; those of short groups hold no more than what sounds.
    """
    outputs = [_Output(mixture, model.grid, group, sink) for group in groups]
    for first in range(0, model.grid.frames, BLOCK):
        stop = min(first + BLOCK, model.grid.frames)
        concerned = [output for output in outputs if output.first < stop and output.stop > first]
        if not concerned:
            continue
        x = spectrum(mixture, model.grid, first, stop, threads=threads)
        whole = _divisor(x, model, first, stop)
        for begin in range(0, len(concerned), threads):
            _push(concerned[begin : begin + threads], x, whole, model, first)
            share = min(begin + threads, len(concerned)) / len(concerned)
            yield (first + share * (stop - first)) / model.grid.frames
    return {output.group.name: output.finish() for output in outputs}


def _push(outputs: Sequence[_Output], x: Spectrum, whole: Floats, model: Model, first: int) -> None:
    def some(begin: int, end: int) -> None:
        for output in outputs[begin:end]:
            output.push(_image(output, x, whole, model, first))

    over_rows(some, 0, len(outputs), len(outputs))


def _image(output: _Output, x: Spectrum, whole: Floats, model: Model, first: int) -> Spectrum:
    """Return the frames of a stem that lie in a block, [channels, bins, frames]."""
    begin, end = max(first, output.first), min(first + x.shape[2], output.stop)
    inside = slice(begin - first, end - first)
    shares = output.group.part(begin, end)
    if shares is None:
        return np.zeros((*x.shape[:2], end - begin), np.complex64)
    rows = list(output.group.rows)
    mask = model.templates[:, rows] @ (model.activations[rows, begin:end] * shares)
    mask /= whole[:, inside]
    return np.asarray(x[:, :, inside] * mask, np.complex64)


def _divisor(x: Spectrum, model: Model, first: int, stop: int) -> Floats:
    whole = model.templates @ model.activations[:, first:stop]
    if model.leftover:
        np.maximum(whole, mono_magnitude(x), out=whole)
    return np.asarray(np.maximum(whole, np.float32(_NOTHING)), np.float32)
