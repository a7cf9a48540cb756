"""What turns the channels of a lane into those of the loudspeakers or of the ears."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from sepstudio.io.clip import FloatArray

# Returns samples start to stop of a clip, float32 [channels, stop - start]; zeros outside it.
Read = Callable[[int, int], FloatArray]


class Renderer(Protocol):
    """Renders one clip for one listener; it may remember where it was, and notices every jump itself."""

    @property
    def history(self) -> int:
        """How many samples before the first one it reads after a jump."""

    def render(self, read: Read, start: int, stop: int) -> FloatArray:
        """Return samples ``start`` to ``stop`` of the clip as they are heard, float32 [2, stop - start]."""


class Rendering(Protocol):
    """A way to hear scenes: immutable, and equal to another one where both sound the same."""

    @property
    def channels(self) -> int:
        """The number of channels that it takes."""

    def renderer(self) -> Renderer:
        """Return what renders one clip."""

    def at_rest(self) -> Rendering:
        """Return the same for a listener who looks straight ahead and never moves."""

    def held(self) -> Rendering:
        """Return the same for a listener who stays as turned now."""
