"""The window of preferences."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from sepstudio.gui.key_map import KeyMap
from sepstudio.gui.preferences.controls import DeviceControl
from sepstudio.gui.preferences.form import SettingsForm
from sepstudio.gui.preferences.keys_page import KeysPage
from sepstudio.gui.settings import Settings
from sepstudio.gui.theme import CONTROL_HEIGHT, GRID
from sepstudio.gui.widgets.labels import rule

SIZE = (760, 520)
_LIST_WIDTH = 144
KEYS = "Keys"


class PreferencesWindow(QDialog):
    """Pages of settings and the page of keys; there is nothing to confirm, because changes apply at once."""

    scanRequested = Signal()

    def __init__(self, settings: Settings, keys: KeyMap, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("preferences")
        self.setWindowTitle("Preferences")
        self.setModal(False)
        self.resize(*SIZE)
        self.pages = QListWidget()
        self._stack = QStackedWidget()
        self._close = QPushButton("Close")
        for page in dict.fromkeys(setting.page for setting in settings.table if setting.page):
            self._add(page, SettingsForm(settings, page))
        self._add(KEYS, KeysPage(keys))
        self._arrange()
        self.pages.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._close.clicked.connect(self.accept)
        for control in self.findChildren(DeviceControl):
            control.scanRequested.connect(self.scanRequested)
        self.pages.setCurrentRow(0)

    def show_page(self, page: str) -> None:
        """Turn to a page."""
        found = self.pages.findItems(page, Qt.MatchFlag.MatchExactly)
        self.pages.setCurrentItem(found[0])

    def _add(self, title: str, page: QWidget) -> None:
        item = QListWidgetItem(title)
        item.setSizeHint(QSize(0, CONTROL_HEIGHT))
        self.pages.addItem(item)
        self._stack.addWidget(page)

    def _arrange(self) -> None:
        self.pages.setObjectName("preferences.pages")
        self.pages.setAccessibleName("Pages of preferences")
        self.pages.setToolTip("Choose a page")
        self.pages.setFixedWidth(_LIST_WIDTH)
        self._close.setObjectName("preferences.close")
        self._close.setAccessibleName("Close the preferences")
        self._close.setToolTip("Everything is applied already")
        self._close.setFixedHeight(CONTROL_HEIGHT)
        self._close.setAutoDefault(False)
        body = QHBoxLayout()
        body.setSpacing(2 * GRID)
        body.addWidget(self.pages)
        body.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(2 * GRID)
        column.addLayout(body, 1)
        column.addWidget(rule())
        column.addLayout(foot)
