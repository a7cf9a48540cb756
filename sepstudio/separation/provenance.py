"""What a run notes about the machine and the programs that made it."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import sepstudio
from sepstudio.separation.base import Provenance, RunContext
from sepstudio.separation.parameters import to_json


def run_provenance(
    method: str,
    params: Any,
    context: RunContext,
    started: float,
    *,
    packages: Sequence[str],
    device: str = "cpu",
    notes: Sequence[str] = (),
    model_hash: str = "",
) -> Provenance:
    """Return what is to be known of a run that began at ``started`` (``time.perf_counter``) and ends now.

    ``packages`` are those whose versions have a part in the result.
    """
    return Provenance(
        method=method,
        params=to_json(params),
        seed=context.seed,
        versions=versions(*packages),
        device=device,
        wall_seconds=time.perf_counter() - started,
        peak_memory_bytes=peak_memory(),
        notes=tuple(notes),
        model_hash=model_hash,
    )


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of the program, of Python and of some packages."""
    own = {"sepstudio": sepstudio.__version__, "python": platform.python_version()}
    return own | {package: version(package) for package in packages}


def peak_memory() -> int:
    """Return the largest resident size that the process had so far, in bytes; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux kibibytes.
    return peak if sys.platform == "darwin" else peak * 1024
