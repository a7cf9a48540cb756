"""The page of the method that learns from strokes: what is painted, with what, and how it is learned."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.paint_box import PaintBox
from sepstudio.gui.panels.param_controls import CheckControl
from sepstudio.gui.turns import Turns
from sepstudio.separation.base import MethodSpec
from sepstudio.session.records import Run

_GOES_ON_TIP = "Begin with what that run has learned, which takes less time; otherwise begin anew"


class PaintPage(MethodPage):
    """The page of the method that learns from strokes; ``box`` is there as soon as it knows its board."""

    box: PaintBox | None = None

    def __init__(self, spec: MethodSpec, turns: Turns | None = None, parent: QWidget | None = None) -> None:
        super().__init__(spec, turns=turns, parent=parent)
        self._run: Run | None = None
        self._board: PaintBoard | None = None
        self.goes_on = CheckControl("")
        self.goes_on.describe("paint.goes-on", "Learn on from the run on show", _GOES_ON_TIP)
        self.goes_on.set_value(True)
        self.goes_on.hide()
        self.layout().insertWidget(0, self.goes_on)

    @property
    def goes_on_from(self) -> str | None:
        """The id of the run whose weights the next one begins with, empty to begin anew; None where none fits."""
        if not self._fits:
            return None
        return self._run.id if self.goes_on.value else ""

    def attach(self, board: PaintBoard) -> PaintBox:
        """Show what is painted on a board, above the parameters."""
        self.box = PaintBox(board)
        self._board = board
        self.layout().insertWidget(0, self.box)
        board.changed.connect(self._offer)
        return self.box

    def show_run(self, run: Run | None) -> None:
        """Offer to learn on from a run of this method, if it has learned the sources that there are now."""
        self._run = run
        self._offer()

    @property
    def _fits(self) -> bool:
        known = self._run.strokes.sources if self._run is not None and self._run.strokes is not None else ()
        there = self._board.strokes.sources if self._board is not None else ()
        return bool(known) and [source.id for source in known] == [source.id for source in there]

    def _offer(self) -> None:
        self.goes_on.setVisible(self._fits)
        if self._run is not None:
            self.goes_on.setText(f"Learn on from run {self._run.number}")
