"""The Ambisonics codec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sepstudio.codec.bitstream import read_bitstream, write_bitstream
    from sepstudio.codec.codec import Codec
    from sepstudio.codec.codes import Codes
    from sepstudio.codec.config import CodecConfig
    from sepstudio.codec.losses import covariance_loss
    from sepstudio.codec.models import load, save
    from sepstudio.codec.widening import widen

__all__ = [
    "Codec",
    "CodecConfig",
    "Codes",
    "covariance_loss",
    "load",
    "read_bitstream",
    "save",
    "widen",
    "write_bitstream",
]

_HOMES = {
    "Codec": "codec",
    "CodecConfig": "config",
    "Codes": "codes",
    "covariance_loss": "losses",
    "load": "models",
    "read_bitstream": "bitstream",
    "save": "models",
    "widen": "widening",
    "write_bitstream": "bitstream",
}


def __getattr__(name: str) -> Any:
    # Lazy, because the command line must answer --help without loading torch.
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(f"sepstudio.codec.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sepstudio.codec' has no attribute {name!r}")
