"""Sequences of gestures that are undone and done again."""

from gui.hand import Hand, gestures_of
from gui.judging import contradictions, differences, snapshot
from PySide6.QtCore import QCoreApplication, QEvent

MOST_COMPLAINTS = 5


class Drill:
    """Sequences of gestures in one window, each from the same beginning, undone to the start and done again."""

    def __init__(self, window, paths, complaints):
        self.window, self.stack, self.complaints = window, window.session.stack, complaints
        self.hand = Hand(window, paths)
        self.base = self.hand.prepare()
        self.beginning = snapshot(window.session)
        self.said = []

    def run_seed(self, seed, length):
        """Make the gestures of a seed: every other one undone by steps, every fifth pair to an empty session."""
        return self.run(gestures_of(seed, length), by_steps=seed % 2 == 0, start=0 if seed % 10 < 2 else self.base)

    def report(self, seed, wrong):
        """Return what was done and what is wrong, in words."""
        return "\n".join([f"seed {seed}:", *(f"  {words}" for words in self.said), *wrong[:MOST_COMPLAINTS]])

    def run(self, gestures, *, by_steps, start):
        """Make gestures and return what is wrong, an empty list if nothing is; ``said`` tells what was done.

        Then they are undone by steps to ``start`` and done again at once, or the other way round.
        """
        self.said = []
        self.stack.setIndex(self.base)
        self.hand.look_at_first()
        known = {0: snapshot_of_nothing(), self.base: self.beginning}
        wrong = self._judge("the beginning", self.beginning)
        for gesture in gestures:
            wrong = wrong or self._do(gesture, known)
        end = self.stack.count()
        self.stack.setIndex(end)
        known[end] = snapshot(self.window.session)
        there, back = range(end - 1, start - 1, -1), range(start, end + 1)
        for index in (*there, end) if by_steps else back:
            wrong = wrong or self._go(index, known)
        return wrong

    def _do(self, gesture, known):
        words = self.hand.do(gesture)
        self.said.append(f"{gesture.name} {words}")
        index, now = self.stack.index(), snapshot(self.window.session)
        wanted = known.get(index, now) if gesture.name in ("undo", "redo") else now
        for later in [number for number in known if number > self.stack.count()]:
            del known[later]
        known[index] = now
        return self._judge(self.said[-1], wanted, now)

    def _go(self, index, known):
        """Go to a place in the history and compare with how it was there before."""
        self.stack.setIndex(index)
        return self._judge(f"going to {index} of {self.stack.count()}", known[index]) if index in known else []

    def _judge(self, when, wanted, now=None):
        now = snapshot(self.window.session) if now is None else now
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        wrong = [*differences(wanted, now), *contradictions(self.window), *self.complaints.texts]
        return [f"after {when}: {text}" for text in wrong]


def snapshot_of_nothing():
    """Return the snapshot of a session in which nothing was done yet."""
    empty = {"stems", "lanes", "selections", "scores", "strokes", "true stems", "audio"}
    return {key: {} if key in empty else () for key in ("sources", "runs", *sorted(empty))}
