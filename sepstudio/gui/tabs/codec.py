"""The tab of the HOA codec: scene and conditions at the left, panes in the middle, settings at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from sepstudio.gui.codec.ambix import AmbixClips
from sepstudio.gui.codec.lower import LowerViews
from sepstudio.gui.codec.places import Place
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.stack import PaneStack
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.timeline import Timeline
from sepstudio.gui.turns import Turns
from sepstudio.session.session import Session

LEFT_WIDTH, RIGHT_WIDTH = 256, 332


class CodecTab(QWidget):
    """Shows the current source and one decoded run of it; it reads the session and never writes it.

    ``firstShown`` comes once, when the tab is looked at for the first time: who has a part of it makes it then,
    in ``turns``, and puts it into its place; ``becameVisible`` comes every time. ``shownChanged`` says that the scene,
    the run or the channel on show is another one. ``decodeRequested(codebooks, left_out)`` wants the tokens of the run
    on show decoded with the first ``codebooks`` of its codebooks (0 is all), without one of them (counted from 1; 0
    leaves none out).
    """

    cursorMoved = Signal(str)
    firstShown = Signal()
    becameVisible = Signal()
    shownChanged = Signal()
    decodeRequested = Signal(int, int)

    def __init__(self, session: Session, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.codec")
        self._session = session
        self.timeline = timeline
        self.loader = loader
        self.turns = Turns(self)
        # Every view takes the scenes that it shows from here.
        self.clips = AmbixClips(session)
        self._run = ""
        self._was_shown = False
        self.stack = PaneStack(timeline)
        # Where the parts of the tab go, from left to right.
        self.conditions = Place("codec.place.conditions")
        self.meters = Place("codec.place.meters")
        self.head = Place("codec.place.head")
        self.lower = LowerViews()
        self.settings = Place("codec.place.settings")
        self.microscope = Place("codec.place.microscope")
        self.histogram = Place("codec.place.histogram")
        self.foot = Place("codec.place.foot")
        self._lay_out()
        self.stack.cursorMoved.connect(self.cursorMoved)
        # What panes there are is settled; their order is not.
        self.stack.add_button.hide()
        self.stack.paneMoved.connect(self._move_pane)

    @property
    def run(self) -> str:
        """The id of the decoded run on show, or empty."""
        return self._run

    def show_run(self, run_id: str) -> None:
        """Show a decoded run, or none; what else is shown may have changed too."""
        self._run = run_id
        self.shownChanged.emit()

    def add_pane(self, pane: Pane, share: float) -> None:
        """Put a pane below the others; ``share`` is its part of the height in comparison with theirs."""
        # Its menu would choose among other panes.
        pane.header.more.hide()
        self.stack.host(pane)
        self.stack.add_pane(pane, stretch=share)

    def _move_pane(self, pane: Pane, row: int) -> None:
        others = [other for other in self.stack.panes if other is not pane]
        self.stack.arrange([*others[:row], pane, *others[row:]])

    def showEvent(self, event: QShowEvent) -> None:
        """Have the parts of the tab made."""
        super().showEvent(event)
        if not self._was_shown:
            self._was_shown = True
            self.firstShown.emit()
        self.becameVisible.emit()

    def _lay_out(self) -> None:
        columns = QSplitter(Qt.Orientation.Horizontal)
        columns.setObjectName("tab.codec.columns")
        columns.setChildrenCollapsible(False)
        middle = QSplitter(Qt.Orientation.Vertical)
        middle.setObjectName("tab.codec.middle")
        middle.setChildrenCollapsible(False)
        middle.addWidget(_column(self.head, self.stack, stretched=1))
        middle.addWidget(self.lower)
        middle.setStretchFactor(0, 1)
        for widget in (_column(self.conditions, self.meters, stretched=0), middle, self._right()):
            columns.addWidget(widget)
        columns.setStretchFactor(1, 1)
        columns.setSizes([LEFT_WIDTH, 1000, RIGHT_WIDTH])
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(columns)

    def _right(self) -> QFrame:
        content = QWidget()
        content.setProperty("role", "panel-content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(PADDING, 0, PADDING, PADDING)
        inner.setSpacing(PADDING)
        for place in (self.settings, self.microscope, self.histogram):
            inner.addWidget(place)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("tab.codec.scroll")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        scroll.setWidgetResizable(True)
        panel = QFrame()
        panel.setObjectName("tab.codec.right")
        panel.setProperty("role", "panel")
        column = QVBoxLayout(panel)
        column.setContentsMargins(0, PADDING, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(scroll, 1)
        column.addWidget(self.foot)
        return panel


def _column(*widgets: QWidget, stretched: int) -> QFrame:
    holder = QFrame()
    holder.setProperty("role", "panel")
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    for place, widget in enumerate(widgets):
        column.addWidget(widget, 1 if place == stretched else 0)
    return holder
