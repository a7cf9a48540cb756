"""All that is said of the results of a listening test, as numbers, as text and as JSON."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sepstudio.errors import ListeningTestError
from sepstudio.listening_tests.results import Rating
from sepstudio.listening_tests.screening import Rule, Screening, screen
from sepstudio.metrics.listening_scores import Choices, Summary, choices, score_table, summaries
from sepstudio.metrics.rank_tests import FEWEST_LISTENERS, RankTests, rank_tests


@dataclass(frozen=True)
class PairResult:
    """How a pair of conditions came off: preferences for the first (AB), or how often they were told apart (ABX).

    ``item`` is empty for all together; answers of one listener count as independent.
    """

    first: str
    second: str
    item: str
    answers: Choices


@dataclass(frozen=True)
class Analysis:
    """What results say.

    Attributes
    ----------
    test, kind : str
    screening : Screening
    ratings : tuple of Rating
        All, those of excluded listeners with the reason.
    summaries : tuple of Summary
        MUSHRA: all items together, then each.
    ranks : RankTests or None
        MUSHRA: of all conditions.
    pairs : tuple of PairResult
        AB and ABX: all items together, then each.
    """

    test: str
    kind: str
    screening: Screening
    ratings: tuple[Rating, ...]
    summaries: tuple[Summary, ...] = ()
    ranks: RankTests | None = None
    pairs: tuple[PairResult, ...] = ()

    @property
    def items(self) -> tuple[str, ...]:
        """Names of the items in the order of the summaries or pairs."""
        found: Sequence[Summary | PairResult] = self.summaries or self.pairs
        return tuple(dict.fromkeys(one.item for one in found if one.item))

    @property
    def conditions(self) -> tuple[str, ...]:
        """Names of the conditions of the summaries in order."""
        return tuple(dict.fromkeys(one.condition for one in self.summaries))

    def of_item(self, item: str = "") -> tuple[Summary, ...]:
        """Return the summaries of an item, or of all together."""
        return tuple(one for one in self.summaries if one.item == item)

    def to_json(self) -> dict[str, Any]:
        """Return all but the single ratings as JSON values; what is not known is null."""
        found: dict[str, Any] = _plain(asdict(self) | {"ratings": len(self.ratings)})
        return found

    def lines(self, titles: Mapping[str, str] | None = None) -> list[str]:
        """Return a report as text, with titles of conditions instead of names where they are given."""
        names = titles or {}
        parts: Iterator[str] = _mushra_lines(self, names) if self.kind == "mushra" else _pair_lines(self, names)
        return [*_heading_lines(self), *parts]


def analyse(
    ratings: Iterable[Rating],
    *,
    rule: Rule = "bs1534",
    conditions: Sequence[str] = (),
    items: Sequence[str] = (),
    seed: int = 0,
) -> Analysis:
    """Screen the listeners and sum up what the others say.

    Parameters
    ----------
    ratings : iterable of Rating
        Of one test.
    rule : {"bs1534", "mpeg", "none"}
    conditions, items : sequence of str
        In the order wished, as in the definition; other items follow by name, as every listener has an order of one's
        own.
    seed : int
        Of the bootstrap.

    Raises
    ------
    ListeningTestError
        If there are no ratings, or they are of several tests or kinds.
    """
    rows = list(ratings)
    about = {(row.test, row.kind) for row in rows}
    if len(about) != 1:
        why = "hold ratings of several tests" if about else "hold no ratings"
        raise ListeningTestError("the results", why, "give those of one test that listeners have begun")
    ((test, kind),) = about
    screening = screen(rows, rule)
    marked = screening.applied(rows)
    used = [row for row in marked if not row.excluded]
    order = _item_order(used, items)
    if kind != "mushra":
        return Analysis(test, kind, screening, tuple(marked), pairs=tuple(_pairs(used, conditions, order)))
    scores = ((row.listener, row.trial, row.condition, row.score) for row in used)
    table = score_table(scores, conditions, order)
    found = summaries(table, seed=seed) if used else ()
    return Analysis(test, kind, screening, tuple(marked), found, rank_tests(table) if used else None)


def _item_order(ratings: Sequence[Rating], wished: Sequence[str]) -> list[str]:
    there = {row.trial for row in ratings}
    return [*(item for item in dict.fromkeys(wished) if item in there), *sorted(there - set(wished))]


def _pairs(ratings: Sequence[Rating], conditions: Sequence[str], items: Sequence[str]) -> Iterator[PairResult]:
    order = {name: place for place, name in enumerate(conditions)}
    counts: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
    for item in ("", *items):
        for row in ratings:
            first, second = sorted((row.condition, row.versus), key=lambda name: (order.get(name, len(order)), name))
            # Of AB there are two rows for an answer, and that of the first condition tells it all.
            if item in ("", row.trial) and (row.kind == "abx" or row.condition == first):
                counts[item, first, second][0] += int(row.score)
                counts[item, first, second][1] += 1
    for (item, first, second), (hits, count) in counts.items():
        one_sided = bool(ratings) and ratings[0].kind == "abx"
        yield PairResult(first, second, item, choices(hits, count, one_sided=one_sided))


def _heading_lines(found: Analysis) -> Iterator[str]:
    sessions = len({row.session for row in found.ratings})
    screening = found.screening
    left = screening.listeners - len(screening.excluded)
    yield f"{found.test}: {len(found.ratings)} ratings of {sessions} sessions"
    is_screened = found.kind == "mushra" and screening.rule != "none"
    after = f" of {screening.listeners} after screening by {screening.rule}" if is_screened else ""
    yield f"listeners: {left}{after}"
    for listener, reason in screening.excluded.items():
        yield f"  left out: {listener}, {reason}"
    for item in screening.pardoned:
        yield f"  not held against anybody: {item}, whose mid anchor sounds good to more than a quarter"


def _mushra_lines(found: Analysis, titles: Mapping[str, str]) -> Iterator[str]:
    shown = {name: titles.get(name, name) for name in found.conditions}
    width = max(map(len, shown.values()), default=0) + 2
    if not found.summaries:
        yield "nobody is left to speak of"
        return
    for item in ("", *found.items):
        yield ""
        yield f"{item or 'all items'}"
        yield f"{'':<{width}}{'mean':>7}{'95 % (t)':>16}{'95 % (listeners)':>18}{'median':>8}{'IQR':>17}{'n':>6}"
        for one in found.of_item(item):
            yield (
                f"{shown[one.condition]:<{width}}{one.mean:7.1f}{_span(one.interval):>16}{_span(one.bootstrap):>18}"
                f"{one.median:8.1f}{_span(one.quartiles):>17}{one.count:6d}"
            )
    if found.ranks is not None:
        yield ""
        yield from _rank_lines(found.ranks, shown, width)


def _rank_lines(ranks: RankTests, shown: Mapping[str, str], width: int) -> Iterator[str]:
    friedman = ranks.note or f"chi-squared {ranks.statistic:.2f}, p = {_p(ranks.p)}, {ranks.listeners} listeners"
    yield f"Friedman: {friedman}"
    if all(pair.listeners < FEWEST_LISTENERS for pair in ranks.pairs):
        yield f"Wilcoxon: no p-values for fewer than {FEWEST_LISTENERS} listeners"
        return
    yield f"{'Wilcoxon':<{2 * width}}{'difference':>11}{'p':>10}{'p (Holm)':>10}{'n':>5}"
    for pair in ranks.pairs:
        names = f"{shown.get(pair.first, pair.first):<{width}}{shown.get(pair.second, pair.second):<{width}}"
        yield f"{names}{pair.difference:+11.1f}{_p(pair.p):>10}{_p(pair.holm):>10}{pair.listeners:5d}"


def _pair_lines(found: Analysis, titles: Mapping[str, str]) -> Iterator[str]:
    verb = "preferred to" if found.kind == "ab" else "told from"
    for pair in found.pairs:
        one = pair.answers
        names = f"{titles.get(pair.first, pair.first)} {verb} {titles.get(pair.second, pair.second)}"
        low, high = (100 * share for share in one.interval)
        share = f"{100 * one.share:.0f} %, 95 % interval {low:.0f} to {high:.0f} %"
        yield f"{pair.item or 'all items'}: {names} in {one.hits} of {one.count} answers ({share}), p = {_p(one.p)}"


def _span(ends: tuple[float, float]) -> str:
    return "-" if math.isnan(ends[0]) else f"{ends[0]:.1f} to {ends[1]:.1f}"


def _p(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"{value:.4f}" if value >= 0.0001 else "<0.0001"


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
