"""The mixing side of the transport: one step takes up what was asked for and fills the ring."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from sepstudio.playback.backends import Backend
from sepstudio.playback.channel_meter import ChannelMeter
from sepstudio.playback.clock import TimelineMap
from sepstudio.playback.devices import DeviceInfo
from sepstudio.playback.meter import LevelMeter, Levels
from sepstudio.playback.mixer import Lane, Mixer, Piece
from sepstudio.playback.output import Output
from sepstudio.playback.sequencer import Mark, Sequencer

WAKE_SECONDS = 0.01
# A device that is kept open starts at once; one that is closed lets the computer sleep.
IDLE_SECONDS = 5.0
# A device that is left has this long to play what it holds; one that hangs never would.
LEAVING_SECONDS = 0.5
# Short enough to follow a hand, long enough to tell a pitch.
GRAIN_SECONDS = 0.08

Scanned = Callable[[list[DeviceInfo]], None]


@dataclass
class Wish:
    """What the transport was asked for; guarded by its lock.

    ``jump`` is a timeline position to go to, taken out when it is done; while ``scrubbing``, no
    more than a grain is played from there. ``device`` is a name or key, None the default one;
    ``scans`` are to be called when devices have been looked for, taken out when it is done.
    ``fresh`` says that the timeline has just been opened.
    """

    sample_rate: int
    length: int
    lanes: tuple[Lane, ...] = ()
    loop: tuple[int, int] | None = None
    master: float = 1.0
    mono: bool = False
    device: str | None = None
    scans: list[Scanned] = field(default_factory=list)
    playing: bool = False
    scrubbing: bool = False
    jump: int | None = None
    fresh: bool = True


class Player:
    """Mixes and hands over; `step` belongs to one thread, the rest is called with the lock held.

    Parameters
    ----------
    backend : Backend
        The way to the device.
    clock : callable
        Returns seconds.
    lock : context manager
        Held for moments only: never while files are read or a device is opened.
    wish : Wish
        The timeline to begin with.
    """

    def __init__(
        self, backend: Backend, clock: Callable[[], float], lock: AbstractContextManager[object], wish: Wish
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._lock = lock
        self._output = Output(backend, wish.sample_rate, clock)
        self._idle_since: float | None = None
        self._device: str | None = None
        self.install(wish)

    def install(self, wish: Wish) -> None:
        """Begin with an empty timeline; nothing of the former one may be sounding."""
        self._mixer = Mixer(wish.sample_rate)
        self._sequencer = Sequencer(self._mixer, wish.sample_rate, wish.length, self._output.written)
        self._map = TimelineMap()
        self._meter = LevelMeter(wish.sample_rate)
        self._channel_meter = ChannelMeter(wish.sample_rate)
        # The mixer counts its frames from here.
        self._first = self._output.written
        self._mixed: tuple[Lane, ...] = ()
        self._ended = False
        self._leaving_since: float | None = None
        self._left_at: int | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What keeps the sound, or a part of it, from being heard."""
        return tuple(filter(None, [self._output.note, *self._mixer.failures]))

    @property
    def position(self) -> int:
        """The timeline sample that is heard now."""
        return self._map.position(self._output.heard())

    @property
    def silent(self) -> bool:
        """Whether all that was handed over has been heard."""
        return self._output.heard() >= self._output.written

    @property
    def ended(self) -> bool:
        """Whether the end of the timeline has been heard."""
        return self._ended and self.silent and self._leaving_since is None

    def levels(self) -> Levels:
        """Return the levels of what was heard since the last call."""
        levels = self._meter.read(self._output.heard())
        if self.silent:
            self._meter.pause(self._output.written)
        return levels

    def channel_levels(self) -> Levels:
        """Return the levels of the channels of what was heard since the last call."""
        levels = self._channel_meter.read(self._output.heard())
        if self.silent:
            self._channel_meter.pause(self._output.written)
        return levels

    def close(self) -> None:
        """Give the device back."""
        self._output.detach()
        self._output.release()

    def step(self, wish: Wish) -> float | None:
        """Mix until the ring is full; return the seconds until the next step, None where it can wait for a wish."""
        with self._lock:
            former = self._output
            left = self._leaves_device(wish) and self._has_left_off()
            if self._leaving_since is None:
                self._obey(wish)
        if left:
            self._change_device(wish)
        if former is not self._output:
            former.release()
        self._keep_device()
        self._mix(closely=wish.scrubbing)
        if self._sequencer.running:
            self._sequencer.read_ahead()
        return self._next_step(wish)

    def _obey(self, wish: Wish) -> None:
        if wish.fresh and not self._renew(wish):
            return
        self._sequencer.loop = wish.loop
        self._mixer.set_master(wish.master)
        self._mixer.set_mono(wish.mono)
        if self._mixed is not wish.lanes:
            self._mixer.set_lanes(wish.lanes)
            self._mixed = wish.lanes
        if not wish.playing and not wish.scrubbing:
            self._sequencer.halt()
        elif wish.jump is not None:
            if not self._sequencer.running:
                self._resume()
            self._map.jump(self._jump(wish, wish.jump))
            self._ended = False
            wish.jump = None

    def _resume(self) -> None:
        self._output.resume()
        if self.silent:
            self._meter.pause(self._output.written)

    def _jump(self, wish: Wish, position: int) -> Mark:
        if not wish.scrubbing:
            return self._sequencer.jump(position)
        # At the end of the timeline a whole grain is heard, too.
        grain = round(GRAIN_SECONDS * wish.sample_rate)
        start = max(min(position, wish.length - grain), 0)
        return self._sequencer.jump(start, start + grain)

    def _renew(self, wish: Wish) -> bool:
        """Take up the timeline just opened, once the former one has faded out and been heard."""
        self._sequencer.halt()
        if self._sequencer.running or not self.silent:
            return False
        if self._output.sample_rate != wish.sample_rate:
            self._output.detach()
            self._output = Output(self._backend, wish.sample_rate, self._clock)
        self.install(wish)
        wish.fresh = False
        return True

    def _leaves_device(self, wish: Wish) -> bool:
        """Return whether the device is to be changed; the sound then fades out, to go on at the same position."""
        if self._leaving_since is None:
            if wish.device == self._device and not wish.scans:
                return False
            self._leaving_since = self._clock()
        if self._sequencer.running and not self._sequencer.turning:
            self._left_at = self._sequencer.position
            self._sequencer.halt()
        return True

    def _has_left_off(self) -> bool:
        """Return whether all has been heard, or waiting for it leads nowhere."""
        if not self._sequencer.running and self.silent:
            return True
        return self._leaving_since is not None and self._clock() > self._leaving_since + LEAVING_SECONDS

    def _change_device(self, wish: Wish) -> None:
        """Close the device and choose the other; `_keep_device` opens it when there is something to play."""
        with self._lock:
            self._output.detach()
            self._device = wish.device
            scans = wish.scans[:]
            wish.scans.clear()
        self._output.release()
        self._output.choose(self._device)
        devices = self._output.rescan() if scans else []
        with self._lock:
            if wish.playing and wish.jump is None and not wish.scrubbing:
                wish.jump = self._left_at
            self._leaving_since = self._left_at = None
        for scanned in scans:
            scanned(devices)

    def _keep_device(self) -> None:
        output = self._output
        if output.lost:
            with self._lock:
                output.detach()
            output.release()
            if self._sequencer.running:
                output.start_silent("The sound device was lost")
        elif self._sequencer.running and not output.started:
            output.start()
        output.tend()

    def _mix(self, *, closely: bool) -> None:
        frames = self._output.room(closely=closely) if self._sequencer.running else 0
        if not frames:
            return
        block, marks = self._sequencer.render(frames)
        with self._lock:
            self._meter.add(self._output.written, block)
            self._channel_meter.extend(self._placed(piece) for piece in self._mixer.take_pieces())
            self._map.extend(marks)
            self._output.write(block, last=not self._sequencer.running)
            self._ended = not self._sequencer.running

    def _placed(self, piece: Piece) -> Piece:
        return piece._replace(frame=piece.frame + self._first, stop=piece.stop + self._first)

    def _next_step(self, wish: Wish) -> float | None:
        with self._lock:
            if wish.playing or wish.fresh or self._sequencer.running or not self.silent:
                self._idle_since = None
                return WAKE_SECONDS
            if not self._output.started:
                return None
            now = self._clock()
            self._idle_since = now if self._idle_since is None else self._idle_since
            left = self._idle_since + (0.0 if self._output.makeshift else IDLE_SECONDS) - now
            if left > 0:
                return left
            self._output.detach()
        self._output.release()
        return None
