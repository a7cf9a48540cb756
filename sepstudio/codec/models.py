"""Files of models of the codec: those of this program, and those of the reference package.

Importing this module does not load torch.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from sepstudio.codec.cards import KIND, described
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.nn.checkpoints import CheckpointHeader, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from sepstudio.codec.codec import Codec

# How files of torch begin: archives since 2020, bare pickles before.
_PICKLES = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04")


def load(path: str | PathLike[str], device: str = "auto") -> Codec:
    """Return a model from a checkpoint of this program, or from one that descript-audio-codec saved.

    Files of that package are pickles; only numbers and containers are accepted of them.

    Parameters
    ----------
    path : path
    device : {"auto", "cpu", "cuda", "cuda:N"}

    Raises
    ------
    CheckpointError
        If the file cannot be read, is damaged, or is no model of the codec.
    DeviceError
        If there is no such device.
    """
    from sepstudio.codec.codec import Codec

    file = Path(path)
    if is_reference_file(file):
        from sepstudio.codec.reference_files import read_reference

        description, weights = read_reference(file)
        return Codec(description, weights, device=device)
    header, tensors = load_checkpoint(file, kind=KIND)
    try:
        return Codec(described(header, file), tensors, device=device, sha256=header.sha256)
    except ParameterError as error:
        why = f"does not fit together ({error.what}: {error.why})"
        raise CheckpointError(display_name(file), why, "choose a checkpoint that this program wrote") from error


def save(path: str | PathLike[str], codec: Codec) -> CheckpointHeader:
    """Write a model as a checkpoint, as a whole or not at all; an existing file is replaced.

    Raises
    ------
    CheckpointError
        If a weight is not finite or the file cannot be written.
    """
    config, provenance = codec.description.to_json(), codec.description.provenance
    return save_checkpoint(Path(path), codec.weights, kind=KIND, config=config, provenance=provenance)


def is_reference_file(path: Path) -> bool:
    """Return whether a file begins as those of torch do; CheckpointError if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(2).startswith(_PICKLES)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
