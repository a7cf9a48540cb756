"""What head trackers say: turns of the head in messages of Open Sound Control."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from sepstudio.errors import ParameterError
from sepstudio.io.osc import Message
from sepstudio.playback.head import Orientation

# In front of them programs may put a name, as "/SceneRotator/ypr".
ADDRESSES = ("/yaw", "/pitch", "/roll", "/ypr", "/quaternion", "/quaternions")
_COUNTS = {"yaw": 1, "pitch": 1, "roll": 1, "ypr": 3, "quaternion": 4, "quaternions": 4}


@dataclass(frozen=True)
class Signs:
    """Which angles of a tracker are turned round: trackers agree on little."""

    yaw: bool = False
    pitch: bool = False
    roll: bool = False

    def applied(self, orientation: Orientation) -> Orientation:
        """Return the turn with these angles turned round."""
        yaw, pitch, roll = orientation.yaw, orientation.pitch, orientation.roll
        return Orientation(-yaw if self.yaw else yaw, -pitch if self.pitch else pitch, -roll if self.roll else roll)


def turn_of(message: Message, told: Orientation) -> Orientation | None:
    """Return how a head is turned after a message, given how a tracker told it to be before.

    ``/yaw``, ``/pitch`` and ``/roll`` carry one angle in degrees, ``/ypr`` all three, ``/quaternion`` w, x, y and z.
    What stands before the last part of the address does not matter.

    Returns
    -------
    Orientation or None
        None where the message says nothing about a head, or nothing that is a number.
    """
    name = message.address.rpartition("/")[2].lower()
    values = _numbers(message)
    if name not in _COUNTS or values is None or len(values) != _COUNTS[name]:
        return None
    return _turn(name, values, told)


def _turn(name: str, values: tuple[float, ...], told: Orientation) -> Orientation | None:
    yaw, pitch, roll = told.degrees
    makes: dict[str, Callable[..., Orientation]] = {
        "yaw": lambda angle: Orientation.of_degrees(angle, pitch, roll),
        "pitch": lambda angle: Orientation.of_degrees(yaw, angle, roll),
        "roll": lambda angle: Orientation.of_degrees(yaw, pitch, angle),
        "ypr": Orientation.of_degrees,
    }
    try:
        return makes.get(name, Orientation.of_quaternion)(*values)
    except ParameterError:
        return None


def _numbers(message: Message) -> tuple[float, ...] | None:
    # A truth value would count as a number.
    numbers = [value for value in message.arguments if isinstance(value, int | float) and not isinstance(value, bool)]
    whole = len(numbers) == len(message.arguments) and all(map(math.isfinite, numbers))
    return tuple(map(float, numbers)) if whole else None
