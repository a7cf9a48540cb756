"""The templates of a run side by side, on the frequency axis of the spectrogram."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsSceneWheelEvent, QVBoxLayout, QWidget

from sepstudio.gui.items.matrix_view import MatrixView
from sepstudio.gui.panes.base import Span
from sepstudio.gui.panes.component_strip import HEIGHT
from sepstudio.gui.panes.display import Display
from sepstudio.gui.panes.heights import panned, part_of_axis, zoomed
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.panes.picture import DEFAULT_SAMPLE_RATE
from sepstudio.gui.panes.plot import WHEEL_UNIT, ZOOM_PER_NOTCH, TimeViewBox
from sepstudio.gui.panes.ticks import frequency_ticks
from sepstudio.gui.texts import frequency_text, note_text
from sepstudio.gui.theme import current_palette
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.io.scores.records import TemplatePatch
from sepstudio.tiles.scales import FrequencyScale

EMPTY = "The spectrum of each component: separate with a score to see it."
_SCROLL_SHARE = 0.1
_BRUSH_Z = 60
_BRUSH_ALPHA = 90


class TemplateBox(TimeViewBox):
    """Components from 0 to 1 instead of time: it follows no timeline, and a drag may paint.

    ``painted(across, low, high, allowed, finished)`` follows a drag while ``painting``, with heights of the view;
    the right button, or Alt, takes away.
    """

    painted = Signal(float, float, float, bool, bool)
    acrossMoved = Signal(float, float)

    def __init__(self, timeline: Timeline) -> None:
        self._across: Span = (0.0, 1.0)
        self.painting = False
        super().__init__(timeline)

    @property
    def across(self) -> Span:
        """The part of all components that is in view."""
        return self._across

    def show_visible(self, start: float, stop: float) -> None:
        """Keep what is in view, whatever the time is."""
        self.show_across(*self._across)

    def show_across(self, begin: float, end: float) -> None:
        """Show a part of the components, from 0 to 1 at most."""
        self._across = part_of_axis(begin, end)
        self.setXRange(*self._across, padding=0)
        self.updateMatrix()
        self.acrossMoved.emit(*self._across)

    def grabbed_edge(self, seconds: float) -> float | None:
        """There is no selection in time here."""
        return None

    def wheelEvent(self, ev: QGraphicsSceneWheelEvent, axis: int | None = None) -> None:
        """Zoom and scroll the components, or pan and zoom upright."""
        if ev.modifiers() & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            super().wheelEvent(ev, axis)
            return
        notches = ev.delta() / WHEEL_UNIT
        if self._timeline.wheel_scrolls(ev.modifiers()) or ev.orientation() == Qt.Orientation.Horizontal:
            self.show_across(*panned(self._across, -notches * _SCROLL_SHARE))
        else:
            self.show_across(*zoomed(self._across, ZOOM_PER_NOTCH**notches, self.mapToView(ev.pos()).x()))
        ev.accept()

    def mouseClickEvent(self, ev: Any) -> None:
        """Say where a click was."""
        if ev.button() == Qt.MouseButton.LeftButton and not ev.double():
            ev.accept()
            place = self.mapToView(ev.pos())
            self.clicked.emit(place.x(), place.y())

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:
        """Paint, or pan with the middle button."""
        paints = self.painting and ev.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton)
        if not paints and ev.button() != Qt.MouseButton.MiddleButton:
            ev.ignore()
            return
        ev.accept()
        if paints:
            takes = ev.button() == Qt.MouseButton.RightButton or ev.modifiers() & Qt.KeyboardModifier.AltModifier
            down, now = self.mapToView(ev.buttonDownPos()), self.mapToView(ev.pos())
            low, high = sorted((down.y(), now.y()))
            self.painted.emit(down.x(), low, high, not takes, ev.isFinish())
        else:
            moved = ev.pos() - ev.lastPos()
            begin, end = self._across
            self.show_across(*panned(self._across, -moved.x() * self.viewPixelSize()[0] / (end - begin)))
            self.panned.emit(moved.y() / max(self.height(), 1.0))


class PatchItem(pg.GraphicsObject):
    """Cells that were painted and that no run knows yet, those under the brush among them."""

    def __init__(self) -> None:
        super().__init__()
        self.setZValue(_BRUSH_Z)
        self._patches: list[tuple[QRectF, bool]] = []

    def show_patches(self, patches: list[tuple[QRectF, bool]]) -> None:
        """Mark parts of the view, each with whether energy is allowed there."""
        if patches != self._patches:
            self._patches = patches
            self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole view."""
        return QRectF(0.0, 0.0, 1.0, 1.0)

    def paint(self, painter: QPainter, option: Any = None, widget: Any = None) -> None:
        """Draw the marks: what is allowed in green, what is taken away in red."""
        colours = current_palette()
        for rect, allowed in self._patches:
            colour = QColor(colours.ok if allowed else colours.error)
            pen = QPen(colour)
            pen.setCosmetic(True)
            painter.setPen(pen)
            colour.setAlpha(_BRUSH_ALPHA)
            painter.setBrush(colour)
            painter.drawRect(rect)


