"""What a training was begun with, kept in its folder: the form shows it again, so that it can be gone on with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.gui.models.training_params import TrainingParams
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import write_failure
from sepstudio.separation.parameters import from_json, to_json

FILE_NAME = "form.json"


@dataclass(frozen=True)
class TrainingSettings:
    """All that the form shows beside the folder of the results."""

    params: TrainingParams
    data: tuple[Path, ...]
    variants: tuple[str, ...]
    instruments: tuple[str, ...]


def write_settings(folder: Path, settings: TrainingSettings) -> None:
    """Keep settings in the folder of a training, which is made; raises CheckpointError."""
    plain = {
        "params": to_json(settings.params),
        "data": [str(path) for path in settings.data],
        "variants": list(settings.variants),
        "instruments": list(settings.instruments),
    }
    write_form(folder, plain)


def write_form(folder: Path, plain: Mapping[str, Any]) -> None:
    """Keep the JSON values of a form in the folder of a training, which is made; raises CheckpointError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / FILE_NAME) as temp:
            temp.write_text(json.dumps(plain, indent=1), encoding="utf-8")
    except OSError as error:
        raise CheckpointError(*write_failure(folder / FILE_NAME, error)) from error


def read_form(folder: Path) -> Any:
    """Return the JSON values that a form has kept; OSError or ValueError where there are none."""
    return json.loads((folder / FILE_NAME).read_text(encoding="utf-8"))


def read_settings(folder: Path) -> TrainingSettings | None:
    """Return the settings that a training was begun with; None if they are not there or not of this version."""
    try:
        plain = read_form(folder)
        return TrainingSettings(
            from_json(TrainingParams, plain["params"]),
            tuple(Path(path) for path in plain["data"]),
            tuple(map(str, plain["variants"])),
            tuple(map(str, plain["instruments"])),
        )
    except (OSError, ValueError, KeyError, TypeError, ParameterError):
        return None
