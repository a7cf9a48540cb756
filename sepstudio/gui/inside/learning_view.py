"""What changes while a network learns: errors, weights of combinations, and first-layer kernels."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sepstudio.gui.inside.alpha_picture import AlphaPicture
from sepstudio.gui.inside.error_plot import ErrorPlot
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.inside.row import PictureRow
from sepstudio.gui.inside.sheet import sheet_of
from sepstudio.gui.inside.sheet_picture import KERNEL_TIP, SheetPicture
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns
from sepstudio.separation.base import Matrix

_PLOT_WIDTH = 340


class LearningView(QWidget):
    """Draws one picture a turn; what comes meanwhile replaces what was not drawn yet.

    ``made`` carries a picture that is new.
    """

    made = Signal(object)

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.learning")
        self._turns = turns
        self._learning: Learning | None = None
        self._waiting: list[str] = []
        self._layout_of: tuple[object, ...] = ()
        self.errors = ErrorPlot()
        self.errors.setFixedWidth(_PLOT_WIDTH)
        self.row = PictureRow(turns)
        self.row.made.connect(self.made)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(3 * GRID)
        line.addWidget(self.errors)
        line.addWidget(self.row, 1)

    @property
    def learning(self) -> Learning | None:
        """What is on show, or will be in a few turns."""
        return self._learning

    @property
    def settled(self) -> bool:
        """Whether everything is drawn."""
        return self._turns.idle

    def show_learning(self, learning: Learning) -> None:
        """Show a network, bit by bit."""
        self._learning = learning
        self._waiting = [*learning.alphas, *learning.kernels]
        self._turns.ask(self._draw_errors)
        self._turns.ask(self._draw_next)

    def _draw_errors(self) -> None:
        self.errors.show_learning(self._learning)

    def _draw_next(self) -> None:
        """Draw one picture, and the others in the next turns."""
        learning = self._learning
        if self._waiting:
            name = self._waiting.pop(0)
            if name in learning.alphas:
                place = list(learning.alphas).index(name)
                picture = self.row.picture(place, f"inside.{name}", AlphaPicture)
                picture.show_matrix(name, learning.alphas[name])
            else:
                place = len(learning.alphas) + list(learning.kernels).index(name)
                make = partial(SheetPicture, what="Kernels", tip=KERNEL_TIP)
                picture = self.row.picture(place, f"inside.{name}", make)
                picture.show_sheet(sheet_of(name, learning.kernels[name], labelled=True))
            self._turns.ask(self._draw_next)
        else:
            self._fit_if_changed()

    def _fit_if_changed(self) -> None:
        matrices: dict[str, Matrix] = {**self._learning.alphas, **self._learning.kernels}
        layout = tuple((name, matrix.values.shape) for name, matrix in matrices.items())
        if layout != self._layout_of:
            self._layout_of = layout
            self.row.keep({f"inside.{name}" for name in matrices})
            self._turns.ask(self.row.fit)
