"""A file of which the beginning is replaced while it is read."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class PrefixedFile(io.RawIOBase):
    """Reads as ``prefix`` followed by the bytes of a file from ``start``.

    libsndfile believes headers that announce no or a wrong length; it is given a true one here.
    """

    def __init__(self, path: Path, prefix: bytes, start: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._prefix = prefix
        self._start = start
        self._size = len(prefix) + max(os.fstat(self._file.fileno()).st_size - start, 0)
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Return the position in bytes from the start of the prefix."""
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to a position and return it."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill ``buffer`` as far as there are bytes; return their number."""
        view = memoryview(buffer).cast("B")
        head = self._prefix[self._position : self._position + len(view)]
        view[: len(head)] = head
        self._position += len(head)
        return len(head) + self._read_file(view[len(head) :])

    def _read_file(self, view: memoryview) -> int:
        if not view:
            return 0
        self._file.seek(self._start + self._position - len(self._prefix))
        count = self._file.readinto(view)
        self._position += count
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
