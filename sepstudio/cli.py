"""The command line: picks the command and loads nothing that it does not need."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import sepstudio
from sepstudio.commands.exits import guarded
from sepstudio.logs import keeping_log

COMMANDS = {
    "separate": "take recordings apart without a window",
    "demo": "show kernel additive modelling on a song that ships with the program",
    "train": "train networks on multitracks and compare them",
    "synthesize": "make multitracks for training from MIDI files",
    "synthesize-scenes": "make Ambisonics scenes for training the codec",
    "evaluate": "score separated stems against the true ones",
    "benchmark-decomposition": "compare NMF and autoencoders on recordings with scores",
    "benchmark-separation": "compare methods of separation on data sets of songs",
    "benchmark-painting": "measure how good learning from strokes gets with how much painted",
    "render": "play recordings in Ambisonics over loudspeakers or to two ears, into files",
    "codec": "encode recordings in Ambisonics into small files and decode them",
    "listening-test": "look at listening tests, and at what listeners said",
    "models": "list, import, download, verify and delete trained networks",
    "doctor": "show versions, sound and compute devices, memory and folders",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status (see ``sepstudio.commands.exits``).

    A first argument that is the name of a command is one; a file of that name opens as ``./demo``.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    with keeping_log(sepstudio.__version__, arguments):
        return guarded(lambda: _dispatch(arguments))


def _dispatch(arguments: list[str]) -> int:
    if arguments and arguments[0] in COMMANDS:
        module = importlib.import_module(f"sepstudio.commands.{arguments[0].replace('-', '_')}")
        return int(module.main(arguments[1:]))
    from sepstudio.commands import studio

    return studio.main(arguments, COMMANDS)
