"""Panes above each other on one time axis."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollBar, QSplitter, QVBoxLayout, QWidget

from sepstudio.gui.panes.axis import LEFT_MARGIN
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.ruler import Ruler
from sepstudio.gui.timeline import Timeline

# The unit of the scroll bar, whose positions are whole numbers: 1 ms, good for 24 days.
_UNITS_PER_SECOND = 1000.0


class PaneStack(QWidget):
    """The ruler, the panes below it in a splitter, and a scroll bar for those without a wheel."""

    cursorMoved = Signal(str)

    def __init__(self, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.timeline = timeline
        self.setObjectName("pane-stack")
        self._panes: list[Pane] = []
        self.ruler = Ruler(timeline)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setObjectName("pane-stack.splitter")
        self._splitter.setChildrenCollapsible(False)
        self._bar = QScrollBar(Qt.Orientation.Horizontal)
        self._bar.setObjectName("pane-stack.scroll")
        self._bar.setAccessibleName("Position in time")
        self._bar.setToolTip("Scroll in time")
        row = QHBoxLayout()
        row.setContentsMargins(LEFT_MARGIN, 0, 0, 0)
        row.addWidget(self._bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.ruler)
        column.addWidget(self._splitter, 1)
        column.addLayout(row)
        self.ruler.cursorMoved.connect(self.cursorMoved)
        timeline.visibleChanged.connect(self._on_visible)
        timeline.durationChanged.connect(self._on_duration)
        self._bar.valueChanged.connect(self._on_scrolled)
        self._on_visible(*timeline.visible)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes from top to bottom."""
        return tuple(self._panes)

    def add_pane(self, pane: Pane, row: int | None = None, stretch: int = 1) -> None:
        """Add a pane at a row, or at the bottom; ``stretch`` is its share of the height."""
        row = len(self._panes) if row is None else row
        place = self._splitter.count() if row >= len(self._panes) else self._splitter.indexOf(self._panes[row])
        self._panes.insert(row, pane)
        self._splitter.insertWidget(place, pane)
        self._splitter.setStretchFactor(place, stretch)
        pane.cursorMoved.connect(self.cursorMoved)
        pane.show()

    def share_height(self) -> None:
        """Divide the height among the panes by their shares; what the user had dragged is forgotten."""
        shares = [self._splitter.widget(row).sizePolicy().verticalStretch() for row in range(self._splitter.count())]
        height = max(self._splitter.height(), 1)
        self._splitter.setSizes([height * share // max(sum(shares), 1) for share in shares])

    def remove_pane(self, pane: Pane) -> None:
        """Take a pane away, stop what is computed for it alone, and delete it."""
        self._panes.remove(pane)
        pane.cursorMoved.disconnect(self.cursorMoved)
        pane.release()
        pane.hide()
        # It keeps its parent until Qt deletes it: without one it would belong to Python, whose
        # garbage collector may run on a worker thread, where no widget may be destroyed.
        pane.deleteLater()

    def _on_visible(self, start: float, stop: float) -> None:
        span = stop - start
        blocked = self._bar.blockSignals(True)
        self._bar.setRange(0, round(max(self.timeline.duration - span, 0.0) * _UNITS_PER_SECOND))
        self._bar.setPageStep(max(round(span * _UNITS_PER_SECOND), 1))
        self._bar.setSingleStep(max(round(span * _UNITS_PER_SECOND / 10), 1))
        self._bar.setValue(round(start * _UNITS_PER_SECOND))
        self._bar.blockSignals(blocked)

    def _on_duration(self, _seconds: float) -> None:
        self._on_visible(*self.timeline.visible)

    def _on_scrolled(self, value: int) -> None:
        start, stop = self.timeline.visible
        self.timeline.set_visible(value / _UNITS_PER_SECOND, value / _UNITS_PER_SECOND + stop - start)
