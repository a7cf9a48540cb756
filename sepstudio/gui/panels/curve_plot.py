"""A plot of curves that nobody can drag about: a line follows the pointer, and colours follow the theme."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QWidget

from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.theme import current_palette


class CurvePlot(pg.PlotWidget):
    """``pointed`` carries where the pointer is on the axis across, as a float, or None outside the axes."""

    pointed = Signal(object)

    def __init__(self, left: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.hide()
        self.addItem(self._cursor)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(x=False, y=False)
        self.setLabel("left", left)
        for side in ("left", "bottom"):
            self.getAxis(side).enableAutoSIPrefix(False)
        self._recolour()
        self.scene().sigMouseMoved.connect(self._on_mouse)

    def mark(self, place: float | None) -> None:
        """Draw the upright line at a place across, or none."""
        self._cursor.setVisible(place is not None)
        if place is not None:
            self._cursor.setPos(place)

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._recolour()

    def _recolour(self) -> None:
        colours = current_palette()
        self.setBackground(colours.panel)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(colours.line)
            axis.setTextPen(colours.muted)
            axis.setTickFont(axis_font())
        self._cursor.setPen(pg.mkPen(colours.muted, style=Qt.PenStyle.DashLine))

    def _on_mouse(self, position: Any) -> None:
        box = self.getPlotItem().vb
        inside = box.sceneBoundingRect().contains(position)
        self.pointed.emit(box.mapSceneToView(position).x() if inside else None)
