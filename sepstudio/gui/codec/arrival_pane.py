"""Directions and diffuseness over the common time axis, a row for each octave."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMenu, QWidget

from sepstudio.gui.codec.arrival_view import ArrivalView, Quantity
from sepstudio.gui.exporting.figure import Figure, FigureSource, Look, Marks
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.composed import ComposedItem
from sepstudio.gui.items.paint_turns import PaintTurns
from sepstudio.gui.panes.base import Pane, Span
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.ticks import Tick, time_ticks
from sepstudio.gui.texts import short_frequency_text, time_text
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.metrics.covariance_track import BAND_EDGES_HZ

EMPTY = "Open a scene: this shows from where its sound comes over time, octave by octave."
_TIP = (
    "A row for each octave, low ones at the bottom. Azimuth: each direction around has its own hue; elevation: blue is "
    "below, red above; diffuseness: bright comes from everywhere. What is quiet or has no direction fades away"
)
_LEAST_FIGURE = 160


class ArrivalItem(ComposedItem):
    """Rows of bands over heights 0 to 1."""

    def __init__(self, turns: PaintTurns) -> None:
        super().__init__(turns)
        self._view: ArrivalView | None = None
        self._quantity: Quantity = "azimuth"

    def show_view(self, view: ArrivalView | None, quantity: Quantity) -> None:
        """Show other directions, or nothing."""
        self.prepareGeometryChange()
        self._view, self._quantity = view, quantity
        self.forget_picture()

    def boundingRect(self) -> QRectF:
        """Return where the directions lie."""
        view = self._view
        return QRectF(view.begins, 0.0, view.ends - view.begins, 1.0) if view is not None else QRectF()

    def compose(self, canvas: Canvas) -> QImage:
        """Return the picture of what is in view."""
        image = draw_arrivals(self._view, self._view.pixels(self._quantity, current_palette().panel), canvas)
        image.setDevicePixelRatio(canvas.ratio)
        return image


def draw_arrivals(view: ArrivalView, pixels: npt.NDArray[np.uint32], canvas: Canvas) -> QImage:
    """Return the picture of cells on a canvas; where a pixel has several hops, it shows that in its middle."""
    middles = canvas.start + (np.arange(canvas.width) + 0.5) * (canvas.stop - canvas.start) / canvas.width
    hops = np.clip(((middles - view.begins) / view.step).astype(np.intp), 0, view.hops - 1)
    heights = canvas.top - (np.arange(canvas.height) + 0.5) * (canvas.top - canvas.bottom) / canvas.height
    rows = np.clip((heights * view.bands).astype(np.intp), 0, view.bands - 1)
    picture = np.ascontiguousarray(pixels[rows[:, None], hops])
    return QImage(picture.data, canvas.width, canvas.height, 4 * canvas.width, QImage.Format.Format_RGB32).copy()


class ArrivalFigure:
    """The part of the directions that is in view, as it was when this was made."""

    def __init__(
        self, view: ArrivalView, quantity: Quantity, visible: Span, size: QSize, rows: tuple[Tick, ...]
    ) -> None:
        self._view, self._quantity, self._rows = view, quantity, rows
        self._span = max(visible[0], view.begins), min(visible[1], view.ends)
        share = max((self._span[1] - self._span[0]) / (visible[1] - visible[0]), 0.0)
        self._size = QSize(max(round(size.width() * share), 1), max(size.height(), _LEAST_FIGURE))

    def prepare(self, scale: float) -> Generator[float, None, float]:
        """Nothing takes time: return the number of pixels for each pixel of the screen."""
        yield 0.0
        return scale

    def figure(self, prepared: float, look: Look) -> Figure:
        """Return the figure."""
        size = self._size * prepared
        canvas = Canvas(*self._span, 0.0, 1.0, QPointF(0, 0), size.width(), size.height(), 1.0)
        return Figure(
            title=self._view.title,
            plot=draw_arrivals(self._view, self._view.pixels(self._quantity, look.colours.panel), canvas),
            width=self._size.width(),
            height=self._size.height(),
            across=Marks("Time", time_ticks(*self._span, self._size.width())),
            up=Marks("Hz", self._rows),
            look=look,
        )


class ArrivalPane(Pane):
    """Directions of one scene; ``menuFilling(pane, menu)`` asks for what can be exported."""

    menuFilling = Signal(object, object)

    def __init__(self, name: str, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._arrivals: ArrivalView | None = None
        self._quantity: Quantity = "azimuth"
        self.item = ArrivalItem(loader.paint_turns)
        super().__init__(timeline, loader, name, parent)
        self.setAccessibleName("Directions over time")
        self.view.setToolTip(_TIP)
        self.box.addItem(self.item, ignoreBounds=True)
        self.header.more.describe("Export the directions as a picture or as data")
        self.menuRequested.connect(self._open_menu)
        self.clear(EMPTY)
        self.apply_colours()

    @property
    def arrivals(self) -> ArrivalView | None:
        """What is on show, or None."""
        return self._arrivals

    @property
    def filled(self) -> bool:
        """Whether there is anything to point at."""
        return self._arrivals is not None

    @property
    def settled(self) -> bool:
        """Whether everything that the pane draws is there."""
        return self._arrivals is not None

    def show_arrivals(self, view: ArrivalView, quantity: Quantity) -> None:
        """Show one thing of some directions."""
        self._arrivals, self._quantity = view, quantity
        self.item.show_view(view, quantity)
        self.header.set_entries(self.entries())
        self.apply_colours()
        self._turn_to(0)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is shown."""
        return [] if self._arrivals is None else [(self._arrivals.title, "")]

    def _release(self) -> None:
        self._arrivals = None
        self.item.show_view(None, self._quantity)
        super()._release()

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        super().apply_colours()
        self.item.paint_anew()
        self.axis.set_ticks(list(self._ticks()))

    def _ticks(self) -> tuple[Tick, ...]:
        """Return where bands meet, every second with its frequency: there is no room for all."""
        count = len(BAND_EDGES_HZ) - 1
        inner = enumerate(BAND_EDGES_HZ[1:-1], 1)
        return tuple(
            Tick(place / count, short_frequency_text(float(f"{edge:.2g}")) if place % 2 else "")
            for place, edge in inner
        )

    def readout(self, seconds: float, height: float) -> str:
        """Return direction, diffuseness and level of a place."""
        view = self._arrivals
        told = view.text_at(int(height * view.bands // 1), seconds) if view is not None else ""
        return "  ".join(word for word in (told, time_text(seconds)) if word)

    # -- what is exported --------------------------------------------------------------------

    @property
    def plot(self) -> ArrivalPane:
        """What has the menu of exports."""
        return self

    @property
    def figure_title(self) -> str:
        """What the pane shows."""
        return self._arrivals.title if self._arrivals is not None else "Directions"

    def figure_source(self) -> FigureSource | None:
        """Return how the directions are drawn as a figure as they are now, or None where there are none."""
        if self._arrivals is None:
            return None
        return ArrivalFigure(self._arrivals, self._quantity, self.timeline.visible, self.view.size(), self._ticks())

    def table(self) -> Table:
        """Return a row for each hop and band."""
        return self._arrivals.table()

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the directions."""
        menu = QMenu(self)
        menu.setObjectName("menu.arrivals")
        self.menuFilling.emit(self, menu)
        return menu

    def _open_menu(self, _pane: object) -> None:
        self.menu().popup(self.header.mapToGlobal(QPoint(self.header.width() - 8, self.header.height())))
