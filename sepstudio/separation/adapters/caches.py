"""Weights in the folders where torch and the Hugging Face hub keep what the user fetched; nothing is fetched here."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path

from sepstudio.errors import CheckpointError

_BLOCK = 1 << 20
# What torch and both packages end the names of their files with: the beginning of the SHA-256.
_ANNOUNCED = re.compile(r"[-_]([0-9a-f]{8,64})$")


def torch_checkpoints() -> Path:
    """Return the folder of the downloads of ``torch.hub``; it need not exist."""
    import torch.hub

    return Path(torch.hub.get_dir(), "checkpoints")


def hub_folder() -> Path:
    """Return the folder of the Hugging Face hub's downloads; it need not exist."""
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"):
        if os.environ.get(name):
            return Path(os.environ[name]).expanduser()
    home = os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache", "huggingface")
    return Path(home).expanduser() / "hub"


def hub_file(repository: str, name: str) -> Path | None:
    """Return a file of a repository (``owner/name``) in the hub's cache, of its main branch where that is known."""
    root = hub_folder() / f"models--{repository.replace('/', '--')}"
    try:
        main = [root / "snapshots" / (root / "refs" / "main").read_text(encoding="ascii").strip() / name]
    except (OSError, UnicodeDecodeError):
        main = []
    others = sorted(root.glob(f"snapshots/*/{name}"))
    return next((path for path in [*main, *others] if path.is_file()), None)


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    CheckpointError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        why = error.strerror or str(error)
        raise CheckpointError(f"{path} cannot be read", why, "check the file and its rights") from error
    return digest.hexdigest()


def checked_hash(path: Path) -> str:
    """Return the SHA-256 of a file; a name such as ``bass-2ca1ce51.pth`` announces how it begins.

    Raises
    ------
    CheckpointError
        If the file is not what its name says, or cannot be read.
    """
    found = file_hash(path)
    announced = _ANNOUNCED.search(path.stem)
    if announced and not found.startswith(announced[1]):
        why = f"its SHA-256 begins with {found[: len(announced[1])]} and should begin with {announced[1]}"
        raise CheckpointError(f"{path} is damaged", why, "delete it and fetch it again")
    return found


def joint_hash(hashes: Sequence[str]) -> str:
    """Return one hash for several files: that of the only one, else the SHA-256 of theirs in order."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode("ascii")).hexdigest()
