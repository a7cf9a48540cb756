"""The scores of a queue in files, each written once."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from sepstudio.io.atomic import replacing
from sepstudio.io.scores.plain import score_from_json, score_to_json
from sepstudio.io.scores.records import Score


class ScoreFiles:
    """A folder of scores, in files whose names follow from their content."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # By name and, while they are known, by identity: equal scores of long queues are not compared.
        self._scores: dict[str, Score] = {}
        self._names: dict[int, tuple[Score, str]] = {}

    def name(self, score: Score) -> str:
        """Return the name of the file of a score, which is there then; raises OSError."""
        known = self._names.get(id(score))
        if known is None:
            content = json.dumps(score_to_json(score), separators=(",", ":")).encode()
            known = (score, f"{hashlib.sha256(content).hexdigest()[:16]}.json")
            self._write(self._folder / known[1], content)
            self._names[id(score)] = known
        return known[1]

    def _write(self, path: Path, content: bytes) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temp:
                temp.write_bytes(content)

    def score(self, name: str) -> Score:
        """Return a score by the name of its file; raises OSError or ValueError."""
        if name not in self._scores:
            if Path(name).name != name:
                raise ValueError(f"{name} is no name of a file")
            score = score_from_json(json.loads((self._folder / name).read_text(encoding="utf-8")))
            self._scores[name], self._names[id(score)] = score, (score, name)
        return self._scores[name]

    def remove_others(self, wanted: Iterable[Score | None]) -> None:
        """Delete the files of scores that are not wanted any more, and the folder when it is empty."""
        self._names = {id(score): self._names[id(score)] for score in wanted if score is not None}
        self._scores.clear()
        names = {name for _, name in self._names.values()}
        # One that cannot be deleted is tried again with the next change.
        with contextlib.suppress(OSError):
            for path in tuple(self._folder.glob("*.json")):
                if path.name not in names:
                    path.unlink()
            self._folder.rmdir()
