"""Which run notes are taken from: one that knows templates and activations."""

from __future__ import annotations

from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.session.records import Run
from sepstudio.session.session import Session


def factorised_run(session: Session, source_id: str, shown: str) -> Run | None:
    """Return the run on show if it was informed by a score, else the newest one of the recording that was."""
    runs = session.runs_of(source_id)
    first = [run for run in runs if run.id == shown]
    return next((run for run in (*first, *reversed(runs)) if _is_informed(session, run)), None)


def _is_informed(session: Session, run: Run) -> bool:
    has_factors = "activation-mask" in session.matrices(run.id)
    return has_factors and run.score is not None and isinstance(run.params, NmfParams | NaeParams)
