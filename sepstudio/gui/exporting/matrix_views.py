"""What panes of factors export: matrices as figures and tables, models as magnitudes."""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QSize

from sepstudio.gui.exporting.figure import ColourBar, Figure, Look, Marks
from sepstudio.gui.exporting.view_data import Floats, RowAxis, Span
from sepstudio.gui.items.canvas import Canvas
from sepstudio.gui.items.colours import image_of
from sepstudio.gui.items.matrix_art import Geometry, MatrixLook, draw_matrix
from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.panes.activations import ActivationsPane
from sepstudio.gui.panes.matrix_pane import MatrixPane, value_text
from sepstudio.gui.panes.templates import TemplatesPane
from sepstudio.gui.panes.ticks import Tick, frequency_ticks, time_ticks
from sepstudio.gui.texts import MINUS
from sepstudio.tiles.decibels import TOP_CODE
from sepstudio.tiles.mixing import EVEN_ENTRY
from sepstudio.tiles.models import Model

TIME_NAME, COMPONENT_NAME = "Time (min:s)", "Component"
GREY = "grey on white"
_BAR_STEPS = 4
_NAME_PIXELS, _NAME_WIDTH = 14, 36


class CellData:
    """The cells of a matrix, a row for each component in the order of the picture.

    Parameters
    ----------
    view : MatrixView
    span : (start, stop) or None
        In seconds; templates have no time and are whole. At least one cell is in it.
    """

    def __init__(self, view: MatrixView, span: Span | None) -> None:
        self.title = view.title
        what = view.name.removesuffix("s")
        self.quantity = f"difference of {view.name}" if view.signed else what
        in_time = view.name == "activations"
        self.unit = "magnitude" if in_time else "share of the template"
        self.columns_name, self.columns_unit = ("times", "s") if in_time else ("frequencies", "Hz")
        first, stop = 0, len(view.places)
        if in_time and span is not None:
            first = min(int(np.searchsorted(view.places, span[0] - 1e-9)), stop - 1)
            stop = max(int(np.searchsorted(view.places, span[1] - 1e-9)), first + 1)
        self._view, self._first = view, first
        self.columns = stop - first
        self.rows = RowAxis("components", "", tuple(component.name for component in view.components))

    @property
    def details(self) -> Mapping[str, Any]:
        """What was dead."""
        dead = [component.name for component in self._view.components if component.index in self._view.dead]
        return {"contribute_nothing": " ".join(dead)} if dead else {}

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return the middles of some cells."""
        return self._view.places[self._first + start : self._first + stop]

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return some cells."""
        part = self._view.values[:, self._first + start : self._first + stop]
        return np.asarray(part[self._view.order], np.float32)


