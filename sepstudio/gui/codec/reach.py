"""Which runs belong to the codec tab, and which to that of separation."""

from __future__ import annotations

from sepstudio.session.records import Run
from sepstudio.session.session import Session

METHOD = "codec"


def is_decoded(run: Run | None) -> bool:
    """Return whether a run is an encoded and decoded scene, of which no stems are to be seen."""
    return run is not None and run.method == METHOD


def is_separated(run: Run) -> bool:
    """Return whether a run has stems to be seen."""
    return not is_decoded(run)


def title_of(run: Run) -> str:
    """Return what a run is called: by the user, or by its number on the tab that lists it."""
    return f"Decoded {run.number}" if is_decoded(run) and not run.label else run.title


def decoded_runs(session: Session, source_id: str) -> tuple[Run, ...]:
    """Return the decoded runs of a source, oldest first."""
    return tuple(run for run in session.runs_of(source_id) if is_decoded(run))


def separated_runs(session: Session, source_id: str) -> tuple[Run, ...]:
    """Return all other runs of a source, oldest first."""
    return tuple(run for run in session.runs_of(source_id) if is_separated(run))
