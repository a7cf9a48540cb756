"""What the channels of a scene are called, and of which order each is."""

from __future__ import annotations

import math

# The letters that Furse and Malham gave the harmonics up to the third order, in the sequence of ACN and in theirs.
_ACN_LETTERS = "WYZXVTRSUQOMKLNP"
_FUMA_LETTERS = "WXYZRSTUVKLMNOPQ"


def channel_letter(index: int, *, fuma: bool = False) -> str:
    """Return the letter of a channel, or its number beyond the third order; ``index`` counts from 0."""
    letters = _FUMA_LETTERS if fuma else _ACN_LETTERS
    return letters[index] if index < len(letters) else str(index)


def channel_text(index: int, *, fuma: bool = False) -> str:
    """Return a channel in words, such as ``X (ACN 3)``, or ``X (channel 2)`` in Furse and Malham's sequence."""
    if fuma:
        return f"{channel_letter(index, fuma=True)} (channel {index + 1})"
    letter = channel_letter(index)
    return f"{letter} (ACN {index})" if not letter.isdecimal() else f"ACN {index}"


def order_of_channel(index: int) -> int:
    """Return the order of a channel: of 1, 3, 5, 7 … channels each, in either sequence."""
    return math.isqrt(index)


def order_edges(channels: int) -> tuple[int, ...]:
    """Return with which channels orders begin, and the number of channels at last: 0, 1, 4, 9, 16."""
    orders = order_of_channel(max(channels - 1, 0)) + 1
    return (*(n * n for n in range(orders)), channels)
