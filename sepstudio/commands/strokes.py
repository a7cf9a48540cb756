"""Strokes on the recordings that a command works on, from an option or from beside the recording."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.inputs import Input
from sepstudio.batch.stroke_inputs import BESIDE_SUFFIX, stroked_steps
from sepstudio.errors import MissingInputError
from sepstudio.io.steps import drain
from sepstudio.io.strokes.files import read_strokes


@dataclass(frozen=True)
class StrokeOptions:
    """Where strokes come from: a file for all recordings, a folder with one for each, or None for those beside them."""

    path: Path | None = None

    def stroked(self, inputs: Sequence[Input]) -> list[Input]:
        """Return the recordings with their strokes; those without get a problem.

        Raises
        ------
        StrokeFileError
            If the file that is named cannot be read.
        """
        folder = self.path if self.path is not None and self.path.is_dir() else None
        known = {}
        if self.path is not None and folder is None:
            strokes = read_strokes(self.path)
            known = {source.path.resolve(): strokes for source in inputs}
        return [self._with_own_remedy(source) for source in drain(stroked_steps(inputs, known, folder))]

    def _with_own_remedy(self, source: Input) -> Input:
        if not isinstance(source.problem, MissingInputError) or source.strokes is not None:
            return source
        if self.path is not None and not self.path.is_dir():
            remedy = f"{self.path} holds sources alone: paint in the window and export the strokes again"
        else:
            remedy = f"name a file with --strokes, or put one called {source.path.stem}{BESIDE_SUFFIX} beside it"
        return dataclasses.replace(source, problem=MissingInputError(str(source.path), source.problem.why, remedy))


def add_stroke_options(parser: argparse.ArgumentParser) -> None:
    """Add the option that ``stroke_options`` reads."""
    parser.add_argument_group("strokes").add_argument(
        "--strokes",
        metavar="FILE",
        type=Path,
        help="file of brush strokes, as the window exports them, for all inputs; or a folder with one NAME.json "
        f"for each (default: NAME{BESIDE_SUFFIX} beside the recording)",
    )


def stroke_options(arguments: argparse.Namespace) -> StrokeOptions:
    """Return what the arguments say of strokes."""
    return StrokeOptions(arguments.strokes)
