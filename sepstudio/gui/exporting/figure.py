"""A figure: a picture or curves between two axes, with title, units and what the colours mean, as PNG or SVG."""

from __future__ import annotations

import errno
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPen
from PySide6.QtSvg import QSvgGenerator

from sepstudio.gui.exporting.figure_lines import LEGEND_LEFT, Line, draw_legend, draw_lines
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.theme import LIGHT, Palette, blend, current_palette, number_font, text_font, title_font
from sepstudio.io.atomic import replacing
from sepstudio.io.failures import unwritable

LEFT, TOP, RIGHT, BOTTOM = 72, 40, 24, 52
_BAR_ROOM, _BAR_LEFT, _BAR_WIDTH = 84, 20, 14
_MARK, _GAP = 5, 4
_GRID_SHARE = 0.6
DOTS_PER_INCH = 96
_DOTS_PER_METRE = DOTS_PER_INCH / 0.0254
# Pixels of the embedded picture for each unit of an SVG.
SVG_SCALE = 2

LookName = Literal["screen", "white", "grey"]
# Name in the list to (extension, pixels for each pixel of the screen).
PICTURE_FORMATS = {
    "PNG, as large as on screen (*.png)": (".png", 1),
    "PNG, twice as large (*.png)": (".png", 2),
    "PNG, four times as large (*.png)": (".png", 4),
    "SVG, with axes that can be edited (*.svg)": (".svg", SVG_SCALE),
}


@dataclass(frozen=True)
class Look:
    """The colours and fonts of a figure; made on the thread of the window, because fonts are looked up there."""

    name: LookName
    colours: Palette
    text: QFont = field(default_factory=text_font)
    numbers: QFont = field(default_factory=number_font)
    title: QFont = field(default_factory=title_font)


def look_of(name: LookName) -> Look:
    """Return the look of the window, or one for paper: dark on white."""
    return Look(name, current_palette() if name == "screen" else LIGHT)


@dataclass(frozen=True)
class Marks:
    """What stands along an axis: its name with the unit, and marks from its beginning (0) to its end (1)."""

    name: str
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, eq=False)
class ColourBar:
    """What the colours mean: a column of them from the lowest value up, marks, and the unit."""

    image: QImage
    marks: Marks


@dataclass(frozen=True, eq=False)
class Figure:
    """Everything that is drawn; ``width`` and ``height`` are those of the plot.

    In the plot is a picture, or there are curves over a grid; ``legend`` is the width of the list of their names.
    """

    title: str
    plot: QImage | None
    width: int
    height: int
    across: Marks
    up: Marks
    look: Look
    bar: ColourBar | None = None
    lines: tuple[Line, ...] = ()
    legend: int = 0

    @property
    def size(self) -> QSize:
        """The whole figure."""
        beside = _BAR_ROOM if self.bar else LEGEND_LEFT + self.legend + RIGHT if self.legend else RIGHT
        return QSize(LEFT + self.width + beside, TOP + self.height + BOTTOM)


class FigureSource(Protocol):
    """Whatever can be drawn: ``prepare`` computes on another thread, ``figure`` runs on that of the window."""

    def prepare(self, scale: float) -> Generator[float, None, Any]:
        """Compute what a plot with so many pixels for each pixel of the screen takes; yields the fraction done."""

    def figure(self, prepared: Any, look: Look) -> Figure:
        """Return the figure."""


def save_figure_steps(path: Path, figure: Figure, scale: int) -> Generator[float, None, Path]:
    """Write a figure in the format of the extension, whole or not at all.

    Raises
    ------
    AudioFileError
        If the file cannot be written.
    """
    yield 0.0
    save = _save_svg if path.suffix.lower() == ".svg" else _save_png
    try:
        with replacing(path) as temp:
            save(temp, figure, scale)
            yield 0.9
    except OSError as error:
        raise unwritable(path, error) from error
    return path


def _save_png(path: Path, figure: Figure, scale: int) -> None:
    image = QImage(figure.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    draw_figure(painter, figure)
    painter.end()
    image.setDevicePixelRatio(1.0)
    image.setDotsPerMeterX(round(_DOTS_PER_METRE * scale))
    image.setDotsPerMeterY(round(_DOTS_PER_METRE * scale))
    # The size is told through an error number, as of any other file.
    if not image.save(str(path), "PNG"):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))


def _save_svg(path: Path, figure: Figure, _scale: int) -> None:
    generator = QSvgGenerator()
    generator.setFileName(str(path))
    generator.setSize(figure.size)
    generator.setViewBox(QRectF(0, 0, figure.size.width(), figure.size.height()))
    generator.setResolution(DOTS_PER_INCH)
    generator.setTitle(figure.title)
    painter = QPainter()
    if not painter.begin(generator):
        raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
    draw_figure(painter, figure)
    painter.end()


