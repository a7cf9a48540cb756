"""How scenes are heard: the fold to two channels, and meters of all channels on the codec tab."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from sepstudio.dsp.ambisonics import channels_of
from sepstudio.gui.codec.listening_box import ListeningBox
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab
from sepstudio.io.hoa import order_of
from sepstudio.playback.folds import is_scene

SETTING = "sound/fold"


class CodecListeningController(QObject):
    """Joins the box of the tab, the setting and the player; ``boxMade`` carries the ListeningBox, once."""

    boxMade = Signal(object)

    def __init__(self, desk: Desk, tab: CodecTab) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._tab = tab
        self._box: ListeningBox | None = None
        tab.firstShown.connect(self._ask_for_box)
        desk.settings.changed.connect(self._apply)
        desk.session.currentSourceChanged.connect(self._show_source)
        desk.session.conventionChanged.connect(self._show_source)
        desk.player.ticked.connect(self._tick)
        self._apply(SETTING)

    def handlers(self) -> Handlers:
        """Return nothing: the fold is chosen in its box."""
        return {}

    @property
    def box(self) -> ListeningBox:
        """The box, made if need be."""
        if self._box is None:
            self._tab.turns.forget(self._make)
            self._make()
        return self._box

    def _ask_for_box(self) -> None:
        self._tab.turns.ask(self._make)

    def _make(self) -> None:
        if self._box is not None:
            return
        self._box = ListeningBox()
        self._box.foldChosen.connect(self._choose)
        self._tab.meters.hold(self._box)
        self._apply(SETTING)
        self._show_source()
        self.boxMade.emit(self._box)

    def _choose(self, name: str) -> None:
        self._desk.settings.set(SETTING, name)

    def _apply(self, setting_id: str) -> None:
        if setting_id == SETTING:
            name = self._desk.settings.value(SETTING)
            self._desk.player.folding.set_name(name)
            if self._box is not None:
                self._box.show_fold(name)

    def _show_source(self, _source_id: str = "") -> None:
        if self._box is not None:
            session, source = self._desk.session, self._desk.session.current_source
            shown = source is not None and is_scene(source.channels)
            fuma = shown and session.convention(source.id).ordering == "FuMa"
            # A head-locked pair behind the scene is of no order.
            self._box.show_channels(channels_of(order_of(source.channels)) if shown else 0, fuma=fuma)

    def _tick(self) -> None:
        if self._box is not None and self._box.isVisible():
            self._box.meters.set_levels(self._desk.player.channel_levels())
