"""The journal of unsaved edits: a document, and a line for each change to it since.

A line is written when the edit is made and is whole or worthless, which its checksum tells: whatever
ends the program, all lines but the one that was being written are there.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

from sepstudio.errors import ProjectError
from sepstudio.io.atomic import TEMP_SUFFIX
from sepstudio.io.failures import display_name
from sepstudio.project.changes import changed, changes
from sepstudio.project.encoding import Json, plain

# A journal begins anew with the whole document when its lines hold this much, and several times the document.
COMPACT_BYTES = 256 << 10
_COMPACT_RATIO = 4
# Notes lie so deep in a line, and take a millisecond in such pieces.
_DEPTH, _PIECE = 5, 512
_OPENING, _CLOSING = b'{"crc": "%08x", "line": ', b"}\n"
_PREFIX = len(_OPENING % 0)


@dataclass(frozen=True)
class JournalState:
    """What a journal says: the document at its end, and of whom it is.

    ``edits`` counts the unsaved ones; ``about`` is what the journal was begun with; ``unread`` counts
    lines behind a damaged one, which are lost; ``time`` is that of the last edit in seconds.
    """

    document: Json
    edits: int
    time: float
    about: Mapping[str, Any] = field(default_factory=dict)
    unread: int = 0


class Journal:
    """Writes a journal. ``record`` and the two slow steps in ``settle`` may run on different threads.

    Raises
    ------
    OSError
        From ``record`` and ``settle``, if the disk is full or closed to us; the next ``record``
        begins with the whole document again, so that nothing is missing once there is space.
    """

    def __init__(self, path: Path, about: Mapping[str, Any]) -> None:
        self.path = path
        self._about = dict(about)
        self._lock = threading.Lock()
        self._file: FileIO | None = None
        self._document: Json = {}
        self._seq = 0
        self._edits = 0
        self._size = 0
        self._base_size = 0
        self._since: list[bytes] | None = None

    def record(self, document: Json, *, edits: int) -> bool:
        """Note the state after an edit; returns whether anything was written."""
        with self._lock:
            if self._file is None:
                self._begin(document, edits)
                return True
            found = changes(self._document, document)
            if not found and edits == self._edits:
                return False
            self._seq += 1
            line = _line({"seq": self._seq, "time": time.time(), "edits": edits, "changes": found})
            try:
                self._append(line)
            except OSError:
                self._close()
                raise
            self._document, self._edits = document, edits
            return True

    def _begin(self, document: Json, edits: int) -> None:
        temp = self._temporary()
        try:
            base = self._base(document, edits, self._seq)
            temp.write_bytes(base)
            self._take_over(temp, document, edits, len(base))
        finally:
            temp.unlink(missing_ok=True)

    def _take_over(self, temp: Path, document: Json, edits: int, base_size: int) -> None:
        self._close()
        temp.replace(self.path)
        self._file = FileIO(self.path, "ab")
        self._document, self._edits, self._since = document, edits, None
        self._size = self._base_size = base_size

    def _temporary(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.with_name(f".{secrets.token_hex(8)}{TEMP_SUFFIX}")

    def _base(self, document: Json, edits: int, seq: int) -> bytes:
        return _line({"seq": seq, "time": time.time(), "edits": edits, "about": self._about, "document": document})

    def _append(self, line: bytes) -> None:
        if self._file is not None and self._file.write(line) != len(line):
            raise OSError(28, os.strerror(28), str(self.path))
        self._size += len(line)
        if self._since is not None:
            self._since.append(line)

    def settle(self) -> None:
        """Make sure that what was recorded survives a power cut, and keep the journal short; may take long."""
        with self._lock:
            if self._file is None:
                return
            descriptor = os.dup(self._file.fileno())
            is_long = self._size - self._base_size > max(COMPACT_BYTES, _COMPACT_RATIO * self._base_size)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_long:
            self._compact()

    def _compact(self) -> None:
        with self._lock:
            document, edits, seq, file, self._since = self._document, self._edits, self._seq, self._file, []
        # Without the lock: a long document must not hold up who records.
        base = self._base(document, edits, seq)
        temp = self._temporary()
        try:
            _write_through(temp, base)
            with self._lock:
                if self._file is not file or self._since is None:
                    return  # closed or begun anew in the meantime
                with temp.open("ab") as grown:
                    grown.writelines(self._since)
                size = temp.stat().st_size
                self._take_over(temp, self._document, self._edits, len(base))
                self._size = size
        finally:
            temp.unlink(missing_ok=True)

    def close(self) -> None:
        """Write no more; what was recorded stays."""
        with self._lock:
            self._close()

    def remove(self) -> None:
        """Write no more, and delete what was recorded: it is saved, or not wanted."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._since = None


def _write_through(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _line(values: Json) -> bytes:
    body = "".join(_pieces(values, _DEPTH)).encode()
    return _OPENING % zlib.crc32(body) + body + _CLOSING


def _pieces(value: Any, depth: int) -> Iterator[str]:
    """Yield JSON in pieces: the encoder holds up all other threads while it is at one."""
    if depth and isinstance(value, dict) and len(value) > _PIECE and not _is_deep(value):
        items = list(value.items())
        parts = [_text(dict(items[start : start + _PIECE]))[1:-1] for start in range(0, len(items), _PIECE)]
        yield f"{{{','.join(parts)}}}"
    elif depth and isinstance(value, dict):
        for number, (key, item) in enumerate(value.items()):
            yield f"{',' if number else '{'}{json.dumps(str(key))}:"
            yield from _pieces(item, depth - 1)
        yield "}" if value else "{}"
    elif depth and isinstance(value, list) and len(value) <= _PIECE:
        for number, item in enumerate(value):
            yield "," if number else "["
            yield from _pieces(item, depth - 1)
        yield "]" if value else "[]"
    else:
        yield _text(value)


def _is_deep(value: Json) -> bool:
    """Whether each item is as long as a stroke may be, and so a piece of its own."""
    return isinstance(next(iter(value.values())), dict)


def _text(value: Any) -> str:
    return json.dumps(value, default=plain, separators=(",", ":"))


def read_journal(path: Path) -> JournalState:
    """Return what a journal says. A line that was being written when the program ended is left out.

    Raises
    ------
    ProjectError
        If it cannot be read or has no whole line.
    """
    name = display_name(path)
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as error:
        raise ProjectError(name, f"cannot be read ({error.strerror or error})", "check the disk") from error
    values = _values(lines)
    base = next(values, None)
    if base is None or not isinstance(base.get("document"), dict):
        raise ProjectError(name, "holds no whole line", "the work of this session cannot be restored")
    document, last, count = base["document"], base, 1
    try:
        for line in values:
            document, last, count = changed(document, line["changes"]), line, count + 1
        unread = 0 if count >= len(lines) - 1 else len(lines) - count
        return JournalState(document, int(last["edits"]), float(last["time"]), dict(base["about"]), unread)
    except (LookupError, TypeError, ValueError) as error:
        raise ProjectError(name, f"is damaged ({error})", "the work of this session cannot be restored") from error


def _values(lines: list[bytes]) -> Iterator[Json]:
    """Yield the lines up to the first that is damaged, or does not follow the one before it."""
    seq = None
    for line in lines:
        body = line[_PREFIX : -len(_CLOSING)]
        if line != _OPENING % zlib.crc32(body) + body + _CLOSING:
            return
        try:
            values = json.loads(body)
            follows = seq is None or values["seq"] == seq + 1
            seq = values["seq"]
        except (LookupError, TypeError, ValueError, RecursionError):
            return
        if not follows:
            return
        yield values
