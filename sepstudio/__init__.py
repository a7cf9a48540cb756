"""SepStudio: take music apart, see why it came apart that way, and hear every piece at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sepstudio.io.audio import read_audio, write_audio
    from sepstudio.io.clip import AudioClip
    from sepstudio.separation.base import Separation
    from sepstudio.separation.registry import separate

__version__ = "0.1.0"
__all__ = ["AudioClip", "Separation", "__version__", "read_audio", "separate", "write_audio"]

_HOMES = {
    "AudioClip": "sepstudio.io.clip",
    "Separation": "sepstudio.separation.base",
    "read_audio": "sepstudio.io.audio",
    "separate": "sepstudio.separation.registry",
    "write_audio": "sepstudio.io.audio",
}


def __getattr__(name: str) -> Any:
    # Lazy, because the command line must answer --help without loading numba and scipy.
    # The submodules sepstudio.separation and sepstudio.dsp load on attribute access as well.
    import importlib

    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in {"codec", "dsp", "io", "metrics", "separation"}:
        return importlib.import_module(f"sepstudio.{name}")
    raise AttributeError(f"module 'sepstudio' has no attribute {name!r}")
