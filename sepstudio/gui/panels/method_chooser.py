"""The row of methods above their settings."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.separation.base import MethodSpec

_COLUMNS = 3


def short_title(spec: MethodSpec) -> str:
    """Return what a method is called where there is little room, for example ``Score NMF``."""
    return spec.short or (f"Score {spec.id.upper()}" if "score" in spec.needs else spec.id.upper())


class MethodChooser(QWidget):
    """One button for each method, of which one is down; ``chosen`` carries the id of a method that was clicked."""

    chosen = Signal(str)

    def __init__(self, specs: Sequence[MethodSpec], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("method.chooser")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(GRID // 2)
        self.buttons = {}
        for index, spec in enumerate(specs):
            button = push_button(f"method.choose.{spec.id}", short_title(spec), f"{spec.title}: {spec.summary}")
            button.setProperty("role", "segment")
            # Not an exclusive group: Tab would pass over all but the one that is down.
            button.setCheckable(True)
            button.clicked.connect(self._choose)
            self.buttons[spec.id] = button
            grid.addWidget(button, index // _COLUMNS, index % _COLUMNS)
        # One method alone is no choice.
        self.setVisible(len(self.buttons) > 1)

    def show_method(self, method_id: str) -> None:
        """Show which method is chosen; emits nothing."""
        for key, button in self.buttons.items():
            button.setChecked(key == method_id)

    def _choose(self) -> None:
        chosen = next(key for key, button in self.buttons.items() if button is self.sender())
        # A second click must not let it come up.
        self.buttons[chosen].setChecked(True)
        self.chosen.emit(chosen)
