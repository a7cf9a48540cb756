"""What a recording seems to be: a hint for who opens it, never a decision."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.ambisonic_conventions import band_covariance, convention_residual
from sepstudio.dsp.ambisonics import channels_of
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import USUAL, Convention, order_of
from sepstudio.io.steps import drain

# Stretches of half a second over the whole recording: enough to hear every source, soon read.
_STRETCHES = 30
_STRETCH_SECONDS = 0.5
# Channels beyond the third order add nothing that tells conventions apart.
_HIGHEST_ORDER = 3
# A fit is good up to here, and clearly the best if the next is worse by this factor.
_GOOD = 0.45
_CLEARLY = 1.3


@dataclass(frozen=True)
class ConventionHint:
    """How badly each convention explains a recording, from 0 (fully explained) to 1, the best one first.

    Empty if there was nothing to hear.
    """

    order: int
    residuals: Mapping[Convention, float]

    @property
    def likely(self) -> Convention | None:
        """The convention that clearly fits best, or None if that cannot be told."""
        ranked = list(self.residuals.items())
        # Of the first order the sequence cannot be told at all.
        if self.order < 2 or not ranked or ranked[0][1] > _GOOD:
            return None
        others = [residual for _, residual in ranked[1:]]
        return ranked[0][0] if all(residual > _CLEARLY * ranked[0][1] for residual in others) else None

    @property
    def text(self) -> str:
        """One line that names the residuals."""
        if not self.residuals:
            return "Nothing between 1.5 and 5 kHz to tell the convention by"
        figures = ", ".join(f"{convention} {residual:.2f}" for convention, residual in self.residuals.items())
        likely = self.likely
        return f"{'Convention unclear' if likely is None else f'Looks like {likely}'} (unexplained: {figures})"


def convention_hint_steps(clip: AudioClip) -> Generator[float, None, ConventionHint]:
    """Find out which of the usual conventions fits a recording best; yields the fraction done.

    Raises
    ------
    ParameterError
        If the channels are no full set (see ``hoa.order_of``).
    AudioFileError
        If the recording cannot be read.
    """
    order = order_of(clip.channels)
    kept = channels_of(min(order, _HIGHEST_ORDER))
    size = min(int(_STRETCH_SECONDS * clip.sample_rate), clip.length)
    total = np.zeros((kept, kept))
    starts = np.unique(np.linspace(0, clip.length - size, _STRETCHES).astype(int))
    for place, start in enumerate(starts):
        total += band_covariance(clip.read(start, start + size)[:kept], clip.sample_rate)
        yield 0.5 * (place + 1) / len(starts)
    residuals: dict[Convention, float] = {}
    candidates = [one for one in USUAL if order <= one.highest_order]
    for place, one in enumerate(candidates if total.trace() > 0 else ()):
        residuals[one] = convention_residual(total, one.ordering, one.normalisation)
        yield 0.5 + 0.5 * (place + 1) / len(candidates)
    return ConventionHint(order, dict(sorted(residuals.items(), key=lambda item: item[1])))


def convention_hint(clip: AudioClip) -> ConventionHint:
    """Find out which of the usual conventions fits a recording best; see ``convention_hint_steps``."""
    return drain(convention_hint_steps(clip))
