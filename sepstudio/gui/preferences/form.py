"""One page of settings, made from the table."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from sepstudio.gui.panels.param_controls import CheckControl
from sepstudio.gui.preferences.controls import control_of
from sepstudio.gui.settings import Setting, Settings
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID, PADDING
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label

LABEL_WIDTH = 192


class SettingsForm(QWidget):
    """The settings of one page: a change applies at once, and what changes elsewhere shows here."""

    def __init__(self, settings: Settings, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"preferences.{page.lower()}")
        self._settings = settings
        self._rows = {setting.id: setting for setting in settings.table if setting.page == page}
        self._controls: dict[str, Any] = {}
        self._resets: dict[str, IconButton] = {}
        self._restore = QPushButton("Restore defaults")
        self._arrange(page)
        for setting_id in self._rows:
            self._show(setting_id)
        settings.changed.connect(self._show)
        self._restore.clicked.connect(self._restore_all)

    def control(self, setting_id: str) -> Any:
        """Return the control of a setting."""
        return self._controls[setting_id]

    def _arrange(self, page: str) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(GRID)
        grid.setVerticalSpacing(GRID)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        for number, setting in enumerate(self._rows.values()):
            self._add(grid, number, setting)
        self._restore.setObjectName(f"preferences.{page.lower()}.restore")
        self._restore.setAccessibleName(f"Restore the defaults of {page}")
        self._restore.setToolTip("Set everything on this page as it was at first")
        self._restore.setFixedHeight(CONTROL_HEIGHT)
        self._restore.setAutoDefault(False)
        foot = QHBoxLayout()
        foot.addWidget(self._restore)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(PADDING)
        column.addWidget(label(page, "title"))
        column.addLayout(grid)
        column.addStretch(1)
        column.addLayout(foot)

    def _add(self, grid: QGridLayout, number: int, setting: Setting) -> None:
        control = control_of(setting)
        control.valueChanged.connect(self._take)
        self._controls[setting.id] = control
        if isinstance(control, CheckControl):
            grid.addWidget(control, number, 0, 1, 2)
        else:
            title = label(setting.title)
            title.setToolTip(setting.help)
            title.setBuddy(control)
            grid.addWidget(title, number, 0, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(control, number, 1)
        reset = IconButton("undo", f"Reset: {setting.title}", name=f"setting.{setting.id}.reset", quiet=True)
        policy = reset.sizePolicy()
        # The controls must not move when a button comes or goes.
        policy.setRetainSizeWhenHidden(True)
        reset.setSizePolicy(policy)
        reset.clicked.connect(self._reset)
        self._resets[setting.id] = reset
        grid.addWidget(reset, number, 2)

    def _show(self, setting_id: str) -> None:
        if setting_id in self._rows:
            value = self._settings.value(setting_id)
            self._controls[setting_id].set_value(value)
            self._resets[setting_id].setVisible(value != self._rows[setting_id].default)

    def _take(self, value: Any) -> None:
        self._settings.set(self.sender().objectName().removeprefix("setting."), value)

    def _reset(self) -> None:
        self._settings.reset(self.sender().objectName().removeprefix("setting.").removesuffix(".reset"))

    def _restore_all(self) -> None:
        for setting_id in self._rows:
            self._settings.reset(setting_id)
