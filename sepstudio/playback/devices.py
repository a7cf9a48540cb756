"""Which sound devices there are."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass


@dataclass(frozen=True)
class DeviceInfo:
    """An output device.

    ``default_rate`` is in Hz; ``is_default`` marks the one that plays unless it refuses.
    """

    name: str
    host_api: str
    max_output_channels: int
    default_rate: float
    is_default: bool

    @property
    def key(self) -> str:
        """What names this device alone, also where several host interfaces offer the same name."""
        return f"{self.name}, {self.host_api}"


def list_devices() -> list[DeviceInfo]:
    """Return the output devices; none where PortAudio is missing or broken (`silence_reason` says why).

    PortAudio looks for devices when it is loaded; `rescan` makes it look again.
    """
    return _survey()[0]


def rescan() -> list[DeviceInfo]:
    """Look for devices that were plugged in or out, and return all outputs.

    PortAudio is shut down for that: no stream of this process may be open, and no other
    thread may be in here. `Transport.rescan` sees to it for its own.
    """
    try:
        import sounddevice
    except (ImportError, OSError):
        return []
    # Where the last start failed there is nothing to end; where this one fails, the survey says so.
    with contextlib.suppress(sounddevice.PortAudioError):
        sounddevice._terminate()
    with contextlib.suppress(sounddevice.PortAudioError):
        sounddevice._initialize()
    return list_devices()


def find_output(wanted: str) -> int | None:
    """Return PortAudio's number of the output device of this key or name, None where there is none."""
    import sounddevice

    apis = [api["name"] for api in sounddevice.query_hostapis()]
    outputs = [device for device in sounddevice.query_devices() if device["max_output_channels"] > 0]
    for device in outputs:
        if wanted in (f"{device['name']}, {apis[device['hostapi']]}", device["name"]):
            return int(device["index"])
    return None


def silence_reason() -> str:
    """Return why this machine cannot play sound, or an empty string where it can."""
    return _survey()[1]


def _survey() -> tuple[list[DeviceInfo], str]:
    try:
        devices = _query()
    except ImportError:
        return [], "The library sounddevice is not installed"
    except OSError:
        return [], "The system library PortAudio is missing"
    # A broken driver may raise anything; the studio must start and say so.
    except Exception as error:  # noqa: BLE001
        return [], f"The sound system does not answer ({error})"
    return devices, "" if devices else "No sound device"


def _query() -> list[DeviceInfo]:
    import sounddevice

    from sepstudio.playback.backends.portaudio import output_devices

    apis = [api["name"] for api in sounddevice.query_hostapis()]
    defaults = output_devices(sounddevice)[:1]
    return [
        DeviceInfo(
            name=device["name"],
            host_api=apis[device["hostapi"]],
            max_output_channels=device["max_output_channels"],
            default_rate=device["default_samplerate"],
            is_default=device["index"] in defaults,
        )
        for device in sounddevice.query_devices()
        if device["max_output_channels"] > 0
    ]
