"""Where the listener looks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sepstudio.errors import ParameterError


@dataclass(frozen=True)
class Orientation:
    """A turn of the head: right-handed about z (up), y (left) and x (front), the roll first.

    The angles are those of ``ambisonics.axes_rotation``: a positive yaw looks to the left, a positive pitch down, a
    positive roll lifts the left ear.

    Parameters
    ----------
    yaw, pitch, roll : float
        In radians.

    Raises
    ------
    ParameterError
        If one is not finite.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        for name, angle in (("yaw", self.yaw), ("pitch", self.pitch), ("roll", self.roll)):
            if not math.isfinite(angle):
                raise ParameterError(name, angle, "finite")

    @property
    def degrees(self) -> tuple[float, float, float]:
        """Yaw, pitch and roll in degrees."""
        return math.degrees(self.yaw), math.degrees(self.pitch), math.degrees(self.roll)

    @classmethod
    def of_degrees(cls, yaw: float, pitch: float, roll: float) -> Orientation:
        """Return a turn by angles in degrees, the yaw between -180 and 180."""
        wrapped = math.remainder(yaw, 360.0) if math.isfinite(yaw) else yaw
        return cls(math.radians(wrapped), math.radians(pitch), math.radians(roll))

    @classmethod
    def of_quaternion(cls, w: float, x: float, y: float, z: float) -> Orientation:
        """Return the turn that a quaternion of any length stands for.

        Raises
        ------
        ParameterError
            If it is zero or not finite.
        """
        length = math.hypot(w, x, y, z)
        if not 0.0 < length < math.inf:
            raise ParameterError("quaternion", (w, x, y, z), "finite and not zero")
        w, x, y, z = w / length, x / length, y / length, z / length
        sine = min(max(2.0 * (w * y - x * z), -1.0), 1.0)
        return cls(
            math.atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z)),
            math.asin(sine),
            math.atan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y)),
        )


FRONT = Orientation()


class Head:
    """The turn of a head that moves: whoever turns it and whoever looks may be different threads."""

    def __init__(self, orientation: Orientation = FRONT) -> None:
        # One reference, replaced at once: no thread can see half of a turn.
        self._orientation = orientation

    @property
    def orientation(self) -> Orientation:
        """The turn at present."""
        return self._orientation

    def turn_to(self, orientation: Orientation) -> None:
        """Look elsewhere from now on."""
        self._orientation = orientation
