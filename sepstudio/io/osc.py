"""Open Sound Control 1.0: what head trackers send over a network, one datagram at a time."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass

from sepstudio.errors import UserError

# No tracker sends as much; what is longer or deeper is no message to us.
MOST_BYTES = 8192
_DEEPEST = 8
_BUNDLE = b"#bundle\0"
# By their type tag: how an argument lies in the datagram (OSC 1.0 specification, "OSC type tags").
_NUMBERS = {"f": ">f", "i": ">i", "d": ">d", "h": ">q", "t": ">Q"}
_BARE = {"T": True, "F": False, "N": None, "I": math.inf}

Argument = float | int | str | bytes | bool | None


@dataclass(frozen=True)
class Message:
    """An address that begins with a slash, and what is said to it."""

    address: str
    arguments: tuple[Argument, ...]


def read_datagram(data: bytes) -> tuple[Message, ...]:
    """Return the messages of a datagram: one, or those of a bundle in their order, whenever they are due.

    Raises
    ------
    UserError
        If it is no OSC, or broken off.
    """
    if len(data) > MOST_BYTES:
        raise _broken(f"has {len(data)} bytes, {MOST_BYTES} at most are taken")
    return tuple(_packet(data, 0))


def _packet(data: bytes, depth: int) -> list[Message]:
    if not data.startswith(_BUNDLE):
        return [_message(data)]
    if depth >= _DEEPEST:
        raise _broken("nests bundles too deeply")
    found: list[Message] = []
    # Behind the word and the time at which it is due.
    place = len(_BUNDLE) + 8
    if len(data) < place:
        raise _broken("ends within its head")
    while place < len(data):
        size = _size(data, place)
        place += 4
        if not 0 < size <= len(data) - place:
            raise _broken("holds a part that is longer than itself")
        found += _packet(data[place : place + size], depth + 1)
        place += size
    return found


def _message(data: bytes) -> Message:
    address, place = _string(data, 0)
    if not address.startswith("/"):
        raise _broken("does not begin with an address")
    if place == len(data):
        # Old senders leave out the tags where there are no arguments.
        return Message(address, ())
    tags, place = _string(data, place)
    if not tags.startswith(","):
        raise _broken("does not say of which type its arguments are")
    arguments: list[Argument] = []
    for tag in tags[1:]:
        value, place = _argument(tag, data, place)
        arguments.append(value)
    return Message(address, tuple(arguments))


def _argument(tag: str, data: bytes, place: int) -> tuple[Argument, int]:
    if tag in _NUMBERS:
        layout = _NUMBERS[tag]
        return _unpack(layout, data, place)[0], place + struct.calcsize(layout)
    if tag in _BARE:
        return _BARE[tag], place
    if tag in "sS":
        return _string(data, place)
    if tag == "b":
        size = _size(data, place)
        stop = place + 4 + size
        if size < 0 or stop > len(data):
            raise _broken("ends within an argument")
        return data[place + 4 : stop], stop + -size % 4
    raise _broken(f"has an argument of type {tag!r}")


def _string(data: bytes, place: int) -> tuple[str, int]:
    """Return a string that ends with zeros up to a multiple of four, and the place behind them."""
    end = data.find(b"\0", place)
    if end < 0:
        raise _broken("ends within a string")
    try:
        text = data[place:end].decode("ascii")
    except UnicodeDecodeError:
        raise _broken("holds a string that is not ASCII") from None
    return text, min(end + 4 - (end - place) % 4, len(data))


def _size(data: bytes, place: int) -> int:
    return int(_unpack(">i", data, place)[0])


def _unpack(layout: str, data: bytes, place: int) -> tuple[int | float, ...]:
    try:
        return struct.unpack_from(layout, data, place)
    except struct.error:
        raise _broken("ends within an argument") from None


def _broken(why: str) -> UserError:
    return UserError("A datagram", f"{why} and is no OSC message", "let the tracker send OSC 1.0 over UDP")
