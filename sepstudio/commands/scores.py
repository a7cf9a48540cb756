"""Scores of the recordings that a command works on: from an option, or of the same name beside the recording."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sepstudio.batch.inputs import Input, scored_steps
from sepstudio.commands.exits import complain
from sepstudio.commands.progress import drive
from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.options import ImportOptions
from sepstudio.io.scores.reading import read_score
from sepstudio.io.scores.records import Score
from sepstudio.io.steps import drain
from sepstudio.separation.base import Progress

Align = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class ScoreOptions:
    """Where scores come from, and whether they are moved to where their notes sound.

    ``align`` is ``auto`` for those whose times are not known to be the recording's.
    """

    path: Path | None = None
    options: ImportOptions = dataclasses.field(default_factory=ImportOptions)
    align: Align = "auto"

    def scored(self, inputs: Sequence[Input], *, is_needed: bool = True) -> list[Input]:
        """Return the recordings with their scores; those without get a problem if one is needed.

        Raises
        ------
        ParameterError
            If one score is named for several recordings.
        ScoreFileError
            If the score that is named cannot be read.
        """
        if not is_needed:
            return list(inputs)
        if self.path is not None and len(inputs) != 1:
            expected = "left out with several inputs: put scores of their names beside them"
            raise ParameterError("--score", str(self.path), expected)
        known = {} if self.path is None else {inputs[0].path.resolve(): read_score(self.path, self.options)}
        return [_with_own_remedy(source) for source in drain(scored_steps(inputs, known, self.options))]

    def aligned(self, score: Score, clip: AudioClip, told: Callable[[Progress], None]) -> Score:
        """Return a score with its notes where they sound in a recording, if that is wanted; tells its progress."""
        if self.align == "off" or (self.align == "auto" and score.aligned):
            return score
        from sepstudio.separation.alignment import align_steps

        if self.align == "auto":
            complain(f"note: {score.name} is aligned to the recording; --align off takes its times as they are")
        return drive(align_steps(clip, score), told)


def add_score_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that ``score_options`` reads."""
    group = parser.add_argument_group("score")
    group.add_argument(
        "--score",
        metavar="FILE",
        type=Path,
        help="MIDI, MusicXML or CSV file with the notes (default: one of the recording's name beside it)",
    )
    add_alignment_options(group)


def add_alignment_options(group: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the options about what a score file means and where its notes lie."""
    group.add_argument(
        "--align",
        choices=("auto", "on", "off"),
        default="auto",
        help="move notes to where they sound; auto does so where the file does not say that they are there already",
    )
    group.add_argument("--sustain", action="store_true", help="let the sustain pedal of a MIDI file prolong notes")
    group.add_argument("--no-repeats", action="store_true", help="play a MusicXML file without its repeats")


def score_options(arguments: argparse.Namespace) -> ScoreOptions:
    """Return what the arguments say of scores."""
    options = ImportOptions(sustain=arguments.sustain, repeats=not arguments.no_repeats)
    return ScoreOptions(getattr(arguments, "score", None), options, arguments.align)


def _with_own_remedy(source: Input) -> Input:
    if not isinstance(source.problem, MissingInputError):
        return source
    remedy = "give it with --score, or put a MIDI, MusicXML or CSV file of the same name beside it"
    return dataclasses.replace(source, problem=MissingInputError(str(source.path), source.problem.why, remedy))
