"""Files of models of the codec: those of this program, and those of the reference package.

Importing this module does not load torch.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from sepstudio.codec.cards import KIND, CodecDescription, described
from sepstudio.errors import CheckpointError
from sepstudio.io.failures import read_failure
from sepstudio.io.regular import open_regular
from sepstudio.nn.checkpoints import CheckpointHeader, Tensors, fitting, load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from sepstudio.codec.codec import Codec

# How files of torch begin: archives since 2020, bare pickles before.
_PICKLES = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04")


def load(path: str | PathLike[str], device: str = "auto") -> Codec:
    """Return a model from a checkpoint of this program, or from one that descript-audio-codec saved.

    Files of that package are pickles; only numbers and containers are accepted of them. The weights stay in the file,
    and are read again to save, widen or train them.

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
    description, weights, sha256 = _read(file)
    with fitting(file):
        # A full-size model takes 257 MB: what few need is not kept beside the network.
        return Codec(description, weights, device=device, sha256=sha256, source=lambda: _read(file)[1])


def _read(path: Path) -> tuple[CodecDescription, Tensors, str]:
    """Return what a file holds, and the hash of the weights if it is known already."""
    if is_reference_file(path):
        from sepstudio.codec.reference_files import read_reference

        return *read_reference(path), ""
    header, tensors = load_checkpoint(path, kind=KIND)
    return described(header, path), tensors, header.sha256


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
        with open_regular(path) as file:
            return file.read(2).startswith(_PICKLES)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
