"""What is where in a synthetic scene: plain values, from which the sound follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.ambisonics import vectors

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dry:
    """What a source plays: ``kind`` of ``material.KINDS`` made from ``seed``, or ``"file"`` from ``start`` s on."""

    kind: str
    seed: int
    file: str = ""
    start: float = 0.0


@dataclass(frozen=True)
class Knot:
    """Where a source is at a time: seconds, degrees (azimuth to the left, elevation up), metres."""

    time: float
    azimuth: float
    elevation: float
    distance: float


@dataclass(frozen=True)
class Source:
    """A point source; ``level`` in dB at 1 m. Between knots it moves in straight lines; one knot: it stands."""

    dry: Dry
    level: float
    knots: tuple[Knot, ...]

    def positions(self, times: Float64Array) -> Float64Array:
        """Return where it is at times in seconds as float64 [3, times], in metres from the listener (x, y, z)."""
        knots = np.array([(knot.time, knot.azimuth, knot.elevation, knot.distance) for knot in self.knots]).T
        corners = knots[3] * vectors(np.radians(knots[1]), np.radians(knots[2]))
        return np.stack([np.interp(times, knots[0], corner) for corner in corners])


@dataclass(frozen=True)
class Room:
    """A box with even walls.

    ``size`` and ``listener`` in metres (front, left, up from a corner), ``absorption`` the share of power that a wall
    keeps, ``brightness`` in Hz the frequency from which a reflection is dulled, ``reflections`` how often a path is
    reflected at most before it counts as reverberation.
    """

    size: tuple[float, float, float]
    listener: tuple[float, float, float]
    absorption: float
    brightness: float
    reflections: int
    seed: int

    @property
    def surface(self) -> float:
        """Area of all walls in square metres."""
        x, y, z = self.size
        return 2 * (x * y + y * z + z * x)

    @property
    def decay(self) -> float:
        """Reverberation time in seconds, after Sabine."""
        return float(0.161 * np.prod(self.size) / (self.absorption * self.surface))


@dataclass(frozen=True)
class Diffuse:
    """Noise from everywhere at once: ``level`` in dB, ``slope`` in dB per octave."""

    level: float
    slope: float
    seed: int


@dataclass(frozen=True)
class Ambience:
    """One sound from many directions, at another moment of it in each; ``level`` in dB of their sum."""

    dry: Dry
    level: float
    directions: tuple[tuple[float, float], ...]
    seed: int


@dataclass(frozen=True)
class Microphone:
    """A spherical array: degree n falls off by n·6 dB per octave below ``corner`` Hz times n; ``noise`` in dB."""

    corner: float
    noise: float
    seed: int


@dataclass(frozen=True)
class Scene:
    """A whole scene; ``level`` is what the mean power of W becomes, in dB, as far as no channel goes beyond 1."""

    seconds: float
    level: float
    sources: tuple[Source, ...]
    room: Room | None = None
    diffuse: Diffuse | None = None
    ambience: Ambience | None = None
    microphone: Microphone | None = None
