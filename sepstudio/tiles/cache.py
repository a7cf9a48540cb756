"""A store of arrays that forgets the least recently used ones beyond a limit in bytes."""

from __future__ import annotations

import itertools
import threading
from collections import OrderedDict, deque
from typing import Any

import numpy.typing as npt

# Seven songs of four minutes in full, or what is in view of files of hours.
DEFAULT_LIMIT_BYTES = 160 << 20

Key = tuple[int, int, int]


class TileCache:
    """Tiles of any number of pyramids under ``(owner, level, index)``; safe to use from several threads.

    Parameters
    ----------
    limit : int
        In bytes, of all arrays together.
    """

    def __init__(self, limit: int = DEFAULT_LIMIT_BYTES) -> None:
        self.limit = limit
        self._entries: OrderedDict[Key, npt.NDArray[Any]] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self._owners = itertools.count(1)
        self._retired: deque[int] = deque()

    def new_owner(self) -> int:
        """Return a number that no other pyramid of this cache has."""
        return next(self._owners)

    @property
    def size(self) -> int:
        """Bytes held at present, never more than ``limit``."""
        return self._size

    def get(self, key: Key) -> npt.NDArray[Any] | None:
        """Return an array, which becomes the most recently used one, or None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def put(self, key: Key, array: npt.NDArray[Any], *, make_room: bool = True) -> bool:
        """Keep an array and return True, or return False when there is no room for it.

        With ``make_room`` the least recently used arrays go; without, nothing does, so that a
        pass over a long file cannot push out what is being looked at.
        """
        with self._lock:
            self._forget_retired()
            free = self.limit - self._size + self._bytes_of(key)
            if array.nbytes > (self.limit if make_room else free):
                return False
            self._remove(key)
            while self._size + array.nbytes > self.limit:
                self._remove(next(iter(self._entries)))
            self._entries[key] = array
            self._size += array.nbytes
            return True

    def retire(self, owner: int) -> None:
        """Forget everything of one owner at the next ``put``.

        Called when a pyramid is collected, which may happen in the middle of any of these
        methods: so it takes no lock.
        """
        self._retired.append(owner)

    def _forget_retired(self) -> None:
        gone = {self._retired.popleft() for _ in range(len(self._retired))}
        for key in [key for key in self._entries if key[0] in gone] if gone else ():
            self._remove(key)

    def _bytes_of(self, key: Key) -> int:
        entry = self._entries.get(key)
        return 0 if entry is None else int(entry.nbytes)

    def _remove(self, key: Key) -> None:
        self._size -= self._bytes_of(key)
        self._entries.pop(key, None)
