"""The token map of the decoded scene on show, and how it uses its codebooks."""

from __future__ import annotations

from PySide6.QtCore import QObject

from sepstudio.gui.codec.token_pane import EMPTY, TokenPane
from sepstudio.gui.codec.token_view import token_view
from sepstudio.gui.codec.usage_box import UsageBox
from sepstudio.gui.controllers.codec import CodecController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.separation.codec_results import TOKENS, entries_of
from sepstudio.separation.parameters import to_json
from sepstudio.session.records import Run

_SHARE = 0.9


class CodecTokenController(QObject):
    """Makes the pane below the spectrograms and the box at the right, and fills both."""

    def __init__(self, desk: Desk, codec: CodecController, exports: ViewExportController) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = codec.tab
        self._exports = exports
        self.pane: TokenPane | None = None
        self.box: UsageBox | None = None
        self._shown: object = None
        self._codec = codec
        codec.completed.connect(self._ask)

    def handlers(self) -> Handlers:
        """Return nothing: what is shown has its own controls."""
        return {}

    def _ask(self) -> None:
        self._tab.turns.ask(self._make_pane)
        self._tab.turns.ask(self._make_box)

    def _make_pane(self) -> None:
        self.pane = TokenPane(self._tab.timeline, self._tab.loader)
        self._tab.add_pane(self.pane, _SHARE)
        self.pane.header.more.describe("Export the tokens")
        self.pane.header.more.show()
        self._exports.offer(self.pane)
        for pane in self._codec.views.panes.values():
            self._exports.offer_pane(pane, self._tab.stack)
        self._tab.shownChanged.connect(self._show_soon)

    def _make_box(self) -> None:
        self.box = UsageBox()
        self._tab.histogram.hold(self.box)
        for picture in (self.box.rows, self.box.histogram):
            self._exports.offer(picture)
        self.box.told.connect(self._tab.cursorMoved)
        self.pane.codebookChosen.connect(self.box.choose)
        self.show_tokens()

    def _show_soon(self) -> None:
        self._tab.turns.ask(self.show_tokens)

    def show_tokens(self) -> None:
        """Show the tokens of the run on show, unless they are."""
        if self.box is None:
            return
        session = self._desk.session
        # In a blind comparison they would tell which run is heard.
        run = None if self._desk.tab.stems.aliases else session.runs.get(self._tab.run)
        matrices = session.matrices(run.id) if run is not None else {}
        wanted = (run, matrices.get(TOKENS))
        if wanted == self._shown:
            return
        self._shown = wanted
        if run is None or TOKENS not in matrices:
            self.pane.clear(EMPTY)
            self.box.show_usage(None, "")
            return
        tokens, title = matrices[TOKENS], run.label or f"Decoded {run.number}"
        view = token_view(run.id, title, tokens, used_codebooks(run, len(tokens.values)), entries_of(matrices))
        self.pane.show_tokens(view)
        # Counting the tokens of an hour takes a turn of its own.
        self._tab.turns.ask(self._show_usage)

    def _show_usage(self) -> None:
        view = self.pane.tokens
        if view is not None:
            self.box.show_usage(view.usage, view.title)


def used_codebooks(run: Run, count: int) -> tuple[bool, ...]:
    """Return which of so many codebooks a run has decoded."""
    params = run.params if isinstance(run.params, dict) else to_json(run.params)
    used, left_out = int(params.get("codebooks") or count), int(params.get("left_out") or 0)
    return tuple(number <= used and number != left_out for number in range(1, count + 1))
