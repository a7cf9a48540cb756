"""The formats that stems are exported in from the window."""

from __future__ import annotations

from collections.abc import Mapping

# Name in the list to (extension, subtype).
EXPORT_FORMATS: Mapping[str, tuple[str, str]] = {
    "WAV, 32-bit float (*.wav)": (".wav", "FLOAT"),
    "WAV, 24 bit (*.wav)": (".wav", "PCM_24"),
    "WAV, 16 bit (*.wav)": (".wav", "PCM_16"),
    "FLAC, 24 bit (*.flac)": (".flac", "PCM_24"),
    "FLAC, 16 bit (*.flac)": (".flac", "PCM_16"),
}
