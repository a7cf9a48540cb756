"""Panes above each other on one time axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QScrollBar,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.panes.axis import LEFT_MARGIN
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.ruler import RULER_HEIGHT, Ruler
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.icon_button import IconButton

# The unit of the scroll bar, whose positions are whole numbers: 1 ms, good for 24 days.
_UNITS_PER_SECOND = 1000.0
_MOST_STRETCH = 255
_STRETCH_UNIT = 8
_MARK_HEIGHT = 3
_NOTHING = "No panes. Add one with the button at the left end of the ruler."


class PaneStack(QWidget):
    """The ruler, the panes below it in a splitter, and a scroll bar for those without a wheel.

    ``paneMoved`` carries a pane that was pulled by its header and the row that it is to go to,
    ``sharesChanged`` says that heights were dragged, ``addRequested`` carries where a menu may open,
    ``paletteChanged`` comes with another theme.
    """

    cursorMoved = Signal(str)
    addRequested = Signal(QPoint)
    paneMoved = Signal(object, int)
    sharesChanged = Signal()
    currentChanged = Signal()
    paletteChanged = Signal()

    def __init__(self, timeline: Timeline, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.timeline = timeline
        self.setObjectName("pane-stack")
        self._panes: list[Pane] = []
        self._revealing = QTimer(self)
        self._revealing.setSingleShot(True)
        self._revealing.setInterval(0)
        self._revealing.timeout.connect(self._reveal_current)
        self._shares: dict[Pane, float] = {}
        self._current: Pane | None = None
        self.ruler = Ruler(timeline)
        self.add_button = IconButton("pane-add", "Add a pane", name="pane-stack.add", quiet=True, parent=self.ruler)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setObjectName("pane-stack.splitter")
        self._splitter.setChildrenCollapsible(False)
        # More panes than fit are scrolled; the ruler then leaves the same room as they do.
        self._scroll = QScrollArea()
        self._beside_ruler = QWidget()
        self._nothing = QLabel(_NOTHING)
        self._mark = QFrame(self)
        self._bar = QScrollBar(Qt.Orientation.Horizontal)
        self._lay_out()
        self._connect()
        self._on_visible(*timeline.visible)

    def _lay_out(self) -> None:
        side = self.add_button.width()
        self.add_button.move((LEFT_MARGIN - side) // 2, (RULER_HEIGHT - side) // 2)
        self._nothing.setObjectName("pane-stack.nothing")
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._nothing.setProperty("role", "caption")
        self._mark.setObjectName("pane-stack.mark")
        self._mark.hide()
        self._bar.setObjectName("pane-stack.scroll")
        self._bar.setAccessibleName("Position in time")
        self._bar.setToolTip("Scroll in time")
        self._scroll.setObjectName("pane-stack.panes")
        self._scroll.setWidget(self._splitter)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._beside_ruler.hide()
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.setSpacing(0)
        top.addWidget(self.ruler, 1)
        top.addWidget(self._beside_ruler)
        bottom.setContentsMargins(LEFT_MARGIN, 0, 0, 0)
        bottom.addWidget(self._bar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self._nothing, 1)
        column.addWidget(self._scroll, 1)
        column.addLayout(bottom)
        self._show_nothing()

    def _connect(self) -> None:
        self.ruler.cursorMoved.connect(self.cursorMoved)
        self.add_button.clicked.connect(self.ask_for_pane)
        self._splitter.splitterMoved.connect(self._on_splitter_moved)
        self._scroll.verticalScrollBar().rangeChanged.connect(self._on_scroll_range)
        self.timeline.visibleChanged.connect(self._on_visible)
        self.timeline.durationChanged.connect(self._on_duration)
        self._bar.valueChanged.connect(self._on_scrolled)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._on_focus)

    # -- panes -------------------------------------------------------------------------------

    @property
    def panes(self) -> tuple[Pane, ...]:
        """The panes from top to bottom."""
        return tuple(self._panes)

    @property
    def current(self) -> Pane | None:
        """The pane that had the focus last, or None."""
        return self._current

    def ask_for_pane(self) -> None:
        """Ask for the menu of panes that can be added."""
        self.addRequested.emit(self.add_button.mapToGlobal(QPoint(0, self.add_button.height())))

    def host(self, pane: Pane) -> None:
        """Take a pane in, out of sight: a pane is dressed anew for each new parent, which takes 10 ms."""
        pane.hide()
        self._splitter.addWidget(pane)

    def set_painting(self, on: bool) -> None:
        """Paint the panes, or leave what is seen of them as it is for a while."""
        self._splitter.setUpdatesEnabled(on)

    def add_pane(self, pane: Pane, row: int | None = None, stretch: float = 1) -> None:
        """Add a pane at a row, or at the bottom; ``stretch`` is its share of the height."""
        self._panes.insert(len(self._panes) if row is None else row, pane)
        self._shares[pane] = stretch
        pane.cursorMoved.connect(self.cursorMoved)
        pane.header.dragged.connect(self._on_header_dragged)
        pane.header.dropped.connect(self._on_header_dropped)
        self._order()
        pane.show()
        self._show_nothing()
        if self.window().focusWidget() is self:
            pane.take_focus()

    def remove_pane(self, pane: Pane) -> None:
        """Take a pane away, stop what is computed for it alone, and delete it."""
        self._keep_focus(pane)
        self._panes.remove(pane)
        del self._shares[pane]
        if pane is self._current:
            self._set_current(None)
        for signal, slot in (
            (pane.cursorMoved, self.cursorMoved), (pane.header.dragged, self._on_header_dragged),
            (pane.header.dropped, self._on_header_dropped),
        ):  # fmt: skip
            signal.disconnect(slot)
        pane.release()
        pane.hide()
        # It keeps its parent until Qt deletes it: without one it would belong to Python, whose
        # garbage collector may run on a worker thread, where no widget may be destroyed.
        pane.deleteLater()
        self._show_nothing()

    def _keep_focus(self, leaving: Pane) -> None:
        """Let the focus stay among the panes: Qt would give it to any button that comes next."""
        holder = self.window().focusWidget()
        if holder is not None and leaving.isAncestorOf(holder):
            row = self._panes.index(leaving)
            near = [*self._panes[row + 1 :], *reversed(self._panes[:row])]
            near[0].take_focus() if near else self.setFocus()

    def arrange(self, panes: Sequence[Pane]) -> None:
        """Bring the panes into another order; they are the same as before."""
        if list(panes) != self._panes:
            self._panes = list(panes)
            self._order()

    def _order(self) -> None:
        # Panes that are about to be deleted are still there: they go below.
        for row, pane in enumerate(self._panes):
            if self._splitter.indexOf(pane) != row:
                self._splitter.insertWidget(row, pane)
            stretch = round(self._shares[pane] * _STRETCH_UNIT)
            self._splitter.setStretchFactor(row, min(max(stretch, 1), _MOST_STRETCH))

    def _show_nothing(self) -> None:
        self._nothing.setVisible(not self._panes)
        self._scroll.setVisible(bool(self._panes))

    # -- heights -----------------------------------------------------------------------------

    @property
    def shares(self) -> Mapping[Pane, float]:
        """How much of the height each pane has, in comparison with the others."""
        return dict(self._shares)

    def set_shares(self, shares: Mapping[Pane, float]) -> None:
        """Divide the height anew."""
        self._shares.update(shares)
        self._order()
        self.share_height()

    def share_height(self) -> None:
        """Divide the height among the panes by their shares."""
        total = max(sum(self._shares.values()), 1e-9)
        height = max(self._scroll.viewport().height(), self._splitter.minimumSizeHint().height(), 1)
        widgets = [self._splitter.widget(row) for row in range(self._splitter.count())]
        self._splitter.setSizes([round(height * self._shares.get(widget, 0.0) / total) for widget in widgets])

    def _on_splitter_moved(self, _position: int, _row: int) -> None:
        total = sum(self._shares.values())
        heights = {pane: max(pane.height(), 1) for pane in self._panes}
        for pane, height in heights.items():
            self._shares[pane] = total * height / sum(heights.values())
        self.sharesChanged.emit()

    def _on_scroll_range(self, _least: int, most: int) -> None:
        self._beside_ruler.setFixedWidth(self._scroll.verticalScrollBar().sizeHint().width())
        self._beside_ruler.setVisible(most > 0)
        # The panes have their places only later.
        self._revealing.start()

    def _reveal_current(self) -> None:
        if self._current is not None:
            self._scroll.ensureWidgetVisible(self._current, 0, 0)

    # -- the order, by hand ------------------------------------------------------------------

    def row_at(self, height: int) -> int:
        """Return between which panes a height on the screen lies: 0 is above all of them."""
        y = self.mapFromGlobal(QPoint(0, height)).y()
        middles = [pane.mapTo(self, QPoint(0, pane.height() // 2)).y() for pane in self._panes]
        return sum(y > middle for middle in middles)

    def _on_header_dragged(self, height: int) -> None:
        gap = self.row_at(height)
        if gap < len(self._panes):
            y = self._panes[gap].mapTo(self, QPoint(0, 0)).y()
        else:
            last = self._panes[-1]
            y = last.mapTo(self, QPoint(0, last.height())).y()
        self._mark.setStyleSheet(f"background: {current_palette().accent};")
        self._mark.setGeometry(0, y - _MARK_HEIGHT // 2, self.width(), _MARK_HEIGHT)
        self._mark.raise_()
        self._mark.show()

    def _on_header_dropped(self, height: int) -> None:
        self._mark.hide()
        pane = next((pane for pane in self._panes if pane.header is self.sender()), None)
        if pane is not None:
            row, gap = self._panes.index(pane), self.row_at(height)
            to = gap - 1 if gap > row else gap
            if to != row:
                self.paneMoved.emit(pane, to)

    # -- answers -----------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Tell of another palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self.paletteChanged.emit()

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None:
            owner = next((pane for pane in self._panes if pane.isAncestorOf(new)), None)
            if owner is not None:
                self._set_current(owner)
                self._scroll.ensureWidgetVisible(owner, 0, 0)

    def _set_current(self, pane: Pane | None) -> None:
        if pane is not self._current:
            if self._current is not None:
                self._current.header.set_current(False)
            self._current = pane
            if pane is not None:
                pane.header.set_current(True)
            self.currentChanged.emit()

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
