"""Reading fields of a JSON document that may hold anything."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sepstudio.errors import ProjectError


@dataclass(frozen=True)
class Fields:
    """A JSON object, its place in the document for error messages, and the name of the project.

    Every method raises ProjectError if the field is missing or of another kind.
    """

    values: dict[str, Any]
    place: str
    project: str

    def text(self, key: str) -> str:
        """Return a string."""
        return str(self._typed(key, str, "a text"))

    def flag(self, key: str) -> bool:
        """Return true or false."""
        return bool(self._typed(key, bool, "true or false"))

    def whole(self, key: str, lowest: int = 0) -> int:
        """Return a whole number from ``lowest`` to 2^63 - 1."""
        value = self._typed(key, int, "a whole number")
        if isinstance(value, bool) or not lowest <= value < 1 << 63:
            raise self.damaged(f"{key} is no whole number from {lowest} on")
        return int(value)

    def number(self, key: str) -> float:
        """Return a number; minus infinity is one, the gain of a closed fader in dB."""
        value = self._typed(key, (int, float), "a number")
        # An integer may have more digits than a float can hold.
        if (
            isinstance(value, bool)
            or not value <= sys.float_info.max
            or (value < -sys.float_info.max and value != -math.inf)
        ):
            raise self.damaged(f"{key} is not a number")
        return float(value)

    def object(self, key: str) -> dict[str, Any]:
        """Return a JSON object as it is."""
        return dict(self._typed(key, dict, "an object"))

    def inner(self, key: str) -> Fields:
        """Return a JSON object to read fields from."""
        return Fields(self.object(key), self._path(key), self.project)

    def objects(self, key: str) -> list[Any]:
        """Return a JSON list as it is."""
        return list(self._typed(key, list, "a list"))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings."""
        items = self.objects(key)
        if not all(isinstance(item, str) for item in items):
            raise self.damaged(f"{key} is not a list of texts")
        return tuple(items)

    def each(self, key: str) -> Iterator[Fields]:
        """Yield the objects of a list."""
        for index, item in enumerate(self.objects(key)):
            place = f"{self._path(key)}[{index}]"
            if not isinstance(item, dict):
                raise Fields({}, place, self.project).damaged("is no object")
            yield Fields(item, place, self.project)

    def is_null(self, key: str) -> bool:
        """Return whether a field is null or missing."""
        return self.values.get(key) is None

    def damaged(self, detail: str) -> ProjectError:
        """Return the error that the document is not what a project file should be."""
        why = f"session.json is damaged ({self.place or 'document'}: {detail})"
        return ProjectError(self.project, why, "restore the folder from a backup")

    def _typed(self, key: str, kind: type | tuple[type, ...], words: str) -> Any:
        value = self.values.get(key)
        if not isinstance(value, kind):
            raise self.damaged(f"{key} is not {words}")
        return value

    def _path(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key
