"""Convolution of many channels block by block, with no delay beyond the block: what is heard while a head turns."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float32]
ComplexArray = npt.NDArray[np.complex64]

# With a factor of that precision numpy transforms in float32 and needs no memory of its own; the factors on the way
# there and on the way back make up the division by the length.
_NORM: Literal["ortho"] = "ortho"


class PartitionedConvolution:
    """Filters every channel for every output and adds the channels up, a block at a time.

    Uniformly partitioned overlap-save: the filters are cut into pieces of a block, each block of the input is
    transformed once, and the spectra of the latest blocks are kept for as many pieces (Wefers 2015, "Partitioned
    convolution algorithms for real-time auralization", 5.2). The work of each block is the same. Use it from one
    thread; only ``exchange`` may be called from another.

    Parameters
    ----------
    filters : float32 array [outputs, channels, taps]
        Impulse responses, for example of two ears for 16 channels of a scene.
    block : int
        Samples per block, 1 or more; powers of two are quickest.

    Raises
    ------
    ParameterError
        If the filters have another number of dimensions, are empty or not finite, or the block is not positive.
    """

    def __init__(self, filters: npt.ArrayLike, block: int) -> None:
        if block < 1:
            raise ParameterError("block", block, "at least 1 sample")
        self.block = block
        self._filters = self._spectra(_checked(filters))
        self._coming: ComplexArray | None = None
        _, self.outputs, self.channels, bins = self._filters.shape
        # Half a turn of a cosine, which has no corner: what it fades between is the same sound twice.
        self._rise = np.asarray(0.5 - 0.5 * np.cos(np.pi * (np.arange(block) + 0.5) / block), np.float32)
        # Each block is the end of one window and the beginning of the next: in turns, so that none is moved.
        self._windows = np.zeros((2, self.channels, 2 * block), np.float32)
        self._even = True
        self._history = np.zeros((len(self._filters), self.channels, bins), np.complex64)
        self._newest = 0
        self._product = np.empty((self.outputs, self.channels, bins), np.complex64)
        self._part = np.empty((self.outputs, bins), np.complex64)
        self._sum = np.empty((self.outputs, bins), np.complex64)
        self._out = np.empty((2, self.outputs, 2 * block), np.float32)

    def process(self, block: FloatArray) -> FloatArray:
        """Return the next block of every output.

        Parameters
        ----------
        block : float32 array [channels, block]
            The samples that follow those of the call before.

        Returns
        -------
        float32 array [outputs, block]
            A view of a buffer that the next call overwrites.

        Raises
        ------
        ParameterError
            If the block has another shape.
        """
        if block.shape != (self.channels, self.block):
            raise ParameterError("block", block.shape, f"an array of shape ({self.channels}, {self.block})")
        coming, self._coming = self._coming, None
        if coming is not None:
            self._remember(len(coming))
        self._take(block)
        out = self._filtered(self._filters, self._out[0])
        if coming is not None:
            self._filters = coming
            following = self._filtered(coming, self._out[1])
            following -= out
            following *= self._rise
            out += following
        return out

    def exchange(self, filters: npt.ArrayLike) -> None:
        """Go over to other filters: the next block fades from what was to what will be.

        Of the input as much is remembered as the filters so far need: the ends of longer ones set in as it grows.

        Parameters
        ----------
        filters : float32 array [outputs, channels, taps]
            As many outputs and channels as before, of any length.

        Raises
        ------
        ParameterError
            If outputs or channels differ, or a value is not finite.
        """
        taken = _checked(filters)
        if taken.shape[:2] != (self.outputs, self.channels):
            expected = f"an array of shape ({self.outputs}, {self.channels}, taps)"
            raise ParameterError("filters", taken.shape, expected)
        # One assignment: a thread inside `process` sees all of it or nothing.
        self._coming = self._spectra(taken)

    def reset(self) -> None:
        """Forget the input, as after a jump; filters that are to come are there at once."""
        coming, self._coming = self._coming, None
        if coming is not None:
            self._remember(len(coming))
            self._filters = coming
        self._windows[:] = 0
        self._history[:] = 0

    def _spectra(self, filters: FloatArray) -> ComplexArray:
        """Return the spectra of the filters' pieces, complex64 [pieces, outputs, channels, bins]."""
        outputs, channels, taps = filters.shape
        pieces = -(-taps // self.block)
        padded = np.zeros((outputs, channels, pieces * self.block), np.float32)
        padded[..., :taps] = filters
        cut = padded.reshape(outputs, channels, pieces, self.block).transpose(2, 0, 1, 3)
        return np.ascontiguousarray(np.fft.rfft(cut, 2 * self.block), np.complex64)

    def _remember(self, blocks: int) -> None:
        """Keep the spectra of at least so many blocks."""
        if blocks > len(self._history):
            longer = np.zeros((blocks, *self._history.shape[1:]), np.complex64)
            longer[: len(self._history)] = np.roll(self._history, -self._newest, axis=0)
            self._history, self._newest = longer, 0

    def _take(self, block: FloatArray) -> None:
        window, following = self._windows[:: 1 if self._even else -1]
        self._even = not self._even
        window[:, self.block :] = following[:, : self.block] = block
        # Newest first from here on, round the end of the buffer.
        self._newest = (self._newest - 1) % len(self._history)
        np.fft.rfft(window, norm=_NORM, out=self._history[self._newest])

    def _filtered(self, filters: ComplexArray, out: FloatArray) -> FloatArray:
        self._sum[:] = 0
        for age, spectra in enumerate(filters):
            np.multiply(spectra, self._history[(self._newest + age) % len(self._history)], out=self._product)
            np.sum(self._product, axis=1, out=self._part)
            self._sum += self._part
        np.fft.irfft(self._sum, 2 * self.block, norm=_NORM, out=out)  # type: ignore[arg-type]  # float32 is as good
        # The first half is wrapped round by the period of the transform.
        return out[:, self.block :]


def _checked(filters: npt.ArrayLike) -> FloatArray:
    array = np.asarray(filters, np.float32)
    if array.ndim != 3 or not array.size:
        raise ParameterError("filters", array.shape, "an array of shape [outputs, channels, taps]")
    if not np.isfinite(array).all():
        raise ParameterError("filters", "NaN or infinity", "finite")
    return array
