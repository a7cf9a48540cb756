"""Recordings in higher-order Ambisonics: which convention their channels follow, and how they become ambiX."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sepstudio.dsp.ambisonics import FUMA_ORDER, HIGHEST_ORDER, NORMALISATIONS, ORDERINGS, channels_of, layout
from sepstudio.errors import AudioFileError, ParameterError
from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray
from sepstudio.io.picked import PickedClip

# Behind the scene some files carry a pair that does not turn with the head (RFC 8486, 3.2).
_HEAD_LOCKED = 2
_MOST_IN_FLAC = 8
_COUNTS = ", ".join(str(channels_of(order)) for order in range(HIGHEST_ORDER + 1))


@dataclass(frozen=True)
class Convention:
    """How the channels of a scene are ordered and weighted.

    Parameters
    ----------
    ordering : {"ACN", "FuMa"}
    normalisation : {"SN3D", "N3D", "FuMa"}

    Raises
    ------
    ParameterError
        For another name.
    """

    ordering: str = "ACN"
    normalisation: str = "SN3D"

    def __post_init__(self) -> None:
        if self.ordering not in ORDERINGS:
            raise ParameterError("ordering", self.ordering, "one of " + ", ".join(ORDERINGS))
        if self.normalisation not in NORMALISATIONS:
            raise ParameterError("normalisation", self.normalisation, "one of " + ", ".join(NORMALISATIONS))

    @property
    def highest_order(self) -> int:
        """Up to which order channels are defined."""
        return FUMA_ORDER if "FuMa" in (self.ordering, self.normalisation) else HIGHEST_ORDER

    def __str__(self) -> str:
        return "FuMa" if self == FUMA else f"{self.ordering}/{self.normalisation}"


AMBIX = Convention()
N3D = Convention("ACN", "N3D")
FUMA = Convention("FuMa", "FuMa")
# What is offered; other mixtures of ordering and normalisation occur in files of home-made tools only.
USUAL = (AMBIX, N3D, FUMA)


def order_of(channels: int) -> int:
    """Return the order of a recording with so many channels: a full set, or one with a head-locked pair behind it.

    Raises
    ------
    ParameterError
        For other numbers, among them the 32 capsules of a microphone that were not encoded.
    """
    for count in (channels, channels - _HEAD_LOCKED):
        order = math.isqrt(max(count, 0)) - 1
        if 0 <= order <= HIGHEST_ORDER and channels_of(order) == count:
            return order
    raise ParameterError("channels", channels, f"{_COUNTS}, or 2 more for a pair that does not turn with the head")


def head_locked_pair(clip: AudioClip) -> AudioClip | None:
    """Return the left and right channel behind a scene that do not turn with the head, None where there are none.

    Raises
    ------
    ParameterError
        If the channels are no scene; see ``order_of``.
    """
    scene = channels_of(order_of(clip.channels))
    return None if scene == clip.channels else PickedClip(clip, range(scene, clip.channels))


class _Ambix(ComputedClip):
    """A scene in ACN/SN3D, made of the channels of a clip as it is read."""

    def __init__(self, clip: AudioClip, convention: Convention, order: int) -> None:
        places, weights = layout(convention.ordering, convention.normalisation, order)
        super().__init__(len(places), clip.length, clip.sample_rate)
        self._clip = clip
        self._places = places
        self._gains = (1 / weights).astype(np.float32)[:, np.newaxis]

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        return self._clip.read(start, stop)[self._places] * self._gains


def as_ambix(clip: AudioClip, convention: Convention = AMBIX, order: int = 3) -> AudioClip:
    """Return a recording in ACN/SN3D of an order, read from the clip as it is needed.

    Channels of higher orders and a head-locked pair are left out; what is left are the very channels of the scene, not
    an approximation. A clip that is so already is returned itself.

    Raises
    ------
    AudioFileError
        If the channels are no full set, the scene is of a lower order, or its convention defines no such order.
    """
    name = f"{clip.channels} channels"
    try:
        given = order_of(clip.channels)
    except ParameterError as error:
        why = f"are no Ambisonics scene, which has {error.expected}"
        remedy = "export the scene alone; capsules of a microphone must be encoded first"
        if clip.channels == _MOST_IN_FLAC:
            remedy = "join this file with that of the other channels: scenes are cut where formats hold 8 at most"
        raise AudioFileError(name, why, remedy) from None
    if given < order:
        why = f"are Ambisonics of order {given}, {channels_of(order)} channels (order {order}) are needed"
        raise AudioFileError(name, why, "higher orders cannot be made of lower ones: choose another recording")
    # FuMa interleaves nothing: its first 16 channels are order 3, but there is no meaning to a seventeenth.
    if given > convention.highest_order:
        why = f"are Ambisonics of order {given}, {convention} ends at order {convention.highest_order}"
        raise AudioFileError(name, why, f"choose {AMBIX} or {N3D}")
    same = convention == AMBIX and clip.channels == channels_of(order)
    return clip if same else _Ambix(clip, convention, order)
