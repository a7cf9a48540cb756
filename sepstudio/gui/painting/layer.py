"""Painting over a spectrogram: the strokes, the hand and the brush under the mouse, put together."""

from __future__ import annotations

from PySide6.QtCore import QObject

from sepstudio.gui.painting.board import PaintBoard
from sepstudio.gui.painting.hand import PaintHand
from sepstudio.gui.painting.item import StrokesItem
from sepstudio.gui.panes.spectrogram import SpectrogramPane
from sepstudio.gui.turns import Turns
from sepstudio.io.strokes.records import Stroke


class PaintLayer(QObject):
    """Shows the strokes of a board over a pane, and lets the mouse paint there while a tool is taken.

    Over the stem of a painted source only what speaks of that source is shown.
    """

    def __init__(self, board: PaintBoard, pane: SpectrogramPane, turns: Turns) -> None:
        super().__init__(pane)
        self._board = board
        self._pane = pane
        self.item = StrokesItem(board, turns, pane.scale, self._is_wanted)
        pane.box.addItem(self.item, ignoreBounds=True)
        self.hand = PaintHand(board, pane.box, pane, self.item, self)
        pane.axisChanged.connect(self._follow_axis)
        pane.shownChanged.connect(self.item.catch_up_soon)
        pane.view.mouseAt.connect(self.hand.hover)
        pane.view.mouseLeft.connect(self.hand.leave)

    def _is_wanted(self, stroke: Stroke) -> bool:
        target = self._board.target_of(self._pane.audio_id)
        if target.refusal:
            return False
        return not target.against or stroke.source in ("", target.against)

    def _follow_axis(self) -> None:
        self.item.set_scale(self._pane.scale)
