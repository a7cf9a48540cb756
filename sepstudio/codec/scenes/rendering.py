"""From a description to the sound of a scene."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.codec.scenes.description import Scene
from sepstudio.codec.scenes.drawing import draw_scene
from sepstudio.codec.scenes.fields import add_ambience, add_reverberation, diffuse_field, through_microphone
from sepstudio.codec.scenes.material import Material
from sepstudio.codec.scenes.paths import add_source
from sepstudio.dsp.ambisonics import channels_of
from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float32]

# 0.1 dB below full scale, for formats that round.
_PEAK = 10 ** (-0.1 / 20)
_MADE_UP = Material()


def render_scene(scene: Scene, sample_rate: int, order: int = 3, material: Material = _MADE_UP) -> FloatArray:
    """Render a scene in ACN/SN3D, as float32 [channels, samples].

    One gain for all channels brings W to the scene's level, or lower so that no channel exceeds -0.1 dBFS.

    Parameters
    ----------
    sample_rate : int
        In Hz.
    order : int
        0 to 7.
    material : Material
        With the recordings that the scene names.

    Raises
    ------
    ParameterError
        If the order, the rate or the length are out of range.
    """
    length = round(scene.seconds * sample_rate)
    if sample_rate < 8000:
        raise ParameterError("sample_rate", sample_rate, "8000 Hz or more")
    if length < 1:
        raise ParameterError("seconds", scene.seconds, "positive")
    sound = np.zeros((channels_of(order), length), np.float32)
    sent = np.zeros(length, np.float32)
    for source in scene.sources:
        dry = material.play(source.dry, length, sample_rate)
        add_source(sound, dry, source, scene.room, sample_rate)
        sent += dry * np.float32(10 ** (source.level / 20))
    if scene.room is not None:
        add_reverberation(sound, sent, scene.room, sample_rate)
    if scene.ambience is not None:
        add_ambience(sound, material.play(scene.ambience.dry, length, sample_rate), scene.ambience)
    if scene.diffuse is not None:
        sound += diffuse_field(scene.diffuse, len(sound), length, sample_rate)
    if scene.microphone is not None:
        through_microphone(sound, scene.microphone, sample_rate)
    return _at_level(sound, scene.level)


def _at_level(sound: FloatArray, level: float) -> FloatArray:
    power, peak = float(np.square(sound[0]).mean()), float(np.abs(sound).max())
    if not power:
        return sound
    sound *= np.float32(min(10 ** (level / 20) / np.sqrt(power), _PEAK / peak))
    return sound


def random_scene(
    rng: np.random.Generator,
    seconds: float,
    sample_rate: int,
    order: int = 3,
    dry: Material = _MADE_UP,
) -> FloatArray:
    """Return a scene drawn by chance in ACN/SN3D, as float32 [channels, samples]; see ``draw_scene``.

    Parameters
    ----------
    rng : numpy Generator
        The same state gives the same scene.
    dry : Material
        Recordings to use beside sounds that are made up (``material.read_material``).
    """
    return render_scene(draw_scene(rng, seconds, dry), sample_rate, order, dry)
