"""Notes under the hand: gestures and keys of the views of a score become edits of it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from sepstudio.gui.desk import Desk, Handlers
from sepstudio.gui.key_map import KeyMap, native
from sepstudio.gui.scores.board import TOOLS, Tool
from sepstudio.gui.scores.drags import counted, drawn_note
from sepstudio.gui.scores.hand import DRAWN_S
from sepstudio.gui.scores.tools import tool_action
from sepstudio.gui.texts import pitch_text
from sepstudio.gui.widgets.key_hint import ACTION, set_keys
from sepstudio.io.scores import editing
from sepstudio.io.scores.editing import Edit
from sepstudio.io.scores.records import Note, Score
from sepstudio.separation.score_constraints import ConstraintParams
from sepstudio.separation.score_params import ScoreParams
from sepstudio.session.score_commands import EditScore, SetScore

OCTAVE = 12
VELOCITIES = (20, 40, 60, 80, 100, 120)
# What keys do even where no note is selected.
_FREE = frozenset({*map(tool_action, TOOLS), "notes-all", "note-up", "note-down", "note-next", "note-previous"})
_MENU = (
    "note-snap", "note-split", "note-join", "note-duplicate", "note-delete", "", "note-up", "note-down",
    "note-octave-up", "note-octave-down", "", "note-tolerances", "notes-unpaint",
)  # fmt: skip
_Act = Callable[[tuple[Note, ...]], None]


class RollController(QObject):
    """Keeps the board in step with the session, makes the edits that it asks for, and answers the keys of notes."""

    def __init__(self, desk: Desk, keys: KeyMap) -> None:
        super().__init__(desk.window)
        self._desk = desk
        self._keys = keys
        self._session = desk.session
        self._board = desk.tab.deck.board
        self._presses = 0
        self._merge_key: str | None = None
        self._acts = self._table()
        self._board.keys = self
        self._connect()
        self._show_score()
        self._follow_params()

    def _connect(self) -> None:
        board, session = self._board, self._session
        board.edited.connect(self._edit)
        board.menuRequested.connect(self._open_menu)
        session.scoreChanged.connect(self._on_score)
        session.currentSourceChanged.connect(self._show_score)
        session.sourceChanged.connect(self._on_score)
        self._desk.panel.paramsChanged.connect(self._follow_params)
        self._desk.panel.methodChanged.connect(self._follow_params)
        self._desk.tab.deck.shownChanged.connect(self._name_keys)
        self._keys.changed.connect(self._name_keys)

    def handlers(self) -> Handlers:
        """Return what answers the actions about notes."""
        return dict.fromkeys(self._acts, self._on_action)

    # -- the score ---------------------------------------------------------------------------

    def _on_score(self, source_id: str) -> None:
        source = self._session.current_source
        if source is not None and source.id == source_id:
            self._show_score()

    def _show_score(self, _source_id: str = "") -> None:
        source = self._session.current_source
        if source is None:
            self._board.show_score(None, 0.0)
        else:
            self._board.show_score(self._session.score(source.id), source.length / source.sample_rate)
        self._follow_params()

    def _edit(self, before: Score | None, after: Score, text: str, merge_key: str | None) -> None:
        source = self._session.current_source
        if source is None:
            return
        if before is None:
            named = dataclasses.replace(after, name=source.name)
            self._session.stack.push(SetScore(self._session, source.id, named, text))
        else:
            self._session.stack.push(EditScore(self._session, source.id, before, after, text, merge_key))

    def _follow_params(self, _changed: object = None) -> None:
        """Draw the boxes that the method which is chosen would use."""
        params, source, board = self._desk.panel.params, self._session.current_source, self._board
        before, after, frame_s = board.before, board.after, board.frame_s
        if isinstance(params, ConstraintParams):
            before, after = params.before, params.after
        if isinstance(params, ScoreParams) and source is not None:
            frame_s = params.hop_size_at(source.sample_rate) / source.sample_rate
        board.set_tolerances(before, after, frame_s)

    # -- keys --------------------------------------------------------------------------------

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key does something to notes now; otherwise the window may have it."""
        action_id = self._action_of(event)
        return bool(action_id) and self._is_possible(action_id)

    def press(self, event: QKeyEvent) -> bool:
        """Do what a key does to notes; as long as it is held, that is one step of the history."""
        if not self.wants(event):
            return False
        action_id = self._action_of(event)
        if not event.isAutoRepeat():
            self._presses += 1
        self._merge_key = f"{action_id} {self._presses}"
        self._do(action_id)
        self._merge_key = None
        return True

    def _action_of(self, event: QKeyEvent) -> str:
        key = Qt.Key.Key_Tab if event.key() == Qt.Key.Key_Backtab else event.key()
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return self._keys.owner(QKeySequence(modifiers.value | int(key)).toString(), "notes")

    def _is_possible(self, action_id: str) -> bool:
        board = self._board
        if action_id == "notes-none":
            return board.busy or bool(board.selected)
        if action_id in ("note-next", "note-previous"):
            # Beyond the last note, and while none is selected, Tab leads out of the view.
            return bool(board.selected) and self._neighbour(1 if action_id == "note-next" else -1) is not None
        if action_id in _FREE:
            return self._session.current_source is not None
        return bool(board.selected) or action_id == "notes-unpaint"

    def _name_keys(self, _changed: str = "") -> None:
        for pane in self._desk.tab.stack.panes:
            for control in pane.findChildren(QWidget):
                if control.property(ACTION) in self._acts:
                    set_keys(control, native(self._keys.keys(control.property(ACTION))))

    # -- what actions do ---------------------------------------------------------------------

    def _on_action(self, _on: bool = False) -> None:
        self._do(self.sender().objectName().removeprefix("action."))

    def _do(self, action_id: str) -> None:
        self._acts[action_id](self._board.selected_notes)

    def _table(self) -> dict[str, _Act]:
        acts: dict[str, _Act] = {tool_action(tool): functools.partial(self._take, tool) for tool in TOOLS}
        steps = {"note-up": 1, "note-down": -1, "note-octave-up": OCTAVE, "note-octave-down": -OCTAVE}
        acts |= {action_id: functools.partial(self._transpose, step) for action_id, step in steps.items()}
        acts |= {f"note-{when}": functools.partial(self._nudge, way) for when, way in (("earlier", -1), ("later", 1))}
        for when, way in (("earlier", -1), ("later", 1)):
            acts[f"note-start-{when}"] = functools.partial(self._resize, "start", way)
            acts[f"note-end-{when}"] = functools.partial(self._resize, "end", way)
        return acts | {
            "notes-all": self._select_all, "notes-none": self._let_go, "note-next": functools.partial(self._go, 1),
            "note-previous": functools.partial(self._go, -1), "note-snap": self._snap, "note-split": self._split,
            "note-join": self._join, "note-duplicate": self._duplicate, "note-delete": self._delete,
            "note-tolerances": self._usual_tolerances, "notes-unpaint": self._unpaint,
        }  # fmt: skip

    def _take(self, tool: Tool, _notes: tuple[Note, ...]) -> None:
        self._board.set_tool(tool)

    def _select_all(self, _notes: tuple[Note, ...]) -> None:
        notes = self._board.score.notes if self._board.score is not None else ()
        self._board.select([note.id for note in notes if self._board.editable(note)])

    def _let_go(self, _notes: tuple[Note, ...]) -> None:
        if not self._board.give_up():
            self._board.select(())

    def _neighbour(self, step: int) -> Note | None:
        score, selected = self._board.score, self._board.selected_notes
        if score is None:
            return None
        note_id = selected[-1 if step > 0 else 0].id if selected else None
        found = editing.neighbour(score, note_id, step)
        while found is not None and not self._board.editable(found):
            found = editing.neighbour(score, found.id, step)
        return found

    def _go(self, step: int, _notes: tuple[Note, ...]) -> None:
        self._choose(self._neighbour(step))

    def _choose(self, note: Note | None) -> None:
        if note is None:
            return
        self._board.select({note.id})
        start, stop = self._desk.timeline.visible
        if not start <= note.onset <= stop:
            self._desk.timeline.set_visible(note.onset - (stop - start) / 4, note.onset + 3 * (stop - start) / 4)

    def _transpose(self, semitones: int, notes: tuple[Note, ...]) -> None:
        if not notes:
            if self._board.score is not None:
                self._choose(editing.nearest(self._board.score, self._desk.timeline.playhead))
            return
        way = "up" if semitones > 0 else "down"
        self._change(editing.moved(notes, 0.0, semitones), f"Move {counted(len(notes))} {way}")

    def _step(self) -> float:
        snap = self._board.snap
        return snap.step_s if snap.kind == "grid" else self._board.frame_s

    def _nudge(self, way: int, notes: tuple[Note, ...]) -> None:
        when = "later" if way > 0 else "earlier"
        self._change(editing.moved(notes, way * self._step()), f"Move {counted(len(notes))} {when}")

    def _resize(self, end: str, way: int, notes: tuple[Note, ...]) -> None:
        step = way * self._step()
        after = editing.resized(notes, start_by=step) if end == "start" else editing.resized(notes, end_by=step)
        self._change(after, f"Change the {end} of {counted(len(notes))}")

    def _snap(self, notes: tuple[Note, ...]) -> None:
        snap = self._board.snap_for({note.id for note in notes})
        self._change(editing.snapped(notes, snap.nearest), f"Snap {counted(len(notes))}")

    def _change(self, notes: Sequence[Note], text: str) -> None:
        if notes:
            self._board.commit(Edit(tuple(notes)), text, merge_key=self._merge_key)

    def _split(self, notes: tuple[Note, ...]) -> None:
        score = self._board.score
        if score is not None and notes:
            edit = editing.split(score, self._board.selected, self._desk.timeline.playhead)
            self._commit_new(edit, f"Split {counted(len(notes))}")

    def _join(self, notes: tuple[Note, ...]) -> None:
        if self._board.score is not None and notes:
            self._commit_new(editing.joined(self._board.score, self._board.selected), f"Join {counted(len(notes))}")

    def _duplicate(self, notes: tuple[Note, ...]) -> None:
        if self._board.score is not None and notes:
            edit = editing.duplicated(self._board.score, self._board.selected)
            self._commit_new(edit, f"Duplicate {counted(len(notes))}")

    def _commit_new(self, edit: Edit, text: str) -> None:
        if edit:
            self._board.commit(edit, text, select=[note.id for note in edit.notes])

    def _delete(self, notes: tuple[Note, ...]) -> None:
        if notes:
            removed = frozenset(note.id for note in notes)
            self._board.commit(Edit(removed=removed), f"Delete {counted(len(notes))}")

    def _usual_tolerances(self, notes: tuple[Note, ...]) -> None:
        self._change(editing.with_usual_tolerances(notes), f"Usual tolerances of {counted(len(notes))}")

    def _unpaint(self, _notes: tuple[Note, ...]) -> None:
        score = self._board.score
        if score is not None:
            bare = dataclasses.replace(score, activation_patches=(), template_patches=())
            self._board.replace(bare, "Take back all painted cells")

    # -- the menu ----------------------------------------------------------------------------

    def menu(self, seconds: float, pitch: int | None) -> QMenu:
        """Return the menu for a place of a view: what can be done with the selected notes, and adding one."""
        menu = QMenu(self._desk.window)
        menu.setObjectName("menu.notes")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if pitch is not None and not self._board.selected:
            self._entry(menu, f"Add {pitch_text(pitch)}", ("add", (seconds, pitch)))
            menu.addSeparator()
        titles = {spec.id: spec.title for spec in self._keys.specs}
        for action_id in _MENU:
            if not action_id:
                menu.addSeparator()
                continue
            keys = native(self._keys.keys(action_id)[:1])
            title = f"{titles[action_id]}\t{keys}" if keys else titles[action_id]
            possible = self._board.score is not None and self._is_possible(action_id)
            self._entry(menu, title, ("do", action_id)).setEnabled(possible)
        self._add_choices(menu)
        return menu

    def _add_choices(self, menu: QMenu) -> None:
        notes = self._board.selected_notes
        menu.addSeparator()
        louder, tracks = menu.addMenu("Velocity"), menu.addMenu("Track")
        louder.setEnabled(bool(notes))
        tracks.setEnabled(bool(notes) and bool(self._board.tracks))
        for velocity in VELOCITIES:
            self._tick(self._entry(louder, str(velocity), ("velocity", velocity)), {n.velocity for n in notes})
        for track in self._board.tracks:
            self._tick(self._entry(tracks, track or "unnamed", ("track", track)), {n.track for n in notes})

    def _entry(self, menu: QMenu, text: str, asks: tuple[str, object]) -> QAction:
        entry = QAction(text, menu)
        entry.setData(asks)
        entry.triggered.connect(self._on_entry)
        menu.addAction(entry)
        return entry

    def _tick(self, entry: QAction, present: set[object]) -> None:
        entry.setCheckable(True)
        entry.setChecked(present == {entry.data()[1]})

    def _on_entry(self, _on: bool = False) -> None:
        entry = self.sender()
        if not isinstance(entry, QAction):
            return
        what, value = entry.data()
        notes = self._board.selected_notes
        if what == "do":
            self._do(value)
        elif what == "add":
            note = drawn_note(self._board, *value, DRAWN_S)
            self._board.commit(Edit((note,)), f"Add {pitch_text(note.pitch)}", select=[note.id])
        elif what == "velocity":
            self._change(editing.with_velocity(notes, value), f"Velocity {value}")
        else:
            self._change(editing.with_track(notes, value), f"Track {value or 'unnamed'}")

    def _open_menu(self, position: QPoint, seconds: float, pitch: int | None) -> None:
        self.menu(seconds, pitch).popup(position)
