"""Two recordings in one picture: laid over each other in their colours, or their difference."""

from __future__ import annotations

from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.colours import Table, difference_table, level_table, pair_table
from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.legend import Legend
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.texts import MINUS, level_text
from sepstudio.gui.theme import current_palette, stem_colour
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip, MixClip, Part
from sepstudio.tiles.decibels import code_to_db, db_to_code
from sepstudio.tiles.mixing import Alone, LevelDifference, Mixing, Paired

# Blue and orange add up to nearly white, and are told apart with any colour vision.
_PLAIN_COLOURS = (stem_colour("harmonic"), stem_colour("percussive"))
_LEAST_HUE_DEGREES = 60
_LEAST_SATURATION = 40
_MIDDLE_LIGHTNESS = 128


class OverlayPane(PicturePane):
    """Two recordings in one spectrogram: the light of both colours adds up, so that what both have is white."""

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        super().__init__(timeline, loader, "overlay", parent)
        self.setAccessibleName("Overlay of two spectrograms")
        self.clear("Two spectrograms in one picture: choose what in the menu of the pane.")
        self.apply_colours()

    def panel_parts(self) -> frozenset[str]:
        """Return which controls beyond the common ones the display has."""
        return frozenset({"contrast", "gamma"})

    def mixing(self) -> Mixing:
        """Return how two recordings share a point."""
        return Paired()

    def table(self) -> Table:
        """Return the colour of each pair of levels."""
        display = self.display
        return pair_table(*self.colours(), *display.levels, display.gamma)

    def colours(self) -> tuple[str, str]:
        """Return the two colours: those of the stems where these can be told apart."""
        chosen = tuple(sound.colour for sound in self.sounds[:2])
        return (chosen[0], chosen[1]) if len(chosen) > 1 and told_apart(*chosen) else _PLAIN_COLOURS

    def entries(self) -> list[tuple[str, str]]:
        """Return both titles with the colours in which they are drawn: the legend."""
        return list(zip((sound.title for sound in self.sounds), self.colours(), strict=False))

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return both levels of a point."""
        return "  ".join(_named_level(sound.title, code) for sound, code in zip(self.sounds, codes, strict=False))


class DifferencePane(PicturePane):
    """By how much the first of two recordings is louder at each point, or the spectrogram of their difference."""

    common_time = True

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._mixed: tuple[tuple[AudioClip, AudioClip, int], MixClip] | None = None
        self.legend = Legend("difference")
        super().__init__(timeline, loader, "difference", parent)
        self.setAccessibleName("Difference of two spectrograms")
        self.header.add_control(self.legend)
        self.clear("The difference of two recordings: choose which in the menu of the pane.")
        self.apply_colours()

    def panel_parts(self) -> frozenset[str]:
        """Return which controls beyond the common ones the display has."""
        return frozenset({"signal", "limit", "contrast", "colours", "gamma"})

    def mixing(self) -> Mixing:
        """Return what a point shows; what is darker than the contrast in both differs by nothing."""
        return Alone() if self.display.of_signal else LevelDifference(db_to_code(self.display.levels[0]))

    def table(self) -> Table:
        """Return the colours of differences, or of levels for the difference signal."""
        display = self.display
        if display.of_signal:
            return level_table(display.colours, *display.levels, display.gamma)
        return _table_of(display.limit_db)

    def placed_clips(self) -> tuple[tuple[AudioClip, float], ...]:
        """Return both recordings, or the difference of their samples, and where each begins."""
        if not self.display.of_signal:
            return super().placed_clips()
        return ((self._difference(), max(sound.offset_s for sound in self.sounds)),)

    def _reload(self) -> None:
        reason = _obstacle(self.sounds, signal=self.display.of_signal)
        if not reason:
            super()._reload()
            return
        self._hold(())
        self.show_pyramids()
        self._say(reason)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is subtracted from what."""
        return [(f" {MINUS} ".join(sound.title for sound in self.sounds), "")]

    def apply_colours(self) -> None:
        """Take the colours from the palette in force and the display."""
        super().apply_colours()
        self._describe()

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        super().set_display(display)
        self._describe()

    def _turn_to(self, page: int) -> None:
        super()._turn_to(page)
        self._describe()

    def _describe(self) -> None:
        of_signal, limit = self.display.of_signal, self.display.limit_db
        words = (f"{MINUS}{limit:.0f}", f"+{limit:.0f} dB", "Blue where the second is louder, the other end the first")
        self.legend.show_scale(_table_of(limit), *words)
        self.legend.setVisible(bool(self.all_pyramids) and not of_signal)
        self.contrast.setVisible(bool(self.all_pyramids) and of_signal)

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return both levels of a point and their difference, or the level of the difference signal."""
        if self.display.of_signal:
            return "" if not codes or codes[0] is None else f"difference {level_text(float(code_to_db(codes[0])))}"
        parts = [f"{name} {_level(code)}" for name, code in zip("AB", codes, strict=False)]
        if None not in codes and len(codes) > 1:
            change = float(code_to_db(codes[0]) - code_to_db(codes[1]))
            sign = MINUS if change < 0 else "+" if change > 0 else ""
            parts.append(f"A {MINUS} B {sign}{abs(change):.1f} dB")
        return "  ".join(parts)

    def _difference(self) -> MixClip:
        first, second = self.sounds
        rate = first.clip.sample_rate
        starts = [round(sound.offset_s * rate) for sound in (first, second)]
        key = (first.clip, second.clip, starts[0] - starts[1])
        if self._mixed is None or self._mixed[0] != key:
            begin = max(starts)
            end = min(start + sound.clip.length for start, sound in zip(starts, (first, second), strict=True))
            parts = [Part(first.clip, starts[0] - begin), Part(second.clip, starts[1] - begin, -1.0)]
            self._mixed = (key, MixClip(parts, end - begin))
        return self._mixed[1]


def _table_of(limit_db: float) -> Table:
    on_dark = QColor(current_palette().panel).lightness() < _MIDDLE_LIGHTNESS
    return difference_table(limit_db, on_dark=on_dark)


def told_apart(first: str, second: str) -> bool:
    """Return whether two colours ``#rrggbb`` are of clearly different hues."""
    one, other = QColor(first), QColor(second)
    if min(one.saturation(), other.saturation()) < _LEAST_SATURATION:
        return False
    apart = abs(one.hue() - other.hue()) % 360
    return min(apart, 360 - apart) >= _LEAST_HUE_DEGREES


def _obstacle(sounds: tuple[Sound, ...], *, signal: bool) -> str:
    """Return why two recordings have no difference, or ""."""
    first, second = sounds
    starts, stops = zip(*((s.offset_s, s.offset_s + s.clip.duration) for s in sounds), strict=True)
    if min(stops) <= max(starts):
        return f"{first.title} and {second.title} have no time in common: choose others in the menu of the pane."
    kinds = {(s.clip.sample_rate, s.clip.channels) for s in sounds}
    if signal and len(kinds) > 1:
        return "These differ in sample rate or channels: their samples cannot be subtracted, but their levels can."
    return ""


def _named_level(title: str, code: int | None) -> str:
    return f"{title.partition(',')[0]} {_level(code)}"


def _level(code: int | None) -> str:
    return "silent" if not code else level_text(float(code_to_db(code)))
