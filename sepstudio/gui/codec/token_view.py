"""What the token map and the histogram show of a decoded run, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from sepstudio.codec.usage import CodebookUsage, usage_of
from sepstudio.gui.items.colours import Table, gradient, pack
from sepstudio.gui.items.cyclic_colours import PHASE, cyclic_gradient
from sepstudio.separation.base import Matrix
from sepstudio.tiles.decibels import TOP_CODE

TokenColours = Literal["entries", "rarity"]
TOKEN_COLOURS: tuple[TokenColours, ...] = ("entries", "rarity")
# Steps along a circle that come nowhere near where they were for as long as can be (Vogel 1979).
_GOLDEN = (np.sqrt(5.0) - 1.0) / 2.0
# Beside the hue, entries are told apart by one of so many lightnesses.
_LIGHTNESSES = (1.0, 0.62, 0.82)
_HUES = 256
_MOST_BITS = 16.0


@dataclass(frozen=True, eq=False)
class TokenView:
    """The codes of a run over time.

    Attributes
    ----------
    run_id, title : str
    tokens : integer array [codebooks, frames]
    begins, step : float
        When the first frame begins on the timeline, and how long each is, in seconds.
    used : tuple of bool
        Which codebooks were decoded.
    size : int
        Entries of a codebook.
    """

    run_id: str
    title: str
    tokens: npt.NDArray[np.integer]
    begins: float
    step: float
    used: tuple[bool, ...]
    size: int

    @property
    def codebooks(self) -> int:
        """How many codebooks there are."""
        return int(self.tokens.shape[0])

    @property
    def frames(self) -> int:
        """How many frames there are."""
        return int(self.tokens.shape[1])

    @property
    def ends(self) -> float:
        """When the last frame is over."""
        return self.begins + self.frames * self.step

    @cached_property
    def usage(self) -> CodebookUsage:
        """How often each entry occurs."""
        return usage_of(self.tokens, self.size)

    def token_at(self, codebook: int, seconds: float) -> int | None:
        """Return the code of a codebook, counted from 0, at a time; None beside all."""
        frame = int(np.floor((seconds - self.begins) / self.step))
        inside = 0 <= codebook < self.codebooks and 0 <= frame < self.frames
        return int(self.tokens[codebook, frame]) if inside else None

    def pixels(self, colours: TokenColours) -> Table:
        """Return the pixel of each entry of each codebook, uint32 [codebooks, entries]."""
        if colours == "entries":
            return np.broadcast_to(entry_table(self.size), (self.codebooks, self.size))
        bits = -np.log2(np.maximum(self.usage.shares, 2.0**-_MOST_BITS))
        return pack(gradient("magma"))[np.rint(bits / _MOST_BITS * TOP_CODE).astype(np.intp)]


def token_view(
    run_id: str, title: str, matrix: Matrix, used: tuple[bool, ...], size: int, step: float | None = None
) -> TokenView:
    """Return how the tokens of a run are shown; a ``size`` of 0 is found from the codes, which may lack the highest."""
    tokens, times = matrix.values, np.asarray(matrix.coordinates[1], np.float64)
    spacing = step or (float(times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1.0)
    highest = int(tokens.max(initial=0))
    found = max(size, 1 << highest.bit_length(), 2)
    return TokenView(run_id, title, tokens, float(times[0]) if len(times) else 0.0, spacing, used, found)


def entry_table(size: int) -> Table:
    """Return a colour for each entry, uint32 [size]: numbers that lie side by side look as unlike as any two.

    Entries have no order. Hues go round by the golden section, equally light and colourful, and lightness in three
    steps: what is told is whether two entries are the same.
    """
    entries = np.arange(size)
    around = entries * _GOLDEN % 1.0 * _HUES
    circle = cyclic_gradient(PHASE)
    first = around.astype(np.intp)
    part = (around - first)[:, None]
    colours = (1.0 - part) * circle[first] + part * circle[(first + 1) % _HUES]
    return pack(np.rint(colours * np.asarray(_LIGHTNESSES)[entries % len(_LIGHTNESSES), None]))
