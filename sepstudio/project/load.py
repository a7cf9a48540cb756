"""Loading a project: read, bring up to date, check, and only then hand over."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

from sepstudio.errors import ProjectError
from sepstudio.io.failures import display_name, unreadable
from sepstudio.io.steps import drain
from sepstudio.project.decoding import project_steps
from sepstudio.project.fields import Fields
from sepstudio.project.files import SESSION
from sepstudio.project.migrations import migrate
from sepstudio.project.places import Places
from sepstudio.project.records import ProjectData


def load_project(folder: str | os.PathLike[str]) -> ProjectData:
    """Load a project; see ``load_project_steps``."""
    return drain(load_project_steps(folder))


def load_project_steps(folder: str | os.PathLike[str]) -> Generator[float, None, ProjectData]:
    """Load a project in short steps; yields the fraction done and returns the project.

    A source whose file is gone or is another one is marked so. Stems stay in their files.

    Raises
    ------
    ProjectError
        If the folder holds no project, one of a newer version, or one that is damaged: broken
        JSON, missing or unreadable stems, or names of files outside the folder.
    """
    root = Path(folder)
    document = migrate(_read_document(root), display_name(root))
    return (yield from project_steps(Fields(document, "", display_name(root)), Places(root)))


def _read_document(root: Path) -> Any:
    name = display_name(root)
    path = root / SESSION
    try:
        if not root.exists():
            raise ProjectError(name, "does not exist", "check the name and the folder")
        if not path.is_file():
            raise ProjectError(name, f"is no project folder (it holds no {SESSION})", "choose a folder.sepstudio")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        problem = unreadable(path, error)
        raise ProjectError(problem.what, problem.why, problem.remedy) from error
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, or nested without end
        why = f"{SESSION} is damaged ({str(error).splitlines()[0]})"
        raise ProjectError(name, why, "restore the folder from a backup") from error
