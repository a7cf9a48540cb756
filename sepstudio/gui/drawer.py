"""The area below the panes for what needs width: bench, queue, probe. Hidden until something is wanted of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QTabWidget, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.icon_button import IconButton

LEAST_HEIGHT = 140
# With the line below the chosen tab, as the stylesheet has them.
TAB_HEIGHT = 32


class Drawer(QTabWidget):
    """Pages by id. ``pageShown`` carries the id of the page that came into view, or "" when the drawer closed."""

    pageShown = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("drawer")
        self.setDocumentMode(True)
        # Its bar takes the focus itself.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tabBar().setAccessibleName("Pages of the drawer")
        self.tabBar().setToolTip("Choose a page of the drawer")
        self.tabBar().setDrawBase(False)
        self.setMinimumHeight(LEAST_HEIGHT)
        self._pages: dict[str, QWidget] = {}
        self._takers: set[str] = set()
        close = IconButton("close", "Close the drawer", name="drawer.close", quiet=True)
        close.clicked.connect(self.shut)
        corner = QWidget()
        row = QHBoxLayout(corner)
        # Qt sets a lower corner upon the pages, not in the middle of the tabs.
        around = (TAB_HEIGHT - close.height()) // 2
        row.setContentsMargins(0, around, GRID // 2, around)
        row.addWidget(close)
        self.setCornerWidget(corner)
        self.currentChanged.connect(self._tell)
        self.hide()

    def add_page(self, page_id: str, title: str, widget: QWidget, *, takes_points: bool = False) -> None:
        """Add a page at the right end; one that takes points answers for what is pointed at while it is in view."""
        if takes_points:
            self._takers.add(page_id)
        # Otherwise the widest page would widen the window.
        area = QScrollArea()
        area.setObjectName(f"drawer.{page_id}")
        area.setProperty("role", "panel")
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidgetResizable(True)
        area.setWidget(widget)
        self._pages[page_id] = area
        self.addTab(area, title)

    def show_page(self, page_id: str) -> None:
        """Open the drawer on a page."""
        self.setCurrentWidget(self._pages[page_id])
        self.show()
        self._tell()

    def toggle(self, page_id: str) -> None:
        """Open the drawer on a page, or close it when that page is in view."""
        if self.page == page_id:
            self.shut()
        else:
            self.show_page(page_id)

    def shut(self) -> None:
        """Hide the drawer."""
        self.hide()
        self._tell()

    @property
    def page(self) -> str:
        """The id of the page in view, or an empty string."""
        if self.isHidden():
            return ""
        return next((name for name, widget in self._pages.items() if widget is self.currentWidget()), "")

    @property
    def takes_points(self) -> bool:
        """Whether the page in view answers for points of the timeline that the user asks about."""
        return self.page in self._takers

    def _tell(self, _index: int = 0) -> None:
        self.pageShown.emit(self.page)
