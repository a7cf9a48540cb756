"""What comes from everywhere: diffuse noise, reverberation, ambience, and the flaws of a microphone."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from sepstudio.codec.scenes.description import Ambience, Diffuse, Microphone, Room
from sepstudio.codec.scenes.paths import SPEED_OF_SOUND
from sepstudio.codec.scenes.synthesis import coloured
from sepstudio.dsp.ambisonics import degrees, order_of, spherical_harmonics

FloatArray = npt.NDArray[np.float32]

# Share of the reverberation time that is rendered: then 45 dB are gone.
_TAIL = 0.75


def _decibels(level: float) -> np.float32:
    return np.float32(10 ** (level / 20))


def _diffuse_gains(channels: int) -> FloatArray:
    """Return the roots of 1/(2n + 1) as [channels, 1].

    Waves of equal power from all directions are uncorrelated between channels, and all channels of a degree together
    are as strong as W.
    """
    return (1 / np.sqrt(2 * degrees(order_of(channels)) + 1)).astype(np.float32)[:, np.newaxis]


def diffuse_field(diffuse: Diffuse, channels: int, length: int, sample_rate: int) -> FloatArray:
    """Return diffuse noise as float32 [channels, length], W of the power of its level."""
    field = coloured(np.random.default_rng(diffuse.seed), (channels, length), sample_rate, diffuse.slope)
    field *= _diffuse_gains(channels) * _decibels(diffuse.level - 20)
    return field


def add_reverberation(scene: FloatArray, dry: FloatArray, room: Room, sample_rate: int) -> None:
    """Add the late reverberation of a room to a scene, in place.

    Noise that dies away, independent in each channel. A source of power 1 at 1 m fills the room with 16π/A, where A is
    the absorbing area (Kuttruff, "Room acoustics", 5.5); what the early reflections bring of it is taken off.

    Parameters
    ----------
    scene : float32 array [channels, samples]
    dry : float32 array [samples]
        The sum of all sources, at the level of 1 m.
    """
    from scipy.signal import lfilter, oaconvolve

    channels, length = scene.shape
    decay = room.decay
    # Walls are a mean free path of 4V/S apart: after that long the reflections of one more order follow.
    onset = round(room.reflections * 4 * math.prod(room.size) / room.surface / SPEED_OF_SOUND * sample_rate)
    tail = max(round(_TAIL * decay * sample_rate), 1)
    envelope = np.exp(-3 * math.log(10) / (decay * sample_rate) * np.arange(tail)).astype(np.float32)
    white = np.random.default_rng(room.seed).standard_normal((channels, tail), np.float32) * envelope
    pole = np.exp(-2 * np.pi * room.brightness / 2 / sample_rate)
    response = lfilter(np.array([1 - pole], np.float32), np.array([1, -pole], np.float32), white)
    absorbing = room.absorption * room.surface
    power = 16 * math.pi / absorbing * (1 - room.absorption) ** (room.reflections + 1)
    response *= _diffuse_gains(channels) * np.float32(math.sqrt(power) / np.sqrt((envelope**2).sum()))
    heard = oaconvolve(dry[np.newaxis], response, axes=-1)[:, : max(length - onset, 0)]
    scene[:, onset : onset + heard.shape[1]] += heard


def add_ambience(scene: FloatArray, dry: FloatArray, ambience: Ambience) -> None:
    """Add one sound from many directions to a scene, in place; each hears another moment of it."""
    channels, length = scene.shape
    azimuth, elevation = np.radians(ambience.directions).T
    gains = spherical_harmonics(azimuth, elevation, order_of(channels)).astype(np.float32)
    starts = np.random.default_rng(ambience.seed).integers(0, max(length, 1), len(azimuth))
    waves = np.stack([np.roll(dry, start) for start in starts])
    scene += (gains * (_decibels(ambience.level) / np.float32(math.sqrt(len(azimuth))))) @ waves


def through_microphone(scene: FloatArray, microphone: Microphone, sample_rate: int) -> None:
    """Give a scene the weak low frequencies of high degrees, and the noise, that arrays of microphones have.

    In place. All channels of a degree pass one filter, so that directions stay.
    """
    from scipy.signal import butter, sosfilt

    channels, length = scene.shape
    n = degrees(order_of(channels))
    for degree in range(1, int(n[-1]) + 1):
        corner = min(microphone.corner * degree, 0.4 * sample_rate)
        filters = butter(degree, corner, "highpass", fs=sample_rate, output="sos").astype(np.float32)
        scene[n == degree] = sosfilt(filters, scene[n == degree])
    noise = np.random.default_rng(microphone.seed).standard_normal((channels, length), np.float32)
    scene += noise * _decibels(microphone.noise - 20)
