"""What an Opus file says of itself: its two first packets (RFC 7845, section 5; RFC 8486, section 3)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from sepstudio.io.opus.pages import ForeignError

# Of every Opus file, whatever rate was encoded.
RATE = 48000
AMBISONICS, PROJECTION = 2, 3
FAMILIES = (AMBISONICS, PROJECTION)
_NAMES = {0: "mono or stereo", 1: "loudspeakers", AMBISONICS: "Ambisonics", PROJECTION: "Ambisonics", 255: "no scene"}

# Of the gain in the head, in a dB.
GAIN_STEPS = 256

_HEAD, _TAGS = b"OpusHead", b"OpusTags"
# Magic, version, channels, pre-skip, original rate, gain in 1/256 dB, family.
_FIXED = struct.Struct("<8sBBHIhB")
_SILENT = 255


@dataclass(frozen=True)
class OpusHead:
    """The first packet of an Opus file.

    Attributes
    ----------
    channels : int
    family : int
        2: a channel for each harmonic; 3: ``matrix`` makes them of what was encoded.
    pre_skip : int
        Samples at 48 kHz to leave out at the beginning.
    sample_rate : int
        In Hz, of what was encoded, 0 if unknown.
    gain : int
        In 1/256 dB, for all channels.
    streams, coupled : int
        How many streams, and how many of the first of them are stereo.
    mapping : bytes
        Of family 2: the decoded channel that each channel is, 255 for silence.
    matrix : bytes
        Of family 3: int16 little endian with 15 bits behind the point, one column [channels] for each decoded one.
    """

    channels: int
    family: int
    pre_skip: int
    sample_rate: int
    streams: int
    coupled: int
    gain: int = 0
    mapping: bytes = b""
    matrix: bytes = b""

    @property
    def factor(self) -> float:
        """The gain as a factor."""
        return float(10 ** (self.gain / (20 * GAIN_STEPS)))

    @property
    def coded_channels(self) -> int:
        """Channels of all streams together."""
        return self.streams + self.coupled

    def to_bytes(self) -> bytes:
        """Return the packet."""
        values = (self.channels, self.pre_skip, self.sample_rate, self.gain, self.family)
        table = bytes([self.streams, self.coupled])
        return _FIXED.pack(_HEAD, 1, *values) + table + (self.matrix if self.family == PROJECTION else self.mapping)


def parse_head(packet: bytes) -> OpusHead:
    """Return what a first packet says.

    Raises
    ------
    ForeignError
        If it is not the first packet of an Opus file of Ambisonics.
    ValueError
        If it makes no sense.
    """
    if not packet.startswith(_HEAD) or len(packet) < _FIXED.size:
        raise ForeignError("it does not begin with the header of Opus")
    _, version, channels, pre_skip, sample_rate, gain, family = _FIXED.unpack_from(packet)
    if version >> 4:
        raise ForeignError(f"it is of version {version} of Opus files, which is not known")
    if family not in FAMILIES:
        kind = _NAMES.get(family, "unknown")
        raise ForeignError(f"its channels are of mapping family {family} ({kind}), not 2 or 3 (Ambisonics)")
    table = packet[_FIXED.size :]
    if channels == 0 or len(table) < 2:
        raise ValueError("its header is cut off, or knows no channels")
    streams, coupled, rest = table[0], table[1], table[2:]
    if streams == 0 or coupled > streams or streams + coupled > _SILENT:
        raise ValueError(f"its header tells of {streams} streams, {coupled} of them in stereo")
    expected = 2 * channels * (streams + coupled) if family == PROJECTION else channels
    if len(rest) != expected:
        raise ValueError(f"its header has {len(rest)} bytes for the channels in place of {expected}")
    if family == PROJECTION:
        return OpusHead(channels, family, pre_skip, sample_rate, streams, coupled, gain, matrix=rest)
    if any(streams + coupled <= place < _SILENT for place in rest):
        raise ValueError("its header names channels that are not encoded")
    return OpusHead(channels, family, pre_skip, sample_rate, streams, coupled, gain, mapping=rest)


def tags_packet(vendor: str, comments: Mapping[str, str]) -> bytes:
    """Return a second packet: who encoded the file, and comments by their names."""
    texts = [f"{name}={value}".encode() for name, value in comments.items()]
    fields = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    maker = vendor.encode()
    return _TAGS + struct.pack("<I", len(maker)) + maker + struct.pack("<I", len(texts)) + fields


def parse_tags(packet: bytes) -> dict[str, str]:
    """Return the comments of a second packet by their names in capitals, and who made the file as ``vendor``.

    Raises ValueError if it is no such packet; what is cut off of its comments is left out.
    """
    if not packet.startswith(_TAGS):
        raise ValueError("its second packet holds no comments")
    texts: list[str] = []
    at = len(_TAGS)
    while at + 4 <= len(packet):
        (size,) = struct.unpack_from("<I", packet, at)
        if at + 4 + size > len(packet):
            break
        texts.append(packet[at + 4 : at + 4 + size].decode("utf-8", "replace"))
        # Between the maker and the comments stands their number.
        at += 4 + size + (4 if len(texts) == 1 else 0)
    found = {"vendor": texts[0] if texts else ""}
    for text in texts[1:]:
        name, _, value = text.partition("=")
        found[name.upper()] = value
    return found
