"""A plot of curves that nobody can drag about: a line follows the pointer, and colours follow the theme."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFocusEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu, QWidget

from sepstudio.gui.exporting.view_data import Floats
from sepstudio.gui.items.bars import BarStyle
from sepstudio.gui.panes.axis import axis_font
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.theme import current_palette
from sepstudio.gui.widgets.icon_button import IconButton

# Pixels between the middles of two numbers one above the other, of a digit and around a number beside another.
_ROW, _DIGIT, _AROUND = 22, 7, 16
# Between two marks without numbers.
_MARKS_APART = 8
# Numbers of a logarithmic axis in the order of their use.
_DIGITS = (1, 5, 2, 3, 7, 4, 6, 8, 9)

Side = Literal["bottom", "left"]


@dataclass(frozen=True, eq=False)
class PlottedCurve:
    """A curve by its name as a plot shows it: what it goes through in units of the axes, and its pen.

    ``marker`` is pyqtgraph's name of one, or empty; the point at ``ringed`` stands out.
    With ``bars`` there is a bar from 0 up to each point instead of a line.
    """

    name: str
    across: Floats
    up: Floats
    pen: QPen
    marker: str = ""
    ringed: int | None = None
    bars: BarStyle | None = None


class _Axis(pg.AxisItem):
    """An axis that, if it is logarithmic, numbers as many of its marks as there is room for."""

    def logTickValues(self, low: float, high: float, _size: float, _linear: Any) -> list[tuple[None, list[float]]]:
        """Return the marks at 1, 2, … 9 of every power of ten."""
        return [(None, [place for place, _ in _powers(low, high)])]

    def logTickStrings(self, values: Sequence[float], _scale: float, _spacing: Any) -> list[str]:
        """Return the numbers of marks, empty where there is no room."""
        box, (lo, hi) = self.boundingRect(), self.range
        upright = self.orientation in ("left", "right")
        named = _log_names(lo, hi, box.height() if upright else box.width(), upright=upright)
        return [named.get(value, "") for value in values]


def _powers(lo: float, hi: float) -> list[tuple[float, int]]:
    """Return 1, 2, … 9 times all powers of ten between two of them, as powers of ten, and with that digit."""
    found = [
        (power + math.log10(digit), digit)
        for power in range(math.floor(lo), math.ceil(hi) + 1)
        for digit in range(1, 10)
    ]
    return [(place, digit) for place, digit in found if lo <= place <= hi]


def _log_names(lo: float, hi: float, pixels: float, *, upright: bool) -> dict[float, str]:
    named: dict[float, str] = {}
    for place, _ in sorted(_powers(lo, hi), key=lambda one: _DIGITS.index(one[1])):
        text = f"{10.0**place:.3g}"
        apart = _apart([text], upright=upright) * (hi - lo) / max(pixels, 1.0)
        if all(abs(place - other) >= apart for other in named):
            named[place] = text
    return named


def _apart(texts: Sequence[str], *, upright: bool) -> int:
    return _ROW if upright else _DIGIT * max(map(len, texts), default=1) + _AROUND


class CurvePlot(pg.PlotWidget):
    """``pointed`` carries where the pointer is on the axis across, as a float, or None outside the axes.

    ``menuFilling(plot, menu)`` asks for what can be done with the curves, for the menu that the right mouse button,
    the menu key and the button ``more`` open; that belongs in the head of the view, and can be used while there are
    curves.
    """

    pointed = Signal(object)
    menuFilling = Signal(object, object)

    def __init__(self, left: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={side: _Axis(side) for side in ("left", "bottom")})
        self.setObjectName(f"{name}.plot")
        self.more = IconButton("export", "Export the curves as a picture or as data", name=f"{name}.export")
        self.more.setEnabled(False)
        self.more.clicked.connect(self._open_below)
        self._fixed: tuple[tuple[float, str], ...] = ()
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

    def fix_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Put these numbers along the axis across in the place of those that pyqtgraph finds."""
        self._fixed = tuple(marks)
        self.getAxis("bottom").setTicks([self._fixed])

    def ticks(self, side: Side, pixels: int) -> tuple[Tick, ...]:
        """Return the marks and numbers of an axis as it is now, if it were so long."""
        lo, hi = self.span(side)
        axis, upright = self.getAxis(side), side == "left"
        found: dict[float, str] = {}
        if axis.logMode:
            named = _log_names(lo, hi, pixels, upright=upright)
            found = {place: named.get(place, "") for place, _ in _powers(lo, hi)}
        elif side == "bottom" and self._fixed:
            step = math.ceil(_apart([text for _, text in self._fixed], upright=False) * len(self._fixed) / pixels)
            found = {value: "" if row % step else text for row, (value, text) in enumerate(self._fixed)}
        else:
            for spacing, values in axis.tickValues(lo, hi, pixels):
                texts = axis.tickStrings(values, 1.0, spacing)
                has_room = len({*found, *values}) * _apart(texts, upright=upright) <= pixels
                if has_room or len(values) * _MARKS_APART <= pixels:
                    found |= zip(values, texts if has_room else [""] * len(values), strict=True)
        return tuple(Tick((value - lo) / (hi - lo), text) for value, text in sorted(found.items()) if lo <= value <= hi)

    def span(self, side: Side) -> tuple[float, float]:
        """Return the part of an axis that is in view, in powers of ten where it is logarithmic."""
        across, up = self.getPlotItem().vb.viewRange()
        lo, hi = across if side == "bottom" else up
        return lo, hi

    @property
    def logarithmic(self) -> tuple[bool, bool]:
        """Whether the axis across and the one upright are logarithmic."""
        return bool(self.getAxis("bottom").logMode), bool(self.getAxis("left").logMode)

    @property
    def drawn_size(self) -> QSize:
        """The size of what lies between the axes, on the screen."""
        box = self.getPlotItem().vb.sceneBoundingRect()
        return QSize(round(box.width()), round(box.height()))

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the curves."""
        menu = QMenu(self)
        menu.setObjectName("menu.curves")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menuFilling.emit(self, menu)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu where the pointer is, or in the middle for the menu key."""
        if self.more.isEnabled():
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            self.menu().popup(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the curves, and a frame around them while they have the keys."""
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self.viewport())
            painter.setPen(QColor(current_palette().accent))
            painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))
            painter.end()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the frame."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the frame away."""
        super().focusOutEvent(event)
        self.viewport().update()

    def changeEvent(self, event: QEvent) -> None:
        """Follow a change of theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._recolour()

    def _open_below(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

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
