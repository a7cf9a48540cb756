"""What a command ends with: an exit status, and at most one line of complaint."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from collections.abc import Callable

from sepstudio.errors import UserError

DONE = 0
SOME_FAILED = 1
BAD_INPUT = 2
DEFECT = 70  # EX_SOFTWARE: tells a defect of the program from anything that the user can put right
INTERRUPTED = 130
BROKEN_PIPE = 141

_log = logging.getLogger(__name__)


def complain(text: object) -> None:
    """Print one line about a problem on stderr, and log it."""
    _log.info("told: %s", text)
    print(f"sepstudio: {text}", file=sys.stderr)  # noqa: T201


def confess() -> None:
    """Print the exception that is being handled, as a defect of the program, and log it."""
    _log.exception("a defect of the program")
    traceback.print_exc()
    complain("this is a defect of the program: please report the lines above with the output of 'sepstudio doctor'")


def guarded(work: Callable[[], int]) -> int:
    """Run a command and turn whatever it raises into an exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal cannot show must not end a run of hours.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = work()
        sys.stdout.flush()
    except UserError as error:
        complain(error)
        return BAD_INPUT
    except KeyboardInterrupt:
        complain("interrupted")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader is gone; the interpreter would complain once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else DONE
    except Exception:  # noqa: BLE001
        confess()
        return DEFECT
    return code
