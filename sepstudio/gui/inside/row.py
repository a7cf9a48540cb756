"""Pictures side by side that share the room, one drawn anew in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns

_BETWEEN = 2 * GRID
_LEAST_SIZE = (320, 120)


@dataclass(frozen=True, eq=False)
class Wanted:
    """A picture that is to be seen: its name, how it is made if there is none of that name, and how it is filled.

    ``shape`` is what its size follows from.
    """

    name: str
    make: Callable[[str], Picture]
    fill: Callable[[Picture], None]
    shape: tuple[int, ...]


class PictureRow(QWidget):
    """Keeps pictures for as long as it lives: another network has about as many.

    ``made`` carries a picture that is new.
    """

    made = Signal(object)

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turns = turns
        self._pictures: list[Picture] = []
        self._wanted: tuple[Wanted, ...] = ()
        self._waiting: list[Wanted] = []
        self._shapes: tuple[object, ...] = ()
        # Pictures follow the room, not the room the pictures.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.setMinimumSize(*_LEAST_SIZE)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(_BETWEEN)
        self._layout.addStretch(1)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures on show, from left to right."""
        return tuple(picture for picture in self._pictures if not picture.isHidden())

    def show_pictures(self, wanted: Sequence[Wanted]) -> None:
        """Show pictures, one in each turn; what was asked for before and not drawn yet is left out."""
        self._wanted = tuple(wanted)
        self._waiting = list(wanted)
        self._turns.ask(self._draw_next)

    def _draw_next(self) -> None:
        if self._waiting:
            one = self._waiting.pop(0)
            one.fill(self._picture(self._wanted.index(one), one))
            self._turns.ask(self._draw_next)
            return
        shapes = tuple((one.name, one.shape) for one in self._wanted)
        if shapes != self._shapes:
            self._shapes = shapes
            names = {one.name for one in self._wanted}
            for picture in self._pictures:
                picture.setVisible(picture.objectName() in names)
            self._turns.ask(self.fit)

    def _picture(self, place: int, wanted: Wanted) -> Picture:
        found = next((one for one in self._pictures if one.objectName() == wanted.name), None)
        if found is None:
            found = wanted.make(wanted.name)
            # Out of sight until there is room for it.
            found.hide()
            self._layout.insertWidget(place, found, 0, Qt.AlignmentFlag.AlignTop)
            self._pictures.insert(place, found)
            self.made.emit(found)
        return found

    def fit(self) -> None:
        """Share the room among the pictures."""
        shown = self.pictures
        if not shown:
            return
        height = self.height()
        room = self.width() - _BETWEEN * (len(shown) - 1)
        for picture in shown:
            picture.fit(room, height)
        if sum(picture.width() for picture in shown) > room:
            whole = sum(picture.weight for picture in shown)
            for picture in shown:
                picture.fit(int(room * picture.weight / whole), height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew, in a turn of its own."""
        super().resizeEvent(event)
        self._turns.ask(self.fit)
