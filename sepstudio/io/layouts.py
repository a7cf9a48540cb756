"""Layouts of loudspeakers as JSON files.

Format::

    {
      "name": "Studio 3",                                       optional; else the name of the file
      "speakers": [                                             in the sequence of the channels
        {"name": "L", "azimuth": 30, "elevation": 0},           degrees; left and up are positive; elevation is optional
        {"name": "Sub", "azimuth": 0, "lfe": true},             plays low-frequency effects alone
        ...
      ]
    }

Keys that are not listed here are passed over. Files of the IEM plug-in suite (``LoudspeakerLayout`` with ``Azimuth``,
``Elevation``, ``Channel`` and ``IsImaginary``) open as well; imaginary loudspeakers are left out, for the program finds
its own. Distances are not made up for: loudspeakers are taken to be equally far, or delayed elsewhere.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepstudio.dsp.layouts import Layout, Loudspeaker
from sepstudio.errors import LayoutFileError, ParameterError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.io.json_values import a_list, an_object, flag, number, text, whole

SUFFIX = ".json"
# More than any room has; a list of millions would keep the search for the hull busy for hours.
MOST_SPEAKERS = 128
_MOST_BYTES = 1 << 20
_CHOOSE = "write one as README.md tells, or export it from the plug-ins of the IEM"


def read_layout(path: str | os.PathLike[str]) -> Layout:
    """Read a layout of loudspeakers.

    Raises
    ------
    LayoutFileError
        If the file cannot be read, is none, or holds something that no layout can; it names the place and the value.
    """
    file = Path(path)
    try:
        values = an_object(json.loads(_content(file)), "the document")
        return _layout(values, file.stem)
    except OSError as error:
        raise LayoutFileError(*read_failure(file, error)) from error
    except ParameterError as error:
        why = f"{error.name} is {error.value!r} and must be {error.expected}"
        raise LayoutFileError(display_name(file), why, "correct the file") from error
    except RecursionError as error:
        raise LayoutFileError(display_name(file), "is no layout (nested too deeply)", _CHOOSE) from error
    except ValueError as error:
        raise LayoutFileError(display_name(file), f"is no layout of loudspeakers ({error})", _CHOOSE) from error


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise LayoutFileError(display_name(path), "is a folder", "choose a file in it")
    if path.stat().st_size > _MOST_BYTES:
        raise LayoutFileError(display_name(path), "is larger than any layout", _CHOOSE)
    return path.read_bytes()


def _layout(values: Mapping[str, Any], usual_name: str) -> Layout:
    foreign = values.get("LoudspeakerLayout")
    if foreign is not None:
        fields = an_object(foreign, "LoudspeakerLayout")
        rows = _rows(fields.get("Loudspeakers"), "Loudspeakers")
        return Layout(text(fields.get("Name", usual_name), "Name"), _foreign_speakers(rows))
    rows = _rows(values.get("speakers"), "speakers")
    speakers = tuple(_speaker(row, place) for place, row in rows.items())
    return Layout(text(values.get("name", usual_name), "name"), speakers)


def _rows(value: Any, name: str) -> dict[str, Mapping[str, Any]]:
    rows = a_list(value, name)
    if not 0 < len(rows) <= MOST_SPEAKERS:
        raise ValueError(f"{name} are {len(rows)}, and must be 1 to {MOST_SPEAKERS}")
    return {f"{name}[{n}]": an_object(row, f"{name}[{n}]") for n, row in enumerate(rows)}


def _speaker(row: Mapping[str, Any], place: str) -> Loudspeaker:
    return Loudspeaker(
        text(row.get("name"), f"name of {place}"),
        number(row.get("azimuth"), f"azimuth of {place}"),
        number(row.get("elevation", 0), f"elevation of {place}"),
        flag(row.get("lfe", False), f"lfe of {place}"),
    )


def _foreign_speakers(rows: Mapping[str, Mapping[str, Any]]) -> tuple[Loudspeaker, ...]:
    by_channel: dict[int, Loudspeaker] = {}
    for place, row in rows.items():
        if flag(row.get("IsImaginary", False), f"IsImaginary of {place}"):
            continue
        channel = whole(row.get("Channel"), f"Channel of {place}")
        if channel in by_channel:
            raise ValueError(f"Channel of {place} is {channel}, which another loudspeaker has")
        azimuth = number(row.get("Azimuth"), f"Azimuth of {place}")
        elevation = number(row.get("Elevation"), f"Elevation of {place}")
        by_channel[channel] = Loudspeaker(f"Channel {channel}", azimuth, elevation)
    return tuple(by_channel[channel] for channel in sorted(by_channel))
