"""Whether an OGG file was cut off."""

from __future__ import annotations

from pathlib import Path

_PAGE_HEADER = 27
_MAX_PAGE = _PAGE_HEADER + 255 + 255 * 255


def missing_bytes(path: Path) -> int:
    """Return how many bytes of its last page an OGG file lacks (RFC 3533, section 6); 0 if it is whole.

    An OGG file announces no length, but a broken copy all but surely ends within a page.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - _MAX_PAGE, 0))
        tail = file.read(_MAX_PAGE)
    at = tail.rfind(b"OggS")
    if at < 0:
        return 0
    page = tail[at:]
    segments = page[_PAGE_HEADER - 1] if len(page) >= _PAGE_HEADER else 0
    table = page[_PAGE_HEADER : _PAGE_HEADER + segments]
    return max(_PAGE_HEADER + segments + sum(table) - len(page), 0)
