"""Writing one small file as a job."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from sepstudio.separation.base import Progress


def writing_steps(write: Callable[[Path], None], path: Path) -> Generator[Progress, None, Path]:
    """Let ``write`` write a file, and return its path."""
    yield Progress(0.0, "writing")
    write(path)
    return path
