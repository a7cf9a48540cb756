"""Somebody who knows a song, and paints over its sources: strokes from true stems, for measuring and for tests.

The rule, for each source alike:

- The painter goes to a spot where the source is heard: bin and frame are drawn with chances that go as its true
  amplitude, so loud places are painted more often, and all times of the song have theirs.
- There it tries some boxes around the spot, of random length (80 ms to 1.5 s) and size, and paints the first in which
  the source has at least three quarters of the energy. Where none will do it goes to another spot.
- It makes a number of strokes for each source, and has an equal part of the share of bins for each source: what small
  strokes leave goes to later ones, and may be left in the end. Strokes may overlap.

It does not know of any method's errors, and never looks at what a separation gave. A stated part of the strokes, drawn
from all, gets the name of another source.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.stft import stft
from sepstudio.dsp.wiener import power
from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes

# Strokes of a source.
STROKES = 25
# Energy that the source has of a box that is painted, at least.
DOMINANT = 0.75
SHORTEST, LONGEST = 0.08, 1.5
# Spots and boxes at a spot that are tried.
_SPOTS, _BOXES = 40, 12
# Sizes of boxes in powers of 2, relative to what each of the strokes that are left could have.
_SMALLEST, _LARGEST = -5.0, 0.5
# Parts of a cell that boxes stay within its borders.
_INSET = 1e-3
_COLOURS = ("#e06c75", "#61afef", "#98c379", "#e5c07b", "#c678dd", "#56b6c2", "#d19a66", "#abb2bf")


@dataclass(frozen=True)
class Box:
    """Bins ``low`` to ``high`` and frames ``first`` to ``stop`` of an STFT, the ends not counted."""

    low: int
    high: int
    first: int
    stop: int

    @property
    def area(self) -> int:
        """How many bins of the STFT it covers."""
        return (self.high - self.low) * (self.stop - self.first)


def annotate(
    stems: Mapping[str, AudioClip],
    *,
    share: float = 0.01,
    wrong: float = 0.0,
    seed: int = 0,
    strokes: int = STROKES,
    fft_size: int = 4096,
    hop_size: int = 1024,
) -> Strokes:
    """Paint boxes over the sources of a song as somebody would who knows it; the module says how.

    Parameters
    ----------
    stems : mapping of str to AudioClip
        True stems by name, of one length and rate, at least two of them; minutes at most, since their spectra are
        held in memory.
    share : float, in (0, 1]
        Part of the bins of the STFT that strokes cover together at most.
    wrong : float, in [0, 1]
        Part of the strokes that say another source, rounded to whole strokes.
    strokes : int
        Of each source; fewer where it is hardly ever heard alone.

    Returns
    -------
    Strokes
        Boxes in seconds and Hz; ids of sources are the names of the stems.

    Raises
    ------
    ParameterError
        If a number is out of range, or there are not two stems.
    """
    for name, value, low in (("share", share, 1e-9), ("wrong", wrong, 0.0)):
        if not low <= value <= 1.0:
            raise ParameterError(name, value, "between 0 and 1" if low == 0.0 else "above 0 and at most 1")
    if len(stems) < 2 or strokes < 1:
        raise ParameterError("stems", ", ".join(stems), "two or more, with a stroke or more for each")
    rng = np.random.default_rng(seed)
    sizes = {"fft_size": fft_size, "hop_size": hop_size}
    powers = [power(np.asarray(stft(clip.read(0, clip.length), **sizes), np.complex64)) for clip in stems.values()]
    frame_rate = next(iter(stems.values())).sample_rate / hop_size
    total = _integral(np.sum(powers, axis=0, dtype=np.float32))
    budget = int(share * powers[0].size / len(stems))
    painted = [
        (source, box)
        for source, own in enumerate(powers)
        for box in _boxes(own, total, _Painter(rng, frame_rate, budget, strokes))
    ]
    labels = _labels([source for source, _ in painted], len(stems), wrong, rng)
    names = tuple(stems)
    rate = next(iter(stems.values())).sample_rate
    drawn = (
        _stroke(box, names[label], hop_size / rate, rate / fft_size)
        for label, (_, box) in zip(labels, painted, strict=True)
    )
    sources = (PaintedSource(name, name, _COLOURS[place % len(_COLOURS)]) for place, name in enumerate(names))
    return Strokes(tuple(sources), tuple(drawn))


@dataclass(frozen=True)
class _Painter:
    """How one source is painted: ``budget`` bins in so many strokes, at so many frames a second."""

    rng: np.random.Generator
    frame_rate: float
    budget: int
    strokes: int

    def boxes(self, target: float, bin_: int, frame: int, shape: tuple[int, int]) -> Iterator[Box]:
        """Yield boxes around a spot, of random length and size; ``target`` is a usual size in bins."""
        bins, frames = shape
        for _ in range(_BOXES):
            area = target * 2.0 ** self.rng.uniform(_SMALLEST, _LARGEST)
            seconds = SHORTEST * (LONGEST / SHORTEST) ** self.rng.random()
            tall = min(max(round(area / max(seconds * self.frame_rate, 1.0)), 1), bins)
            long = min(max(round(min(seconds * self.frame_rate, area / tall)), 1), frames)
            low = min(max(bin_ - tall // 2, 0), bins - tall)
            first = min(max(frame - long // 2, 0), frames - long)
            yield Box(low, low + tall, first, first + long)


def _boxes(own: npt.NDArray[np.float32], total: npt.NDArray[np.float64], painter: _Painter) -> Iterator[Box]:
    """Yield the boxes of one source; ``total`` is the integral of the energy of all."""
    chances = np.cumsum(np.sqrt(own), dtype=np.float64)
    if not chances[-1] > 0:
        return
    mine, left = _integral(own), painter.budget
    for stroke in range(painter.strokes):
        target = left / (painter.strokes - stroke)
        for _ in range(_SPOTS):
            spot = min(int(np.searchsorted(chances, painter.rng.random() * chances[-1])), own.size - 1)
            bin_, frame = divmod(spot, own.shape[1])
            tried = painter.boxes(target, bin_, frame, (own.shape[0], own.shape[1]))
            fit = (box for box in tried if box.area <= left and _inside(mine, box) >= DOMINANT * _inside(total, box))
            box = next(fit, None)
            if box is not None:
                left -= box.area
                yield box
                break


def _integral(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return sums over all bins below and all frames before: [bins + 1, frames + 1]."""
    sums = np.zeros((values.shape[0] + 1, values.shape[1] + 1))
    np.cumsum(np.cumsum(values, axis=0, dtype=np.float64), axis=1, out=sums[1:, 1:])
    return sums


def _inside(integral: npt.NDArray[np.float64], box: Box) -> float:
    corners = integral[[box.high, box.low, box.high, box.low], [box.stop, box.stop, box.first, box.first]]
    return float(corners[0] - corners[1] - corners[2] + corners[3])


def _labels(sources: Sequence[int], count: int, wrong: float, rng: np.random.Generator) -> list[int]:
    labels = list(sources)
    for place in rng.choice(len(labels), round(wrong * len(labels)), replace=False):
        others = [source for source in range(count) if source != labels[place]]
        labels[place] = int(rng.choice(others))
    return labels


def _stroke(box: Box, source: str, seconds: float, hertz: float) -> Stroke:
    """Return the stroke that covers the cells of a box and no others."""
    near, far = 0.5 - _INSET, 0.5 + _INSET
    corners = (
        ((box.first - near) * seconds, max(box.low - near, 0.0) * hertz),
        ((box.stop - far) * seconds, (box.high - far) * hertz),
    )
    return Stroke("box", source, corners)
