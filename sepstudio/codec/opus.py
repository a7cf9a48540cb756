"""Scenes through Opus, the codec that ours is compared with (RFC 6716; its Ambisonics: RFC 8486).

Opus works at 48 kHz: recordings of other rates are resampled before and after. Its delay is taken out, so that what
comes back lies sample by sample on what was encoded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.failures import unwritable
from sepstudio.io.hoa import order_of
from sepstudio.io.levels import peak_steps, usual_gain
from sepstudio.io.opus.decoding import resampled_blocks, sound_of
from sepstudio.io.opus.header import FAMILIES, GAIN_STEPS, PROJECTION, RATE, OpusHead
from sepstudio.io.opus.library import FRAME, OpusDecoder, OpusEncoder, opus_library
from sepstudio.io.opus.packets import LENGTH_TAG, OpusFileWriter
from sepstudio.io.resampled import at_rate
from sepstudio.io.scratch import MemorySink, StemSink
from sepstudio.io.steps import scaled

__all__ = ["OpusReport", "OpusSettings", "encode_opus_steps", "opus_steps"]

# Per channel: below, libopus spends more than it is told to; above, it has nothing to spend it on.
_LEAST_RATE, _MOST_RATE = 2_000, 256_000
# Samples that are resampled at a time.
_BLOCK = 16 * FRAME
# Part of the progress until the level is known.
_LISTENED = 0.05
# What the field of the header does not hold, and what is not sought beyond: 100 dB.
_NO_GAIN = 1 << 15
_MOST_GAIN = 1e5


@dataclass(frozen=True)
class OpusSettings:
    """How a scene is encoded.

    Parameters
    ----------
    bitrate : int
        Bits per second of all channels together, without the container.
    family : {2, 3}
        How channels become streams. In family 2 each harmonic is a mono stream; in family 3 they are mixed to beams,
        which are encoded as pairs in stereo.
    constant : bool
        Whether each packet has the size that goes with the rate; otherwise the rate is a mean to aim at, which libopus
        misses by a fifth in family 3.

    Raises
    ------
    ParameterError
        For another family, or a rate that is not positive.
    """

    bitrate: int = 160_000
    family: int = PROJECTION
    constant: bool = True

    def __post_init__(self) -> None:
        if self.family not in FAMILIES:
            raise ParameterError("family", self.family, "2 or 3, those of Ambisonics")
        if type(self.bitrate) is not int or self.bitrate <= 0:
            raise ParameterError("bitrate", self.bitrate, "a positive whole number of bits per second")

    def check(self, channels: int) -> None:
        """Raise ParameterError unless a scene of so many channels can be encoded in this way."""
        order_of(channels)
        low, high = channels * _LEAST_RATE, channels * _MOST_RATE
        if not low <= self.bitrate <= high:
            raise ParameterError("bitrate", self.bitrate, f"from {low} to {high} bit/s for {channels} channels")


@dataclass(frozen=True)
class OpusReport:
    """What was encoded: how many packets of 20 ms, their bytes, and by which library."""

    packets: int
    payload: int
    seconds: float
    library: str

    @property
    def bits_per_second(self) -> float:
        """Of the packets, without the container."""
        return self.payload * 8 * RATE / (self.packets * FRAME)


def encode_opus_steps(
    clip: AudioClip, target: str | os.PathLike[str], settings: OpusSettings, *, gain: float | None = None
) -> Generator[float, None, OpusReport]:
    """Encode a scene into an Ogg Opus file, whole or not at all; yields the fraction done.

    Parameters
    ----------
    clip : AudioClip
        ambiX (ACN, SN3D) of order 1 to 3, or of up to 5 where libopus is 1.5 or later; read block by block.
    target : path
        An existing file is replaced.
    settings : OpusSettings
    gain : float or None
        What all samples are multiplied with, to 1/256 dB; the header has decoders undo it. None for what brings the
        loudest one to half of full scale: much of what is quiet on Opus's own scale it takes to be noise.

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    MissingToolError
        If there is no libopus that knows Ambisonics.
    ParameterError
        If the channels are no full set, are more than libopus encodes, or the rate does not fit them.
    """
    path = Path(target)
    recording = yield from _recording_steps(clip, settings, gain)
    comments = {"ENCODER": "SepStudio", LENGTH_TAG: str(clip.length)}
    payload = 0
    try:
        with replacing(path) as temp, temp.open("wb") as file:
            head, length = recording.head, recording.source.length
            writer = OpusFileWriter(file, head, length, opus_library().version, comments)
            for number, packet in enumerate(recording.packets(), 1):
                writer.write(packet)
                payload += len(packet)
                yield _LISTENED + (1 - _LISTENED) * number / recording.packet_count
            writer.finish()
    except OSError as error:
        raise unwritable(path, error) from error
    return OpusReport(recording.packet_count, payload, clip.duration, opus_library().version)


def opus_steps(
    clip: AudioClip, settings: OpusSettings, *, gain: float | None = None, sink: StemSink | None = None
) -> Generator[float, None, AudioClip]:
    """Return a scene as it comes back from Opus, of its own length and rate; yields the fraction done.

    It is what a file would hold, sample by sample. Parameters and errors are those of ``encode_opus_steps``; the
    samples go to ``sink``, None for memory.
    """
    recording = yield from _recording_steps(clip, settings, gain)
    decoder = OpusDecoder(recording.head)
    sound = sound_of(recording.packets(), decoder, recording.head, recording.source.length)
    writer = (sink or MemorySink()).open("opus", clip.channels, clip.length, clip.sample_rate)
    done = 0
    for block in resampled_blocks(sound, clip.sample_rate, clip.length):
        writer.write(block)
        done += block.shape[1]
        yield _LISTENED + (1 - _LISTENED) * min(done / clip.length, 1.0)
    return writer.finish()


@dataclass(frozen=True)
class _Recording:
    """A clip at 48 kHz, what encodes it once, and the head of its file, which undoes ``gain``."""

    source: AudioClip
    encoder: OpusEncoder
    head: OpusHead
    gain: float

    @property
    def packet_count(self) -> int:
        return -(-(self.source.length + self.head.pre_skip) // FRAME)

    def packets(self) -> Iterator[bytes]:
        """Yield the packets; behind the end of the clip comes silence until the encoder gave all of it."""
        end = self.packet_count * FRAME
        for start in range(0, end, _BLOCK):
            block: FloatArray = self.source.read(start, min(start + _BLOCK, end)) * np.float32(self.gain)
            for frame in np.split(block, block.shape[1] // FRAME, axis=1):
                yield self.encoder.encode(frame)


def _recording_steps(clip: AudioClip, settings: OpusSettings, gain: float | None) -> Generator[float, None, _Recording]:
    settings.check(clip.channels)
    if not clip.length:
        raise AudioFileError("the recording", "is empty", "choose one with sound in it")
    if gain is None:
        found = usual_gain((yield from scaled(peak_steps(clip), 0.0, _LISTENED)))
        gain = min(max(found, 1 / _MOST_GAIN), _MOST_GAIN)
    steps = round(20 * GAIN_STEPS * math.log10(gain)) if 0 < gain < math.inf else _NO_GAIN
    encoder = OpusEncoder(clip.channels, settings.family, settings.bitrate, constant=settings.constant)
    if abs(encoder.head.gain - steps) >= _NO_GAIN:
        raise ParameterError("gain", gain, "from -110 to 110 dB")
    head = replace(encoder.head, sample_rate=clip.sample_rate, gain=encoder.head.gain - steps)
    return _Recording(at_rate(clip, RATE), encoder, head, 10 ** (steps / (20 * GAIN_STEPS)))
