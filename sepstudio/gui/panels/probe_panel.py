"""The page that answers "why is this here?": the shares of one point, and what decided about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.items.colours import Table
from sepstudio.gui.panels.kernel_picture import Resolution
from sepstudio.gui.panels.neighbour_picture import WIDTH, NeighbourPicture
from sepstudio.gui.panels.saliency_card import SaliencyCard
from sepstudio.gui.panels.share_bars import ShareBars
from sepstudio.gui.texts import frequency_text, level_text, note_text, time_text
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.check_box import CheckBox
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.gui.widgets.swatch import Swatch
from sepstudio.separation.explanation import Evidence
from sepstudio.separation.probe import Reading

HINT = "Click a point in a spectrogram to see what it is made of, or press Shift+W for the loudest one at the playhead."
LEFT_WIDTH = 440
_STEPS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_CARD_WIDTH = WIDTH + 2 * PADDING


class ProbePanel(QFrame):
    """Shows a Reading. ``held`` and ``released`` carry that a neighbourhood is to be heard, and no more.

    While the page has the focus, arrow keys ask about the next point: ``stepped`` carries by how many
    frames and bins.
    """

    held = Signal(str)
    released = Signal()
    stepped = Signal(int, int)
    own_keys = frozenset(_STEPS)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("probe")
        self.setAccessibleName("Why is this here?")
        self.setToolTip("Arrow keys move the point")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("role", "panel")
        self._reading: Reading | None = None
        self._cards: list[EvidenceCard] = []
        self._saliency: list[SaliencyCard] = []
        self.place = label(HINT, "title", name="probe.place")
        self.place.setWordWrap(True)
        self.bars = ShareBars()
        self.sentence = label("", name="probe.sentence")
        self.sentence.setWordWrap(True)
        self.notes = label("", "caption", name="probe.notes")
        self.notes.setWordWrap(True)
        self.of_stem = CheckBox("Hear it in the stem, not in the mixture")
        self.of_stem.setObjectName("probe.of-stem")
        self.of_stem.setToolTip("Choose whether the neighbours are played as they are in the mixture or in the stem")
        self._lay_out()
        self.clear(HINT)

    def _lay_out(self) -> None:
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        for widget in (self.place, self.bars, self.sentence, self.notes, self.of_stem):
            column.addWidget(widget)
        column.addStretch(1)
        self._row = QHBoxLayout()
        self._row.setSpacing(GRID)
        self._row.addStretch(1)
        content = QWidget()
        content.setProperty("role", "panel-content")
        row = QHBoxLayout(content)
        row.setContentsMargins(PADDING, GRID, PADDING, GRID)
        row.setSpacing(2 * PADDING)
        left.setFixedWidth(LEFT_WIDTH)
        row.addWidget(left)
        row.addLayout(self._row, 1)
        scroll = QScrollArea()
        scroll.setObjectName("probe.scroll")
        scroll.setProperty("role", "panel")
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(scroll)

    @property
    def reading(self) -> Reading | None:
        """What is shown."""
        return self._reading

    @property
    def cards(self) -> tuple[EvidenceCard, ...]:
        """The card of each stem that there is evidence for."""
        return tuple(self._cards)

    @property
    def saliency_cards(self) -> tuple[SaliencyCard, ...]:
        """The card of each stem whose estimate is traced back to inputs."""
        return tuple(self._saliency)

    def clear(self, message: str) -> None:
        """Show nothing but one line."""
        self._reading = None
        self.place.setText(message)
        self._show_parts(False)
        self._drop_cards()

    def show_reading(self, reading: Reading, title: str, table: Table, resolution: Resolution) -> None:
        """Show what is at a point of a run of that title, levels in the colours of a table of codes."""
        self._reading = reading
        parts = [
            time_text(reading.seconds),
            frequency_text(reading.hertz),
            note_text(reading.hertz),
            level_text(reading.level),
        ]
        self.place.setText("   ".join(part for part in parts if part))
        self.place.setToolTip(f"{title}: frame {reading.point.frame}, bin {reading.point.bin}")
        self.bars.show_shares(reading.shares)
        explanation = reading.explanation
        self.sentence.setText(explanation.sentence if explanation is not None else "")
        notes = explanation.notes if explanation is not None else ("This method does not say how it decided.",)
        self.notes.setText(" ".join(notes))
        self._show_parts(True)
        self._drop_cards()
        for evidence in explanation.evidence if explanation is not None else ():
            self._add_card(EvidenceCard(evidence, table, resolution))
        for attribution in explanation.attributions if explanation is not None else ():
            card = SaliencyCard(attribution)
            self._row.insertWidget(len(self._cards) + len(self._saliency), card, 0, Qt.AlignmentFlag.AlignTop)
            self._saliency.append(card)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to a neighbouring point."""
        step = _STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self.stepped.emit(*step)

    def _show_parts(self, shown: bool) -> None:
        self.bars.setVisible(shown)
        self.sentence.setVisible(shown and bool(self.sentence.text()))
        self.notes.setVisible(shown and bool(self.notes.text()))
        explanation = self._reading.explanation if self._reading is not None else None
        self.of_stem.setVisible(shown and explanation is not None and bool(explanation.evidence))

    def _add_card(self, card: EvidenceCard) -> None:
        card.held.connect(self.held)
        card.released.connect(self.released)
        self._row.insertWidget(len(self._cards), card, 0, Qt.AlignmentFlag.AlignTop)
        self._cards.append(card)

    def _drop_cards(self) -> None:
        for card in (*self._cards, *self._saliency):
            card.hide()
            card.deleteLater()
        self._cards.clear()
        self._saliency.clear()


class EvidenceCard(QFrame):
    """The neighbours of one stem, and the button that plays them while it is held."""

    held = Signal(str)
    released = Signal()

    def __init__(self, evidence: Evidence, table: Table, resolution: Resolution, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.evidence = evidence
        self.setObjectName(f"probe.card.{evidence.stem}")
        self.setProperty("role", "card")
        self.setFixedWidth(_CARD_WIDTH)
        self.picture = NeighbourPicture()
        self.picture.setObjectName(f"probe.picture.{evidence.stem}")
        self.picture.show_evidence(evidence, table, resolution)
        self.play = QPushButton(f"Play neighbourhood of {evidence.stem}")
        self.play.setObjectName(f"probe.play.{evidence.stem}")
        self.play.setToolTip("Click to hear these points alone once; hold to hear them over and over")
        self.play.pressed.connect(self._on_pressed)
        self.play.released.connect(self.released)
        self._lay_out(evidence)

    def _lay_out(self, evidence: Evidence) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        head.addWidget(Swatch(evidence.stem))
        head.addWidget(ElidedLabel(f"{evidence.stem}: median {level_text(evidence.level)}"), 1)
        extent = ElidedLabel(evidence.extent, "caption")
        extent.setToolTip(f"{evidence.extent}; seen is {evidence.basis}. Outlined: what decided.")
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING - 1, GRID, PADDING - 1, GRID)
        column.setSpacing(GRID // 2)
        column.addLayout(head)
        column.addWidget(extent)
        column.addWidget(self.picture)
        column.addWidget(self.play)

    def _on_pressed(self) -> None:
        self.held.emit(self.evidence.stem)
