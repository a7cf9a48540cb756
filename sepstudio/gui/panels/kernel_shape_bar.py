"""The shape of a kernel and the sizes that belong to it."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.panels.kernel_picture import reshaped
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.value_slider import NumberBox
from sepstudio.separation.kernels import MAX_LENGTH, MAX_REPEATS, SHAPES, Kernel

# A minute and a half at the usual hop.
_MAX_PERIOD = 4096
_SHAPE_HELP = {
    "horizontal": "Horizontal: steady tones",
    "vertical": "Vertical: strokes",
    "cross": "Cross: neighbours in time and in frequency, for voices",
    "rectangle": "Rectangle: everything near",
    "disc": "Disc: everything near, without corners",
    "periodic": "Periodic: what returns with the beat",
    "drawn": "Drawn: any cells, drawn on the grid",
}
_BOXES = {
    "width": (Scale(1, MAX_LENGTH, 2, True), "frames", "Width of the kernel in frames, odd"),
    "height": (Scale(1, MAX_LENGTH, 2, True), "bins", "Height of the kernel in bins, odd"),
    "period": (
        Scale(0, _MAX_PERIOD, 1, True, coarse=1),
        "frames",
        "Length of a period in frames; auto finds it from the music",
    ),
    "repeats": (Scale(1, MAX_REPEATS, 1, True), "repeats", "How many periods to each side are looked at"),
}
_BOXES_OF = {
    "horizontal": ("width",),
    "vertical": ("height",),
    "periodic": ("period", "repeats"),
    "drawn": (),
}


class KernelShapeBar(QWidget):
    """Buttons for the shapes and number boxes for the sizes; ``kernelEdited`` carries a new Kernel."""

    kernelEdited = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kernel = Kernel.horizontal(1)
        self._group = QButtonGroup(self)
        self._buttons = [
            IconButton(f"kernel-{shape}", _SHAPE_HELP[shape], name=f"kernel.shape.{shape}", checkable=True)
            for shape in SHAPES
        ]
        self._boxes = {name: NumberBox(scale, unit) for name, (scale, unit, _help) in _BOXES.items()}
        self._boxes["period"].setSpecialValueText("auto")
        for name, box in self._boxes.items():
            box.setObjectName(f"kernel.{name}")
            box.setToolTip(_BOXES[name][2])
            box.setAccessibleName(_BOXES[name][2])
            box.valueEdited.connect(self._resize)
        for index, button in enumerate(self._buttons):
            self._group.addButton(button, index)
        self._group.idClicked.connect(self._reshape)
        self._arrange()

    def show_kernel(self, kernel: Kernel) -> None:
        """Show a kernel; emits nothing."""
        self._kernel = kernel
        self._buttons[SHAPES.index(kernel.shape)].setChecked(True)
        used = _BOXES_OF.get(kernel.shape, ("width", "height"))
        for name, box in self._boxes.items():
            box.setVisible(name in used)
            box.set_number(getattr(kernel, name))

    def _reshape(self, index: int) -> None:
        if SHAPES[index] != self._kernel.shape:
            self.kernelEdited.emit(reshaped(self._kernel, SHAPES[index]))

    def _resize(self) -> None:
        used = _BOXES_OF.get(self._kernel.shape, ("width", "height"))
        sizes = {name: int(self._boxes[name].number) for name in used}
        self.kernelEdited.emit(dataclasses.replace(self._kernel, **sizes))

    def _arrange(self) -> None:
        shapes, sizes = QHBoxLayout(), QHBoxLayout()
        shapes.setSpacing(GRID // 2)
        sizes.setSpacing(GRID)
        for button in self._buttons:
            shapes.addWidget(button)
        for box in self._boxes.values():
            sizes.addWidget(box)
        shapes.addStretch(1)
        sizes.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(shapes)
        column.addLayout(sizes)
