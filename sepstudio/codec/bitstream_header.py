"""The first bytes of a bitstream: what its codes are codes of, and where each block of them lies.

All numbers are little-endian.

====== ===== ===========================================================================
offset bytes
====== ===== ===========================================================================
0      8     magic, ``8F 53 45 50 43 0D 0A 1A`` (SEPC and line ends)
8      2     version of the format, 1
10     2     bytes of the header; what a later writer adds comes before the checksum
12     8     length of the recording in samples
20     4     sample rate of the recording in Hz
24     8     gain by which all channels were multiplied before they were encoded, float64
32     32    SHA-256 of the model's weights
64     1     order of channels: 0 not told, 1 ACN, 2 FuMa
65     1     normalisation: 0 not told, 1 SN3D, 2 N3D, 3 FuMa
66     2     codebooks of which there are codes
68     2     frames of a block; the last block may be shorter
70     4     of the model: sample rate in Hz
74     2     channels
76     2     width of the encoder
78     2     width of the decoder
80     2     width of the latent
82     2     codebooks
84     2     entries of a codebook, less one
86     2     numbers of an entry
88     1     0, or 1 if the output goes through a tanh
89     1     how many strides the encoder has: E
90     1     how many strides the decoder has: D; 0 if they are those of the encoder in reverse
91     E + D these strides; the product of those of the encoder is the length of a frame
91+E+D 4     CRC-32 of all that comes before it
====== ===== ===========================================================================

How training left out codebooks is not told: who reads codes need not know.

Blocks follow without a gap. A block is four bytes of checksum and its codes, frame by frame, within a frame
codebook by codebook, each of as many bits as the entries of a codebook ask for (10 of 1024), the highest first; zero
bits fill the last byte. The checksum is the CRC-32 of the header's checksum and the number of the block, four bytes
each, and then of the codes: a block in another place, or of another file, is found out. All blocks but the last are
of one size, so that any frame is found without an index.
"""

from __future__ import annotations

import math
import struct
import zlib
from dataclasses import dataclass
from typing import Any

from sepstudio.codec.codes import frames_of
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.packing import packed_bytes
from sepstudio.errors import ParameterError

MAGIC = b"\x8fSEPC\r\n\x1a"
VERSION = 1
# What a reader must have before it can tell how long the header is, and the most that it reads.
LONGEST_HEADER = 4096
LARGEST_BLOCK = 1 << 20
CHECKSUM = struct.Struct("<I")

ORDERINGS = ("", "ACN", "FuMa")
NORMALISATIONS = ("", "SN3D", "N3D", "FuMa")

_FIXED = struct.Struct("<8sHHQId32sBBHHI7HBBB")
_LONGEST = 1 << 48
_MOST_FRAMES = (1 << 16) - 1
# With one second, header and checksums of a recording of 7 s would be more than a hundredth of its codes.
_BLOCK_SECONDS = 2.0
# Of fewer bytes the checksum would be more than 0.4 %.
_SMALLEST_USUAL_BLOCK = 1024


@dataclass(frozen=True)
class BitstreamHeader:
    """What a bitstream says of itself.

    Parameters
    ----------
    config : CodecConfig
        Of the model.
    length, sample_rate : int
        Of the recording: samples of each channel, and Hz.
    gain : float
    model_sha256 : str
        In hexadecimal.
    ordering : {"ACN", "FuMa", ""}
    normalisation : {"SN3D", "N3D", "FuMa", ""}
    codebooks : int
        Of which there are codes.
    block_frames : int

    Raises
    ------
    ParameterError
        For values that no bitstream may have.
    """

    config: CodecConfig
    length: int
    sample_rate: int
    gain: float
    model_sha256: str
    ordering: str
    normalisation: str
    codebooks: int
    block_frames: int

    def __post_init__(self) -> None:
        for name, most in (
            ("length", _LONGEST),
            ("sample_rate", 1 << 22),
            ("codebooks", self.config.codebooks),
            ("block_frames", _MOST_FRAMES),
        ):
            value = getattr(self, name)
            if not 1 <= value <= most:
                raise ParameterError(name, value, f"from 1 to {most}")
        if not 0 < self.gain < math.inf:
            raise ParameterError("gain", self.gain, "positive and finite")
        if self.ordering not in ORDERINGS or self.normalisation not in NORMALISATIONS:
            raise ParameterError("convention", f"{self.ordering} {self.normalisation}", "one that is known")
        if len(self.model_sha256) != 64 or set(self.model_sha256) - set("0123456789abcdef"):
            raise ParameterError("model_sha256", self.model_sha256, "64 characters 0 to 9 and a to f")
        if self.block_bytes(0) > LARGEST_BLOCK:
            raise ParameterError("block_frames", self.block_frames, f"so few that a block fits {LARGEST_BLOCK} bytes")

    @property
    def frames(self) -> int:
        """Frames of codes; the last one may reach beyond the end of the recording."""
        return frames_of(self.length, self.sample_rate, self.config)

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.frames // self.block_frames)

    @property
    def duration(self) -> float:
        """Seconds of sound."""
        return self.length / self.sample_rate

    @property
    def bits_per_second(self) -> float:
        """Nominal rate of all channels together: that of the codes alone."""
        return self.config.bits_per_second(self.codebooks)

    @property
    def body_bytes(self) -> int:
        """Bytes of all blocks."""
        return self.offset(self.blocks - 1) + self.block_bytes(self.blocks - 1)

    def span(self, block: int) -> tuple[int, int]:
        """Return the first frame of a block and the one behind its last."""
        start = block * self.block_frames
        return start, min(start + self.block_frames, self.frames)

    def block_bytes(self, block: int) -> int:
        """Return the bytes of a block with its checksum."""
        start, stop = self.span(block)
        return CHECKSUM.size + packed_bytes((stop - start) * self.codebooks, self.config.code_bits)

    def offset(self, block: int) -> int:
        """Return how many bytes behind the header a block begins."""
        return block * self.block_bytes(0)


