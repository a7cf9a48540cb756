"""The column of sources, runs and stems: what there is, and how each of it is heard."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from sepstudio.gui.codec.reach import separated_runs
from sepstudio.gui.panels.lane_row import LaneRow
from sepstudio.gui.panels.run_block import RunBlock
from sepstudio.gui.theme import GRID, PADDING
from sepstudio.gui.turns import Turns
from sepstudio.gui.widgets.key_hint import set_hint, stand_for
from sepstudio.gui.widgets.labels import label, rule
from sepstudio.session.records import LaneState, Run, Source
from sepstudio.session.session import Session


class StemsPanel(QFrame):
    """Lists the lanes of a session, newest run first, and listens to it; it never writes.

    Decoded scenes are left out: the codec tab has a list of its own.

    ``laneEdited(audio_id, LaneState, text)`` proposes an undoable edit. A gesture that changes
    several lanes is framed by ``gestureBegun(text)`` and ``gestureEnded()``, so that it can be
    undone as one. ``exportRequested`` carries an audio id, or the id of a run for all its stems;
    ``runRemoved``, ``runRenamed(run_id, name)`` and ``sourceRemoved`` ask for what they say,
    ``strokesRequested`` wants the strokes of the recording applied to a run,
    ``soloHeld(audio_id, held)`` and ``sideChosen(audio or run id, letter)`` pass on what rows say.
    """

    laneEdited = Signal(str, object, str)
    gestureBegun = Signal(str)
    gestureEnded = Signal()
    sourceChosen = Signal(str)
    audioChosen = Signal(str)
    exportRequested = Signal(str)
    runRemoved = Signal(str)
    runRenamed = Signal(str, str)
    strokesRequested = Signal(str)
    sourceRemoved = Signal(str)
    trueStemsRequested = Signal(str)
    soloHeld = Signal(str, bool)
    sideChosen = Signal(str, str)
    aliasesChanged = Signal()
    openRequested = Signal()
    demoRequested = Signal()

    def __init__(self, session: Session, turns: Turns, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stems")
        self.setProperty("role", "panel")
        self._session = session
        self._turns = turns
        self._lanes: dict[str, LaneRow] = {}
        self._blocks: dict[str, RunBlock] = {}
        # What is in the column, by all that makes it look as it does.
        self._pieces: dict[tuple[object, ...], QWidget] = {}
        self._open: dict[str, bool] = {}
        self._shown: frozenset[str] = frozenset()
        self._audible: frozenset[str] | None = None
        self._missing: frozenset[str] = frozenset()
        self._pair = ("", "")
        self._aliases: dict[str, str] = {}
        self._scroll = QScrollArea()
        self._hint = _Hint()
        self._hint.button.clicked.connect(self.openRequested)
        self._hint.demo.clicked.connect(self.demoRequested)
        self._arrange()
        self._listen()
        self._rebuild()

    # -- what the window tells ---------------------------------------------------------------

    def set_shown(self, audio_ids: Collection[str]) -> None:
        """Mark the rows whose spectrograms are on show."""
        self._shown = frozenset(audio_ids)
        for audio_id, row in self._lanes.items():
            row.set_shown(audio_id in self._shown)

    def set_missing(self, source_ids: Collection[str]) -> None:
        """Mark the recordings that are not there."""
        self._missing = frozenset(source_ids)
        for source_id in self._session.sources:
            if source_id in self._lanes:
                self._lanes[source_id].set_missing(source_id in self._missing)

    def set_audible(self, audio_ids: Collection[str] | None) -> None:
        """Tell which lanes sound; the others are dimmed. None judges by solo and mute of the source's lanes."""
        self._audible = None if audio_ids is None else frozenset(audio_ids)
        self._restyle()

    def set_ab(self, first: str, second: str) -> None:
        """Mark the two lanes or runs that A/B compares; empty ids mark none."""
        self._pair = (first, second)
        letters = {first: "A", second: "B"}
        for audio_id, row in self._lanes.items():
            row.set_badge(letters.get(audio_id, ""))
        for run_id, block in self._blocks.items():
            block.set_badge(letters.get(run_id, ""))

    def set_blind(self, aliases: Mapping[str, str]) -> None:
        """Call runs by aliases, by their ids, and list them in that order; other runs are left out. Empty ends it."""
        if dict(aliases) != self._aliases:
            self._aliases = dict(aliases)
            self._rebuild()
            self.aliasesChanged.emit()

    @property
    def aliases(self) -> Mapping[str, str]:
        """What runs are called while nobody is to know which is which; empty at other times."""
        return self._aliases

    @property
    def audio_ids(self) -> tuple[str, ...]:
        """All lanes from top to bottom, folded ones too."""
        self._catch_up()
        return tuple(audio_id for source in self._session.sources.values() for audio_id in self._listed_ids(source))

    def row(self, audio_id: str) -> LaneRow:
        """Return the row of a lane; it is made if nobody has opened its run yet."""
        self._catch_up()
        for block in self._blocks.values():
            if audio_id in block.lane_ids:
                block.make_lanes()
        return self._lanes[audio_id]

    # -- following the session ---------------------------------------------------------------

    def _listen(self) -> None:
        session = self._session
        for signal in (session.sourceAdded, session.runAdded):
            signal.connect(self._list_soon)
        # What is gone must not be clicked.
        for signal in (session.sourceRemoved, session.runRemoved, session.runRenamed):
            signal.connect(self._rebuild)
        session.viewReplaced.connect(self._begin_anew)
        session.laneChanged.connect(self._show_lane)
        session.currentSourceChanged.connect(self._restyle)
        session.strokesChanged.connect(self._show_painted)

    def _list_soon(self, _id: str) -> None:
        self._turns.ask(self._rebuild)

    def _catch_up(self) -> None:
        if self._turns.awaits(self._rebuild):
            self._rebuild()

    def _rebuild(self) -> None:
        """Bring the column up to date. What is there already stays: a session may have hundreds of runs."""
        self._turns.forget(self._rebuild)
        if self._session.is_replacing:
            return
        wanted = self._wanted()
        for key in [key for key in self._pieces if key not in wanted]:
            self._drop(self._pieces.pop(key))
        for place, (key, make) in enumerate(wanted.items()):
            if key not in self._pieces:
                self._pieces[key] = make()
            if self._column.itemAt(place).widget() is not self._pieces[key]:
                self._column.insertWidget(place, self._pieces[key])
                self._pieces[key].show()
        self._open_newest()
        self._scroll.setVisible(bool(self._pieces))
        self._hint.setVisible(not self._pieces)
        self._restyle()
        self.set_shown(self._shown)
        self.set_missing(self._missing)
        self.set_ab(*self._pair)

    def _begin_anew(self) -> None:
        """Show another document, in which the same ids mean other things."""
        for piece in self._pieces.values():
            self._drop(piece)
        self._pieces.clear()
        self._open.clear()
        self._rebuild()

    def _wanted(self) -> dict[tuple[object, ...], Callable[[], QWidget]]:
        """Return how to make each piece of the column, from top to bottom."""
        wanted: dict[tuple[object, ...], Callable[[], QWidget]] = {}
        for source in self._session.sources.values():
            if wanted:
                wanted["rule", source.id] = rule
            wanted["source", source.id, source.name] = functools.partial(self._make_source, source)
            for run in self._listed(source):
                key = ("run", run.id, run.title, run.number, run.start, run.stop, run.band, run.stem_ids)
                wanted[key] = functools.partial(self._make_run, run, source)
        return wanted

    def _make_source(self, source: Source) -> LaneRow:
        row = LaneRow(source.id, source.name, stem="mixture")
        self._adopt(row)
        return row

    def _make_run(self, run: Run, source: Source) -> RunBlock:
        stems = tuple(self._session.stems[stem_id] for stem_id in run.stem_ids)
        block = RunBlock(run, source, stems, opened=False)
        block.laneMade.connect(self._adopt)
        block.lanesWanted.connect(self._make_lanes_soon)
        block.folded.connect(self._remember_fold)
        block.exportRequested.connect(self.exportRequested)
        block.removeRequested.connect(self.runRemoved)
        block.renamed.connect(self.runRenamed)
        block.strokesRequested.connect(self.strokesRequested)
        block.set_painted(bool(self._session.strokes(source.id).strokes))
        block.sideChosen.connect(self.sideChosen)
        self._blocks[run.id] = block
        return block

    def _show_painted(self, source_id: str) -> None:
        painted = bool(self._session.strokes(source_id).strokes)
        for run in self._session.runs_of(source_id):
            if run.id in self._blocks:
                self._blocks[run.id].set_painted(painted)

    def _make_lanes_soon(self) -> None:
        self._turns.ask(self._make_lane)

    def _make_lane(self) -> None:
        lacking = [block for block in self._blocks.values() if block.lacks_lanes]
        if lacking:
            lacking[0].make_lane()
            self._turns.ask(self._make_lane)

    def _drop(self, piece: QWidget) -> None:
        gone = (piece.audio_id,) if isinstance(piece, LaneRow) else ()
        if isinstance(piece, RunBlock):
            gone = piece.lane_ids
            if self._blocks.get(piece.run_id) is piece:
                del self._blocks[piece.run_id]
        for audio_id in gone:
            self._lanes.pop(audio_id, None)
        self._column.removeWidget(piece)
        # One of its rows may be handling an event just now.
        piece.hide()
        piece.deleteLater()

    def _open_newest(self) -> None:
        for source in self._session.sources.values():
            for place, run in enumerate(self._listed(source)):
                self._blocks[run.id].set_opened(self._open.get(run.id, place == 0))

    def _listed(self, source: Source) -> tuple[Run, ...]:
        runs = separated_runs(self._session, source.id)[::-1]
        if not self._aliases:
            return runs
        by_id = {run.id: run for run in runs}
        hidden = [by_id[run_id] for run_id in self._aliases if run_id in by_id]
        # Number, stretch and band would tell them apart as well.
        everything = {"start": 0, "stop": source.length, "band": None}
        return tuple(
            dataclasses.replace(run, label=self._aliases[run.id], number=place, **everything)
            for place, run in enumerate(hidden, 1)
        )

    def _listed_ids(self, source: Source) -> tuple[str, ...]:
        runs = (audio_id for run in self._listed(source) for audio_id in self._blocks[run.id].lane_ids)
        return (source.id, *runs)

    def _adopt(self, row: LaneRow) -> None:
        self._lanes[row.audio_id] = row
        row.edited.connect(self.laneEdited)
        row.soloedAlone.connect(self._solo_alone)
        row.chosen.connect(self._choose)
        row.exportRequested.connect(self.exportRequested)
        row.removeRequested.connect(self.sourceRemoved)
        row.trueStemsRequested.connect(self.trueStemsRequested)
        row.soloHeld.connect(self.soloHeld)
        row.sideChosen.connect(self.sideChosen)
        row.show_state(self._session.lane(row.audio_id))
        row.set_shown(row.audio_id in self._shown)
        row.set_badge({self._pair[0]: "A", self._pair[1]: "B"}.get(row.audio_id, ""))
        row.set_dimmed(row.audio_id not in self._heard(self._family_of(row.audio_id)))

    def _show_lane(self, audio_id: str) -> None:
        row = self._lanes.get(audio_id)
        if row is not None:
            row.show_state(self._session.lane(audio_id))
            self._restyle()

    def _restyle(self) -> None:
        current = self._session.current_source
        for source in self._session.sources.values():
            family = self._family(source.id)
            heard = self._heard(family)
            for audio_id in family:
                if audio_id in self._lanes:
                    self._lanes[audio_id].set_dimmed(audio_id not in heard)
            if source.id in self._lanes:
                self._lanes[source.id].set_current(source == current)

    def _heard(self, family: tuple[str, ...]) -> Collection[str]:
        if self._audible is not None:
            return self._audible
        states = {audio_id: self._session.lane(audio_id) for audio_id in family}
        soloed = {audio_id for audio_id, state in states.items() if state.solo}
        return soloed or {audio_id for audio_id, state in states.items() if not state.mute}

    def _family(self, source_id: str) -> tuple[str, ...]:
        runs = self._session.runs_of(source_id)
        return (source_id, *(stem for run in runs for stem in (*run.stem_ids, run.residual_id)))

    def _family_of(self, audio_id: str) -> tuple[str, ...]:
        run = self._session.run_of(audio_id)
        return self._family(audio_id if run is None else run.source_id)

    # -- gestures ----------------------------------------------------------------------------

    def _choose(self, audio_id: str) -> None:
        source_id = next(source.id for source in self._session.sources.values() if audio_id in self._family(source.id))
        current = self._session.current_source
        if current is None or current.id != source_id:
            self.sourceChosen.emit(source_id)
        self.set_shown({audio_id})
        self.audioChosen.emit(audio_id)

    def _solo_alone(self, audio_id: str) -> None:
        others = [other for other in self.audio_ids if other != audio_id and self._session.lane(other).solo]
        alone = self._session.lane(audio_id).solo and not others
        self.gestureBegun.emit(f"{'End solo of' if alone else 'Solo only'} {self.row(audio_id).name}")
        for other in others:
            self._propose_solo(other, False)
        self._propose_solo(audio_id, not alone)
        self.gestureEnded.emit()

    def _propose_solo(self, audio_id: str, solo: bool) -> None:
        state: LaneState = self._session.lane(audio_id)
        if state.solo != solo:
            text = f"{'Solo' if solo else 'End solo of'} {self.row(audio_id).name}"
            self.laneEdited.emit(audio_id, dataclasses.replace(state, solo=solo), text)

    def _remember_fold(self, run_id: str, opened: bool) -> None:
        self._open[run_id] = opened

    # -- building ----------------------------------------------------------------------------

    def _arrange(self) -> None:
        self._scroll.setWidgetResizable(True)
        self._scroll.setObjectName("stems.scroll")
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        content = QWidget()
        content.setProperty("role", "panel-content")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(GRID, 0, GRID, PADDING)
        self._column.setSpacing(2)
        self._column.addStretch(1)
        self._scroll.setWidget(content)
        title = label("Sources and stems", "title")
        title.setContentsMargins(PADDING, 0, PADDING, 0)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, PADDING, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(title)
        column.addWidget(self._hint, 1)
        column.addWidget(self._scroll, 1)


class _Hint(QWidget):
    """What an empty list says."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("stems.empty")
        text = label("Open or drop a recording. Its runs and their stems appear here.", "caption")
        text.setWordWrap(True)
        self.button = QPushButton("Open recording…")
        self.button.setObjectName("stems.open")
        stand_for(self.button, "open")
        set_hint(self.button, "Choose an audio file")
        self.button.setAccessibleName("Open recording")
        self.demo = QPushButton("Open the demo song")
        self.demo.setObjectName("stems.demo")
        self.demo.setToolTip("Begin with a song that comes with the program")
        self.demo.setAccessibleName("Open the demo song")
        column = QVBoxLayout(self)
        column.setContentsMargins(PADDING, 0, PADDING, PADDING)
        column.setSpacing(PADDING)
        column.addWidget(text)
        column.addWidget(self.button)
        column.addWidget(self.demo)
        column.addStretch(1)
