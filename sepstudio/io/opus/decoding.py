"""Opus files of Ambisonics as recordings: what libsndfile does not read of families 2 and 3."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path

import numpy as np

from sepstudio.dsp.resampling import Resampling, StreamResampler
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.failures import truncated
from sepstudio.io.opus.header import RATE, OpusHead
from sepstudio.io.opus.library import OpusDecoder, OpusError
from sepstudio.io.opus.packets import OpusFile, scan_opus, sound_packets
from sepstudio.io.scratch import MemorySink, StemSink

# Packets that are decoded at a time: a third of a second, of 20 ms each.
_AT_ONCE = 16


def decode_opus_steps(
    path: str | os.PathLike[str], *, sink: StemSink | None = None, original_rate: bool = True
) -> Generator[float, None, AudioClip]:
    """Decode a file; yields the fraction done.

    Parameters
    ----------
    path : path
    sink : StemSink or None
        Where the samples go; None for memory.
    original_rate : bool
        Whether it becomes a recording of the rate and length of the one that was encoded; else it is at 48 kHz.

    Returns
    -------
    AudioClip
        ambiX (ACN, SN3D).

    Raises
    ------
    AudioFileError
        If the file cannot be read, is no Opus file of Ambisonics, or is cut off or damaged; if the sink cannot write.
    MissingToolError
        If there is no libopus that knows Ambisonics.
    """
    found = scan_opus(Path(path))
    rate, length = (found.original_rate, found.original_length) if original_rate else (RATE, found.length)
    writer = (sink or MemorySink()).open(found.path.stem, found.head.channels, length, rate)
    done = 0
    for block in opus_blocks(found, original_rate=original_rate):
        writer.write(block)
        done += block.shape[1]
        yield min(done / length, 1.0)
    return writer.finish()


def opus_blocks(found: OpusFile, *, original_rate: bool = True) -> Iterator[FloatArray]:
    """Yield all samples of a file in order, float32 [channels, samples]; see ``decode_opus_steps``."""
    blocks = _decoded_blocks(found)
    yield from resampled_blocks(blocks, found.original_rate, found.original_length) if original_rate else blocks


def _decoded_blocks(found: OpusFile) -> Iterator[FloatArray]:
    try:
        yield from sound_of(sound_packets(found.path), OpusDecoder(found.head), found.head, found.length)
    except OpusError as error:
        raise truncated(found.path, f"it cannot be decoded ({error})") from error


def sound_of(packets: Iterable[bytes], decoder: OpusDecoder, head: OpusHead, length: int) -> Iterator[FloatArray]:
    """Yield what packets hold at 48 kHz, without what lies before the beginning and behind the end.

    Parameters
    ----------
    packets : iterable of bytes
    decoder : OpusDecoder
    head : OpusHead
    length : int
        Samples per channel at 48 kHz that are given in all.
    """
    skipped, left = head.pre_skip, length
    waiting: list[FloatArray] = []
    for packet in packets:
        decoded = decoder.decode(packet)
        cut = min(skipped, decoded.shape[1])
        skipped -= cut
        waiting.append(decoded[:, cut : cut + left])
        left -= waiting[-1].shape[1]
        if len(waiting) == _AT_ONCE:
            yield np.concatenate(waiting, axis=1)
            waiting.clear()
    if waiting:
        yield np.concatenate(waiting, axis=1)


def resampled_blocks(blocks: Iterable[FloatArray], sample_rate: int, length: int) -> Iterator[FloatArray]:
    """Yield blocks at 48 kHz at another rate, of a length in samples at that rate."""
    if sample_rate == RATE:
        yield from blocks
        return
    resampler = StreamResampler(Resampling(RATE, sample_rate), length)
    for block in blocks:
        yield resampler.push(block)
    yield resampler.finish()
