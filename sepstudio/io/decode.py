"""Opening audio files with every doubt about them resolved, and decoding them from front to back."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile

from sepstudio.errors import AudioFileError
from sepstudio.io import formats, mpeg_header, ogg_header, wav_header
from sepstudio.io.ambix_caf import ambix_matrix
from sepstudio.io.clip import FloatArray
from sepstudio.io.failures import (
    CONVERT,
    COPY_AGAIN,
    display_name,
    library_message,
    native_name,
    not_finite,
    truncated,
    unreadable,
)
from sepstudio.io.formats import AudioInfo
from sepstudio.io.opus.decoding import opus_blocks
from sepstudio.io.opus.header import PROJECTION, RATE
from sepstudio.io.opus.packets import OpusFile, head_of, scan_opus
from sepstudio.io.prefixed import PrefixedFile

# 1 << 18 values are 1 MB: a step of a few milliseconds even for a lossy codec.
BLOCK_VALUES = 1 << 18
_MAX_SAMPLE_RATE = 3_000_000
# libsndfile's word for a length that it does not know.
_UNKNOWN_LENGTH = (1 << 63) - 1
# Apple's MP3 encoder announces the frame of its tag as audio; a frame is 1152 samples.
_MP3_SLACK = 2 * 1152


@dataclass(frozen=True)
class Probe:
    """An audio file that was looked into.

    ``prefix`` and ``start`` replace a header without a length (see PrefixedFile); ``announced``
    says whether ``info.length`` is a promise of the file. Otherwise it is an upper bound. ``matrix``
    [info.channels, coded channels] makes a scene of what an extended ambiX file holds; ``opus`` is there where
    libsndfile does not decode what is in an OGG file.
    """

    info: AudioInfo
    announced: bool
    prefix: bytes | None = None
    start: int = 0
    matrix: FloatArray | None = None
    opus: OpusFile | None = None

    @property
    def slack(self) -> int:
        """How many samples may be missing before the file counts as truncated."""
        return _MP3_SLACK if self.info.format == "MP3" else 0

    @property
    def stays_in_file(self) -> bool:
        """Whether the file can be read in place at any position."""
        return self.announced and self.prefix is None and self.matrix is None and self.info.seeks_exactly


class _Stream(soundfile.SoundFile):  # type: ignore[misc]  # soundfile has no types
    """A file that is only read forwards.

    soundfile seeks after every read. That fails at the end of a FLAC stream of unknown length,
    and makes OGG inexact.
    """

    def seekable(self) -> bool:
        """Return False, whatever the file."""
        return False


def probe(path: Path) -> Probe:
    """Look into a file.

    Raises
    ------
    AudioFileError
        If it is missing, a folder, unreadable, empty, truncated, or no audio that can be read.
    """
    try:
        head = _check_file(path)
        prefix, start, announced = _true_length(path, head)
        projected = _projected(path, head)
    except OSError as error:
        raise unreadable(path, error) from error
    if projected:
        found = scan_opus(path)
        info = AudioInfo(path, "OGG", "OPUS", RATE, found.head.channels, found.length)
        return Probe(info, announced=True, opus=found)
    with _stream(path, prefix, start) as file:
        info = AudioInfo(path, file.format, file.subtype, file.samplerate, file.channels, file.frames)
    _check_info(info)
    matrix = _scene_matrix(info)
    if matrix is not None:
        info = replace(info, channels=len(matrix))
    return Probe(info, announced and info.length != _UNKNOWN_LENGTH, prefix, start, matrix)


def _projected(path: Path, head: bytes) -> bool:
    """Tell whether a file is Opus of Ambisonics of the family 3, whose matrix no decoder of libsndfile applies."""
    found = head_of(path) if head[:4] == b"OggS" else None
    return found is not None and found.family == PROJECTION


def _scene_matrix(info: AudioInfo) -> FloatArray | None:
    try:
        return ambix_matrix(info.path, info.channels) if info.format == "CAF" else None
    except OSError as error:
        raise unreadable(info.path, error) from error


def _check_file(path: Path) -> bytes:
    """Return the first bytes of an ordinary file that is not empty."""
    status = path.stat()
    name = display_name(path)
    if stat.S_ISDIR(status.st_mode):
        raise AudioFileError(name, "is a folder", "choose an audio file in it")
    if not stat.S_ISREG(status.st_mode):
        raise AudioFileError(name, "is no ordinary file", "copy its content into a file")
    if status.st_size == 0:
        raise AudioFileError(name, "is empty (0 bytes)", COPY_AGAIN)
    with path.open("rb") as file:
        head = file.read(16)
    codec = formats.foreign_format(head)
    if codec:
        raise AudioFileError(name, f"holds {codec} audio, which cannot be read", CONVERT)
    return head


def _true_length(path: Path, head: bytes) -> tuple[bytes | None, int, bool]:
    """Return what replaces a header without a length, from where, and whether the length is a promise."""
    chunk = wav_header.find_audio(path)
    if chunk is not None:
        if chunk.missing:
            raise truncated(path, f"{chunk.missing} of {chunk.announced} announced bytes of audio are missing")
        header = wav_header.true_header(chunk)
        return (header, chunk.start, True) if header else (None, 0, True)
    if head[:4] == b"OggS":
        missing = ogg_header.missing_bytes(path)
        if missing:
            raise truncated(path, f"{missing} bytes of its last page are missing")
    tag = mpeg_header.length_tag(path) if _may_be_mp3(head) else None
    return (*tag, False) if tag else (None, 0, True)


def _may_be_mp3(head: bytes) -> bool:
    return head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0)


def _check_info(info: AudioInfo) -> None:
    name = display_name(info.path)
    if info.format not in formats.READABLE:
        raise _not_audio(info.path)
    if info.length <= 0:
        raise _no_audio(info.path)
    if not 0 < info.sample_rate <= _MAX_SAMPLE_RATE:
        raise AudioFileError(name, f"claims a sample rate of {info.sample_rate} Hz", COPY_AGAIN)


def _no_audio(path: Path) -> AudioFileError:
    return AudioFileError(display_name(path), "holds no audio (its length is zero)", "record or export it again")


def _not_audio(path: Path) -> AudioFileError:
    why = "is no audio file that can be read (WAV, RF64, CAF, FLAC, AIFF, OGG or MP3)"
    return AudioFileError(display_name(path), why, f"choose another file, or {CONVERT}")


@contextlib.contextmanager
def _stream(path: Path, prefix: bytes | None, start: int) -> Iterator[_Stream]:
    with contextlib.ExitStack() as stack:
        source = native_name(path) if prefix is None else stack.enter_context(PrefixedFile(path, prefix, start))
        try:
            file = stack.enter_context(_Stream(source))
        except (soundfile.SoundFileError, TypeError) as error:  # TypeError: x.raw without its parameters
            raise _refused(path, error) from error
        yield file


def _refused(path: Path, error: Exception) -> AudioFileError:
    unrecognised = {"Format not recognised", "File does not exist or is not a regular file (possibly a pipe?)"}
    if isinstance(error, soundfile.LibsndfileError) and library_message(error) not in unrecognised:
        return AudioFileError(display_name(path), f"cannot be read ({library_message(error)})", CONVERT)
    return _not_audio(path)


def blocks(found: Probe) -> Generator[FloatArray, None, None]:
    """Yield all samples of a file in order as float32 [channels, samples], at most BLOCK_VALUES at a time.

    Raises
    ------
    AudioFileError
        If it ends before its announced length, does not decode, or holds NaN or infinite values.
    """
    info = found.info
    if found.opus is not None:
        yield from opus_blocks(found.opus, original_rate=False)
        return
    step = max(1, BLOCK_VALUES // info.channels)
    done = 0
    with _stream(info.path, found.prefix, found.start) as file:
        block = _read(file, step, info.path, done)
        while block.shape[1]:
            done += block.shape[1]
            yield block if found.matrix is None else found.matrix @ block[: found.matrix.shape[1]]
            block = _read(file, step, info.path, done) if block.shape[1] == step else block[:, :0]
    if done == 0 and not found.announced:
        raise _no_audio(info.path)
    if found.announced and done < info.length - found.slack:
        raise truncated(info.path, f"{done} of {info.length} announced samples can be decoded")


def _read(file: _Stream, step: int, path: Path, done: int) -> FloatArray:
    try:
        block = file.read(step, dtype="float32", always_2d=True)
    except soundfile.SoundFileError as error:
        raise truncated(path, f"it cannot be decoded beyond sample {done} ({library_message(error)})") from error
    if not np.isfinite(block).all():
        raise not_finite(path, done, done + block.shape[0])
    return np.ascontiguousarray(block.T)


def with_counted_length(found: Probe) -> AudioInfo:
    """Return what is known of a file, its length counted by decoding if it announces none to rely on."""
    if found.announced and not found.slack:
        return found.info
    return replace(found.info, length=sum(block.shape[1] for block in blocks(found)))
