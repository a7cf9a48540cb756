"""Packets of an Opus file in Ogg, read and written (RFC 7845)."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sepstudio.errors import AudioFileError
from sepstudio.io.failures import display_name, truncated, unreadable
from sepstudio.io.opus.header import RATE, OpusHead, parse_head, parse_tags, tags_packet
from sepstudio.io.opus.pages import (
    CONTINUED,
    FIRST,
    LAST,
    MOST_SEGMENTS,
    NO_POSITION,
    ForeignError,
    Page,
    PageWriter,
    read_pages,
    segments_of,
)
from sepstudio.io.regular import open_regular

SUFFIX = ".opus"
# The comment in which the length at the original rate is kept: rounding to 48 kHz may lose it.
LENGTH_TAG = "ORIGINAL_SAMPLES"

_HEADER_PACKETS = 2
# Whoever seeks looks for pages: one a second, as RFC 7845 has it at most.
_PAGE_SAMPLES = RATE
_CHOOSE = "choose an Opus file of Ambisonics"


@dataclass(frozen=True)
class OpusFile:
    """A file that was read through and found whole.

    Attributes
    ----------
    path : Path
    head : OpusHead
    tags : dict
        Comments by their names in capitals, and ``vendor``.
    length : int
        Samples per channel at 48 kHz, without those that are to be left out.
    packets, payload : int
        How many packets of sound, and their bytes.
    coded : int
        Samples per channel at 48 kHz of all packets.
    """

    path: Path
    head: OpusHead
    tags: dict[str, str]
    length: int
    packets: int
    payload: int
    coded: int

    @property
    def coded_seconds(self) -> float:
        """What all packets hold, in seconds."""
        return self.coded / RATE

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.length / RATE

    @property
    def original_rate(self) -> int:
        """The rate of what was encoded in Hz, or that of Opus if the file tells none."""
        return self.head.sample_rate or RATE

    @property
    def original_length(self) -> int:
        """Samples per channel at the rate of what was encoded."""
        # The length was rounded up to the rate of Opus.
        exact = self.length * self.original_rate / RATE
        kept = self.tags.get(LENGTH_TAG, "")
        if kept.isascii() and kept.isdigit() and abs(int(kept[:18]) - exact) <= max(self.original_rate / RATE, 1):
            return int(kept)
        return self.length * self.original_rate // RATE


def samples_of(packet: bytes) -> int:
    """Return how many samples at 48 kHz a packet holds (RFC 6716, section 3.1).

    Raises
    ------
    ValueError
        If there are none, or more than 120 ms.
    """
    if not packet:
        raise ValueError("it holds an empty packet")
    config, count = packet[0] >> 3, packet[0] & 3
    if config < 12:
        size = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        size = (480, 960)[config & 1]
    else:
        size = (120, 240, 480, 960)[config & 3]
    frames = (1, 2, 2, packet[1] & 63 if len(packet) > 1 else 0)[count]
    if not 0 < frames * size <= 5760:
        raise ValueError(f"it holds a packet of {frames * size} samples")
    return frames * size


def scan_opus(path: Path) -> OpusFile:
    """Read through a file without decoding it.

    Raises
    ------
    AudioFileError
        If it cannot be read, is no Opus file of Ambisonics, or is cut off or damaged anywhere.
    """
    seen = _Seen()
    found = [packet for number, packet in enumerate(_packets(path, seen)) if number < _HEADER_PACKETS]
    with _telling(path):
        if len(found) < _HEADER_PACKETS or not seen.packets:
            raise ValueError("it holds no sound")
        head, tags = parse_head(found[0]), parse_tags(found[1])
        length = min(seen.samples, seen.end - seen.start) - head.pre_skip
        if length <= 0:
            raise ValueError("it holds no sound")
    return OpusFile(path, head, tags, length, seen.packets, seen.payload, seen.samples)


def sound_packets(path: Path) -> Iterator[bytes]:
    """Yield the packets of sound of a file that ``scan_opus`` found whole; raises AudioFileError as that does."""
    for number, packet in enumerate(_packets(path, _Seen())):
        if number >= _HEADER_PACKETS:
            yield packet


def head_of(path: Path) -> OpusHead | None:
    """Return the head of an Opus file of Ambisonics, None of anything else; raises OSError."""
    with path.open("rb") as file, contextlib.suppress(ValueError):
        for page in read_pages(file):
            return parse_head(page.parts[0] if page.parts else b"")
    return None


@dataclass
class _Seen:
    """What of a file went by: where its sound begins and ends in positions of pages, its samples and bytes."""

    start: int = 0
    end: int = 0
    samples: int = 0
    packets: int = 0
    payload: int = 0
    header_packets: int = 0
    page_samples: int = field(default=0, repr=False)

    def take(self, packet: bytes) -> None:
        if self.header_packets < _HEADER_PACKETS:
            self.header_packets += 1
            return
        self.packets += 1
        self.payload += len(packet)
        self.page_samples += samples_of(packet)

    def turn(self, page: Page) -> None:
        """Take note of the end of a page."""
        if page.position == NO_POSITION or not self.page_samples:
            return
        if not self.samples:
            # A recording may begin late, when it was cut out of another one.
            self.start = max(page.position - self.page_samples, 0)
        if page.position < self.end:
            raise ValueError("the positions of its pages go backwards")
        self.end = page.position
        self.samples += self.page_samples
        self.page_samples = 0


def _packets(path: Path, seen: _Seen) -> Iterator[bytes]:
    """Yield all packets of the first stream of a file."""
    begun = b""
    number = 0
    page: Page | None = None
    with _telling(path), open_regular(path) as file:
        for page in _stream_pages(file):
            if page.number != number:
                raise ValueError(f"page {number} is missing")
            number += 1
            if bool(page.flags & CONTINUED) != bool(begun) and page.parts:
                raise ValueError(f"a packet is cut in two before page {number - 1}")
            parts = list(page.parts)
            if begun and parts:
                parts[0] = begun + parts[0]
            begun = parts.pop() if page.open_end else b""
            for packet in parts:
                seen.take(packet)
                yield packet
            seen.turn(page)
            if page.flags & LAST:
                return
        raise ValueError("its last page is missing" if page is not None else "it is empty")


def _stream_pages(file: BinaryIO) -> Iterator[Page]:
    stream = None
    for page in read_pages(file):
        if stream is None:
            if not page.flags & FIRST:
                raise ValueError("its first page is missing")
            stream = page.stream
        if page.stream == stream:
            yield page


@contextlib.contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unreadable(path, error) from error
    except ForeignError as error:
        raise AudioFileError(display_name(path), f"is no Opus file of Ambisonics: {error}", _CHOOSE) from error
    except ValueError as error:
        raise truncated(path, str(error)) from error


class OpusFileWriter:
    """Writes the packets of a recording into a file that is open for writing.

    Parameters
    ----------
    file : binary file
    head : OpusHead
    length : int
        Samples per channel of the recording at 48 kHz.
    vendor : str
        What encoded it.
    comments : dict
    """

    def __init__(self, file: BinaryIO, head: OpusHead, length: int, vendor: str, comments: dict[str, str]) -> None:
        # Only files that are joined need to tell their streams apart.
        self._pages = PageWriter(file, secrets.randbits(32))
        self._end = length + head.pre_skip
        self._done = 0
        self._waiting: list[bytes] = []
        self._begun = 0
        self._pages.write([head.to_bytes()], 0)
        self._pages.write([tags_packet(vendor, comments)], 0)

    def write(self, packet: bytes) -> None:
        """Append a packet.

        Raises
        ------
        ValueError
            If it does not fit on a page: none of libopus is so long.
        """
        segments = sum(segments_of(len(one)) for one in (*self._waiting, packet))
        if self._waiting and (segments > MOST_SEGMENTS or self._done - self._begun >= _PAGE_SAMPLES):
            self._turn()
        self._waiting.append(packet)
        self._done += samples_of(packet)

    def finish(self) -> None:
        """Write what is left; what the last packet holds beyond the recording is not part of the file's length."""
        self._done = min(self._done, self._end)
        self._turn()
        self._pages.finish()

    def _turn(self) -> None:
        self._pages.write(self._waiting, self._done)
        self._waiting = []
        self._begun = self._done
