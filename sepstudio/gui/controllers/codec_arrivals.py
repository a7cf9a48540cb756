"""Directions of the codec tab over time: of the scene, and of what was decoded of it or by how much these differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from sepstudio.gui.codec.lower import Page
from sepstudio.gui.controllers.codec_covariance import CodecCovarianceController
from sepstudio.gui.controllers.view_export import ViewExportController
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.panes.choice import ChoiceButton
from sepstudio.gui.tabs.codec import CodecTab

if TYPE_CHECKING:
    from sepstudio.gui.codec.arrival_pane import ArrivalPane
    from sepstudio.gui.codec.arrival_view import ArrivalView

TITLE = "Directions"
_TIP = "From where the sound comes over time, octave by octave, and how diffuse it is"
_NO_DECODED = "Encode the scene: the directions of what is decoded appear here."
_COMPUTING = "Looking for directions…"
# What the lower pane shows.
_SHOWN = ("difference", "decoded")
_LEAST_CHANNELS = 4


class CodecArrivalController(QObject):
    """Draws from the covariances that the tab has anyway; the panes are made when they are chosen."""

    def __init__(
        self, desk: Desk, tab: CodecTab, covariance: CodecCovarianceController, exports: ViewExportController
    ) -> None:
        super().__init__(desk.window)
        self._tab = tab
        self._covariance = covariance
        self._exports = exports
        self._page: QWidget | None = None
        self.reference: ArrivalPane | None = None
        self.other: ArrivalPane | None = None
        self.quantity: ChoiceButton | None = None
        self.shown: ChoiceButton | None = None
        tab.firstShown.connect(self._ask_for_page)

    def handlers(self) -> Handlers:
        """Return nothing: the panes have their own controls."""
        return {}

    def _ask_for_page(self) -> None:
        self._tab.turns.ask(self._add_page)

    def _add_page(self) -> None:
        self._tab.lower.add(Page(TITLE, _TIP, self.page))

    def page(self) -> QWidget:
        """Return both panes below each other, made if need be."""
        if self._page is None:
            self._make()
        return self._page

    def _make(self) -> None:
        from sepstudio.gui.codec.arrival_pane import ArrivalPane
        from sepstudio.gui.codec.arrival_view import QUANTITIES

        self._page = QWidget()
        column = QVBoxLayout(self._page)
        # As wide as the panes above: seconds lie below the same seconds.
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.reference, self.other = (
            ArrivalPane(f"codec.arrivals.{name}", self._tab.timeline, self._tab.loader)
            for name in ("reference", "other")
        )
        self.quantity = ChoiceButton("codec.arrivals.quantity", "Azimuth, elevation or diffuseness", QUANTITIES)
        self.shown = ChoiceButton("codec.arrivals.shown", "What was decoded, or how far it is off", _SHOWN)
        for pane, choice in ((self.reference, self.quantity), (self.other, self.shown)):
            pane.header.add_control(choice)
            pane.cursorMoved.connect(self._tab.cursorMoved)
            choice.chosen.connect(self._on_chosen)
            self._exports.offer(pane)
            column.addWidget(pane, 1)
        self._covariance.compared.connect(self._show)
        self._show()

    def _on_chosen(self, action: QAction) -> None:
        self.sender().choose(action.data())
        self._show()

    def _show(self) -> None:
        views = self._views()
        for pane, view in zip((self.reference, self.other), views, strict=True):
            if view is not None:
                pane.show_arrivals(view, self.quantity.text())
            elif self._covariance.is_computing:
                pane.clear(_COMPUTING)
            else:
                pane.clear(_NO_DECODED if pane is self.other and views[0] is not None else _empty())

    def _views(self) -> tuple[ArrivalView | None, ArrivalView | None]:
        from sepstudio.dsp.energy_map import FLOOR_DB
        from sepstudio.dsp.intensity import arrival
        from sepstudio.gui.codec.arrival_view import ArrivalView

        if self._covariance.shown is None or self._covariance.shown[1].reference.channels < _LEAST_CHANNELS:
            return None, None
        question, compared = self._covariance.shown
        step, what = compared.reference.hop_seconds, self.quantity.text()
        first = arrival(compared.reference.first_order())
        loudest = float(np.nan_to_num(first.level, nan=FLOOR_DB).max(initial=FLOOR_DB))
        shown = ArrivalView(f"reference, {what}", question.begins, step, first, None, loudest)
        if compared.decoded is None:
            return shown, None
        # One may be a hop longer than the other.
        hops = min(compared.reference.hops, compared.decoded.hops)
        second = arrival(compared.decoded.first_order()[:, :hops])
        if self.shown.text() == "decoded":
            return shown, ArrivalView(f"{question.title}, {what}", question.begins, step, second, None, loudest)
        against = arrival(compared.reference.first_order()[:, :hops])
        off = "diffuseness" if what == "diffuseness" else "angle"
        title = f"{question.title} − reference, {off}"
        return shown, ArrivalView(title, question.begins, step, second, against, loudest)


def _empty() -> str:
    from sepstudio.gui.codec.arrival_pane import EMPTY

    return EMPTY
