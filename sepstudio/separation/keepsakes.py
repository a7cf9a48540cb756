"""What a method keeps in memory for the next run of the same recording, which then need not look at it again."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Generator, Hashable
from dataclasses import dataclass, field
from typing import Any

from sepstudio.io.clip import AudioClip

# A minute of stereo in a method that keeps spectra and maps.
MOST_BYTES = 128 << 20
_READ_VALUES = 1 << 20


@dataclass
class Keepsake:
    """A place for one thing of at most ``most`` bytes; safe to use from several threads."""

    most: int = MOST_BYTES
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _kept: tuple[Hashable, Any] | None = None

    def find(self, key: Hashable) -> Any:
        """Return what was kept under a key that is equal; None if that is nothing, or something else came since."""
        with self._lock:
            return self._kept[1] if self._kept is not None and self._kept[0] == key else None

    def keep(self, key: Hashable, thing: object, size: int) -> None:
        """Keep a thing of so many bytes in the place of the one before, unless it is too large."""
        if size <= self.most:
            with self._lock:
                self._kept = (key, thing)


def digest_steps(clip: AudioClip) -> Generator[float, None, bytes]:
    """Return 16 bytes that differ where samples, their number, channels or rate do; yields the fraction done."""
    digest = hashlib.blake2b(f"{clip.channels} {clip.length} {clip.sample_rate}".encode(), digest_size=16)
    size = max(_READ_VALUES // clip.channels, 1)
    for first in range(0, clip.length, size):
        digest.update(clip.read(first, min(first + size, clip.length)).tobytes())
        yield min((first + size) / clip.length, 1.0)
    return digest.digest()
