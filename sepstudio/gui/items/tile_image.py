"""The spectrogram of a recording, painted from the tiles that are ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.items.colours import Table, image_of, level_table
from sepstudio.gui.items.composer import PAINT_BUDGET_S, TileComposer
from sepstudio.tiles.build import TileKey
from sepstudio.tiles.decibels import Codes
from sepstudio.tiles.rows import row_map
from sepstudio.tiles.scales import FrequencyScale
from sepstudio.tiles.spectrogram import SpectrogramPyramid

OnMissing = Callable[[tuple[TileKey, ...]], None]


class TileImageItem(pg.GraphicsObject):
    """A spectrogram in a view box whose x axis is seconds and whose y axis is the unit axis of a scale.

    Painting takes what is there (a coarser tile or the first look where the right tile is
    missing) and names what it lacked to ``on_missing``; ``refresh`` says that more is there.
    """

    def __init__(self, on_missing: OnMissing | None = None, *, budget_s: float = PAINT_BUDGET_S) -> None:
        super().__init__()
        self._on_missing = on_missing
        self._budget_s = budget_s
        self._composer: TileComposer | None = None
        self._scale = FrequencyScale()
        self._table: Table = level_table("magma", -90.0, -10.0)
        self._rows_key: tuple[Any, ...] = ()
        self._picture_key: Canvas | None = None
        self._lacks_tiles = True
        self._codes: Codes | None = None
        self._image: QImage | None = None

    def set_pyramid(self, pyramid: SpectrogramPyramid | None, offset_s: float = 0.0) -> None:
        """Show a recording that begins at ``offset_s``, or nothing."""
        self.prepareGeometryChange()
        self._composer = None if pyramid is None else TileComposer(pyramid, budget_s=self._budget_s)
        self._rows_key = ()
        self.setPos(offset_s, 0.0)
        self._paint_anew()

    def set_scale(self, scale: FrequencyScale) -> None:
        """Use another frequency axis."""
        self._scale = scale
        self._paint_anew()

    def set_table(self, table: Table) -> None:
        """Use other colours, 256 pixels by level code; the picture itself stays."""
        self._table = table
        self._image = None
        self.update()

    def refresh(self) -> None:
        """Paint again if the picture lacked tiles, because others have become ready."""
        if self._lacks_tiles:
            self._paint_anew()

    def _paint_anew(self) -> None:
        self._picture_key = None
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole recording, from the bottom to the top of the axis."""
        duration = 0.0 if self._composer is None else self._composer.pyramid.clip.duration
        return QRectF(0.0, 0.0, duration, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the part that is in view."""
        canvas = canvas_of(self, painter) if self._composer is not None else None
        if canvas is None:
            return
        if canvas != self._picture_key:
            self._compose(canvas)
        if self._image is None:
            self._image = image_of(self._codes, self._table, canvas.ratio)
        canvas.draw(painter, self._image)

    def _compose(self, canvas: Canvas) -> None:
        pyramid = self._composer.pyramid
        rows_key = (self._scale, canvas.bottom, canvas.top, canvas.height)
        if rows_key != self._rows_key:
            rows = row_map(
                self._scale, canvas.bottom, canvas.top, canvas.height, bin_hz=pyramid.bin_hz, bins=pyramid.bins
            )
            self._composer.set_rows(rows)
            self._rows_key = rows_key
        composition = self._composer.compose(canvas.start, canvas.stop, canvas.width)
        self._codes, self._image, self._picture_key = composition.codes, None, canvas
        if composition.missing and self._on_missing is not None:
            self._on_missing(composition.missing)
        self._lacks_tiles = bool(composition.missing) or not composition.settled
        if not composition.settled:
            self._paint_anew()
