"""Scenes in Ambisonics for two ears."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sepstudio.dsp import diffuse_field, magls
from sepstudio.dsp.ambisonics import Float64Array, order_of, quadrature, rotation_matrix, spherical_harmonics
from sepstudio.dsp.hrirs import Hrirs
from sepstudio.dsp.partitioned import PartitionedConvolution
from sepstudio.dsp.sphere_hrtf import HEAD_RADIUS, SPEED_OF_SOUND, sphere_responses
from sepstudio.errors import ParameterError

FloatArray = npt.NDArray[np.float32]

SPHERE_NAME = "Spherical head"
# Of the filters, in seconds; a quarter lies before the sound: the phases above the cut-off are not minimal.
_LENGTH = 0.005
_BEFORE = 1 / 4
_FADED = 1 / 8
# Bins for each tap, so that what the cut leaves out does not come back from the other end.
_OVERSAMPLING = 4
# Directions for the sphere: the shadow's edge holds degrees beyond those that are decoded.
_SPHERE_DEGREE = 20
_SAMPLE_RATES = (4000, 768000)
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class BinauralDecoder:
    """Filters that turn a scene in ACN/SN3D into what two ears hear.

    All decoders have one level: in a diffuse field the ears have the power of the omnidirectional channel, averaged
    over both ears and over the octaves from 200 Hz to 16 kHz. Those made here have it in every third of an octave as
    well: headphones imitate a diffuse field, and the loudspeaker and the ear canals of a measurement would be heard.

    Parameters
    ----------
    filters : float32 array [2, channels, taps]
        For the left and the right ear.
    sample_rate : int
        In Hz.
    name : str
        Of the head, as it is shown.
    delay : int
        Samples by which the ears hear everything late; ``render`` takes them away.

    Raises
    ------
    ParameterError
        If the filters are not of that shape or not finite, or the delay is not within them.
    """

    filters: FloatArray
    sample_rate: int
    name: str
    delay: int = 0

    def __post_init__(self) -> None:
        if self.filters.ndim != 3 or len(self.filters) != 2 or not self.filters.size:
            raise ParameterError("filters", self.filters.shape, "an array of shape [2, channels, taps]")
        order_of(self.channels)
        if not np.isfinite(self.filters).all():
            raise ParameterError("filters", "NaN or infinity", "finite")
        if not 0 <= self.delay < self.filters.shape[2]:
            raise ParameterError("delay", self.delay, f"between 0 and {self.filters.shape[2] - 1}")

    @property
    def channels(self) -> int:
        """Channels of the scenes that it is for."""
        return int(self.filters.shape[1])

    @property
    def order(self) -> int:
        """Ambisonic order of the scenes that it is for."""
        return order_of(self.channels)


@functools.lru_cache(maxsize=16)
def sphere_decoder(sample_rate: int, order: int = 3) -> BinauralDecoder:
    """Return the decoder for the ears of a rigid sphere: always there, of nobody's measurement.

    Raises
    ------
    ParameterError
        If the rate is not between 4 and 768 kHz, or the order out of range.
    """
    _check_rate(sample_rate)
    size = _transform_size(sample_rate)
    azimuth, elevation, weights = quadrature(_SPHERE_DEGREE)
    responses = sphere_responses(azimuth, elevation, np.arange(size // 2 + 1) * sample_rate / size)
    responses *= diffuse_field.equalizer(responses, weights)
    return _designed(responses, azimuth, elevation, weights, order, sample_rate, SPHERE_NAME)


def decoder_of(
    hrirs: Hrirs, order: int = 3, sample_rate: int | None = None, *, equalized: bool = True
) -> BinauralDecoder:
    """Return the decoder for measured ears.

    Parameters
    ----------
    hrirs : Hrirs
    order : int
        Of the scenes.
    sample_rate : int, optional
        Of the scenes in Hz; that of the set if None.
    equalized : bool
        Whether to give a diffuse field the spectrum of the omnidirectional channel, see ``diffuse_field.equalizer``;
        else the spectra are those of the set.

    Raises
    ------
    ParameterError
        If the rate is not between 4 and 768 kHz, or the order out of range or more than the directions tell apart.
    """
    rate = hrirs.sample_rate if sample_rate is None else sample_rate
    _check_rate(rate)
    size = _transform_size(rate)
    responses = hrirs.responses(rate / size, size // 2 + 1)
    azimuth, elevation = hrirs.directions.T
    if equalized:
        responses *= diffuse_field.equalizer(responses, hrirs.weights)
    return _designed(responses, azimuth, elevation, hrirs.weights, order, rate, hrirs.name)


def head_rotation(yaw: float, pitch: float, roll: float, order: int) -> Float64Array:
    """Return the matrix [channels, channels] that turns a scene as a head hears it that has turned by these angles.

    The head turns as in ``ambisonics.rotation_matrix``: with a positive yaw it looks to the left, with a positive
    pitch down, with a positive roll its left ear rises. What lay in front is then heard from the other side.

    Raises
    ------
    ParameterError
        If the order is outside its range or an angle is not finite.
    """
    return rotation_matrix(yaw, pitch, roll, order).T


def render(
    x: npt.ArrayLike,
    sample_rate: int,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    decoder: BinauralDecoder | None = None,
) -> FloatArray:
    """Return what two ears hear of a scene.

    Parameters
    ----------
    x : float32 array [channels, samples]
        In ACN/SN3D, the full set of an order.
    sample_rate : int
        In Hz.
    yaw, pitch, roll : float
        How the head is turned, in radians; see ``head_rotation``.
    decoder : BinauralDecoder, optional
        Of x's order or a lower one, which leaves the higher channels out; ``sphere_decoder`` if None.

    Returns
    -------
    float32 array [2, samples]
        Left and right, in time with x.

    Raises
    ------
    ParameterError
        If x is no full set of channels, or the decoder is for another rate or more channels.
    """
    scene = np.asarray(x, np.float32)
    if scene.ndim != 2:
        raise ParameterError("x", scene.shape, "an array of shape [channels, samples]")
    if decoder is None:
        decoder = sphere_decoder(sample_rate, order_of(scene.shape[0]))
    check_fit(decoder, scene.shape[0], sample_rate)
    taps = decoder.filters.shape[2]
    around = np.pad(scene, ((0, 0), (taps - 1 - decoder.delay, decoder.delay)))
    return filtered(around, turned_filters(decoder, yaw, pitch, roll))


def check_fit(decoder: BinauralDecoder, channels: int, sample_rate: int) -> None:
    """Raise ParameterError unless a decoder is for scenes of a rate and of no more than so many channels."""
    order_of(channels)
    if decoder.sample_rate != sample_rate:
        raise ParameterError("decoder", f"{decoder.sample_rate} Hz", f"for the scene's {sample_rate} Hz")
    if decoder.channels > channels:
        raise ParameterError("decoder", f"{decoder.channels} channels", f"for the scene's {channels} at most")


def turned_filters(decoder: BinauralDecoder, yaw: float, pitch: float, roll: float) -> FloatArray:
    """Return the filters of a turned head, float32 [2, channels, taps]: as if the scene were turned before them."""
    matrix = head_rotation(yaw, pitch, roll, decoder.order).astype(np.float32)
    return np.asarray(matrix.T @ decoder.filters)


def filtered(x: FloatArray, filters: FloatArray) -> FloatArray:
    """Return the samples for which all that the filters need is there, float32 [2, samples - taps + 1].

    Parameters
    ----------
    x : float32 array [channels, samples]
        Channels beyond those of the filters are left out.
    filters : float32 array [2, channels, taps]
    """
    channels, taps = filters.shape[1:]
    length = x.shape[1]
    block = min(_BLOCK, 1 << max(length - 1, 0).bit_length())
    engine = PartitionedConvolution(filters, block)
    out = np.empty((2, -(-length // block) * block), np.float32)
    for start in range(0, length, block):
        piece = x[:channels, start : start + block]
        missing = block - piece.shape[1]
        out[:, start : start + block] = engine.process(np.pad(piece, ((0, 0), (0, missing))) if missing else piece)
    return out[:, taps - 1 : length]


def _check_rate(sample_rate: int) -> None:
    low, high = _SAMPLE_RATES
    if not low <= sample_rate <= high:
        raise ParameterError("sample_rate", sample_rate, f"between {low} and {high} Hz for ears")


def _taps(sample_rate: int) -> int:
    return 1 << max(math.ceil(_LENGTH * sample_rate) - 1, 1).bit_length()


def _transform_size(sample_rate: int) -> int:
    return _OVERSAMPLING * _taps(sample_rate)


def _designed(
    responses: magls.ComplexArray,
    azimuth: Float64Array,
    elevation: Float64Array,
    weights: Float64Array,
    order: int,
    sample_rate: int,
    name: str,
) -> BinauralDecoder:
    """Return the decoder of responses at all bins, complex128 [2, directions, bins], that share no delay."""
    inverse = magls.projection(azimuth, elevation, weights, order)
    step = sample_rate / (2 * (responses.shape[2] - 1))
    # Up to here an order describes the field on a sphere of a head's size: ka = order.
    cutoff = order * SPEED_OF_SOUND / (2 * np.pi * HEAD_RADIUS)
    harmonics = spherical_harmonics(azimuth, elevation, order)
    found = magls.magnitude_least_squares(responses, harmonics, inverse, math.ceil(cutoff / step))
    taps = _taps(sample_rate)
    delay = round(_BEFORE * taps)
    filters = np.roll(np.fft.irfft(found), delay, axis=2)[:, :, :taps] * _window(taps)
    filters /= diffuse_field.level(filters, sample_rate)
    finished = filters.astype(np.float32)
    finished.setflags(write=False)
    return BinauralDecoder(finished, sample_rate, name, delay)


def _window(taps: int) -> Float64Array:
    """Return a rise and a fall along half a cosine, float64 [taps]."""
    faded = round(_FADED * taps)
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(faded) + 0.5) / faded)
    return np.concatenate([rise, np.ones(taps - 2 * faded), rise[::-1]])
