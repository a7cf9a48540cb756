"""The pyramids of one recording, and the order in which they are filled."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from sepstudio.io.clip import AudioClip
from sepstudio.tiles.build import BuildStep, build_pyramids
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.spectrogram import SpectrogramPyramid
from sepstudio.tiles.waveform import WaveformPyramid


@dataclass(frozen=True, eq=False)
class ClipPyramids:
    """What panes need to draw a recording; shared by all panes that show it."""

    spectrogram: SpectrogramPyramid
    waveform: WaveformPyramid

    @property
    def clip(self) -> AudioClip:
        """The recording."""
        return self.spectrogram.clip

    @property
    def complete(self) -> bool:
        """Whether nothing is left to build."""
        return self.spectrogram.complete and self.waveform.complete

    def look(self) -> Generator[BuildStep, None, None]:
        """Take the first looks over the whole recording."""
        yield from self.spectrogram.look()
        self.waveform.overview()
        yield BuildStep(0.0)

    def build(self) -> Generator[BuildStep, None, None]:
        """Fill both pyramids in one pass, from where they stopped."""
        return build_pyramids([self.spectrogram, self.waveform])


def pyramids_of(
    clip: AudioClip, cache: TileCache | None = None, *, fft_size: int = 2048, hop_size: int = 512
) -> ClipPyramids:
    """Return empty pyramids of a recording; sizes in samples, ``cache`` is shared with other recordings."""
    cache = cache or TileCache()
    return ClipPyramids(SpectrogramPyramid(clip, fft_size, hop_size, cache), WaveformPyramid(clip, cache))
