"""Reading and writing audio files; rate and depth stay what they are."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

from sepstudio.io.clip import AudioClip, FileClip
from sepstudio.io.decode import Probe, blocks, probe, with_counted_length
from sepstudio.io.formats import AudioInfo
from sepstudio.io.scratch import SpillBuffer
from sepstudio.io.steps import drain
from sepstudio.io.writing import WriteReport, write_audio_steps

__all__ = [
    "AudioInfo",
    "WriteReport",
    "audio_info",
    "open_audio",
    "open_audio_steps",
    "read_audio",
    "write_audio",
    "write_audio_steps",
]

# Files of up to this size as float32 (3 minutes of stereo at 44.1 kHz) are decoded into memory.
MEMORY_BYTES = 64 << 20


def audio_info(path: str | os.PathLike[str]) -> AudioInfo:
    """Return what an audio file says of itself.

    MP3 files and streamed FLAC files, which announce no exact length, are decoded to count it.

    Raises
    ------
    AudioFileError
        If the file is missing, a folder, unreadable, empty, truncated, or no audio that can be read.
    """
    return with_counted_length(probe(Path(path)))


def open_audio_steps(
    path: str | os.PathLike[str], *, memory_bytes: int | None = None
) -> Generator[float, None, AudioClip]:
    """Open an audio file in short steps; yields the fraction done, in [0, 1] and never falling.

    ``memory_bytes`` is the size as float32 up to which files are decoded into memory, by default
    MEMORY_BYTES. Closing the generator early leaves nothing behind. See ``open_audio``.
    """
    found = probe(Path(path))
    limit = MEMORY_BYTES if memory_bytes is None else memory_bytes
    is_long = found.announced and found.info.decoded_bytes > limit  # otherwise the length is a guess from above
    if is_long and found.stays_in_file:
        return _open_in_place(found)
    buffer = SpillBuffer(found.info.channels, found.info.sample_rate, 0 if is_long else limit)
    try:
        done = 0
        for block in blocks(found):
            buffer.write(block)
            done += block.shape[1]
            yield min(done / found.info.length, 1.0)
        return buffer.finish()
    finally:
        buffer.discard()


def _open_in_place(found: Probe) -> FileClip:
    clip = FileClip(found.info.path)
    # The header of FLAC does not say how many bytes follow: only decoding the end shows that it is there.
    clip.read(clip.length - 1, clip.length)
    return clip


def open_audio(path: str | os.PathLike[str]) -> AudioClip:
    """Open an audio file: WAV, RF64, BW64, W64, AIFF, AU, CAF, FLAC, OGG (Vorbis, Opus, FLAC) or MP3.

    Short files are decoded into memory. Long ones stay in the file if their format seeks exactly;
    the others are decoded once into a temporary file that lives as long as the clip. Sample rate,
    channels and values are kept: integers are divided by their full scale, 64-bit floats and 32-bit
    integers are rounded to 32-bit floats. Only extended ambiX files (CAF) open as the scene that their
    matrix makes of their channels.

    Returns
    -------
    AudioClip
        float32 [channels, samples], full scale 1.0.

    Raises
    ------
    AudioFileError
        If the file is missing, a folder, unreadable, empty, truncated, no audio that can be read,
        of zero length, or holds NaN or infinite values. Files that stay on disk are searched for
        such values as they are read.
    """
    return drain(open_audio_steps(path))


def read_audio(path: str | os.PathLike[str]) -> AudioClip:
    """Open an audio file (the same as ``open_audio``, under the name of the scripting interface)."""
    return open_audio(path)


def write_audio(
    path: str | os.PathLike[str], clip: AudioClip, subtype: str = "FLOAT", *, rf64: bool = False
) -> WriteReport:
    """Write a clip to a file, whole or not at all; see ``write_audio_steps``."""
    return drain(write_audio_steps(path, clip, subtype, rf64=rf64))
