"""Where loudspeakers stand: the layouts of ITU-R BS.2051-3 and any other.

Azimuth turns anticlockwise from the front, elevation rises, both in degrees, which is how layouts are written down.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sepstudio.dsp.ambisonics import Float64Array, vectors
from sepstudio.errors import ParameterError

# Directions of loudspeakers closer than this, in degrees, cannot be told apart by panning.
LEAST_ANGLE = 1.0
_LEVELS = {"M": 0.0, "U": 30.0, "B": -30.0, "T": 90.0}
# Nominal places of subwoofers; no decoder looks at them.
_LFE = {"LFE1": (45.0, -30.0), "LFE2": (-45.0, -30.0)}


@dataclass(frozen=True)
class Loudspeaker:
    """One loudspeaker at the distance of all others.

    Parameters
    ----------
    name : str
        For example ``"M+030"``: level (M of ears, U upper, B bottom, T top) and azimuth.
    azimuth : float
        In degrees, -360 to 360; to the left of the front is positive.
    elevation : float
        In degrees, -90 to 90.
    lfe : bool
        Whether it plays low-frequency effects alone, and nothing by its direction.

    Raises
    ------
    ParameterError
        For values out of range.
    """

    name: str
    azimuth: float
    elevation: float = 0.0
    lfe: bool = False

    def __post_init__(self) -> None:
        if not self.name.strip() or not self.name.isprintable():
            raise ParameterError("name of a loudspeaker", self.name, "printable and not empty")
        if not abs(self.azimuth) <= 360:
            raise ParameterError(f"azimuth of {self.name}", self.azimuth, "between -360 and 360 degrees")
        if not abs(self.elevation) <= 90:
            raise ParameterError(f"elevation of {self.name}", self.elevation, "between -90 and 90 degrees")


@dataclass(frozen=True)
class Layout:
    """Loudspeakers in the order of their channels.

    Parameters
    ----------
    name : str
        As people call it, for example ``"7.1.4"``.
    speakers : tuple of Loudspeaker
        At least one that is none of low-frequency effects.

    Raises
    ------
    ParameterError
        If there is none, a name occurs twice, or two lie in one direction.
    """

    name: str
    speakers: tuple[Loudspeaker, ...]

    def __post_init__(self) -> None:
        if all(speaker.lfe for speaker in self.speakers):
            raise ParameterError("loudspeakers", len(self.speakers), "at least one that plays more than the LFE")
        names = [speaker.name for speaker in self.speakers]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ParameterError("name of a loudspeaker", twice, "there once")
        self._check_distances()

    def _check_distances(self) -> None:
        points = self.vectors
        cosines = points.T @ points - 2 * np.eye(points.shape[1])
        first, second = np.unravel_index(np.argmax(cosines), cosines.shape)
        if cosines[first, second] > math.cos(math.radians(LEAST_ANGLE)):
            full = [speaker.name for speaker in self.speakers if not speaker.lfe]
            expected = f"at least {LEAST_ANGLE:g} degree apart"
            raise ParameterError("directions of loudspeakers", f"{full[first]} and {full[second]}", expected)

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each loudspeaker."""
        return tuple(speaker.name for speaker in self.speakers)

    @cached_property
    def azimuths(self) -> Float64Array:
        """In degrees, float64 [speakers]."""
        return np.array([speaker.azimuth for speaker in self.speakers], np.float64)

    @cached_property
    def elevations(self) -> Float64Array:
        """In degrees, float64 [speakers]."""
        return np.array([speaker.elevation for speaker in self.speakers], np.float64)

    @property
    def lfe(self) -> tuple[bool, ...]:
        """Of each loudspeaker, whether it plays low-frequency effects alone."""
        return tuple(speaker.lfe for speaker in self.speakers)

    @property
    def full_range(self) -> list[int]:
        """The channels of the loudspeakers that sound comes from, all but those of low-frequency effects."""
        return [channel for channel, lfe in enumerate(self.lfe) if not lfe]

    @cached_property
    def vectors(self) -> Float64Array:
        """Unit vectors (x, y, z) to the loudspeakers of ``full_range``, float64 [3, speakers]."""
        return vectors(*(np.radians(angles[self.full_range]) for angles in (self.azimuths, self.elevations)))


def _standard(name: str, labels: str) -> Layout:
    return Layout(name, tuple(_labelled(label) for label in labels.split()))


def _labelled(label: str) -> Loudspeaker:
    if label in _LFE:
        return Loudspeaker(label, *_LFE[label], lfe=True)
    return Loudspeaker(label, float(label[1:]), _LEVELS[label[0]])


# Systems A (0+2+0), B (0+5+0), D (4+5+0), J (4+7+0) and H (9+10+3) of ITU-R BS.2051-3, at their nominal positions and
# in the sequence of its tables.
LAYOUTS = {
    layout.name: layout
    for layout in (
        _standard("stereo", "M+030 M-030"),
        _standard("5.1", "M+030 M-030 M+000 LFE1 M+110 M-110"),
        _standard("5.1.4", "M+030 M-030 M+000 LFE1 M+110 M-110 U+030 U-030 U+110 U-110"),
        _standard("7.1.4", "M+030 M-030 M+000 LFE1 M+090 M-090 M+135 M-135 U+045 U-045 U+135 U-135"),
        _standard(
            "22.2",
            "M+060 M-060 M+000 LFE1 M+135 M-135 M+030 M-030 M+180 LFE2 M+090 M-090 "
            "U+045 U-045 U+000 T+000 U+135 U-135 U+090 U-090 U+180 B+000 B+045 B-045",
        ),
    )
}
