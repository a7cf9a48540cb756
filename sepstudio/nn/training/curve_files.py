"""Files of curves, written anew while a training runs; reading them needs no torch."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sepstudio.errors import CheckpointError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure

_VERSION = 1

Curve = TypeVar("Curve")


@dataclass(frozen=True)
class CurveFile:
    """A kind of JSON file of curves: what it is called, what it says that it is, and of what the curves are."""

    name: str
    format: str
    of: str

    def write(self, folder: Path, curves: Sequence[Mapping[str, Any]]) -> None:
        """Write the JSON values of curves into the folder of their training; CheckpointError if that fails."""
        document = {"format": self.format, "version": _VERSION, "curves": list(curves)}
        write_whole(folder / self.name, json.dumps(document, indent=1))

    def read(self, path: Path, curve_of: Callable[[Mapping[str, Any]], Curve]) -> tuple[Curve, ...]:
        """Return the curves of a file, or of that in a folder.

        Parameters
        ----------
        path : Path
        curve_of : callable
            Makes a curve of its JSON values; TypeError, KeyError or ValueError for values of anything else.

        Raises
        ------
        CheckpointError
            If the file cannot be read or holds something else.
        """
        file = path / self.name if path.is_dir() else path
        try:
            document = json.loads(file.read_text(encoding="utf-8"))
            if (document["format"], document["version"]) != (self.format, _VERSION):
                raise ValueError("another format")
            return tuple(map(curve_of, document["curves"]))
        except OSError as error:
            raise CheckpointError(*read_failure(file, error)) from error
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"holds no curves of {self.of}"
            raise CheckpointError(display_name(file), why, f"choose the {self.name} that a training wrote") from error


def write_whole(path: Path, text: str) -> None:
    """Write a file as a whole or not at all; CheckpointError if that fails."""
    try:
        with replacing(path) as temp:
            temp.write_text(text, encoding="utf-8")
    except OSError as error:
        raise CheckpointError(*write_failure(path, error)) from error
