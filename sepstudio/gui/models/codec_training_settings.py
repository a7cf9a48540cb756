"""What a training of the codec was begun with, kept in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sepstudio.errors import ParameterError
from sepstudio.gui.models.codec_training_params import CodecTrainingParams
from sepstudio.gui.models.training_settings import read_form, write_form
from sepstudio.separation.parameters import from_json, to_json

_KIND = "codec"


@dataclass(frozen=True)
class CodecTrainingSettings:
    """All that the form shows beside the folder of the results; ``start`` is empty for a random start."""

    params: CodecTrainingParams
    data: tuple[Path, ...]
    start: str = ""


def write_codec_settings(folder: Path, settings: CodecTrainingSettings) -> None:
    """Keep settings in the folder of a training, which is made; raises CheckpointError."""
    data = [str(path) for path in settings.data]
    write_form(folder, {"kind": _KIND, "params": to_json(settings.params), "data": data, "start": settings.start})


def read_codec_settings(folder: Path) -> CodecTrainingSettings | None:
    """Return the settings that a training was begun with; None if they are not there or not of this version."""
    try:
        plain = read_form(folder)
        if plain["kind"] != _KIND:
            return None
        params = from_json(CodecTrainingParams, plain["params"])
        return CodecTrainingSettings(params, tuple(Path(path) for path in plain["data"]), str(plain["start"]))
    except (OSError, ValueError, KeyError, TypeError, ParameterError):
        return None
