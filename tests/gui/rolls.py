"""A piano roll in the window of a test, and the places of its notes."""

from gui.gestures import LEFT, NO_BUTTON, NONE, click, drag, mouse
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sepstudio.gui.panes.layout import roll_spec
from sepstudio.gui.scores.rows import FrequencyRows
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.snapping import Snap
from sepstudio.session.score_commands import SetScore

NOTES = (
    Note(1, 0.5, 0.5, 60, 80, "right"),
    Note(2, 1.5, 0.5, 64, 80, "right"),
    Note(3, 2.5, 0.5, 67, 80, "left"),
)
SCORE = Score("piece", NOTES, ("right", "left"))


class Roll:
    """The roll of a window, with the places of its notes."""

    def __init__(self, window, qtbot, score=SCORE):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        self.window, self.session, self.board = window, window.session, window.tab.deck.board
        self.source = window.session.current_source.id
        if score is not None:
            window.session.stack.push(SetScore(window.session, self.source, score, "Attach"))
        deck = window.tab.deck
        deck.show_layout(deck.layout.with_pane(roll_spec(deck.layout.common_display), 0))
        self.pane = deck.first("roll")
        qtbot.waitUntil(window.tab.settled, timeout=30_000)
        # As tall as it takes for rows to be pixels apart.
        deck.stack.set_shares({pane: 20.0 if pane is self.pane else 1.0 for pane in deck.stack.panes})
        QApplication.processEvents()
        self.pane.set_heights(0.3, 0.7)
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        self.floor = self.steps
        self.reset()

    def reset(self):
        """Begin as if nothing had been done."""
        self.session.stack.setIndex(self.floor)
        self.board.select(())
        self.board.set_tool("select")
        self.board.set_snap(Snap("notes"))
        self.board.set_track("")
        self.pane.view.setFocus()
        self.start = self.steps

    @property
    def steps(self):
        return self.session.stack.index()

    @property
    def score(self):
        return self.session.score(self.source)

    @property
    def viewport(self):
        return self.pane.view.viewport()

    def note(self, note_id):
        return self.score.note(note_id)

    def at(self, seconds, pitch):
        """The pixel of a time and a pitch."""
        bottoms, tops = FrequencyRows(self.pane.scale).bounds()
        scene = self.pane.box.mapViewToScene(QPointF(seconds, (bottoms[pitch] + tops[pitch]) / 2))
        return QPointF(self.pane.view.mapFromScene(scene))

    def pixel(self):
        return self.pane.box.viewPixelSize()[0]

    def drag(self, start, stop, modifiers=NONE):
        drag(self.viewport, self.at(*start), self.at(*stop), modifiers)

    def click(self, seconds, pitch, modifiers=NONE):
        click(self.viewport, self.at(seconds, pitch), modifiers=modifiers)

    def double_click(self, seconds, pitch):
        place = self.at(seconds, pitch)
        click(self.viewport, place)
        mouse(self.viewport, QEvent.Type.MouseButtonDblClick, place)
        mouse(self.viewport, QEvent.Type.MouseButtonRelease, place, LEFT, NO_BUTTON)

    def key(self, key, modifiers=NONE):
        QTest.keyClick(self.pane.view, key, modifiers)

    def one_step(self, text):
        """There was one step of the history, which brings the same score back, and forth."""
        assert self.steps == self.start + 1
        assert self.session.stack.undoText() == text
        after = self.score
        self.session.stack.undo()
        assert self.score in (SCORE, None)
        self.session.stack.redo()
        assert self.score == after
        assert self.board.score == after
        self.start = self.steps
        return after


def starting(in_studio, qtbot, recording):
    """Return a function that starts the program with a roll and lets scenarios act on it, each from the start."""

    def start(*scenarios, score=SCORE):
        def act(window):
            roll = Roll(window, qtbot, score)
            for scenario in scenarios:
                roll.reset()
                scenario(roll)

        in_studio([recording], act)

    return start
