"""Parsing of arguments with errors of one line."""

from __future__ import annotations

import argparse
import math
from typing import Any, NoReturn

from sepstudio.commands.exits import BAD_INPUT


class Parser(argparse.ArgumentParser):
    """An argument parser that complains in one line and takes no abbreviations."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Print one line and leave with the status of bad usage."""
        self.exit(BAD_INPUT, f"sepstudio: {message}; see '{self.prog} --help'\n")


def seconds(text: str) -> float:
    """Read a time such as ``12.5`` or ``1:30`` (minutes and seconds).

    Raises
    ------
    argparse.ArgumentTypeError
        For anything else, negative times included.
    """
    minutes, _, rest = text.rpartition(":")
    try:
        value = 60 * int(minutes or 0) + float(rest)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value >= 0) or "-" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 12.5 or 1:30")
    return value
