"""Stems of the recordings that a command works on, true ones or those of an earlier run, from options."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.references import open_references, references_folder
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip, excerpt


@dataclass(frozen=True)
class ReferenceOptions:
    """Where stems come from; nowhere where no method needs them."""

    folder: Path | None = None

    def of(self, track: str, mixture: AudioClip, span: tuple[int, int]) -> dict[str, AudioClip] | None:
        """Return samples ``span`` of the stems of a track; None where none are wanted.

        Raises
        ------
        AudioFileError
            If they cannot be read or do not fit the mixture.
        """
        if self.folder is None:
            return None
        found = open_references(references_folder(self.folder, track), mixture)
        return {name: excerpt(clip, *span) for name, clip in found.items()}


def add_reference_options(parser: argparse.ArgumentParser) -> None:
    """Add the option that ``reference_options`` reads."""
    parser.add_argument_group("true stems").add_argument(
        "--references",
        metavar="DIR",
        type=Path,
        help="folder with the true stems, one file each; with several inputs a folder of such folders, by track",
    )


def reference_options(title: str, arguments: argparse.Namespace) -> ReferenceOptions:
    """Return what the arguments say of true stems; raises MissingInputError where they say nothing."""
    if arguments.references is None:
        why = "it needs the true stems of the recording"
        raise MissingInputError(f"{title} cannot run", why, "name their folder with --references")
    return ReferenceOptions(arguments.references)


def add_stem_options(parser: argparse.ArgumentParser) -> None:
    """Add the option that ``stem_options`` reads."""
    parser.add_argument_group("stems of an earlier run").add_argument(
        "--stems",
        metavar="DIR",
        type=Path,
        help="folder with the stems of an earlier run, one file each, such as this command writes; with several inputs "
        "a folder of such folders, by track",
    )


def stem_options(title: str, arguments: argparse.Namespace) -> ReferenceOptions:
    """Return what the arguments say of stems of an earlier run; raises MissingInputError where they say nothing."""
    if arguments.stems is None:
        why = "it needs the stems of an earlier run"
        raise MissingInputError(f"{title} cannot run", why, "name their folder with --stems")
    return ReferenceOptions(arguments.stems)
