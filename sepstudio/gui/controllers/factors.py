"""Panes of the factors of runs: their common frequency axis, runs to subtract, and constraints painted by hand."""

from __future__ import annotations

import dataclasses

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.panes.layout import COMPARABLE_KINDS
from sepstudio.gui.panes.matrix_pane import MatrixPane
from sepstudio.gui.panes.picture import PicturePane
from sepstudio.gui.panes.run_views import comparable
from sepstudio.gui.panes.templates import TemplatesPane
from sepstudio.gui.texts import pitch_text
from sepstudio.io.scores.painting import with_template_patches
from sepstudio.io.scores.records import TemplatePatch
from sepstudio.session.score_commands import EditScore

# A connection that is there already is not made again.
_ONCE = Qt.ConnectionType(Qt.ConnectionType.AutoConnection.value | Qt.ConnectionType.UniqueConnection.value)


class FactorController(QObject):
    """Lets templates follow the spectrogram of the mixture and the other way round, and answers their menus."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        self._deck = desk.tab.deck
        self._leader: PicturePane | None = None
        self._menu_pane: MatrixPane | None = None
        self._deck.shownChanged.connect(self._join)
        self._deck.menuFilling.connect(self.fill)
        self._session.scoreChanged.connect(self._offer_brush)

    def handlers(self) -> Handlers:
        """Return what answers actions: panes of factors have none."""
        return {}

    # -- one frequency axis ------------------------------------------------------------------

    def _templates(self) -> list[TemplatesPane]:
        return [pane for pane in self._deck.stack.panes if isinstance(pane, TemplatesPane)]

    def _join(self) -> None:
        """Let all templates share the axis of the mixture, or of the first spectrogram."""
        pictures = [pane for pane in self._deck.stack.panes if isinstance(pane, PicturePane)]
        mixture = self._desk.tab.mixture
        leader = mixture if isinstance(mixture, PicturePane) else next(iter(pictures), None)
        if leader is not self._leader:
            if self._leader in pictures:
                self._leader.axisChanged.disconnect(self._follow)
            self._leader = leader
            if leader is not None:
                leader.axisChanged.connect(self._follow)
        for pane in self._templates():
            pane.heightsWanted.connect(self._lead, _ONCE)
            pane.constraintPainted.connect(self._paint, _ONCE)
        self._follow()
        self._offer_brush()

    def _follow(self) -> None:
        if self._leader is not None:
            for pane in self._templates():
                pane.set_axis(self._leader.scale, *self._leader.heights)

    def _lead(self, bottom: float, top: float) -> None:
        if self._leader is not None:
            self._leader.set_heights(bottom, top)
        else:
            for pane in self._templates():
                pane.set_axis(pane.axis_scale, bottom, top)

    # -- differences -------------------------------------------------------------------------

    def fill(self, pane: Pane, menu: QMenu) -> None:
        """Add the runs that can be subtracted to the menu of a pane."""
        spec = self._deck.layout.panes[self._deck.index_of(pane)]
        if spec.kind not in COMPARABLE_KINDS or not isinstance(pane, MatrixPane) or pane.matrix is None:
            return
        self._menu_pane = pane
        others = menu.addMenu("Subtract")
        others.setObjectName("menu.subtract")
        others.setToolTipsVisible(True)
        subtracted = spec.targets[1] if len(spec.targets) > 1 else ""
        self._add(others, "Nothing", "", subtracted)
        for run_id in comparable(self._session, pane.matrix.run_id):
            self._add(others, self._session.runs[run_id].title, run_id, subtracted)
        others.setEnabled(len(others.actions()) > 1)
        menu.addSeparator()

    def _add(self, menu: QMenu, text: str, run_id: str, subtracted: str) -> None:
        action = QAction(text, menu, checkable=True)
        action.setData(run_id)
        action.setChecked(run_id == subtracted)
        action.triggered.connect(self._on_subtract)
        menu.addAction(action)

    def _on_subtract(self) -> None:
        action, pane = self.sender(), self._menu_pane
        if isinstance(action, QAction) and pane in self._deck.stack.panes:
            self.subtract(pane, action.data())

    def subtract(self, pane: MatrixPane, run_id: str) -> None:
        """Show the matrix of a pane minus that of another run, or with an empty id just the matrix."""
        index = self._deck.index_of(pane)
        spec = self._deck.layout.panes[index]
        targets = (spec.targets[0], run_id) if run_id else spec.targets[:1]
        self._deck.show_layout(self._deck.layout.replaced(index, dataclasses.replace(spec, targets=targets)))

    # -- painting ----------------------------------------------------------------------------

    def _offer_brush(self, _source_id: str = "") -> None:
        """Show what was painted since the run, and let more be painted where there is a score to take it."""
        for pane in self._templates():
            run = self._session.runs.get(pane.matrix.run_id) if pane.matrix is not None else None
            score = self._session.score(run.source_id) if run is not None else None
            pane.can_paint(score is not None)
            known = run.score.template_patches if run is not None and run.score is not None else ()
            patches = score.template_patches if score is not None else ()
            pane.show_patches(tuple(patch for patch in patches if patch not in known))

    def _paint(self, run_id: str, patch: TemplatePatch) -> None:
        run = self._session.runs.get(run_id)
        score = self._session.score(run.source_id) if run is not None else None
        if run is not None and score is not None:
            verb = "Allow" if patch.allowed else "Forbid"
            text = f"{verb} {pitch_text(patch.pitch)} from {patch.low:.0f} to {patch.high:.0f} Hz"
            after = with_template_patches(score, [patch])
            self._session.stack.push(EditScore(self._session, run.source_id, score, after, text))
