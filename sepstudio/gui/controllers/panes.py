"""Adding, changing, moving and removing panes, and remembering them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from PySide6.QtCore import QObject, QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.display import levels_of_range
from sepstudio.gui.panes.layout import (
    DEFAULT_LAYOUT,
    KINDS,
    STEM_SHARE,
    WAVEFORM_SHARE,
    Kind,
    Layout,
    PaneSpec,
    completed,
    layout_from,
    roll_spec,
)
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.panes.targets import KIND_TITLES, TargetMenu

VIEW_KEY = "panes"
SETTING = "panes/layout"
# Dragging a contrast changes the layout a hundred times: only the last of them is stored.
STORE_AFTER_MS = 400
RESIZE_STEP = 1.25

# What the settings say about new pictures: the field of a display, and how its value follows.
_FIELDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "spectrogram/colours": ("colours", str),
    "spectrogram/scale": ("scale", str),
    "spectrogram/range": ("levels", levels_of_range),
}

Verb = Literal["up", "down", "taller", "lower", "remove", "pin", "display", "auto"]


@dataclass(frozen=True)
class Purpose:
    """What a menu of targets is for: a new pane of a kind, or another content of ``pane``."""

    kind: Kind
    pane: Pane | None = None


class PaneController(QObject):
    """Turns the menus and keys of panes into layouts, and keeps the layout in the document and the settings."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._deck = desk.tab.deck
        self._menu_pane: Pane | None = None
        self._usual = {field: read(desk.settings.value(setting)) for setting, (field, read) in _FIELDS.items()}
        self._storing = QTimer(self)
        self._storing.setSingleShot(True)
        self._storing.setInterval(STORE_AFTER_MS)
        self._storing.timeout.connect(self.store)
        self._show_stored()
        self._deck.layoutChanged.connect(self._remember)
        self._deck.menuRequested.connect(self._open_menu)
        self._deck.stack.addRequested.connect(self._open_add_menu)
        self._session.viewReplaced.connect(self._show_stored)
        desk.settings.changed.connect(self._on_setting)

    def handlers(self) -> Handlers:
        """Return what answers the actions about panes."""
        return {
            "pane-add": self._deck.stack.ask_for_pane, "pane-menu": self._menu_by_key,
            "pane-display": self._display_by_key, "pane-auto": self._auto_by_key,
            "pane-up": self._up_by_key, "pane-down": self._down_by_key,
            "pane-taller": self._taller_by_key, "pane-lower": self._lower_by_key,
            "pane-remove": self._remove_by_key, "panes-reset": self.reset,
        }  # fmt: skip

    # -- remembering -------------------------------------------------------------------------

    def _remember(self) -> None:
        layout = self._deck.layout
        self._session.set_view({**self._session.view, VIEW_KEY: layout.to_json()})
        self._storing.start()

    def store(self) -> None:
        """Keep the layout for new documents."""
        self._storing.stop()
        self._desk.settings.set(SETTING, json.dumps(self._deck.layout.following().to_json()))

    def _show_stored(self) -> None:
        layout = layout_from(self._session.view.get(VIEW_KEY)) or self._usual_layout()
        run = self._session.runs.get(self._deck.run)
        self._deck.show_layout(completed(layout, self._session, run.id) if run is not None else layout)

    def _usual_layout(self) -> Layout:
        try:
            values = json.loads(self._desk.settings.value(SETTING) or "null")
        except json.JSONDecodeError:
            values = None
        return layout_from(values) or self._first_layout()

    def _first_layout(self) -> Layout:
        return DEFAULT_LAYOUT.with_display(**self._usual)

    def reset(self) -> None:
        """Show the panes that there are at first, for the run on show."""
        run = self._session.runs.get(self._deck.run)
        first = self._first_layout()
        self._deck.show_layout(completed(first, self._session, run.id) if run is not None else first)

    def _on_setting(self, setting_id: str) -> None:
        if setting_id in _FIELDS:
            field, read = _FIELDS[setting_id]
            before, value = self._usual[field], read(self._desk.settings.value(setting_id))
            self._usual[field] = value
            self._deck.show_layout(self._deck.layout.with_usual(field, before, value))

    # -- menus -------------------------------------------------------------------------------

    def add_menu(self) -> QMenu:
        """Return the menu of panes that can be added now."""
        menu = self._menu("menu.pane-add")
        for kind in KINDS:
            menu.addMenu(self._targets(KIND_TITLES[kind], Purpose(kind), menu))
        menu.addSeparator()
        self._add(menu, "Reset panes").triggered.connect(self.reset)
        return menu

    def menu_of(self, pane: Pane) -> QMenu:
        """Return the menu of one pane."""
        self._menu_pane = pane
        spec = self._deck.layout.panes[self._deck.index_of(pane)]
        rows = self._deck.stack.panes
        menu = self._menu("menu.pane")
        menu.addMenu(self._targets("Show", Purpose(spec.kind, pane), menu))
        pin = self._add(menu, "Keep showing this", "pin")
        pin.setToolTip("Pinned, the pane shows the same while another recording or run is on show")
        pin.setCheckable(True)
        pin.setChecked(spec.pinned)
        menu.addSeparator()
        if isinstance(pane, PicturePane):
            self._add(menu, "Display…", "display")
            self._add(menu, "Contrast follows the recording", "auto").setEnabled(pane.has_contrast)
            menu.addSeparator()
        elif isinstance(pane, MatrixPane):
            self._add(menu, "Display…", "display")
        self._deck.menuFilling.emit(pane, menu)
        self._add(menu, "Move up", "up").setEnabled(pane is not rows[0])
        self._add(menu, "Move down", "down").setEnabled(pane is not rows[-1])
        self._add(menu, "Remove", "remove")
        return menu

    def _menu(self, name: str) -> QMenu:
        menu = QMenu(self._desk.window)
        menu.setObjectName(name)
        menu.setToolTipsVisible(True)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    def _targets(self, title: str, purpose: Purpose, parent: QMenu) -> TargetMenu:
        menu = TargetMenu(title, purpose.kind, self._session, self._deck.run, purpose, parent)
        menu.fill()
        menu.chosen.connect(self._on_chosen)
        return menu

    def _add(self, menu: QMenu, text: str, verb: Verb | None = None) -> QAction:
        action = QAction(text, menu)
        menu.addAction(action)
        if verb is not None:
            action.setData(verb)
            action.triggered.connect(self._on_verb)
        return action

    def _open_add_menu(self, place: QPoint) -> None:
        self.add_menu().popup(place)

    def _open_menu(self, pane: Pane) -> None:
        button = pane.header.more
        self.menu_of(pane).popup(button.mapToGlobal(QPoint(0, button.height())))

    # -- wishes ------------------------------------------------------------------------------

    def _on_chosen(self, purpose: Purpose, targets: tuple[str, ...]) -> None:
        # A run may have come while the menu was open, and its panes be on their way.
        self._deck.catch_up()
        layout = self._deck.layout
        if purpose.pane is None:
            share = WAVEFORM_SHARE if purpose.kind == "waveform" else STEM_SHARE
            spec = PaneSpec(purpose.kind, targets, share, layout.common_display)
            if purpose.kind == "roll":
                spec = roll_spec(layout.common_display, targets)
            self._deck.show_layout(layout.with_pane(spec))
            # The keys for panes are about the new one now.
            self._deck.stack.panes[-1].take_focus()
        elif purpose.pane in self._deck.stack.panes:
            index = self._deck.index_of(purpose.pane)
            spec = dataclasses.replace(layout.panes[index], targets=targets)
            self._deck.show_layout(layout.replaced(index, spec))

    def _on_verb(self) -> None:
        action, pane = self.sender(), self._menu_pane
        if isinstance(action, QAction) and pane is not None:
            self._do(action.data(), pane)

    def _do(self, verb: Verb, pane: Pane | None) -> None:
        if verb == "display" and isinstance(pane, PicturePane | MatrixPane):
            pane.open_display()
            return
        if verb == "auto" and isinstance(pane, PicturePane):
            pane.edit_display(auto=True)
            return
        if pane is None or pane not in self._deck.stack.panes:
            return
        row = self._deck.stack.panes.index(pane)
        if verb in ("up", "down"):
            to = row - 1 if verb == "up" else row + 1
            if 0 <= to < len(self._deck.stack.panes):
                self._deck.move(pane, to)
        elif verb in ("taller", "lower"):
            self._deck.resize(pane, RESIZE_STEP if verb == "taller" else 1.0 / RESIZE_STEP)
        elif verb == "remove":
            self._remove(pane, row)
        elif verb == "pin":
            self._deck.pin(pane, keep=not self._deck.layout.panes[self._deck.index_of(pane)].pinned)

    def _remove(self, pane: Pane, row: int) -> None:
        had_focus = pane is self._deck.stack.current
        self._deck.show_layout(self._deck.layout.without(self._deck.index_of(pane)))
        rest = self._deck.stack.panes
        if had_focus and rest:
            rest[min(row, len(rest) - 1)].view.setFocus()

    # -- keys --------------------------------------------------------------------------------

    def _current(self) -> Pane | None:
        """Return the pane that keys are about; on other tabs than this one, the one with the focus."""
        if not self._deck.stack.isVisible():
            holder = self._desk.window.focusWidget()
            while holder is not None and not isinstance(holder, Pane):
                holder = holder.parentWidget()
            return holder
        return self._deck.stack.current or next(iter(self._deck.stack.panes), None)

    def _menu_by_key(self) -> None:
        pane = self._current()
        if pane in self._deck.stack.panes:
            self._open_menu(pane)

    def _display_by_key(self) -> None:
        pane = self._current()
        here = self._deck.stack.panes if self._deck.stack.isVisible() else ()
        pictures = [other for other in here if isinstance(other, PicturePane)]
        has_display = isinstance(pane, PicturePane | MatrixPane)
        self._do("display", pane if has_display else next(iter(pictures), None))

    def _auto_by_key(self) -> None:
        self._do("auto", self._current())

    def _up_by_key(self) -> None:
        self._do("up", self._current())

    def _down_by_key(self) -> None:
        self._do("down", self._current())

    def _taller_by_key(self) -> None:
        self._do("taller", self._current())

    def _lower_by_key(self) -> None:
        self._do("lower", self._current())

    def _remove_by_key(self) -> None:
        self._do("remove", self._current())
