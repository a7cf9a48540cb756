"""Reference cycles go on the GUI thread, and loading a library does not hold up the window."""

import contextlib
import gc
import weakref

from sepstudio.gui.collector import LIBRARY_OBJECTS, Collector


class Knot:
    """A reference cycle."""

    def __init__(self):
        self.self = self


def test_python_does_not_collect_by_itself_while_the_collector_lives(qapp):
    with contextlib.closing(Collector()):
        assert not gc.isenabled()
        assert gc.get_freeze_count() > 0
    assert gc.isenabled()
    assert gc.get_freeze_count() == 0


def test_cycles_are_collected(qapp):
    with contextlib.closing(Collector()) as collector:
        gone = weakref.ref(Knot())
        # As many new objects as begin a collection.
        kept = [[] for _ in range(gc.get_threshold()[0] + 100)]
        assert gone() is not None
        collector.collect()
        assert gone() is None
        assert kept


def test_a_library_is_left_out(qapp):
    with contextlib.closing(Collector()) as collector:
        before = gc.get_freeze_count()
        library = [[] for _ in range(LIBRARY_OBJECTS + 1)]
        collector.collect()
        assert gc.get_freeze_count() >= before + len(library)


def test_a_thaw_collects_what_was_left_out(qapp):
    with contextlib.closing(Collector()) as collector:
        document = Knot()
        gone = weakref.ref(document)
        gc.freeze()
        del document
        gc.collect()
        assert gone() is not None
        collector.thaw()
        collector.collect()
        assert gone() is None
        assert gc.get_freeze_count() > 0
