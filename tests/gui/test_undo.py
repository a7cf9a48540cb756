"""What single edits leave behind when they are undone, beyond what hands come upon by chance."""

import dataclasses
from pathlib import Path

import pytest

from sepstudio.io.clip import AudioClip
from sepstudio.session.commands import AddSource, SetLane, SetSelection
from sepstudio.session.records import Selection, Source
from sepstudio.session.removal import RemoveSource
from sepstudio.session.session import Session

RATES = {"source-1": 44100, "source-2": 22050}


@pytest.fixture
def session(qapp, rng):
    """Two recordings of a second."""
    made = Session()
    for source_id, rate in RATES.items():
        clip = AudioClip(rng.uniform(-0.5, 0.5, (1, rate)).astype("float32"), rate)
        made.store_audio(source_id, [clip])
        source = Source(source_id, f"{source_id}.wav", Path(f"/{source_id}.wav"), rate, 1, rate, "FLOAT")
        made.stack.push(AddSource(made, source))
    return made


def select(session, start, stop):
    session.stack.push(SetSelection(session, Selection(start, stop)))


def test_each_recording_keeps_its_own_selection(session):
    session.set_current_source("source-1")
    select(session, 30000, 40000)
    session.set_current_source("source-2")
    assert session.selection is None
    select(session, 100, 200)
    session.set_current_source("source-1")
    assert session.selection == Selection(30000, 40000)
    assert session.selection_of("source-2") == Selection(100, 200)


def test_a_selection_is_undone_where_it_was_made(session):
    """Of the longer recording, it would lie beyond the end of the shorter one."""
    session.set_current_source("source-1")
    select(session, 30000, 40000)
    session.set_current_source("source-2")
    session.stack.undo()
    assert session.current_source.id == "source-1"
    assert session.selection is None
    session.set_current_source("source-2")
    session.stack.redo()
    assert (session.current_source.id, session.selection) == ("source-1", Selection(30000, 40000))
    assert session.selection_of("source-2") is None


def test_selections_in_different_recordings_are_steps_of_their_own(session):
    steps = session.stack.count()
    select(session, 100, 200)
    session.set_current_source("source-1")
    select(session, 300, 400)
    assert session.stack.count() == steps + 2
    select(session, 500, 600)
    assert session.stack.count() == steps + 2
    session.stack.undo()
    assert session.selection_of("source-1") is None
    assert session.selection_of("source-2") == Selection(100, 200)


def test_a_removed_recording_comes_back_with_its_selection(session):
    select(session, 100, 200)
    session.stack.push(RemoveSource(session, "source-2"))
    assert session.selection is None
    session.stack.undo()
    assert (session.current_source.id, session.selection) == ("source-2", Selection(100, 200))


def test_who_looks_elsewhere_is_told_of_the_selection_there(session):
    session.set_current_source("source-1")
    select(session, 100, 200)
    session.set_current_source("source-2")
    select(session, 100, 200)
    told = []
    # The same samples, but at another rate not the same stretch of time.
    session.selectionChanged.connect(lambda: told.append((session.current_source.id, session.selection)))
    session.set_current_source("source-1")
    assert told == [("source-1", Selection(100, 200))]


def test_gain_and_pan_are_undone_one_after_the_other(session):
    steps = session.stack.count()
    for changes in ({"gain_db": -3.0}, {"gain_db": -6.0}, {"pan": 0.5}, {"pan": 1.0}):
        state = dataclasses.replace(session.lane("source-2"), **changes)
        session.stack.push(SetLane(session, "source-2", state, "slide"))
    assert session.stack.count() == steps + 2
    session.stack.undo()
    assert (session.lane("source-2").gain_db, session.lane("source-2").pan) == (-6.0, 0.0)
