"""What the methods that need a score say of it: which one there is, or how to get one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.panels.param_controls import CheckControl
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.key_hint import stand_for
from sepstudio.gui.widgets.labels import ElidedLabel, label
from sepstudio.io.scores.records import Score

_LIVE_TIP = "After each edit of the score, separate the touched stretch anew from what the run on show has found"


class ScoreBox(QFrame):
    """Names the score of the recording and offers to import one.

    ``importRequested``, ``alignRequested`` and ``liveToggled(on)`` ask; the box shows what it is told.
    """

    importRequested = Signal()
    alignRequested = Signal()
    liveToggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("method.score")
        self.setProperty("role", "card")
        self._name = ElidedLabel("", "")
        self._name.setObjectName("method.score.name")
        self._state = label("", "caption", name="method.score.state")
        self._state.setWordWrap(True)
        self.get = push_button("method.score.import", "Import score…", "Read a score of this recording from a file")
        self.align = push_button(
            "method.score.align", "Align", "Move the notes to where they sound in the recording", spoken="Align score"
        )
        self.live = CheckControl("Live")
        self.live.describe("method.score.live", "Live", _LIVE_TIP)
        stand_for(self.get, "score-import")
        stand_for(self.align, "score-align")
        self._arrange()
        self.get.clicked.connect(self.importRequested)
        self.align.clicked.connect(self.alignRequested)
        self.live.clicked.connect(self.liveToggled)
        self.show_score(None, ready=False)

    def show_score(self, score: Score | None, *, ready: bool) -> None:
        """Show a score, or that there is none; ``ready`` says whether there is a recording that could have one."""
        self._name.setText("Needs a score" if score is None else score.name)
        self._state.setText(_state(score, ready))
        self.get.setText("Import score…" if score is None else "Replace…")
        self.get.setEnabled(ready)
        self.align.setVisible(score is not None)
        self.live.setVisible(score is not None)

    def set_live(self, on: bool) -> None:
        """Show whether edits are followed; emits nothing."""
        self.live.set_value(on)

    def _arrange(self) -> None:
        acts = QHBoxLayout()
        acts.setSpacing(GRID // 2)
        acts.addWidget(self.get)
        acts.addWidget(self.align)
        acts.addStretch(1)
        acts.addWidget(self.live)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self._name)
        column.addWidget(self._state)
        column.addLayout(acts)


def _state(score: Score | None, ready: bool) -> str:
    if score is None:
        what = "which notes are played when: MIDI, MusicXML or CSV"
        return f"The method has to know {what}." if ready else f"Open a recording first, then say {what}."
    tracks = f" · {len(score.tracks)} tracks" if len(score.tracks) > 1 else ""
    found = f"{len(score.notes)} note{'s' if len(score.notes) != 1 else ''}{tracks}"
    overlapping = len(score.overlapping())
    found += f" · {overlapping} overlap" if overlapping else ""
    return found if score.aligned else f"{found} · not aligned to the recording"
