"""The page of the drawer that looks into a network: how it learns, what it makes of a point, its gradients."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from sepstudio.gui.inside.gradient_view import GradientView
from sepstudio.gui.inside.learning import Learning
from sepstudio.gui.inside.learning_view import KernelView, LearningView
from sepstudio.gui.inside.picture import Picture
from sepstudio.gui.inside.point_view import PointView
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.buttons import push_button
from sepstudio.gui.widgets.icon_button import IconButton
from sepstudio.gui.widgets.labels import ElidedLabel, label

ViewName = Literal["learning", "first", "point", "gradients"]
HINT = "Paint on a spectrogram and separate with Paint: this shows the network while it learns, and what it has learnt."
_OF_LEARNING: tuple[ViewName, ...] = ("learning", "first")
_VIEWS: tuple[tuple[ViewName, str, str], ...] = (
    ("learning", "Learning", "How the error falls, and what is combined with what"),
    ("first", "First layer", "What the network listens for in each map of the recording"),
    ("point", "At a point", "What the network makes of a point that you click in a spectrogram, layer by layer"),
    ("gradients", "Gradients", "Check that the network learns in the right direction"),
)


class InsidePage(QFrame):
    """Makes each view when it is needed first.

    ``viewMade`` tells which was made, ``viewShown`` which came into view; ``pictureMade`` carries whatever can be
    exported.
    """

    viewMade = Signal(str)
    viewShown = Signal(str)
    pictureMade = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inside")
        self.setProperty("role", "panel")
        self.turns = Turns(self)
        self._views: dict[ViewName, QWidget] = {}
        self._view: ViewName = "learning"
        self._learning: Learning | None = None
        # What each view has drawn: one out of sight need not follow.
        self._drawn: dict[ViewName, Learning] = {}
        self.title = ElidedLabel("", "title")
        self.title.setObjectName("inside.title")
        self.readout = ElidedLabel("", "caption")
        self.readout.setObjectName("inside.readout")
        self.hint = label(HINT, "caption", name="inside.hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        self.more = IconButton("export", "Export these pictures, or the numbers behind them", name="inside.export")
        self.more.clicked.connect(self._open_menu)
        self._stack = QStackedWidget(self)
        self._buttons: dict[ViewName, QPushButton] = {}
        self._lay_out()
        self._show_parts()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(GRID)
        for name, text, tip in _VIEWS:
            button = push_button(f"inside.show.{name}", text, tip)
            button.setProperty("role", "segment")
            # Not an exclusive group: Tab would pass over all but the one that is down.
            button.setCheckable(True)
            button.clicked.connect(self._on_button)
            self._buttons[name] = button
            head.addWidget(button)
        head.addSpacing(GRID)
        head.addWidget(self.title, 2)
        head.addWidget(self.readout, 3)
        head.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, GRID // 2, PADDING, GRID)
        column.setSpacing(GRID)
        column.addLayout(head)
        column.addWidget(self.hint, 1)
        column.addWidget(self._stack, 1)

    # -- the views ---------------------------------------------------------------------------

    @property
    def learning(self) -> LearningView:
        """The view of how it learns."""
        if "learning" not in self._views:
            made = LearningView(self.turns)
            made.made.connect(self._adopt)
            self._add("learning", made)
            self._adopt(made.errors)
        return self._views["learning"]

    @property
    def first(self) -> KernelView:
        """The view of the first layer."""
        if "first" not in self._views:
            made = KernelView(self.turns)
            made.made.connect(self._adopt)
            self._add("first", made)
        return self._views["first"]

    @property
    def point(self) -> PointView:
        """The view of a point."""
        if "point" not in self._views:
            made = PointView(self.turns)
            made.made.connect(self._adopt)
            self._add("point", made)
        return self._views["point"]

    @property
    def gradients(self) -> GradientView:
        """The view of the check of gradients."""
        if "gradients" not in self._views:
            self._add("gradients", GradientView())
        return self._views["gradients"]

    def _add(self, name: ViewName, view: QWidget) -> None:
        self._views[name] = view
        self._stack.addWidget(view)
        self.viewMade.emit(name)

    @property
    def view(self) -> ViewName:
        """The view that is chosen."""
        return self._view

    def show_view(self, name: ViewName) -> None:
        """Choose a view; it is made if need be."""
        self._view = name
        self.readout.setText("")
        self._show_parts()
        self._draw()
        self.viewShown.emit(name)

    def _on_button(self) -> None:
        self.show_view(next(name for name, button in self._buttons.items() if button is self.sender()))

    # -- what is shown -----------------------------------------------------------------------

    @property
    def shown(self) -> Learning | None:
        """The network that is looked into, or None."""
        return self._learning

    def show_learning(self, learning: Learning | None) -> None:
        """Show a network and the name of its run, or say what belongs there."""
        self._learning = learning
        self.title.setText(_heading(learning) if learning is not None else "")
        self._show_parts()
        self._draw()

    def _draw(self) -> None:
        """Draw the network if it is in view and not drawn yet."""
        view, learning = self._view, self._learning
        if view in _OF_LEARNING and learning is not None and learning is not self._drawn.get(view):
            self._drawn[view] = learning
            getattr(self, view).show_learning(learning)

    def _show_parts(self) -> None:
        anything = self._learning is not None or self._view == "gradients"
        for view, button in self._buttons.items():
            button.setChecked(view == self._view)
        if anything:
            self._stack.setCurrentWidget(getattr(self, self._view))
        self.hint.setVisible(not anything)
        self._stack.setVisible(anything)
        self.title.setVisible(self._view != "gradients")
        self.more.setVisible(self._view != "gradients")
        self.more.setEnabled(self._learning is not None)

    def _adopt(self, picture: Picture) -> None:
        picture.told.connect(self.readout.setText)
        self.pictureMade.emit(picture)

    # -- exporting ---------------------------------------------------------------------------

    @property
    def exportable(self) -> tuple[Picture, ...]:
        """What of the view that is chosen can be exported."""
        if self._view == "gradients":
            return ()
        row = self._views[self._view].row
        errors = (self.learning.errors,) if self._view == "learning" else ()
        return tuple(picture for picture in (*errors, *row.pictures) if picture.filled)

    def menu(self) -> QMenu:
        """Return the menu of what can be exported of the view."""
        menu = QMenu(self)
        menu.setObjectName("menu.inside")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for view in self.exportable:
            view.plot.menuFilling.emit(view.plot, menu.addMenu(view.figure_title))
        return menu

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))


def _heading(learning: Learning) -> str:
    return f"{learning.title}, {'learning: ' if learning.live else ''}step {learning.step}"
