"""How far a listener has got: what answers add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sepstudio.io.json_values import number, text, whole
from sepstudio.listening_tests.answers import Answers, Event, Setup, setup_from
from sepstudio.listening_tests.order import OPEN_REFERENCE, Page

HIGHEST_SCORE = 100


@dataclass
class PageProgress:
    """What was done on a page so far.

    Attributes
    ----------
    page : Page
    plays : dict of str to int
        How often each label was played; that of the open reference among them.
    listened : dict of str to float
        For how long in all, in seconds.
    scores : dict of str to int
        Ratings from 0 to 100 of the labels that have one (MUSHRA).
    choice : str
        The label that was chosen (AB, ABX), empty before.
    seconds : float
        Time spent on the page.
    comment : str
    setup : Setup
        What it was heard with last.
    is_done : bool
        Whether the listener has gone on, after which nothing changes.
    """

    page: Page
    plays: dict[str, int] = field(default_factory=dict)
    listened: dict[str, float] = field(default_factory=dict)
    scores: dict[str, int] = field(default_factory=dict)
    choice: str = ""
    seconds: float = 0.0
    comment: str = ""
    setup: Setup = field(default_factory=Setup)
    is_done: bool = False

    @property
    def choices(self) -> tuple[str, ...]:
        """Labels that may be chosen: A and B, none for MUSHRA."""
        return tuple(label for label in self.page.labels if label in ("A", "B"))

    @property
    def unheard(self) -> tuple[str, ...]:
        """Labels of the conditions that were not played."""
        return tuple(label for label in self.page.labels if not self.plays.get(label))

    @property
    def unrated(self) -> tuple[str, ...]:
        """Labels of the conditions that have no rating; none where one is chosen instead."""
        return () if self.choices else tuple(label for label in self.page.labels if label not in self.scores)

    @property
    def is_complete(self) -> bool:
        """Whether everything was heard, and rated or chosen."""
        return not self.unheard and not self.unrated and bool(self.choice or not self.choices)

    def take(self, event: Event) -> None:
        """Add an event; ValueError for one that cannot be."""
        name = text(event.get("event"), "event")
        if self.is_done:
            raise ValueError(f"{name} after its page was left")
        self.seconds = max(self.seconds, number(event.get("at"), "at"))
        taken = {
            "played": self._take_play,
            "stopped": self._take_stop,
            "rated": self._take_rating,
            "chosen": self._take_choice,
            "commented": self._take_comment,
            "turned": self._take_turn,
        }
        if name not in taken:
            raise ValueError(f"{name!r} is no known event")
        taken[name](event)

    def _take_play(self, event: Event) -> None:
        label = self._label(event, (*self.page.labels, OPEN_REFERENCE))
        self.plays[label] = self.plays.get(label, 0) + 1

    def _take_stop(self, event: Event) -> None:
        label = self._label(event, (*self.page.labels, OPEN_REFERENCE))
        self.listened[label] = self.listened.get(label, 0.0) + number(event.get("seconds"), "seconds")

    def _take_rating(self, event: Event) -> None:
        label, score = self._label(event, () if self.choices else self.page.labels), whole(event.get("score"), "score")
        if not 0 <= score <= HIGHEST_SCORE:
            raise ValueError(f"score {score} is not from 0 to {HIGHEST_SCORE}")
        self.scores[label] = score

    def _take_choice(self, event: Event) -> None:
        self.choice = self._label(event, self.choices)

    def _take_comment(self, event: Event) -> None:
        self.comment = text(event.get("text"), "text")

    def _take_turn(self, event: Event) -> None:
        if not self.is_complete:
            raise ValueError("a page was left that is not complete")
        self.is_done = True

    @staticmethod
    def _label(event: Event, known: Iterable[str]) -> str:
        label = text(event.get("label"), "label")
        if label not in known:
            raise ValueError(f"there is nothing labelled {label!r} to do this with")
        return label


def progress_of(answers: Answers) -> tuple[PageProgress, ...]:
    """Return how far every page has got.

    Raises
    ------
    ValueError
        For events that cannot have happened, which a damaged file may hold.
    """
    found = tuple(map(PageProgress, answers.heading.pages))
    setup = answers.heading.setup
    for event in answers.events:
        if event["event"] == "resumed":
            setup = setup_from(event.get("setup"))
            continue
        page = found[_index(event, found)]
        page.take(event)
        page.setup = setup
    return found


def _index(event: Event, pages: Sequence[PageProgress]) -> int:
    index = whole(event.get("page"), "page")
    if not 0 <= index < len(pages):
        raise ValueError(f"there is no page {index}")
    return index
