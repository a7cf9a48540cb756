"""Writing the stems of one input: all of them or none."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.outputs import FileFormat
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import unwritable
from sepstudio.io.steps import part
from sepstudio.jobs.interrupts import uninterrupted


@dataclass(frozen=True)
class StemFile:
    """A stem that was written; ``clipped_samples`` were beyond full scale, which PCM cannot hold."""

    name: str
    path: Path
    sample_rate: int
    channels: int
    length: int
    clipped_samples: int


@contextlib.contextmanager
def staging_folder(output: Path) -> Iterator[Path]:
    """Give a hidden folder for unfinished files inside the output folder; it is gone afterwards.

    Inside, so that finished files need not be copied to another disk to get to their names.
    """
    try:
        folder = Path(tempfile.mkdtemp(prefix=".sepstudio-", dir=output))
    except OSError as error:
        raise unwritable(output, error) from error
    try:
        yield folder
    finally:
        with uninterrupted():
            shutil.rmtree(folder, ignore_errors=True)


def write_together(
    stems: Sequence[tuple[str, Path, AudioClip]], staging: Path, file_format: FileFormat
) -> Generator[float, None, list[StemFile]]:
    """Write stems (name, final path, clip) into the staging folder, then move all to their paths.

    Yields the fraction done; the move is one step, so that closing the generator leaves all or none.

    Raises
    ------
    AudioFileError
        If one cannot be written; then none is there under a new path.
    """
    drafts: list[Path] = []
    written: list[StemFile] = []
    for number, (name, path, clip) in enumerate(stems):
        draft = staging / f"{number:03d}{file_format.extension}"
        steps = write_audio_steps(draft, clip, file_format.subtype, rf64=file_format.rf64)
        report = yield from part(steps, number, len(stems))
        drafts.append(draft)
        written.append(StemFile(name, path, clip.sample_rate, clip.channels, clip.length, report.clipped_samples))
    with uninterrupted():
        _move(drafts, [stem.path for stem in written])
    return written


def _move(drafts: Sequence[Path], paths: Sequence[Path]) -> None:
    made: list[Path] = []
    for draft, path in zip(drafts, paths, strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            is_new = not path.exists()
            if path.is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
            draft.replace(path)
        except OSError as error:
            for earlier in made:
                earlier.unlink(missing_ok=True)
            raise unwritable(path, error) from error
        if is_new:
            made.append(path)
