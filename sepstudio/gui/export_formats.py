"""The formats that stems are exported in from the window."""

from __future__ import annotations

from collections.abc import Mapping

from sepstudio.io.formats import BY_EXTENSION

# Name in the list to (extension, subtype).
EXPORT_FORMATS: Mapping[str, tuple[str, str]] = {
    "WAV, 32-bit float (*.wav)": (".wav", "FLOAT"),
    "WAV, 24 bit (*.wav)": (".wav", "PCM_24"),
    "WAV, 16 bit (*.wav)": (".wav", "PCM_16"),
    "FLAC, 24 bit (*.flac)": (".flac", "PCM_24"),
    "FLAC, 16 bit (*.flac)": (".flac", "PCM_16"),
    "CAF, 32-bit float (*.caf)": (".caf", "FLOAT"),
    "CAF, 24 bit (*.caf)": (".caf", "PCM_24"),
}


def formats_for(channels: int) -> Mapping[str, tuple[str, str]]:
    """Return the formats that hold so many channels."""
    return {name: form for name, form in EXPORT_FORMATS.items() if channels <= BY_EXTENSION[form[0]].channel_limit}


def missing_formats(channels: int) -> str:
    """Return which formats do not hold so many channels, and how many they do, or an empty text."""
    limits = {BY_EXTENSION[extension].container: BY_EXTENSION[extension].channel_limit for extension, _ in
              EXPORT_FORMATS.values()}  # fmt: skip
    return ", ".join(f"{name} holds {limit}" for name, limit in limits.items() if limit < channels)
