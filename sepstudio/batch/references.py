"""True stems of recordings from folders: one file for each stem, of its name."""

from __future__ import annotations

from pathlib import Path

from sepstudio.batch.inputs import AUDIO_EXTENSIONS
from sepstudio.errors import AudioFileError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip

# What the folders of multitrack collections hold besides stems.
MIXTURES = frozenset({"mixture", "mix"})
# Encoders add silence at the ends; a longer difference means another recording.
TOLERATED_SECONDS = 0.1


def stem_files(folder: Path) -> dict[str, Path]:
    """Return the audio files of a folder by name without extension; mixtures and hidden files are none.

    Raises
    ------
    AudioFileError
        If there is no such folder, no stem in it, or two of one name.
    """
    if not folder.is_dir():
        raise AudioFileError(str(folder), "is not a folder", "name a folder with one file per stem")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        is_audio = path.suffix.lower() in AUDIO_EXTENSIONS and not path.name.startswith(".")
        if not is_audio or path.stem.casefold() in MIXTURES:
            continue
        if path.stem in found:
            raise AudioFileError(str(path), f"is a second stem named {path.stem}", "keep one file per stem")
        found[path.stem] = path
    if not found:
        raise AudioFileError(str(folder), "holds no audio files of stems", "name a folder with one file per stem")
    return found


def references_folder(folder: Path, track: str) -> Path:
    """Return where the true stems of a track are: in the folder of its name within ``folder``, else in itself.

    ``track`` may hold folders, separated by slashes; that of a ``mixture`` goes by the folder that it lies in.
    """
    inner = folder / track
    if inner.name.casefold() in MIXTURES and not inner.is_dir():
        inner = inner.parent
    return inner if inner.is_dir() else folder


def open_references(folder: Path, mixture: AudioClip) -> dict[str, AudioClip]:
    """Open the true stems of a mixture.

    Raises
    ------
    AudioFileError
        If a stem cannot be read, or does not fit the mixture, and as ``stem_files`` does.
    """
    found = {name: (path, open_audio(path)) for name, path in stem_files(folder).items()}
    for path, clip in found.values():
        _check_alike(path, clip, mixture)
    return {name: clip for name, (_, clip) in found.items()}


def _check_alike(path: Path, clip: AudioClip, mixture: AudioClip) -> None:
    for what, own, expected, tolerated in (
        ("Hz", clip.sample_rate, mixture.sample_rate, 0),
        ("channels", clip.channels, mixture.channels, 0),
        ("samples", clip.length, mixture.length, round(TOLERATED_SECONDS * mixture.sample_rate)),
    ):
        if abs(own - expected) > tolerated:
            why = f"has {own} {what}, but the mixture {expected}"
            raise AudioFileError(str(path), why, "name the stems of this recording")
