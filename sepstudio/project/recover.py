"""From a journal to the project that was open when it ended."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.audio import audio_info
from sepstudio.io.failures import display_name
from sepstudio.io.papers import KINDS
from sepstudio.project.decoding import project_steps
from sepstudio.project.encoding import Json, listed
from sepstudio.project.fields import Fields
from sepstudio.project.files import ARRAYS, AUDIO, load_array
from sepstudio.project.journal import JournalState
from sepstudio.project.migrations import migrate
from sepstudio.project.places import Places
from sepstudio.project.records import ProjectData


def recover_steps(
    journal: Path, state: JournalState, places: Places
) -> Generator[float, None, tuple[ProjectData, tuple[str, ...]]]:
    """Read what a journal names in short steps; yields the fraction done.

    Returns the project, and a line for everything that could not be brought back: runs whose audio
    was not written to its end, and edits behind a damaged line.

    Raises
    ------
    ProjectError
        If the journal is of a newer version or does not fit together; it names the journal.
    """
    name = display_name(journal)
    try:
        document = migrate(listed(state.document), name)
        kept = [run for run in document["runs"] if _is_whole(run, places)]
        lost = [run for run in document["runs"] if run not in kept]
        document = {**document, "runs": kept, "lanes": _lanes_without(document, lost)}
    except (LookupError, TypeError, AttributeError) as error:
        raise ProjectError(name, f"is damaged ({error!r})", "open the project as it was saved last") from error
    problems = [_told(run) for run in lost]
    if state.unread:
        problems.append(f"The last {state.unread} lines of the journal are damaged, and their edits are lost.")
    project = yield from project_steps(Fields(document, "", name), places)
    return project, tuple(problems)


def _told(run: Json) -> str:
    title = run.get("label") or f"{run['number']} ({str(run['method']).upper()})"
    return f"Run {title} is lost: it was not on the disk as a whole yet. Separate again to get it back."


def _is_whole(run: Json, places: Places) -> bool:
    try:
        takes = [take for stem in run["stems"] for take in stem["takes"]]
        for name in run["arrays"].values():
            load_array(places.path(name, ARRAYS))
        named = [(run[kind.one], kind.many) for kind in KINDS if run[kind.one] is not None]
        if not all(places.path(name, folder).is_file() for name, folder in named):
            return False
        return all(_holds(take, places) for take in takes)
    except (OSError, ValueError, ProjectError):
        return False


def _holds(take: Json, places: Places) -> bool:
    try:
        info = audio_info(places.path(take["file"], AUDIO))
    except AudioFileError:
        return False
    found = (info.sample_rate, info.channels, info.length)
    return found == (take["sample_rate"], take["channels"], take["length"])


def _lanes_without(document: Json, lost: list[Json]) -> Any:
    """Return the lanes without those of lost runs: the next run may get the id of one of them."""
    lanes = document["lanes"]
    gone = {stem["id"] for run in lost for stem in run["stems"]}
    prefixes = tuple(f"{run['id']}/" for run in lost)
    return {key: lane for key, lane in lanes.items() if key not in gone and not (prefixes and key.startswith(prefixes))}


def places_of(work: Path, project: Path | None) -> Places:
    """Return where the files of an open document lie."""
    return Places(project if project is not None else work, work)
