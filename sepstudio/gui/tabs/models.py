"""The models tab: what is installed, and the training of more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.labels import rule

if TYPE_CHECKING:
    from sepstudio.gui.models.codec_training_page import CodecTrainingPage
    from sepstudio.gui.models.library_page import LibraryPage
    from sepstudio.gui.models.training_page import TrainingPage

PageName = Literal["library", "train", "train-codec"]

_PAGES: tuple[tuple[PageName, str, str], ...] = (
    ("library", "Installed", "The models at hand: cards, import, download"),
    ("train", "Train", "Train networks on songs whose stems you have, and see how they learn"),
    ("train-codec", "Train codec", "Train the codec on scenes in Ambisonics, and see how it learns"),
)
_BUTTON_WIDTH = 104


class ModelsTab(QWidget):
    """Three pages, each made when it is needed first, which ``pageMade`` tells; loaded when the tab is.

    ``visibleChanged`` tells when the tab comes into view and goes.
    """

    visibleChanged = Signal(bool)
    pageMade = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tab.models")
        self._library: LibraryPage | None = None
        self._training: TrainingPage | None = None
        self._codec_training: CodecTrainingPage | None = None
        self._page: PageName = "library"
        self._turns = Turns(self)
        self._stack = QStackedWidget(self)
        self._buttons: dict[PageName, QPushButton] = {}
        self._lay_out()

    @property
    def library(self) -> LibraryPage:
        """The page of installed models."""
        if self._library is None:
            from sepstudio.gui.models.library_page import LibraryPage

            self._library = LibraryPage(self._stack)
            self._stack.addWidget(self._library)
            self.pageMade.emit("library")
        return self._library

    @property
    def training(self) -> TrainingPage:
        """The page on which networks are trained, all of it."""
        page = self._training_page()
        page.complete()
        return page

    @property
    def codec_training(self) -> CodecTrainingPage:
        """The page on which codecs are trained, all of it."""
        page = self._codec_training_page()
        page.complete()
        return page

    @property
    def page(self) -> PageName:
        """The page in view."""
        return self._page

    def show_page(self, name: PageName) -> None:
        """Show a page."""
        self._page = name
        makers = {"train": self._training_page, "train-codec": self._codec_training_page}
        self._stack.setCurrentWidget(self.library if name == "library" else makers[name]())
        for page, button in self._buttons.items():
            button.setChecked(page == name)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the page that is wanted, and tell that the tab is in view."""
        self.show_page(self._page)
        super().showEvent(event)
        self.visibleChanged.emit(True)
        # Each in a turn of its own: loaded and made at once, a page would hold the window for too long.
        for load in (_training_page_type, _codec_training_page_type):
            self._turns.ask(load)

    def hideEvent(self, event: QHideEvent) -> None:
        """Tell that the tab is out of view."""
        super().hideEvent(event)
        self.visibleChanged.emit(False)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(PADDING, GRID, PADDING, GRID)
        head.setSpacing(GRID // 2)
        for name, text, tip in _PAGES:
            button = push_button(f"models.page.{name}", text, tip)
            button.setProperty("role", "segment")
            button.setProperty("page", name)
            # Not an exclusive group: Tab would pass over all but the one that is down.
            button.setCheckable(True)
            button.setFixedWidth(_BUTTON_WIDTH)
            button.clicked.connect(self._choose)
            self._buttons[name] = button
            head.addWidget(button)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(rule())
        column.addWidget(self._stack, 1)

    def _training_page(self) -> TrainingPage:
        if self._training is None:
            self._training = _training_page_type()(self._stack)
            self._stack.addWidget(self._training)
            self._training.completed.connect(self._tell_training)
        return self._training

    def _codec_training_page(self) -> CodecTrainingPage:
        if self._codec_training is None:
            self._codec_training = _codec_training_page_type()(self._stack)
            self._stack.addWidget(self._codec_training)
            self._codec_training.completed.connect(self._tell_codec_training)
        return self._codec_training

    def _tell_codec_training(self) -> None:
        self.pageMade.emit("train-codec")

    def _tell_training(self) -> None:
        self.pageMade.emit("train")

    def _choose(self) -> None:
        self.show_page(self.sender().property("page"))


def _training_page_type() -> type[TrainingPage]:
    from sepstudio.gui.models.training_page import TrainingPage

    return TrainingPage


def _codec_training_page_type() -> type[CodecTrainingPage]:
    from sepstudio.gui.models.codec_training_page import CodecTrainingPage

    return CodecTrainingPage
