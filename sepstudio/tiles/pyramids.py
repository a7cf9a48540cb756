"""The pyramids of one recording, and the order in which they are filled."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator
from dataclasses import dataclass

from sepstudio.io.clip import AudioClip
from sepstudio.tiles.analysis import FrameAnalysis
from sepstudio.tiles.build import BuildStep, build_pyramids
from sepstudio.tiles.cache import TileCache
from sepstudio.tiles.phases import PhaseAnalysis, PhasePyramid
from sepstudio.tiles.spectrogram import SpectrogramPyramid
from sepstudio.tiles.waveform import WaveformPyramid

# What the pyramids of recordings may keep together that were looked at: two hours of stereo take 65 MB.
SHELF_BYTES = 96 << 20


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
        if not self.waveform.complete:
            self.waveform.overview()
        yield BuildStep(0.0)

    def build(self) -> Generator[BuildStep, None, None]:
        """Fill both pyramids in one pass, from where they stopped."""
        # What is complete is known when the turn comes: others may have filled the waveform by then.
        yield from build_pyramids([part for part in (self.spectrogram, self.waveform) if not part.complete])


def pyramids_of(
    clip: AudioClip,
    cache: TileCache | None = None,
    analysis: FrameAnalysis | None = None,
    waveform: WaveformPyramid | None = None,
) -> ClipPyramids:
    """Return empty pyramids of a recording; ``cache`` is shared with other recordings.

    ``waveform`` is that of other pyramids of the same recording: it does not depend on the analysis.
    """
    cache, sizes = cache or TileCache(), analysis or FrameAnalysis()
    return ClipPyramids(_spectrogram(clip, cache, sizes), waveform or WaveformPyramid(clip, cache))


def _spectrogram(clip: AudioClip, cache: TileCache, sizes: FrameAnalysis) -> SpectrogramPyramid:
    if isinstance(sizes, PhaseAnalysis):
        return PhasePyramid(clip, sizes, cache)
    return SpectrogramPyramid(clip, sizes.fft_size, sizes.hop_size, cache, padding=sizes.padding, lead=sizes.lead)


class PyramidShelf:
    """Keeps pyramids that were looked at, so that they are there at once; the least recent go beyond a limit.

    Parameters
    ----------
    limit : int
        In bytes, of the levels that pyramids keep for as long as they live.
    """

    def __init__(self, limit: int = SHELF_BYTES) -> None:
        self.limit = limit
        self._kept: OrderedDict[int, ClipPyramids] = OrderedDict()

    @property
    def size(self) -> int:
        """Bytes kept at present."""
        return sum(p.spectrogram.kept_bytes + p.waveform.kept_bytes for p in self._kept.values())

    def keep(self, pyramids: ClipPyramids) -> None:
        """Keep pyramids, the most recent ones now, and let go of others beyond the limit."""
        self._kept[id(pyramids)] = pyramids
        self._kept.move_to_end(id(pyramids))
        while len(self._kept) > 1 and self.size > self.limit:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        """Let go of all."""
        self._kept.clear()
