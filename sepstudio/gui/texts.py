"""Times, frequencies and levels in words."""

from __future__ import annotations

import math

A4_HZ = 440.0
A4_MIDI = 69
CENTS_PER_SEMITONE = 100
NOTE_NAMES = ("C", "C♯", "D", "D♯", "E", "F", "F♯", "G", "G♯", "A", "A♯", "B")
THIN_SPACE = "\u202f"
MINUS = "\u2212"
_KILO = 1000.0


def time_text(seconds: float, decimals: int = 3) -> str:
    """Return a time as ``m:ss.mmm``, from an hour on as ``h:mm:ss.mmm``."""
    units = round(abs(seconds) * 10**decimals)
    whole, fraction = divmod(units, 10**decimals)
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    text = f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
    sign = MINUS if seconds < 0 and units else ""
    return f"{sign}{text}.{fraction:0{decimals}d}" if decimals else sign + text


def duration_text(seconds: float) -> str:
    """Return a duration in whole seconds that have passed, like ``0:07`` or ``1:02:03``."""
    return time_text(int(seconds), decimals=0)


def stretch_text(start: int, stop: int, sample_rate: int) -> str:
    """Return where samples ``start`` to ``stop`` lie, for example ``0:12–0:22``."""
    return f"{duration_text(start / sample_rate)}–{duration_text(stop / sample_rate)}"


def band_text(band: tuple[float, float]) -> str:
    """Return a band of frequencies, for example ``100–2000 Hz``."""
    return f"{band[0]:.0f}–{band[1]:.0f} Hz"


def frequency_text(hertz: float) -> str:
    """Return a frequency in whole Hz (tenths below 100 Hz), thousands set apart."""
    number = f"{hertz:.1f}" if hertz < 100 else f"{round(hertz):,}".replace(",", THIN_SPACE)
    return f"{number} Hz"


def short_frequency_text(hertz: float) -> str:
    """Return a frequency for an axis: 50, 440, 1k, 2.5k."""
    return f"{hertz / _KILO:g}k" if hertz >= _KILO else f"{hertz:g}"


def pitch_text(pitch: int) -> str:
    """Return the name of a MIDI pitch with its octave, for example ``C♯4``; 60 is C4."""
    return f"{NOTE_NAMES[pitch % 12]}{pitch // 12 - 1}"


def note_text(hertz: float) -> str:
    """Return the nearest note of equal temperament (A4 = 440 Hz, C4 = middle C) and the deviation in cents."""
    if hertz <= 0:
        return ""
    pitch = A4_MIDI + 12 * math.log2(hertz / A4_HZ)
    nearest = round(pitch)
    cents = round((pitch - nearest) * CENTS_PER_SEMITONE)
    return f"{pitch_text(nearest)} {'+' if cents >= 0 else MINUS}{abs(cents)} ct"


def level_text(decibels: float) -> str:
    """Return a level in whole dB, silence too."""
    if decibels == -math.inf:
        return f"{MINUS}∞ dB"
    rounded = round(decibels)
    return f"{MINUS if rounded < 0 else ''}{abs(rounded)} dB"
