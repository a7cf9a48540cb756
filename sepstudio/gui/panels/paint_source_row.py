"""One painted source in the list: its colour and number, its name, how much is painted, and the way to remove it."""

from __future__ import annotations

import dataclasses
import functools

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from sepstudio.gui.panels.kernel_sources import NameEdit
from sepstudio.gui.theme import CONTROL_HEIGHT, DARK, GRID, LIGHT, PAINT_COLOURS, contrast, current_palette
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label
from sepstudio.io.strokes.records import PaintedSource

_SIDE, _SWATCH = 22, 16
_SHARE_WIDTH = 56
_TINY = 0.0001


class ColourButton(QToolButton):
    """A square in the colour of a source with its number in it; a click offers other colours."""

    colourChosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._colour, self._number = DARK.muted, 0
        self.setProperty("role", "flat")
        self.setFixedSize(_SIDE, _SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.clicked.connect(self._open)

    @property
    def colour(self) -> str:
        """The colour on show as ``#RRGGBB``."""
        return self._colour

    def show_colour(self, colour: str, number: int) -> None:
        """Show a colour and a number; emits nothing."""
        self._colour, self._number = colour, number
        self.update()

    def colour_menu(self) -> QMenu:
        """Return the colours that there are to choose among."""
        menu = QMenu(self)
        menu.setObjectName("menu.paint-colours")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, colour in PAINT_COLOURS.items():
            entry = QAction(_square(colour), name, menu)
            entry.setCheckable(True)
            entry.setChecked(colour.upper() == self._colour.upper())
            entry.triggered.connect(functools.partial(self.colourChosen.emit, colour))
            menu.addAction(entry)
        return menu

    def _open(self) -> None:
        self.colour_menu().popup(self.mapToGlobal(self.rect().bottomLeft()))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the square over what the style paints."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(0.0, 0.0, _SWATCH, _SWATCH)
        area.moveCenter(QRectF(self.rect()).center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(area, 3.0, 3.0)
        # Whichever of the two is told apart better.
        dark, light = (contrast(ink, self._colour) for ink in (DARK.window, LIGHT.panel))
        painter.setPen(QColor(DARK.window if dark >= light else LIGHT.panel))
        font = painter.font()
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, str(self._number))
        painter.end()


class PaintSourceRow(QFrame):
    """``chosen(id)``, ``edited(source)`` and ``removed(id)`` say what the hand did; ``named()``: Return was pressed."""

    chosen = Signal(str)
    edited = Signal(object)
    removed = Signal(str)
    named = Signal()

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source = PaintedSource("", "", DARK.muted)
        self.setObjectName(f"paint.source.{index}")
        self.setProperty("role", "lane")
        self.colour = ColourButton()
        self.colour.setObjectName(f"paint.colour.{index}")
        self.edit = NameEdit()
        self.edit.setObjectName(f"paint.name.{index}")
        self.edit.setProperty("role", "flat")
        self.edit.setFixedHeight(CONTROL_HEIGHT - 4)
        self.share = label("", "muted-number", name=f"paint.share.{index}")
        self.share.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.share.setFixedWidth(_SHARE_WIDTH)
        self.remove = IconButton("remove", "Remove this source", name=f"paint.remove.{index}", quiet=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(GRID // 2, 0, GRID // 2, 0)
        row.setSpacing(GRID // 2)
        for widget in (self.colour, self.edit, self.share, self.remove):
            row.addWidget(widget)
        self.setFixedHeight(CONTROL_HEIGHT)
        self.edit.entered.connect(self._choose)
        self.edit.editingFinished.connect(self._rename)
        self.edit.returnPressed.connect(self.named)
        self.colour.colourChosen.connect(self._recolour)
        self.remove.clicked.connect(self._remove)

    @property
    def source(self) -> PaintedSource:
        """The source on show."""
        return self._source

    def show_source(self, source: PaintedSource, number: int, *, chosen: bool) -> None:
        """Show a source; emits nothing."""
        self._source = source
        self.colour.show_colour(source.colour, number)
        if self.edit.text() != source.name:
            self.edit.setText(source.name)
        self.edit.setAccessibleName(f"Name of source {number}")
        self.edit.setToolTip(f"Name of the source and of its stem; click, or Alt+{number}, to paint it")
        self.colour.setAccessibleName(f"Colour of {source.name}")
        self.colour.setToolTip(f"Choose another colour for {source.name}")
        self.remove.describe(f"Remove {source.name} and what is painted of it")
        if self.property("shown") != chosen:
            self.setProperty("shown", chosen)
            self.style().unpolish(self)
            self.style().polish(self)

    def show_share(self, share: float | None) -> None:
        """Show how much of the recording is painted as this source, 0 to 1; None where that is not known yet."""
        self.share.setText("" if share is None else share_text(share))
        self.share.setToolTip("How much of the recording, in time and frequency, is painted as this source alone")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the source."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose()

    def _choose(self) -> None:
        self.chosen.emit(self._source.id)

    def _rename(self) -> None:
        name = self.edit.text().strip()
        if not name:
            self.edit.setText(self._source.name)
        elif name != self._source.name:
            self.edited.emit(dataclasses.replace(self._source, name=name))

    def _recolour(self, colour: str) -> None:
        self.edited.emit(dataclasses.replace(self._source, colour=colour))

    def _remove(self) -> None:
        self.removed.emit(self._source.id)


def share_text(share: float) -> str:
    """Return a share in per cent with as many digits as mean something, for example ``0.42 %``."""
    if not share:
        return "0 %"
    return "<0.01 %" if share < _TINY else f"{100 * share:.2f} %" if share < 0.1 else f"{100 * share:.0f} %"


def _square(colour: str) -> QIcon:
    pixmap = QPixmap(_SWATCH, _SWATCH)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QColor(current_palette().line))
    painter.setBrush(QColor(colour))
    painter.drawRoundedRect(QRectF(0.5, 0.5, _SWATCH - 1, _SWATCH - 1), 3.0, 3.0)
    painter.end()
    return QIcon(pixmap)
