"""Some of several things, a tick for each."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.check_box import CheckBox


class Choices(QWidget):
    """Ticks for (id, text, tooltip), side by side; ``changed`` tells of clicks."""

    changed = Signal()

    def __init__(
        self,
        name: str,
        options: Sequence[tuple[str, str, str]],
        ticked: Collection[str],
        columns: int = 1,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.boxes: dict[str, CheckBox] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(0)
        for place, (option, text, tip) in enumerate(options):
            # An ampersand alone would make the next letter a key.
            box = CheckBox(text.replace("&", "&&"))
            box.setObjectName(f"{name}.{option}")
            box.setAccessibleName(text)
            box.setToolTip(tip)
            box.setChecked(option in ticked)
            box.clicked.connect(self.changed)
            self.boxes[option] = box
            grid.addWidget(box, place // columns, place % columns)

    @property
    def chosen(self) -> tuple[str, ...]:
        """What is ticked, in the order of the options."""
        return tuple(option for option, box in self.boxes.items() if box.isChecked())

    def choose(self, options: Collection[str]) -> None:
        """Tick these and no others; emits nothing."""
        for option, box in self.boxes.items():
            box.setChecked(option in options)
