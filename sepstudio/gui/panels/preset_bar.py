"""The list of presets of a method, and the menu of what can be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.separation.base import Preset

CUSTOM = "Custom"
# Id, text, and whether it is for a preset of the user's. {} stands for the name of that.
_ACTS = (
    ("save", "Save as preset…", False),
    ("overwrite", "Overwrite {}", True),
    ("rename", "Rename {}…", True),
    ("delete", "Delete {}…", True),
    ("", "", False),
    ("reset", "Reset to factory settings", False),
    ("", "", False),
    ("import", "Import presets…", False),
    ("export", "Export these settings…", False),
)


class PresetBar(QWidget):
    """Lists the presets that ship with a method, then those of the user.

    ``chosen(params)`` asks for the settings of a preset, ``wanted(act)`` for what the menu names: save, overwrite,
    rename, delete, reset, import, export. ``own`` is the preset of the user's that these are about.
    """

    chosen = Signal(object)
    wanted = Signal(str)
    ownChanged = Signal()

    def __init__(self, factory: Sequence[Preset], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._factory = tuple(factory)
        self._own: tuple[Preset, ...] = ()
        self._last: Preset | None = None
        self.combo = QComboBox()
        self.more = IconButton("more", "Save and manage presets", name="method.preset.more")
        self.menu = QMenu(self)
        self.menu.setObjectName("method.preset.menu")
        self.menu.aboutToShow.connect(self._name_acts)
        self._fill_menu()
        self._arrange()
        self._fill()
        self.combo.activated.connect(self._choose)

    # -- what the panel tells ----------------------------------------------------------------

    @property
    def presets(self) -> tuple[Preset, ...]:
        """All presets in the order of the list."""
        return (*self._factory, *self._own)

    @property
    def own(self) -> str:
        """The name of the user's preset that was chosen last and is still there, or empty."""
        return self._last.name if self._last is not None and self._last in self._own else ""

    def set_own(self, presets: Sequence[Preset]) -> None:
        """List other presets of the user's."""
        self._own = tuple(presets)
        self._fill()
        self.ownChanged.emit()

    def remember(self, preset: Preset | None) -> None:
        """Take a preset as the one that was chosen last."""
        self._last = preset

    def show_params(self, params: Any, *, valid: bool = True) -> None:
        """Show which preset has these parameters; "Custom" is a state, and listed only while it is so."""
        row = self._row(params) if valid else -1
        last = self.combo.count() - 1
        custom = last >= 0 and self.combo.itemData(last) is None
        if row < 0 and not custom:
            self.combo.addItem(CUSTOM)
        elif row >= 0 and custom:
            self.combo.removeItem(last)
        self.combo.setCurrentIndex(row if row >= 0 else self.combo.count() - 1)

    # -- gestures ----------------------------------------------------------------------------

    def _choose(self, row: int) -> None:
        preset = self.combo.itemData(row)
        if isinstance(preset, Preset):
            self._last = preset
            self.chosen.emit(preset.params)

    def _ask(self) -> None:
        self.wanted.emit(self.sender().data())

    def _name_acts(self) -> None:
        for action, (_, text, for_own) in zip(self.menu.actions(), _ACTS, strict=True):
            action.setText(text.format(f"“{self.own}”" if self.own else "preset"))
            action.setEnabled(not for_own or bool(self.own))

    # -- building ----------------------------------------------------------------------------

    def _row(self, params: Any) -> int:
        # Two presets may be equal: the one that was chosen is the one on show.
        rows = [row for row in range(self.combo.count()) if self._holds(row, params)]
        chosen = [row for row in rows if self.combo.itemData(row) == self._last]
        return next(iter([*chosen, *rows]), -1)

    def _holds(self, row: int, params: Any) -> bool:
        preset = self.combo.itemData(row)
        return isinstance(preset, Preset) and preset.params == params

    def _fill(self) -> None:
        self.combo.clear()
        for preset in self._factory:
            self.combo.addItem(preset.title, preset)
        if self._factory and self._own:
            self.combo.insertSeparator(self.combo.count())
        for preset in self._own:
            self.combo.addItem(preset.title, preset)
            self.combo.setItemData(self.combo.count() - 1, "A preset of yours", Qt.ItemDataRole.ToolTipRole)

    def _fill_menu(self) -> None:
        for act, text, _ in _ACTS:
            action = self.menu.addAction(text) if act else self.menu.addSeparator()
            action.setObjectName(f"method.preset.{act}")
            action.setData(act)
            action.triggered.connect(self._ask)

    def _arrange(self) -> None:
        self.combo.setObjectName("method.preset")
        self.combo.setAccessibleName("Preset")
        self.combo.setToolTip("Settings that belong together")
        self.combo.setFixedHeight(CONTROL_HEIGHT)
        # Otherwise the longest name of a preset decides how wide the column is.
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(12)
        self.combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.more.setMenu(self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID // 2)
        row.addWidget(self.combo, 1)
        row.addWidget(self.more)
