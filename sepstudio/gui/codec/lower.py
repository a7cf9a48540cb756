"""The lower part of the codec tab: one view at a time of how a scene lies in space, chosen in a row of tabs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QTabBar, QVBoxLayout, QWidget


@dataclass(frozen=True, eq=False)
class Page:
    """A view by its title; ``make`` returns the widget when it is chosen, the same one every time."""

    title: str
    tip: str
    make: Callable[[], QWidget]


class LowerViews(QWidget):
    """Takes no room while it has no view; ``chosen`` carries the title of another one."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.lower")
        self.setProperty("role", "panel-content")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._pages: list[Page] = []
        self.bar = QTabBar()
        self.bar.setObjectName("codec.lower.tabs")
        self.bar.setAccessibleName("Views of the scene in space")
        self.bar.setToolTip("Choose a view of the scene in space")
        self.bar.setProperty("role", "views")
        self.bar.setDrawBase(False)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(False)
        self.stack = QStackedWidget()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self.stack, 1)
        self.bar.currentChanged.connect(self._show)
        self.hide()

    @property
    def title(self) -> str:
        """The title of the view on show, or empty."""
        place = self.bar.currentIndex()
        return self._pages[place].title if place >= 0 else ""

    def add(self, page: Page) -> None:
        """Offer a view; the first one is shown."""
        self._pages.append(page)
        self.bar.setTabToolTip(self.bar.addTab(page.title), page.tip)
        self.show()

    def choose(self, title: str) -> None:
        """Show a view, as by hand."""
        self.bar.setCurrentIndex([page.title for page in self._pages].index(title))

    def _show(self, place: int) -> None:
        view = self._pages[place].make()
        if self.stack.indexOf(view) < 0:
            self.stack.addWidget(view)
        self.stack.setCurrentWidget(view)
        self.chosen.emit(self._pages[place].title)
