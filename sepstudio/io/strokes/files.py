"""Strokes as JSON files.

Format, version 1::

    {
      "format": "sepstudio strokes",
      "version": 1,
      "sources": [{"id": "vocals", "name": "Vocals", "colour": "#E69F00"}, ...],
      "strokes": [
        {
          "tool": "brush",             brush, box, lasso, harmonic or eraser
          "source": "vocals",          the id of a source; left out for an eraser
          "points": [[1.5, 440], ...], seconds from the beginning of the recording, and Hz
          "width": 0.1,                full width of the brush in seconds (default 0)
          "height": 50,                its full height in units of the axis (default 0)
          "axis": "linear",            linear (Hz), log (octaves) or mel (default linear)
          "opacity": 1,                above 0 and at most 1: how sure the painter is (default 1)
          "against": false,            true: this does not belong to the source (default false)
          "partials": 1                how many multiples a harmonic brush paints (default 1)
        },
        ...
      ]
    }

Later strokes cover earlier ones. Keys that are not listed here are passed over.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sepstudio.errors import ParameterError, StrokeFileError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.io.json_values import a_list, an_object
from sepstudio.io.strokes.plain import strokes_from_json, strokes_to_json
from sepstudio.io.strokes.records import Strokes

FORMAT, VERSION = "sepstudio strokes", 1
SUFFIX = ".json"
# Hours of painting are a few megabytes; whoever chooses something else by mistake should not wait.
MOST_BYTES = 100 << 20

_CHOOSE = "choose a file of strokes that SepStudio has written, or that is as its documentation says"


def read_strokes(path: str | os.PathLike[str]) -> Strokes:
    """Read a file of strokes.

    Raises
    ------
    StrokeFileError
        If it cannot be read, is none or of another version, or holds something that no stroke can be; it names
        the file, the place and the value.
    """
    file = Path(path)
    try:
        values = json.loads(_content(file))
        return strokes_from_json(_current(values, file))
    except OSError as error:
        raise StrokeFileError(*read_failure(file, error)) from error
    except ParameterError as error:
        why = f"{error.name} is {error.value!r} and must be {error.expected}"
        raise StrokeFileError(display_name(file), why, "correct the file or export it again") from error
    except RecursionError as error:
        raise StrokeFileError(display_name(file), "is no file of strokes (nested too deeply)", _CHOOSE) from error
    except ValueError as error:
        raise StrokeFileError(display_name(file), f"is no file of strokes ({error})", _CHOOSE) from error


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise StrokeFileError(display_name(path), "is a folder", "choose a file in it")
    if path.stat().st_size > MOST_BYTES:
        raise StrokeFileError(display_name(path), "is larger than any file of strokes", _CHOOSE)
    return path.read_bytes()


def _current(values: Any, path: Path) -> dict[str, Any]:
    fields = an_object(values, "the document")
    if fields.get("format") != FORMAT:
        raise ValueError(f"format is not {FORMAT!r}")
    version = fields.get("version")
    if isinstance(version, int) and version > VERSION:
        why = f"was written by a newer version of SepStudio (version {version}, this one knows {VERSION})"
        raise StrokeFileError(display_name(path), why, "update SepStudio to read it")
    if version != VERSION or isinstance(version, bool):
        raise ValueError(f"version {version!r} is unknown, this is version {VERSION}")
    rows = a_list(fields.get("strokes"), "strokes")
    return {**fields, "strokes": {str(number): row for number, row in enumerate(rows)}}


def write_strokes(path: str | os.PathLike[str], strokes: Strokes) -> None:
    """Write strokes as a file that is there as a whole or not at all; reading gives the same numbers, bit for bit.

    Raises
    ------
    StrokeFileError
        If it cannot be written.
    """
    file = Path(path)
    plain = strokes_to_json(strokes)
    head = f'{{"format": {json.dumps(FORMAT)}, "version": {VERSION},\n"sources": '
    rows = ",\n".join(json.dumps(row) for row in plain["strokes"].values())
    sources = ",\n".join(json.dumps(source) for source in plain["sources"])
    content = f'{head}[\n{sources}\n],\n"strokes": [\n{rows}\n]}}\n'
    try:
        with replacing(file) as temp:
            temp.write_text(content, encoding="utf-8")
    except OSError as error:
        raise StrokeFileError(*write_failure(file, error)) from error
