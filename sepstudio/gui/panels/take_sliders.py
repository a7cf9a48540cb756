"""After how many iterations each stem of a run is taken."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.labels import ElidedLabel
from sepstudio.gui.widgets.scale import Scale
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.gui.widgets.value_slider import ValueSlider
from sepstudio.session.records import Stem

_NAME_WIDTH = 132


class TakeRow(QWidget):
    """The slider of one stem, over the iterations that were kept."""

    takeChosen = Signal(str, int)

    def __init__(self, stem: Stem, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stem_id = stem.id
        self.takes = stem.takes
        self.setObjectName(f"take.{stem.id}.row")
        self.title = ElidedLabel(f"{stem.name} from it.")
        self.title.fix_width(_NAME_WIDTH)
        self.control = ValueSlider(Scale(1, stem.takes, integer=True), stem.takes)
        self.control.describe(
            f"take.{stem.id}",
            f"Iteration of {stem.name}",
            f"After how many iterations {stem.name} is taken: more remove more of the rest and leave more artefacts",
        )
        self.control.valueChanged.connect(self._choose)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(Swatch(stem.name))
        row.addWidget(self.title)
        row.addWidget(self.control, 1)
        self.show_take(stem.take)

    def show_take(self, take: int) -> None:
        """Show which iteration is taken; emits nothing."""
        self.control.set_value(take)

    def _choose(self, take: int) -> None:
        self.takeChosen.emit(self.stem_id, take)


class TakeSliders(QWidget):
    """One slider for each stem of the run on show that has kept iterations.

    ``takeChosen(stem_id, take)`` is emitted while a slider moves.
    """

    takeChosen = Signal(str, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("takes")
        self._rows: dict[str, TakeRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(GRID // 2)
        self.hide()

    def set_run(self, stems: Sequence[Stem]) -> None:
        """Show the stems of a run. Sliders that are in use stay when only their takes differ."""
        kept = [stem for stem in stems if stem.takes > 1]
        if [(stem.id, stem.takes) for stem in kept] != self._shape():
            self._rebuild(kept)
        for stem in kept:
            self._rows[stem.id].show_take(stem.take)
        self.setVisible(bool(kept))

    def row(self, stem_id: str) -> TakeRow:
        """Return the row of a stem."""
        return self._rows[stem_id]

    @property
    def stem_ids(self) -> tuple[str, ...]:
        """The stems on show."""
        return tuple(self._rows)

    def _shape(self) -> list[tuple[str, int]]:
        return [(stem_id, row.takes) for stem_id, row in self._rows.items()]

    def _rebuild(self, stems: Sequence[Stem]) -> None:
        for row in self._rows.values():
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        self._rows = {stem.id: TakeRow(stem) for stem in stems}
        for row in self._rows.values():
            row.takeChosen.connect(self.takeChosen)
            self._column.addWidget(row)
