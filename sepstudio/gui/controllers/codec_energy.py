"""Energy maps of the codec tab: what sounds from where, at the playhead, in the selection or in all of the scene."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from sepstudio.gui.codec.following import StretchFollower
from sepstudio.gui.codec.lower import Page
from sepstudio.gui.controllers.codec_covariance import CodecCovarianceController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab

if TYPE_CHECKING:
    from sepstudio.gui.codec.energy_view import EnergyView, Shape

# 16 times a second, as fast as moments follow each other.
INTERVAL_MS = 60
TITLES: dict[str, Shape] = {"Energy map": "map", "Globe": "globe"}
_TIPS = {
    "Energy map": "From which directions the sound comes, all around on one map",
    "Globe": "From which directions the sound comes, on a globe that can be turned",
}


class CodecEnergyController(QObject):
    """Draws from the covariances that the tab has anyway; the view is made when it is chosen."""

    def __init__(
        self, desk: Desk, tab: CodecTab, covariance: CodecCovarianceController, exports: ViewExportController
    ) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = tab
        self._covariance = covariance
        self._exports = exports
        self._view: EnergyView | None = None
        self._follower: StretchFollower | None = None
        tab.firstShown.connect(self._ask_for_pages)

    def handlers(self) -> Handlers:
        """Return nothing: the view has its own controls."""
        return {}

    @property
    def view(self) -> EnergyView:
        """The view, made if need be."""
        if self._view is None:
            self._make()
        return self._view

    def _ask_for_pages(self) -> None:
        self._tab.turns.ask(self._add_pages)

    def _add_pages(self) -> None:
        for title in TITLES:
            self._tab.lower.add(Page(title, _TIPS[title], partial(self._page, title)))

    def _page(self, title: str) -> EnergyView:
        self.view.set_shape(TITLES[title])
        return self.view

    def _make(self) -> None:
        from sepstudio.gui.codec.energy_view import EnergyView

        view, desk = EnergyView(), self._desk
        self._view = view
        for picture in view.pictures.values():
            self._exports.offer(picture)
        view.told.connect(self._tab.cursorMoved)
        self._follower = StretchFollower(desk, view, INTERVAL_MS, self)
        view.changed.connect(self._follower.show_stretch)
        self._covariance.compared.connect(self._show)
        self._show()

    # -- showing -----------------------------------------------------------------------------

    def _show(self) -> None:
        if self._covariance.shown is None:
            self._view.say(computing=self._covariance.is_computing)
            return
        question, compared = self._covariance.shown
        self._view.show_comparison(compared, question.begins, question.title)
        self._follower.show_stretch()
