"""Where audio and matrices are put that have no place yet: memory while they are short, files when they are long."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import tempfile
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import soundfile

from sepstudio.errors import AudioFileError
from sepstudio.io.clip import AudioClip, FileClip, FloatArray
from sepstudio.io.failures import native_name, unwritable
from sepstudio.paths import cache_dir

_LEFT_OVER_SECONDS = 7 * 24 * 3600


class StemWriter(Protocol):
    """Takes the samples of one stem in order."""

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""

    def finish(self) -> AudioClip:
        """Return all that was written as a clip."""


class StemSink(Protocol):
    """Makes writers for the stems of a run, and keeps its matrices."""

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> StemWriter:
        """Return a writer for a stem of a known length in samples."""

    def keep(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return an array of the same content, which nobody may write into."""


class MemoryWriter:
    """Collects a stem in one preallocated array."""

    def __init__(self, channels: int, length: int, sample_rate: int) -> None:
        self._samples = np.zeros((channels, length), np.float32)
        self._filled = 0
        self._sample_rate = sample_rate

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""
        self._samples[:, self._filled : self._filled + block.shape[1]] = block
        self._filled += block.shape[1]

    def finish(self) -> AudioClip:
        """Return the stem; the writer must not be used any more."""
        return AudioClip(self._samples, self._sample_rate)


class MemorySink:
    """Keeps everything in memory."""

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> MemoryWriter:
        """Return a writer into memory."""
        del name
        return MemoryWriter(channels, length, sample_rate)

    def keep(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the array itself."""
        return array


class FileWriter:
    """Writes a stem as 32-bit float RF64, whose length is not limited.

    Raises
    ------
    AudioFileError
        From any method, if the disk is full or closed to us.
    """

    def __init__(self, path: Path, channels: int, sample_rate: int) -> None:
        self._path = path
        with _scratch_errors(path):
            self._file = soundfile.SoundFile(native_name(path), "w", sample_rate, channels, "FLOAT", format="RF64")

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""
        with _scratch_errors(self._path):
            self._file.write(block.T)

    def finish(self) -> AudioClip:
        """Close the file and return a clip that reads from it."""
        self.close()
        return FileClip(self._path)

    def finish_temporary(self) -> AudioClip:
        """Close the file and return a clip that deletes it when nobody uses the clip any more."""
        self.close()
        return TemporaryClip(self._path)

    def close(self) -> None:
        """Close the file."""
        with _scratch_errors(self._path):
            self._file.close()


class TemporaryClip(FileClip):
    """A clip whose file is deleted when it is closed, collected, or the program ends."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._delete = weakref.finalize(self, _close_and_delete, self._file, path)

    def close(self) -> None:
        """Close and delete the file; later reads fail."""
        super().close()
        self._delete()


class ScratchSink:
    """Keeps stems and matrices in memory up to a limit in bytes, then in a folder of temporary files.

    The folder lives as long as the sink is open; ``close`` deletes it. It lies in ``parent``,
    by default in the scratch folder.
    """

    def __init__(self, memory_limit: int = 256 << 20, parent: Path | None = None) -> None:
        self._memory_left = memory_limit
        self._parent = parent
        self._folder: Path | None = None
        self._count = 0

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> StemWriter:
        """Return a writer into memory or, once the limit is used up, into a file."""
        del name  # may hold characters that no file name may
        if self._fits(4 * channels * length):
            return MemoryWriter(channels, length, sample_rate)
        return FileWriter(self._new_file(".wav"), channels, sample_rate)

    def keep(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return an array itself or, once the limit is used up, one that is read from a file as it is looked at.

        Raises
        ------
        AudioFileError
            If the disk is full or closed to us.
        """
        if self._fits(array.nbytes):
            return array
        path = self._new_file(".npy")
        with _scratch_errors(path):
            np.save(path, array, allow_pickle=False)
            return np.lib.format.open_memmap(path, mode="r")

    def _fits(self, size: int) -> bool:
        """Take memory for something if there is enough left."""
        fits = size <= self._memory_left
        self._memory_left -= size if fits else 0
        return fits

    def _new_file(self, suffix: str) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="stems-", dir=self._parent or scratch_folder()))
        self._count += 1
        return self._folder / f"{self._count:03d}{suffix}"

    def close(self) -> None:
        """Delete the temporary files."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


class SpillBuffer:
    """Collects audio of unknown length in memory and moves to a temporary file beyond a limit in bytes."""

    def __init__(self, channels: int, sample_rate: int, memory_limit: int) -> None:
        self._channels = channels
        self._sample_rate = sample_rate
        self._bytes_left = memory_limit
        self._blocks: list[FloatArray] = []
        self._writer: FileWriter | None = None
        self._path: Path | None = None

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""
        self._bytes_left -= block.nbytes
        if self._writer is None and self._bytes_left < 0:
            self._spill()
        if self._writer is None:
            self._blocks.append(block)
        else:
            self._writer.write(block)

    def _spill(self) -> None:
        self._path = scratch_folder() / f"{secrets.token_hex(8)}.wav"
        self._writer = FileWriter(self._path, self._channels, self._sample_rate)
        for block in self._blocks:
            self._writer.write(block)
        self._blocks.clear()

    def finish(self) -> AudioClip:
        """Return all that was written; the buffer must not be used any more."""
        if self._writer is None:
            return AudioClip(np.concatenate(self._blocks, axis=1), self._sample_rate)
        clip = self._writer.finish_temporary()
        self._path = None
        return clip

    def discard(self) -> None:
        """Delete what was written unless it was finished."""
        self._blocks.clear()
        if self._path is not None and self._writer is not None:
            with contextlib.suppress(AudioFileError):
                self._writer.close()
            self._path.unlink(missing_ok=True)


def scratch_folder() -> Path:
    """Return the folder for temporary audio, created on first use.

    It lies in the cache folder: the system's folder for temporary files is kept in memory on many
    machines, and hours of audio do not fit there. What a killed program left behind is deleted
    after a week.
    """
    try:
        folder = cache_dir() / "scratch"
        folder.mkdir(exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir())
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - entry.stat().st_mtime > _LEFT_OVER_SECONDS:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    return folder


def _close_and_delete(file: soundfile.SoundFile, path: Path) -> None:
    file.close()
    path.unlink(missing_ok=True)


@contextlib.contextmanager
def _scratch_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, soundfile.SoundFileError) as error:
        raise unwritable(path, error) from error
