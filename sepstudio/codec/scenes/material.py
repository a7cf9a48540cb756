"""Where the dry sounds of scenes come from: made up, or stretches of given recordings."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from sepstudio.codec.scenes import synthesis
from sepstudio.codec.scenes.description import Dry
from sepstudio.io.clip import AudioClip
from sepstudio.io.excerpts import excerpt_clip
from sepstudio.io.resampled import at_rate

FloatArray = npt.NDArray[np.float32]

KINDS: Mapping[str, Callable[[np.random.Generator, int, int], FloatArray]] = {
    "tones": synthesis.tones,
    "percussion": synthesis.percussion,
    "noise": synthesis.noise,
    "speech": synthesis.speech,
}
# Root of the mean power of what sounds, so that sources differ by their level alone.
_LEVEL = 0.1
# A recording is silent here if it stays below this; then another stretch is tried.
_SILENT = 1e-4
_TRIES = 5


@dataclass(frozen=True)
class Material:
    """Recordings by name of which scenes may be made, beside what is made up.

    ``share`` of the sources play recordings; without recordings none does.
    """

    recordings: Mapping[str, AudioClip] = field(default_factory=dict)
    share: float = 0.75

    def draw(self, rng: np.random.Generator, seconds: float) -> Dry:
        """Choose a sound of some length."""
        seed = int(rng.integers(1 << 32))
        if not self.recordings or rng.random() >= self.share:
            return Dry(str(rng.choice(list(KINDS))), seed)
        name = str(rng.choice(list(self.recordings)))
        start = 0.0
        for _ in range(_TRIES):
            start = round(float(rng.uniform(0, max(self.recordings[name].duration - seconds, 0))), 3)
            if np.abs(self._stretch(name, start, seconds)).max() > _SILENT:
                break
        return Dry("file", seed, name, start)

    def _stretch(self, name: str, start: float, seconds: float) -> FloatArray:
        clip = self.recordings[name]
        first = round(start * clip.sample_rate)
        return clip.read(first, min(first + round(seconds * clip.sample_rate), clip.length))

    def play(self, dry: Dry, length: int, sample_rate: int) -> FloatArray:
        """Return a sound as float32 [length]; channels of a recording are summed, a short one begins anew.

        Raises
        ------
        AudioFileError
            If a recording cannot be read any more.
        """
        if dry.kind != "file":
            return _levelled(KINDS[dry.kind](np.random.default_rng(dry.seed), length, sample_rate))
        clip = at_rate(self.recordings[dry.file], sample_rate)
        first = min(round(dry.start * sample_rate), clip.length)
        sound = clip.read(first, min(first + length, clip.length)).sum(axis=0)
        while len(sound) < length:
            sound = np.concatenate([sound, clip.read(0, min(length - len(sound), clip.length)).sum(axis=0)])
        return _levelled(sound)


def _levelled(sound: FloatArray) -> FloatArray:
    power = np.square(sound, dtype=np.float32)
    # Over what is not silent: rests between notes do not make notes louder.
    heard = power > 1e-4 * power.max(initial=0.0)
    mean = power[heard].mean() if heard.any() else 0.0
    return np.asarray(sound * np.float32(_LEVEL / np.sqrt(mean)) if mean > 0 else sound, np.float32)


def read_material(paths: Sequence[str | os.PathLike[str]], share: float = Material.share) -> Material:
    """Open recordings to make scenes of, under their paths.

    Those of which any stretch can be read stay in their files; the others are decoded once.

    Raises
    ------
    AudioFileError
        If one cannot be read.
    """
    return Material({str(path): excerpt_clip(Path(path)) for path in paths}, share)
