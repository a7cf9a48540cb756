"""The tab of the HOA codec: its parts, and which scene and which decoded run they show."""

from __future__ import annotations

import functools

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction

from sepstudio.gui.codec.conditions import ConditionsPanel
from sepstudio.gui.codec.conditions_text import (
    ConditionText,
    cut_text,
    decoded_text,
    scene_obstacle,
    scene_text,
)
from sepstudio.gui.codec.foot import EncodeFoot
from sepstudio.gui.codec.models import CodecModel, codec_model_steps
from sepstudio.gui.codec.reach import decoded_runs, is_decoded
from sepstudio.gui.codec.settings import CodecSettings
from sepstudio.gui.codec.views import CodecViews, Shown
from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.tabs.codec import CodecTab
from sepstudio.session.records import Run, Source

_PANES = ("reference", "decoded", "difference")
_READING = "library"


class CodecController(QObject):
    """Makes the tab, and shows on it what there is.

    ``tabWanted`` asks for a tab by its name; ``completed`` comes when the parts that belong here are made,
    ``refreshed`` when they show anew what there is.
    """

    tabWanted = Signal(str)
    completed = Signal()
    refreshed = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._session = desk.session
        # Reading cards is nothing that a user waits for, or could cancel.
        self._quiet = desk.bridge.sibling(self)
        self.tab = CodecTab(desk.session, desk.timeline, desk.tab.loader)
        self.conditions: ConditionsPanel | None = None
        self.settings: CodecSettings | None = None
        self.foot: EncodeFoot | None = None
        self.views: CodecViews | None = None
        self._is_complete = False
        self.tab.firstShown.connect(self._make_first)
        self.tab.becameVisible.connect(self._on_visible)

    def handlers(self) -> Handlers:
        """Return what answers the actions about what is shown."""
        return {
            "tab-codec": functools.partial(self.tabWanted.emit, "codec"),
            "codec-channel-next": functools.partial(self._step_channel, 1),
            "codec-channel-previous": functools.partial(self._step_channel, -1),
        }

    # -- making ------------------------------------------------------------------------------

    @property
    def is_complete(self) -> bool:
        """Whether the parts are made."""
        return self._is_complete

    def complete(self) -> None:
        """Make all parts now: somebody is about to work with them."""
        for step in self._steps():
            if not self._is_complete:
                step()

    def _steps(self) -> tuple[functools.partial[None], ...]:
        panes = (functools.partial(step, name) for name in _PANES for step in (self._make_pane, self._join_pane))
        return (functools.partial(self._make_left), functools.partial(self._make_right), *panes)

    def _make_first(self) -> None:
        # A part a turn: some take 20 ms.
        self._waiting = list(self._steps())
        self.tab.turns.ask(self._make_next)

    def _make_next(self) -> None:
        if not self._is_complete and self._waiting:
            self._waiting.pop(0)()
            self.tab.turns.ask(self._make_next)

    def _make_left(self) -> None:
        if self.conditions is None:
            self.conditions = ConditionsPanel()
            self.tab.conditions.hold(self.conditions)
            self.views = CodecViews(self.tab)
            self.tab.head.hold(self.views.head)
            self.views.channelsChanged.connect(self.tab.shownChanged)

    def _make_right(self) -> None:
        if self.settings is None:
            self.settings = CodecSettings()
            self.foot = EncodeFoot()
            self.tab.settings.hold(self.settings)
            self.tab.foot.hold(self.foot)

    def _make_pane(self, name: str) -> None:
        if name not in self.views.panes:
            self.views.make_pane(name)

    def _join_pane(self, name: str) -> None:
        if self.views.panes[name] not in self.tab.stack.panes:
            self.views.join_pane(name)
        if name == _PANES[-1]:
            self._is_complete = True
            self._listen()
            self.completed.emit()
            self._read_models()
            self.ask()

    def _listen(self) -> None:
        session, player = self._session, self._desk.player
        for signal in (
            session.currentSourceChanged, session.runAdded, session.runRemoved, session.runRenamed,
            session.sourceChanged, session.conventionChanged, session.selectionChanged, session.viewReplaced,
            self._desk.tab.stems.aliasesChanged, self.settings.changed,
        ):  # fmt: skip
            signal.connect(self.ask)
        self.settings.importRequested.connect(functools.partial(self._trigger, "model-import"))
        self.conditions.openRequested.connect(functools.partial(self._trigger, "open"))
        player.heardChanged.connect(self._on_heard)
        player.comparisonChanged.connect(self._show_state)
        session.viewReplaced.connect(self.tab.clips.forget)

    def _trigger(self, action_id: str) -> None:
        self._desk.window.findChild(QAction, f"action.{action_id}").trigger()

    def _on_visible(self) -> None:
        if self._is_complete:
            # Some may have been installed meanwhile.
            self._read_models()

    def _read_models(self) -> None:
        self._quiet.start("Reading models", codec_model_steps(), self._show_models, device=_READING)

    def _show_models(self, models: tuple[CodecModel, ...]) -> None:
        self.settings.show_models(models)
        self.ask()

    def use_model(self, name: str) -> None:
        """Go to the tab with a model chosen by its name, all of its codebooks used."""
        self.complete()
        self.settings.show_choice(name, 0)
        self._read_models()
        self.tabWanted.emit("codec")

    # -- showing -----------------------------------------------------------------------------

    def ask(self, *_: object) -> None:
        """Show soon what there is now."""
        self.tab.turns.ask(self.refresh)

    def refresh(self) -> None:
        """Show what there is now."""
        self.tab.turns.forget(self.refresh)
        if not self._is_complete or self._session.is_replacing:
            return
        source = self._session.current_source
        runs = decoded_runs(self._session, source.id) if source is not None else ()
        shown = next((run for run in runs if run.id == self.tab.run), runs[-1] if runs else None)
        self._list(source, runs)
        self._fill_panes(source, shown)
        if source is not None:
            self.settings.rate.set_sample_rate(source.sample_rate)
            self.settings.convention.show_convention(self._session.convention(source.id))
        self.settings.convention.setEnabled(source is not None)
        self.tab.show_run(shown.id if shown is not None else "")
        self._show_state()
        self.refreshed.emit()

    def obstacle(self, source: Source) -> str:
        """Return why a recording cannot be encoded, or an empty text."""
        return scene_obstacle(self._session.clip(source.id), self._session.convention(source.id))

    def _list(self, source: Source | None, runs: tuple[Run, ...]) -> None:
        rows = {run.id: (run, self._text(run, source)) for run in reversed(runs)}
        if source is None:
            self.conditions.show_scene(None, "", ("", ""), rows)
            return
        obstacle = self.obstacle(source)
        notes = (obstacle, "" if obstacle else cut_text(source.channels))
        self.conditions.show_scene(source, scene_text(source), notes, rows)

    def _text(self, run: Run, source: Source) -> ConditionText:
        aliases = self._desk.tab.stems.aliases
        if aliases:
            # Rates would tell which is which.
            return ConditionText(aliases.get(run.id, "another run"))
        return decoded_text(run, source, self._session.matrices(run.id))

    def _fill_panes(self, source: Source | None, run: Run | None) -> None:
        reference = self.tab.clips.of(source.id) if source is not None else None
        if reference is None:
            self.views.show(None)
            return
        decoded = self.tab.clips.of(run.stem_ids[0]) if run is not None and not self._desk.tab.stems.aliases else None
        begins = run.start / source.sample_rate if run is not None else 0.0
        self.views.show(Shown(reference, decoded, begins, run.label or f"decoded {run.number}" if run else ""))

    def _show_state(self) -> None:
        player = self._desk.player
        heard = "" if player.letter == "X" else player.heard
        a, b = player.pair
        self.conditions.show_state(heard, (a, b) if a != b else ("", ""), self.tab.run)

    def _on_heard(self, heard: str) -> None:
        run = self._session.runs.get(heard) or self._session.run_of(heard) if heard else None
        if is_decoded(run) and run.id != self.tab.run and not self._desk.tab.stems.aliases:
            self.tab.show_run(run.id)
            self.ask()
        self._show_state()

    def _step_channel(self, by: int) -> None:
        if self.views is not None and self.tab.isVisible():
            self.views.choice.step(by)
