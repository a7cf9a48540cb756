"""Pictures side by side that share the room, one drawn anew in each turn of the event loop."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.theme import GRID
from sepstudio.gui.turns import Turns

_BETWEEN = 3 * GRID
_LEAST_SIZE = (320, 120)


class PictureRow(QWidget):
    """Keeps pictures for as long as it lives: another network has about as many.

    ``made`` carries a picture that is new.
    """

    made = Signal(object)

    def __init__(self, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._turns = turns
        self._pictures: list[Picture] = []
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

    def picture(self, place: int, name: str, make: Callable[[str], Picture]) -> Picture:
        """Return the picture of a name, which stands at a place; it is made if need be."""
        found = next((one for one in self._pictures if one.objectName() == name), None)
        if found is None:
            found = make(name)
            self._layout.insertWidget(place, found, 0, Qt.AlignmentFlag.AlignTop)
            self._pictures.insert(place, found)
            self.made.emit(found)
        found.show()
        return found

    def keep(self, names: set[str]) -> None:
        """Hide the pictures of other names."""
        for picture in self._pictures:
            picture.setVisible(picture.objectName() in names)

    def fit(self) -> None:
        """Share the room among the pictures."""
        shown = self.pictures
        if not shown:
            return
        height = self.height()
        room = self.width() - _BETWEEN * (len(shown) - 1)
        for picture in shown:
            picture.fit(room, height)
        wanted = [picture.width() for picture in shown]
        over = sum(wanted) - room
        if over > 0:
            # The widest give way first.
            most = _level(wanted, room)
            for picture, width in zip(shown, wanted, strict=True):
                if width > most:
                    picture.fit(most, height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew, in a turn of its own."""
        super().resizeEvent(event)
        self._turns.ask(self.fit)


def _level(widths: list[int], room: int) -> int:
    """Return the width that the widest may have so that all together take no more than the room."""
    left, count = room, len(widths)
    for width in sorted(widths):
        if width * count > left:
            return max(left // count, 1)
        left, count = left - width, count - 1
    return max(widths)
