"""Pages of an Ogg file (RFC 3533): what packets are cut into, with a checksum each."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

CONTINUED, FIRST, LAST = 1, 2, 4
# What the position of a page says on which no packet ends.
NO_POSITION = -1
MOST_SEGMENTS = 255

_MAGIC = b"OggS"
# Magic, version, flags, position, stream, number, checksum, number of segments.
_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM_AT = 22
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class ForeignError(ValueError):
    """Content that is whole as far as can be told, and something else than was asked for."""


@dataclass(frozen=True)
class Page:
    """A page: ``position`` in samples behind its last packet, and its content cut at the ends of packets.

    ``parts`` are as they lie on the page; with ``open_end`` the last of them goes on on the next one.
    """

    flags: int
    position: int
    stream: int
    number: int
    parts: tuple[bytes, ...]
    open_end: bool = False

    def to_bytes(self) -> bytes:
        """Return the page as it lies in a file.

        Raises
        ------
        ValueError
            If it would have more than 255 segments.
        """
        table = b"".join(_lacing(len(part)) for part in self.parts)
        if self.open_end and table.endswith(b"\0"):
            table = table[:-1]
        if len(table) > MOST_SEGMENTS:
            raise ValueError(f"{len(table)} segments do not fit on a page")
        head = _HEADER.pack(_MAGIC, 0, self.flags, self.position, self.stream, self.number, 0, len(table))
        page = head + table + b"".join(self.parts)
        return page[:_CHECKSUM_AT] + struct.pack("<I", checksum(page)) + page[_CHECKSUM_AT + 4 :]


def segments_of(size: int) -> int:
    """Return how many segments of a page a packet of so many bytes takes."""
    return size // 255 + 1


def _lacing(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes([size % 255])


def checksum(page: bytes) -> int:
    """Return the checksum of a page whose own field is zero (RFC 3533, section 6).

    Its polynomial is that of zlib, with the bits of bytes and of the result the other way round, and neither start
    nor end inverted.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_MIRRORED), "big")


def read_pages(file: BinaryIO) -> Iterator[Page]:
    """Yield the pages from where a file stands to its end.

    Raises
    ------
    ForeignError
        If not even the first page is there.
    ValueError
        If something else than a page follows, or a page is cut off or damaged; the message says where.
    """
    while head := file.read(_HEADER.size):
        at = file.tell() - len(head)
        if not head.startswith(_MAGIC[: len(head)]):
            raise ValueError(f"no page begins at byte {at}") if at else ForeignError("it is no Ogg file")
        if len(head) < _HEADER.size:
            raise ValueError(f"the page at byte {at} is cut off")
        _, version, flags, position, stream, number, found, segments = _HEADER.unpack(head)
        if version:
            raise ValueError(f"the page at byte {at} is of version {version} of Ogg, not 0")
        table = file.read(segments)
        body = file.read(sum(table))
        if len(table) < segments or len(body) < sum(table):
            raise ValueError(f"the page at byte {at} is cut off")
        if checksum(head[:_CHECKSUM_AT] + bytes(4) + head[_CHECKSUM_AT + 4 :] + table + body) != found:
            raise ValueError(f"the page at byte {at} is not what was written")
        parts, open_end = _parts(table, body)
        yield Page(flags, position, stream, number, parts, open_end)


def _parts(table: bytes, body: bytes) -> tuple[tuple[bytes, ...], bool]:
    parts, begun, end = [], 0, 0
    for size in table:
        end += size
        if size < 255:
            parts.append(body[begun:end])
            begun = end
    # A packet of a multiple of 255 bytes that ends with the page has a last segment of none.
    open_end = bool(table) and table[-1] == 255
    if open_end:
        parts.append(body[begun:end])
    return tuple(parts), open_end


class PageWriter:
    """Writes the pages of one stream; its packets are shorter than a page.

    The last page waits until it is known to be the last: call ``finish``.
    """

    def __init__(self, file: BinaryIO, stream: int) -> None:
        self._file = file
        self._stream = stream
        self._number = 0
        self._waiting: Page | None = None

    def write(self, packets: Sequence[bytes], position: int) -> None:
        """Write a page of whole packets, which end at a position in samples."""
        self._flush()
        flags = 0 if self._number else FIRST
        self._waiting = Page(flags, position, self._stream, self._number, tuple(packets))
        self._number += 1

    def finish(self) -> None:
        """Write the last page as such."""
        if self._waiting is not None:
            self._waiting = replace(self._waiting, flags=self._waiting.flags | LAST)
        self._flush()

    def _flush(self) -> None:
        if self._waiting is not None:
            self._file.write(self._waiting.to_bytes())
            self._waiting = None
