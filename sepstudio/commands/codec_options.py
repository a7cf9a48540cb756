"""Options that several sub-commands of ``sepstudio codec`` have."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from sepstudio.batch.outputs import POLICIES
from sepstudio.commands.overwriting import Overwriting, ask_on_terminal
from sepstudio.commands.parser import Parser
from sepstudio.io.hoa import AMBIX, FUMA, N3D

CONVENTIONS = {"ambix": AMBIX, "n3d": N3D, "fuma": FUMA}


def overwriting(arguments: argparse.Namespace) -> Overwriting:
    """Return what is to be done about files that exist."""
    return Overwriting(arguments.overwrite, ask_on_terminal())


def add_convention(parser: Parser, of: str) -> None:
    """Ask for the convention of the channels of something."""
    parser.add_argument(
        "--convention",
        choices=tuple(CONVENTIONS),
        default="ambix",
        help=f"of {of}: ambix is ACN order with SN3D normalisation (default), n3d is ACN with N3D",
    )


def add_device(parser: Parser) -> None:
    """Ask where to compute."""
    text = "compute device: auto, cpu, cuda, ... (default: auto)"
    parser.add_argument("--device", default="auto", metavar="NAME", help=text)


def add_act(acts: Any, name: str, act: Any, text: str) -> Parser:
    """Return the parser of a sub-command; ``act`` takes the arguments and returns the exit status."""
    made: Parser = acts.add_parser(name, help=text, description=f"{text[:1].upper()}{text[1:]}.")
    made.add_argument("--json", action="store_true", help="print one JSON object for each input")
    made.set_defaults(act=act)
    return made


def add_files(parser: Parser, inputs: str, output: str) -> None:
    """Ask for inputs and where the results go."""
    add = parser.add_argument
    add("inputs", metavar="INPUT", nargs="+", type=Path, help=inputs)
    add("-o", "--output", metavar="OUT", type=Path, required=True, help=output)
    add(
        "--overwrite",
        choices=POLICIES,
        default="ask",
        help="what to do about files that exist; without a terminal to ask on, ask leaves the input out",
    )


def decibels(text: str) -> float | None:
    """Return a gain in dB, None for one that is to be found; for ``type`` of an option."""
    if text == "auto":
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not -120 <= value <= 120:
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a level from -120 to 120 dB")
    return value
