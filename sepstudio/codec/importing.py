"""Models on their way into the library: of every kind, and codecs of the reference package, which are converted.

Importing this module does not load torch.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Generator
from pathlib import Path

from sepstudio.codec.cards import KIND
from sepstudio.codec.model_cards import ALL_MODELS
from sepstudio.codec.models import is_reference_file
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.failures import read_failure, write_failure
from sepstudio.io.regular import open_regular
from sepstudio.io.steps import scaled
from sepstudio.nn.checkpoints import save_checkpoint, tensor_hash
from sepstudio.nn.library import SUFFIX, InstalledModel, own_folder
from sepstudio.nn.model_files import check_sha256, import_steps, name_for, refuse_twin, usable_sha256

_CHUNK = 1 << 20
_HASHED, _LOADED = 0.4, 0.7
# What such files are called when they are no checkpoints of this program.
_REFERENCE_SUFFIXES = (".pth", ".pt", ".ckpt")


def import_model_steps(path: Path, *, name: str = "", sha256: str = "") -> Generator[float, None, InstalledModel]:
    """Bring a model into the user's library, verified and as a whole or not at all; yields the fraction done.

    A checkpoint of this program is copied. A file of descript-audio-codec becomes a checkpoint of the same weights.

    Parameters
    ----------
    path, name, sha256
        As for ``sepstudio.nn.model_files.import_steps``.

    Raises
    ------
    CheckpointError
        If it is no model, is damaged, is another file than ``sha256`` says, is at hand already, or cannot be copied.
    ParameterError
        If the name is taken or cannot be that of a file, or the hash is none.
    """
    _refuse_special(path)
    if is_reference_file(path):
        return (yield from _convert(path, name, sha256))
    return (yield from import_steps(path, name=name, sha256=sha256, kinds=ALL_MODELS))


def _convert(path: Path, name: str, sha256: str) -> Generator[float, None, InstalledModel]:
    expected = usable_sha256(sha256)
    target = own_folder() / f"{name_for(_without_suffix(path.name), _without_suffix(name))}{SUFFIX}"
    check_sha256(path, (yield from scaled(_hash_steps(path), 0.0, _HASHED)), expected)
    # Only now: it loads torch.
    from sepstudio.codec.reference_files import read_reference

    read, weights = read_reference(path)
    yield _LOADED
    refuse_twin(path, tensor_hash(weights), ALL_MODELS)
    if target.exists():
        raise ParameterError("name", target.stem, "one that no other model has")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CheckpointError(*write_failure(target, error)) from error
    # A file that is called weights.pth tells nothing by its name.
    described = dataclasses.replace(read, name=target.stem)
    save_checkpoint(target, weights, kind=KIND, config=described.to_json(), provenance=described.provenance)
    yield 1.0
    return InstalledModel(target.stem, target, shipped=False)


def _hash_steps(path: Path) -> Generator[float, None, str]:
    digest = hashlib.sha256()
    try:
        with open_regular(path) as file:
            size = max(path.stat().st_size, 1)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                yield min(file.tell() / size, 1.0)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    return digest.hexdigest()


def _refuse_special(path: Path) -> None:
    """Raise CheckpointError for what cannot be read or would never end, such as a pipe."""
    try:
        with contextlib.closing(open_regular(path)):
            pass
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error


def _without_suffix(name: str) -> str:
    stem = next((name.removesuffix(suffix) for suffix in _REFERENCE_SUFFIXES if name.endswith(suffix)), name)
    return stem or name
