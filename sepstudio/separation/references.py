"""The true stems that a method is given: which of them are taken, and how much of the mixture they are."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import numpy as np

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.separation.base import RunContext

# What stems leave of the mixture; never a true stem itself.
RESIDUAL = "residual"
_BLOCK = 1 << 18
# The rounding of files and the loss of encoders stay below this share of the energy of a mixture.
_ALL_OF_IT = 1e-3
# Parts that are counted twice leave the mixture with its sign turned.
_TOO_MUCH = -0.1
# What is left of a sum is no more than the sum, but for parts that cancel each other a little; taking something else
# away from it adds that to it.
_MOST = 1.2


@dataclass(frozen=True)
class Rest:
    """What a mixture holds beyond the sum of its true stems, as shares of its energy.

    ``energy`` is that of the rest; ``likeness`` is the correlation of the rest with the mixture, which is 0 to 1 where
    stems are missing and below 0 where parts are counted twice.
    """

    energy: float
    likeness: float

    @property
    def counts(self) -> bool:
        """Whether it is a source of its own rather than rounding."""
        return self.energy > _ALL_OF_IT

    def check(self) -> None:
        """Raise ParameterError where the true stems hold parts of the mixture twice, or are not parts of it."""
        if self.likeness < _TOO_MUCH:
            raise ParameterError(
                "stems", "all true stems", "names of those that add up to the mixture: together they hold more than it"
            )
        if self.energy > _MOST:
            raise ParameterError(
                "true stems", "all that are taken", "parts of the mixture: without them more is left than it holds"
            )

    @property
    def note(self) -> str:
        """What is to be told of it."""
        return f"the true stems leave {10 * np.log10(self.energy):.1f} dB of the mixture, a source of its own"


def chosen_references(method: str, mixture: AudioClip, names: str, context: RunContext) -> dict[str, AudioClip]:
    """Return the true stems that are taken, by name.

    Parameters
    ----------
    method : str
        The title of the method that needs them.
    names : str
        Those that are taken, separated by commas; empty for all. What is called ``residual`` never is.

    Raises
    ------
    MissingInputError
        If there are none.
    ParameterError
        If a name is unknown, or a stem has another sample rate or other channels than the mixture.
    """
    known = {name: clip for name, clip in (context.references or {}).items() if name != RESIDUAL}
    if not known:
        raise no_references(method)
    wanted = [name.strip() for name in names.split(",") if name.strip()] or list(known)
    for name in wanted:
        if name not in known:
            raise ParameterError("stems", name, "among the true stems: " + ", ".join(known))
        check_alike(f"true stem {name}", known[name], mixture)
    return {name: known[name] for name in wanted}


def no_references(method: str) -> MissingInputError:
    """Return what is to be told where the true stems of a recording are missing."""
    why = "it needs the true stems of the recording"
    return MissingInputError(f"{method} cannot begin", why, "say which recordings they are")


def rest_steps(mixture: AudioClip, references: Mapping[str, AudioClip]) -> Generator[float, None, Rest]:
    """Measure what true stems leave of a mixture; yields the fraction done."""
    sums = np.zeros(3)
    for start in range(0, mixture.length, _BLOCK):
        stop = min(start + _BLOCK, mixture.length)
        x = mixture.read(start, stop).astype(np.float64)
        rest = x - sum(clip.read(start, stop) for clip in references.values())
        sums += [float(np.vdot(a, b)) for a, b in ((x, x), (rest, rest), (x, rest))]
        yield stop / mixture.length
    shares = sums[1:] / sums[0] if sums[0] else np.zeros(2)
    return Rest(*map(float, shares))


def check_alike(name: str, clip: AudioClip, mixture: AudioClip) -> None:
    """Raise ParameterError, about ``name``, if a clip has another sample rate or other channels than the mixture."""
    for what, own, expected in (
        ("Hz", clip.sample_rate, mixture.sample_rate),
        ("channels", clip.channels, mixture.channels),
    ):
        if own != expected:
            raise ParameterError(name, f"{own} {what}", f"like the mixture, which has {expected} {what}")
