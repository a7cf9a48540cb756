"""One thing that can be listened to on the codec tab: the scene, or what was decoded of it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QInputDialog, QMenu, QWidget

from sepstudio.gui.codec.conditions_text import ConditionText
from sepstudio.gui.theme import GRID
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel
from sepstudio.gui.widgets.toggle import LetterButton

_SIDES = {Qt.Key.Key_A: "A", Qt.Key.Key_B: "B"}


class ConditionRow(QFrame):
    """``heardRequested(group)``, ``sideChosen(group, letter)``, and of decoded runs ``acted(act, run_id)``.

    A group is the id of a source, of a run, or of the residual of a run. Acts are ``export``, ``encoded``, ``remove``
    and ``rename``, the last with the new name behind it.
    """

    own_keys = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, *_SIDES})

    heardRequested = Signal(str)
    sideChosen = Signal(str, str)
    acted = Signal(str, str, str)

    def __init__(self, group: str, text: ConditionText, *, error: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.group = group
        self._error = error
        self.setObjectName(f"condition.{group}")
        self.setProperty("role", "lane")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.title = ElidedLabel()
        self.detail = ElidedLabel("", "caption")
        self.sides = {letter: self._side(letter) for letter in "AB"}
        self.error = IconButton(
            "separate", "Hear the coding error alone", name=f"condition.{group}.error", checkable=True, quiet=True
        )
        self.more = IconButton("more", "Export, rename or remove", name=f"condition.{group}.more", quiet=True)
        self._arrange()
        self.show_text(text)
        self.error.clicked.connect(self._hear_error)
        self.more.clicked.connect(self._open_menu)
        for widget in (self.error, self.more):
            widget.setVisible(bool(error))

    def show_text(self, text: ConditionText) -> None:
        """Show another name and details."""
        self._text = text
        self.title.setText(text.title)
        self.detail.setText(text.detail)
        self.setAccessibleName(f"{text.title}: {text.detail}" if text.detail else text.title)
        self.setToolTip(f"{text.title}: click to hear it at the same place\n{text.tip}".rstrip())
        for letter, button in self.sides.items():
            button.setAccessibleName(f"Make {text.title} the {letter} of the comparison")
            button.setToolTip(f"Compare as {letter}: X flips between A and B")

    def show_state(self, *, heard: str, pair: tuple[str, str], shown: bool) -> None:
        """Show whether this is heard, A or B, and whether panes show it."""
        self.error.setChecked(bool(self._error) and heard == self._error)
        for letter, side in zip("AB", pair, strict=True):
            self.sides[letter].setChecked(side == self.group)
        self._set("shown", shown)
        self._set("current", heard in (self.group, self._error))

    def context_menu(self) -> QMenu:
        """Return the menu of a decoded run."""
        menu = QMenu(self)
        menu.setObjectName("menu.condition")
        for title, slot in (
            ("Export decoded audio…", self._export), ("Save encoded file…", self._save),
            ("Rename…", self._rename), ("Remove", self._remove),
        ):  # fmt: skip
            menu.addAction(title).triggered.connect(slot)
        return menu

    # -- gestures ----------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Hear it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.heardRequested.emit(self.group)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return hears the focused row, A and B make it a side of the comparison."""
        if event.modifiers() != Qt.KeyboardModifier.NoModifier:
            super().keyPressEvent(event)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.heardRequested.emit(self.group)
        elif event.key() in _SIDES:
            self.sideChosen.emit(self.group, _SIDES[event.key()])
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with a decoded run."""
        if self._error:
            self.context_menu().popup(event.globalPos())

    # -- building ----------------------------------------------------------------------------

    def _side(self, letter: str) -> LetterButton:
        button = LetterButton(letter, "side", f"condition.{self.group}.{letter.lower()}", f"Compare as {letter}")
        button.setProperty("letter", letter)
        button.clicked.connect(self._choose_side)
        return button

    def _arrange(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(GRID, GRID // 2, GRID // 2, GRID // 2)
        grid.setHorizontalSpacing(GRID // 2)
        grid.setVerticalSpacing(0)
        buttons = (self.error, *self.sides.values(), self.more)
        grid.addWidget(self.title, 0, 0)
        for column, widget in enumerate(buttons, 1):
            grid.addWidget(widget, 0, column)
        grid.addWidget(self.detail, 1, 0, 1, 1 + len(buttons))
        grid.setColumnStretch(0, 1)

    def _set(self, name: str, on: bool) -> None:
        target = self.title if name == "current" else self
        if target.property(name) != on:
            target.setProperty(name, on)
            target.style().unpolish(target)
            target.style().polish(target)

    # -- answers -----------------------------------------------------------------------------

    def _choose_side(self) -> None:
        button = self.sender()
        # Which one is lit is for the player to say.
        button.setChecked(not button.isChecked())
        self.sideChosen.emit(self.group, button.property("letter"))

    def _hear_error(self, on: bool) -> None:
        self.error.setChecked(not on)
        self.heardRequested.emit(self._error if on else self.group)

    def _open_menu(self) -> None:
        self.context_menu().popup(self.more.mapToGlobal(self.more.rect().bottomLeft()))

    def _export(self) -> None:
        self.acted.emit("export", self.group, "")

    def _save(self) -> None:
        self.acted.emit("encoded", self.group, "")

    def _remove(self) -> None:
        self.acted.emit("remove", self.group, "")

    def _rename(self) -> None:
        name, agreed = QInputDialog.getText(self, "Rename", "Name of the condition", text=self._text.label)
        if agreed and name.strip() != self._text.label:
            self.acted.emit("rename", self.group, name.strip())