class ModelData:
    """The magnitudes of a model, or of a spectrogram minus its model, with their signs.

    Parameters
    ----------
    model : Model
    offset_s : float
        Where the first frame lies on the timeline.
    remainder : bool
    span, band
        In seconds of the timeline and in Hz; None is everything.
    """

    unit = "amplitude of a sine, full scale = 1"
    columns_name, columns_unit = "times", "s"

    def __init__(
        self, model: Model, offset_s: float, span: Span | None, band: Span | None, title: str, *, remainder: bool
    ) -> None:
        self.title = title
        self.quantity = "magnitude of V - W H" if remainder else "magnitude of W H"
        self._model, self._remainder = model, remainder
        self._times = offset_s + np.arange(model.frames) * (model.hop_size / model.clip.sample_rate)
        start, stop = span or (-math.inf, math.inf)
        self._first = min(int(np.searchsorted(self._times, start - 1e-9)), model.frames - 1)
        self.columns = max(int(np.searchsorted(self._times, stop - 1e-9)) - self._first, 1)
        hertz = np.arange(model.fft_size // 2 + 1) * (model.clip.sample_rate / model.fft_size)
        low, high = band or (0.0, math.inf)
        self._bins = np.flatnonzero((hertz >= low) & (hertz <= high))
        self.rows = RowAxis("frequencies", "Hz", hertz[self._bins])

    @property
    def details(self) -> Mapping[str, Any]:
        """The transform."""
        model = self._model
        return {
            "sample_rate_hz": model.clip.sample_rate,
            "window": "periodic Hann",
            "window_samples": model.fft_size,
            "hop_samples": model.hop_size,
            "components": int(model.templates.shape[1]),
        }

    def coordinates(self, start: int, stop: int) -> Floats:
        """Return the times on which some frames are centred."""
        return self._times[self._first + start : self._first + stop]

    def values(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return the magnitudes of some frames."""
        frames = np.arange(self._first + start, self._first + stop)
        made = self._model.modelled(frames)
        values = self._model.measured(frames) - made if self._remainder else made
        return np.asarray(values[self._bins] * (4.0 / self._model.fft_size), np.float32)


class MatrixFigure:
    """A matrix between the names of its components and its other axis, constraints outlined as on screen."""

    def __init__(self, pane: ActivationsPane | TemplatesPane, view: MatrixView, size: QSize) -> None:
        self._view, self._size, self._look = view, size, pane.look
        self._title = " + ".join(title for title, _ in pane.entries())
        self._scale = pane.axis_scale if isinstance(pane, TemplatesPane) else None
        self._across = pane.box.across if isinstance(pane, TemplatesPane) else pane.timeline.visible
        self._heights = pane.heights

    def prepare(self, scale: float) -> Generator[float, None, float]:
        """Nothing takes time: return the number of pixels for each pixel of the screen."""
        yield 0.0
        return scale

    def figure(self, prepared: float, look: Look) -> Figure:
        """Return the figure."""
        width, height = self._size.width(), self._size.height()
        canvas = Canvas(
            *self._across, *self._heights, QPointF(), round(width * prepared), round(height * prepared), 1.0
        )  # fmt: skip
        drawn = MatrixLook(
            GREY if look.name == "grey" else self._look.colours, self._look.top, self._look.gamma, self._look.each,
            look.colours.panel,
        )  # fmt: skip
        times = Marks(TIME_NAME, time_ticks(*self._across, width)) if self._scale is None else None
        hertz = None
        if self._scale is not None:
            hertz = Marks("Frequency (Hz)", frequency_ticks(self._scale, *self._heights, height))
        return Figure(
            title=self._title,
            plot=draw_matrix(Geometry(self._view, canvas, self._scale), drawn),
            width=width,
            height=height,
            across=times or self._names(self._across, width / _NAME_WIDTH),
            up=hertz or self._names(self._heights, height / _NAME_PIXELS),
            look=look,
            bar=_bar(self._view, drawn),
        )

    def _names(self, part: Span, room: float) -> Marks:
        """Return as many names as there is room for."""
        components = self._view.components
        shown = (part[1] - part[0]) * len(components)
        step = max(math.ceil(shown / max(room, 1.0)), 1)
        places = [((row + 0.5) / len(components) - part[0]) / (part[1] - part[0]) for row in range(len(components))]
        named = [(place, component.title) for place, component in zip(places, components, strict=True)][::step]
        return Marks(COMPONENT_NAME, tuple(Tick(place, title) for place, title in named if 0.0 <= place <= 1.0))


def matrix_figure(pane: MatrixPane, size: QSize) -> MatrixFigure | None:
    """Return how a pane of a matrix is drawn as a figure, or None for an empty one."""
    view = pane.matrix
    if view is None or not isinstance(pane, ActivationsPane | TemplatesPane):
        return None
    return MatrixFigure(pane, view, size)


def _bar(view: MatrixView, look: MatrixLook) -> ColourBar:
    """Return what the colours mean: values, or shares of the largest value of each component."""
    top = 100.0 * look.top if look.each else float(look.brightest(view).max(initial=0.0))
    lowest = 2 * EVEN_ENTRY - TOP_CODE if view.signed else 0
    column = np.arange(TOP_CODE, lowest - 1, -1).astype(np.uint8)[:, None]
    ticks = []
    for step in range(_BAR_STEPS + 1):
        place = step / _BAR_STEPS
        bright = 2.0 * place - 1.0 if view.signed else place
        value = math.copysign(abs(bright) ** (1.0 / look.gamma) * top, bright)
        ticks.append(Tick(place, value_text(value) if value else "0"))
    unit = "%" if look.each else MINUS.join(("A", "B")) if view.signed else "Value"
    return ColourBar(
        image_of(np.ascontiguousarray(column), look.table(signed=view.signed), 1.0), Marks(unit, tuple(ticks))
    )
