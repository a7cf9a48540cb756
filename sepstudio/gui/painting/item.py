"""All strokes of a board over the picture of one pane."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from sepstudio.gui.items.canvas import Canvas, canvas_of
from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.stroke_painting import SourceLook, StrokePainter, looks_of
from sepstudio.gui.turns import Turns
from sepstudio.io.strokes.records import Stroke
from sepstudio.tiles.scales import FrequencyScale

_Z = 50
# What one turn of the event loop may spend on drawing strokes.
_BUDGET_S = 0.006
_FAR_S = 1e6


class StrokesItem(pg.GraphicsObject):
    """Draws the strokes that ``wanted`` picks, each on the place of what is below it.

    They are drawn into an image of the view, some a turn of the event loop; until that is ready, and while the view
    moves, the image before is shown where it belongs now. A stroke that was added is drawn onto the image.
    """

    def __init__(
        self, board: PaintBoard, turns: Turns, scale: FrequencyScale, wanted: Callable[[Stroke], bool]
    ) -> None:
        super().__init__()
        self.setZValue(_Z)
        self._board = board
        self._turns = turns
        self._scale = scale
        self._wanted = wanted
        self._canvas: Canvas | None = None
        self._image: tuple[Canvas, QImage] | None = None
        # What the image shows, and in which colours.
        self._drawn: tuple[Stroke, ...] = ()
        self._looks: dict[str, SourceLook] = {}
        self._work: Iterator[None] = iter(())
        board.changed.connect(self.catch_up_soon)
        board.optionsChanged.connect(self._follow_shown)

    def set_scale(self, scale: FrequencyScale) -> None:
        """Use another frequency axis."""
        if scale != self._scale:
            self._scale = scale
            self._forget()

    def catch_up_soon(self) -> None:
        """Draw what is painted now, in one of the next turns: several panes are not painted anew in one."""
        self._turns.ask(self.catch_up)

    def catch_up(self) -> None:
        """Begin to draw what is painted now."""
        self._turns.forget(self.catch_up)
        strokes = tuple(stroke for stroke in self._board.strokes.strokes if self._wanted(stroke))
        looks = looks_of(self._board.strokes.sources)
        if self._canvas is None:
            # Nobody has painted the view since there is something to be seen.
            self.update()
            return
        if strokes == self._drawn and looks == self._looks and self._is_there():
            return
        goes_on = self._is_there() and looks == self._looks and strokes[: len(self._drawn)] == self._drawn
        new = strokes[len(self._drawn) :] if goes_on else strokes
        image = self._image[1] if goes_on and self._image is not None else _blank(self._canvas)
        self._looks = looks
        self._work = self._drawing(self._canvas, image, new, strokes)
        self._draw_on()

    def _is_there(self) -> bool:
        return self._image is not None and self._image[0] == self._canvas

    def _forget(self) -> None:
        self._image, self._drawn = None, ()
        self.catch_up_soon()

    def _follow_shown(self) -> None:
        if self._board.shown != self.isVisible():
            self.setVisible(self._board.shown)

    # -- drawing -----------------------------------------------------------------------------

    def _draw_on(self) -> None:
        until = time.perf_counter() + _BUDGET_S
        for _ in self._work:
            if time.perf_counter() > until:
                self._turns.ask(self._draw_on)
                return

    def _drawing(
        self, canvas: Canvas, image: QImage, new: tuple[Stroke, ...], all_strokes: tuple[Stroke, ...]
    ) -> Iterator[None]:
        for stroke in new:
            self._add(stroke, canvas, image)
            yield
        if canvas == self._canvas:
            self._image, self._drawn = (canvas, image), all_strokes
            self.update()

    def _add(self, stroke: Stroke, canvas: Canvas, image: QImage) -> None:
        places = _places(canvas)
        area = places.map(self._board.shapes.path(stroke, self._scale))
        if not area.controlPointRect().intersects(QRectF(0.0, 0.0, canvas.width, canvas.height)):
            return
        # A painter measures in pixels of the screen where an image knows that it has finer ones.
        image.setDevicePixelRatio(1.0)
        painter = QPainter(image)
        seconds, hertz = stroke.points[0]
        start = places.map(QPointF(seconds, float(self._scale.to_unit(hertz))))
        StrokePainter(painter, self._looks, canvas.ratio).draw(stroke, area, start)
        painter.end()
        image.setDevicePixelRatio(canvas.ratio)

    def _made_at_once(self, canvas: Canvas) -> QImage:
        image = _blank(canvas)
        for stroke in self._board.strokes.strokes:
            if self._wanted(stroke):
                self._add(stroke, canvas, image)
        return image

    # -- painting ----------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        """Return all times, and the heights of the view."""
        return QRectF(-_FAR_S, 0.0, 2 * _FAR_S, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Show the image where it belongs, and ask for another one if the view is another."""
        if not self._board.strokes.strokes and self._image is None:
            return
        canvas = canvas_of(self, painter)
        if canvas is None:
            return
        if widget is None:
            # In a file nothing comes later.
            canvas.draw(painter, self._made_at_once(canvas))
            return
        if canvas != self._canvas:
            self._canvas = canvas
            self.catch_up_soon()
        if self._image is None:
            return
        there, image = self._image
        canvas.draw(painter, image, there)


def _blank(canvas: Canvas) -> QImage:
    image = QImage(canvas.width, canvas.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    image.setDevicePixelRatio(canvas.ratio)
    return image


def _places(canvas: Canvas) -> QTransform:
    """Return the way from seconds and heights to the pixels of a picture of a canvas."""
    across = canvas.width / (canvas.stop - canvas.start)
    up = canvas.height / (canvas.top - canvas.bottom)
    return QTransform(across, 0.0, 0.0, -up, -canvas.start * across, canvas.top * up)
