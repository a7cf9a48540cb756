"""Items whose picture is composed pixel by pixel for what of them is in view."""

from __future__ import annotations

import abc
from typing import Any

import pyqtgraph as pg
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.items.paint_turns import PaintTurns


class ComposedItem(pg.GraphicsObject):
    """Composes its picture in turns with other items; until then it shows the one before where that belongs now.

    Subclasses say where they lie, which is nowhere while they have nothing to show, and compose the picture.
    """

    def __init__(self, turns: PaintTurns | None = None) -> None:
        super().__init__()
        self._turns = turns or PaintTurns(self)
        self._canvas: Canvas | None = None
        # What was composed last, and for where.
        self._drawn: Canvas | None = None
        self._image: QImage | None = None

    @abc.abstractmethod
    def compose(self, canvas: Canvas) -> QImage | None:
        """Return the picture of what is in view; None if there is none."""

    def paint_anew(self) -> None:
        """Compose the picture again at the next painting, because something has changed."""
        self._canvas = None
        self.update()

    def forget_picture(self) -> None:
        """Compose the picture again, and do not show that of before until then: it is of something else."""
        self._drawn = None
        self.paint_anew()

    def paint(self, painter: QPainter, option: Any = None, widget: QWidget | None = None) -> None:
        """Draw the part that is in view."""
        canvas = canvas_of(self, painter)
        if canvas is not None:
            self.paint_picture(painter, canvas, widget)

    def paint_picture(self, painter: QPainter, canvas: Canvas, widget: QWidget | None) -> None:
        """Draw the picture, composed anew if it is not right any more and this item's turn has come."""
        if canvas != self._canvas and self._turns.grants(self, widget):
            with self._turns.timed():
                self._image = self.compose(canvas)
            self._drawn = self._canvas = canvas
        if self._drawn is not None and self._image is not None:
            canvas.draw(painter, self._image, self._drawn)
