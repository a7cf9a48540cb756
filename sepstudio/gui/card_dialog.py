"""A dialog that does not hold up the window: one card for each thing that waits for an answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import ElidedLabel, label

MARGIN, GAP = 16, 8
WIDTH, HEIGHT = 600, 360

# Id of the answer, text of its button, and its tooltip.
Answer = tuple[str, str, str]


class Card(QFrame):
    """Says what something is and offers answers. ``answered`` carries the key of the card and the id of the answer."""

    answered = Signal(str, str)

    def __init__(self, key: str, title: str, lines: Sequence[tuple[str, str]], answers: Sequence[Answer]) -> None:
        """Take the lines below the title as pairs of text and role."""
        super().__init__()
        self.key = key
        self.setObjectName(f"card.{key}")
        self.setProperty("role", "card")
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(ElidedLabel(title, "title"))
        for text, role in lines:
            words.addWidget(_wrapped(text) if role == "warning" else ElidedLabel(text, role))
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 12, 8)
        row.setSpacing(GAP)
        row.addLayout(words, 1)
        for answer in answers:
            row.addWidget(self._button(title, *answer))

    def _button(self, title: str, answer_id: str, text: str, tip: str) -> QPushButton:
        button = push_button(f"card.{self.key}.{answer_id}", text, tip, spoken=f"{text} {title}")
        button.clicked.connect(self._answer)
        return button

    def _answer(self) -> None:
        self.answered.emit(self.key, self.sender().objectName().rpartition(".")[2])


class CardDialog(QDialog):
    """Cards below a sentence, and buttons that answer for all of them.

    ``answered`` carries the key of a card, or "" for all, and the id of the answer. The answer "close"
    closes the dialog, and so does taking away the last card.
    """

    answered = Signal(str, str)

    def __init__(self, parent: QWidget, name: str, title: str, text: str, answers: Sequence[Answer]) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setModal(False)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(WIDTH, HEIGHT)
        words = label(text)
        words.setWordWrap(True)
        self._cards = QVBoxLayout()
        self._cards.setContentsMargins(0, 0, 0, 0)
        self._cards.setSpacing(GAP)
        self._cards.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, MARGIN, MARGIN, MARGIN)
        column.setSpacing(MARGIN)
        column.addWidget(words)
        column.addWidget(self._scroll(), 1)
        column.addLayout(self._footer(answers))

    def _scroll(self) -> QScrollArea:
        content = QWidget()
        content.setLayout(self._cards)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidgetResizable(True)
        area.setWidget(content)
        return area

    def _footer(self, answers: Sequence[Answer]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GAP)
        row.addStretch(1)
        for answer_id, text, tip in answers:
            button = push_button(f"{self.objectName()}.{answer_id}", text, tip)
            button.clicked.connect(self._answer)
            row.addWidget(button)
        return row

    def add(self, card: Card) -> None:
        """Add a card below the others."""
        self._cards.insertWidget(self._cards.count() - 1, card)
        card.answered.connect(self.answered)

    def take(self, key: str) -> None:
        """Take a card away; nothing happens if it is not there."""
        card = self.card(key)
        if card is not None:
            self._cards.removeWidget(card)
            card.hide()
            card.deleteLater()
            if not self.shown():
                self.close()

    def card(self, key: str) -> Card | None:
        """Return a card that is there."""
        return next((card for card in self._all() if card.key == key), None)

    def shown(self) -> tuple[str, ...]:
        """Return the keys of the cards that are there, from top to bottom."""
        return tuple(card.key for card in self._all())

    def _all(self) -> list[Card]:
        widgets = [self._cards.itemAt(index).widget() for index in range(self._cards.count())]
        return [widget for widget in widgets if isinstance(widget, Card)]

    def _answer(self) -> None:
        answer = self.sender().objectName().rpartition(".")[2]
        if answer == "close":
            self.close()
        else:
            self.answered.emit("", answer)


def _wrapped(text: str) -> QLabel:
    # A path is one long word, unless it may be broken behind each folder.
    made = label(text.replace("/", "/\N{ZERO WIDTH SPACE}"), "warning")
    made.setWordWrap(True)
    return made