class TemplatesPane(MatrixPane):
    """Columns by pitch from left to right; it has no time, and neither playhead nor selection.

    ``heightsWanted`` carries the part of the frequency axis that the wheel asks for: whoever shares the axis
    answers with ``set_axis``. ``constraintPainted(run_id, patch)`` asks to change a constraint.
    """

    heightsWanted = Signal(float, float)
    constraintPainted = Signal(str, object)
    box_class = TemplateBox
    box: TemplateBox
    matrix_name = "templates"
    upright_components = False

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._axis_scale = Display().axis(DEFAULT_SAMPLE_RATE)
        self._heights: Span = (0.0, 1.0)
        self._brush = PatchItem()
        self._patches: tuple[TemplatePatch, ...] = ()
        super().__init__(timeline, loader, "templates", parent)
        self.setAccessibleName("Templates")
        self.view.setToolTip("Click a component to hear it alone; wheel zooms components, Alt+wheel frequencies")
        self.paint_button = IconButton(
            "paint", "Paint where templates may have energy; Alt or the right button takes away", checkable=True,
            quiet=True, name="templates.paint",
        )  # fmt: skip
        self.paint_button.toggled.connect(self._on_paint)
        self.header.add_control(self.paint_button)
        self._add_names()
        for item in (self._selection, self._playhead):
            self.box.removeItem(item)
        self.box.addItem(self._brush, ignoreBounds=True)
        self.box.painted.connect(self._on_painted)
        self.box.acrossMoved.connect(self.components.show_span)
        self.item.set_scale(self._axis_scale)
        self.view.viewport().installEventFilter(self)
        self.clear(EMPTY)
        self.apply_colours()

    def _add_names(self) -> None:
        """Put the names below the plot, and as much room below the axis."""
        row = self._pages.widget(0).layout()
        left, right = QVBoxLayout(), QVBoxLayout()
        for column, widget in ((left, self.axis), (right, self.view)):
            row.removeWidget(widget)
            column.setSpacing(0)
            column.addWidget(widget, 1)
        left.addSpacing(HEIGHT)
        right.addWidget(self.components)
        row.addLayout(left)
        row.addLayout(right, 1)

    # -- the frequency axis ------------------------------------------------------------------

    @property
    def axis_scale(self) -> FrequencyScale:
        """The frequency axis."""
        return self._axis_scale

    @property
    def heights(self) -> Span:
        """The part of the axis that is in view."""
        return self._heights

    def set_axis(self, scale: FrequencyScale, bottom: float, top: float) -> None:
        """Show the part ``bottom`` to ``top`` (0 to 1) of a frequency axis."""
        self._axis_scale, self._heights = scale, part_of_axis(bottom, top)
        self.item.set_scale(scale)
        self.box.show_heights(*self._heights)
        self._label_axis()
        self._mark_patches()

    def pan(self, share: float) -> None:
        """Ask to move along the frequencies."""
        self.heightsWanted.emit(*panned(self._heights, share))

    def zoom(self, factor: float, height: float) -> None:
        """Ask for fewer frequencies in more detail."""
        self.heightsWanted.emit(*zoomed(self._heights, factor, height))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Label the axis anew when the view gets another height."""
        if event.type() == QEvent.Type.Resize:
            self._label_axis()
        return super().eventFilter(watched, event)

    def _label_axis(self) -> None:
        self.axis.set_ticks(frequency_ticks(self._axis_scale, *self._heights, max(self.view.height(), 1)))

    # -- components --------------------------------------------------------------------------

    def show_matrix(self, view: MatrixView) -> None:
        """Show templates; of other components all come into view."""
        before = self.matrix
        super().show_matrix(view)
        if before is not None and before.components != view.components:
            self.box.show_across(0.0, 1.0)
        self._label_axis()

    def along_components(self, across: float, height: float) -> float:
        """Return how far along all components, 0 to 1, a place of the view is."""
        return across

    def seconds_at(self, across: float) -> float | None:
        """Return None: templates have no time."""
        return None

    def readout(self, seconds: float, height: float) -> str:
        """Return the component, its value and the frequency of a place."""
        hertz = float(self._axis_scale.to_hertz(height))
        found = self.component_at(seconds, height)
        words = self.value_words(found, hertz) if found is not None else []
        return "  ".join([*words, frequency_text(hertz), note_text(hertz)])

    # -- painting ----------------------------------------------------------------------------

    def can_paint(self, possible: bool) -> None:
        """Offer the brush, or hide it where there is no score that could take what is painted."""
        self.paint_button.setEnabled(possible)
        if not possible:
            self.paint_button.setChecked(False)

    def _on_paint(self, painting: bool) -> None:
        self.box.painting = painting

    def show_patches(self, patches: tuple[TemplatePatch, ...]) -> None:
        """Mark what was painted since the run."""
        self._patches = patches
        self._mark_patches()

    def _mark_patches(self, brush: TemplatePatch | None = None) -> None:
        patches = self._patches if brush is None else (*self._patches, brush)
        marks = [(self._place_of(patch), patch.allowed) for patch in patches]
        self._brush.show_patches([(rect, allowed) for rect, allowed in marks if rect is not None])

    def _place_of(self, patch: TemplatePatch) -> QRectF | None:
        components = self._view.components if self._view is not None else ()
        rows = [row for row, each in enumerate(components) if (each.pitch, each.part) == (patch.pitch, patch.part)]
        if not rows:
            return None
        low, high = (float(height) for height in self._axis_scale.to_unit([patch.low, patch.high]))
        return QRectF(rows[0] / len(components), low, 1 / len(components), high - low)

    def _on_painted(self, across: float, low: float, high: float, allowed: bool, finished: bool) -> None:
        found, view = self.component_at(across, low), self.matrix
        if found is None or found.pitch is None or view is None:
            return
        lowest, highest = (float(f) for f in self._axis_scale.to_hertz([max(low, 0.0), min(high, 1.0)]))
        brush = TemplatePatch(found.pitch, lowest, highest, allowed, found.part)
        self._mark_patches(None if finished else brush)
        if finished:
            self.constraintPainted.emit(view.run_id, brush)
