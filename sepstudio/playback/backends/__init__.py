"""Ways to a sound device."""

from __future__ import annotations

import importlib

from sepstudio.playback.backends.base import Backend
from sepstudio.playback.backends.null import NullBackend
from sepstudio.playback.devices import silence_reason

__all__ = ["Backend", "NullBackend", "choose_backend"]


def choose_backend() -> Backend:
    """Return the best way to a sound device that this machine has; never raises.

    The C callback of rtmixer, else a callback in Python through sounddevice, else none: then
    the playhead runs silently. The backend's ``note`` says why there is no sound; where the
    libraries are there and only a device is missing, one that is plugged in later plays.
    """
    reason = silence_reason()
    note = f"{reason}: the playhead runs silently" if reason else ""
    if not _loads("sounddevice"):
        return NullBackend(note)
    if not _loads("rtmixer"):
        from sepstudio.playback.backends.sounddevice import SoundDeviceBackend

        return SoundDeviceBackend(note)
    from sepstudio.playback.backends.rtmixer import RtMixerBackend

    return RtMixerBackend(note)


def _loads(library: str) -> bool:
    try:
        importlib.import_module(library)
    # A library built for another system may fail in any way; what stands in needs none of it.
    except Exception:  # noqa: BLE001
        return False
    return True
