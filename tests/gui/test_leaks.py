"""Windows that were closed leave nothing: no objects, no threads, no open files, no memory."""

import contextlib
import gc
import os
import threading
import weakref
from collections import Counter
from pathlib import Path

import pytest
from gui.gestures import click, drop, wait_until, write_recordings
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from sepstudio.gui.app import studio
from sepstudio.gui.collector import Collector
from sepstudio.gui.main_window import MainWindow
from sepstudio.gui.panes.base import Pane
from sepstudio.gui.timeline import Timeline
from sepstudio.io.clip import AudioClip
from sepstudio.playback.transport import Transport
from sepstudio.session.session import Session
from sepstudio.tiles.pyramids import ClipPyramids

WINDOWS = 50
# The first windows fill caches: fonts, icons, styles, compiled kernels.
WARM_UP, MEMORY_WARM_UP = 5, 10
MEMORY_BAR_MB = 30.0
# Objects of other kinds may come to a few with every window, such as what Python keeps of a class.
OBJECTS_BAR = 200
WATCHED = (MainWindow, Session, Timeline, Pane, ClipPyramids, AudioClip, Transport)
PAGES = ("compare", "queue", "probe", "look-inside")
STATM = Path("/proc/self/statm")


def work_in_a_window(paths):
    """Open a window, a recording, every page; separate; close. Returns weak references to what must go."""
    with studio() as window:
        window.resize(1280, 800)
        window.show()
        drop(window, paths)
        wait_until(lambda: window.session.current_source is not None)
        click(window.panel.separate)
        wait_until(lambda: window.session.runs and not window.bridge.busy)
        for page in PAGES:
            window.actions_by_id[page].trigger()
            QApplication.processEvents()
        window.actions_by_id["play"].trigger()
        window.tab.stems.row(next(iter(window.session.sources))).solo.click()
        wait_until(window.tab.settled)
        session = window.session
        clips = [session.clip(audio_id) for audio_id in window.tab.stems.audio_ids]
        gone = [window, session, window.timeline, window.player, *window.tab.stack.panes, *clips]
        references = [weakref.ref(item) for item in gone]
        window.session.stack.setClean()
        window.close()
    return references


def clean_up():
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    QApplication.processEvents()
    gc.collect()


def alive():
    """How many objects of each kind there are, counting those that must go under the class that is watched."""
    counts = Counter()
    for item in gc.get_objects():
        counts[type(item).__name__] += 1
        counts.update(watched for watched in WATCHED if isinstance(item, watched))
    return counts


def open_files():
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def megabytes():
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20 if STATM.exists() else 0.0


@pytest.mark.timeout(600)
def test_fifty_windows_leave_nothing_behind(qapp, tmp_path, record_property):
    paths = write_recordings(tmp_path)[-1:]
    threads, early, files, memory, left = set(threading.enumerate()), Counter(), 0, 0.0, []
    # Before the collector, which leaves out what is there when a library is loaded.
    work_in_a_window(paths)
    clean_up()
    with contextlib.closing(Collector()):
        for number in range(1, WINDOWS + 1):
            references = work_in_a_window(paths)
            clean_up()
            left += [reference for reference in references if reference() is not None]
            if number == WARM_UP:
                early, files = alive(), open_files()
            elif number == MEMORY_WARM_UP:
                memory = megabytes()
        late = alive()
    assert [reference() for reference in left] == []
    assert {watched.__name__: late[watched] for watched in WATCHED if late[watched]} == {}
    grown = {name: late[name] - early[name] for name in late if late[name] - early[name] > OBJECTS_BAR}
    assert grown == {}
    assert set(threading.enumerate()) == threads
    assert open_files() <= files
    record_property("memory growth in MB", megabytes() - memory)
    assert megabytes() - memory < MEMORY_BAR_MB
