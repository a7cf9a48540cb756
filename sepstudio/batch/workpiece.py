"""One recording on its way from the file to its stems."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import os
import shutil
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sepstudio.batch.inputs import no_score
from sepstudio.batch.outputs import destinations, prepare_folder
from sepstudio.batch.publishing import StemFile, staging_folder, write_together
from sepstudio.batch.records import Placing, Recipe
from sepstudio.batch.stems import expected_stems, results
from sepstudio.batch.stroke_inputs import no_strokes
from sepstudio.errors import MissingInputError
from sepstudio.io.audio import open_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import unwritable
from sepstudio.io.formats import audio_bytes
from sepstudio.io.scores.records import Score
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.strokes.records import Strokes
from sepstudio.separation.alignment import align_steps
from sepstudio.separation.base import MethodSpec, Progress, RunContext, Separation, needed
from sepstudio.separation.registry import method

Value = TypeVar("Value")

# Parts of the progress; how long each takes differs, but this is about right.
_READ_END, _ALIGN_END, _SEPARATE_END = 0.1, 0.2, 0.9


@dataclass(frozen=True)
class Outcome:
    """What was written; nothing when all files were there already."""

    outputs: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


class Workpiece:
    """A recording under work; a separation that could not be saved is kept, so that saving can be tried again.

    ``score`` is what is played in it; one whose times are not those of the recording is aligned first. ``strokes``
    are what was painted on it.
    """

    def __init__(self, path: Path, track: str, score: Score | None = None, strokes: Strokes | None = None) -> None:
        self._path = path
        self._track = track
        self._score = score
        self._strokes = strokes
        # Not in the output folder: that may be what fails.
        self._sink = ScratchSink()
        self._separation: Separation | None = None

    @property
    def computed(self) -> bool:
        """Whether only saving is left to do."""
        return self._separation is not None

    def steps(self, recipe: Recipe, context: RunContext) -> Generator[Progress, None, Outcome]:
        """Read, separate and save in short steps; ``context`` says what the method may use of the machine.

        Raises
        ------
        UserError
            If the method cannot run so, the recording not be read, or the stems not be written; the
            output folder is tried before anything is computed.
        """
        spec = runnable(recipe.method)
        if "score" in needed(spec, recipe.params) and self._score is None:
            raise no_score(self._path)
        if "strokes" in needed(spec, recipe.params) and self._strokes is None:
            raise no_strokes(self._path)
        prepare_folder(recipe.placing.output)
        if self._all_there(recipe):
            return Outcome()
        if self._separation is None:
            self._separation = yield from self._separate(spec, recipe, context)
        return (yield from self._save(self._separation, recipe))

    def discard(self) -> None:
        """Forget what was computed, and delete its files."""
        self._separation = None
        self._sink.close()

    def _all_there(self, recipe: Recipe) -> bool:
        if recipe.placing.policy != "skip":
            return False
        files = self._files(recipe, expected_stems(recipe.params))
        return bool(files) and all(path.exists() for path in files)

    def _files(self, recipe: Recipe, stems: tuple[str, ...]) -> list[Path]:
        placing = recipe.placing
        extension = placing.file_format.extension
        return placing.template.files(placing.output, self._track, recipe.method, stems, extension)

    def _separate(self, spec: MethodSpec, recipe: Recipe, context: RunContext) -> Generator[Progress, None, Separation]:
        clip = yield from _told(open_audio_steps(self._path), (0.0, _READ_END), "reading")
        _check_room(recipe.placing, clip, len(expected_stems(recipe.params)))
        score, begin = self._score, _READ_END
        if score is not None and not score.aligned:
            begin = _ALIGN_END
            score = yield from _told(align_steps(clip, score), (_READ_END, begin), "aligning")
        own = dataclasses.replace(context, sink=self._sink, score=score, strokes=self._strokes)
        run = spec.run(clip, recipe.params, context=own)
        return (yield from _told(run, (begin, _SEPARATE_END), ""))

    def _save(self, separation: Separation, recipe: Recipe) -> Generator[Progress, None, Outcome]:
        clips, placing = results(separation), recipe.placing
        places = destinations(self._files(recipe, tuple(clips)), placing.policy)
        stems = [(name, path, clip) for (name, clip), path in zip(clips.items(), places, strict=True) if path]
        if not stems:
            return Outcome()
        with staging_folder(placing.output) as staging:
            writing = write_together(stems, staging, placing.file_format)
            written = yield from _told(writing, (_SEPARATE_END, 1.0), "writing")
        paths = tuple(stem.path for stem in written)
        return Outcome(paths, (*separation.provenance.notes, *_clipping(written)))


def runnable(method_id: str) -> MethodSpec:
    """Return a method that needs no more than a recording, its score and its strokes.

    Raises
    ------
    UserError
        If it needs more, or there is none of that id.
    """
    spec = method(method_id)
    missing = spec.needs - {"score", "strokes"}
    if missing:
        words = {"references": "the true stems of each recording", "scene": "a scene in Ambisonics"}
        needs = " and ".join(words.get(name, name) for name in sorted(missing))
        raise MissingInputError(f"{spec.title} cannot run in a queue", f"it needs {needs}", "run it on one recording")
    return spec


def _told(
    steps: Generator[Progress | float, None, Value], span: tuple[float, float], stage: str
) -> Generator[Progress, None, Value]:
    """Pass on the steps of a part of the work as those of the whole; fractions alone get the name of a stage."""
    low, high = span
    with contextlib.closing(steps):
        while True:
            try:
                step = next(steps)
            except StopIteration as stop:
                value: Value = stop.value
                return value
            told = step if isinstance(step, Progress) else Progress(step, stage)
            yield Progress(low + (high - low) * told.fraction, told.stage, stage_fraction=told.stage_fraction)


def _check_room(placing: Placing, clip: AudioClip, stems: int) -> None:
    # How much FLAC will take is not known before.
    needed = stems * audio_bytes(placing.file_format.subtype, clip.channels, clip.length)
    if placing.file_format.extension == ".wav" and _free_bytes(placing.output) < needed:
        raise unwritable(placing.output, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _clipping(written: list[StemFile]) -> list[str]:
    return [
        f"{stem.path.name}: {stem.clipped_samples} samples beyond full scale were clipped; float WAV keeps them"
        for stem in written
        if stem.clipped_samples
    ]
