"""Files of models on their way into the library, and whether those in it are still what they were."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.io.steps import scaled
from sepstudio.nn.checkpoint_check import check_steps
from sepstudio.nn.library import SUFFIX, InstalledModel, free_name, installed, is_taken, own_folder, usable_name
from sepstudio.nn.model_kinds import Card, ModelKinds
from sepstudio.nn.phase_cards import PHASE_MODELS

_CHUNK = 1 << 20
_COPIED, _HASHED = 0.6, 0.5


@dataclass(frozen=True)
class SoundModel:
    """A model whose weights are those it was written with; ``file_sha256`` is what ``sha256sum`` says of its file."""

    card: Card
    file_sha256: str


def verify_steps(path: Path, kinds: ModelKinds[Card] = PHASE_MODELS) -> Generator[float, None, SoundModel]:
    """Compute the hashes of a model of some kind anew; yields the fraction done.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is no model, or its weights are not those it was written with.
    """
    # Before anything is opened: of a pipe, for example, reading would never end.
    kinds.read(path)
    try:
        with path.open("rb") as file:
            digest = yield from _hashed(file, path.stat().st_size, _HASHED)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    return SoundModel((yield from _checked(path, _HASHED, kinds)), digest)


def import_steps(
    path: Path, *, name: str = "", sha256: str = "", kinds: ModelKinds[Card] = PHASE_MODELS
) -> Generator[float, None, InstalledModel]:
    """Copy a model into the user's library, verified and as a whole or not at all; yields the fraction done.

    Parameters
    ----------
    path : Path
    name : str
        What it will be called; "" for the name of the file, with a number if another model is called that.
    sha256 : str
        Of the file, in hexadecimal, if it is known.
    kinds : ModelKinds
        What is taken.

    Raises
    ------
    CheckpointError
        If it is no model, is damaged, is another file than ``sha256`` says, is at hand already, or cannot be copied.
    ParameterError
        If the name is taken or cannot be that of a file, or the hash is none.
    """
    expected = usable_sha256(sha256)
    refuse_twin(path, kinds.read(path).sha256, kinds)
    target = own_folder() / f"{name_for(path.name, name)}{SUFFIX}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temp:
            digest = yield from _copied(path, temp)
            check_sha256(path, digest, expected)
            # What was copied is looked at, not what may have changed since.
            card = yield from _checked(temp, _COPIED, kinds, said_of=path)
            refuse_twin(path, card.sha256, kinds)
            if target.exists():
                raise ParameterError("name", target.stem, "one that no other model has")
    except OSError as error:
        raise CheckpointError(*write_failure(target, error)) from error
    return InstalledModel(target.stem, target, shipped=False)


def usable_sha256(text: str) -> str:
    """Return a hash in small letters and without spaces, "" if there is none; raises ParameterError."""
    plain = "".join(text.split()).lower()
    if plain and not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ParameterError("sha256", text, "64 characters 0 to 9 and a to f, or nothing")
    return plain


def check_sha256(path: Path, found: str, expected: str) -> None:
    """Raise CheckpointError if a file is not the one that is expected; any is if ``expected`` is empty."""
    if expected and found != expected:
        why = f"is another file than was asked for: its SHA-256 is {found}, not {expected}"
        raise CheckpointError(display_name(path), why, "check both, and get the file again")


def name_for(file_name: str, wanted: str) -> str:
    """Return what a model of a file will be called: as is wanted, else as the file, with a number if that is taken.

    Raises ParameterError if the name that is wanted is taken or cannot be that of a file.
    """
    if not wanted:
        return free_name(usable_name(file_name.removesuffix(SUFFIX)))
    usable = usable_name(wanted)
    if is_taken(usable):
        raise ParameterError("name", usable, "one that no other model has")
    return usable


def refuse_twin(path: Path, sha256: str, kinds: ModelKinds[Card]) -> None:
    """Raise CheckpointError if a model of the same weights is at hand already."""
    for model in installed():
        try:
            twin = kinds.read(model.path).sha256 == sha256
        except CheckpointError:
            # A damaged file in the library is no reason against a sound one.
            continue
        if twin:
            why = f"is installed already, as {model.name}: the weights are the same"
            raise CheckpointError(display_name(path), why, f"choose {model.name}")


def _checked(
    path: Path, low: float, kinds: ModelKinds[Card], said_of: Path | None = None
) -> Generator[float, None, Card]:
    """Return the card of a model after its weights were found to be those it was written with."""
    try:
        header = yield from scaled(check_steps(path, kind=kinds.names), low, 1.0)
        return kinds.card_of(header, said_of or path, path.stat().st_size)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    except CheckpointError as error:
        raise CheckpointError(display_name(said_of or path), error.why, error.remedy) from error


def _copied(path: Path, temp: Path) -> Generator[float, None, str]:
    try:
        source = path.open("rb")
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    with source, temp.open("wb") as copy:
        return (yield from _hashed(source, path.stat().st_size, _COPIED, copy))


def _hashed(file: BinaryIO, size: int, part: float, copy: BinaryIO | None = None) -> Generator[float, None, str]:
    """Read a file to its end, as the first ``part`` of a work, and write it into another; return its SHA-256."""
    digest, done = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        if copy is not None:
            copy.write(chunk)
        done += len(chunk)
        yield part * min(done / max(size, 1), 1.0)
    return digest.hexdigest()
