"""MP3 files that do not say how long they are.

libsndfile then guesses the length from the rate of the first frame and reads no further: of a file
of variable rate without the usual tag, more than half was lost. A tag of our own in front prevents it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_SEARCHED = 1 << 16
_BITRATES = {  # kbit/s of layer III, by MPEG version 1 or not
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_SMALLEST_FRAME = 24
_ROOMY_BITRATE = 9  # index of 128 or 80 kbit/s: every frame of it holds the tag
_HAS_FRAME_COUNT = 1


@dataclass(frozen=True)
class _Frame:
    """The header of a layer III frame, its size in bytes and that of its side information."""

    header: bytes
    size: int
    side_size: int
    is_version_1: bool


def length_tag(path: Path) -> tuple[bytes, int] | None:
    """Return a tag to put before the frames of an MP3 file without one, and where its frames start.

    The tag announces more frames than the file can hold, so that decoding ends where the file ends.
    None if the file announces its length itself or does not look like MP3.
    """
    with path.open("rb") as file:
        start = _skip_id3(file)
        file.seek(start)
        data = file.read(_SEARCHED)
        file_size = file.seek(0, 2)
    found = None if data.startswith(b"fLaC") else _first_frame(data)
    if found is None:
        return None
    at, frame = found
    content = data[at : at + frame.size]
    if b"VBRI" in content or _announced_frames(content):
        return None
    has_empty_tag = b"Xing" in content or b"Info" in content
    return _tag(frame, file_size // _SMALLEST_FRAME), start + at + frame.size * has_empty_tag


def _skip_id3(file: BinaryIO) -> int:
    """Return where the ID3v2 tags at the beginning of a file end."""
    position = 0
    while True:
        file.seek(position)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return position
        size = sum((byte & 0x7F) << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        has_footer = bool(head[5] & 0x10)
        position += 10 + size + 10 * has_footer


def _first_frame(data: bytes) -> tuple[int, _Frame] | None:
    """Return the first frame that another one follows, and its position."""
    at = data.find(b"\xff")
    while at >= 0:
        frame = _parse(data[at : at + 4])
        if frame is not None and _parse(data[at + frame.size : at + frame.size + 4]) is not None:
            return at, frame
        at = data.find(b"\xff", at + 1)
    return None


def _parse(header: bytes) -> _Frame | None:
    """Read the four bytes of a frame header (ISO/IEC 11172-3, 2.4.1.3); None unless layer III."""
    if len(header) < 4 or header[1] & 0xE6 != 0xE2:
        return None
    version, bitrate, rate = header[1] >> 3 & 3, header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or bitrate in (0, 15) or rate == 3:
        return None
    is_version_1, is_mono = version == 3, header[3] >> 6 == 3
    slots = 144 if is_version_1 else 72
    size = slots * 1000 * _BITRATES[is_version_1][bitrate] // _SAMPLE_RATES[version][rate] + (header[2] >> 1 & 1)
    side_size = (17 if is_mono else 32) if is_version_1 else (9 if is_mono else 17)
    return _Frame(header, size, side_size, is_version_1)


def _announced_frames(content: bytes) -> int:
    """Return the number of frames that the tag in the first frame gives, 0 if there is none."""
    tag_at = max(content.find(b"Xing"), content.find(b"Info"))
    if tag_at < 0 or len(content) < tag_at + 12:
        return 0
    flags, frames = struct.unpack(">II", content[tag_at + 4 : tag_at + 12])
    return int(frames) if flags & _HAS_FRAME_COUNT else 0


def _tag(like: _Frame, frames: int) -> bytes:
    """Return a silent frame of the same kind that holds a tag with a number of frames."""
    # Without a checksum (last bit of the second byte) and padding.
    header = bytes([like.header[0], like.header[1] | 1, _ROOMY_BITRATE << 4 | like.header[2] & 0x0C, like.header[3]])
    frame = _parse(header)
    size = frame.size if frame else 0
    tag = b"Xing" + struct.pack(">II", _HAS_FRAME_COUNT, min(frames, 0xFFFFFFFF))
    return (header + bytes(like.side_size) + tag).ljust(size, b"\0")
