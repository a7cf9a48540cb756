"""Spectrograms and what is made of several of them, painted from the tiles that are ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QImage, QPainter

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.items.colours import Table, image_of, level_table
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.tiles.mixing import Entries, Mixing
from sepstudio.tiles.pictures import PictureComposer, Wanted
from sepstudio.tiles.scales import FrequencyScale

OnMissing = Callable[[tuple[Wanted, ...]], None]


class TileImageItem(pg.GraphicsObject):
    """A picture in a view box whose x axis is seconds and whose y axis is the unit axis of a scale.

    Painting takes what is there (a coarser tile or the first look where the right tile is
    missing) and names what it lacked to ``on_missing``; ``refresh`` says that more is there.
    ``adopted`` says that what was offered is on show now.
    """

    adopted = Signal()

    def __init__(self, on_missing: OnMissing | None = None, turns: PaintTurns | None = None) -> None:
        super().__init__()
        self._on_missing = on_missing
        self._turns = turns or PaintTurns(self)
        self._composer: PictureComposer | None = None
        self._offered: PictureComposer | None = None
        self._scale = FrequencyScale()
        self._table: Table = level_table("magma", -90.0, -10.0)
        self._picture_key: Canvas | None = None
        self._lacks_tiles = True
        # What was composed last, and for where.
        self._drawn: Canvas | None = None
        self._entries: Entries | None = None
        self._image: QImage | None = None

    @property
    def composer(self) -> PictureComposer | None:
        """What makes the picture, or None when there is none."""
        return self._composer

    def set_composer(self, composer: PictureComposer | None) -> None:
        """Show other recordings, or nothing."""
        self.prepareGeometryChange()
        self._composer, self._offered = composer, None
        self._drawn = None
        self._paint_anew()

    def offer(self, composer: PictureComposer) -> None:
        """Show the same recordings analysed otherwise, as soon as all that is in view is there."""
        self._offered = composer
        self.refresh()

    def set_mixing(self, mixing: Mixing) -> None:
        """Mix the same layers otherwise."""
        for composer in (self._composer, self._offered):
            if composer is not None and composer.mixing != mixing:
                composer.mixing = mixing
                self._paint_anew()

    def set_scale(self, scale: FrequencyScale) -> None:
        """Use another frequency axis."""
        self._scale = scale
        self._paint_anew()

    def set_table(self, table: Table) -> None:
        """Use other colours, a pixel for each entry; the picture itself stays."""
        self._table = table
        self._image = None
        self.update()

    def refresh(self) -> None:
        """Paint again if the picture lacked tiles, because others have become ready."""
        if self._offered is not None:
            self._consider()
        if self._lacks_tiles:
            self._paint_anew()

    def _paint_anew(self) -> None:
        self._picture_key = None
        self.update()

    def _consider(self) -> None:
        canvas = self._picture_key
        if canvas is not None:
            self._offered.set_axis(self._scale, canvas.bottom, canvas.top, canvas.height)
            picture = self._offered.compose(canvas.start, canvas.stop, canvas.width)
            if not picture.finished:
                self._ask_for(picture.missing)
                return
        self.set_composer(self._offered)
        self.adopted.emit()

    def _ask_for(self, missing: tuple[Wanted, ...]) -> None:
        if missing and self._on_missing is not None:
            self._on_missing(missing)

    def boundingRect(self) -> QRectF:
        """Return the time that is shown, from the bottom to the top of the axis."""
        start, stop = self._composer.span if self._composer is not None else (0.0, 0.0)
        return QRectF(start, 0.0, stop - start, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the part that is in view."""
        canvas = canvas_of(self, painter) if self._composer is not None else None
        if canvas is None:
            return
        if canvas != self._picture_key and self._turns.grants(self, widget):
            with self._turns.timed():
                self._compose(canvas)
        if self._drawn is None:
            return
        if self._image is None:
            self._image = image_of(self._entries, self._table, canvas.ratio)
        canvas.draw(painter, self._image, self._drawn)

    def _compose(self, canvas: Canvas) -> None:
        self._composer.set_axis(self._scale, canvas.bottom, canvas.top, canvas.height)
        picture = self._composer.compose(canvas.start, canvas.stop, canvas.width)
        self._entries, self._image = picture.entries, None
        self._drawn = self._picture_key = canvas
        self._ask_for(picture.missing)
        self._lacks_tiles = not picture.finished
        if not picture.settled:
            self._paint_anew()
