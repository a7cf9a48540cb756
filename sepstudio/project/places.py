"""Where the files lie that a document names."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sepstudio.errors import ProjectError
from sepstudio.io.failures import display_name
from sepstudio.project.encoding import relative_name

WORK = "work"


@dataclass(frozen=True)
class Places:
    """The folder of a project, and while it is open the work folder with what was not saved yet.

    A document that was never saved has only a work folder, which takes the place of ``folder`` too.
    """

    folder: Path
    work: Path | None = None

    def name(self, path: Path) -> str | None:
        """Return what a document calls a file; None if it lies in neither folder."""
        if self.work is not None and path.is_relative_to(self.work):
            return f"{WORK}/{path.relative_to(self.work).as_posix()}"
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else None

    def source_name(self, path: Path) -> str:
        """Return what a document calls a recording, wherever it lies."""
        return relative_name(self.folder, path) if self.folder != self.work else os.path.abspath(path)  # noqa: PTH100

    def path(self, name: str, subfolder: str) -> Path:
        """Return the path of a file that a document names.

        Raises
        ------
        ProjectError
            If it leads out of the subfolder or the work folder: a project that came from elsewhere
            may name anything.
        """
        parts = PurePosixPath(name).parts
        root = self.folder
        if self.work is not None and parts[:1] == (WORK,):
            root, parts, subfolder = self.work, parts[1:], parts[1] if len(parts) > 1 else ""
        path = root.joinpath(*parts)
        is_plain = len(parts) == 2 and parts[0] == subfolder and ".." not in parts and not re.search(r"[\\:\0]", name)
        if not is_plain or path.resolve().parent != root.resolve() / subfolder:
            shown = display_name(Path(name.replace("\0", "\\0")))
            why = f"session.json names {shown}, which is not in its {subfolder} folder"
            raise ProjectError(display_name(self.folder), why, "open only projects whose origin you trust")
        return path
