"""What pictures of a network export: weights of combinations and sheets of small pictures as figures."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from sepstudio.gui.exporting.figure import ColourBar, Figure, FigureSource, Look, Marks
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.inside.cells import SHARE_GAMMA, share_image, shares_table, signed_table
from sepstudio.gui.items.colours import image_of
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import Palette
from sepstudio.tiles.decibels import TOP_CODE

_CELL, _LEAST_SIDE = 18, 180
_MOST_NAMES, _NAME_LETTERS = 40, 9
_SHARES = (0.0, 0.05, 0.25, 0.5, 1.0)
_NO_MARKS = Marks("", ())

Draw = Callable[[QPainter, Palette], None]


@runtime_checkable
class PictureView(Protocol):
    """A view that is no curves and can be exported; ``plot`` emits ``menuFilling(plot, menu)``."""

    @property
    def plot(self) -> QObject:
        """What has the menu."""

    @property
    def figure_title(self) -> str:
        """What is seen, for a figure and the name of a file."""

    def figure_source(self) -> FigureSource | None:
        """Return how it is drawn as a figure as it is now, or None where there is nothing to see."""

    def table(self) -> Table:
        """Return the values behind it."""


class ShareFigure:
    """Weights between 0 and 1 [outputs, inputs] between the names of both, as they were when this was made."""

    def __init__(
        self, title: str, shares: npt.NDArray[np.float32], outputs: Sequence[str], inputs: Sequence[str]
    ) -> None:
        self._title, self._shares = title, shares
        self._outputs, self._inputs = tuple(outputs), tuple(inputs)

    def prepare(self, scale: float) -> Generator[float, None, int]:
        """Nothing takes time: return the number of pixels for each pixel of the screen."""
        yield 0.0
        return max(round(scale), 1)

    def figure(self, prepared: int, look: Look) -> Figure:
        """Return the figure."""
        rows, columns = self._shares.shape
        # As wide as the longest name where names stand side by side.
        wide = max(_CELL, -(-_LEAST_SIDE // columns), min(max(map(len, self._inputs)), _NAME_LETTERS * 2) * 7)
        high = max(_CELL, -(-_LEAST_SIDE // rows))
        image = share_image(self._shares, look.colours.panel)
        plot = image.scaled(columns * wide * prepared, rows * high * prepared)
        return Figure(
            title=self._title,
            plot=plot,
            width=columns * wide,
            height=rows * high,
            across=Marks("Input", _named(self._inputs)),
            up=Marks("Output", _named(self._outputs, downwards=True)),
            look=look,
            bar=_share_bar(look.colours.panel),
        )


class SheetFigure:
    """A sheet of pictures, drawn by the view that has it.

    ``limit`` is where the colours end on both sides, None where colours stand for no values.
    """

    def __init__(self, title: str, draw: Draw, size: tuple[int, int], limit: float | None) -> None:
        self._title, self._draw, self._size, self._limit = title, draw, QSize(*size), limit

    def prepare(self, scale: float) -> Generator[float, None, int]:
        """Nothing takes time: return the number of pixels for each pixel of the screen."""
        yield 0.0
        return max(round(scale), 1)

    def figure(self, prepared: int, look: Look) -> Figure:
        """Return the figure."""
        plot = QImage(self._size * prepared, QImage.Format.Format_RGB32)
        plot.fill(QColor(look.colours.panel))
        painter = QPainter(plot)
        painter.scale(prepared, prepared)
        self._draw(painter, look.colours)
        painter.end()
        return Figure(
            title=self._title,
            plot=plot,
            width=self._size.width(),
            height=self._size.height(),
            across=_NO_MARKS,
            up=_NO_MARKS,
            look=look,
            bar=_signed_bar(self._limit, look.colours.panel) if self._limit is not None else None,
        )


def _named(names: Sequence[str], *, downwards: bool = False) -> tuple[Tick, ...]:
    """Return as many names as can be read, each in the middle of its cell."""
    count = len(names)
    step = -(-count // _MOST_NAMES)
    places = [(place + 0.5) / count for place in range(count)]
    return tuple(
        Tick(1.0 - place if downwards else place, name) for place, name in list(zip(places, names, strict=True))[::step]
    )


def _signed_bar(limit: float, ground: str) -> ColourBar:
    column = np.arange(TOP_CODE, 0, -1).astype(np.uint8)[:, None]
    ends = ((0.0, f"{MINUS}{limit:.2g}"), (0.5, "0"), (1.0, f"{limit:.2g}"))
    bar = image_of(np.ascontiguousarray(column), signed_table(ground), 1.0)
    return ColourBar(bar, Marks("Value", tuple(Tick(*one) for one in ends)))


def _share_bar(ground: str) -> ColourBar:
    """Return the colours from 0 to 1, which lie closer for small shares."""
    heights = np.linspace(1.0, 0.0, TOP_CODE)
    entries = np.rint(1 + heights ** (1.0 / SHARE_GAMMA) * (TOP_CODE - 1)).astype(np.uint8)[:, None]
    ticks = tuple(Tick(share**SHARE_GAMMA, f"{share:g}") for share in _SHARES)
    return ColourBar(image_of(np.ascontiguousarray(entries), shares_table(ground), 1.0), Marks("Share", ticks))