def draw_figure(painter: QPainter, figure: Figure) -> None:
    """Draw a figure, one unit of the painter for a pixel of the screen."""
    colours = figure.look.colours
    size = figure.size
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillRect(QRectF(0, 0, size.width(), size.height()), QColor(colours.panel))
    plot = QRectF(LEFT, TOP, figure.width, figure.height)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    if figure.plot is not None:
        painter.drawImage(plot, figure.plot, QRectF(figure.plot.rect()))
    if figure.lines:
        _draw_grid(painter, plot, figure)
        draw_lines(painter, plot, figure.lines, colours)
    _frame(painter, plot, colours)
    painter.setFont(figure.look.title)
    painter.setPen(QColor(colours.text))
    title = QRectF(LEFT, 0, size.width() - LEFT - RIGHT, TOP)
    room = painter.fontMetrics().elidedText(figure.title, Qt.TextElideMode.ElideMiddle, int(title.width()))
    painter.drawText(title, _flags("left", "middle"), room)
    _draw_across(painter, plot, figure)
    _draw_up(painter, plot, figure)
    if figure.bar is not None:
        _draw_bar(painter, plot, figure.bar, figure.look)
    if figure.legend:
        painter.setFont(figure.look.text)
        beside = QRectF(plot.right() + LEGEND_LEFT, plot.top(), figure.legend, plot.height())
        draw_legend(painter, beside, figure.lines, colours)


def _draw_grid(painter: QPainter, plot: QRectF, figure: Figure) -> None:
    """Draw lines at the numbers of both axes."""
    painter.setPen(QPen(QColor(blend(figure.look.colours.line, figure.look.colours.panel, _GRID_SHARE)), 1.0))
    for tick in figure.across.ticks:
        if tick.label:
            x = plot.left() + tick.position * plot.width()
            painter.drawLine(QPointF(x, plot.top()), QPointF(x, plot.bottom()))
    for tick in figure.up.ticks:
        if tick.label:
            y = plot.bottom() - tick.position * plot.height()
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))


def _draw_across(painter: QPainter, plot: QRectF, figure: Figure) -> None:
    painter.setFont(figure.look.numbers)
    for tick in figure.across.ticks:
        x = plot.left() + tick.position * plot.width()
        painter.setPen(QColor(figure.look.colours.muted))
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + (_MARK if tick.label else _MARK / 2)))
        if tick.label and tick.position <= 1.0:
            # Numbers at the ends stay within the figure.
            half = painter.fontMetrics().horizontalAdvance(tick.label) / 2 + 1
            x = min(max(x, half), figure.size.width() - half)
            painter.drawText(
                QRectF(x - half, plot.bottom() + _MARK + 1, 2 * half, 16), _flags("centre", "top"), tick.label
            )
    painter.setFont(figure.look.text)
    painter.setPen(QColor(figure.look.colours.text))
    below = QRectF(plot.left(), plot.bottom() + 26, plot.width(), 18)
    painter.drawText(below, _flags("centre", "middle"), figure.across.name)


def _draw_up(painter: QPainter, plot: QRectF, figure: Figure) -> None:
    _draw_ticks(painter, plot, figure.up.ticks, figure.look, right_side=False)
    painter.setFont(figure.look.text)
    painter.setPen(QColor(figure.look.colours.text))
    _draw_upwards(painter, QPointF(14, plot.center().y()), plot.height(), figure.up.name)


def _draw_bar(painter: QPainter, plot: QRectF, bar: ColourBar, look: Look) -> None:
    box = QRectF(plot.right() + _BAR_LEFT, plot.top(), _BAR_WIDTH, plot.height())
    painter.drawImage(box, bar.image, QRectF(bar.image.rect()))
    _frame(painter, box, look.colours)
    _draw_ticks(painter, box, bar.marks.ticks, look, right_side=True)
    painter.setFont(look.text)
    painter.setPen(QColor(look.colours.text))
    above = QRectF(box.left() - 8, box.top() - 20, 64, 18)
    painter.drawText(above, _flags("left", "middle"), bar.marks.name)


def _draw_ticks(painter: QPainter, box: QRectF, ticks: Sequence[Tick], look: Look, *, right_side: bool) -> None:
    painter.setFont(look.numbers)
    painter.setPen(QColor(look.colours.muted))
    for tick in ticks:
        y = box.bottom() - tick.position * box.height()
        edge, way = (box.right(), 1) if right_side else (box.left(), -1)
        painter.drawLine(QPointF(edge, y), QPointF(edge + way * _MARK, y))
        begin = edge + _MARK + _GAP if right_side else 0.0
        room = QRectF(begin, y - 9, 48 if right_side else edge - _MARK - _GAP, 18)
        painter.drawText(room, _flags("left" if right_side else "right", "middle"), tick.label)


def _draw_upwards(painter: QPainter, centre: QPointF, length: float, text: str) -> None:
    painter.save()
    painter.translate(centre)
    painter.rotate(-90)
    painter.drawText(QRectF(-length / 2, -9, length, 18), _flags("centre", "middle"), text)
    painter.restore()


def _frame(painter: QPainter, box: QRectF, colours: Palette) -> None:
    painter.setPen(QPen(QColor(colours.line), 1.0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(box)


def _flags(across: Literal["left", "centre", "right"], up: Literal["top", "middle"]) -> int:
    flag = Qt.AlignmentFlag
    sides = {"left": flag.AlignLeft, "centre": flag.AlignHCenter, "right": flag.AlignRight}
    heights = {"top": flag.AlignTop, "middle": flag.AlignVCenter}
    return int(sides[across] | heights[up])
