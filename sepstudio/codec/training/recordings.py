"""The scenes of a training of the codec: found, made alike, and divided in time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sepstudio.codec.training.plan import CodecTrainingPlan
from sepstudio.errors import AudioFileError, DataSetError
from sepstudio.io.clip import AudioClip
from sepstudio.io.excerpts import excerpt_clip
from sepstudio.io.failures import display_name, read_failure
from sepstudio.io.hoa import as_ambix, order_of
from sepstudio.io.resampled import at_rate

# FLAC and MP3 cannot hold sixteen channels, but someone may train a codec of fewer.
SUFFIXES = (".wav", ".wave", ".rf64", ".w64", ".bw64", ".caf", ".aif", ".aiff", ".flac", ".ogg", ".oga", ".opus")
# The longest window of the mel loss, and as much around it.
_SHORTEST = 4096


@dataclass(frozen=True)
class Stretch:
    """Part of a scene: samples ``start`` to ``stop`` of a clip in ambiX at the rate of the codec."""

    clip: AudioClip
    start: int
    stop: int

    @property
    def length(self) -> int:
        """Number of samples."""
        return self.stop - self.start


@dataclass(frozen=True)
class Scenes:
    """What is learnt from and what is validated with, and a name for both: another one where anything differs."""

    training: tuple[Stretch, ...]
    validation: tuple[Stretch, ...]
    identity: str


def scenes_steps(plan: CodecTrainingPlan) -> Generator[float, None, Scenes]:
    """Open the recordings of a plan, one a step; yields the fraction done.

    Of every recording the end, ``plan.validation`` of its length, is for validation, so that every scene is learnt
    from and judged by. Channels beyond those of the codec are left out.

    Raises
    ------
    DataSetError
        If a folder cannot be read or holds no recordings, or a recording is too short.
    AudioFileError
        If a recording cannot be read or is no scene of the order of the codec; names the file.
    """
    paths = find_recordings(plan.data, plan.output)
    training, validation, facts = [], [], []
    for number, path in enumerate(paths):
        clip = _opened(path, plan)
        held = max(round(clip.length * plan.validation), 1)
        edge = clip.length - held
        if min(edge, held) < _SHORTEST:
            rate = plan.config.sample_rate
            why = f"is too short: {clip.length / rate:.2f} s, of which {held / rate:.2f} s would be for validation"
            raise DataSetError(display_name(path), why, "join it with others, or leave it out")
        training.append(Stretch(clip, 0, edge))
        validation.append(Stretch(clip, edge, clip.length))
        facts.append([path.name, clip.length])
        yield (number + 1) / len(paths)
    identity = hashlib.sha256(json.dumps(facts).encode()).hexdigest()
    return Scenes(tuple(training), tuple(validation), identity)


def find_recordings(data: Iterable[Path], output: Path) -> list[Path]:
    """Return files that are named and those in folders that are named, in order and once.

    Hidden files and those in ``output`` are left out.

    Raises
    ------
    DataSetError
        If a folder cannot be read, or holds no recordings.
    """
    found: dict[Path, None] = {}
    for path in data:
        files = [path] if path.is_file() else _in_folder(path, output)
        if not files:
            why = f"holds no recordings ({', '.join(SUFFIXES)})"
            raise DataSetError(display_name(path), why, "choose a folder of Ambisonics scenes")
        found |= dict.fromkeys(files)
    return list(found)


def _in_folder(folder: Path, output: Path) -> Sequence[Path]:
    try:
        if not folder.is_dir():
            raise FileNotFoundError(2, "No such file or directory")
        entries = sorted(folder.rglob("*"))
    except OSError as error:
        raise DataSetError(*read_failure(folder, error)) from error
    return [
        path
        for path in entries
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and output not in path.parents
        and path.is_file()
    ]


def _opened(path: Path, plan: CodecTrainingPlan) -> AudioClip:
    clip = excerpt_clip(path)
    try:
        scene = as_ambix(clip, plan.convention, order_of(plan.config.channels))
    except AudioFileError as error:
        raise AudioFileError(f"{display_name(path)}: {error.what}", error.why, error.remedy) from error
    return at_rate(scene, plan.config.sample_rate)
