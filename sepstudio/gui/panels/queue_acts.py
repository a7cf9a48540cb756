"""What can be done with a queue: one row each for its button, its place in the menu and its key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sepstudio.batch.records import ACTIVE, RETRYABLE, Entry, EntryState

_ANY = frozenset(EntryState)
_WAITING = frozenset({EntryState.QUEUED})
_NONE: frozenset[EntryState] = frozenset()


@dataclass(frozen=True)
class Act:
    """One thing to do.

    It is done with the chosen entries that are in one of ``states``, or, while none is chosen, with
    all that are in one of ``otherwise``; it is possible while there are such, and always when both are empty.
    """

    id: str
    text: str
    tip: str
    states: frozenset[EntryState] = _NONE
    otherwise: frozenset[EntryState] = _NONE
    icon: str = ""
    shortcut: str = ""
    place: Literal["both", "button", "menu"] = "both"

    def targets(self, chosen: Sequence[Entry], everything: Sequence[Entry]) -> tuple[int, ...]:
        """Return the ids of the entries that it would be done with."""
        pool, states = (chosen, self.states) if chosen else (everything, self.otherwise)
        return tuple(entry.id for entry in pool if entry.state in states)

    def possible(self, chosen: Sequence[Entry], everything: Sequence[Entry]) -> bool:
        """Return whether it can be done now."""
        return not (self.states or self.otherwise) or bool(self.targets(chosen, everything))


ACTS = (
    Act("add-files", "Add files…", "Choose recordings to add"),
    Act("add-folder", "Add folder…", "Add all recordings of a folder and of those inside it"),
    Act("start", "Start", "Work on what waits, one file after another", icon="play", place="button"),
    Act(
        "cancel",
        "Cancel file",
        "Cancel the chosen files, or the one under work when none is chosen; the others go on",
        ACTIVE | _WAITING,
        ACTIVE,
    ),
    Act(
        "retry",
        "Retry",
        "Let failed and cancelled files wait again: the chosen ones, or all; a result that was kept is only saved",
        RETRYABLE,
        RETRYABLE,
    ),
    Act("remove", "Remove", "Take the chosen files out of the queue; stems stay", _ANY - ACTIVE, shortcut="Del"),
    Act("up", "Move up", "Work on the chosen files earlier", _ANY, icon="up", shortcut="Alt+Up"),
    Act("down", "Move down", "Work on the chosen files later", _ANY, icon="down", shortcut="Alt+Down"),
    Act("clear", "Clear finished", "Take out all files that are done or were skipped; stems stay"),
    Act("open", "Open folder", "Show the folder with the stems"),
    Act(
        "redirect",
        "Change folder…",
        "Let the stems of the chosen files go into another folder",
        RETRYABLE | _WAITING,
        place="menu",
    ),
    Act(
        "details",
        "Show what went wrong",
        "Show the reason and the remedy",
        frozenset({EntryState.FAILED}),
        place="menu",
    ),
)
