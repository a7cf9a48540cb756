"""Change of sample rate by a windowed sinc: any cut into blocks gives the same samples."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float32]

# With 48 crossings of zero on either side and this window, everything from 0.98 of the lower Nyquist frequency on is
# at least 90 dB down, and up to 0.86 of it nothing is lost (Kaiser's formulas for the length and the width).
_CROSSINGS = 48
_WINDOW = ("kaiser", 9.0)
_CUTOFF = 0.92


class Resampling:
    """The rule by which samples of one rate become samples of another.

    Sample n of the result lies at the time of sample ``n * source_rate / target_rate`` of the source; beyond its ends
    the source is silent.

    Raises
    ------
    ParameterError
        If a rate is not positive.
    """

    def __init__(self, source_rate: int, target_rate: int) -> None:
        for name, rate in (("source_rate", source_rate), ("target_rate", target_rate)):
            if rate <= 0:
                raise ParameterError(name, rate, "positive")
        common = math.gcd(source_rate, target_rate)
        self._up, self._down = target_rate // common, source_rate // common
        self._half = _CROSSINGS * max(self._up, self._down) if self._up != self._down else 0
        self._taps = self._design()

    def _design(self) -> FloatArray:
        if not self._half:
            return np.ones(1, np.float32)
        from scipy.signal import firwin

        taps = firwin(2 * self._half + 1, _CUTOFF / max(self._up, self._down), window=_WINDOW)
        return np.asarray(taps * self._up, np.float32)

    def length(self, source_length: int) -> int:
        """Return how many samples a source of some length becomes."""
        return -(-source_length * self._up // self._down)

    def support(self, start: int, stop: int) -> tuple[int, int]:
        """Return the stretch of the source that samples ``start`` to ``stop`` are made of; it may exceed its ends."""
        first = (start * self._down - self._half) // self._up
        last = ((stop - 1) * self._down + self._half) // self._up
        return first, max(last + 1, first)

    def known(self, source_stop: int) -> int:
        """Return up to which sample the result is known when the source is known up to ``source_stop``."""
        return ((source_stop - 1) * self._up - self._half) // self._down + 1

    def convert(self, block: FloatArray, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` as float32 [..., stop - start].

        Parameters
        ----------
        block : float32 array [..., samples]
            What ``support(start, stop)`` names, zeros beyond the ends of the source.
        """
        if not self._half:
            return block
        from scipy.signal import upfirdn

        first, _ = self.support(start, stop)
        # The filter is put off until one of its outputs falls on sample `start`.
        ahead = start * self._down - first * self._up + self._half
        taps = np.concatenate([np.zeros(-ahead % self._down, np.float32), self._taps])
        skipped = -(-ahead // self._down)
        filtered = upfirdn(taps, block, self._up, self._down)[..., skipped : skipped + stop - start]
        return np.asarray(filtered, np.float32)


class StreamResampler:
    """Resamples float32 [..., samples] that arrive in blocks; ``length`` samples come out in all."""

    def __init__(self, rule: Resampling, length: int) -> None:
        self._rule = rule
        self._length = length
        self._done = 0
        self._kept: FloatArray | None = None
        # Position in the source of the first sample that is kept.
        self._first = 0

    def push(self, block: FloatArray) -> FloatArray:
        """Take the next block of the source; return what is known by it, float32 [..., samples]."""
        if self._kept is None:
            self._first = self._rule.support(0, 1)[0]
            silence = np.zeros((*block.shape[:-1], max(-self._first, 0)), np.float32)
            self._kept = np.concatenate([silence, block], axis=-1)
        else:
            self._kept = np.concatenate([self._kept, block], axis=-1)
        return self._emit(self._rule.known(self._first + self._kept.shape[-1]))

    def finish(self) -> FloatArray:
        """Return the rest: behind its end the source is silent.

        Raises
        ------
        ValueError
            If nothing was ever pushed.
        """
        if self._kept is None:
            raise ValueError("there is nothing to finish: no block was pushed")
        _, needed = self._rule.support(self._done, self._length)
        silence = np.zeros((*self._kept.shape[:-1], max(needed - self._first - self._kept.shape[-1], 0)), np.float32)
        self._kept = np.concatenate([self._kept, silence], axis=-1)
        return self._emit(self._length)

    def _emit(self, known: int) -> FloatArray:
        assert self._kept is not None
        stop = max(min(known, self._length), self._done)
        if stop == self._done:
            return np.zeros((*self._kept.shape[:-1], 0), np.float32)
        first, last = self._rule.support(self._done, stop)
        converted = self._rule.convert(self._kept[..., first - self._first : last - self._first], self._done, stop)
        self._done = stop
        following = self._rule.support(stop, stop + 1)[0]
        self._kept, self._first = self._kept[..., following - self._first :], following
        return converted
