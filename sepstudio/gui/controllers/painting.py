"""Painting under the hand: gestures over spectrograms become strokes of the recording, and the keys of the tools."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from sepstudio.gui.controllers.support import SupportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.key_map import KeyMap, native
from sepstudio.gui.notice import Notice
from sepstudio.gui.painting.shares import shares_steps
from sepstudio.gui.painting.sources import new_source, renamed
from sepstudio.gui.painting.targets import PaintTarget, named, target_of
from sepstudio.gui.painting.tools import OPACITY_STEP, SIZE_STEP, TOOLS, tool_action
from sepstudio.gui.panels.method_page import MethodPage
from sepstudio.gui.panels.paint_page import PaintPage
from sepstudio.gui.widgets.key_hint import ACTION, set_keys
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes, Tool
from sepstudio.session.records import Source
from sepstudio.session.stroke_commands import (
    AddPaintedSource,
    AddStroke,
    ChangePaintedSource,
    ClearStrokes,
    RemovePaintedSource,
    ReplaceStrokes,
)

SOURCE_KEYS = 9


class PaintController(QObject):
    """Keeps the board in step with the session, and makes the edits that it asks for."""

    def __init__(self, desk: Desk, support: SupportController, keys: KeyMap) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._support = support
        self._keys = keys
        self._board = desk.tab.deck.painting
        # Counting what is painted is no work that anybody asked for.
        self._quiet = desk.bridge.sibling(self)
        self._counting = 0
        self._board.target_of = self._target_of
        self._connect()
        self._show()

    def _connect(self) -> None:
        board, session, panel = self._board, self._session, self._desk.panel
        board.drawn.connect(self._draw)
        board.sourceWanted.connect(self._add_source)
        board.sourceEdited.connect(self._edit_source)
        board.sourceDropped.connect(self._drop_source)
        board.refused.connect(self._refuse)
        session.strokesChanged.connect(self._on_strokes)
        session.sourceChanged.connect(self._on_strokes)
        session.currentSourceChanged.connect(self._show)
        panel.pageMade.connect(self._on_page)
        panel.methodChanged.connect(self._on_method)

    def handlers(self) -> Handlers:
        """Return what answers the actions about painting."""
        board = self._board
        tools = {tool_action(tool): functools.partial(self._take, tool) for tool in TOOLS}
        sources = {f"paint-source-{n}": functools.partial(self._choose, n) for n in range(1, SOURCE_KEYS + 1)}
        return tools | sources | {
            "paint-none": functools.partial(self._take, None), "paint-add-source": self._add_source,
            "paint-smaller": functools.partial(self._resize, 1.0 / SIZE_STEP),
            "paint-larger": functools.partial(self._resize, SIZE_STEP),
            "paint-fainter": functools.partial(self._fade, -OPACITY_STEP),
            "paint-surer": functools.partial(self._fade, OPACITY_STEP),
            "paint-show": board.set_shown, "paint-clear": self._clear,
        }  # fmt: skip

    def adopt(self, actions: Mapping[str, QAction]) -> None:
        """Let an action show whether what is painted is shown."""
        self._show_action = actions["paint-show"]
        self._board.optionsChanged.connect(self._on_options)
        self._on_options()

    # -- what is painted ---------------------------------------------------------------------

    @property
    def _strokes(self) -> Strokes:
        source = self._session.current_source
        return self._session.strokes(source.id) if source is not None else Strokes()

    def _on_strokes(self, source_id: str) -> None:
        source = self._session.current_source
        if source is not None and source.id == source_id:
            self._show()

    def _show(self, _source_id: str = "") -> None:
        source = self._session.current_source
        seconds = source.length / source.sample_rate if source is not None else 0.0
        self._board.show_strokes(self._strokes, seconds)
        self._desk.panel.set_strokes(self._strokes)
        self._count()

    def _target_of(self, audio_id: str) -> PaintTarget:
        return target_of(self._session, audio_id, self._strokes)

    # -- edits -------------------------------------------------------------------------------

    def _draw(self, stroke: Stroke) -> None:
        source = self._session.current_source
        if source is None:
            return
        strokes = self._strokes
        if stroke.source and self._board.known(stroke.source) is None:
            # Nobody has to know about sources before the first stroke: it brings one.
            first = self._board.next_source
            after = replace(
                strokes, sources=(*strokes.sources, first), strokes=(*strokes.strokes, replace(stroke, source=first.id))
            )
            self._session.stack.push(ReplaceStrokes(self._session, source.id, after, f"Paint {first.name}"))
        else:
            self._session.stack.push(AddStroke(self._session, source.id, stroke))

    def _add_source(self) -> None:
        self._add(self._board.next_source)

    def _add_missing(self, source: Source | None, name: str) -> None:
        # The notice stands while the window goes on.
        if source == self._session.current_source and named(self._strokes, name) is None:
            self._add(new_source(self._strokes, name))

    def _add(self, added: PaintedSource) -> None:
        source = self._session.current_source
        if source is None:
            return
        self._session.stack.push(AddPaintedSource(self._session, source.id, added))
        self._board.choose(added.id)
        if self._board.tool is None:
            # Whoever adds a source wants to paint it.
            self._board.set_tool("brush")

    def _edit_source(self, painted: PaintedSource) -> None:
        source = self._session.current_source
        if source is not None and painted != self._board.known(painted.id):
            changed = renamed(self._strokes, painted)
            self._session.stack.push(ChangePaintedSource(self._session, source.id, changed))

    def _drop_source(self, painted_id: str) -> None:
        source = self._session.current_source
        if source is not None:
            self._session.stack.push(RemovePaintedSource(self._session, source.id, painted_id))

    def _clear(self) -> None:
        source = self._session.current_source
        if source is not None and self._strokes.strokes:
            self._session.stack.push(ClearStrokes(self._session, source.id))

    def _refuse(self, target: PaintTarget) -> None:
        name = target.missing
        offer = (f"Add {name}", f"Add {name} to the painted sources; then paint on its stem") if name else None
        notice = Notice(target.refusal, None, offer=offer)
        notice.taken.connect(functools.partial(self._add_missing, self._session.current_source, name))
        self._session.strokesChanged.connect(notice.closed)
        self._support.show(notice)

    # -- how one paints ----------------------------------------------------------------------

    def _take(self, tool: Tool | None) -> None:
        self._board.set_tool(tool)

    def _choose(self, number: int) -> None:
        sources = self._strokes.sources
        if number <= len(sources):
            self._board.choose(sources[number - 1].id)

    def _resize(self, factor: float) -> None:
        self._board.set_size(self._board.size * factor)

    def _fade(self, step: float) -> None:
        self._board.set_opacity(self._board.opacity + step)

    def _on_options(self) -> None:
        self._show_action.setChecked(self._board.shown)

    # -- the page ----------------------------------------------------------------------------

    def _on_page(self, page: MethodPage) -> None:
        if isinstance(page, PaintPage):
            page.attach(self._board).named.connect(self._desk.tab.focus_panes)
            for control in page.findChildren(QWidget):
                if control.property(ACTION):
                    set_keys(control, native(self._keys.keys(control.property(ACTION))))
            self._count()

    def _on_method(self, _method_id: str) -> None:
        # Elsewhere the mouse does what it does everywhere; the keys take a tool there too.
        if not isinstance(self._desk.panel.page, PaintPage):
            self._board.set_tool(None)

    def _count(self) -> None:
        """Find out how much of the recording is painted; what is counted still is not wanted any more."""
        self._quiet.cancel(self._counting)
        page, source = self._desk.panel.made_page(PaintPage), self._session.current_source
        if page is not None and source is not None:
            work = shares_steps(self._strokes, source.sample_rate, source.length)
            self._counting = self._quiet.start("Counting painted bins", work, page.box.show_shares)
