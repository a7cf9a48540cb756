"""``sepstudio train``: train networks."""

from __future__ import annotations

from collections.abc import Sequence

from sepstudio.commands import train_codec, train_dnn
from sepstudio.commands.exits import DONE
from sepstudio.commands.parser import Parser


def main(argv: Sequence[str]) -> int:
    """Train networks of one kind and print what came out.

    Raises
    ------
    UserError
        As the training of that kind, and for options out of range.
    """
    parser = Parser(prog="sepstudio train", description="Train networks.")
    kinds = parser.add_subparsers(metavar="KIND", required=True, parser_class=Parser)
    train_dnn.add_parser(kinds)
    train_codec.add_parser(kinds)
    arguments = parser.parse_args(argv)
    arguments.run(arguments)
    return DONE
