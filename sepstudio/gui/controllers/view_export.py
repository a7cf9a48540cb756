"""Pictures of panes and plots and the data behind them as files, asked for in their menus or by action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.dialogs import may_replace
from sepstudio.gui.exporting.curve_views import CurveFigure, CurveView
from sepstudio.gui.exporting.data_files import DATA_FORMATS, write_data_steps
from sepstudio.gui.exporting.figure import PICTURE_FORMATS, FigureSource, Look, LookName, look_of, save_figure_steps
from sepstudio.gui.exporting.network_views import PictureView
from sepstudio.gui.exporting.view_data import Table, ViewData
from sepstudio.gui.exporting.views import derived_data, figure_source, title_of, view_data
from sepstudio.gui.panes.base import Pane, Sound
from sepstudio.gui.panes.stack import PaneStack

Stretch = Literal["visible", "selection", "whole"]
Format = TypeVar("Format")

LOOKS: Mapping[LookName, str] = {
    "screen": "As on screen…",
    "white": "On white…",
    "grey": "On white, in grey…",
}
STRETCHES: Mapping[Stretch, str] = {
    "visible": "Visible stretch…",
    "selection": "Selection…",
    "whole": "Whole recording…",
}


@dataclass(frozen=True, eq=False)
class Wish:
    """What an entry of a menu is for: a picture in a look, or data in a stretch, of one recording or of them all."""

    pane: Pane
    look: LookName | None = None
    sound: Sound | None = None
    derived: bool = False
    stretch: Stretch = "visible"


@dataclass(frozen=True, eq=False)
class CurveWish:
    """What an entry of the menu of a plot is for: a picture in a look, or the data."""

    view: CurveView | PictureView
    look: LookName | None = None


class ViewExportController(QObject):
    """Fills the menus of panes and of plots that it was given, asks for files, and writes them as jobs."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._plots: dict[QObject, CurveView | PictureView] = {}
        self._stacks: list[PaneStack] = [desk.tab.stack]
        desk.tab.deck.menuFilling.connect(self.fill)

    def handlers(self) -> Handlers:
        """Return what answers the actions about exports of views."""
        return {"export-picture": self._picture_of_current, "export-data": self._data_of_current}

    def offer(self, view: CurveView | PictureView) -> None:
        """Let what curves or a picture show be exported, in their menu, and by action while they have the focus."""
        self._plots[view.plot] = view
        view.plot.menuFilling.connect(self._fill_plot)

    def offer_pane(self, pane: Pane, stack: PaneStack) -> None:
        """Let a pane of another tab be exported: its menu has nothing else, and actions mean it while it is seen."""
        if stack not in self._stacks:
            self._stacks.append(stack)
        pane.header.more.describe("Export what this pane shows")
        pane.header.more.show()
        pane.menuRequested.connect(self._open_menu)

    # -- menus -------------------------------------------------------------------------------

    def export_menu_of(self, pane: Pane) -> QMenu:
        """Return the menu of a pane of another tab."""
        menu = QMenu(pane)
        menu.setObjectName("menu.pane")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(pane, menu)
        return menu

    def _open_menu(self, pane: Pane) -> None:
        header = pane.header
        self.export_menu_of(pane).popup(header.more.mapToGlobal(QPoint(0, header.more.height())))

    def fill(self, pane: Pane, menu: QMenu) -> None:
        """Add what can be exported of a pane to its menu."""
        pictures = menu.addMenu("Export picture")
        pictures.setObjectName("menu.export-picture")
        pictures.setEnabled(pane.settled)
        for look, text in LOOKS.items():
            self._add(pictures, text, Wish(pane, look=look))
        data = menu.addMenu("Export data")
        data.setObjectName("menu.export-data")
        derived = derived_data(pane, pane.timeline.visible, None) is not None
        data.setEnabled(bool(pane.sounds) or derived)
        if derived:
            own = data.addMenu(title_of(pane)) if pane.sounds else data
            for stretch, text in STRETCHES.items():
                action = self._add(own, text, Wish(pane, derived=True, stretch=stretch))
                action.setEnabled(stretch != "selection" or pane.timeline.selection is not None)
        for sound in pane.sounds:
            # Of several recordings in one picture each has its own data.
            own = data.addMenu(sound.title) if len(pane.sounds) > 1 else data
            for stretch, text in STRETCHES.items():
                action = self._add(own, text, Wish(pane, sound=sound, stretch=stretch))
                action.setEnabled(stretch != "selection" or pane.timeline.selection is not None)
        menu.addSeparator()

    def _fill_plot(self, plot: QObject, menu: QMenu) -> None:
        view = self._plots[plot]
        pictures = menu.addMenu("Export picture")
        pictures.setObjectName("menu.export-picture")
        for look, text in LOOKS.items():
            self._add(pictures, text, CurveWish(view, look))
        self._add(menu, "Export data…", CurveWish(view))

    def _add(self, menu: QMenu, text: str, wish: Wish | CurveWish) -> QAction:
        action = QAction(text, menu)
        action.setData(wish)
        action.triggered.connect(self._on_wish)
        menu.addAction(action)
        return action

    def _on_wish(self) -> None:
        action = self.sender()
        wish = action.data() if isinstance(action, QAction) else None
        if isinstance(wish, Wish):
            self._do(wish)
        elif isinstance(wish, CurveWish):
            self._do_with_curves(wish)

    def _do(self, wish: Wish) -> None:
        if not self._is_there(wish.pane):
            return
        if wish.look is not None:
            self._ask_for_picture(wish.pane, wish.look)
        elif wish.sound is not None or wish.derived:
            self._ask_for_data(wish.pane, wish.sound, wish.stretch)

    def _do_with_curves(self, wish: CurveWish) -> None:
        source = _figure_of(wish.view)
        # The curves may have gone while the menu was open.
        if source is None:
            return
        if wish.look is not None:
            self._export_picture(wish.view.figure_title, source, wish.look)
        else:
            table = wish.view.table()
            self._export_data(table.title, table)

    def _curves_with_focus(self) -> CurveView | PictureView | None:
        meant = (self._desk.window.focusWidget(), self._current())
        return next((view for plot, view in self._plots.items() if plot in meant), None)

    def _current(self) -> Pane | None:
        own = self._desk.tab.stack
        stack = next((one for one in self._stacks if one.isVisible()), own)
        usual = self._desk.tab.mixture if stack is own else None
        return stack.current or usual or next(iter(stack.panes), None)

    def _picture_of_current(self) -> None:
        pane, curves = self._current(), self._curves_with_focus()
        if curves is not None:
            self._do_with_curves(CurveWish(curves, "screen"))
        elif pane is not None:
            self._do(Wish(pane, look="screen"))

    def _data_of_current(self) -> None:
        pane, curves = self._current(), self._curves_with_focus()
        if curves is not None:
            self._do_with_curves(CurveWish(curves))
            return
        derived = pane is not None and derived_data(pane, pane.timeline.visible, None) is not None
        if pane is not None and (derived or pane.sounds):
            stretch: Stretch = "visible" if pane.timeline.selection is None else "selection"
            self._do(Wish(pane, sound=None if derived else pane.sounds[0], derived=derived, stretch=stretch))

    # -- writing -----------------------------------------------------------------------------

    def _ask_for_picture(self, pane: Pane, look: LookName) -> None:
        source = figure_source(pane)
        if source is not None and pane.settled:
            self._export_picture(title_of(pane), source, look, partial(self._is_there, pane))

    def _is_there(self, pane: Pane) -> bool:
        return any(pane in stack.panes for stack in self._stacks)

    def _export_picture(
        self, title: str, source: FigureSource, look: LookName, is_there: Callable[[], bool] = lambda: True
    ) -> None:
        target = self._ask("Export picture", title, PICTURE_FORMATS)
        if target is not None:
            path, (_, scale) = target
            draw = partial(self._draw, is_there, source, look_of(look), path, scale)
            self._desk.bridge.start(f"Drawing {path.name}", source.prepare(scale), draw)

    def _draw(
        self, is_there: Callable[[], bool], source: FigureSource, look: Look, path: Path, scale: int, prepared: Any
    ) -> None:
        """Draw on the thread of the window what was prepared on another, and write it on another again."""
        # A pane may have been taken away meanwhile, and with it what is drawn.
        if is_there():
            work = save_figure_steps(path, source.figure(prepared, look), scale)
            self._desk.bridge.start(f"Exporting {path.name}", work, _nothing)

    def _ask_for_data(self, pane: Pane, sound: Sound | None, stretch: Stretch) -> None:
        """Ask where the data of one recording in a pane go, or of what the pane makes of them all."""
        spans = {"visible": pane.timeline.visible, "selection": pane.timeline.selection, "whole": None}
        band = pane.timeline.band if stretch == "selection" else None
        span = spans[stretch]
        data = derived_data(pane, span, band) if sound is None else view_data(pane, sound, span, band)
        if data is not None:
            kind = pane.objectName().partition(".")[0] if pane in self._stacks[0].panes else "spectrogram"
            self._export_data(data.title if sound is None else f"{sound.title} {kind}", data)

    def _export_data(self, title: str, data: ViewData | Table) -> None:
        formats = {name: (extension, 0) for name, extension in DATA_FORMATS.items()}
        target = self._ask("Export data", title, formats)
        if target is not None:
            path = target[0]
            self._desk.bridge.start(f"Exporting {path.name}", write_data_steps(path, data), _nothing)

    def _ask(
        self, caption: str, title: str, formats: Mapping[str, tuple[str, int]]
    ) -> tuple[Path, tuple[str, int]] | None:
        """Let the user choose a file; what it is called decides about its format before the list does."""
        source = self._desk.session.current_source
        stem = f"{Path(source.name).stem} " if source is not None and source.name not in title else ""
        suggestion = "".join("-" if letter in '/\\:*?"<>|' else letter for letter in f"{stem}{title}")
        name, chosen = QFileDialog.getSaveFileName(self._desk.window, caption, suggestion, ";;".join(formats))
        if not name:
            return None
        path, extension = Path(name), formats.get(chosen, next(iter(formats.values())))
        typed = next((known for known in formats.values() if known[0] == path.suffix.lower()), None)
        if typed is None:
            # The dialog has asked about the name without the extension only.
            path = path.with_name(path.name + extension[0])
            return (path, extension) if may_replace(self._desk.window, [path]) else None
        return path, extension if extension[0] == typed[0] else typed


def _figure_of(view: CurveView | PictureView) -> FigureSource | None:
    if isinstance(view, PictureView):
        return view.figure_source()
    return CurveFigure(view) if view.plotted() else None


def _nothing(_path: Path) -> None:
    """Take note of a file that was written: the list of jobs says so."""
