"""The activations of a run over the common time axis, a row for each component."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.panes.base import Span
from sepstudio.gui.panes.heights import panned, part_of_axis, zoomed
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.texts import time_text
from sepstudio.gui.timeline import Timeline

EMPTY = "How loud each component is over time: separate with a score to see it."


class ActivationsPane(MatrixPane):
    """Rows by pitch from the bottom up. Shift+wheel moves along them, Alt+wheel shows fewer of them."""

    matrix_name = "activations"

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._heights: Span = (0.0, 1.0)
        super().__init__(timeline, loader, "activations", parent)
        self.setAccessibleName("Activations")
        self.view.setToolTip("Click a component to hear it alone; drag to select, wheel zooms, Alt+wheel zooms rows")
        layout = self._pages.widget(0).layout()
        layout.insertWidget(0, self.components)
        self.axis.hide()
        self.clear(EMPTY)
        self.apply_colours()

    @property
    def heights(self) -> Span:
        """The part of all rows that is in view."""
        return self._heights

    def set_heights(self, bottom: float, top: float) -> None:
        """Show a part of the rows, from 0 to 1 at most."""
        self._heights = part_of_axis(bottom, top)
        self.box.show_heights(*self._heights)
        self.components.show_span(*self._heights)

    def show_matrix(self, view: MatrixView) -> None:
        """Show activations; of other components all rows come into view."""
        before = self.matrix
        super().show_matrix(view)
        if before is not None and before.components != view.components:
            self.set_heights(0.0, 1.0)

    def pan(self, share: float) -> None:
        """Move along the rows."""
        self.set_heights(*panned(self._heights, share))

    def zoom(self, factor: float, height: float) -> None:
        """Show fewer rows in more detail."""
        self.set_heights(*zoomed(self._heights, factor, height))

    def span_of(self, pitch: int) -> Span | None:
        """Return the heights between which the row of a pitch lies, or None where it has none."""
        components = self.matrix.components if self.matrix is not None else ()
        rows = [row for row, each in enumerate(components) if (each.pitch, each.part) == (pitch, "note")]
        return (rows[0] / len(components), (rows[0] + 1) / len(components)) if rows else None

    def readout(self, seconds: float, height: float) -> str:
        """Return the component, its activation and the time of a place."""
        found = self.component_at(seconds, height)
        words = self.value_words(found, seconds) if found is not None else []
        return "  ".join([*words, time_text(seconds)])
