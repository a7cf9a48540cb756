"""Score files as bytes."""

from __future__ import annotations

from pathlib import Path

from sepstudio.errors import ScoreFileError
from sepstudio.io.failures import read_failure
from sepstudio.io.scores.building import score_error

# Scores of hours are a few megabytes; whoever chooses a recording by mistake should not wait.
MOST_BYTES = 100 << 20


def read_bytes(path: Path) -> bytes:
    """Return the content of a score file.

    Raises
    ------
    ScoreFileError
        If it is missing, may not be read, is empty, or is larger than any score.
    """
    try:
        if path.is_dir():
            raise score_error(path, "is a folder", "choose a file in it")
        if path.stat().st_size > MOST_BYTES:
            raise score_error(path, "is larger than any score", "choose a MIDI, MusicXML or CSV file")
        content = path.read_bytes()
    except OSError as error:
        raise ScoreFileError(*read_failure(path, error)) from error
    if not content.strip():
        raise score_error(path, "is empty", "choose another file or export it again")
    return content
