"""The activations of a run over the common time axis, a row for each component."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.panes.base import Span
from sepstudio.gui.panes.heights import panned, part_of_axis, zoomed
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.scores.board import ScoreBoard
from sepstudio.gui.scores.layer import ScoreLayer
from sepstudio.gui.scores.rows import EvenRows
from sepstudio.gui.texts import time_text
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.icon_button import IconButton

_NOTES_OPACITY = 0.6
EMPTY = "How loud each component is over time: separate with a score to see it."


class ActivationsPane(MatrixPane):
    """Rows by pitch from the bottom up. Shift+wheel moves along them, Alt+wheel shows fewer of them."""

    matrix_name = "activations"

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._heights: Span = (0.0, 1.0)
        self._layer: ScoreLayer | None = None
        self._is_current = True
        super().__init__(timeline, loader, "activations", parent)
        self.setAccessibleName("Activations")
        self.view.setToolTip("Click a component to hear it alone; drag to select, wheel zooms, Alt+wheel zooms rows")
        layout = self._pages.widget(0).layout()
        layout.insertWidget(0, self.components)
        self.axis.hide()
        self.notes_button = IconButton(
            "notes", "Notes of the score over the activations", checkable=True, quiet=True, name="activations.notes"
        )
        self.notes_button.toggled.connect(self._enable_notes)
        self.notes_button.hide()
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
        self._enable_notes()

    # -- notes -------------------------------------------------------------------------------

    def host_notes(self, board: ScoreBoard) -> None:
        """Show the notes of a board over the rows of their pitches, where they can be edited."""
        self._layer = ScoreLayer(board, self.view, EvenRows(()), framed=True)
        # What they lie on is to be seen.
        self._layer.item.setOpacity(_NOTES_OPACITY)
        self.header.add_control(self.notes_button)
        self._enable_notes()

    def show_notes(self, current: bool) -> None:
        """Say whether the run is of the recording on show: another one has other notes."""
        self._is_current = current
        self._enable_notes()

    def _enable_notes(self, _on: bool = True) -> None:
        if self._layer is None:
            return
        view = self.matrix
        components = view.components if view is not None else ()
        rows = EvenRows([None if each.pitch is None else (each.pitch, each.part) for each in components])
        if rows != self._layer.item.rows:
            self._layer.item.set_rows(rows)
        possible = view is not None and not view.signed and self._is_current
        self.notes_button.setEnabled(possible)
        self._layer.set_enabled(possible and self.notes_button.isChecked())

    def pan(self, share: float) -> None:
        """Move along the rows."""
        self.set_heights(*panned(self._heights, share))

    def zoom(self, factor: float, height: float) -> None:
        """Show fewer rows in more detail."""
        self.set_heights(*zoomed(self._heights, factor, height))

    def readout(self, seconds: float, height: float) -> str:
        """Return the component, its activation and the time of a place."""
        found = self.component_at(seconds, height)
        words = self.value_words(found, seconds) if found is not None else []
        return "  ".join([*words, time_text(seconds)])
