"""Names of the files that a run writes: from a template, safe on every system, Unicode kept."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sepstudio.errors import ParameterError

DEFAULT_TEMPLATE = "{track}/{stem}"
FIELDS = ("track", "stem", "method", "number")
# File systems allow 255 bytes; this leaves room for an extension and a counter.
MAX_NAME_BYTES = 200
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class NameTemplate:
    """A template such as ``{track}/{stem}`` for names without extension, relative to the output folder.

    Raises
    ------
    ParameterError
        For unknown fields, templates that give all stems one name, and ones that leave the folder.
    """

    text: str

    def __post_init__(self) -> None:
        fields = self._fields()
        if fields - set(FIELDS):
            raise self._error("made of " + ", ".join(f"{{{name}}}" for name in FIELDS))
        if not fields & {"stem", "number"}:
            raise self._error("different for every stem: with {stem} or {number}")
        try:
            path = self.path("track", "stem", "method", 1)
        except (ValueError, KeyError, IndexError, AttributeError):
            raise self._error("made of {track}, {stem}, {method} and {number}") from None
        if path.is_absolute() or ".." in path.parts:
            raise self._error("a path inside the output folder")

    @property
    def names_the_track(self) -> bool:
        """Whether two inputs get different names."""
        return "track" in self._fields()

    def path(self, track: str, stem: str, method: str, number: int) -> PurePosixPath:
        """Return the path of a stem; ``track`` may hold folders, and ``number`` counts from 1."""
        fields = {"track": safe_track(track), "stem": safe_name(stem), "method": safe_name(method), "number": number}
        return PurePosixPath(self.text.format(**fields))

    def files(self, folder: Path, track: str, method: str, stems: Sequence[str], extension: str) -> list[Path]:
        """Return where the stems of one track go, in their order; ``extension`` comes with its dot."""
        names = (self.path(track, stem, method, number) for number, stem in enumerate(stems, 1))
        return [folder / f"{name}{extension}" for name in names]

    def _fields(self) -> set[str]:
        try:
            return {name for _, name, _, _ in string.Formatter().parse(self.text) if name is not None}
        except ValueError:
            raise self._error("a text with balanced braces") from None

    def _error(self, expected: str) -> ParameterError:
        return ParameterError("name template", self.text, expected)


def safe_track(track: str) -> str:
    """Return the name of a track, which may hold folders, with every part of it safe."""
    return "/".join(safe_name(part) for part in track.split("/"))


def safe_name(name: str) -> str:
    """Return a name as one part of a path that Linux, macOS and Windows accept."""
    name = _FORBIDDEN.sub("_", name).lstrip(" ").rstrip(" .") or "_"
    if _RESERVED.fullmatch(name):
        name = f"{name}_"
    data = name.encode("utf-8", "surrogateescape")[:MAX_NAME_BYTES]
    return data.decode("utf-8", "surrogateescape" if _is_undecodable(name) else "ignore").rstrip(" .")


def _is_undecodable(name: str) -> bool:
    # A name that is not valid UTF-8 on the disk comes with surrogates, which must come back as they were.
    return any("\udc80" <= char <= "\udcff" for char in name)


def distinct(name: str, taken: Container[str]) -> str:
    """Return ``name``, with a counter if a name that some system holds for equal is in ``taken``.

    ``taken`` holds what ``comparable`` returned for the others.
    """
    candidate, count = name, 1
    while comparable(candidate) in taken:
        count += 1
        candidate = f"{name} ({count})"
    return candidate


def comparable(name: str) -> str:
    """Return what macOS and Windows compare of a name: neither case nor composition counts."""
    return unicodedata.normalize("NFC", name).casefold()
