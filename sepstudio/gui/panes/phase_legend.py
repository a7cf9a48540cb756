"""A small bar with the colours of angles from -pi to pi."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.items.colours import image_of
from sepstudio.gui.items.cyclic_colours import PHASE, angle_row
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.texts import MINUS
from sepstudio.gui.theme import current_palette
from sepstudio.tiles.angles import STEPS

# Quarters of the circle, as they are written.
QUARTERS = ((-2, f"{MINUS}π"), (-1, f"{MINUS}π/2"), (0, "0"), (1, "π/2"), (2, "π"))
_BAR_WIDTH, _BAR_HEIGHT, _TEXT_HEIGHT, _MARGIN = 128, 8, 13, 10


class PhaseLegend(QWidget):
    """The circle of colours, unrolled, over the angles in radians."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map = PHASE
        self.setObjectName(f"{name}.legend")
        self.setAccessibleName(f"Colours from {MINUS}π to π radians")
        self.setToolTip("Radians: both ends are the same angle")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setFont(axis_font())

    def show_map(self, name: str) -> None:
        """Show another map of angles."""
        self._map = name
        self.update()

    def sizeHint(self) -> QSize:
        """Return the room for the bar and the numbers below."""
        return QSize(_BAR_WIDTH + 2 * _MARGIN, _BAR_HEIGHT + _TEXT_HEIGHT)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the colours and the numbers."""
        colours = current_palette()
        painter = QPainter(self)
        steps = np.linspace(0, STEPS, _BAR_WIDTH).round().astype(np.int64) % STEPS
        bar = np.repeat(steps[None].astype(np.uint8), _BAR_HEIGHT - 1, axis=0)
        painter.drawImage(_MARGIN, 1, image_of(bar, angle_row(self._map), 1.0))
        painter.setPen(QColor(colours.line))
        painter.drawRect(QRectF(_MARGIN - 0.5, 0.5, _BAR_WIDTH, _BAR_HEIGHT - 1))
        painter.setPen(QColor(colours.muted))
        for quarter, text in QUARTERS:
            middle = _MARGIN + (quarter + 2) * _BAR_WIDTH / 4
            room = QRectF(middle - 20, _BAR_HEIGHT, 40, _TEXT_HEIGHT)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, text)
