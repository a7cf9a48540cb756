"""A hand that does random things in the window, with mouse and keys.

A gesture is its name and a seed of its own: what it does depends on nothing else but the state that it
meets, so that a sequence can be repeated and cut down.
"""

import dataclasses
import random

from gui.gestures import ALT, CTRL, MIDDLE, NONE, SHIFT, answering, click, drag, drop, mouse, trigger, wait_until, wheel
from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QPoint,
    QPointF,
    Qt,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog

from sepstudio.gui.panels.true_stems import TrueStemsView
from sepstudio.separation.base import RunContext
from sepstudio.session.records import Run


@dataclasses.dataclass(frozen=True)
class Gesture:
    """A thing to do, and the seed of its choices."""

    name: str
    seed: int


def gestures_of(seed, length):
    """Return the gestures of a sequence."""
    rng = random.Random(seed)
    return [Gesture(rng.choices(list(WEIGHTS), WEIGHTS.values())[0], rng.getrandbits(32)) for _ in range(length)]


class Hand:
    """Works in one window. ``prepare`` opens the recordings and separates one; ``do`` makes a gesture."""

    def __init__(self, window, paths):
        self.window, self.session, self.paths = window, window.session, paths
        self.rng = random.Random(0)
        # What was done to prepare is not undone, or the next thing done would end it for good.
        self.floor = 0

    def prepare(self):
        """Open the recordings and keep runs of both; returns the index of the undo stack then."""
        for path in self.paths:
            drop(self.window, [path])
            wait_until(lambda: not self.window.bridge.busy)
        panel = self.window.panel
        panel.set_params(type(panel.params)(iterations=3, keep_iterations=True))
        click(panel.separate)
        wait_until(lambda: self.session.runs and not self.window.bridge.busy)
        self._separations = {path.name: self._separate(path) for path in self.paths}
        self.look_at_first()
        self.finish_run()
        self.floor = self.session.stack.index()
        return self.floor

    def _separate(self, path):
        source = next(source for source in self.session.sources.values() if source.path == path)
        clip, spec, found = self.session.clip(source.id), self.window.panel.spec, []
        for span in ((0, source.length), (source.length // 4, source.length // 2)):
            work = spec.run(clip.section(*span), self.window.panel.params, context=RunContext())
            found.append((span, _result(work)))
        return found

    def look_at_first(self):
        """Look at the first source again, with everything in view."""
        click(self.window.tab.stems.row(next(iter(self.session.sources))), QPoint(3, 3))
        self.window.actions_by_id["fit"].trigger()

    def do(self, gesture):
        """Make a gesture; returns what was done in words, or "" if it was not possible."""
        self.rng = random.Random(gesture.seed)
        words = getattr(self, gesture.name)() or ""
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QApplication.processEvents()
        return words

    # -- choosing ------------------------------------------------------------------------------

    def _row(self):
        rows = [self.window.tab.stems.row(audio_id) for audio_id in self.window.tab.stems.audio_ids]
        rows = [row for row in rows if row.isVisible()]
        return self.rng.choice(rows) if rows else None

    def _block(self):
        blocks = list(self.window.tab.stems._blocks.values())
        return self.rng.choice(blocks) if blocks else None

    def _pane(self):
        return self.rng.choice(self.window.tab.stack.panes) if self.session.current_source else None

    def _place(self, widget):
        # A little outside too: hands overshoot.
        return QPoint(self.rng.randint(-20, widget.width() + 20), self.rng.randint(0, widget.height() - 1))

    def _key(self, key, modifiers=NONE):
        self.window.setFocus()
        QTest.keyClick(self.window, key, modifiers)
        return f"{modifiers.name} {Qt.Key(key).name}"

    # -- selecting -----------------------------------------------------------------------------

    def select_in_ruler(self):
        if self.session.current_source:
            ruler = self.window.tab.stack.ruler
            start, stop = self._place(ruler), self._place(ruler)
            drag(ruler, start, stop)
            return f"from {start.x()} to {stop.x()}"
        return ""

    def select_in_pane(self, modifiers=NONE):
        pane = self._pane()
        if pane is None:
            return ""
        viewport = pane.view.viewport()
        start, stop = self._place(viewport), self._place(viewport)
        drag(viewport, start, stop, modifiers)
        return f"in {pane.objectName()} from {start.toTuple()} to {stop.toTuple()}"

    def select_band(self):
        return self.select_in_pane(ALT)

    def move_end(self):
        pane, timeline = self._pane(), self.window.timeline
        if pane is None or timeline.selection is None:
            return ""
        viewport, end = pane.view.viewport(), self.rng.choice(timeline.selection)
        start = pane.view.mapFromScene(pane.box.mapViewToScene(QPointF(end, 0.5)))
        stop = self._place(viewport)
        drag(viewport, start, stop)
        return f"at {end:.3f} in {pane.objectName()} to {stop.x()}"

    def click_in_pane(self):
        pane = self._pane()
        if pane is None:
            return ""
        place = self._place(pane.view.viewport())
        click(pane.view.viewport(), place)
        return f"in {pane.objectName()} at {place.toTuple()}"

    def select_all(self):
        return self._key(Qt.Key.Key_A, CTRL)

    def select_none(self):
        return self._key(Qt.Key.Key_Escape)

    def loop_in(self):
        return self._key(Qt.Key.Key_I)

    def loop_out(self):
        return self._key(Qt.Key.Key_O)

    # -- looking -------------------------------------------------------------------------------

    def seek(self):
        ruler = self.window.tab.stack.ruler
        place = self._place(ruler)
        click(ruler, place)
        return f"at {place.x()}"

    def zoom(self):
        pane = self._pane()
        if pane is not None:
            wheel(pane.view.viewport(), self._place(pane.view.viewport()), self.rng.choice((-3, 1, 2)))
            return pane.objectName()
        return ""

    def look_at(self):
        row = self._row()
        if row is not None:
            click(row, QPoint(3, 3))
            return row.audio_id
        return ""

    def fold(self):
        block = self._block()
        if block is not None:
            block.title.click()
            return block.run_id
        return ""

    # -- hearing -------------------------------------------------------------------------------

    def _on_row(self, act):
        row = self._row()
        if row is not None:
            act(row)
            return row.audio_id
        return ""

    def solo(self):
        return self._on_row(lambda row: click(row.solo))

    def mute(self):
        return self._on_row(lambda row: click(row.mute))

    def solo_alone(self):
        return self._on_row(lambda row: click(row.solo, modifiers=ALT | CTRL))

    def hold_solo(self):
        return self._on_row(lambda row: click(row.solo, button=MIDDLE))

    def key_on_row(self):
        key = self.rng.choice((Qt.Key.Key_S, Qt.Key.Key_M, Qt.Key.Key_Return))
        return self._on_row(lambda row: QTest.keyClick(row, key)) + f" {key.name}"

    def digit(self):
        return self._key(self.rng.choice((Qt.Key.Key_0, Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)))

    def shift_digit(self):
        return self._key(self.rng.choice((Qt.Key.Key_1, Qt.Key.Key_2)), SHIFT)

    def _slide(self, slider):
        start, stop = self._place(slider), self._place(slider)
        drag(slider, start, stop, self.rng.choice((NONE, NONE, CTRL)))

    def gain(self):
        return self._on_row(lambda row: self._slide(row.fader.slider))

    def reset_gain(self):
        return self._on_row(lambda row: mouse(row.fader.slider, QEvent.Type.MouseButtonDblClick, QPoint(5, 5)))

    def pan(self):
        return self._on_row(lambda row: self._slide(row.pan))

    def pan_by_key(self):
        key = self.rng.choice((Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Left))
        return self._on_row(lambda row: QTest.keyClick(row.pan, key))

    def reset_row(self):
        return self._on_row(lambda row: trigger(row.context_menu(), "Reset gain"))

    def assign_side(self):
        letter = self.rng.choice("AB")
        if self.rng.random() < 0.5 and (block := self._block()) is not None:
            trigger(block.context_menu(), f"Compare as {letter}")
            return f"{block.run_id} {letter}"
        return self._on_row(lambda row: trigger(row.context_menu(), f"Compare as {letter}")) + f" {letter}"

    def flip(self):
        return self._key(Qt.Key.Key_X)

    # -- runs and sources ----------------------------------------------------------------------

    def take(self):
        sliders = self.window.panel.takes
        if not sliders.stem_ids:
            return ""
        row = sliders.row(self.rng.choice(sliders.stem_ids))
        if self.rng.random() < 0.5:
            self._slide(row.control.slider)
        else:
            QTest.keyClick(row.control.slider, self.rng.choice((Qt.Key.Key_Left, Qt.Key.Key_Right)))
        return row.stem_id

    def finish_run(self):
        source = self.session.current_source
        if source is None:
            return ""
        span, separation = self.rng.choice(self._separations[source.name])
        draft = Run("", 0, self.window.panel.spec.id, self.window.panel.params, source.id, *span, ())
        self.window.workbench.keep(draft, separation)
        return f"{next(reversed(self.session.runs))} of {source.id}"

    def separate_selection(self):
        if self.session.selection is None:
            return ""
        before = len(self.session.runs)
        click(self.window.panel.preview)
        wait_until(lambda: not self.window.bridge.busy)
        return f"{len(self.session.runs) - before} of {self.session.selection}"

    def rename_run(self):
        block = self._block()
        if block is None:
            return ""
        name = self.rng.choice(("", "first try", "Ünïcode", "A" * 90))
        with answering(QInputDialog, "getText", (name, True)):
            trigger(block.context_menu(), "Rename")
        return f"{block.run_id} {name}"

    def remove_run(self):
        block = self._block()
        if block is not None:
            trigger(block.context_menu(), "Remove")
            return block.run_id
        return ""

    def remove_source(self):
        if not self.session.sources:
            return ""
        row = self.window.tab.stems.row(self.rng.choice(list(self.session.sources)))
        trigger(row.context_menu(), "Remove")
        return row.audio_id

    def open_again(self):
        path = self.rng.choice(self.paths)
        drop(self.window, [path])
        wait_until(lambda: not self.window.bridge.busy)
        return path.name

    def true_stem(self):
        lists = list(self.window.findChild(TrueStemsView).lists.values())
        if not lists:
            return ""
        chosen = self.rng.choice(lists)
        # The last entry asks for files.
        with answering(QFileDialog, "getOpenFileNames", ([], "")):
            QTest.keyClick(chosen, self.rng.choice((Qt.Key.Key_Down, Qt.Key.Key_Up)))
        return f"{chosen.objectName()} in {self.window.session.current_source.id}"

    def page(self):
        action = self.rng.choice(("compare", "probe", "queue"))
        self.window.actions_by_id[action].trigger()
        return action

    def probe(self):
        pane = self._pane()
        if pane is None:
            return ""
        place = self._place(pane.view.viewport())
        click(pane.view.viewport(), place, modifiers=CTRL)
        return f"{pane.objectName()} at {place.toTuple()}"

    # -- painting ------------------------------------------------------------------------------

    def paint(self):
        pane, actions = self._pane(), self.window.actions_by_id
        if pane is None:
            return ""
        viewport, tool = pane.view.viewport(), self.rng.choice(("brush", "box", "lasso", "harmonic", "eraser"))
        actions[f"paint-{tool}"].trigger()
        start, stop = self._place(viewport), self._place(viewport)
        drag(viewport, start, stop)
        actions["paint-none"].trigger()
        return f"{tool} in {pane.objectName()} from {start.toTuple()} to {stop.toTuple()}"

    def add_painted_source(self):
        if self.session.current_source is None:
            return ""
        self.window.actions_by_id["paint-add-source"].trigger()
        # It has taken a brush, and the next drag would not be the one that is meant.
        self.window.actions_by_id["paint-none"].trigger()
        return self.session.current_source.id

    def clear_strokes(self):
        action = self.window.actions_by_id["paint-clear"]
        if not action.isEnabled():
            return ""
        action.trigger()
        return self.session.current_source.id

    # -- history -------------------------------------------------------------------------------

    def undo(self):
        return self._key(Qt.Key.Key_Z, CTRL) if self.session.stack.index() > self.floor else ""

    def redo(self):
        return self._key(*self.rng.choice(((Qt.Key.Key_Y, CTRL), (Qt.Key.Key_Z, CTRL | SHIFT))))


WEIGHTS = {
    "select_in_ruler": 3, "select_in_pane": 4, "select_band": 4, "move_end": 3, "click_in_pane": 2,
    "select_all": 2, "select_none": 2, "loop_in": 1, "loop_out": 1,
    "seek": 2, "zoom": 1, "look_at": 4, "fold": 1,
    "solo": 4, "mute": 4, "solo_alone": 3, "hold_solo": 1, "key_on_row": 2, "digit": 3, "shift_digit": 2,
    "gain": 4, "reset_gain": 1, "pan": 3, "pan_by_key": 2, "reset_row": 2, "assign_side": 2, "flip": 1,
    "take": 5, "finish_run": 1.5, "separate_selection": 0.3, "rename_run": 1, "remove_run": 1.5,
    "remove_source": 1, "open_again": 0.7, "true_stem": 3, "page": 1, "probe": 1,
    "paint": 4, "add_painted_source": 1, "clear_strokes": 0.5,
    "undo": 8, "redo": 5,
}  # fmt: skip


def _result(work):
    """Run a generator to its end and return its result."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
