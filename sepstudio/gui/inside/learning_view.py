"""What changes while a network learns: errors, weights of combinations, and first-layer kernels."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from sepstudio.gui.inside.alpha_picture import AlphaPicture
from sepstudio.gui.inside.error_plot import ErrorPlot
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.inside.row import PictureRow, Wanted
from sepstudio.gui.inside.sheet import Sheet, kernel_sheet
from sepstudio.gui.inside.sheet_picture import KERNEL_TIP, SheetPicture
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns
from sepstudio.separation.base import Matrix

_PLOT_WIDTH = 340


class LearningView(QWidget):
    """Errors, and how much each map takes of others; draws one picture a turn.

    ``made`` carries a picture that is new.
    """

    made = Signal(object)

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.learning")
        self._turns = turns
        self._learning: Learning | None = None
        self.errors = ErrorPlot()
        self.errors.setFixedWidth(_PLOT_WIDTH)
        self.row = PictureRow(turns)
        self.row.made.connect(self.made)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(3 * GRID)
        line.addWidget(self.errors)
        line.addWidget(self.row, 1)

    def show_learning(self, learning: Learning) -> None:
        """Show a network, bit by bit."""
        self._learning = learning
        self._turns.ask(self._draw_errors)
        self.row.show_pictures(
            [
                Wanted(f"inside.{name}", AlphaPicture, partial(_fill, name, matrix), matrix.values.shape)
                for name, matrix in learning.alphas.items()
            ]
        )

    def _draw_errors(self) -> None:
        self.errors.show_learning(self._learning)


class KernelView(QWidget):
    """The kernels that a network lays over what it sees first, each named; ``made`` carries a picture that is new."""

    made = Signal(object)

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.first")
        self.row = PictureRow(turns)
        self.row.made.connect(self.made)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.row, 1)

    def show_learning(self, learning: Learning) -> None:
        """Show the first layer of a network."""
        if learning.kernels:
            sheet = kernel_sheet(learning.kernels)
            make = partial(SheetPicture, what="Kernels", tip=KERNEL_TIP)
            shape = (*sheet.lines, *sheet.cells.shape)
            self.row.show_pictures([Wanted("inside.kernels", make, partial(_fill_sheet, sheet), shape)])
        else:
            self.row.show_pictures([])


def _fill(name: str, matrix: Matrix, picture: Picture) -> None:
    if isinstance(picture, AlphaPicture):
        picture.show_matrix(name, matrix)


def _fill_sheet(sheet: Sheet, picture: Picture) -> None:
    if isinstance(picture, SheetPicture):
        picture.show_sheet(sheet)
