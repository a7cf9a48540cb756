"""The selected stretch: edits of it, and what follows from it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.session.commands import SetSelection
from sepstudio.session.records import Selection

Edited = tuple[float, float, tuple[float, float] | None]


class SelectionController(QObject):
    """Keeps the selection of the session and that of the timeline the same."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        desk.timeline.selectionEdited.connect(self._edit)
        self._session.selectionChanged.connect(self._show)

    def handlers(self) -> Handlers:
        """Return what answers the actions about selections."""
        return {
            "select-all": self._select_all, "select-none": self._select_none,
            "loop-in": self._loop_in, "loop-out": self._loop_out,
            "zoom-selection": self._zoom, "play-selection": self._play,
        }  # fmt: skip

    def _edit(self, edited: Edited | None) -> None:
        source = self._session.current_source
        if source is None:
            return
        selection = None
        if edited is not None:
            start, stop = (min(max(round(s * source.sample_rate), 0), source.length) for s in edited[:2])
            selection = Selection(start, stop, edited[2]) if stop > start else None
        self._select(selection)

    def _select(self, selection: Selection | None) -> None:
        if selection != self._session.selection:
            self._session.stack.push(SetSelection(self._session, selection))

    def _select_all(self) -> None:
        source = self._session.current_source
        if source is not None and source.length:
            self._select(Selection(0, source.length))

    def _select_none(self) -> None:
        self._select(None)

    def _loop_in(self) -> None:
        source, selection = self._session.current_source, self._session.selection
        if source is not None:
            here = min(self._desk.player.position, source.length - 1)
            ends_later = selection is not None and selection.stop > here
            self._loop(here, selection.stop if selection is not None and ends_later else source.length)

    def _loop_out(self) -> None:
        source, selection = self._session.current_source, self._session.selection
        here = self._desk.player.position
        if source is not None and here > 0:
            begins_before = selection is not None and selection.start < here
            self._loop(selection.start if selection is not None and begins_before else 0, here)

    def _loop(self, start: int, stop: int) -> None:
        band = self._session.selection.band if self._session.selection is not None else None
        self._select(Selection(start, stop, band))
        self._desk.player.set_looping(True)

    def _zoom(self) -> None:
        if self._desk.timeline.selection is not None:
            self._desk.timeline.set_visible(*self._desk.timeline.selection)

    def _play(self) -> None:
        selection, source = self._session.selection, self._session.current_source
        if selection is not None and source is not None:
            self._desk.player.seek(selection.start / source.sample_rate)
            if not self._desk.player.playing:
                self._desk.player.toggle()

    def _show(self) -> None:
        source, selection = self._session.current_source, self._session.selection
        if source is None or selection is None:
            self._desk.timeline.set_selection(None)
        else:
            rate = source.sample_rate
            self._desk.timeline.set_selection((selection.start / rate, selection.stop / rate), selection.band)
        self._desk.panel.set_selection(selection is not None)
