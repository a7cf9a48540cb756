"""Writing audio files in blocks, whole or not at all."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io import formats
from sepstudio.io.atomic import replacing
from sepstudio.io.clip import AudioClip, FloatArray
from sepstudio.io.decode import BLOCK_VALUES
from sepstudio.io.failures import display_name, native_name, unwritable
from sepstudio.io.wave_masks import set_channel_mask

_BITS = {"PCM_16": 16, "PCM_24": 24}


@dataclass(frozen=True)
class Tags:
    """What a file says of its channels beside their number.

    ``channel_mask`` goes into WAV and RF64 alone, see ``sepstudio.io.wave_masks``; None leaves it to the reader.
    ``comment`` is for people.
    """

    channel_mask: int | None = None
    comment: str = ""


_NO_TAGS = Tags()


@dataclass(frozen=True)
class WriteReport:
    """What was written; ``clipped_samples`` counts the values beyond full scale that PCM cannot hold."""

    path: Path
    clipped_samples: int


def write_audio_steps(
    path: str | os.PathLike[str],
    clip: AudioClip,
    subtype: str = "FLOAT",
    *,
    rf64: bool = False,
    tags: Tags = _NO_TAGS,
) -> Generator[float, None, WriteReport]:
    """Write a clip in short steps; yields the fraction done and returns the report.

    The file appears under its name when it is complete; an error, or closing the generator, leaves
    what was there before and nothing else. Levels are never changed. PCM is rounded to the nearest
    step without dither, so that audio read from PCM of the same depth comes out bit-identical.

    Parameters
    ----------
    path : path
        The extension gives the format: .wav (RF64 where 4 GB do not suffice), .flac, .aiff, .aif or .caf.
    clip : AudioClip
        Read in blocks, so that it may be longer than memory.
    subtype : {"FLOAT", "PCM_24", "PCM_16"}
        FLAC holds PCM only.
    rf64 : bool
        Write RF64 into .wav whatever the length.
    tags : Tags
        What the file says of its channels.

    Raises
    ------
    ParameterError
        For an unknown subtype.
    AudioFileError
        If the format cannot hold the clip, or the file cannot be written.
    """
    with writing_audio(path, clip.channels, clip.length, clip.sample_rate, subtype, rf64=rf64, tags=tags) as writer:
        step = max(1, BLOCK_VALUES // clip.channels)
        for start in range(0, clip.length, step):
            writer.write(clip.read(start, min(start + step, clip.length)))
            yield min((start + step) / clip.length, 1.0)
    return WriteReport(Path(path), writer.clipped_samples)


class AudioWriter:
    """Takes the samples of a file in order; ``clipped_samples`` as in WriteReport."""

    def __init__(self, file: soundfile.SoundFile, subtype: str) -> None:
        self._file = file
        self._subtype = subtype
        self.clipped_samples = 0

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""
        if self._subtype in _BITS:
            self.clipped_samples += int(np.count_nonzero(np.abs(block) > 1.0))
        self._file.write(_encoded(block, self._subtype).T)


@contextlib.contextmanager
def writing_audio(
    path: str | os.PathLike[str],
    channels: int,
    length: int,
    sample_rate: int,
    subtype: str = "FLOAT",
    *,
    rf64: bool = False,
    tags: Tags = _NO_TAGS,
) -> Iterator[AudioWriter]:
    """Give a writer for a file that appears when the block ends well, with as many samples as were announced.

    See ``write_audio_steps``; whatever the block raises leaves what was there before.
    """
    target = Path(path)
    if subtype not in formats.WRITABLE_SUBTYPES:
        raise ParameterError("subtype", subtype, "one of " + ", ".join(formats.WRITABLE_SUBTYPES))
    container = _container(target, channels, length, subtype, rf64=rf64)
    mask = tags.channel_mask if container in ("WAV", "RF64") else None
    if mask is not None and container == "WAV":
        container = "WAVEX"
    try:
        with replacing(target) as temp:
            try:
                with soundfile.SoundFile(
                    native_name(temp), "w", sample_rate, channels, subtype, format=container
                ) as file:
                    if tags.comment:
                        file.comment = tags.comment
                    yield AudioWriter(file, subtype)
            except soundfile.SoundFileError as error:
                # While the temporary file still takes the space that it ran out of.
                raise unwritable(target, error) from error
            _check_written(target, temp, length)
            if mask is not None:
                set_channel_mask(temp, mask)
    except OSError as error:
        raise unwritable(target, error) from error


def _container(path: Path, channels: int, length: int, subtype: str, *, rf64: bool) -> str:
    """Return libsndfile's name of the format to write, after checking that it can hold the audio."""
    name = display_name(path)
    form = formats.BY_EXTENSION.get(path.suffix.lower())
    if form is None:
        raise AudioFileError(name, "has no extension that can be written", "use .wav, .flac, .aiff or .caf")
    if channels > form.channel_limit:
        why = f"{form.container} holds at most {form.channel_limit} channels, not {channels}"
        raise AudioFileError(
            name, why, "write a .wav file with fewer channels" if form is formats.WAV else "write .wav"
        )
    if subtype not in form.subtypes:
        raise AudioFileError(name, f"{form.container} cannot hold {subtype}", f"choose {' or '.join(form.subtypes)}")
    if length == 0 or channels == 0:
        raise AudioFileError(name, "there is no audio to write", "choose audio of some length")
    size = formats.audio_bytes(subtype, channels, length)
    if form is formats.WAV:
        return "RF64" if rf64 or size > formats.WAV_SIZE_LIMIT else "WAV"
    if form is formats.AIFF and size > formats.WAV_SIZE_LIMIT:
        raise AudioFileError(name, "AIFF holds at most 4 GB", "write .wav, which becomes RF64")
    return form.container


def _encoded(block: FloatArray, subtype: str) -> npt.NDArray[Any]:
    """Return a block as libsndfile takes it without changing a bit.

    Left to itself it converts floats to PCM by cutting off the fraction: half a step of offset
    and twice the error of rounding.
    """
    if subtype not in _BITS:
        return block
    scale = np.float32(2 ** (_BITS[subtype] - 1))
    values = np.minimum(np.rint(np.clip(block, -1.0, 1.0) * scale), scale - 1)
    # libsndfile takes 24 bits at the top of 32.
    encoded: npt.NDArray[Any] = values.astype(np.int16) if subtype == "PCM_16" else values.astype(np.int32) << 8
    return encoded


def _check_written(target: Path, temp: Path, length: int) -> None:
    # A disk that fills up while the header is completed goes unnoticed by libsndfile.
    written = soundfile.info(native_name(temp)).frames
    if written != length:
        why = f"only {written} of {length} samples reached the disk"
        raise AudioFileError(display_name(target), why, "free some space or choose another disk")
