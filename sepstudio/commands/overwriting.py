"""What happens to files that are there already, asked on a terminal where that is wanted."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sepstudio.batch.outputs import Policy
from sepstudio.errors import AudioFileError

_ANSWERS: dict[str, Policy] = {"s": "skip", "r": "replace", "n": "rename"}


class Overwriting:
    """Decides about files that are there already, asking on a terminal when that is the policy."""

    def __init__(self, policy: Policy, ask: Callable[[str], str] | None = None) -> None:
        self.policy = policy
        self._ask = ask

    def decide(self, existing: Sequence[Path]) -> Policy:
        """Return what to do about these files of one input; never ``ask``.

        Raises
        ------
        AudioFileError
            If the answer is needed and there is nobody to ask, or it is to leave them.
        """
        if not existing or self.policy != "ask":
            return "replace" if self.policy == "ask" else self.policy
        several = f" and {len(existing) - 1} more" if len(existing) > 1 else ""
        if self._ask is None:
            raise AudioFileError(f"{existing[0]}{several}", "exists already", "use --overwrite skip, replace or rename")
        answer = self._ask(
            f"{existing[0]}{several} exists already: [s]kip, [r]eplace, re[n]ame (capitals: for all), else leave out? "
        )
        policy = _ANSWERS.get(answer.lower())
        if policy is None:
            raise AudioFileError(f"{existing[0]}{several}", "exists already", "answer s, r or n to go on")
        if answer.isupper():
            self.policy = policy
        return policy


def ask_on_terminal() -> Callable[[str], str] | None:
    """Return a function that asks a question and returns the first letter of the answer; None without a terminal."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        return None

    def ask(question: str) -> str:
        # Not input(): that asks on stdout, where results go.
        sys.stderr.write(question)
        sys.stderr.flush()
        return sys.stdin.readline().strip()[:1]

    return ask
