"""What is painted and how: the sources, the tools, and whether the network learns along."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.sources import bare_words, missing_words
from sepstudio.gui.panels.paint_source_row import PaintSourceRow
from sepstudio.gui.panels.paint_tools import PaintTools
from sepstudio.gui.panels.param_controls import CheckControl
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.key_hint import stand_for
from sepstudio.gui.widgets.labels import label

_LIVE_TIP = "After each stroke, learn on from what the run on show has learned, and hear it at once"


class PaintBox(QFrame):
    """The painted sources of a board, its tools, and what is still missing.

    ``liveToggled(on)`` asks to learn along; ``named()`` says that a name was typed and the hand goes elsewhere.
    """

    liveToggled = Signal(bool)
    named = Signal()

    def __init__(self, board: PaintBoard, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("paint.box")
        self._board = board
        self._shares: Mapping[str, float] = {}
        self.rows: list[PaintSourceRow] = []
        self.add = push_button("paint.add", "Add source", "Name somebody who is heard, and paint what is theirs")
        self.add.setProperty("role", "link")
        stand_for(self.add, "paint-add-source")
        self.tools = PaintTools(board)
        self.live = CheckControl("Learn while I paint")
        self.live.describe("paint.live", "Learn while I paint", _LIVE_TIP)
        stand_for(self.live, "paint-live")
        self.state = label("", "caption", name="paint.state")
        self.state.setWordWrap(True)
        self._list = QVBoxLayout()
        self._arrange()
        self.add.clicked.connect(self._add_named)
        self.live.clicked.connect(self.liveToggled)
        board.changed.connect(self._show)
        board.optionsChanged.connect(self._show)
        self._show()

    @property
    def shown_rows(self) -> list[PaintSourceRow]:
        """The rows of the sources that there are."""
        return self.rows[: len(self._board.strokes.sources)]

    def show_shares(self, shares: Mapping[str, float]) -> None:
        """Show how much of the recording is painted as each source, by its id."""
        self._shares = shares
        for row in self.shown_rows:
            row.show_share(shares.get(row.source.id))

    def set_live(self, on: bool) -> None:
        """Show whether the network learns along; emits nothing."""
        self.live.set_value(on)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label("Sources"), 1)
        head.addWidget(self.add)
        self._list.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addLayout(self._list)
        column.addWidget(self.state)
        column.addWidget(self.tools)
        column.addWidget(self.live)

    def _show(self) -> None:
        sources = self._board.strokes.sources
        while len(self.rows) < len(sources):
            self._add_row()
        chosen = self._board.source
        for number, row in enumerate(self.rows, 1):
            row.setVisible(number <= len(sources))
            if number <= len(sources):
                source = sources[number - 1]
                row.show_source(source, number, chosen=source == chosen)
                row.show_share(self._shares.get(source.id))
        strokes = self._board.strokes
        words = missing_words(strokes) or bare_words(strokes)
        self.state.setText(words)
        self.state.setVisible(bool(words))

    def _add_named(self) -> None:
        """Add a source, and let its name be typed at once."""
        before = len(self.shown_rows)
        self._board.sourceWanted.emit()
        if len(self.shown_rows) > before:
            name = self.shown_rows[-1].edit
            name.setFocus()
            name.selectAll()

    def _add_row(self) -> None:
        row = PaintSourceRow(len(self.rows))
        row.chosen.connect(self._board.choose)
        row.edited.connect(self._board.sourceEdited)
        row.removed.connect(self._board.sourceDropped)
        row.named.connect(self.named)
        self.rows.append(row)
        self._list.addWidget(row)
