"""Older project files, brought up to date step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sepstudio.errors import ProjectError

SCHEMA_VERSION = 5

Migration = Callable[[dict[str, Any]], dict[str, Any]]


def _with_names_and_places(document: dict[str, Any]) -> dict[str, Any]:
    """From 1 to 2: runs got a label and a band, lanes a place between left and right, sources true stems."""
    # What is no object is left for loading to refuse.
    runs, lanes = document.get("runs"), document.get("lanes")
    if isinstance(runs, list):
        runs = [{"label": "", "band": None, **run} if isinstance(run, dict) else run for run in runs]
    if isinstance(lanes, dict):
        lanes = {key: {"pan": 0.0, **lane} if isinstance(lane, dict) else lane for key, lane in lanes.items()}
    return {**document, "runs": runs, "lanes": lanes, "true_stems": {}, "view": {}}


def _with_scores(document: dict[str, Any]) -> dict[str, Any]:
    """From 2 to 3: sources got scores, runs the score that they were given, matrices and curves."""
    runs = document.get("runs")
    if isinstance(runs, list):
        added: dict[str, Any] = {"score": None, "matrices": {}, "curves": []}
        runs = [{**added, **run} if isinstance(run, dict) else run for run in runs]
    return {**document, "runs": runs, "scores": {}}


def _with_strokes(document: dict[str, Any]) -> dict[str, Any]:
    """From 3 to 4: sources got strokes, runs those that they were given."""
    runs = document.get("runs")
    if isinstance(runs, list):
        runs = [{"strokes": None, **run} if isinstance(run, dict) else run for run in runs]
    return {**document, "runs": runs, "strokes": {}}


def _with_conventions(document: dict[str, Any]) -> dict[str, Any]:
    """From 4 to 5: sources in Ambisonics got conventions of their channels."""
    return {**document, "conventions": {}}


# From each version to the next.
MIGRATIONS: Mapping[int, Migration] = MappingProxyType(
    {1: _with_names_and_places, 2: _with_scores, 3: _with_strokes, 4: _with_conventions}
)


def migrate(
    document: Any, name: str, *, migrations: Mapping[int, Migration] = MIGRATIONS, current: int = SCHEMA_VERSION
) -> dict[str, Any]:
    """Return the document of a project file in the current version.

    Parameters
    ----------
    document : JSON value
        The content of a session.json.
    name : str
        How errors call the project.

    Raises
    ------
    ProjectError
        If there is no version, or a newer one than this program knows.
    """
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise ProjectError(name, "session.json names no schema version", "choose the folder of a SepStudio project")
    if version > current:
        why = f"was saved by a newer version of SepStudio (schema {version}, this one knows up to {current})"
        raise ProjectError(name, why, "update SepStudio to open it")
    for step in range(version, current):
        document = migrations[step](document)
    return {**document, "schema_version": current}
