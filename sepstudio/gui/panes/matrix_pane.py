"""What panes of templates and of activations have in common: the picture, its display, and chosen components."""

from __future__ import annotations

import dataclasses
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.items.matrix_art import MatrixLook
from sepstudio.gui.items.matrix_item import MatrixItem
from sepstudio.gui.items.matrix_view import ComponentName, MatrixName, MatrixView
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.component_strip import ComponentStrip
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.legend import Legend
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.matrix_panel import MatrixPanel
from sepstudio.gui.texts import MINUS
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.icon_button import IconButton


class MatrixPane(Pane):
    """One matrix of a run, or the difference of those of two.

    ``componentChosen(run_id, component, seconds)`` follows a click on a component, by its index in the matrices of
    the run; ``seconds`` is the time that was clicked, or None where there is none. ``displayChanged`` carries the
    pane when the user's hand changed its display.
    """

    componentChosen = Signal(str, int, object)
    displayChanged = Signal(object)
    matrix_name: MatrixName
    upright_components = True

    def __init__(self, timeline: Timeline, loader: TileLoader, name: str, parent: QWidget | None = None) -> None:
        self._display = Display()
        self._view: MatrixView | None = None
        self._panel: MatrixPanel | None = None
        self._marked: int | None = None
        self.item = MatrixItem(loader.paint_turns)
        self.legend = Legend(name)
        self.components = ComponentStrip(name, upright=self.upright_components)
        super().__init__(timeline, loader, name, parent)
        self.box.addItem(self.item, ignoreBounds=True)
        self.box.clicked.connect(self._on_clicked)
        self.components.chosen.connect(self._on_component)
        self.display_button = IconButton("display", "Display: colours, contrast, gamma", quiet=True)
        self.display_button.setObjectName(f"{name}.display")
        self.display_button.clicked.connect(self.open_display)
        self.header.add_control(self.legend)
        self.header.add_control(self.display_button)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def matrix(self) -> MatrixView | None:
        """The matrix on show, or None."""
        return self._view

    @property
    def filled(self) -> bool:
        """Whether there is anything to point at."""
        return self._view is not None

    @property
    def settled(self) -> bool:
        """Whether everything that the pane draws is there."""
        return self._view is not None

    @property
    def display(self) -> Display:
        """How the pane draws."""
        return self._display

    @property
    def look(self) -> MatrixLook:
        """Colours and contrast."""
        display = self._display
        return MatrixLook(display.colours, display.matrix_top, display.matrix_gamma, display.matrix_each)

    def show_matrix(self, view: MatrixView) -> None:
        """Show a matrix; the component that was marked stays marked in other matrices of the same run."""
        same_run = self._view is not None and self._view.run_id == view.run_id
        self._view = view
        if not same_run:
            self.mark(None)
        self.item.show_view(view)
        self.components.show_view(view)
        self.header.set_entries(self.entries())
        self._describe()
        self.apply_colours()
        self._turn_to(0)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is shown."""
        return [] if self._view is None else [(self._view.title, "")]

    def _release(self) -> None:
        self._view = None
        self.item.show_view(None)
        self.components.show_view(None)
        super()._release()

    # -- display -----------------------------------------------------------------------------

    def set_display(self, display: Display) -> None:
        """Draw otherwise."""
        self._display = display
        self.item.set_look(self.look)
        self._describe()
        if self._panel is not None:
            self._panel.show_display(display)

    def edit_display(self, **values: Any) -> None:
        """Change some values as the user's hand does: it is told."""
        self._on_edited(dataclasses.replace(self._display, **values))

    def display_panel(self) -> MatrixPanel:
        """Return the controls of the display; they show what is in force."""
        if self._panel is None:
            self._panel = MatrixPanel(self.header.objectName(), self)
            self._panel.edited.connect(self._on_edited)
        self._panel.show_display(self._display)
        return self._panel

    def open_display(self) -> None:
        """Show the controls of the display below their button."""
        self.display_panel().open_below(self.display_button)

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        super().apply_colours()
        self._describe()
        self.item.paint_anew()
        self.components.update()

    def _describe(self) -> None:
        view = self._view
        if view is None:
            return
        top = "own maximum" if self.look.each else value_text(float(self.look.brightest(view).max(initial=0.0)))
        first = f"{MINUS}{top}" if view.signed else "0"
        about = "Blue where the other run has more, red where this one has" if view.signed else "Values of the matrix"
        self.legend.show_scale(self.look.table(signed=view.signed), first, top, about)

    def _on_edited(self, display: Display) -> None:
        self.set_display(display)
        self.displayChanged.emit(self)

    # -- components --------------------------------------------------------------------------

    @property
    def marked(self) -> int | None:
        """The index of the component whose constraint is drawn thicker, or None."""
        return self._marked

    def mark(self, component: int | None) -> None:
        """Draw the constraint of a component thicker than the others, by its index."""
        self._marked = component
        self.item.choose(component)
        self.components.mark(component)

    def component_at(self, across: float, height: float) -> ComponentName | None:
        """Return the component at a place of the view, or None."""
        if self._view is None:
            return None
        row = int(self.along_components(across, height) * len(self._view.components) // 1)
        return self._view.components[row] if 0 <= row < len(self._view.components) else None

    def along_components(self, across: float, height: float) -> float:
        """Return how far along all components, 0 to 1, a place of the view is."""
        return height

    def _on_component(self, component: int) -> None:
        self._choose(component, None)

    def _on_clicked(self, across: float, height: float) -> None:
        found = self.component_at(across, height)
        if found is not None:
            self._choose(found.index, self.seconds_at(across))

    def seconds_at(self, across: float) -> float | None:
        """Return the time of a place of the view, or None where places have none."""
        return across

    def _choose(self, component: int, seconds: float | None) -> None:
        self.mark(component)
        if self._view is not None:
            self.componentChosen.emit(self._view.run_id, component, seconds)

    def value_words(self, found: ComponentName, place: float) -> list[str]:
        """Return the name of a component and its value at a place in Hz or seconds."""
        view = self._view
        if view is None:
            return []
        row = view.components.index(found)
        value = view.value_at(row, place)
        words = [found.title]
        if found.index in view.dead:
            words.append("contributes nothing")
        if found.index in view.unmatched:
            words.append("only in this run")
        elif value is not None:
            words.append(value_text(value))
        return words


def value_text(value: float) -> str:
    """Return a value of a matrix in three digits."""
    return f"{value:.3g}".replace("-", MINUS)
