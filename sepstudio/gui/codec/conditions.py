"""The scene of the codec tab and what was decoded of it, as a list to compare by ear."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.codec.condition_row import ConditionRow
from sepstudio.gui.codec.conditions_text import ConditionText
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label
from sepstudio.session.records import Run, Source

_EMPTY = (
    "Open a recording in third-order Ambisonics: 16 channels or more, as WAV, RF64, W64 or CAF. "
    "Encode it, and hear what is decoded against it."
)


class ConditionsPanel(QFrame):
    """Passes on what its rows ask for; see ConditionRow.

    ``openRequested`` and ``demoRequested`` come while it is empty.
    """

    heardRequested = Signal(str)
    sideChosen = Signal(str, str)
    acted = Signal(str, str, str)
    openRequested = Signal()
    demoRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("codec.conditions")
        self.setProperty("role", "panel")
        self.rows: dict[str, ConditionRow] = {}
        self.facts = label("", "caption", name="codec.scene.facts")
        self.facts.setWordWrap(True)
        self.note = label("", "warning", name="codec.scene.note")
        self.note.setWordWrap(True)
        self._empty = QWidget()
        self.open = push_button("codec.open", "Open a scene…", "Choose a recording of 16 channels or more")
        self.demo = push_button("codec.demo", "Try the demo scene", "Begin with a scene that comes with the program")
        self._lay_out()
        self.open.clicked.connect(self.openRequested)
        self.demo.clicked.connect(self.demoRequested)
        self.show_scene(None, "", ("", ""), {})

    def show_scene(
        self,
        source: Source | None,
        facts: str,
        notes: tuple[str, str],
        decoded: Mapping[str, tuple[Run, ConditionText]],
    ) -> None:
        """List a scene and its decoded runs, by id and newest first; None where nothing is open.

        ``notes`` say why it cannot be encoded, and what of it is not; either may be empty.
        """
        wanted: dict[str, tuple[ConditionText, str]] = {}
        if source is not None:
            wanted[source.id] = ConditionText(source.name, "Reference", str(source.path)), ""
            wanted |= {run.id: (text, run.residual_id) for run, text in decoded.values()}
        for group in [group for group in self.rows if group not in wanted]:
            row = self.rows.pop(group)
            row.hide()
            row.deleteLater()
        for place, (group, (text, error)) in enumerate(wanted.items()):
            self._place_row(place, group, text, error)
        self.facts.setText(facts)
        obstacle = notes[0]
        self.note.setText(" ".join(filter(None, notes)))
        self.facts.setVisible(bool(facts))
        self.note.setVisible(any(notes))
        self._hint.setVisible(source is None)
        self._empty.setVisible(source is None or bool(obstacle))
        self._scroll.setVisible(source is not None)

    def show_state(self, heard: str, pair: tuple[str, str], shown: str) -> None:
        """Show what is heard, what A and B are, and which run the panes show."""
        for group, row in self.rows.items():
            row.show_state(heard=heard, pair=pair, shown=group == shown)

    def _place_row(self, place: int, group: str, text: ConditionText, error: str) -> None:
        if group not in self.rows:
            row = self.rows[group] = ConditionRow(group, text, error=error)
            row.heardRequested.connect(self.heardRequested)
            row.sideChosen.connect(self.sideChosen)
            row.acted.connect(self.acted)
        else:
            self.rows[group].show_text(text)
        if self._column.indexOf(self.rows[group]) != place:
            self._column.insertWidget(place, self.rows[group])
            self.rows[group].show()

    def _lay_out(self) -> None:
        stand_for(self.open, "open")
        set_hint(self.open, "Choose a recording of 16 channels or more")
        self._hint = label(_EMPTY, "caption", name="codec.empty")
        self._hint.setWordWrap(True)
        inner = QVBoxLayout(self._empty)
        inner.setContentsMargins(PADDING, 0, PADDING, PADDING)
        inner.setSpacing(PADDING)
        for widget in (self._hint, self.open, self.demo):
            inner.addWidget(widget)
        content = QWidget()
        content.setProperty("role", "panel-content")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(GRID, 0, GRID, 0)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setObjectName("codec.conditions.scroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(content)
        title = label("Scene and conditions", "title")
        for widget in (title, self.facts, self.note):
            widget.setContentsMargins(PADDING, 0, PADDING, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PADDING, 0, 0)
        column.setSpacing(GRID // 2)
        for widget in (title, self.facts, self.note):
            column.addWidget(widget)
        column.addWidget(self._scroll, 1)
        column.addWidget(self._empty)
        column.addStretch(0)
