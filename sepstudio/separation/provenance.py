"""What a run notes about the machine and the programs that made it."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import version

import sepstudio


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
