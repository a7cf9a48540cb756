"""Which share of the energy belongs to one stem, at each time and frequency."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.colours import Table, share_table
from sepstudio.gui.panes.base import Sound
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.legend import Legend
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.tiles.mixing import Mixing, Share, share_of


class MaskPane(PicturePane):
    """The share of one of some stems in the energy of all, from 0 to 1 whatever the contrast."""

    has_contrast = False

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._index = 0
        self.legend = Legend("mask")
        super().__init__(timeline, loader, "mask", parent)
        self.setAccessibleName("Mask")
        self.header.add_control(self.legend)
        self.clear("The share of a stem in the mixture: choose which in the menu of the pane.")
        self.apply_colours()

    @property
    def index(self) -> int:
        """Which of the recordings has the share."""
        return self._index

    def set_share(self, sounds: Sequence[Sound], index: int) -> None:
        """Show the share of one of some recordings in all of them."""
        self._index = index
        self.set_sounds(sounds)
        self.item.set_mixing(self.mixing())

    def panel_parts(self) -> frozenset[str]:
        """Return which controls beyond the common ones the display has."""
        return frozenset({"colours", "gamma"})

    def mixing(self) -> Mixing:
        """Return what a point shows."""
        return Share(self._index)

    def table(self) -> Table:
        """Return the colours of shares; silence is drawn as the ground."""
        return share_table(self.display.colours, current_palette().panel, self.display.gamma)

    def entries(self) -> list[tuple[str, str]]:
        """Return whose share is shown."""
        sound = self.sounds[self._index]
        return [(f"mask of {sound.title}", sound.colour)]

    def set_display(self, display: Display) -> None:
        """Draw otherwise; what takes time to compute comes on show when it is there."""
        super().set_display(display)
        self._describe()

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        super().apply_colours()
        self._describe()

    def _describe(self) -> None:
        self.legend.show_scale(self.table(), "0", "100 %", "Share of this stem in the energy of all stems")

    def words(self, codes: tuple[int | None, ...]) -> str:
        """Return the share of a point."""
        share = share_of([code or 0 for code in codes], self._index) if codes else None
        if share is None:
            return "silent"
        return f"{self.sounds[self._index].title.partition(',')[0]} {share:.0%}".replace("%", " %")
