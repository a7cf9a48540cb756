"""The models tab: what is installed, and the training of more."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.models.library_page import LibraryPage
from sepstudio.gui.models.training_page import TrainingPage
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import rule

PageName = Literal["library", "train"]

_PAGES: tuple[tuple[PageName, str, str], ...] = (
    ("library", "Installed", "The models at hand: cards, import, download"),
    ("train", "Train", "Train networks on songs whose stems you have, and see how they learn"),
)
_BUTTON_WIDTH = 104


class ModelsTab(QWidget):
    """Two pages; ``visibleChanged`` tells when the tab comes into view and goes."""

    visibleChanged = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.models")
        self.library = LibraryPage()
        self.training = TrainingPage()
        self._stack = QStackedWidget()
        self._buttons = {}
        self._lay_out()
        self.show_page("library")

    @property
    def page(self) -> PageName:
        """The page in view."""
        return _PAGES[self._stack.currentIndex()][0]

    def show_page(self, name: PageName) -> None:
        """Show a page."""
        for index, (page, _, _) in enumerate(_PAGES):
            self._buttons[page].setChecked(page == name)
            if page == name:
                self._stack.setCurrentIndex(index)

    def showEvent(self, event: QShowEvent) -> None:
        """Tell that the tab is in view."""
        super().showEvent(event)
        self.visibleChanged.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that the tab is out of view."""
        super().hideEvent(event)
        self.visibleChanged.emit(False)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(PADDING, GRID, PADDING, GRID)
        head.setSpacing(GRID // 2)
        for name, text, tip in _PAGES:
            button = push_button(f"models.page.{name}", text, tip)
            button.setProperty("role", "segment")
            button.setProperty("page", name)
            # Not an exclusive group: Tab would pass over all but the one that is down.
            button.setCheckable(True)
            button.setFixedWidth(_BUTTON_WIDTH)
            button.clicked.connect(self._choose)
            self._buttons[name] = button
            head.addWidget(button)
        head.addStretch(1)
        self._stack.addWidget(self.library)
        self._stack.addWidget(self.training)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(rule())
        column.addWidget(self._stack, 1)

    def _choose(self) -> None:
        self.show_page(self.sender().property("page"))
