"""Which sound devices there are."""

from __future__ import annotations

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


def list_devices() -> list[DeviceInfo]:
    """Return the output devices; none where PortAudio is missing or broken (`silence_reason` says why)."""
    return _survey()[0]


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
