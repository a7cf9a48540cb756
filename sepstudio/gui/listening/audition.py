"""A sound of its own that is heard for a moment in place of everything else."""

from __future__ import annotations

from dataclasses import dataclass

from sepstudio.io.clip import AudioClip
from sepstudio.playback.transport import Lane

GAP_SECONDS = 0.25


@dataclass(frozen=True)
class Audition:
    """A clip that begins at a sample of the timeline, and what was going on before: playing, and the position.

    While it is ``held`` it is heard over and over, with a short gap.
    """

    clip: AudioClip
    start: int
    before: tuple[bool, int]
    held: bool = True

    @property
    def lane(self) -> Lane:
        """The clip as a lane."""
        return Lane("audition", self.clip, self.start)

    @property
    def stop(self) -> int:
        """The sample of the timeline at which it is over."""
        return self.start + self.clip.length

    @property
    def loop(self) -> tuple[int, int] | None:
        """What the transport repeats."""
        return (self.start, self.stop + round(GAP_SECONDS * self.clip.sample_rate)) if self.held else None
