"""Opening the window."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import sepstudio
from sepstudio.commands.parser import Parser
from sepstudio.errors import AudioFileError, DeviceError


def main(argv: Sequence[str], commands: Mapping[str, str]) -> int:
    """Open audio files and projects in the window; ``commands`` (name to summary) are listed in the help.

    Raises
    ------
    AudioFileError
        If a path does not exist.
    DeviceError
        If there is no screen.
    """
    arguments = _parser(commands).parse_args(argv)
    for path in arguments.paths:
        if not path.exists():
            raise AudioFileError(str(path), "does not exist", "check the name and the folder")
    if not has_screen():
        raise DeviceError(
            "the window cannot open",
            "there is no screen (DISPLAY and WAYLAND_DISPLAY are not set)",
            "use 'sepstudio separate' or 'sepstudio demo', which work without one",
        )
    # The collector of the window takes over; until then nothing goes, and looking through what libraries
    # load would take a tenth of a second.
    gc.disable()
    from sepstudio.gui.app import run

    return run(arguments.paths)


def has_screen() -> bool:
    """Whether Qt will find something to draw on."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _parser(commands: Mapping[str, str]) -> Parser:
    width = max(len(name) for name in commands)
    listing = "\n".join(f"  {name:<{width}}  {summary}" for name, summary in commands.items())
    parser = Parser(
        prog="sepstudio",
        description="Take music apart, see why it came apart that way, and hear every piece at once.",
        epilog=f"commands (sepstudio COMMAND --help tells more):\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", metavar="PATH", nargs="*", type=Path, help="audio files or projects to open")
    parser.add_argument("--version", action="version", version=f"sepstudio {sepstudio.__version__}")
    return parser
