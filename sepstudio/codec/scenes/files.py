"""Scenes as files: sound, and beside it a description of what is where."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sepstudio.codec.scenes.drawing import draw_scene
from sepstudio.codec.scenes.material import Material
from sepstudio.codec.scenes.rendering import render_scene
from sepstudio.dsp.ambisonics import channels_of
from sepstudio.errors import DataSetError, ParameterError
from sepstudio.io.atomic import replacing
from sepstudio.io.audio import write_audio_steps
from sepstudio.io.clip import AudioClip
from sepstudio.io.failures import display_name, write_failure
from sepstudio.io.steps import part, scaled

# A scene is rendered in memory: 16 channels of this length at 96 kHz are 740 MB.
_LONGEST = 120.0


@dataclass(frozen=True)
class SceneSettings:
    """How scenes are made: ``seconds`` each, at ``sample_rate`` Hz, of an ``order``, drawn from ``seed``."""

    seed: int = 0
    seconds: float = 10.0
    sample_rate: int = 44_100
    order: int = 3

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise ParameterError("seed", self.seed, "0 or more")
        if not 0.5 <= self.seconds <= _LONGEST:
            raise ParameterError("seconds", self.seconds, f"from 0.5 to {_LONGEST:g} s")
        if not 8000 <= self.sample_rate <= 96_000:
            raise ParameterError("sample_rate", self.sample_rate, "from 8000 to 96000 Hz")
        channels_of(self.order)


_DEFAULTS = SceneSettings()
_MADE_UP = Material()


def write_scenes_steps(
    target: Path, count: int, material: Material = _MADE_UP, settings: SceneSettings = _DEFAULTS
) -> Generator[float, None, list[Path]]:
    """Make scenes in a folder; yields the fraction done and returns the audio files.

    ``scene-0000.wav`` is 24-bit PCM in ACN/SN3D, ``scene-0000.json`` says what is where. Scene number n depends on the
    seed, on n, and on the names and contents of the recordings alone. A scene counts as made when its description is
    there; those that were made in the same way are kept, so that a cancelled run goes on where it ended.

    Parameters
    ----------
    target : Path
        Created where it does not exist.
    count : int
    material : Material
        Recordings to use beside sounds that are made up.

    Raises
    ------
    DataSetError
        If the folder cannot be written, or holds a scene of that name made otherwise.
    AudioFileError
        If a recording cannot be read.
    ParameterError
        If a number is out of range.
    """
    if count < 1:
        raise ParameterError("count", count, "1 or more")
    try:
        target.mkdir(parents=True, exist_ok=True)
        made = []
        for number in range(count):
            made.append((yield from part(_scene_steps(target, number, material, settings), number, count)))
    except OSError as error:
        raise DataSetError(*write_failure(target, error)) from error
    return made


def _scene_steps(
    target: Path, number: int, material: Material, settings: SceneSettings
) -> Generator[float, None, Path]:
    audio = target / f"scene-{number:04d}.wav"
    rng = np.random.default_rng([settings.seed, number])
    scene = draw_scene(rng, settings.seconds, material)
    record: dict[str, Any] = {
        "made by": "sepstudio",
        "number": number,
        **asdict(settings),
        "ordering": "ACN",
        "normalisation": "SN3D",
        "scene": asdict(scene),
    }
    description = audio.with_suffix(".json")
    text = json.dumps(record, indent=1, ensure_ascii=False)
    if not _is_made(audio, description, text):
        sound = render_scene(scene, settings.sample_rate, settings.order, material)
        yield 0.8
        yield from scaled(write_audio_steps(audio, AudioClip(sound, settings.sample_rate), "PCM_24"), 0.8, 1.0)
        with replacing(description) as temp:
            temp.write_text(text, encoding="utf-8")
    yield 1.0
    return audio


def _is_made(audio: Path, description: Path, text: str) -> bool:
    if not audio.exists() or not description.exists():
        return False
    if description.read_text(encoding="utf-8", errors="replace") != text:
        remedy = "choose an empty folder, or the settings of the scenes that are there"
        raise DataSetError(display_name(description), "exists and was made in another way", remedy)
    return True
