"""Whether the weights of a checkpoint are those it was written with, looked at a piece at a time.

Reading a checkpoint verifies it too, but in one go and as a whole: that of hundreds of megabytes takes seconds.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from sepstudio.errors import CheckpointError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.nn.checkpoints import CheckpointHeader, read_header

_CHUNK = 1 << 20
_TYPES: dict[str, np.dtype[Any]] = {"F32": np.dtype("<f4"), "F64": np.dtype("<f8"), "I64": np.dtype("<i8")}
_DAMAGED = "is damaged: its weights are not those it was written with"
_AGAIN = "copy or download the file again"


@dataclass(frozen=True)
class _Place:
    """Where a tensor lies behind the header of the file."""

    name: str
    kind: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int
    end: int


def check_steps(path: Path, *, kind: str | tuple[str, ...]) -> Generator[float, None, CheckpointHeader]:
    """Read all weights of a checkpoint and compare their hash; yields the fraction done and returns the header.

    Raises
    ------
    CheckpointError
        As ``load_checkpoint``.
    """
    header = read_header(path, kind=kind)
    digest, done = hashlib.sha256(), 0
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            places = _places(file.read(length), header.size, path)
            for place in sorted(places, key=lambda one: one.name):
                words = [place.name, place.kind.newbyteorder("=").name, list(place.shape)]
                digest.update(json.dumps(words).encode("ascii") + b"\n")
                file.seek(8 + length + place.begin)
                for size in _sizes(place):
                    digest.update(_chunk(file, size, place, path))
                    done += size
                    yield done / header.size
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    if digest.hexdigest() != header.sha256:
        raise CheckpointError(display_name(path), _DAMAGED, _AGAIN)
    return header


def _places(text: bytes, size: int, path: Path) -> list[_Place]:
    """Return where tensors lie; together they must fill what follows the header."""
    try:
        entries = {name: entry for name, entry in json.loads(text).items() if name != "__metadata__"}
        places = [
            _Place(name, _TYPES[entry["dtype"]], tuple(map(int, entry["shape"])), *map(int, entry["data_offsets"]))
            for name, entry in entries.items()
        ]
        places.sort(key=lambda one: (one.begin, one.end))
        fits = all(one.end - one.begin == math.prod(one.shape) * one.kind.itemsize for one in places)
        ends = [0, *(one.end for one in places)]
        fits = fits and [one.begin for one in places] == ends[:-1] and ends[-1] == size
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        fits, places = False, []
    if not fits:
        raise CheckpointError(display_name(path), _DAMAGED, _AGAIN)
    return places


def _sizes(place: _Place) -> list[int]:
    whole, rest = divmod(place.end - place.begin, _CHUNK)
    return [_CHUNK] * whole + ([rest] if rest else [])


def _chunk(file: BinaryIO, size: int, place: _Place, path: Path) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise CheckpointError(display_name(path), _DAMAGED, _AGAIN)
    if not np.isfinite(np.frombuffer(content, place.kind)).all():
        why = f"is of no use: {place.name} holds values that are not finite"
        raise CheckpointError(display_name(path), why, "choose a checkpoint that this program wrote")
    return content
