"""How scenes in Ambisonics are heard from two loudspeakers."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sepstudio.dsp.ambisonics import convert
from sepstudio.io.clip import FloatArray

# Of one order less, four or nine channels may as well be loudspeakers.
SCENE_CHANNELS = (16, 25, 36, 49, 64)

FoldName = Literal["cardioids", "omni"]
FOLD_NAMES: tuple[FoldName, ...] = ("cardioids", "omni")


@dataclass(frozen=True)
class Fold:
    """Linear gains of every channel in the left and the right loudspeaker, both of the same length."""

    left: tuple[float, ...]
    right: tuple[float, ...]

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

    @functools.cached_property
    def _parts(self) -> tuple[tuple[int, int, np.float32], ...]:
        sides = enumerate((self.left, self.right))
        return tuple((side, n, np.float32(gain)) for side, gains in sides for n, gain in enumerate(gains) if gain)


@functools.lru_cache(maxsize=64)
def scene_fold(channels: int, name: FoldName = "cardioids", convention: str = "SN3D") -> Fold:
    """Return how a scene is folded.

    ``"cardioids"`` are two virtual cardioid microphones that look to the left and to the right, ``(W + Y) / 2`` and
    ``(W - Y) / 2`` in SN3D: level differences follow the sine of the azimuth, front and back sound alike, and the sum
    is W. ``"omni"`` is W from both sides.

    Parameters
    ----------
    channels : int
        The full set of an order, for example 16.
    name : {"cardioids", "omni"}
    convention : {"SN3D", "N3D", "FuMa"}
        Of the scene, see ``dsp.ambisonics.convert``.

    Raises
    ------
    ParameterError
        For an incomplete set of channels, or one that the convention does not have.
    """
    to_sn3d = convert(np.eye(channels), convention, "SN3D")
    # One channel has no direction.
    side = to_sn3d[1] if name == "cardioids" and channels > 1 else to_sn3d[0] * 0.0
    share = 0.5 if name == "cardioids" and channels > 1 else 1.0
    left, right = share * (to_sn3d[0] + side), share * (to_sn3d[0] - side)
    return Fold(tuple(left.tolist()), tuple(right.tolist()))
