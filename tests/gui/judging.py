"""What must hold in a window whatever was done: nothing went wrong unseen, and it shows what the session holds."""

import logging
import sys
import traceback

import numpy as np
from PySide6.QtCore import QtMsgType, qInstallMessageHandler

from sepstudio.gui.error_dialog import ErrorDialog
from sepstudio.session.records import LaneState


class Complaints:
    """Everything that went wrong unseen: exceptions in slots, warnings of Qt, errors in the log."""

    def __init__(self):
        self.texts = []

    def __enter__(self):
        self._hook, sys.excepthook = sys.excepthook, self._on_exception
        self._qt = qInstallMessageHandler(self._on_message)
        self._log = logging.Handler(logging.ERROR)
        self._log.emit = lambda record: self.texts.append(record.getMessage())
        logging.getLogger().addHandler(self._log)
        return self

    def __exit__(self, *_):
        sys.excepthook = self._hook
        qInstallMessageHandler(self._qt)
        logging.getLogger().removeHandler(self._log)

    def _on_exception(self, kind, error, trace):
        self.texts.append("".join(traceback.format_exception(kind, error, trace)))

    def _on_message(self, kind, _context, message):
        if kind not in (QtMsgType.QtDebugMsg, QtMsgType.QtInfoMsg) and "propagateSizeHints" not in message:
            self.texts.append(f"Qt: {message}")


def snapshot(session):
    """Everything that undo and redo must bring back; where one looks is no part of it."""
    content = session.content()
    return {
        "sources": content.sources,
        "runs": content.runs,
        "stems": {stem.id: stem for stem in content.stems},
        "lanes": {key: lane for key, lane in content.lanes.items() if lane != LaneState(mute="/residual" in key)},
        "selections": {key: session.selection_of(key) for key in session.sources if session.selection_of(key)},
        "scores": dict(content.scores),
        "strokes": dict(content.strokes),
        "true stems": {key: dict(stems) for key, stems in content.true_stems.items()},
        "audio": {key: tuple(map(id, takes)) for key, takes in content.audio.items()},
    }


def differences(before, after):
    """Say in what two snapshots differ."""
    return [f"{key}: {before[key]} is {after[key]}" for key in before if before[key] != after[key]]


def contradictions(window):
    """Say where the window shows something else than the session holds."""
    return [*_wrong_rows(window), *_wrong_selection(window), *_wrong_takes(window), *_wrong_rest(window)]


def _wrong_rows(window):
    session, panel = window.session, window.tab.stems
    lanes = session.content().lanes
    if set(panel.audio_ids) != set(lanes):
        yield f"rows {panel.audio_ids} for {tuple(lanes)}"
        return
    for audio_id, lane in lanes.items():
        row = panel.row(audio_id)
        shown = LaneState(row.fader.value, row.mute.isChecked(), row.solo.isChecked(), row.pan.pan)
        if not row.state == lane == shown:
            yield f"row {audio_id} shows {shown} ({row.state}) for {lane}"
        if row.dimmed == (audio_id in window.player.audible()):
            yield f"row {audio_id} is {'dimmed' if row.dimmed else 'bright'} wrongly"
    for run in session.runs.values():
        if panel._blocks[run.id].title.text() != run.title:
            yield f"{run.id} is called {panel._blocks[run.id].title.text()!r}"


def _wrong_selection(window):
    source, selection = window.session.current_source, window.session.selection
    timeline, wanted = window.timeline, None
    if source is not None and timeline.duration != source.length / source.sample_rate:
        yield f"the timeline is {timeline.duration} s long"
    if selection is not None:
        if not 0 <= selection.start < selection.stop <= source.length:
            yield f"{selection} does not fit a source of {source.length}"
        wanted = (selection.start / source.sample_rate, selection.stop / source.sample_rate)
    if timeline.selection != wanted or (wanted and timeline.band != selection.band):
        yield f"the timeline selects {timeline.selection}, {timeline.band} for {selection}"
    for pane in window.tab.stack.panes:
        rect = pane._selection.boundingRect()
        drawn = None if rect.isNull() else (rect.left(), rect.right())
        if (drawn is None) != (wanted is None) or (drawn and not np.allclose(drawn, wanted, atol=1e-9)):
            yield f"{pane.objectName()} draws {drawn} for {wanted}"


def _wrong_takes(window):
    session, sliders = window.session, window.panel.takes
    run = session.runs.get(window.tab.run)
    wanted = {key: session.stems[key].take for key in run.stem_ids if session.stems[key].takes > 1} if run else {}
    shown = {key: sliders.row(key).control.value for key in sliders.stem_ids}
    if shown != wanted:
        yield f"the sliders of {window.tab.run} show {shown} for {wanted}"


def _wrong_rest(window):
    session, source = window.session, window.session.current_source
    if window.tab.run and (source is None or session.runs[window.tab.run].source_id != source.id):
        yield f"{window.tab.run} is on show with {source}"
    heard = {lane.key: lane.clip for lane in window.player._transport._wish.lanes}
    if heard != {audio_id: session.clip(audio_id) for audio_id in window.player.audible()}:
        yield f"{set(heard)} sound instead of {window.player.audible()}"
    for what, possible in (("undo", session.stack.canUndo()), ("redo", session.stack.canRedo())):
        if window.actions_by_id[what].isEnabled() != possible:
            yield f"{what} is {'not ' * possible}possible"
    if window.isWindowModified() == session.stack.isClean():
        yield "the title is wrong about unsaved work"
    if window.findChild(ErrorDialog) is not None:
        yield f"an error is on show: {window.findChild(ErrorDialog).text()}"
