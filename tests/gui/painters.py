"""A recording that is painted over in the window of a test."""

from gui.gestures import LEFT, NO_BUTTON, NONE, click, drag, mouse
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from sepstudio.io.strokes.records import PaintedSource, Strokes
from sepstudio.session.stroke_commands import ReplaceStrokes

VOCALS, DRUMS = PaintedSource("one", "vocals", "#56B4E9"), PaintedSource("two", "drums", "#009E73")
SOURCES = Strokes((VOCALS, DRUMS))


class Painter:
    """Paints with the mouse over the panes of a window."""

    def __init__(self, window, qtbot, strokes=SOURCES):
        qtbot.waitUntil(lambda: window.session.current_source is not None, timeout=20_000)
        self.window, self.qtbot, self.session = window, qtbot, window.session
        self.board = window.tab.deck.painting
        self.source = window.session.current_source.id
        self.pane = window.tab.mixture
        self.settle()
        if strokes.sources:
            window.session.stack.push(ReplaceStrokes(window.session, self.source, strokes))
        window.activateWindow()
        qtbot.waitUntil(window.isActiveWindow)
        self.floor = self.steps
        self.reset()

    def reset(self):
        """Begin as if nothing had been done."""
        self.session.stack.setIndex(self.floor)
        self.board.set_tool(None)
        self.board.choose(VOCALS.id)
        self.board.set_size(20)
        self.board.set_opacity(1.0)
        self.board.set_partials(5)
        self.board.set_shown(True)
        self.window.timeline.fit()
        self.pane.set_heights(0.0, 1.0)
        self.pane.view.setFocus()
        self.start = self.steps

    def settle(self):
        self.qtbot.waitUntil(lambda: self.window.tab.settled() and not self.window.bridge.busy, timeout=60_000)
        QApplication.processEvents()

    @property
    def steps(self):
        return self.session.stack.index()

    @property
    def strokes(self):
        return self.session.strokes(self.source).strokes

    @property
    def sources(self):
        return self.session.strokes(self.source).sources

    @property
    def last(self):
        return self.strokes[-1]

    def at(self, seconds, hertz, pane=None):
        """The pixel of a time and a frequency."""
        pane = pane or self.pane
        scene = pane.box.mapViewToScene(QPointF(seconds, float(pane.scale.to_unit(hertz))))
        return QPointF(pane.view.mapFromScene(scene))

    def place(self, point, pane=None):
        """The time and the frequency of a pixel."""
        pane = pane or self.pane
        where = pane.box.mapSceneToView(pane.view.mapToScene(point.toPoint()))
        return where.x(), float(pane.scale.to_hertz(where.y()))

    def drag(self, start, stop, modifiers=NONE, pane=None):
        drag((pane or self.pane).view.viewport(), self.at(*start, pane), self.at(*stop, pane), modifiers)

    def way(self, places, *, release=True):
        """Press at the first place, go past the others, and release at the last."""
        viewport, points = self.pane.view.viewport(), [self.at(*place) for place in places]
        mouse(viewport, QEvent.Type.MouseMove, points[0], NO_BUTTON, NO_BUTTON)
        mouse(viewport, QEvent.Type.MouseButtonPress, points[0])
        for point in points[1:]:
            mouse(viewport, QEvent.Type.MouseMove, point, NO_BUTTON, LEFT)
        if release:
            self.release(places[-1])

    def release(self, place):
        mouse(self.pane.view.viewport(), QEvent.Type.MouseButtonRelease, self.at(*place), LEFT, NO_BUTTON)

    def hover(self, seconds, hertz, pane=None):
        viewport = (pane or self.pane).view.viewport()
        mouse(viewport, QEvent.Type.MouseMove, self.at(seconds, hertz, pane), NO_BUTTON, NO_BUTTON)

    def click(self, seconds, hertz, modifiers=NONE):
        click(self.pane.view.viewport(), self.at(seconds, hertz), modifiers=modifiers)

    def key(self, key, modifiers=NONE):
        QTest.keyClick(self.pane.view, key, modifiers)

    def colour(self, seconds, hertz, pane=None):
        """The colour of a place, as it is seen."""
        self.settle()
        picture = (pane or self.pane).view.grab().toImage()
        return picture.pixelColor(self.at(seconds, hertz, pane).toPoint())

    def one_step_of_sources(self, text):
        """As ``one_step``, for edits of sources."""
        self._check_step(text)
        return self.sources

    def one_step(self, text):
        """There was one step of the history, which takes away what it has painted, and paints it again."""
        self._check_step(text)
        return self.last

    def _check_step(self, text):
        assert self.steps == self.start + 1
        assert self.session.stack.undoText() == text
        after = self.session.strokes(self.source)
        self.session.stack.undo()
        assert self.board.strokes == self.session.strokes(self.source) != after
        self.session.stack.redo()
        assert self.board.strokes == self.session.strokes(self.source) == after
        self.start = self.steps


def painting(in_studio, qtbot, recording):
    """Return a function that starts the program and lets scenarios paint, each from the start."""

    def start(*scenarios, strokes=SOURCES):
        def act(window):
            painter = Painter(window, qtbot, strokes)
            for scenario in scenarios:
                painter.reset()
                scenario(painter)

        in_studio([recording], act)

    return start
