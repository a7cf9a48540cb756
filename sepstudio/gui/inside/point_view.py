"""What a network makes of one point: how sure it is of each source, and what its maps hold around, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.inside.label_bars import LabelBars
from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.inside.row import PictureRow, Wanted
from sepstudio.gui.inside.sheet import sheet_of
from sepstudio.gui.inside.sheet_picture import MAP_TIP, SheetPicture
from sepstudio.gui.texts import frequency_text, note_text, time_text
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label
from sepstudio.separation.base import Matrix

HINT = "Click a point in a spectrogram: this shows what the network sees around it, layer by layer."
_LEFT_WIDTH = 264
LABELS = "labels"
_MOST_NAMED = 8
# One map that stands out would leave the others without colours.
_WITHIN = 0.99


@dataclass(frozen=True, eq=False)
class MapsAtPoint:
    """What a network makes of a point: probabilities by source, and maps by layer with the cell of the point."""

    seconds: float
    hertz: float
    labels: Sequence[tuple[str, float]]
    layers: Mapping[str, Matrix]
    marked: Mapping[str, tuple[int, int]]


class PointView(QWidget):
    """Draws one layer a turn.

    ``made`` carries a picture that is new, ``stepped`` by how many frames and bins arrow keys move the point;
    ``playheadWanted`` asks for the loudest point at the playhead.
    """

    made = Signal(object)
    stepped = Signal(int, int)
    playheadWanted = Signal()

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside.point")
        self._shown: MapsAtPoint | None = None
        self.place = label(HINT, name="inside.place")
        self.place.setWordWrap(True)
        self.bars = LabelBars()
        self.bars.stepped.connect(self.stepped)
        self.playhead = push_button(
            "inside.playhead", "Loudest at the playhead", "Look at the loudest point at the playhead"
        )
        self.playhead.clicked.connect(self.playheadWanted)
        self.row = PictureRow(turns)
        self.row.made.connect(self.made)
        left = QWidget()
        left.setFixedWidth(_LEFT_WIDTH)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (self.place, self.bars):
            column.addWidget(widget)
        column.addWidget(self.playhead, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(3 * GRID)
        line.addWidget(left)
        line.addWidget(self.row, 1)
        self.say(HINT)

    @property
    def shown(self) -> MapsAtPoint | None:
        """What is on show, or will be in a few turns."""
        return self._shown

    def say(self, message: str) -> None:
        """Show one line in the place of maps."""
        self._shown = None
        self.place.setText(message)
        self.bars.hide()
        self.row.show_pictures([])

    def show_maps(self, found: MapsAtPoint) -> None:
        """Show what was found at a point, layer by layer."""
        self._shown = found
        parts = (time_text(found.seconds), frequency_text(found.hertz), note_text(found.hertz))
        self.place.setText("   ".join(part for part in parts if part))
        self.bars.show_labels(found.labels)
        self.bars.show()
        make = partial(SheetPicture, what="Maps", tip=MAP_TIP)
        self.row.show_pictures(
            [
                Wanted(
                    f"inside.maps {name}",
                    make,
                    partial(_fill, name, matrix, found.marked.get(name)),
                    matrix.values.shape,
                )
                for name, matrix in found.layers.items()
            ]
        )


def _fill(name: str, matrix: Matrix, marked: tuple[int, int] | None, picture: Picture) -> None:
    if isinstance(picture, SheetPicture):
        # Names of sources have room, those of all inputs have not.
        few = len(matrix.coordinates[0]) <= _MOST_NAMED and name == LABELS
        picture.show_sheet(sheet_of(name, matrix, marked, labelled=few, quantile=_WITHIN))
