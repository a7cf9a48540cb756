"""Models as descript-audio-codec saves them.

A pickle of ``{"state_dict": …, "metadata": {"kwargs": …}}``. Only numbers, arrays and containers are
accepted of it, so that it runs nothing. Importing this module loads torch.
"""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from sepstudio.codec.cards import CodecDescription
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.weights import check_weights
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.failures import display_name, read_failure
from sepstudio.nn.checkpoints import fitting
from sepstudio.nn.provenance import Provenance

# Those of the constructor, by the names of CodecConfig.
_ARGUMENTS = {
    "sample_rate": "sample_rate",
    "encoder_dim": "encoder_dim",
    "encoder_rates": "encoder_rates",
    "decoder_dim": "decoder_dim",
    "decoder_rates": "decoder_rates",
    "latent_dim": "latent_dim",
    "codebooks": "n_codebooks",
    "codebook_size": "codebook_size",
    "codebook_dim": "codebook_dim",
}
# Newer versions of torch give the two parts of a weight-normed kernel other names.
_RENAMED = {".parametrizations.weight.original0": ".weight_g", ".parametrizations.weight.original1": ".weight_v"}
_FIRST, _LAST = "encoder.block.0.weight_v", "decoder.model"
_CHOOSE = "choose a file of weights that descript-audio-codec saved, or a checkpoint of this program"
# The published models were trained with it; the file says 0 of all of them.
_DROPOUT = 0.5


def read_reference(path: Path) -> tuple[CodecDescription, dict[str, npt.NDArray[np.float32]]]:
    """Return the description and the weights of a model of the reference package.

    Raises
    ------
    CheckpointError
        If the file cannot be read, is none of weights, or holds another network than it describes.
    """
    content = _unpickled(path)
    try:
        metadata, state = content["metadata"], content["state_dict"]
        with fitting(path):
            weights = {_own_name(name): _single(name, values) for name, values in state.items()}
            config = _config(metadata["kwargs"], weights)
            check_weights(config, weights)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CheckpointError(display_name(path), "holds no model of descript-audio-codec", _CHOOSE) from error
    summary = f"{config.codebooks} codebooks at {config.sample_rate} Hz, from a file of descript-audio-codec."
    name = path.stem if path.stem.isprintable() and path.stem.strip() else "imported codec"
    return CodecDescription(name, summary, config, _provenance(path)), weights


def _unpickled(path: Path) -> Mapping[str, Any]:
    _refuse_package(path)
    try:
        with torch.serialization.safe_globals(_numpy_scalars()):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise CheckpointError(*read_failure(path, error)) from error
    except Exception as error:  # damaged pickles raise whatever comes
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        raise CheckpointError(display_name(path), f"cannot be read safely as weights ({why})", _CHOOSE) from error
    if not isinstance(content, Mapping):
        raise CheckpointError(display_name(path), "holds no model of descript-audio-codec", _CHOOSE)
    return content


def _refuse_package(path: Path) -> None:
    """Raise CheckpointError for an archive that holds programs, or anything but a file of torch."""
    with contextlib.suppress(OSError):
        if not zipfile.is_zipfile(path):
            return
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        if any(name.endswith("/.data/extern_modules") for name in names):
            why = "is a torch.package, which holds programs and is never opened"
            raise CheckpointError(display_name(path), why, "choose weights.pth beside it")
        if not any(name.endswith("/data.pkl") for name in names):
            raise CheckpointError(display_name(path), "is an archive, not a file of weights", _CHOOSE)


def _numpy_scalars() -> list[Any]:
    """Return what numpy's numbers are made of in pickles: published files keep training logs beside the weights."""
    kinds = [type(np.dtype(kind)) for kind in (np.float64, np.float32, np.int64, np.int32, np.bool_)]
    rebuild = np.float64(0).__reduce__()[0]
    names = [(rebuild, f"numpy.{core}.multiarray.scalar") for core in ("core", "_core")]
    return [*names, np.dtype, *kinds]


def _own_name(name: str) -> str:
    for theirs, own in _RENAMED.items():
        name = name.replace(theirs, own)
    return name


def _single(name: str, values: Any) -> npt.NDArray[np.float32]:
    if not isinstance(values, torch.Tensor) or not values.is_floating_point():
        raise ParameterError(f"tensor {name}", type(values).__name__, "of floating-point numbers")
    array = values.detach().float().numpy()
    if not np.isfinite(array).all():
        raise ParameterError(f"tensor {name}", "NaN or infinity", "finite")
    return np.asarray(array, np.float32)


def _config(arguments: Mapping[str, Any], weights: Mapping[str, npt.NDArray[np.float32]]) -> CodecConfig:
    values = {own: _plain(arguments[theirs]) for own, theirs in _ARGUMENTS.items()}
    if values["latent_dim"] is None:
        values["latent_dim"] = values["encoder_dim"] << len(values["encoder_rates"])
    channels = int(weights[_FIRST].shape[1])
    return CodecConfig(**values, channels=channels, quantizer_dropout=_DROPOUT, tanh=True)


def _plain(value: Any) -> Any:
    """Return an argument in types of our own."""
    if isinstance(value, list | tuple):
        return tuple(int(item) for item in value)
    return value if value is None else int(value)


def _provenance(path: Path) -> Provenance:
    date = datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()
    return Provenance("not stated in the file", (), 0, 0, date, program="descript-audio-codec")
