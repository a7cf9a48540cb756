"""The names of components along a matrix, each beside a key of a piano in its colour."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from sepstudio.gui.items.matrix_view import ComponentName, MatrixView
from sepstudio.gui.panes.axis import LEFT_MARGIN, axis_font
from sepstudio.gui.theme import blend, current_palette

HEIGHT = 18
_KEY_PIXELS = 8
_GAP = 3
_NAME_HEIGHT = 13
_BLACK = frozenset({1, 3, 6, 8, 10})
_DEAD = "†"
Span = tuple[float, float]


class ComponentStrip(QWidget):
    """Beside a matrix from the bottom up, or below it from left to right.

    ``chosen`` carries the index of a component that was clicked.
    """

    chosen = Signal(int)

    def __init__(self, name: str, *, upright: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._upright = upright
        self._view: MatrixView | None = None
        self._shown: Span = (0.0, 1.0)
        self._marked: int | None = None
        self.setObjectName(f"{name}.components")
        self.setAccessibleName("Components")
        self.setToolTip("Click a component to hear it alone")
        if upright:
            self.setFixedWidth(LEFT_MARGIN)
        else:
            self.setFixedHeight(HEIGHT)

    def show_view(self, view: MatrixView | None) -> None:
        """Show the components of a matrix."""
        self._view = view
        self.update()

    def show_span(self, begin: float, end: float) -> None:
        """Lie along a part (0 to 1) of all components."""
        if (begin, end) != self._shown:
            self._shown = (begin, end)
            self.update()

    def mark(self, component: int | None) -> None:
        """Light the key of a component, by its index."""
        if component != self._marked:
            self._marked = component
            self.update()

    @property
    def names(self) -> tuple[str, ...]:
        """The names that there is room for, the first component first."""
        return tuple(name for _, name in sorted(self._named(QFontMetricsF(axis_font())), key=lambda found: found[0]))

    # -- drawing -----------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw keys and as many names as there is room for."""
        colours = current_palette()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(colours.panel))
        if self._view is None:
            return
        ink, paper = sorted((colours.text, colours.window), key=lambda colour: QColor(colour).lightness())
        for row, component in enumerate(self._view.components):
            key = self._key(row)
            black = component.pitch is not None and component.pitch % 12 in _BLACK
            fill = colours.accent if component.index == self._marked else ink if black else paper
            painter.fillRect(key, QColor(fill))
            self._draw_edge(painter, key, blend(ink, paper, 0.3))
        painter.setFont(axis_font())
        for row, name in self._named(QFontMetricsF(axis_font())):
            dead = self._view.components[row].index in self._view.dead
            painter.setPen(QColor(colours.warning if dead else colours.muted))
            painter.drawText(self._place_of_name(row), self._flags(), name)

    def _draw_edge(self, painter: QPainter, key: QRectF, colour: str) -> None:
        if min(key.width(), key.height()) >= _GAP:
            painter.setPen(QColor(colour))
            edge = (key.bottomLeft(), key.bottomRight()) if self._upright else (key.topRight(), key.bottomRight())
            painter.drawLine(*edge)

    def _span(self, row: int) -> Span:
        """Return where a component lies, in pixels from the left or from the top."""
        begin, end = self._shown
        count = len(self._view.components) if self._view is not None else 1
        lo, hi = ((place / count - begin) / (end - begin) for place in (row, row + 1))
        return ((1.0 - hi) * self.height(), (1.0 - lo) * self.height()) if self._upright else (
            lo * self.width(), hi * self.width()
        )  # fmt: skip

    def _key(self, row: int) -> QRectF:
        begin, end = self._span(row)
        if self._upright:
            return QRectF(self.width() - _KEY_PIXELS, begin, _KEY_PIXELS, end - begin)
        return QRectF(begin, 0, end - begin, _GAP + 1)

    def _place_of_name(self, row: int) -> QRectF:
        middle = sum(self._span(row)) / 2
        if self._upright:
            return QRectF(0, middle - _NAME_HEIGHT / 2, self.width() - _KEY_PIXELS - _GAP, _NAME_HEIGHT)
        return QRectF(middle - 40, _GAP + 1, 80, self.height() - _GAP - 1)

    def _flags(self) -> int:
        side = Qt.AlignmentFlag.AlignRight if self._upright else Qt.AlignmentFlag.AlignHCenter
        return int(side | Qt.AlignmentFlag.AlignVCenter)

    def _named(self, metrics: QFontMetricsF) -> Iterator[tuple[int, str]]:
        """Yield rows with the names that fit: first the Cs, then other white keys, then what is left."""
        components = self._view.components if self._view is not None else ()
        length = self.height() if self._upright else self.width()
        taken: list[Span] = []
        for row in sorted(range(len(components)), key=lambda row: (_rank(components[row]), row)):
            name = self._label(components[row])
            half = _NAME_HEIGHT / 2 if self._upright else metrics.horizontalAdvance(name) / 2 + _GAP
            middle = sum(self._span(row)) / 2
            inside = half <= middle <= length - half
            if inside and all(middle + half <= begin or middle - half >= end for begin, end in taken):
                taken.append((middle - half, middle + half))
                yield row, name

    def _label(self, component: ComponentName) -> str:
        dead = self._view is not None and component.index in self._view.dead
        title = component.title.replace(" onset", "′")
        return f"{_DEAD}{title}" if dead else title

    # -- gestures ----------------------------------------------------------------------------

    def component_at(self, place: QPointF) -> int | None:
        """Return the index of the component at a place of the strip, or None."""
        along = place.y() if self._upright else place.x()
        components = self._view.components if self._view is not None else ()
        for row, component in enumerate(components):
            begin, end = self._span(row)
            if begin <= along < end:
                return component.index
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a component."""
        component = self.component_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and component is not None:
            self.chosen.emit(component)

    def event(self, event: QEvent) -> bool:
        """Say the name of the component under the mouse in the tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._view is not None:
            index = self.component_at(QPointF(event.pos()))
            found = next((each for each in self._view.components if each.index == index), None)
            if found is not None:
                silent = " (contributes nothing)" if found.index in self._view.dead else ""
                QToolTip.showText(event.globalPos(), f"{found.title}{silent}: click to hear it alone", self)
                return True
        return super().event(event)


def _rank(component: ComponentName) -> int:
    if component.part == "onset":
        return 3
    if component.pitch is None or component.pitch % 12 == 0:
        return 0
    return 2 if component.pitch % 12 in _BLACK else 1
