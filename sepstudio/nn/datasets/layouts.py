"""Finding the songs of data sets by how their folders are laid out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sepstudio.errors import DataSetError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.nn.datasets.mapping import read_mapping
from sepstudio.nn.datasets.songs import INSTRUMENTS, Song, Split, StemFile, missing_stems

MAPPING_NAMES = ("songs.toml", "songs.json")
AUDIO_SUFFIXES = (".wav", ".flac", ".aiff", ".aif", ".ogg", ".mp3", ".m4a")
STEM_FILE_SUFFIX = ".stem.mp4"
# The order of the streams in the stem files of MUSDB18, after the mixture.
STEM_FILE_STREAMS = ("drums", "bass", "other", "vocals")

_DSD100_SPLITS: tuple[tuple[str, Split], ...] = (("Dev", "train"), ("Test", "test"))
_MUSDB_SPLITS: tuple[tuple[str, Split], ...] = (("train", "train"), ("valid", "validation"), ("test", "test"))


def find_songs(path: Path, *, incomplete: bool = False) -> list[Song]:
    """Find the songs of a data set, in the order of their names within each split.

    Understood are, the first that fits:

    - a mapping file, or a folder with ``songs.toml`` or ``songs.json`` in it (``mapping.read_mapping``);
    - DSD100: ``Mixtures/{Dev,Test}/SONG/mixture.wav``, ``Sources/{Dev,Test}/SONG/{bass,drums,other,vocals}.wav``;
    - MUSDB18, MUSDB18-HQ: ``{train,valid,test}/SONG/{mixture,bass,drums,other,vocals}.wav`` or ``SONG.stem.mp4``;
    - a folder of such songs without a split, in any format of AUDIO_SUFFIXES.

    ``Dev`` is taken for training. Songs without ``mixture`` get the sum of their stems. The files are not opened.

    Parameters
    ----------
    path : Path
    incomplete : bool
        Whether the folder of a song may lack stems, which are silent then; mapping files say so themselves.

    Raises
    ------
    DataSetError
        If the folder is missing, holds no songs, or a song lacks stems.
    """
    try:
        if path.is_file():
            return read_mapping(path)
        entries = sorted(path.iterdir())
    except OSError as error:
        raise DataSetError(*read_failure(path, error)) from error
    for entry in entries:
        if entry.name in MAPPING_NAMES:
            return read_mapping(entry)
    songs = _dsd100(path, incomplete) or _musdb(path, incomplete) or _songs_in(path, None, incomplete)
    if not songs:
        why = "holds no songs in the layout of DSD100 or MUSDB, nor folders with bass.wav, drums.wav and so on"
        raise DataSetError(display_name(path), why, f"choose another folder or describe it in {MAPPING_NAMES[0]}")
    return songs


def _dsd100(folder: Path, incomplete: bool) -> list[Song]:
    return [
        _song(source, split, folder / "Mixtures" / name / source.name, incomplete)
        for name, split in _DSD100_SPLITS
        for source in _folders(folder / "Sources" / name)
        if _stem_names(source)
    ]


def _musdb(folder: Path, incomplete: bool) -> list[Song]:
    return [song for name, split in _MUSDB_SPLITS for song in _songs_in(folder / name, split, incomplete)]


def _songs_in(folder: Path, split: Split | None, incomplete: bool) -> list[Song]:
    """Return the songs right in a folder: those that are folders, and those that are stem files."""
    if not folder.is_dir():
        return []
    songs = [_song(entry, split, entry, incomplete) for entry in _folders(folder) if _stem_names(entry)]
    songs += [_stem_file(entry, split) for entry in folder.glob(f"*{STEM_FILE_SUFFIX}") if _is_visible(entry)]
    return sorted(songs, key=lambda song: song.name)


def _song(folder: Path, split: Split | None, mixture_folder: Path, incomplete: bool) -> Song:
    files = _stem_names(folder)
    missing = [name for name in INSTRUMENTS if name not in files]
    if missing and not incomplete:
        raise missing_stems(folder.name, missing)
    stems = {name: (StemFile(files[name]),) if name in files else () for name in INSTRUMENTS}
    mixture = _audio_files(mixture_folder).get("mixture")
    return Song(folder.name, split, StemFile(mixture) if mixture else None, stems)


def _stem_file(path: Path, split: Split | None) -> Song:
    streams = {name: (StemFile(path, number),) for number, name in enumerate(STEM_FILE_STREAMS, 1)}
    stems = {name: streams[name] for name in INSTRUMENTS}
    return Song(path.name.removesuffix(STEM_FILE_SUFFIX), split, StemFile(path), stems)


def _folders(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.glob("*") if entry.is_dir() and _is_visible(entry))


def _stem_names(folder: Path) -> dict[str, Path]:
    return {name: path for name, path in _audio_files(folder).items() if name in INSTRUMENTS}


def _audio_files(folder: Path) -> dict[str, Path]:
    """Return the audio files of a folder by name without extension, of several the first of AUDIO_SUFFIXES."""
    found: Iterable[Path] = (path for path in folder.glob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    ordered = sorted(found, key=lambda path: -AUDIO_SUFFIXES.index(path.suffix.lower()))
    return {path.stem.lower(): path for path in ordered if path.is_file() and _is_visible(path)}


def _is_visible(path: Path) -> bool:
    # Hidden are the temporary folders of songs in the making, and what file managers leave behind.
    return not path.name.startswith(".")
