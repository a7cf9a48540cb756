"""Play, pause, seek, loop: what the window sees of the sound."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence

from sepstudio.errors import ParameterError
from sepstudio.playback.backends import Backend
from sepstudio.playback.meter import Levels
from sepstudio.playback.mixer import Lane
from sepstudio.playback.player import WAKE_SECONDS, Player, Scanned, Wish

__all__ = ["Lane", "Levels", "Transport"]

DEFAULT_SAMPLE_RATE = 44100
# Long enough for what is mixed ahead to be heard to its fade, short enough to quit.
CLOSING_SECONDS = 0.4
# How long a busy Python thread may keep the interpreter while the mixing thread waits for it. With
# the 5 ms that Python starts with, three such threads hold up one block by more than is mixed ahead.
SWITCH_SECONDS = 0.0005
# As desktop sound servers have it; the thread of the device, started from ours, inherits it.
NICENESS = -11


class Transport:
    """Plays the lanes of one timeline through a sound device.

    All methods but `close` return at once and may be called from any thread; a thread of its
    own mixes. The properties show a change immediately; it is heard within 150 ms. The thread
    shortens the switch interval of the interpreter for the whole process, for good: another
    transport may depend on it too.

    Parameters
    ----------
    backend : Backend
        The way to the device.
    clock : callable
        Returns seconds.
    threaded : bool
        False leaves the mixing to calls of `fill`.
    """

    def __init__(self, backend: Backend, *, clock: Callable[[], float] = time.monotonic, threaded: bool = True) -> None:
        self._backend = backend
        self._threaded = threaded
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._news = False
        self._closing = False
        self._defect = ""
        self._rest = 0
        self._wish = Wish(DEFAULT_SAMPLE_RATE, 0)
        self._player = Player(backend, clock, self._changed, self._wish)

    def open(self, sample_rate: int, length: int) -> None:
        """Start over with an empty timeline of ``length`` samples at ``sample_rate`` Hz, stopped at its start.

        Raises
        ------
        ParameterError
            If the rate is not positive or the length negative.
        """
        if sample_rate <= 0:
            raise ParameterError("sample_rate", sample_rate, "positive")
        if length < 0:
            raise ParameterError("length", length, "zero or more samples")
        with self._changed:
            old = self._wish
            self._wish = Wish(sample_rate, length, master=old.master, mono=old.mono, device=old.device, scans=old.scans)
            self._rest = 0
            self._tell()

    def set_lanes(self, lanes: Sequence[Lane]) -> None:
        """Choose what sounds.

        Raises
        ------
        ParameterError
            If two lanes have the same key, or a clip another sample rate than the timeline:
            it would play at the wrong speed, and nothing is resampled unasked.
        """
        keys = [lane.key for lane in lanes]
        for lane in lanes:
            if keys.count(lane.key) > 1:
                raise ParameterError("lane", lane.key, "the only one of its key")
            if lane.clip.sample_rate != self._wish.sample_rate:
                expected = f"{self._wish.sample_rate} Hz, the rate of the timeline"
                raise ParameterError(f"sample rate of {lane.key}", lane.clip.sample_rate, expected)
        with self._changed:
            self._wish.lanes = tuple(lanes)
            self._tell()

    def play(self) -> None:
        """Play on from `position`; at the end of the timeline, again from its start or that of the loop."""
        with self._changed:
            self._end_scrub()
            self._notice_end()
            if self._wish.playing:
                return
            if self._rest >= self._wish.length:
                self._rest = self._wish.loop[0] if self._wish.loop else 0
            self._defect = ""
            self._wish.jump = self._rest
            self._wish.playing = True
            self._tell()

    def pause(self) -> None:
        """Stay at what is heard now."""
        with self._changed:
            self._halt_at(self._position())

    def stop(self) -> None:
        """Pause and go back to the start."""
        with self._changed:
            self._halt_at(0)

    def seek(self, sample: int) -> None:
        """Go to a sample of the timeline (the nearest one that it has), playing or not."""
        with self._changed:
            self._end_scrub()
            self._notice_end()
            self._rest = self._inside(sample)
            if self._wish.playing:
                self._wish.jump = self._rest
                self._tell()

    def scrub(self, sample: int) -> None:
        """Let a sample of the timeline be heard: 80 ms from there, or less if the next call comes sooner.

        For a hand that drags the playhead, every 30 to 60 ms; `position` shows the sample given.
        Whether it plays is remembered, and goes on being shown, until `end_scrub`.
        """
        with self._changed:
            self._notice_end()
            self._rest = self._wish.jump = self._inside(sample)
            self._wish.scrubbing = True
            self._tell()

    def end_scrub(self) -> None:
        """Play on from the last sample that was scrubbed, or rest there, as before the first one."""
        with self._changed:
            self._end_scrub()

    def set_loop(self, loop: tuple[int, int] | None) -> None:
        """Repeat samples ``start`` to ``stop`` whenever playback reaches ``stop``, or no more (None).

        What reaches beyond the timeline is cut off.

        Raises
        ------
        ParameterError
            If nothing is left between start and stop.
        """
        with self._changed:
            if loop is not None:
                start, stop = max(int(loop[0]), 0), min(int(loop[1]), self._wish.length)
                if start >= stop:
                    raise ParameterError("loop", loop, f"a stretch within 0 to {self._wish.length} samples")
                loop = (start, stop)
            self._wish.loop = loop
            self._tell()

    def set_master(self, gain: float) -> None:
        """Choose the linear gain of the sum.

        Raises
        ------
        ParameterError
            If it is negative, infinite or no number.
        """
        if not 0.0 <= gain < float("inf"):
            raise ParameterError("gain", gain, "zero or more")
        with self._changed:
            self._wish.master = float(gain)
            self._tell()

    def set_mono(self, mono: bool) -> None:
        """Give both loudspeakers half the sum of left and right, or each its own again."""
        with self._changed:
            self._wish.mono = bool(mono)
            self._tell()

    def use_device(self, device: str | None) -> None:
        """Play through another output (a name or `DeviceInfo.key`), or the default one (None), from here on.

        The sound fades out and goes on at the same position. Where the device is not there, or
        refuses the sample rate, the default one plays and `note` says so.
        """
        with self._changed:
            self._wish.device = device
            self._tell()

    def rescan(self, scanned: Scanned) -> None:
        """Look for devices that were plugged in or out, then hand all outputs to ``scanned``.

        The device is closed meanwhile; the sound goes on at the same position. ``scanned`` is
        called by the mixing thread and must return at once. Until then nobody else may ask for
        devices.
        """
        with self._changed:
            self._wish.scans.append(scanned)
            self._tell()

    @property
    def position(self) -> int:
        """The timeline sample that is heard now, or from which playing would go on."""
        with self._changed:
            return self._position()

    @property
    def playing(self) -> bool:
        """Whether the playhead runs."""
        with self._changed:
            self._notice_end()
            return self._wish.playing

    def levels(self) -> Levels:
        """Return the levels of what was heard since the last call."""
        with self._changed:
            return self._player.levels()

    def channel_levels(self) -> Levels:
        """Return the levels of all channels of what was heard since the last call, without the master gain.

        They are those of lanes with more than two channels, before these are folded; none before one was heard.
        """
        with self._changed:
            return self._player.channel_levels()

    @property
    def underruns(self) -> int:
        """How often the sound broke off because frames came too late."""
        return self._backend.underruns

    @property
    def note(self) -> str:
        """Why there is no sound, or not all of it; empty where all is well."""
        with self._changed:
            return "; ".join(filter(None, [self._defect, *self._player.notes]))

    def close(self) -> None:
        """Fade out, end the thread and give the device back; the transport must not be used any more."""
        with self._changed:
            self._halt_at(self._position())
            self._closing = True
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._player.close()

    def fill(self) -> float | None:
        """Mix until the ring is full: for the mixing thread, or by hand where there is none.

        Returns the seconds until it should be called again; None where nothing is to be done.
        """
        with self._changed:
            self._news = False
            wish = self._wish
        try:
            return self._player.step(wish)
        # The thread must outlive whatever a device or a clip does, and the window must say so.
        except Exception as error:  # noqa: BLE001
            with self._changed:
                self._halt_at(self._position())
                self._defect = f"Playback stopped: {error!r}"
                self._news = False
                self._player.install(self._wish)
            return None

    def _position(self) -> int:
        self._notice_end()
        if not self._wish.playing or self._wish.scrubbing:
            return self._rest
        if self._wish.jump is not None:
            return self._wish.jump
        return min(self._player.position, self._wish.length)

    def _notice_end(self) -> None:
        wish = self._wish
        if wish.playing and wish.jump is None and not wish.scrubbing and self._player.ended:
            wish.playing = False
            self._rest = wish.length

    def _inside(self, sample: int) -> int:
        return min(max(int(sample), 0), self._wish.length)

    def _end_scrub(self) -> None:
        if self._wish.scrubbing:
            self._wish.scrubbing = False
            self._wish.jump = self._rest if self._wish.playing else None
            self._tell()

    def _halt_at(self, position: int) -> None:
        self._rest = position
        self._wish.playing = self._wish.scrubbing = False
        self._wish.jump = None
        self._tell()

    def _tell(self) -> None:
        """Wake the mixing thread, which is started by the first wish."""
        self._news = True
        if self._threaded and self._thread is None and not self._closing:
            self._thread = threading.Thread(target=self._run, name="playback", daemon=True)
            self._thread.start()
        self._changed.notify()

    def _run(self) -> None:
        _hurry()
        deadline = float("inf")
        while time.monotonic() < deadline:
            pause = self.fill()
            with self._changed:
                if self._closing:
                    deadline = min(deadline, time.monotonic() + CLOSING_SECONDS)
                    if self._player.silent:
                        return
                    pause = WAKE_SECONDS
                if not self._news:
                    self._changed.wait(pause)


def _hurry() -> None:
    """Let the calling thread wait as little as possible for other threads."""
    sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_SECONDS))
    if sys.platform == "linux":  # where threads have a niceness of their own; lowering it may be forbidden
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
