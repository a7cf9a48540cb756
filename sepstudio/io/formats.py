"""Which audio formats are read and written, and what is known of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# libsndfile knows more, headerless ones among them that it chooses by the extension alone:
# a text file named x.gsm or x.au would open as noise.
READABLE = frozenset({"WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF", "FLAC", "OGG", "MP3"})
_LINEAR = frozenset({"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"})
_SAMPLE_BYTES = {"PCM_16": 2, "PCM_24": 3, "FLOAT": 4}
WRITABLE_SUBTYPES = tuple(_SAMPLE_BYTES)


@dataclass(frozen=True)
class AudioInfo:
    """What a file says of itself; ``length`` in samples per channel, ``sample_rate`` in Hz.

    ``format`` and ``subtype`` are libsndfile's names, for example ``"WAV"`` and ``"PCM_24"``.
    """

    path: Path
    format: str
    subtype: str
    sample_rate: int
    channels: int
    length: int

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.length / self.sample_rate

    @property
    def decoded_bytes(self) -> int:
        """Size of all samples as float32."""
        return 4 * self.length * self.channels

    @property
    def seeks_exactly(self) -> bool:
        """Whether reading from any position gives the samples that decoding from the start gives."""
        return self.format == "FLAC" or (self.format not in {"OGG", "MP3"} and self.subtype in _LINEAR)


@dataclass(frozen=True)
class WriteFormat:
    """A format that is written."""

    container: str
    subtypes: tuple[str, ...]
    channel_limit: int


WAV = WriteFormat("WAV", WRITABLE_SUBTYPES, 1024)
AIFF = WriteFormat("AIFF", WRITABLE_SUBTYPES, 1024)
FLAC = WriteFormat("FLAC", ("PCM_24", "PCM_16"), 8)
# What basic ambiX files are; sizes of 64 bits.
CAF = WriteFormat("CAF", WRITABLE_SUBTYPES, 1024)
BY_EXTENSION = {".wav": WAV, ".aiff": AIFF, ".aif": AIFF, ".flac": FLAC, ".caf": CAF}
# 32-bit sizes, with room for the header.
WAV_SIZE_LIMIT = (1 << 32) - (1 << 16)


def audio_bytes(subtype: str, channels: int, length: int) -> int:
    """Return the number of bytes of uncompressed audio in a subtype of WRITABLE_SUBTYPES."""
    return _SAMPLE_BYTES[subtype] * channels * length


def foreign_format(head: bytes) -> str:
    """Name an audio format that libsndfile cannot read from the first 16 bytes of a file; "" if unknown."""
    if head[4:8] == b"ftyp":
        return "MPEG-4 (AAC or ALAC)"
    if head[:2] in (b"\xff\xf1", b"\xff\xf9", b"\xff\xf0", b"\xff\xf8"):
        return "AAC"
    names = {
        b"\x1a\x45\xdf\xa3": "Matroska or WebM",
        b"\x30\x26\xb2\x75": "Windows Media",
        b"DSD ": "DSD",
        b"FRM8": "DSD",
        b"wvpk": "WavPack",
        b"MAC ": "Monkey's Audio",
        b"#!AM": "AMR",
    }
    return names.get(head[:4], "")
