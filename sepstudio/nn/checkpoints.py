"""Files of trained networks: weights, what they are weights of, and where they come from.

A checkpoint is a safetensors file, which holds numbers and never runs anything. Its metadata has one
entry, ``sepstudio``: a JSON document with kind, configuration, provenance, the SHA-256 of the tensors
and that of the rest of the document. A file that was damaged or edited is found out, and equal
networks give equal files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import display_name, read_failure, write_failure
from sepstudio.io.regular import open_regular
from sepstudio.nn.provenance import Provenance

Tensors = Mapping[str, npt.NDArray[Any]]

FORMAT = "sepstudio checkpoint"
VERSION = 1
LONGEST_HEADER = 1 << 22

_TYPES = {"F32": np.float32, "F64": np.float64, "I64": np.int64}
_AGAIN = "copy or download the file again"
_CHOOSE = "choose a checkpoint that this program wrote"


@dataclass(frozen=True)
class CheckpointHeader:
    """What a checkpoint says of itself.

    Parameters
    ----------
    kind : str
        Which sort of network it is.
    config : mapping
        What the network is built from, as JSON values.
    provenance : Provenance
    sha256 : str
        Of names, types, shapes and values of the tensors, see ``tensor_hash``.
    size : int
        Bytes of all tensors.
    """

    kind: str
    config: Mapping[str, Any]
    provenance: Provenance
    sha256: str
    size: int


def save_checkpoint(
    path: Path, tensors: Tensors, *, kind: str, config: Mapping[str, Any], provenance: Provenance
) -> CheckpointHeader:
    """Write a checkpoint, as a whole or not at all.

    Parameters
    ----------
    path : Path
        An existing file is replaced.
    tensors : mapping of str to array
        float32, float64 or int64; finite.
    kind : str
    config : mapping
        Of JSON values.
    provenance : Provenance

    Raises
    ------
    CheckpointError
        If a number is not finite, or the file cannot be written.
    ParameterError
        For tensors of other types.
    """
    from safetensors.numpy import save

    for name, values in tensors.items():
        if values.dtype not in _TYPES.values():
            raise ParameterError(f"tensor {name}", str(values.dtype), "float32, float64 or int64")
    bad = _not_finite(tensors)
    if bad:
        why = f"is not written, because {bad} holds values that are not finite"
        raise CheckpointError(display_name(path), why, "keep an earlier state, or train again with smaller steps")
    size = sum(values.nbytes for values in tensors.values())
    header = CheckpointHeader(kind, config, provenance, tensor_hash(tensors), size)
    content = save({name: _packed(values) for name, values in tensors.items()}, {"sepstudio": _document(header)})
    try:
        with replacing(path) as temp:
            temp.write_bytes(content)
    except OSError as error:
        raise CheckpointError(*write_failure(path, error)) from error
    return header


def read_header(path: Path, *, kind: str | tuple[str, ...]) -> CheckpointHeader:
    """Return what a checkpoint says of itself, without reading its tensors.

    Raises CheckpointError if the file cannot be read, is no checkpoint of this kind (or of one of
    these), is truncated, or says something else than it was written with.
    """
    try:
        with open_regular(path) as file:
            return _header(file, path, kind)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error


def kind_of(path: Path) -> str:
    """Return the kind that a checkpoint says it is of, "" if it cannot be read; nothing else of it is looked at."""
    try:
        with open_regular(path) as file:
            return str(_parsed_document(_header_text(file, path), path).get("kind", ""))
    except (OSError, CheckpointError):
        return ""


def load_checkpoint(path: Path, *, kind: str | tuple[str, ...]) -> tuple[CheckpointHeader, dict[str, npt.NDArray[Any]]]:
    """Return a checkpoint and its tensors, everything verified.

    Raises
    ------
    CheckpointError
        As ``read_header``; and if a tensor is of another type, not what was written, or not finite.
    """
    try:
        with open_regular(path) as file:
            header = _header(file, path, kind)
            file.seek(0)
            content = file.read()
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    tensors = _tensors(content, path)
    if tensor_hash(tensors) != header.sha256:
        raise CheckpointError(display_name(path), "is damaged: its weights are not those it was written with", _AGAIN)
    bad = _not_finite(tensors)
    if bad:
        raise CheckpointError(display_name(path), f"is of no use: {bad} holds values that are not finite", _CHOOSE)
    return header, tensors


@contextlib.contextmanager
def fitting(path: Path) -> Iterator[None]:
    """Turn the complaint about a value of a file, a ParameterError, into a CheckpointError about the file."""
    try:
        yield
    except ParameterError as error:
        why = f"does not fit together ({error.what}: {error.why})"
        raise CheckpointError(display_name(path), why, _CHOOSE) from error


def tensor_hash(tensors: Tensors) -> str:
    """Return the SHA-256 of tensors, in hexadecimal: of name, type, shape and little-endian values of each by name."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        values = _packed(tensors[name])
        digest.update(json.dumps([name, values.dtype.name, list(values.shape)]).encode("ascii") + b"\n")
        digest.update(values.reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def document_hash(values: Mapping[str, Any]) -> str:
    """Return the SHA-256 of JSON values, in hexadecimal, whatever their order."""
    return hashlib.sha256(_canonical(values).encode("ascii")).hexdigest()


def _header(file: BinaryIO, path: Path, kind: str | tuple[str, ...]) -> CheckpointHeader:
    size = os.fstat(file.fileno()).st_size
    text = _header_text(file, path)
    document = _parsed_document(text, path)
    header = _decoded(document, path, kind)
    missing = 8 + len(text) + header.size - size
    if missing:
        why = f"{missing} bytes are missing at its end" if missing > 0 else f"{-missing} bytes follow its end"
        raise CheckpointError(display_name(path), f"is damaged: {why}", _AGAIN)
    return header


def _header_text(file: BinaryIO, path: Path) -> bytes:
    first = file.read(8)
    _check_beginning(first, os.fstat(file.fileno()).st_size, path)
    return file.read(int.from_bytes(first, "little"))


def _check_beginning(first: bytes, size: int, path: Path) -> None:
    # Before anything is reserved: these eight bytes may claim any length.
    length = int.from_bytes(first, "little")
    if len(first) < 8 or not 2 <= length <= LONGEST_HEADER:
        # Only now: the length of a header may begin with any of these bytes.
        if first[:2] == b"PK" or first[:1] == b"\x80":
            why = "looks like a pickle or an archive, which is never opened because it could run programs"
            raise CheckpointError(display_name(path), why, _CHOOSE)
        raise _foreign(path)
    if 8 + length > size:
        raise CheckpointError(display_name(path), "is damaged: it ends within its header", _AGAIN)


def _parsed_document(text: bytes, path: Path) -> dict[str, Any]:
    try:
        values = json.loads(json.loads(text)["__metadata__"]["sepstudio"])
        foreign = values["format"] != FORMAT
        damaged = values.pop("document_sha256", None) != document_hash(values)
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise _foreign(path) from error
    if foreign:
        raise _foreign(path)
    if damaged:
        raise CheckpointError(display_name(path), "is damaged: its description is not that it was written with", _AGAIN)
    return dict(values)


def _decoded(values: dict[str, Any], path: Path, kind: str | tuple[str, ...]) -> CheckpointHeader:
    kinds = (kind,) if isinstance(kind, str) else kind
    version = values.get("version")
    if version != VERSION:
        why = f"has version {version!r} of the file format, and this program reads version {VERSION}"
        raise CheckpointError(display_name(path), why, "update the program")
    found = values.get("kind")
    if found not in kinds:
        why = f"holds a network of the kind {found!r}, not {' or '.join(map(repr, kinds))}"
        raise CheckpointError(display_name(path), why, "choose a checkpoint of the right kind")
    config, provenance = values.get("config"), values.get("provenance")
    size, digest = values.get("size"), values.get("sha256")
    typed = isinstance(config, dict) and isinstance(provenance, dict) and isinstance(digest, str)
    if not typed or type(size) is not int or size < 0 or config is None or provenance is None:
        raise CheckpointError(display_name(path), "describes itself in another way than a checkpoint does", _CHOOSE)
    try:
        return CheckpointHeader(str(found), config, Provenance.from_json(provenance), str(digest), size)
    except ParameterError as error:
        raise CheckpointError(
            display_name(path), f"has a wrong provenance ({error.what}: {error.why})", _CHOOSE
        ) from error


def _tensors(content: bytes, path: Path) -> dict[str, npt.NDArray[Any]]:
    import safetensors

    # Compiled, hence without annotations.
    deserialize: Callable[[bytes], list[tuple[str, dict[str, Any]]]] = safetensors.deserialize
    try:
        entries = deserialize(content)
    except safetensors.SafetensorError as error:
        raise CheckpointError(display_name(path), f"is damaged ({error})", _AGAIN) from error
    tensors: dict[str, npt.NDArray[Any]] = {}
    for name, entry in entries:
        if entry["dtype"] not in _TYPES:
            raise CheckpointError(display_name(path), f"has a tensor of the type {entry['dtype']}", _CHOOSE)
        kind = np.dtype(_TYPES[entry["dtype"]]).newbyteorder("<")
        tensors[name] = np.frombuffer(entry["data"], kind).reshape(entry["shape"])
    return tensors


def _document(header: CheckpointHeader) -> str:
    values = {
        "format": FORMAT,
        "version": VERSION,
        "kind": header.kind,
        "config": dict(header.config),
        "provenance": header.provenance.to_json(),
        "sha256": header.sha256,
        "size": header.size,
    }
    return _canonical(values | {"document_sha256": document_hash(values)})


def _packed(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<")).reshape(values.shape)


def _not_finite(tensors: Tensors) -> str:
    """Return the name of a tensor with values that are not finite, "" if there is none."""
    return next((name for name, values in sorted(tensors.items()) if not np.isfinite(values).all()), "")


def _foreign(path: Path) -> CheckpointError:
    return CheckpointError(display_name(path), "is no checkpoint of this program", _CHOOSE)


def _canonical(values: Mapping[str, Any]) -> str:
    return json.dumps(values, sort_keys=True, allow_nan=False)
