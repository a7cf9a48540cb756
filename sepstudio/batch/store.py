"""The queue in a file, so that it is there again after a restart."""

from __future__ import annotations

import dataclasses
import json
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.paper_files import PaperFiles
from sepstudio.batch.records import ACTIVE, Entry, EntryState, Placing, Problem, Recipe
from sepstudio.errors import MissingToolError
from sepstudio.io.atomic import replacing
from sepstudio.io.papers import KINDS
from sepstudio.separation.parameters import from_json, to_json
from sepstudio.separation.registry import method

SCHEMA = 1
_BROKEN_SUFFIX = ".broken"
# What values of a hand-edited file, or of another version's or machine's, can raise on their way to records.
_MISFITS = (KeyError, TypeError, ValueError, AttributeError, IndexError, OSError, MissingToolError)


@dataclass(frozen=True)
class Kept:
    """What a file held; ``problems`` are lines about what could not be brought back."""

    entries: tuple[Entry, ...] = ()
    placing: Placing | None = None
    problems: tuple[str, ...] = ()


class QueueStore:
    """Writes a queue whole or not at all, on a thread of its own, and reads it back.

    Scores and strokes lie in files of their own beside it, which are written once: of a long queue they would make
    every change a long one.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._newest: tuple[Sequence[Entry], Placing] | None = None
        self._papers = {kind.one: PaperFiles(path.with_name(f"{path.name}.{kind.many}"), kind) for kind in KINDS}
        self._writer = ThreadPoolExecutor(1, "queue-store")

    def load(self) -> Kept:
        """Return what was written last; a file that cannot be read is put aside."""
        try:
            plain = json.loads(self._path.read_text(encoding="utf-8"))
            if plain["schema"] != SCHEMA:
                raise ValueError(f"schema {plain['schema']}")
            return _kept(plain, self._papers)
        except FileNotFoundError:
            return Kept()
        except _MISFITS as error:
            logging.getLogger(__name__).warning("the queue %s cannot be read: %r", self._path, error)
            return Kept(problems=(f"The last queue could not be read; it is kept as {self._set_aside()}",))

    def save(self, entries: Sequence[Entry], placing: Placing) -> None:
        """Write entries soon, and where new ones would go; what was not yet written is left out."""
        with self._lock:
            self._newest = (entries, placing)
        self._writer.submit(self._write)

    def close(self) -> None:
        """Wait until everything is written."""
        self._writer.shutdown(wait=True)

    def _write(self) -> None:
        with self._lock:
            newest, self._newest = self._newest, None
        if newest is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(as_plain(*newest, self._papers))
            with replacing(self._path) as temp:
                temp.write_text(text, encoding="utf-8")
            for name, files in self._papers.items():
                files.remove_others([getattr(entry, name) for entry in newest[0]])
        except OSError as error:
            logging.getLogger(__name__).warning("the queue cannot be written to %s: %s", self._path, error)

    def _set_aside(self) -> Path:
        aside = self._path.with_name(self._path.name + _BROKEN_SUFFIX)
        try:
            self._path.replace(aside)
        except OSError:
            return self._path
        return aside


def as_plain(entries: Sequence[Entry], placing: Placing, papers: Mapping[str, PaperFiles]) -> dict[str, Any]:
    """Return a queue as JSON values; recipes that entries share are there once, scores and strokes put into files."""
    recipes: list[Recipe] = []
    rows = []
    for entry in entries:
        if not recipes or recipes[-1] != entry.recipe:
            recipes.append(entry.recipe)
        named = {name: None if (one := getattr(entry, name)) is None else papers[name].name(one) for name in papers}
        rows.append(_plain_entry(entry) | {"recipe": len(recipes) - 1, **named})
    plain_recipes = [
        {"method": r.method, "params": to_json(r.params), "title": r.title, "placing": _plain_placing(r.placing)}
        for r in recipes
    ]
    return {"schema": SCHEMA, "placing": _plain_placing(placing), "recipes": plain_recipes, "entries": rows}


def _plain_entry(entry: Entry) -> dict[str, Any]:
    # An interrupted entry starts anew: nothing of it was written.
    state = EntryState.QUEUED if entry.state in ACTIVE else entry.state
    return {
        "id": entry.id,
        "path": str(entry.path),
        "track": entry.track,
        "state": state.value,
        "seconds": entry.seconds,
        "outputs": [str(path) for path in entry.outputs],
        "notes": list(entry.notes),
        "problem": None if entry.problem is None else dataclasses.asdict(entry.problem),
    }


def _plain_placing(placing: Placing) -> dict[str, Any]:
    return {
        "output": str(placing.output),
        "template": placing.template.text,
        "format": dataclasses.asdict(placing.file_format),
        "policy": placing.policy,
    }


def _kept(plain: Mapping[str, Any], papers: Mapping[str, PaperFiles]) -> Kept:
    entries, problems = [], []
    recipes: dict[int, Recipe] = {}
    for row in plain["entries"]:
        try:
            number = row["recipe"]
            if number not in recipes:
                recipes[number] = _recipe(plain["recipes"][number])
            # Queues of earlier versions know no scores or strokes.
            named = {one: str(row[one]) for one in papers if row.get(one) is not None}
            entries.append(_entry(row, recipes[number], {one: papers[one].paper(name) for one, name in named.items()}))
        except _MISFITS as error:
            problems.append(f"{row['path']} is no longer in the queue: {error}")
    return Kept(tuple(entries), _placing(plain["placing"]), tuple(problems))


def _entry(row: Mapping[str, Any], recipe: Recipe, papers: Mapping[str, Any]) -> Entry:
    problem = row["problem"]
    state = EntryState(row["state"])
    return Entry(
        id=int(row["id"]),
        path=Path(row["path"]),
        track=str(row["track"]),
        recipe=recipe,
        state=state,
        fraction=1.0 if state is EntryState.DONE else 0.0,
        seconds=float(row["seconds"]),
        outputs=tuple(Path(path) for path in row["outputs"]),
        notes=tuple(row["notes"]),
        problem=None if problem is None else Problem(**problem),
        **papers,
    )


def _recipe(plain: Mapping[str, Any]) -> Recipe:
    params = from_json(method(plain["method"]).params, plain["params"])
    return Recipe(plain["method"], params, str(plain["title"]), _placing(plain["placing"]))


def _placing(plain: Mapping[str, Any]) -> Placing:
    return Placing(
        output=Path(plain["output"]),
        template=NameTemplate(plain["template"]),
        file_format=FileFormat(**plain["format"]),
        policy=plain["policy"],
    )
