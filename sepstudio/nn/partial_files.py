"""Files that have arrived in part, and what must be known of them to fetch the rest and nothing else."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path

from sepstudio.io.atomic import replacing

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Origin:
    """What a server said of a file: by these fields it is known to be the same the next time; ``total`` in bytes."""

    url: str
    etag: str = ""
    modified: str = ""
    total: int | None = None


class PartialFile:
    """The beginning of a file from the network, and a small JSON file beside it that says of which.

    Both outlive the program. A beginning of which nothing is known is none.
    """

    def __init__(self, folder: Path, url: str) -> None:
        stem = hashlib.sha256(url.encode()).hexdigest()[:32]
        self.path = folder / f"{stem}.part"
        self.lock_path = folder / f"{stem}.lock"
        self._info = folder / f"{stem}.json"
        self.origin = self._read_origin(url)

    @property
    def size(self) -> int:
        """Bytes that are there."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    @property
    def complete(self) -> bool:
        """Whether all bytes are there, as far as the server has told how many there are."""
        return self.origin.total is not None and self.size == self.origin.total

    def fields(self) -> dict[str, str]:
        """Return what asks a server for the rest, or for all of it if the file has changed since."""
        if not self.size:
            return {}
        # By a weak tag servers must not tell parts of files apart.
        strong = "" if self.origin.etag.startswith("W/") else self.origin.etag
        condition = strong or self.origin.modified
        return {"Range": f"bytes={self.size}-", **({"If-Range": condition} if condition else {})}

    def continues(self, fields: Message) -> bool:
        """Return whether an answer of status 206 brings what follows, of the same file."""
        match = _RANGE.fullmatch(fields.get("Content-Range", ""))
        if match is None or int(match[1]) != self.size:
            return False
        told = _origin(self.origin.url, fields, None if match[2] == "*" else int(match[2]))
        known = self.origin
        pairs = [(known.etag, told.etag), (known.modified, told.modified), (known.total, told.total)]
        return all(old == new for old, new in pairs if old and new)

    def begin(self, fields: Message) -> None:
        """Start anew with the file that an answer of status 200 is about; raises OSError."""
        self.clear()
        length = fields.get("Content-Length", "")
        self.origin = _origin(self.origin.url, fields, int(length) if length.isdecimal() else None)
        with replacing(self._info) as temp:
            temp.write_text(json.dumps(asdict(self.origin)), encoding="utf-8")

    def clear(self) -> None:
        """Forget what is there; raises OSError."""
        self.path.unlink(missing_ok=True)
        self._info.unlink(missing_ok=True)
        self.origin = Origin(self.origin.url)

    def _read_origin(self, url: str) -> Origin:
        try:
            found = Origin(**json.loads(self._info.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            found = Origin("")
        if found.url == url and (found.total is None or self.size <= found.total):
            return found
        self.path.unlink(missing_ok=True)
        return Origin(url)


def _origin(url: str, fields: Message, total: int | None) -> Origin:
    return Origin(url, fields.get("ETag", ""), fields.get("Last-Modified", ""), total)
