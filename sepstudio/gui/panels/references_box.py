"""What the methods that know the true stems say of them: which there are, or how to get them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import label

_WHAT = "which recordings its parts are"


class ReferencesBox(QFrame):
    """Names the true stems of the recording; ``folderRequested`` and ``chooseRequested`` ask for them."""

    folderRequested = Signal()
    chooseRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("method.references")
        self.setProperty("role", "card")
        self._title = label("", name="method.references.title")
        self._state = label("", "caption", name="method.references.state")
        self._state.setWordWrap(True)
        tip = "Take all recordings of a folder but the mixture as its true stems"
        self.folder = push_button("method.references.folder", "From a folder…", tip, spoken="True stems from a folder")
        tip = "Say of each stem which recording it should have been"
        self.choose = push_button("method.references.choose", "Choose…", tip, spoken="Choose true stems")
        self._arrange()
        self.folder.clicked.connect(self.folderRequested)
        self.choose.clicked.connect(self.chooseRequested)
        self.show_names((), ready=False)

    def show_names(self, names: Sequence[str], *, ready: bool) -> None:
        """Show the names of true stems; ``ready`` says whether there is a recording that could have some."""
        self._title.setText("True stems" if names else "Needs the true stems")
        hint = f"The method has to know {_WHAT}." if ready else f"Open a recording first, then say {_WHAT}."
        self._state.setText(", ".join(names) or hint)
        for button in (self.folder, self.choose):
            button.setEnabled(ready)

    def _arrange(self) -> None:
        acts = QHBoxLayout()
        acts.setSpacing(GRID // 2)
        acts.addWidget(self.folder)
        acts.addWidget(self.choose)
        acts.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID // 2)
        column.addWidget(self._title)
        column.addWidget(self._state)
        column.addLayout(acts)
