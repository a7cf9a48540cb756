"""Mapping files: which files of a folder are which instruments.

A mapping file is TOML or JSON. Paths and patterns (``*``, ``?``, ``[...]``, ``**``) are relative to the folder of
the file::

    [splits]                          # optional: patterns of song names; songs that fit none have no split
    test = ["Live *"]

    [[songs]]
    folders = "*"                     # pattern, or list of them: every folder that fits is a song of its name
    mixture = "mix.wav"               # optional, within the folder; otherwise the stems are summed
    optional = ["vocals"]             # instruments that a song may lack; they are silent there

    [songs.stems]                     # instrument = file, pattern, or list of them; what fits is summed
    bass = "bass*.wav"
    drums = ["kick.wav", "snare.wav", "overheads/*.wav"]
    other = "guitar*.wav"
    vocals = "vox*.wav"

Instead of ``folders`` an entry may have ``name`` (one song, its files relative to the mapping file) and ``split``.
Patterns leave out the mixture and hidden files. Several entries may follow each other; each song belongs to one.
"""

from __future__ import annotations

import fnmatch
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.errors import DataSetError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.nn.datasets.songs import SPLITS, Song, Split, StemFile, missing_stems

_SEE = "see the description of mapping files"
_KEYS = {"songs", "splits"}
_ENTRY_KEYS = {"folders", "name", "split", "mixture", "optional", "stems"}


@dataclass(frozen=True)
class _Entry:
    folders: tuple[str, ...]
    name: str
    split: Split | None
    mixture: str
    optional: tuple[str, ...]
    stems: Mapping[str, tuple[str, ...]]


def read_mapping(path: Path) -> list[Song]:
    """Read a mapping file and find the songs that it describes, in the order of their names within each entry.

    Raises
    ------
    DataSetError
        If the file cannot be read or understood, describes no songs or one twice, or a song lacks files.
    """
    content = _content(path)
    _check_keys(path, content, _KEYS)
    patterns = _split_patterns(path, content.get("splits", {}))
    songs: list[Song] = []
    for raw in _typed(path, content, "songs", list):
        entry = _entry(path, raw)
        for name, folder in _places(path.parent, entry):
            songs.append(_song(name, folder, entry, entry.split or _split(name, patterns)))
    if not songs:
        raise _wrong(path, "describes no songs that exist")
    names = [song.name for song in songs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise _wrong(path, f"describes songs more than once: {', '.join(twice)}")
    return songs


def _content(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except OSError as error:
        raise DataSetError(*read_failure(path, error)) from error
    except ValueError as error:  # those of json, tomllib and UTF-8 are all of this kind
        kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
        raise _wrong(path, f"is no mapping file in {kind} ({error})") from error
    if not isinstance(content, dict):
        raise _wrong(path, "is no mapping file: it holds no table")
    return content


def _entry(path: Path, raw: Any) -> _Entry:
    if not isinstance(raw, dict):
        raise _wrong(path, "has an entry of songs that is no table")
    _check_keys(path, raw, _ENTRY_KEYS)
    if ("folders" in raw) == ("name" in raw):
        raise _wrong(path, "has an entry that needs either folders or name")
    stems = _typed(path, raw, "stems", dict)
    if not stems:
        raise _wrong(path, "has an entry without stems")
    return _Entry(
        _texts(path, raw.get("folders", ()), "folders"),
        _text(path, raw["name"], "name") if "name" in raw else "",
        _known_split(path, raw["split"]) if "split" in raw else None,
        _text(path, raw["mixture"], "mixture") if "mixture" in raw else "",
        _texts(path, raw.get("optional", ()), "optional"),
        {name: _texts(path, patterns, name) for name, patterns in stems.items()},
    )


def _places(root: Path, entry: _Entry) -> list[tuple[str, Path]]:
    """Return the names and folders of the songs of an entry."""
    if entry.name:
        return [(entry.name, root)]
    found = {folder for pattern in entry.folders for folder in _named(root, pattern) if folder.is_dir()}
    return [(folder.name, folder) for folder in sorted(found) if not _is_hidden(folder, root)]


def _song(name: str, folder: Path, entry: _Entry, split: Split | None) -> Song:
    mixture = folder / entry.mixture if entry.mixture else None
    stems = {
        instrument: tuple(StemFile(path) for path in _matching(folder, patterns) if path != mixture)
        for instrument, patterns in entry.stems.items()
    }
    missing = [instrument for instrument, files in stems.items() if not files and instrument not in entry.optional]
    if missing:
        raise missing_stems(name, missing)
    _check_once(name, stems)
    return Song(name, split, StemFile(mixture) if mixture else None, dict.fromkeys(entry.optional, ()) | stems)


def _check_once(name: str, stems: Mapping[str, tuple[StemFile, ...]]) -> None:
    owners: dict[Path, str] = {}
    for instrument, files in stems.items():
        for file in files:
            other = owners.setdefault(file.path, instrument)
            if other != instrument:
                why = f"{file} is taken for both {other} and {instrument}"
                raise DataSetError(f"song {name!r}", why, "narrow the patterns in the mapping file")


def _matching(folder: Path, patterns: Iterable[str]) -> list[Path]:
    """Return the files that fit a pattern, each once."""
    found = {path for pattern in patterns for path in _named(folder, pattern) if path.is_file()}
    return sorted(path for path in found if not _is_hidden(path, folder))


def _named(folder: Path, pattern: str) -> list[Path]:
    # A name with brackets in it is first of all a name.
    return [folder / pattern] if (folder / pattern).exists() else list(folder.glob(pattern))


def _is_hidden(path: Path, root: Path) -> bool:
    return any(part.startswith(".") and part != ".." for part in path.relative_to(root).parts)


def _split_patterns(path: Path, raw: Any) -> dict[Split, tuple[str, ...]]:
    if not isinstance(raw, dict):
        raise _wrong(path, "has splits that are no table")
    return {_known_split(path, name): _texts(path, patterns, name) for name, patterns in raw.items()}


def _split(name: str, patterns: Mapping[Split, tuple[str, ...]]) -> Split | None:
    fitting = [split for split in reversed(SPLITS) if _fits(name, patterns.get(split, ()))]
    return fitting[0] if fitting else None


def _fits(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _known_split(path: Path, value: Any) -> Split:
    for split in SPLITS:
        if value == split:
            return split
    raise _wrong(path, f"names a split {value!r}, and there are {', '.join(SPLITS)}")


def _texts(path: Path, value: Any, key: str) -> tuple[str, ...]:
    return tuple(_text(path, item, key) for item in ([value] if isinstance(value, str) else _items(path, value, key)))


def _items(path: Path, value: Any, key: str) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise _wrong(path, f"has {key} that is neither text nor a list of texts")
    return list(value)


def _text(path: Path, value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise _wrong(path, f"has {value!r} for {key}, which must be text")
    if not value or Path(value).is_absolute() or any("**" in part and part != "**" for part in Path(value).parts):
        raise _wrong(path, f"has {value!r} for {key}, which must be a name, or a path relative to the file")
    return value


def _typed(path: Path, table: Mapping[str, Any], key: str, kind: type) -> Any:
    value = table.get(key, kind())
    if not isinstance(value, kind):
        raise _wrong(path, f"has {key} of the wrong kind")
    return value


def _check_keys(path: Path, table: Mapping[str, Any], known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise _wrong(path, f"has unknown keys: {', '.join(unknown)}; known are {', '.join(sorted(known))}")


def _wrong(path: Path, why: str) -> DataSetError:
    return DataSetError(display_name(path), why, _SEE)
