"""Audio of which stretches were replaced."""

from __future__ import annotations

import numpy as np

from sepstudio.io.clip import AudioClip, ComputedClip, FloatArray, Part

FADE_SECONDS = 0.005


class PatchedClip(ComputedClip):
    """A clip with another one in the place of a stretch, crossfaded over 5 ms at both ends of the stretch.

    A patch upon a patched clip does not nest: what it covers is forgotten, so that reading stays as quick
    however often a stretch is replaced.

    Parameters
    ----------
    base : AudioClip
        What sounds outside of the stretch.
    patch : Part
        What sounds from its ``offset`` on, of the same rate and number of channels; its ``gain`` counts.
    """

    base: AudioClip
    patches: tuple[Part, ...]

    def __init__(self, base: AudioClip, patch: Part) -> None:
        super().__init__(base.channels, base.length, base.sample_rate)
        earlier = base.patches if isinstance(base, PatchedClip) else ()
        self.base = base.base if isinstance(base, PatchedClip) else base
        self.patches = (*(old for old in earlier if not _covers(patch, old)), patch)

    def _read_inside(self, start: int, stop: int) -> FloatArray:
        total = self.base.read(start, stop)
        for patch in self.patches:
            first, last = max(start, patch.offset), min(stop, patch.offset + patch.clip.length)
            if first < last:
                total = total.copy()
                inside = total[:, first - start : last - start]
                weights = self._weights(patch, first, last)
                sound = patch.clip.read(first - patch.offset, last - patch.offset) * np.float32(patch.gain)
                inside += weights * (sound - inside)
        return total

    def _weights(self, patch: Part, first: int, last: int) -> FloatArray:
        """Return how much of the patch is heard at samples ``first`` to ``last``, 0 to 1."""
        fade = max(round(FADE_SECONDS * self.sample_rate), 1)
        place = np.arange(first, last) - patch.offset
        # Where the patch begins or ends with the clip there is nothing to fade from.
        rise = (place + 1) / (fade + 1) if patch.offset > 0 else np.ones(len(place))
        end = patch.clip.length
        fall = (end - place) / (fade + 1) if patch.offset + end < self.length else np.ones(len(place))
        return np.clip(np.minimum(rise, fall), 0.0, 1.0).astype(np.float32)


def _covers(patch: Part, other: Part) -> bool:
    end, other_end = patch.offset + patch.clip.length, other.offset + other.clip.length
    return patch.offset <= other.offset and other_end <= end
