"""Where the audio lies in WAV, RF64, BW64, W64, AIFF, CAF and AU files, and how much of it is announced.

libsndfile shortens a truncated file in silence, takes a length of zero (which a recorder or a
pipe leaves behind) at its word, and stops at 4 GB of a stream; so the headers are read here first.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_UNKNOWN_32 = 0xFFFFFFFF
_UNKNOWN_64 = 0xFFFFFFFFFFFFFFFF
# sox writes 0x7FFFF000 into a pipe, rounded down to whole frames in later versions.
_SOX_UNKNOWN = range(0x7FFFF000 - 4096, 0x7FFFF001)
# RIFF with sizes of 64 bits. BW64 (ITU-R BS.2088) is RF64 under another name, which libsndfile does not know.
_LONG_RIFF = (b"RF64", b"BW64")
_MAX_CHUNKS = 1000
_MAX_KEPT = 1 << 16


@dataclass(frozen=True)
class _Layout:
    """How a container strings its chunks together."""

    first: int
    id_size: int
    size: struct.Struct
    size_counts_header: bool
    alignment: int
    audio_id: bytes


_RIFF = _Layout(12, 4, struct.Struct("<I"), False, 2, b"data")
_RIFX = _Layout(12, 4, struct.Struct(">I"), False, 2, b"data")
_AIFF = _Layout(12, 4, struct.Struct(">I"), False, 2, b"SSND")
_CAF = _Layout(8, 4, struct.Struct(">Q"), False, 1, b"data")
_W64 = _Layout(40, 16, struct.Struct("<Q"), True, 8, b"data")


@dataclass(frozen=True)
class AudioChunk:
    """The audio of a file: ``available`` bytes from ``start``.

    ``written`` is the size in the header and ``announced`` what it means: None if it was not known
    when the header was written. ``kept`` holds the small chunks before the audio, by their ids.
    """

    magic: bytes
    start: int
    written: int
    announced: int | None
    available: int
    kept: dict[bytes, bytes]

    @property
    def missing(self) -> int:
        """How many announced bytes the file does not hold."""
        return 0 if self.announced is None else max(self.announced - self.available, 0)


def find_audio(path: Path) -> AudioChunk | None:
    """Return where the audio of a file lies, or None if it is of another format or has no audio chunk."""
    with path.open("rb") as file:
        file_size = file.seek(0, 2)
        file.seek(0)
        head = file.read(40)
        if head[:4] == b".snd" and len(head) >= 12:
            return _find_au(head, file_size)
        layout = _layout(head)
        return None if layout is None else _walk(file, layout, head, file_size)


def _layout(head: bytes) -> _Layout | None:
    magic, form = head[:4], head[8:12]
    if form == b"WAVE" and magic in (b"RIFF", *_LONG_RIFF):
        return _RIFF
    if form == b"WAVE" and magic == b"RIFX":
        return _RIFX
    if magic == b"FORM" and form in (b"AIFF", b"AIFC"):
        return _AIFF
    return {b"riff": _W64, b"caff": _CAF}.get(magic)


def _find_au(head: bytes, file_size: int) -> AudioChunk:
    start, announced = struct.unpack(">II", head[4:12])
    available = max(file_size - start, 0)
    return AudioChunk(head[:4], start, announced, None if announced == _UNKNOWN_32 else announced, available, {})


def _walk(file: BinaryIO, layout: _Layout, head: bytes, file_size: int) -> AudioChunk | None:
    header_size = layout.id_size + layout.size.size
    position = layout.first
    kept: dict[bytes, bytes] = {}
    for _ in range(_MAX_CHUNKS):
        file.seek(position)
        header = file.read(header_size)
        if len(header) < header_size:
            return None
        chunk_id = header[:4]
        size = layout.size.unpack(header[layout.id_size :])[0] - header_size * layout.size_counts_header
        start = position + header_size
        if chunk_id == layout.audio_id:
            return _audio_chunk(head, layout, start, size, file_size, kept)
        if size < 0:
            return None
        if size <= _MAX_KEPT:
            kept[chunk_id] = file.read(size)
        position = start + size + (-size % layout.alignment)
        if position > file_size:  # also keeps absurd 64-bit sizes away from seek
            return None
    return None


def _audio_chunk(
    head: bytes, layout: _Layout, start: int, size: int, file_size: int, kept: dict[bytes, bytes]
) -> AudioChunk:
    total = layout.size.unpack(head[4:8])[0] + 8 if layout.first == 12 else 0
    if head[:4] in _LONG_RIFF and size == _UNKNOWN_32 and len(kept.get(b"ds64", b"")) >= 16:
        riff_size, size = struct.unpack("<QQ", kept[b"ds64"][:16])
        total = riff_size + 8
    available = max(file_size - start, 0)
    streamed = size in (_UNKNOWN_32, _UNKNOWN_64) or (size in _SOX_UNKNOWN and size > available)
    # A file that was never finished has zero or the bare header as its total size; an empty one is consistent.
    unfinished = size == 0 and available > 0 and total != file_size
    return AudioChunk(head[:4], start, size, None if streamed or unfinished else size, available, kept)


def true_header(chunk: AudioChunk) -> bytes | None:
    """Return an RF64 header with the true length for a file that libsndfile would cut short or not know; else None.

    Needed when the length is unknown and is written as zero, lies in an RF64 header, or exceeds 4 GB; and for BW64.
    """
    fmt = chunk.kept.get(b"fmt ", b"")
    trusted = chunk.magic == b"RIFF" and chunk.written > 0 and chunk.available < _UNKNOWN_32
    known = chunk.announced is not None or trusted
    if chunk.magic not in (b"RIFF", *_LONG_RIFF) or (known and chunk.magic != b"BW64") or len(fmt) < 16:
        return None
    frame = struct.unpack("<H", fmt[12:14])[0] or 1
    size = chunk.available if chunk.announced is None else chunk.announced
    size -= size % frame
    body = (
        b"fmt " + struct.pack("<I", len(fmt)) + fmt + b"\0" * (len(fmt) % 2) + b"data" + struct.pack("<I", _UNKNOWN_32)
    )
    ds64 = struct.pack("<QQQI", 4 + 36 + len(body) + size, size, size // frame, 0)
    head = b"RF64" + struct.pack("<I", _UNKNOWN_32) + b"WAVE"
    return head + b"ds64" + struct.pack("<I", len(ds64)) + ds64 + body
