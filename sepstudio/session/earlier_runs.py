"""What a new run can take over from an earlier one."""

from __future__ import annotations

from collections.abc import Mapping

from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.base import Matrix
from sepstudio.session.session import Session


def learned_before(session: Session, method: str, source_id: str, strokes: Strokes) -> Mapping[str, Matrix] | None:
    """Return the matrices of the newest run of a method that has learned to tell the same painted sources apart.

    They are the same when their ids are, in the same order: names and colours may have changed. None where there is
    no such run; ``RunContext.warm`` takes both.
    """
    wanted = [source.id for source in strokes.sources]
    for run in reversed(session.runs_of(source_id)):
        if run.method == method and run.strokes is not None:
            same = [source.id for source in run.strokes.sources] == wanted
            return session.matrices(run.id) if same else None
    return None
