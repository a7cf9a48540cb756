"""True stems of the recordings that a command works on, from an option."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.references import open_references, references_folder
from sepstudio.errors import MissingInputError
from sepstudio.io.clip import AudioClip, excerpt


@dataclass(frozen=True)
class ReferenceOptions:
    """Where true stems come from; nowhere where no method needs them."""

    folder: Path | None = None

    def of(self, track: str, mixture: AudioClip, span: tuple[int, int]) -> dict[str, AudioClip] | None:
        """Return samples ``span`` of the true stems of a track; None where none are wanted.

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
