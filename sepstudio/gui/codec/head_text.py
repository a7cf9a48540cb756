"""How a head is turned, in words."""

from __future__ import annotations

from sepstudio.playback.head import Orientation

_WORDS = (("left", "right"), ("down", "up"), ("tilted right", "tilted left"))


def head_text(orientation: Orientation) -> str:
    """Return for example ``30° left, 10° up``, or ``Straight ahead``."""
    angles = (round(angle) for angle in orientation.degrees)
    said = [f"{abs(angle)}° {words[angle < 0]}" for angle, words in zip(angles, _WORDS, strict=True) if angle]
    return ", ".join(said) or "Straight ahead"
