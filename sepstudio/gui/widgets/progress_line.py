"""Two levels of progress in one narrow bar."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from sepstudio.gui.theme import current_palette

_THICK = 6
_THIN = 2
_GAP = 2


class ProgressLine(QWidget):
    """A bar for the whole job and, where the stage tells its own progress, a thinner one below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fraction = 0.0
        self._stage: float | None = None
        self._state = "running"
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    @property
    def fraction(self) -> float:
        """How much of the job is done, 0 to 1."""
        return self._fraction

    @property
    def stage_fraction(self) -> float | None:
        """How much of the stage is done, 0 to 1, or None when it does not tell."""
        return self._stage

    def set_progress(self, fraction: float, stage_fraction: float | None = None) -> None:
        """Show both levels, 0 to 1."""
        self._fraction = min(max(fraction, 0.0), 1.0)
        self._stage = None if stage_fraction is None else min(max(stage_fraction, 0.0), 1.0)
        self.update()

    def set_state(self, state: str) -> None:
        """Colour the bar for ``running``, ``done``, ``cancelled`` or ``failed``."""
        self._state = state
        self.update()

    def sizeHint(self) -> QSize:
        """Return a width that shows steps of one percent."""
        return QSize(140, _THICK + _GAP + _THIN)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the bars."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        tall = _THICK + (_GAP + _THIN if self._stage is not None else 0)
        top = (self.height() - tall) / 2
        self._paint_bar(painter, top, _THICK, self._fraction, bar_colour(self._state))
        if self._stage is not None:
            self._paint_bar(painter, top + _THICK + _GAP, _THIN, self._stage, current_palette().muted)
        painter.end()

    def _paint_bar(self, painter: QPainter, top: float, height: int, fraction: float, colour: str) -> None:
        paint_bar(painter, QRectF(0, top, self.width(), height), fraction, colour)


def bar_colour(state: str) -> str:
    """Return the colour of the bar of a job that is ``running``, ``done``, ``cancelled`` or ``failed``."""
    colours = current_palette()
    return {"done": colours.ok, "failed": colours.error, "cancelled": colours.muted}.get(state, colours.accent)


def paint_bar(painter: QPainter, whole: QRectF, fraction: float, colour: str) -> None:
    """Paint a rounded bar of which ``fraction`` is done."""
    radius = whole.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(current_palette().line))
    painter.drawRoundedRect(whole, radius, radius)
    if fraction > 0.0:
        painter.setBrush(QColor(colour))
        done = QRectF(whole.left(), whole.top(), max(whole.width() * fraction, whole.height()), whole.height())
        painter.drawRoundedRect(done, radius, radius)
