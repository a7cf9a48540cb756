"""Which listeners are left out because they do not hear, or do not rate, what is surely there.

What they rated stays in the results, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from sepstudio.listening_tests.results import Rating, excluding

Rule = Literal["bs1534", "mpeg", "none"]
RULES: tuple[Rule, ...] = get_args(Rule)

_GOOD = 90.0
_SHARE = 0.15
_SHARE_OF_LISTENERS = 0.25
# Of one listener on one item: the scores of each role.
_Item = Mapping[str, float]
_Items = Mapping[str, Mapping[str, _Item]]


@dataclass(frozen=True)
class Screening:
    """Who is left out, and why.

    Attributes
    ----------
    rule : {"bs1534", "mpeg", "none"}
    listeners : int
        All there are.
    excluded : dict of str to str
        Reasons by the hash of the listener.
    pardoned : tuple of str
        Items whose mid anchor sounds so good to so many that it is held against nobody.
    """

    rule: Rule
    listeners: int
    excluded: Mapping[str, str]
    pardoned: tuple[str, ...] = ()

    def applied(self, ratings: Iterable[Rating]) -> list[Rating]:
        """Return all ratings, those of excluded listeners with the reason."""
        return excluding(ratings, dict(self.excluded))


def screen(ratings: Iterable[Rating], rule: Rule = "bs1534") -> Screening:
    """Judge listeners by how they rated the hidden reference and the anchors (MUSHRA alone).

    ``bs1534`` is the rule of ITU-R BS.1534-3, section 4.1.2: a listener is left out who gives the hidden reference less
    than 90 on more than 15 % of the items, or the mid anchor more than 90 on more than 15 % of the items. Items where
    more than a quarter of the listeners give the mid anchor more than 90 are not held against anybody.
    ``mpeg`` is stricter: on every item the hidden reference must have 90 or more, and at least as much as the mid
    anchor, and that as much as the low anchor. Repetitions of an item count as items.
    """
    rows = list(ratings)
    items = _by_listener(rows)
    pardoned = _pardoned(items) if rule == "bs1534" else ()
    judges: dict[Rule, Callable[[Mapping[str, _Item]], str]] = {
        "bs1534": lambda own: _bs1534(own, frozenset(pardoned)),
        "mpeg": _mpeg,
        "none": lambda _: "",
    }
    judged = {listener: judges[rule](own) for listener, own in items.items()}
    reasons = {listener: why for listener, why in judged.items() if why}
    return Screening(rule, len({row.listener for row in rows}), reasons, pardoned)


def _by_listener(ratings: Iterable[Rating]) -> _Items:
    found: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for rating in ratings:
        if rating.kind == "mushra":
            # A listener who took the test twice is judged by both.
            place = "\0".join((rating.trial, str(rating.repetition), rating.session))
            found[rating.listener][place][rating.role] = rating.score
    return found


def _pardoned(items: _Items) -> tuple[str, ...]:
    scores: dict[str, dict[str, float]] = defaultdict(dict)
    for listener, own in items.items():
        for place, roles in own.items():
            if "mid-anchor" in roles:
                trial = place.partition("\0")[0]
                scores[trial][listener] = max(roles["mid-anchor"], scores[trial].get(listener, 0.0))
    return tuple(
        trial
        for trial, by_listener in scores.items()
        if sum(score > _GOOD for score in by_listener.values()) > _SHARE_OF_LISTENERS * len(by_listener)
    )


def _bs1534(own: Mapping[str, _Item], pardoned: frozenset[str]) -> str:
    references = [roles["reference"] < _GOOD for roles in own.values() if "reference" in roles]
    anchors = [
        roles["mid-anchor"] > _GOOD and place.partition("\0")[0] not in pardoned
        for place, roles in own.items()
        if "mid-anchor" in roles
    ]
    found = []
    if sum(references) > _SHARE * len(references):
        found.append(f"hidden reference below {_GOOD:g} on {sum(references)} of {len(references)} items")
    if sum(anchors) > _SHARE * len(anchors):
        found.append(f"mid anchor above {_GOOD:g} on {sum(anchors)} of {len(anchors)} items")
    return ", ".join(found)


def _mpeg(own: Mapping[str, _Item]) -> str:
    wrong = sum(not _is_ordered(roles) for roles in own.values())
    return f"hidden reference or anchors out of order on {wrong} of {len(own)} items" if wrong else ""


def _is_ordered(roles: _Item) -> bool:
    order = [roles[role] for role in ("reference", "mid-anchor", "low-anchor") if role in roles]
    return roles.get("reference", _GOOD) >= _GOOD and order == sorted(order, reverse=True)
