"""Scenes as two ears hear them, as clips that are computed while they are read."""

from __future__ import annotations

from sepstudio.dsp.ambisonics import channels_of
from sepstudio.dsp.binaural import BinauralDecoder, check_fit, filtered, turned_filters
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray
from sepstudio.io.hoa import order_of


class _EarSignals(ComputedClip):
    def __init__(self, scene: AudioClip, decoder: BinauralDecoder, filters: FloatArray) -> None:
        super().__init__(len(filters), scene.length, scene.sample_rate)
        self._scene = scene
        self._filters = filters
        self._ahead = decoder.delay
        self._behind = filters.shape[2] - 1 - decoder.delay
        self._pair = channels_of(order_of(scene.channels))

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        samples = self._scene.read(start - self._behind, stop + self._ahead)
        ears = filtered(samples, self._filters)
        head_locked = samples[self._pair :, self._behind : self._behind + stop - start]
        return ears + head_locked if len(head_locked) else ears


def ear_signals(
    scene: AudioClip, decoder: BinauralDecoder, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0
) -> AudioClip:
    """Return what two ears hear of a scene.

    Parameters
    ----------
    scene : AudioClip
        In ACN/SN3D, read as the ears' signals are; it may be longer than memory. A pair of channels behind the scene
        goes to the ears as it is.
    decoder : BinauralDecoder
        Of the scene's rate, and its order or a lower one.
    yaw, pitch, roll : float
        How the head is turned, in radians; see ``dsp.binaural.head_rotation``.

    Returns
    -------
    AudioClip
        [2, samples], in time with the scene and of its length.

    Raises
    ------
    ParameterError
        If the scene is no full set of channels, the decoder does not fit it, or an angle is not finite.
    """
    check_fit(decoder, channels_of(order_of(scene.channels)), scene.sample_rate)
    return _EarSignals(scene, decoder, turned_filters(decoder, yaw, pitch, roll))
