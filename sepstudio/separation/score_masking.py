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
from sepstudio.io.clip import AudioClip, MixClip, Part, excerpt
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

    def __init__(self, mixture: AudioClip, grid: Grid, group: Group) -> None:
        self.group = group
        origin = round(grid.start_s * grid.sample_rate)
        self.first, self.stop = _span(group, grid)
        self.start = origin + self.first * grid.hop_size
        end = min(origin + (self.stop - 1) * grid.hop_size + grid.fft_size // 2, mixture.length)
        self.length = max(end - self.start, 0)
        self._grid = grid
        self._channels = mixture.channels
        self._synthesis: Synthesis | None = None

    def push(self, block: Spectrum) -> npt.NDArray[np.float32]:
        """Append frames [channels, bins, frames]; return the samples that are complete."""
        if self._synthesis is None:
            size = {"fft_size": self._grid.fft_size, "hop_size": self._grid.hop_size}
            self._synthesis = Synthesis(self._channels, self.length, **size)
        return self._synthesis.push(block)

    def finish(self) -> npt.NDArray[np.float32]:
        """Return the samples that remain, and let go of all but the place."""
        synthesis, self._synthesis = self._synthesis, None
        return np.zeros((self._channels, self.length), np.float32) if synthesis is None else synthesis.finish()


class _Writer:
    """Writes a stem as it comes."""

    def __init__(self, output: _Output, sink: StemSink, channels: int, sample_rate: int) -> None:
        self.output = output
        self._writer = sink.open(output.group.name, channels, output.length, sample_rate)

    def push(self, block: Spectrum) -> None:
        """Append frames [channels, bins, frames]."""
        self._writer.write(self.output.push(block))

    def end(self) -> None:
        """Append the rest."""
        self._writer.write(self.output.finish())

    def fragment(self) -> Fragment:
        """Return the finished stem."""
        return Fragment(self._writer.finish(), self.output.start)


class _Tape:
    """One clip that holds short stems one behind the other: thousands of files could not be open at once."""

    def __init__(self, outputs: Sequence[_Output], sink: StemSink, channels: int, sample_rate: int) -> None:
        length = sum(output.length for output in outputs)
        self._writer = sink.open("notes", channels, length, sample_rate)
        self._filled = 0
        self._clip: AudioClip | None = None

    def append(self, samples: npt.NDArray[np.float32]) -> int:
        """Append a whole stem; return where it begins."""
        begin = self._filled
        self._writer.write(samples)
        self._filled += samples.shape[1]
        return begin

    @property
    def clip(self) -> AudioClip:
        """All that was appended; nothing can be after that."""
        if self._clip is None:
            self._clip = self._writer.finish()
        return self._clip


class _Cutting:
    """Collects a short stem and puts it on a tape."""

    def __init__(self, output: _Output, tape: _Tape) -> None:
        self.output = output
        self._tape = tape
        self._parts: list[npt.NDArray[np.float32]] = []
        self._begin = 0

    def push(self, block: Spectrum) -> None:
        """Append frames [channels, bins, frames]."""
        self._parts.append(self.output.push(block))

    def end(self) -> None:
        """Append the rest and put all on the tape."""
        self._begin = self._tape.append(np.concatenate([*self._parts, self.output.finish()], axis=1))
        self._parts.clear()

    def fragment(self) -> Fragment:
        """Return the finished stem."""
        return Fragment(excerpt(self._tape.clip, self._begin, self._begin + self.output.length), self.output.start)


_Place = _Writer | _Cutting


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
    places = _places(mixture, model.grid, groups, sink)
    waiting = sorted(places, key=lambda place: place.output.first, reverse=True)
    concerned: list[_Place] = []
    for first in range(0, model.grid.frames, BLOCK):
        stop = min(first + BLOCK, model.grid.frames)
        while waiting and waiting[-1].output.first < stop:
            concerned.append(waiting.pop())
        if not concerned:
            continue
        x = spectrum(mixture, model.grid, first, stop, threads=threads)
        whole = _divisor(x, model, first, stop)
        for begin in range(0, len(concerned), threads):
            _push(concerned[begin : begin + threads], x, whole, model, first)
            share = min(begin + threads, len(concerned)) / len(concerned)
            yield (first + share * (stop - first)) / model.grid.frames
        for place in concerned:
            if place.output.stop <= stop:
                place.end()
        concerned = [place for place in concerned if place.output.stop > stop]
    return {place.output.group.name: place.fragment() for place in places}


def _places(mixture: AudioClip, grid: Grid, groups: Sequence[Group], sink: StemSink) -> list[_Place]:
    outputs = [_Output(mixture, grid, group) for group in groups]
    short = [output for output in outputs if output.stop - output.first < grid.frames]
    tape = _Tape(short, sink, mixture.channels, mixture.sample_rate) if short else None
    return [
        _Cutting(output, tape)
        if tape is not None and output.stop - output.first < grid.frames
        else _Writer(output, sink, mixture.channels, mixture.sample_rate)
        for output in outputs
    ]


def _push(places: Sequence[_Place], x: Spectrum, whole: Floats, model: Model, first: int) -> None:
    def some(begin: int, end: int) -> None:
        for place in places[begin:end]:
            place.push(_image(place.output, x, whole, model, first))

    over_rows(some, 0, len(places), len(places))


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
