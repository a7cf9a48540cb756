"""The small square in the colour of a stem."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.theme import blend, current_palette, stem_colour

SIDE = 10
_DIMMED_SHARE = 0.35


class Swatch(QWidget):
    """A square in the colour of a stem; hollow for what is no stem of its own, faded while not heard."""

    def __init__(self, stem: str, *, hollow: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stem = stem
        self._hollow = hollow
        self._dimmed = False
        self._colour = ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_stem(self, stem: str) -> None:
        """Take the colour of another stem."""
        self._stem = stem
        self.update()

    def set_colour(self, colour: str) -> None:
        """Show a colour (``#rrggbb``) in the place of the one that the name of the stem has."""
        self._colour = colour
        self.update()

    def set_dimmed(self, dimmed: bool) -> None:
        """Fade the colour, or show it in full again."""
        self._dimmed = dimmed
        self.update()

    def sizeHint(self) -> QSize:
        """Return the side of the square."""
        return QSize(SIDE, SIDE)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the square."""
        colour = self._colour or stem_colour(self._stem)
        if self._dimmed:
            colour = blend(colour, current_palette().panel, _DIMMED_SHARE)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(colour))
        painter.setBrush(Qt.BrushStyle.NoBrush if self._hollow else QColor(colour))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.end()
