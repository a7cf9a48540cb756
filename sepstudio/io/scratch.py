"""Where a running method writes its stems: memory while they are short, files when they are long."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

import numpy as np
import soundfile

from sepstudio.io.clip import AudioClip, FileClip, FloatArray


class StemWriter(Protocol):
    """Takes the samples of one stem in order."""

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""

    def finish(self) -> AudioClip:
        """Return all that was written as a clip."""


class StemSink(Protocol):
    """Makes writers for the stems of a run."""

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> StemWriter:
        """Return a writer for a stem of a known length in samples."""


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
    """Keeps every stem in memory."""

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> MemoryWriter:
        """Return a writer into memory."""
        del name
        return MemoryWriter(channels, length, sample_rate)


class FileWriter:
    """Writes a stem as 32-bit float RF64 (a plain WAV below 4 GB)."""

    def __init__(self, path: Path, channels: int, sample_rate: int) -> None:
        self._path = path
        self._file = soundfile.SoundFile(path, "w", sample_rate, channels, "FLOAT", format="RF64")

    def write(self, block: FloatArray) -> None:
        """Append float32 [channels, samples]."""
        self._file.write(block.T)

    def finish(self) -> AudioClip:
        """Close the file and return a clip that reads from it."""
        self._file.close()
        return FileClip(self._path)


class ScratchSink:
    """Keeps stems in memory up to a limit in bytes, then in a folder of temporary files.

    The folder lives as long as the sink is open; ``close`` deletes it.
    """

    def __init__(self, memory_limit: int = 256 << 20, parent: Path | None = None) -> None:
        self._memory_left = memory_limit
        self._parent = parent
        self._folder: Path | None = None
        self._count = 0

    def open(self, name: str, channels: int, length: int, sample_rate: int) -> StemWriter:
        """Return a writer into memory or, once the limit is used up, into a file."""
        size = 4 * channels * length
        if size <= self._memory_left:
            self._memory_left -= size
            return MemoryWriter(channels, length, sample_rate)
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="sepstudio-", dir=self._parent))
        self._count += 1
        return FileWriter(self._folder / f"{self._count:03d}-{name}.wav", channels, sample_rate)

    def close(self) -> None:
        """Delete the temporary files."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
