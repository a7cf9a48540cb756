"""What is written about a recording by hand and given to its runs: scores and strokes, which change in small steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sepstudio.io.scores.plain import score_from_json, score_to_json
from sepstudio.io.scores.records import Score
from sepstudio.io.strokes.plain import strokes_from_json, strokes_to_json
from sepstudio.io.strokes.records import Strokes

Json = dict[str, Any]
Paper = Score | Strokes
# As it was written out last, with what was written.
KnownPaper = tuple[Paper, Json]


@dataclass(frozen=True)
class PaperKind:
    """A kind of paper.

    ``one`` is what a run calls its paper, ``many`` what a document calls those of all sources, and the folder of
    those of runs. ``to_json`` also takes what is known of an earlier state, ``parts`` gives what a paper is made of,
    with how much there is in each: as much as a note has is 1.
    """

    one: str
    many: str
    type: type[Paper]
    to_json: Callable[[Any, Any], Json]
    from_json: Callable[[Any], Paper]
    label: Callable[[Any], str]
    parts: Callable[[Any], list[tuple[object, int]]]


KINDS = (
    PaperKind(
        "score",
        "scores",
        Score,
        score_to_json,
        score_from_json,
        lambda score: str(score.name),
        lambda score: [(note, 1) for note in score.notes],
    ),
    PaperKind(
        "strokes",
        "strokes",
        Strokes,
        strokes_to_json,
        strokes_from_json,
        lambda _: "strokes",
        lambda strokes: [(stroke, len(stroke.points)) for stroke in strokes.strokes],
    ),
)


def kind_of(paper: Paper) -> PaperKind:
    """Return the kind of a paper."""
    return next(kind for kind in KINDS if isinstance(paper, kind.type))


def size(paper: Paper) -> int:
    """Return how much there is in a paper, in notes."""
    return sum(much for _, much in kind_of(paper).parts(paper))


def new_size(paper: Paper, known: KnownPaper | None) -> int:
    """Return how much there is in a paper that was not in it before."""
    parts = kind_of(paper).parts
    if known is None:
        return size(paper)
    if known[0] is paper:
        return 0
    old = {id(part) for part, _ in parts(known[0])}
    return sum(much for part, much in parts(paper) if id(part) not in old)


def papers_json(papers: Mapping[tuple[str, str], Json]) -> Json:
    """Return papers of sources as a document holds them, from those by kind (``many``) and source."""
    return {kind.many: {key: paper for (many, key), paper in papers.items() if many == kind.many} for kind in KINDS}
