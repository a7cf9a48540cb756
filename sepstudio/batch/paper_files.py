"""The scores or the strokes of a queue in files, each written once."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from sepstudio.io.atomic import replacing
from sepstudio.io.papers import Paper, PaperKind


class PaperFiles:
    """A folder of papers of one kind, in files whose names follow from their content."""

    def __init__(self, folder: Path, kind: PaperKind) -> None:
        self._folder = folder
        self._kind = kind
        # By name and, while they are known, by identity: equal papers of long queues are not compared.
        self._papers: dict[str, Paper] = {}
        self._names: dict[int, tuple[Paper, str]] = {}

    def name(self, paper: Paper) -> str:
        """Return the name of the file of a paper, which is there then; raises OSError."""
        known = self._names.get(id(paper))
        if known is None:
            content = json.dumps(self._kind.to_json(paper, None), separators=(",", ":")).encode()
            known = (paper, f"{hashlib.sha256(content).hexdigest()[:16]}.json")
            self._write(self._folder / known[1], content)
            self._names[id(paper)] = known
        return known[1]

    def _write(self, path: Path, content: bytes) -> None:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temp:
                temp.write_bytes(content)

    def paper(self, name: str) -> Paper:
        """Return a paper by the name of its file; raises OSError or ValueError."""
        if name not in self._papers:
            if Path(name).name != name:
                raise ValueError(f"{name} is no name of a file")
            paper = self._kind.from_json(json.loads((self._folder / name).read_text(encoding="utf-8")))
            self._papers[name], self._names[id(paper)] = paper, (paper, name)
        return self._papers[name]

    def remove_others(self, wanted: Iterable[Paper | None]) -> None:
        """Delete the files of papers that are not wanted any more, and the folder when it is empty."""
        self._names = {id(paper): self._names[id(paper)] for paper in wanted if paper is not None}
        self._papers.clear()
        names = {name for _, name in self._names.values()}
        # One that cannot be deleted is tried again with the next change.
        with contextlib.suppress(OSError):
            for path in tuple(self._folder.glob("*.json")):
                if path.name not in names:
                    path.unlink()
            self._folder.rmdir()
