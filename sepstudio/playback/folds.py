"""How scenes in Ambisonics are heard from two loudspeakers, and what there is beside."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sepstudio.dsp.ambisonics import channels_of, layout
from sepstudio.errors import ParameterError
from sepstudio.io.clip import FloatArray
from sepstudio.io.hoa import AMBIX, Convention, order_of
from sepstudio.playback.rendering import Read

# Of one order less, four or nine channels may as well be loudspeakers.
LEAST_SCENE = 16

FoldName = Literal["cardioids", "omni"]
# How scenes may be heard, the usual way first; `spatial` has what is no fold.
HearingName = Literal["binaural", "cardioids", "omni"]
HEARING_NAMES: tuple[HearingName, ...] = ("binaural", "cardioids", "omni")


@dataclass(frozen=True)
class Fold:
    """Linear gains of every channel in the left and the right loudspeaker, both of the same length.

    It remembers nothing and so renders every clip itself, as ``rendering.Renderer``.
    """

    left: tuple[float, ...]
    right: tuple[float, ...]
    history = 0

    @property
    def channels(self) -> int:
        """The number of channels that it folds."""
        return len(self.left)

    def apply(self, samples: FloatArray) -> FloatArray:
        """Return float32 [2, samples] of float32 [channels, samples]."""
        out = np.zeros((2, samples.shape[1]), np.float32)
        # Nearly all gains are zero, and playback folds in small pieces: this is less work than a product of matrices.
        for side, channel, gain in self._parts:
            out[side] += samples[channel] * gain
        return out

    def renderer(self) -> Fold:
        """Return itself."""
        return self

    def at_rest(self) -> Fold:
        """Return itself: loudspeakers stay where they are."""
        return self

    held = at_rest

    def render(self, read: Read, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` of a clip, float32 [2, stop - start]."""
        return self.apply(read(start, stop))

    @functools.cached_property
    def _parts(self) -> tuple[tuple[int, int, np.float32], ...]:
        sides = enumerate((self.left, self.right))
        return tuple((side, n, np.float32(gain)) for side, gains in sides for n, gain in enumerate(gains) if gain)


def is_scene(channels: int) -> bool:
    """Return whether a recording of so many channels is taken for Ambisonics unless somebody says otherwise."""
    try:
        return channels >= LEAST_SCENE and order_of(channels) > 0
    except ParameterError:
        return False


@functools.lru_cache(maxsize=64)
def scene_fold(channels: int, name: FoldName = "cardioids", convention: Convention = AMBIX) -> Fold:
    """Return how a scene is folded.

    ``"cardioids"`` are two virtual cardioid microphones that look to the left and to the right, ``(W + Y) / 2`` and
    ``(W - Y) / 2`` in SN3D: level differences follow the sine of the azimuth, front and back sound alike, and the sum
    is W. ``"omni"`` is W from both sides. A head-locked pair behind the scene goes to the left and to the right.

    Parameters
    ----------
    channels : int
        The full set of an order, for example 16, or two more.
    name : {"cardioids", "omni"}
    convention : Convention
        Of the scene.

    Raises
    ------
    ParameterError
        For an incomplete set of channels, or one that the convention does not have.
    """
    order = order_of(channels)
    places, weights = layout(convention.ordering, convention.normalisation, order)
    middle, side = np.zeros(channels), np.zeros(channels)
    middle[places[0]] = 1.0 / weights[0]
    # One channel has no direction.
    if name == "cardioids" and order > 0:
        middle[places[0]] /= 2.0
        side[places[1]] = 0.5 / weights[1]
    left, right = middle + side, middle - side
    pair = channels_of(order)
    left[pair : pair + 1] = right[pair + 1 :] = 1.0
    return Fold(tuple(left.tolist()), tuple(right.tolist()))
