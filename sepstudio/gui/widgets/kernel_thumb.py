"""A kernel as a small picture."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.theme import current_palette, stem_colour

_SIDE = 44
_MARGIN = 3
_LEAST_CELL = 1.5


class KernelThumb(QWidget):
    """The cells of a kernel, fitted into a small square, time to the right and frequency upwards."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cells = np.ones((1, 1), bool)
        self._stem = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_cells(self, cells: np.ndarray, stem: str) -> None:
        """Show cells, bool [bins, frames] with the lowest frequency first, in the colour of a stem."""
        self._cells = cells
        self._stem = stem
        self.update()

    def sizeHint(self) -> QSize:
        """Return the side of the square."""
        return QSize(_SIDE, _SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cells round the centre of the square."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current_palette().window))
        rows, columns = self._cells.shape
        cell = (_SIDE - 2 * _MARGIN) / max(rows, columns)
        left, bottom = (_SIDE - columns * cell) / 2, (_SIDE + rows * cell) / 2
        missing = max(_LEAST_CELL - cell, 0.0) / 2
        colour = QColor(stem_colour(self._stem))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, column in zip(*np.nonzero(self._cells), strict=True):
            rect = QRectF(left + column * cell, bottom - (row + 1) * cell, cell, cell)
            painter.fillRect(rect.adjusted(-missing, -missing, missing, missing), colour)
        painter.end()
