"""What a run tells: one line per file for people, one object per input for programs."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.batch.inputs import Input
from sepstudio.batch.publishing import StemFile
from sepstudio.commands.exits import complain
from sepstudio.commands.keeping import plain_provenance
from sepstudio.errors import UserError
from sepstudio.separation.base import Provenance


@dataclass(frozen=True)
class Outcome:
    """What became of one input: stems, or an error, or nothing because all its stems were there."""

    source: Input
    stems: tuple[StemFile, ...] = ()
    provenance: Provenance | None = None
    project: Path | None = None
    error: UserError | None = None

    @property
    def status(self) -> str:
        """``done``, ``skipped`` or ``failed``."""
        if self.error is not None:
            return "failed"
        return "skipped" if self.provenance is None else "done"


def tell(outcome: Outcome, *, as_json: bool) -> None:
    """Print the results on stdout, and what else is worth knowing in single lines on stderr."""
    if as_json:
        print(json.dumps(as_plain(outcome)), flush=True)  # noqa: T201
    else:
        for path in [*(stem.path for stem in outcome.stems), *filter(None, [outcome.project])]:
            print(path, flush=True)  # noqa: T201
    if outcome.error is not None:
        complain(outcome.error)
    if outcome.status == "skipped":
        complain(f"{outcome.source.path}: all stems exist already, so nothing was done")
    for note in _notes(outcome):
        complain(f"note: {note}")


def _notes(outcome: Outcome) -> list[str]:
    clipped = [
        f"{stem.path}: {stem.clipped_samples} samples beyond full scale were clipped; float WAV keeps them"
        for stem in outcome.stems
        if stem.clipped_samples
    ]
    own = outcome.provenance.notes if outcome.provenance else ()
    return clipped + [f"{outcome.source.path}: {note}" for note in own]


def as_plain(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome as JSON values; lengths in samples, rates in Hz."""
    plain: dict[str, Any] = {"input": str(outcome.source.path), "status": outcome.status}
    if outcome.error is not None:
        error = outcome.error
        return plain | {"error": {"what": error.what, "why": error.why, "remedy": error.remedy}}
    plain["stems"] = [dataclasses.asdict(stem) | {"path": str(stem.path)} for stem in outcome.stems]
    if outcome.provenance is not None:
        plain["provenance"] = plain_provenance(outcome.provenance)
    if outcome.project is not None:
        plain["project"] = str(outcome.project)
    return plain