def usual_block_frames(config: CodecConfig, codebooks: int) -> int:
    """Return how many frames make a block: two seconds, or more where its checksum would weigh too much."""
    frame_bits = codebooks * config.code_bits
    least = math.ceil(8 * _SMALLEST_USUAL_BLOCK / frame_bits)
    most = 8 * (LARGEST_BLOCK - CHECKSUM.size) // frame_bits
    return min(max(round(_BLOCK_SECONDS * config.frame_rate), least), most, _MOST_FRAMES)


def encode_header(header: BitstreamHeader) -> bytes:
    """Return the bytes of a header; the last four are its checksum."""
    config = header.config
    decoder_rates = () if config.decoder_rates == config.encoder_rates[::-1] else config.decoder_rates
    strides = bytes((*config.encoder_rates, *decoder_rates))
    fixed = _FIXED.pack(
        MAGIC,
        VERSION,
        _FIXED.size + len(strides) + CHECKSUM.size,
        header.length,
        header.sample_rate,
        header.gain,
        bytes.fromhex(header.model_sha256),
        ORDERINGS.index(header.ordering),
        NORMALISATIONS.index(header.normalisation),
        header.codebooks,
        header.block_frames,
        config.sample_rate,
        config.channels,
        config.encoder_dim,
        config.decoder_dim,
        config.latent_dim,
        config.codebooks,
        config.codebook_size - 1,
        config.codebook_dim,
        config.tanh,
        len(config.encoder_rates),
        len(decoder_rates),
    )
    return fixed + strides + CHECKSUM.pack(zlib.crc32(fixed + strides))


def decode_header(data: bytes) -> tuple[BitstreamHeader, bytes]:
    """Return what the beginning of a file says, and those of its bytes that are the header.

    Raises
    ------
    ValueError
        If they are no sound header; says why.
    """
    if not data.startswith(MAGIC):
        raise ValueError("it does not begin as a bitstream of this program does")
    if len(data) < _FIXED.size:
        raise ValueError("it ends within its header")
    _, version, size, *values = _FIXED.unpack_from(data)
    if version != VERSION:
        raise ValueError(f"it has version {version} of the format, and this program reads version {VERSION}")
    head = data[:size]
    encoder, decoder = values[-2:]
    if len(head) < size or size < _FIXED.size + encoder + decoder + CHECKSUM.size:
        raise ValueError("its header is damaged, or not all there")
    if CHECKSUM.unpack(head[-CHECKSUM.size :]) != (zlib.crc32(head[: -CHECKSUM.size]),):
        raise ValueError("its header is damaged")
    strides = tuple(head[_FIXED.size : _FIXED.size + encoder + decoder])
    try:
        return _header(values, strides[:encoder], strides[encoder:] or strides[::-1]), head
    except (ParameterError, IndexError) as error:
        raise ValueError(f"its header makes no sense ({error})") from error


def _header(values: list[Any], encoder: tuple[int, ...], decoder: tuple[int, ...]) -> BitstreamHeader:
    length, sample_rate, gain, model, ordering, normalisation, codebooks, block_frames, *of_model = values
    model_rate, channels, encoder_dim, decoder_dim, latent, count, size, dim, tanh, _, _ = of_model
    config = CodecConfig(
        channels=channels,
        sample_rate=model_rate,
        encoder_dim=encoder_dim,
        encoder_rates=encoder,
        decoder_dim=decoder_dim,
        decoder_rates=decoder,
        latent_dim=latent,
        codebooks=count,
        codebook_size=size + 1,
        codebook_dim=dim,
        tanh=bool(tanh),
    )
    return BitstreamHeader(
        config,
        length=length,
        sample_rate=sample_rate,
        gain=gain,
        model_sha256=model.hex(),
        ordering=ORDERINGS[ordering],
        normalisation=NORMALISATIONS[normalisation],
        codebooks=codebooks,
        block_frames=block_frames,
    )


def block_checksum(header: bytes, block: int, packed: bytes) -> int:
    """Return the checksum of the packed codes of a block behind the bytes of a header."""
    return zlib.crc32(packed, zlib.crc32(header[-CHECKSUM.size :] + struct.pack("<I", block & 0xFFFFFFFF)))
