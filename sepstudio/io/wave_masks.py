"""Which loudspeaker each channel of a WAV file is for: its channel mask, and the sequence that goes with it.

A mask (``dwChannelMask`` of WAVE_FORMAT_EXTENSIBLE) says which loudspeakers there are; channels follow the sequence of
its bits. So the pair behind the listener of 7.1.4 comes before the pair at the sides, other than in BS.2051.
"""

from __future__ import annotations

import struct
from pathlib import Path

from sepstudio.dsp.layouts import Layout
from sepstudio.io.wav_header import find_audio

_NAMES = (
    *("front left", "front right", "front centre", "LFE", "back left", "back right"),
    *("front left of centre", "front right of centre", "back centre", "side left", "side right", "top centre"),
    *("top front left", "top front centre", "top front right", "top back left", "top back centre", "top back right"),
)
# Both pairs that may stand beside or behind the listener alone are surround loudspeakers, at the sides by their bits.
_BITS = {
    label: _NAMES.index(name)
    for name, labels in {
        "front left": "M+030",
        "front right": "M-030",
        "front centre": "M+000",
        "LFE": "LFE1",
        "back left": "M+135",
        "back right": "M-135",
        "back centre": "M+180",
        "side left": "M+090 M+110",
        "side right": "M-090 M-110",
        "top centre": "T+000",
        "top front left": "U+030 U+045",
        "top front centre": "U+000",
        "top front right": "U-030 U-045",
        "top back left": "U+110 U+135",
        "top back centre": "U+180",
        "top back right": "U-110 U-135",
    }.items()
    for label in labels.split()
}
_MASK_PLACE = 20
_EXTENSIBLE = 0xFFFE
_HEAD = 1 << 16


def wave_order(layout: Layout) -> tuple[list[int], int]:
    """Return the channels of a layout in the sequence of WAV files, and their mask.

    Layouts with a loudspeaker that masks have no bit for (22.2 among them) keep their sequence, and the mask is 0:
    channels that belong to no loudspeaker in particular.
    """
    bits = [_BITS.get(name) for name in layout.names]
    known = [bit for bit in bits if bit is not None]
    if len(known) < len(bits) or len(set(known)) < len(known):
        return list(range(len(bits))), 0
    return [known.index(bit) for bit in sorted(known)], sum(1 << bit for bit in known)


def channel_mask(path: Path) -> int | None:
    """Return the mask of a WAV or RF64 file, None where it has none; raises OSError."""
    chunk = find_audio(path)
    form = chunk.kept.get(b"fmt ", b"") if chunk is not None else b""
    return struct.unpack_from("<I", form, _MASK_PLACE)[0] if _is_extensible(form) else None


def set_channel_mask(path: Path, mask: int) -> None:
    """Change the mask of a WAV or RF64 file that has one; raises OSError, and ValueError if it has none."""
    with path.open("rb+") as file:
        head = file.read(_HEAD)
        place = head.find(b"fmt ") + 8
        if place < 8 or not _is_extensible(head[place : place + 40]):
            raise ValueError(f"{path} is no extensible WAV file")
        file.seek(place + _MASK_PLACE)
        file.write(struct.pack("<I", mask))


def _is_extensible(form: bytes) -> bool:
    return len(form) >= 40 and struct.unpack_from("<H", form)[0] == _EXTENSIBLE
