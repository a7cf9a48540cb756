"""The card of a model: what it is, what it was trained with, how good it is, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from sepstudio.codec.model_cards import AnyCard, card_rows
from sepstudio.gui.models.entries import ModelEntry
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import label, rule

_EMPTY = "The card of a model stands here: what it does, its licence, what it was trained with, how good it is."
_TITLE_WIDTH = 104
_READING_WIDTH = 640
_HASH = "SHA-256"
# By whether it is a codec: the text of the button and its tooltip.
_USES = {
    False: ("Use in Separation", "Separate with this model: method Networks"),
    True: ("Use in HOA codec", "Encode scenes with this model"),
}
_UNLOADED = {False: "not loaded: the first separation does that", True: "not loaded: the first encoding does that"}


class ModelCardView(QFrame):
    """Shows one model. ``wanted(act)`` asks for ``use``, ``verify``, ``unload`` or ``delete`` of it."""

    wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("models.card")
        self.setProperty("role", "panel")
        self._entry: ModelEntry | None = None
        self._usable = True
        self.title = _reading(label("", "title", name="models.card.title"))
        self.summary = _reading(label("", name="models.card.summary"))
        self.verdict = _reading(label("", name="models.card.verdict"))
        self.use = push_button("models.use", *_USES[False])
        self.verify = push_button("models.verify", "Verify", "Compute the hashes of the file anew")
        self.unload = push_button("models.unload", "Unload", "Give back the memory that the model takes")
        self.delete = push_button("models.delete", "Delete…", "Delete the file of this model of yours")
        self._scroll = QScrollArea(self)
        self._content = QWidget(self._scroll)
        self._rows = QWidget(self._content)
        self._arrange()
        self.show_entry(None)

    # -- what the controller tells -----------------------------------------------------------

    def show_entry(self, entry: ModelEntry | None) -> None:
        """Show another model, or that there is none to show."""
        if entry is None or self._entry is None or entry.key != self._entry.key:
            self.tell("")
        changed = entry is None or self._entry is None or (entry.key, entry.card) != (self._entry.key, self._entry.card)
        self._entry = entry
        if changed:
            self._fill()
        self._refresh()

    def tell(self, text: str, role: str = "") -> None:
        """Say what came of a verification; ``role`` is that of a label."""
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))
        self.verdict.setProperty("role", role)
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)

    def set_usable(self, usable: bool) -> None:
        """Tell whether there is a method that could use models."""
        self._usable = usable
        self._refresh()

    @property
    def entry(self) -> ModelEntry | None:
        """The model on show."""
        return self._entry

    def rows(self) -> dict[str, str]:
        """Return what the card says, by title."""
        grid = self._rows.layout()
        found = {}
        for row in range(grid.rowCount()) if isinstance(grid, QGridLayout) else ():
            first, second = (grid.itemAtPosition(row, column) for column in (0, 1))
            if first is not None and second is not None and isinstance(second.widget(), QLabel):
                found[first.widget().text()] = second.widget().text()
        return found

    # -- building ----------------------------------------------------------------------------

    def _fill(self) -> None:
        """Make the rows of the card anew."""
        entry, card = self._entry, self._entry.card if self._entry is not None else None
        self.title.setText(_title(entry))
        self.title.setVisible(entry is not None)
        self.summary.setText(_EMPTY if entry is None else entry.problem if card is None else card.summary)
        self.summary.setProperty("role", "caption" if entry is None else "error" if card is None else "")
        self.summary.style().polish(self.summary)
        self._rows.hide()
        self._rows.deleteLater()
        # In its place before it is filled: with another parent all of it would be styled anew.
        self._rows = QWidget(self._content)
        self._place.addWidget(self._rows)
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(PADDING)
        grid.setVerticalSpacing(GRID)
        grid.setColumnMinimumWidth(0, _TITLE_WIDTH)
        grid.setColumnStretch(1, 1)
        if card is not None:
            for title, text in card_rows(card):
                self._add_row(grid, title, text)
            self._memory = self._add_row(grid, "In memory", "")
            self._add_row(grid, "File", str(entry.model.path) if entry is not None else "")
            self._add_figures(grid, card)

    def _add_row(self, grid: QGridLayout, title: str, text: str) -> QLabel:
        row = grid.rowCount()
        head = label(title, "caption", parent=self._rows)
        value = _reading(label(_breakable(text), "number" if title == _HASH else "", parent=self._rows))
        grid.addWidget(head, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(value, row, 1)
        if title == _HASH:
            value.setToolTip("Of all weights: the same for the same model, wherever its file lies")
            copy = IconButton("copy", "Copy the SHA-256", name="models.card.copy", quiet=True)
            copy.clicked.connect(self._copy)
            grid.addWidget(copy, row, 2, Qt.AlignmentFlag.AlignTop)
        return value

    def _add_figures(self, grid: QGridLayout, card: AnyCard) -> None:
        if not card.figures:
            return
        row = grid.rowCount()
        grid.addWidget(rule(), row, 0, 1, 3)
        grid.addWidget(label("Figures", "caption"), row + 1, 0, Qt.AlignmentFlag.AlignTop)
        table = QWidget(self._rows)
        table.setObjectName("models.card.figures")
        cells = QGridLayout(table)
        cells.setContentsMargins(0, 0, 0, 0)
        cells.setHorizontalSpacing(2 * PADDING)
        cells.setVerticalSpacing(GRID // 2)
        cells.setColumnStretch(2, 1)
        for number, (name, value) in enumerate(card.figures.items()):
            cells.addWidget(label(name), number, 0)
            cells.addWidget(label(f"{value:.4g}", "number"), number, 1, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(table, row + 1, 1)

    def _arrange(self) -> None:
        content = self._content
        content.setProperty("role", "panel-content")
        inner = QVBoxLayout(content)
        inner.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        inner.setSpacing(PADDING)
        for widget in (self.title, self.summary, self.verdict):
            inner.addWidget(widget)
        self._place = QVBoxLayout()
        self._place.addWidget(self._rows)
        inner.addLayout(self._place)
        inner.addStretch(1)
        content.setMaximumWidth(_READING_WIDTH + 4 * GRID + _TITLE_WIDTH)
        self._scroll.setObjectName("models.card.scroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(content)
        self.use.setProperty("role", "primary")
        buttons = QHBoxLayout()
        buttons.setContentsMargins(2 * GRID, GRID, 2 * GRID, PADDING)
        buttons.setSpacing(GRID)
        for act, button in self._buttons().items():
            button.setProperty("act", act)
            button.clicked.connect(self._ask)
            buttons.addWidget(button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._scroll, 1)
        column.addWidget(rule())
        column.addLayout(buttons)

    def _buttons(self) -> dict[str, QWidget]:
        return {"use": self.use, "verify": self.verify, "unload": self.unload, "delete": self.delete}

    def _refresh(self) -> None:
        entry = self._entry
        readable = entry is not None and entry.card is not None
        is_codec = entry is not None and entry.is_codec
        self.use.setText(_USES[is_codec][0])
        self.use.setToolTip(_USES[is_codec][1])
        self.use.setEnabled(readable and (self._usable or is_codec))
        self.verify.setEnabled(entry is not None)
        self.unload.setEnabled(entry is not None and bool(entry.loaded))
        self.delete.setEnabled(entry is not None and not entry.model.shipped)
        shipped = entry is not None and entry.model.shipped
        self.delete.setToolTip("It ships with the program" if shipped else "Delete the file of this model of yours")
        if readable and entry is not None:
            self._memory.setText(entry.memory or _UNLOADED[is_codec])

    def _ask(self) -> None:
        self.wanted.emit(self.sender().property("act"))

    def _copy(self) -> None:
        if self._entry is not None and self._entry.card is not None:
            QGuiApplication.clipboard().setText(self._entry.card.sha256)


def _reading(made: QLabel) -> QLabel:
    """Let a label take as many lines as it needs, and its text be marked."""
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _title(entry: ModelEntry | None) -> str:
    if entry is None:
        return ""
    told = entry.card.name if entry.card is not None else ""
    return entry.name if told in ("", entry.name) else f"{entry.name} – {told}"


def _breakable(text: str) -> str:
    """Return a text that may break between the parts of a path or in the middle of a hash."""
    if len(text) == 64 and " " not in text:
        return f"{text[:32]}\u200b{text[32:]}"
    return text.replace("/", "/\u200b")
