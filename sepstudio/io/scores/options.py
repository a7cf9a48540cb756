"""What a user may choose when a score is imported."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PitchKind = Literal["number", "name", "hertz"]
PITCH_KINDS: tuple[PitchKind, ...] = ("number", "name", "hertz")


@dataclass(frozen=True)
class CsvColumns:
    """Which column of a table means what; columns are counted from 0, None is a column that is not there.

    ``duration`` wins over ``end`` where both are named. Times are multiplied by ``time_unit`` to give seconds,
    velocities by ``velocity_scale`` to give 1 to 127. ``names`` are the words of the header, empty without one;
    ``delimiter`` is one character, a space standing for any run of spaces.
    """

    delimiter: str = ";"
    header: bool = True
    start: int | None = None
    duration: int | None = None
    end: int | None = None
    pitch: int | None = None
    velocity: int | None = None
    track: int | None = None
    pitch_kind: PitchKind = "number"
    velocity_scale: float = 1.0
    time_unit: float = 1.0
    decimal_comma: bool = False
    names: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as what JSON can hold."""
        return {**dataclasses.asdict(self), "names": list(self.names)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> CsvColumns:
        """Return what ``to_dict`` made fields of; unknown ones are passed over."""
        known = {field.name for field in dataclasses.fields(cls)}
        chosen = {name: value for name, value in fields.items() if name in known}
        return cls(**{**chosen, "names": tuple(chosen.get("names", ()))})


@dataclass(frozen=True)
class ImportOptions:
    """How a score file is understood.

    ``sustain`` lets the sustain pedal of a MIDI file prolong notes; ``repeats`` plays the repeats of a MusicXML
    file; ``columns`` says what the columns of a table mean, None guesses them.
    """

    sustain: bool = False
    repeats: bool = True
    columns: CsvColumns | None = None
