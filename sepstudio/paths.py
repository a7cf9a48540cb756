"""Where things lie: shipped resources, caches, settings and logs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

APP_NAME = "sepstudio"


def resource(*parts: str) -> Path:
    """Return the path of a shipped resource, for example ``resource("demo", "mixture.flac")``.

    Works from a wheel (``sepstudio/resources``), from a checkout (``resources`` beside the
    package) and from a frozen program (unpacked beside the executable).

    Raises
    ------
    FileNotFoundError
        If none of the three places holds it.
    """
    package = Path(__file__).resolve().parent
    roots = [package / "resources", package.parent / "resources"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen:
        roots.insert(0, Path(frozen) / "sepstudio" / "resources")
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"resource {'/'.join(parts)} is in none of {[str(r) for r in roots]}")


def cache_dir() -> Path:
    """Return the folder for things that may be deleted at any time, created on first use."""
    path = Path(os.environ.get("SEPSTUDIO_CACHE_DIR") or platformdirs.user_cache_dir(APP_NAME))
    path.mkdir(parents=True, exist_ok=True)
    return path


def state_dir() -> Path:
    """Return the folder for what the program remembers between two starts; it need not exist yet."""
    return Path(platformdirs.user_state_dir(APP_NAME))


def data_dir() -> Path:
    """Return the folder for what the user has collected for the program, such as models; it need not exist yet."""
    return Path(platformdirs.user_data_dir(APP_NAME))


def log_dir() -> Path:
    """Return the folder for the log and for what is known of crashes; it need not exist yet."""
    return Path(platformdirs.user_log_dir(APP_NAME))


def config_dir() -> Path:
    """Return the folder for what the user has set up and may copy to another machine; it need not exist yet."""
    return Path(platformdirs.user_config_dir(APP_NAME))
