"""A source of kernel additive modelling in small: its kernel as a picture, and its size."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.panels.kernel_picture import cells_of, size_text
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.kernel_thumb import KernelThumb
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation.kernels import MAX_LENGTH, KamSource

# The one size that says most, for the shapes that have one, and what it counts.
_MAIN_SIZE = {"horizontal": ("width", "frames"), "vertical": ("height", "bins")}


class KernelCard(QFrame):
    """Shows one source; ``kernelEdited(index, Kernel)`` when its size is set, ``chosen(index)`` when it is clicked."""

    kernelEdited = Signal(int, object)
    chosen = Signal(int)

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._index = index
        self._source: KamSource | None = None
        self.setObjectName(f"kernel.card.{index}")
        self.setProperty("role", "card")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.swatch = Swatch("")
        self.name = ElidedLabel("")
        self.thumb = KernelThumb()
        self.box = NumberBox(Scale(1, MAX_LENGTH, 2, True))
        self.box.setObjectName(f"kernel.length.{index}")
        self._unit = label("", "caption")
        self._unit.setWordWrap(True)
        self.name.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._arrange()
        self.box.valueEdited.connect(self._resize)

    def show_source(self, source: KamSource, *, selected: bool) -> None:
        """Show a source; emits nothing."""
        self._source = source
        self.swatch.set_stem(source.name)
        self.name.setText(source.name)
        self.thumb.show_cells(cells_of(source.kernel), source.name)
        main, unit = _MAIN_SIZE.get(source.kernel.shape, ("", ""))
        self.box.setVisible(bool(main))
        if main:
            self.box.set_number(getattr(source.kernel, main))
        self._unit.setText(unit or f"{source.kernel.shape}\n{size_text(source.kernel)}")
        text = f"{source.name}: {source.kernel.shape} kernel, {size_text(source.kernel)}"
        self.setToolTip(f"{text}. Click to edit it")
        self.setAccessibleName(text)
        self.box.setToolTip(f"Length of the {source.name} kernel in {unit}, odd")
        self.box.setAccessibleName(f"Length of the {source.name} kernel")
        if self.property("shown") != selected:
            self.setProperty("shown", selected)
            self.style().unpolish(self)
            self.style().polish(self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the source."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit(self._index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return and Space choose the source."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._index)
        else:
            super().keyPressEvent(event)

    def _resize(self, length: int) -> None:
        kernel = self._source.kernel
        self.kernelEdited.emit(self._index, dataclasses.replace(kernel, **{_MAIN_SIZE[kernel.shape][0]: length}))

    def _arrange(self) -> None:
        head, size, body = QHBoxLayout(), QVBoxLayout(), QHBoxLayout()
        head.setSpacing(GRID // 2)
        head.addWidget(self.swatch)
        head.addWidget(self.name, 1)
        size.setSpacing(0)
        size.addWidget(self.box)
        size.addWidget(self._unit)
        body.setSpacing(GRID)
        body.addWidget(self.thumb)
        body.addLayout(size, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID // 2, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addLayout(body)
