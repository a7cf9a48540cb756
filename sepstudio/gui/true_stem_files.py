"""True stems from files: which file is which stem, what fits a recording, and sums of several."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.batch.inputs import AUDIO_EXTENSIONS
from sepstudio.batch.references import MIXTURES, TOLERATED_SECONDS
from sepstudio.errors import AudioFileError
from sepstudio.gui.workbench import Opened, opening_steps
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.io.steps import part
from sepstudio.separation.base import Progress, staged

STRUCK = frozenset({"drums", "drum", "percussion"})
HARMONIC, PERCUSSIVE = "harmonic", "percussive"


@dataclass(frozen=True)
class Shape:
    """What recordings must have in common to be compared sample by sample."""

    sample_rate: int
    channels: int
    length: int

    @classmethod
    def of(cls, clip: AudioClip) -> Shape:
        """Return the shape of a clip."""
        return cls(clip.sample_rate, clip.channels, clip.length)

    def problem(self, other: Shape) -> str:
        """Return why a recording of another shape cannot be a part of this one; empty when it can."""
        if other.sample_rate != self.sample_rate:
            return f"it has {other.sample_rate} Hz, the recording {self.sample_rate} Hz"
        if other.channels != self.channels:
            return f"it has {other.channels} channels, the recording {self.channels}"
        more = other.length - self.length
        if abs(more) <= TOLERATED_SECONDS * self.sample_rate:
            return ""
        word = "longer" if more > 0 else "shorter"
        return f"it is {abs(more) / self.sample_rate:.3f} s ({abs(more)} samples) {word} than the recording"


def match_files(stems: Sequence[str], paths: Sequence[Path]) -> dict[str, tuple[Path, ...]]:
    """Return the files of each stem: those of its name, and parts of a song for harmonic and percussive."""
    recordings = [path for path in sorted(paths) if path.suffix.lower() in AUDIO_EXTENSIONS]
    parts = {path.stem.casefold(): path for path in recordings if path.stem.casefold() not in MIXTURES}
    found = {stem: (parts[stem.casefold()],) for stem in stems if stem.casefold() in parts}
    struck = tuple(path for name, path in parts.items() if name in STRUCK)
    used = {path for files in found.values() for path in files}
    rest = tuple(path for path in parts.values() if path not in struck and path not in used)
    # Without drums it is not certain that the other files are all parts of the song.
    if struck and PERCUSSIVE in stems and PERCUSSIVE not in found:
        found[PERCUSSIVE] = struck
    if struck and rest and HARMONIC in stems and HARMONIC not in found:
        found[HARMONIC] = rest
    return {stem: found[stem] for stem in stems if stem in found}


def reading_steps(paths: Sequence[Path], shape: Shape, target: Path | None) -> Generator[Progress, None, Opened]:
    """Read a file, or add several up in the file ``target``; yields Progress.

    Raises
    ------
    AudioFileError
        If a file cannot be read or does not fit the shape, or the sum cannot be written.
    """
    count = len(paths) if target is None else len(paths) + 2
    found = []
    for number, path in enumerate(paths):
        opened = yield from staged(part(opening_steps(path), number, count), path.name)
        problem = shape.problem(Shape.of(opened.clip))
        if problem:
            raise AudioFileError(str(path), problem, "choose a part of the same recording, or convert it first")
        found.append(opened)
    if target is None:
        return found[0]
    total = MixClip([Part(opened.clip) for opened in found], shape.length)
    yield from staged(part(write_audio_steps(target, total), count - 2, count), target.name)
    return (yield from staged(part(opening_steps(target), count - 1, count), target.name))
