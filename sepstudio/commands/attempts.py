"""Several inputs, of which one that fails does not stop the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sepstudio.commands.exits import BAD_INPUT, DONE, SOME_FAILED, complain, confess
from sepstudio.errors import UserError

Result = TypeVar("Result")


def attempted(
    path: Path, work: Callable[[], Result], too_big: str = "close other programs, or choose a shorter recording"
) -> Result | UserError:
    """Return what the work on an input gives, or why it failed; ``too_big`` is the remedy where memory ends."""
    try:
        return work()
    except UserError as error:
        return error
    except MemoryError:
        return UserError(str(path), "needs more memory than there is", too_big)
    except Exception:  # noqa: BLE001 - a defect met by one recording must not cost the others
        confess()
        return UserError(str(path), "failed unexpectedly", "see the lines above")


def exit_status(failed: int, count: int) -> int:
    """Return the exit status when some of several inputs failed, after a line that says so."""
    if failed and count > 1:
        complain(f"{failed} of {count} inputs failed")
    if not failed:
        return DONE
    return SOME_FAILED if failed < count else BAD_INPUT
