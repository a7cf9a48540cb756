"""Models of the codec among those at hand. Nothing here loads torch."""

from __future__ import annotations

from pathlib import Path

from sepstudio.codec.cards import KIND, read_codec_card
from sepstudio.errors import CheckpointError
from sepstudio.nn.checkpoints import kind_of
from sepstudio.nn.library import find_model, installed

DEFAULT_CODEC = "hoa-small"


def find_codec(name_or_path: str) -> Path:
    """Return the file of a codec by its name or path, "" for the default; raises CheckpointError as ``find_model``."""
    return find_model(name_or_path or DEFAULT_CODEC, lambda path: kind_of(path) == KIND)


def codec_with(sha256: str) -> Path:
    """Return the file of the installed codec whose weights have a hash, in hexadecimal.

    Raises CheckpointError if there is none.
    """
    for model in installed():
        try:
            if read_codec_card(model.path).sha256 == sha256:
                return model.path
        except CheckpointError:
            # Of another kind, or damaged.
            continue
    raise CheckpointError(
        f"the model {sha256[:12]}",
        "made these codes and is not installed",
        "import it with sepstudio models import, or name its file with --model",
    )
