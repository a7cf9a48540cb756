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
    the playhead runs silently and the backend's ``note`` says why.
    """
    reason = silence_reason()
    if reason:
        return NullBackend(f"{reason}: the playhead runs silently")
    try:
        importlib.import_module("rtmixer")
    # A library built for another system may fail in any way; the fallback needs none of it.
    except Exception:  # noqa: BLE001
        from sepstudio.playback.backends.sounddevice import SoundDeviceBackend

        return SoundDeviceBackend()
    from sepstudio.playback.backends.rtmixer import RtMixerBackend

    return RtMixerBackend()
