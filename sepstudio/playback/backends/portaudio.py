"""Opening an output stream through PortAudio, for the backends that use it."""

from __future__ import annotations

import abc
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

from sepstudio.errors import DeviceError
from sepstudio.playback.backends.base import Ring
from sepstudio.playback.devices import DeviceInfo, find_output, rescan

# What drivers call low (9 ms with ALSA) breaks off as soon as the cores are busy; with 30 ms four
# busy processes on two cores still caused several dropouts, with 40 and 50 ms hardly any. What is
# longer here is missing from what is mixed ahead. Slow drivers get the latency they ask for.
WANTED_LATENCY_SECONDS = 0.04


class CountingRing(Ring, Protocol):
    """A ring that knows how often it ran dry."""

    underruns: int


def output_devices(sounddevice: Any) -> list[int]:
    """Return the default output device, then the default ones of the other host interfaces.

    Another interface of the same machine may take a rate that the first refuses, since
    some hand on what the hardware accepts and some convert in the system's own mixer.
    """
    first = sounddevice.default.device[1]
    if first < 0:
        first = sounddevice.query_hostapis(sounddevice.default.hostapi or 0)["default_output_device"]
    others = [api["default_output_device"] for api in sounddevice.query_hostapis()]
    return [index for index in dict.fromkeys([first, *others]) if index >= 0]


def open_stream(
    factory: Callable[..., Any], sample_rate: int, channels: int, *, wanted: str | None = None, **options: Any
) -> tuple[Any, str]:
    """Start a stream on the first device that plays at this rate; never resample.

    Parameters
    ----------
    factory : callable
        A stream class of sounddevice or rtmixer.
    sample_rate : int
        In Hz, that of the files.
    channels : int
        Of the output.
    wanted : str, optional
        Name or key of the device to try first; else the default one.
    options
        Further arguments of the stream.

    Returns
    -------
    stream, note : tuple
        The running stream, and a line that names the device where it is not the one wanted.

    Raises
    ------
    DeviceError
        If no device plays at this rate.
    """
    import sounddevice

    candidates, trouble = _candidates(sounddevice, wanted)
    refusals = []
    for info in candidates:
        latency = max(WANTED_LATENCY_SECONDS, info["default_low_output_latency"])
        try:
            stream = factory(
                device=info["index"], samplerate=sample_rate, channels=channels, latency=latency, **options
            )
            stream.start()
        except sounddevice.PortAudioError as error:
            refusals.append(f"{info['name']}: {error}")
            trouble = trouble or f"{wanted or 'The default sound device'} refuses {sample_rate} Hz"
            continue
        return stream, f"{trouble}: {info['name']} plays" if trouble else ""
    raise DeviceError(
        "No sound device",
        f"plays at {sample_rate} Hz ({'; '.join(refusals)})" if refusals else "is there",
        "choose another output in the settings of the system",
    )


def _candidates(sounddevice: Any, wanted: str | None) -> tuple[list[Any], str]:
    """Return the devices to try in turn, and what is wrong where the wanted one is not among them."""
    try:
        devices = output_devices(sounddevice)
        found = find_output(wanted) if wanted is not None else None
        if found is not None:
            devices = list(dict.fromkeys([found, *devices]))
        infos = [sounddevice.query_devices(device) for device in devices]
    # A broken driver may raise anything; the playhead must run and say so.
    except Exception as error:
        raise DeviceError("The sound system", f"does not answer ({error})", "look for sound devices again") from error
    return infos, f"{wanted} is not there" if wanted is not None and found is None else ""


def close_stream(stream: Any) -> None:
    """Stop and close a stream, also one whose device is gone."""
    import sounddevice

    for end in (stream.stop, stream.close):
        with contextlib.suppress(sounddevice.PortAudioError):
            end()


class PortAudioBackend(abc.ABC):
    """What the two ways through PortAudio share: one stream, one ring, and the count of underruns.

    Parameters
    ----------
    note : str
        Why there is no sound until a start shows otherwise.
    """

    def __init__(self, note: str = "") -> None:
        self.note = note
        self.latency = 0.0
        self._wanted: str | None = None
        self._stream: Any = None
        self._ring: CountingRing | None = None
        self._underruns_before = 0

    @property
    def active(self) -> bool:
        """Whether the device still takes frames."""
        return self._stream is not None and bool(self._stream.active)

    @property
    def underruns(self) -> int:
        """How often the ring ran dry or the device reported that it did."""
        return self._underruns_before + (self._ring.underruns if self._ring else 0)

    def choose(self, device: str | None) -> None:
        """Open the device of this name or key from the next start on, or the default one."""
        self._wanted = device

    def rescan(self) -> list[DeviceInfo]:
        """Close the device, look for those that were plugged in or out, and return all outputs."""
        self.stop()
        return rescan()

    def start(self, sample_rate: int, channels: int, frames: int) -> Ring:
        """Open the device and return an empty ring.

        Raises
        ------
        DeviceError
            If no device plays at this rate.
        """
        self.stop()
        self._stream, self.note, self._ring = self._open(sample_rate, channels, frames)
        self.latency = float(self._stream.latency)
        return self._ring

    def stop(self) -> None:
        """Close the device."""
        if self._stream is not None:
            close_stream(self._stream)
            self._underruns_before = self.underruns
            self._stream = self._ring = None

    @abc.abstractmethod
    def _open(self, sample_rate: int, channels: int, frames: int) -> tuple[Any, str, CountingRing]:
        """Return a running stream, its note, and the ring that it takes frames from."""
