"""The codes of a decoded scene over the common time axis, a row for each codebook."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from sepstudio.gui.codec.token_export import TokenFigure, token_table
from sepstudio.gui.codec.token_item import TokenItem
from sepstudio.gui.codec.token_view import TOKEN_COLOURS, TokenColours, TokenView
from sepstudio.gui.exporting.figure import FigureSource
from sepstudio.gui.exporting.view_data import Table
from sepstudio.gui.panes.base import Pane, Span
from sepstudio.gui.panes.choice import ChoiceButton
from sepstudio.gui.panes.heights import panned, part_of_axis, zoomed
from sepstudio.gui.panes.loader import TileLoader
from sepstudio.gui.panes.ticks import Tick
from sepstudio.gui.texts import time_text
from sepstudio.gui.timeline import Timeline

EMPTY = "Encode the scene: its tokens appear here, a row for each codebook."
_TIP = (
    "A row for each codebook, the first on top; hatched ones were not decoded. Colours tell entries apart and mean "
    "nothing else. Zoomed out, a pixel shows one of its frames. Click a row to see how its codebook is used"
)
_COLOURS_TIP = "Colours: each entry its own, or how rare an entry is in this scene (bright)"
_APART = 12


class TokenPane(Pane):
    """``codebookChosen`` carries the codebook of a row that was clicked, counted from 0.

    ``menuFilling(pane, menu)`` asks for what can be exported.
    """

    codebookChosen = Signal(int)
    menuFilling = Signal(object, object)

    def __init__(self, timeline: Timeline, loader: TileLoader, parent: QWidget | None = None) -> None:
        self._heights: Span = (0.0, 1.0)
        self._tokens: TokenView | None = None
        self._colours: TokenColours = TOKEN_COLOURS[0]
        self.item = TokenItem(loader.paint_turns)
        super().__init__(timeline, loader, "tokens", parent)
        self.setObjectName("codec.tokens")
        self.setAccessibleName("Tokens")
        self.view.setToolTip(_TIP)
        self.box.addItem(self.item, ignoreBounds=True)
        self.box.clicked.connect(self._on_clicked)
        self.choice = ChoiceButton("codec.tokens.colours", _COLOURS_TIP, TOKEN_COLOURS)
        self.choice.chosen.connect(self._on_colours)
        self.header.add_control(self.choice)
        self.header.more.setToolTip("Export the tokens as a picture or as data")
        self.menuRequested.connect(self._open_menu)
        self.view.viewport().installEventFilter(self)
        self.clear(EMPTY)
        self.apply_colours()

    # -- what is shown -----------------------------------------------------------------------

    @property
    def tokens(self) -> TokenView | None:
        """What is on show, or None."""
        return self._tokens

    @property
    def colours(self) -> TokenColours:
        """What colours tell."""
        return self._colours

    @property
    def heights(self) -> Span:
        """The part of all rows that is in view."""
        return self._heights

    @property
    def filled(self) -> bool:
        """Whether there is anything to point at."""
        return self._tokens is not None

    @property
    def settled(self) -> bool:
        """Whether everything that the pane draws is there."""
        return self._tokens is not None

    def show_tokens(self, view: TokenView) -> None:
        """Show the codes of a run; of another number of codebooks all come into view."""
        before, self._tokens = self._tokens, view
        self.item.show_view(view, self._colours)
        self.header.set_entries(self.entries())
        if before is None or before.codebooks != view.codebooks:
            self.set_heights(0.0, 1.0)
        self.apply_colours()
        self._turn_to(0)

    def set_colours(self, colours: TokenColours) -> None:
        """Let colours tell something else."""
        self._colours = colours
        self.choice.choose(colours)
        self.item.show_view(self._tokens, colours)

    def entries(self) -> list[tuple[str, str]]:
        """Return what is shown."""
        return [] if self._tokens is None else [(f"{self._tokens.title}, tokens", "")]

    def _release(self) -> None:
        self._tokens = None
        self.item.show_view(None, self._colours)
        super()._release()

    def apply_colours(self) -> None:
        """Take the colours from the palette in force."""
        super().apply_colours()
        self.item.paint_anew()
        self._label_axis()

    # -- rows --------------------------------------------------------------------------------

    def set_heights(self, bottom: float, top: float) -> None:
        """Show a part of the rows, from 0 to 1 at most."""
        self._heights = part_of_axis(bottom, top)
        self.box.show_heights(*self._heights)
        self._label_axis()

    def pan(self, share: float) -> None:
        """Move along the rows."""
        self.set_heights(*panned(self._heights, share))

    def zoom(self, factor: float, height: float) -> None:
        """Show fewer rows in more detail."""
        self.set_heights(*zoomed(self._heights, factor, height))

    def codebook_at(self, height: float) -> int | None:
        """Return the codebook at a height of the view, counted from 0; None where there is none."""
        count = self._tokens.codebooks if self._tokens is not None else 0
        row = int((1.0 - height) * count // 1)
        return row if 0 <= row < count else None

    def _label_axis(self) -> None:
        bottom, top = self._heights
        count = self._tokens.codebooks if self._tokens is not None else 0
        places = [(row, (1.0 - (row + 0.5) / count - bottom) / (top - bottom)) for row in range(count)]
        high = self.view.height() / max((top - bottom) * count, 1e-9)
        step = max(-(-_APART // max(int(high), 1)), 1)
        self.axis.set_ticks(
            [Tick(place, str(row + 1) if row % step == 0 else "") for row, place in places if 0.0 <= place <= 1.0]
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Label the rows anew when the view gets another height."""
        if event.type() == QEvent.Type.Resize:
            self._label_axis()
        return super().eventFilter(watched, event)

    # -- read-out ----------------------------------------------------------------------------

    def readout(self, seconds: float, height: float) -> str:
        """Return codebook, code, how often it occurs, and time of a place."""
        view, codebook = self._tokens, self.codebook_at(height)
        token = view.token_at(codebook, seconds) if view is not None and codebook is not None else None
        if view is None or codebook is None or token is None:
            return time_text(seconds)
        times = int(view.usage.counts[codebook, token])
        words = [f"codebook {codebook + 1}", f"entry {token} of {view.size}", f"{times} times in {view.frames} frames"]
        words += [] if view.used[codebook] else ["not decoded"]
        return "  ".join([*words, time_text(seconds)])

    def _on_clicked(self, _across: float, height: float) -> None:
        codebook = self.codebook_at(height)
        if codebook is not None:
            self.codebookChosen.emit(codebook)

    def _on_colours(self, action: QAction) -> None:
        self.set_colours(action.data())

    # -- what is exported --------------------------------------------------------------------

    @property
    def plot(self) -> TokenPane:
        """What has the menu of exports."""
        return self

    @property
    def figure_title(self) -> str:
        """What the pane shows."""
        return self.entries()[0][0] if self._tokens is not None else "Tokens"

    def figure_source(self) -> FigureSource | None:
        """Return how the codes are drawn as a figure as they are now, or None where there are none."""
        if self._tokens is None:
            return None
        size = self.view.size()
        return TokenFigure(self._tokens, self._colours, self.timeline.visible, self._heights, size, self.axis.ticks)

    def table(self) -> Table:
        """Return a row for each frame and a column for each codebook."""
        return token_table(self._tokens, self.figure_title)

    def menu(self) -> QMenu:
        """Return the menu of what can be done with the codes."""
        menu = QMenu(self)
        menu.setObjectName("menu.tokens")
        self.menuFilling.emit(self, menu)
        return menu

    def _open_menu(self, _pane: object) -> None:
        self.menu().popup(self.header.mapToGlobal(QPoint(self.header.width() - 8, self.header.height())))
