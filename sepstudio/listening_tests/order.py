"""In which order a listener is given the trials of a test and the conditions of each: by chance, but always the same.

Things are sorted by a hash of the seed of the test, the listener and their names. Unlike with a generator of random
numbers, every version of every program finds the same order, and a trial that is added leaves that of others alone.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from hashlib import sha256

from sepstudio.listening_tests.definition import ListeningTest, Trial

OPEN_REFERENCE = "R"
_LISTENER_DIGITS = 12


@dataclass(frozen=True)
class Slot:
    """What listeners know by a label alone, and the condition behind it."""

    label: str
    condition: str


@dataclass(frozen=True)
class Page:
    """A trial as one listener is given it.

    Attributes
    ----------
    trial : str
    repetition : int
        From 1 on.
    slots : tuple of Slot
        Labelled 1, 2, … for MUSHRA, A and B, or A, B and X; X has the condition of A or B.
    """

    trial: str
    repetition: int
    slots: tuple[Slot, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in order."""
        return tuple(slot.label for slot in self.slots)

    def condition(self, label: str) -> str:
        """Return what is behind a label; KeyError for one that is not there."""
        return {slot.label: slot.condition for slot in self.slots}[label]


def listener_hash(test: ListeningTest, listener: str) -> str:
    """Return what stands for a listener in results: the same for the same name, in any case and with any spaces.

    It hides names from those who read results, not from those who can guess and try them.
    """
    plain = " ".join(unicodedata.normalize("NFKC", listener).casefold().split())
    return _digest(test.name, plain)[:_LISTENER_DIGITS]


def pages_for(test: ListeningTest, listener: str) -> tuple[Page, ...]:
    """Return the pages of a test for a listener.

    All trials are given once, in an order of their own, before any is given again. Which of A and B a condition is, and
    which of them X is, is drawn for every page by itself: sequences that are balanced can be guessed.

    Parameters
    ----------
    test : ListeningTest
    listener : str
        The hash, or any name that stays the same.
    """
    pages = []
    for repetition in range(1, test.repetitions + 1):
        drawn = (str(test.seed), listener, str(repetition))
        for trial in sorted(test.rated_trials, key=lambda trial: _digest(*drawn, "trial", trial.name)):
            pages.append(Page(trial.name, repetition, _slots(test, trial, drawn)))
    return tuple(pages)


def _slots(test: ListeningTest, trial: Trial, drawn: tuple[str, ...]) -> tuple[Slot, ...]:
    order = sorted(trial.conditions, key=lambda name: _digest(*drawn, trial.name, "condition", name))
    if test.kind == "mushra":
        return tuple(Slot(str(number), name) for number, name in enumerate(order, 1))
    found = tuple(Slot(label, name) for label, name in zip("AB", order, strict=True))
    if test.kind == "abx":
        coin = int(_digest(*drawn, trial.name, "X"), 16) % 2
        found += (Slot("X", order[coin]),)
    return found


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
