"""Where a trained network comes from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sepstudio.errors import ParameterError


@dataclass(frozen=True)
class Provenance:
    """What must be known of a trained network to use it lawfully and to train it again.

    Parameters
    ----------
    licence : str
        Of the weights.
    data_sets : tuple of str
        What it was trained with, each with its licence.
    seed, epochs : int, 0 or more
    date : str
        When training ended, ISO 8601.
    figures : mapping of str to float
        What was measured, for example ``{"validation loss": 0.12}``.
    program : str
        What trained it, for example ``"sepstudio 0.1.0, torch 2.13.0"``.

    Raises
    ------
    ParameterError
        For an empty licence, another date, and values out of range or of another type.
    """

    licence: str
    data_sets: tuple[str, ...]
    seed: int
    epochs: int
    date: str
    figures: Mapping[str, float] = dataclasses.field(default_factory=dict)
    program: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.licence, str) or not self.licence.strip():
            raise ParameterError("licence", self.licence, "the name of a licence")
        if not isinstance(self.data_sets, tuple) or not all(isinstance(name, str) for name in self.data_sets):
            raise ParameterError("data_sets", self.data_sets, "a tuple of names")
        for name in ("seed", "epochs"):
            value = getattr(self, name)
            if type(value) is not int or not 0 <= value < 1 << 64:
                raise ParameterError(name, value, "a whole number, 0 or more")
        if not _is_date(self.date):
            raise ParameterError("date", self.date, "a date such as 2026-11-21, with or without a time")
        if not isinstance(self.figures, Mapping) or not all(map(_is_figure, self.figures.items())):
            raise ParameterError("figures", self.figures, "finite numbers by name")
        if not isinstance(self.program, str):
            raise ParameterError("program", self.program, "a text")

    def to_json(self) -> dict[str, Any]:
        """Return the values as they are kept in a file."""
        return {**dataclasses.asdict(self), "data_sets": list(self.data_sets), "figures": dict(self.figures)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Provenance:
        """Return what ``to_json`` kept; ParameterError for missing or unknown names and wrong values."""
        need_fields(cls, values, "provenance")
        sets = values["data_sets"]
        return cls(**{**values, "data_sets": tuple(sets) if isinstance(sets, list) else sets})


def need_fields(cls: type, values: Mapping[str, Any], name: str) -> None:
    """Raise ParameterError under ``name`` unless the values are those of the fields of a dataclass, and no more."""
    names = {field.name for field in dataclasses.fields(cls)}
    if set(values) != names:
        raise ParameterError(name, sorted(values), "exactly " + ", ".join(sorted(names)))


def _is_figure(item: tuple[Any, Any]) -> bool:
    name, value = item
    return isinstance(name, str) and type(value) in (int, float) and abs(value) < math.inf


def _is_date(text: Any) -> bool:
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return False
    return True
