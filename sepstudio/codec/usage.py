"""How much of its codebooks a recording uses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CodebookUsage:
    """How often each entry of each codebook occurs.

    Attributes
    ----------
    counts : int64 [codebooks, entries]
        Their sum along the entries is the number of frames.
    """

    counts: npt.NDArray[np.int64]

    @property
    def codebooks(self) -> int:
        """How many codebooks there are."""
        return int(self.counts.shape[0])

    @property
    def size(self) -> int:
        """Entries of each."""
        return int(self.counts.shape[1])

    @property
    def frames(self) -> int:
        """How many frames were counted."""
        return int(self.counts[0].sum()) if self.codebooks else 0

    @property
    def reach(self) -> int:
        """How many entries of a codebook can occur at all: there are no more than frames."""
        return min(self.size, self.frames)

    @cached_property
    def shares(self) -> Doubles:
        """How often each entry occurs, of 1; float64 [codebooks, entries]."""
        return np.asarray(self.counts / max(self.frames, 1))

    @cached_property
    def entropy_bits(self) -> Doubles:
        """``-Σ p log2 p`` of each codebook: bits a frame that a code of variable length would take at least."""
        logarithms = np.log2(self.shares, out=np.zeros_like(self.shares), where=self.shares > 0)
        return np.asarray(np.abs((self.shares * logarithms).sum(axis=1)))

    @cached_property
    def perplexity(self) -> Doubles:
        """2 to the power of the entropy: how many entries, all as frequent, would be as hard to guess."""
        return np.asarray(np.exp2(self.entropy_bits))

    @cached_property
    def dead(self) -> npt.NDArray[np.int64]:
        """How many entries of each codebook never occur."""
        return np.asarray((self.counts == 0).sum(axis=1))


def usage_of(codes: npt.NDArray[np.integer], size: int) -> CodebookUsage:
    """Count the entries that occur.

    Parameters
    ----------
    codes : integer array [codebooks, frames]
    size : int
        Entries of a codebook.

    Raises
    ------
    ParameterError
        If a code is outside 0 to ``size - 1``.
    """
    if codes.ndim != 2:
        raise ParameterError("codes", codes.shape, "of shape [codebooks, frames]")
    if codes.size and not 0 <= int(codes.min()) <= int(codes.max()) < size:
        raise ParameterError("codes", int(codes.max()), f"from 0 to {size - 1}")
    counts = [np.bincount(row, minlength=size) for row in codes]
    return CodebookUsage(np.asarray(counts, np.int64).reshape(len(codes), size))
