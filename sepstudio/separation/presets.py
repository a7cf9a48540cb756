"""Presets that users made: one file per method in a folder of theirs."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sepstudio.errors import ParameterError, UserError
from sepstudio.io.atomic import replacing
from sepstudio.paths import config_dir
from sepstudio.separation.base import MethodSpec, Preset, preset
from sepstudio.separation.parameters import from_json, to_json

SCHEMA = 1
LONGEST_NAME = 80
_BROKEN_SUFFIX = ".broken"
# What values of a hand-edited file, or of another version's, can raise on their way to parameters.
_MISFITS = (KeyError, TypeError, ValueError, AttributeError)

Json = dict[str, Any]


class PresetError(UserError):
    """A file of presets that cannot be read or written."""


class PresetStore:
    """Keeps presets of users, by method, in files that are read anew each time: several programs may share them.

    A name is unique among those of the method, whatever its case, and none that ships with it. Entries that this
    version cannot read are left out with a line in the log, and stay in the file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def presets(self, spec: MethodSpec) -> tuple[Preset, ...]:
        """Return the presets of a method in the order in which they were made."""
        found = [_preset(spec, entry) for entry in self._entries(spec)]
        return tuple(one for one in found if one is not None)

    def save(self, spec: MethodSpec, name: str, params: Any) -> Preset:
        """Keep parameters under a new name, or in place of those that it stands for.

        Raises
        ------
        ParameterError
            If the name is empty, too long, or that of a preset that ships with the method.
        PresetError
            If the file cannot be written.
        """
        name = usable_name(spec, name)
        entry = _entry(name, params)
        entries = self._entries(spec)
        places = [place for place, other in enumerate(entries) if _same(other.get("name"), name)]
        if places:
            entries[places[0]] = entry
        else:
            entries.append(entry)
        self._write(spec, entries)
        return Preset(name, name, params)

    def rename(self, spec: MethodSpec, old: str, new: str) -> None:
        """Give a preset another name.

        Raises
        ------
        ParameterError
            If there is no preset of the old name, or the new one cannot be used.
        PresetError
            If the file cannot be written.
        """
        new = usable_name(spec, new)
        entries = self._entries(spec)
        place = _place(entries, old)
        if any(_same(entry.get("name"), new) for n, entry in enumerate(entries) if n != place):
            raise ParameterError("name", new, "one that no other preset has")
        entries[place] = {**entries[place], "name": new}
        self._write(spec, entries)

    def remove(self, spec: MethodSpec, name: str) -> None:
        """Delete a preset; raises as ``rename`` does."""
        entries = self._entries(spec)
        del entries[_place(entries, name)]
        self._write(spec, entries)

    def import_file(self, spec: MethodSpec, path: Path) -> tuple[Preset, ...]:
        """Take over the presets of a file that ``export_file`` wrote; names that are taken get a number.

        Raises
        ------
        PresetError
            If the file cannot be read, is of another method, or holds nothing that fits.
        """
        found = [one for entry in _read(spec, path) if (one := _preset(spec, entry)) is not None]
        if not found:
            raise PresetError(str(path), f"holds no preset that fits {spec.title}", "choose a file that was exported")
        return tuple(self.save(spec, self._free_name(spec, one.name), one.params) for one in found)

    def export_file(self, spec: MethodSpec, name: str, params: Any, path: Path) -> None:
        """Write one set of parameters to a file for another machine; raises PresetError."""
        _write(path, spec, [_entry(name, params)])

    def _free_name(self, spec: MethodSpec, name: str) -> str:
        taken = {one.name.casefold() for one in self.presets(spec)} | _factory_names(spec)
        names = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
        return next(candidate for candidate in names if candidate.casefold() not in taken)

    def _path(self, spec: MethodSpec) -> Path:
        return self._folder / f"{spec.id}.json"

    def _entries(self, spec: MethodSpec) -> list[Json]:
        path = self._path(spec)
        if not path.exists():
            return []
        try:
            return _read(spec, path)
        except PresetError as error:
            _log("%s", error)
            return []

    def _write(self, spec: MethodSpec, entries: list[Json]) -> None:
        path = self._path(spec)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _spare_unreadable(spec, path)
        except OSError as error:
            raise _unwritable(path, error) from error
        _write(path, spec, entries)


def user_presets() -> PresetStore:
    """Return the presets of the user who runs the program."""
    return PresetStore(config_dir() / "presets")


def find_preset(spec: MethodSpec, store: PresetStore, name: str) -> Preset:
    """Return a preset by its name, one that ships with the method first; raises ParameterError."""
    own = {one.name: one for one in store.presets(spec)}
    # A later version may ship one of the name that a user has chosen.
    is_shipped = any(one.name == name for one in spec.presets)
    return own[name] if name in own and not is_shipped else preset(spec, name)


def usable_name(spec: MethodSpec, name: str) -> str:
    """Return a name without spaces around it; raises ParameterError if no preset may be called that."""
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ParameterError("name", name, f"of 1 to {LONGEST_NAME} printable characters")
    if name.casefold() in _factory_names(spec):
        raise ParameterError("name", name, "one that no preset of the program has")
    return name


def _factory_names(spec: MethodSpec) -> set[str]:
    return {text.casefold() for one in spec.presets for text in (one.name, one.title)}


def _same(first: Any, second: str) -> bool:
    return isinstance(first, str) and first.casefold() == second.casefold()


def _place(entries: list[Json], name: str) -> int:
    place = next((n for n, entry in enumerate(entries) if entry.get("name") == name), None)
    if place is None:
        raise ParameterError("preset", name, "one of those that you have saved")
    return place


def _entry(name: str, params: Any) -> Json:
    return {"name": name, "params": to_json(params)}


def _preset(spec: MethodSpec, entry: Mapping[str, Any]) -> Preset | None:
    try:
        name = usable_name(spec, entry["name"])
        return Preset(name, name, from_json(spec.params, entry["params"]))
    except _MISFITS as error:
        _log("a preset of %s is left out: %s", spec.id, error)
        return None


def _read(spec: MethodSpec, path: Path) -> list[Json]:
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if plain["schema"] != SCHEMA:
            raise ValueError(f"its schema is {plain['schema']!r}, not {SCHEMA}")
        if plain["method"] != spec.id:
            raise ValueError(f"its presets are for the method {plain['method']!r}, not {spec.id!r}")
        return [entry for entry in plain["presets"] if isinstance(entry, dict)]
    except OSError as error:
        raise PresetError(str(path), error.strerror or str(error), "check that it is there and open to you") from error
    except _MISFITS as error:
        why = str(error) if type(error) is ValueError else "it is no file of presets"
        raise PresetError(str(path), why, "choose a file that was exported from here") from error


def _spare_unreadable(spec: MethodSpec, path: Path) -> None:
    # Put aside, not overwritten: another version may still read it.
    if not path.exists():
        return
    try:
        _read(spec, path)
    except PresetError:
        path.replace(path.with_name(path.name + _BROKEN_SUFFIX))


def _write(path: Path, spec: MethodSpec, entries: list[Json]) -> None:
    plain = {"schema": SCHEMA, "method": spec.id, "presets": entries}
    try:
        with replacing(path) as temp:
            temp.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> PresetError:
    return PresetError(str(path), error.strerror or str(error), "free space there, or choose another folder")


def _log(message: str, *values: object) -> None:
    logging.getLogger(__name__).warning(message, *values)
