"""The token map as a figure and as a table."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QSize

from sepstudio.gui.codec.token_item import draw_tokens
from sepstudio.gui.codec.token_view import TokenColours, TokenView
from sepstudio.gui.exporting.figure import Figure, Look, Marks
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.panes.base import Span
from sepstudio.gui.panes.ticks import Tick, time_ticks

_LEAST_HEIGHT = 160


class TokenFigure:
    """The part of the codes that is in view, as it was when this was made."""

    def __init__(
        self, view: TokenView, colours: TokenColours, visible: Span, heights: Span, size: QSize, rows: Sequence[Tick]
    ) -> None:
        self._view, self._colours, self._rows = view, colours, tuple(rows)
        # No codes are before the first and behind the last frame.
        self._span = max(visible[0], view.begins), min(visible[1], view.ends)
        share = (self._span[1] - self._span[0]) / (visible[1] - visible[0])
        self._heights = heights
        self._size = QSize(max(round(size.width() * share), 1), max(size.height(), _LEAST_HEIGHT))

    def prepare(self, scale: float) -> Generator[float, None, float]:
        """Nothing takes time: return the number of pixels for each pixel of the screen."""
        yield 0.0
        return scale

    def figure(self, prepared: float, look: Look) -> Figure:
        """Return the figure."""
        size = self._size * prepared
        canvas = Canvas(*self._span, *self._heights, QPointF(0, 0), size.width(), size.height(), 1.0)
        return Figure(
            title=f"{self._view.title}, tokens",
            plot=draw_tokens(self._view, self._view.pixels(self._colours), canvas, look.colours),
            width=self._size.width(),
            height=self._size.height(),
            across=Marks("Time", time_ticks(*self._span, self._size.width())),
            up=Marks("Codebook", self._rows),
            look=look,
        )


def token_table(view: TokenView, title: str) -> Table:
    """Return a row for each frame and a column for each codebook."""
    seconds = view.begins + np.arange(view.frames) * view.step
    books = {f"codebook_{number}": row.astype(np.float64) for number, row in enumerate(view.tokens, 1)}
    return Table(title, {"seconds": seconds, **books}, {"entries_of_a_codebook": view.size})
