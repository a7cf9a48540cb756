"""Levels of loudspeakers on the codec tab, at the playhead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from sepstudio.gui.codec.following import MomentFollower
from sepstudio.gui.codec.lower import Page
from sepstudio.gui.controllers.codec_covariance import CodecCovarianceController
from sepstudio.gui.controllers.codec_energy import INTERVAL_MS
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab

if TYPE_CHECKING:
    from sepstudio.gui.codec.feed_view import FeedView

TITLE = "Loudspeakers"
_TIP = "How loud each loudspeaker of a layout plays the scene"
_LEAST_CHANNELS = 4


class CodecFeedController(QObject):
    """Draws from the covariances that the tab has anyway; the view is made when it is chosen."""

    def __init__(
        self, desk: Desk, tab: CodecTab, covariance: CodecCovarianceController, exports: ViewExportController
    ) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = tab
        self._covariance = covariance
        self._exports = exports
        self._view: FeedView | None = None
        self._follower: MomentFollower | None = None
        tab.firstShown.connect(self._ask_for_page)

    def handlers(self) -> Handlers:
        """Return nothing: the view has its own controls."""
        return {}

    @property
    def view(self) -> FeedView:
        """The view, made if need be."""
        if self._view is None:
            self._make()
        return self._view

    def _ask_for_page(self) -> None:
        self._tab.turns.ask(self._add_page)

    def _add_page(self) -> None:
        self._tab.lower.add(Page(TITLE, _TIP, self._page))

    def _page(self) -> FeedView:
        return self.view

    def _make(self) -> None:
        from sepstudio.gui.codec.feed_view import FeedView

        self._view = view = FeedView()
        self._exports.offer(view.picture)
        view.told.connect(self._tab.cursorMoved)
        self._covariance.compared.connect(self._show)
        self._follower = MomentFollower(self._desk, view, INTERVAL_MS, self)
        self._show()

    def _show(self) -> None:
        shown = self._covariance.shown
        if shown is None or shown[1].reference.channels < _LEAST_CHANNELS:
            self._view.say()
            return
        self._view.show_comparison(shown[1], shown[0].begins)
        self._follower.follow()
