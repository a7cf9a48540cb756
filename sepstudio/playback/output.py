"""The stream of frames to the device, whichever it is, and what of it has been heard."""

from __future__ import annotations

from collections.abc import Callable

from sepstudio.errors import DeviceError
from sepstudio.io.clip import FloatArray
from sepstudio.playback.backends import Backend, NullBackend
from sepstudio.playback.backends.base import Ring
from sepstudio.playback.clock import PlayClock
from sepstudio.playback.devices import DeviceInfo
from sepstudio.playback.mixer import OUTPUT_CHANNELS

# What is mixed ahead bridges the moments when the mixing thread has to wait for the interpreter
# or a disk; with the latency of the device it makes the delay with which a change is heard.
AHEAD_SECONDS = 0.12
LEAST_AHEAD_SECONDS = 0.06
DELAY_SECONDS = 0.14
# Shorter blocks cost more than they bring.
LEAST_BLOCK_SECONDS = 0.01
RING_SECONDS = 0.25


class Output:
    """Hands frames to a backend and counts them without a break across devices.

    Output frames are counted from the first one ever written, also when the device is closed
    while nothing plays, or fails and gives way to silence.

    Parameters
    ----------
    backend : Backend
        Tried first at every start.
    sample_rate : int
        In Hz.
    clock : callable
        Returns seconds.
    """

    def __init__(self, backend: Backend, sample_rate: int, clock: Callable[[], float]) -> None:
        self.sample_rate = sample_rate
        self._preferred = backend
        self._backend = backend
        self._clock = clock
        self._ring: Ring | None = None
        self._ring_frames = round(RING_SECONDS * sample_rate)
        self._base = 0
        self._play_clock = PlayClock(sample_rate, 0.0, 0)

    @property
    def note(self) -> str:
        """Why there is no sound, or what is unusual about the device."""
        return self._backend.note

    @property
    def started(self) -> bool:
        """Whether a device is open."""
        return self._ring is not None

    @property
    def written(self) -> int:
        """Number of output frames handed over."""
        return self._base + (self._ring.written if self._ring else 0)

    def heard(self) -> int:
        """Return the output frame that leaves the loudspeaker now."""
        if self._ring is None:
            return self._base
        return self._play_clock.heard(self._base + self._ring.consumed, self.written, self._clock())

    @property
    def lost(self) -> bool:
        """Whether the open device was unplugged or failed."""
        return self._ring is not None and not self._backend.active

    @property
    def makeshift(self) -> bool:
        """Whether silence stands in for a device that might be there the next time."""
        return self._backend is not self._preferred

    def start(self) -> None:
        """Open the device, or go on in silence with a note where none takes the sample rate."""
        self._backend = self._preferred
        try:
            self._adopt(self._backend.start(self.sample_rate, OUTPUT_CHANNELS, self._ring_frames))
        except DeviceError as error:
            self.start_silent(f"{error.what} {error.why}")

    def start_silent(self, reason: str) -> None:
        """Go on without a device and say why."""
        self._backend = NullBackend(f"{reason}: the playhead runs silently", clock=self._clock)
        self._adopt(self._backend.start(self.sample_rate, OUTPUT_CHANNELS, self._ring_frames))

    def _adopt(self, ring: Ring) -> None:
        self._play_clock = PlayClock(self.sample_rate, self._backend.latency, self._base)
        self._ring = ring

    def detach(self) -> None:
        """Forget the ring: what it still holds counts as heard. Quick, unlike `release`."""
        self._base = self.written
        self._ring = None

    def release(self) -> None:
        """Close the device; call `detach` first."""
        self._backend.stop()

    def choose(self, device: str | None) -> None:
        """Open another device the next time, or again the default one (None)."""
        self._preferred.choose(device)

    def rescan(self) -> list[DeviceInfo]:
        """Look for devices that were plugged in or out; call `detach` and `release` first."""
        return self._preferred.rescan()

    def room(self, *, closely: bool = False) -> int:
        """Return how many frames should be mixed now; none where the ring is nearly full.

        ``closely`` mixes as little ahead as can be, to answer the hand sooner.
        """
        if self._ring is None:
            return 0
        ahead = min(max(DELAY_SECONDS - self._backend.latency, LEAST_AHEAD_SECONDS), AHEAD_SECONDS)
        ahead = LEAST_AHEAD_SECONDS if closely else ahead
        free = round(ahead * self.sample_rate) - (self._ring.written - self._ring.consumed)
        return free if free >= LEAST_BLOCK_SECONDS * self.sample_rate else 0

    def write(self, block: FloatArray, *, last: bool) -> None:
        """Hand over float32 [2, frames]; ``last`` where nothing follows for now."""
        if self._ring is not None:
            self._ring.write(block, last=last)

    def tend(self) -> None:
        """Do what the device needs now and then."""
        if self._ring is not None:
            self._ring.tend()

    def resume(self) -> None:
        """Wait for the device to take frames again before the clock runs on."""
        if self._ring is not None:
            self._play_clock.rest(self._base + self._ring.consumed)
