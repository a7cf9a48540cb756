"""Strokes of an open document: one gesture is one step of the history, and runs keep those that they were given."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.strokes.checking import check_strokes
from sepstudio.io.strokes.editing import new_source_id
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.session.commands import AddRun, AddSource
from sepstudio.session.records import Run, Source, Stem
from sepstudio.session.removal import RemoveSource
from sepstudio.session.session import Session
from sepstudio.session.stroke_commands import (
    AddPaintedSource,
    AddStroke,
    ChangePaintedSource,
    ClearStrokes,
    RemovePaintedSource,
    ReplaceStrokes,
)

RATE = 8000
VOICE, DRUMS = PaintedSource("voice", "Voice", "#E69F00"), PaintedSource("drums", "Drums", "#56B4E9")
STROKE = Stroke("brush", "voice", ((0.1, 440.0), (0.2, 450.0)), 0.05, 50.0)
HIT = Stroke("box", "drums", ((0.3, 0.0), (0.4, 4000.0)), against=True)
RUBBER = Stroke("eraser", "", ((0.1, 440.0),), 0.1, 100.0)


def new_session(folder):
    session = Session()
    source = Source("source-1", "song.wav", folder / "song.wav", RATE, 1, RATE, "FLOAT")
    session.store_audio(source.id, [AudioClip(np.zeros((1, RATE), np.float32), RATE)])
    session.stack.push(AddSource(session, source))
    return session


@pytest.fixture
def session(qapp, tmp_path):
    return new_session(tmp_path)


def painted(session):
    for source in (VOICE, DRUMS):
        session.stack.push(AddPaintedSource(session, "source-1", source))
    for stroke in (STROKE, HIT, RUBBER):
        session.stack.push(AddStroke(session, "source-1", stroke))


def test_every_gesture_goes_back_and_forth(session):
    heard = []
    session.strokesChanged.connect(heard.append)
    assert session.strokes("source-1") == Strokes()
    painted(session)
    for command in (
        lambda: ChangePaintedSource(session, "source-1", PaintedSource("voice", "Choir", "#E69F00")),
        lambda: ChangePaintedSource(session, "source-1", PaintedSource("drums", "Drums", "#000000")),
        lambda: RemovePaintedSource(session, "source-1", "voice"),
        lambda: ClearStrokes(session, "source-1"),
        lambda: ReplaceStrokes(session, "source-1", Strokes((VOICE,), (STROKE,))),
    ):
        session.stack.push(command())
    assert [session.stack.text(n) for n in range(1, session.stack.count())] == [
        "Add source Voice", "Add source Drums", "Paint Voice", "Paint against Drums", "Erase",
        "Rename Voice to Choir", "Colour of Drums", "Remove source Choir", "Take all strokes away", "Import strokes",
    ]  # fmt: skip
    states = []
    for index in range(session.stack.count(), 0, -1):
        session.stack.setIndex(index)
        states.append(session.strokes("source-1"))
    states.reverse()
    assert states[0] == Strokes()
    assert states[5] == Strokes((VOICE, DRUMS), (STROKE, HIT, RUBBER))
    assert states[6].sources[0] == PaintedSource("voice", "Choir", "#E69F00")
    assert states[8] == Strokes((PaintedSource("drums", "Drums", "#000000"),), (HIT, RUBBER))
    assert states[9] == Strokes(states[8].sources)
    for index, state in enumerate(states, 1):
        session.stack.setIndex(index)
        assert session.strokes("source-1") == state
    assert set(heard) == {"source-1"}
    assert len(heard) == 3 * (session.stack.count() - 1)


def test_names_of_sources_differ_because_stems_go_by_them(session):
    for key in ("one", "two", "three"):
        session.stack.push(AddPaintedSource(session, "source-1", PaintedSource(key, "Voice", "#E69F00")))
    assert [source.name for source in session.strokes("source-1").sources] == ["Voice", "Voice 2", "Voice 3"]
    session.stack.push(ChangePaintedSource(session, "source-1", PaintedSource("two", "Voice", "#000000")))
    assert [source.name for source in session.strokes("source-1").sources] == ["Voice", "Voice 2", "Voice 3"]
    assert new_source_id(Strokes((PaintedSource("source-1", "x", "#000000"),))) == "source-2"


@pytest.mark.parametrize(
    "wrong",
    [
        Stroke("brush", "bass", ((0.0, 1.0),)),
        Stroke("brush", "voice", ()),
        Stroke("lasso", "voice", ((0.0, 1.0), (1.0, 2.0))),
        Stroke("brush", "voice", ((float("nan"), 1.0),)),
        Stroke("brush", "voice", ((0.0, 1.0),), opacity=0.0),
    ],
)
def test_what_no_file_could_hold_is_refused_before_it_is_pushed(session, wrong):
    painted(session)
    with pytest.raises(ParameterError):
        AddStroke(session, "source-1", wrong)
    with pytest.raises(ParameterError):
        ReplaceStrokes(session, "source-1", Strokes((VOICE,), (wrong,)))
    with pytest.raises(ParameterError):
        AddPaintedSource(session, "source-1", PaintedSource("x", "", "#000000"))


def test_a_run_and_a_source_return_with_their_strokes(session):
    painted(session)
    given_ = session.strokes("source-1")
    run = Run("run-1", 1, "paint", {}, "source-1", 0, RATE, ("run-1/Voice",), strokes=given_)
    session.store_audio("run-1/Voice", [AudioClip(np.zeros((1, RATE), np.float32), RATE)])
    session.stack.push(AddRun(session, run, [Stem("run-1/Voice", "run-1", "Voice")]))
    session.stack.push(ClearStrokes(session, "source-1"))
    session.stack.push(RemoveSource(session, "source-1"))
    assert session.content().strokes == {}
    session.stack.undo()
    session.stack.undo()
    assert session.strokes("source-1") == given_
    assert session.runs["run-1"].strokes == given_


def test_another_document_brings_its_own(session):
    painted(session)
    other, heard = Session(), []
    other.strokesChanged.connect(heard.append)
    other.replace_all(session.content())
    assert other.strokes("source-1") == session.strokes("source-1")
    assert heard == ["source-1"]
    other.replace_all(type(session.content())())
    assert other.strokes("source-1") == Strokes()


gestures = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.sampled_from("abc"), st.sampled_from(["Voice", "Drums"])),
        st.tuples(st.just("change"), st.sampled_from("abc"), st.sampled_from(["Voice", "Bass"])),
        st.tuples(st.just("remove"), st.sampled_from("abc"), st.just("")),
        st.tuples(st.just("paint"), st.sampled_from("abc"), st.sampled_from(["brush", "eraser"])),
        st.tuples(st.just("clear"), st.just(""), st.just("")),
        st.tuples(st.just("undo"), st.just(""), st.just("")),
        st.tuples(st.just("redo"), st.just(""), st.just("")),
    ),
    max_size=25,
)


@settings(max_examples=50)
@given(gestures)
def test_whatever_is_done_can_be_undone_and_is_always_what_a_file_may_hold(qapp, tmp_path_factory, sequence):
    session = new_session(tmp_path_factory.getbasetemp())
    stack = session.stack
    states = {1: Strokes()}
    for gesture, key, word in sequence:
        known = {source.id for source in session.strokes("source-1").sources}
        if gesture in ("undo", "redo"):
            if stack.index() > 1 or gesture == "redo":
                getattr(stack, gesture)()
            assert session.strokes("source-1") == states[stack.index()]
            continue
        if gesture == "paint" and (key in known or word == "eraser"):
            stack.push(AddStroke(session, "source-1", Stroke(word, key, ((0.0, 100.0),), 0.1, 10.0)))
        elif gesture == "clear":
            stack.push(ClearStrokes(session, "source-1"))
        elif gesture == "remove" and key in known:
            stack.push(RemovePaintedSource(session, "source-1", key))
        elif gesture in ("add", "change") and (key in known) == (gesture == "change"):
            kind = AddPaintedSource if gesture == "add" else ChangePaintedSource
            stack.push(kind(session, "source-1", PaintedSource(key, word, "#123456")))
        check_strokes(session.strokes("source-1"))
        states[stack.index()] = session.strokes("source-1")
    for index in range(stack.index(), 0, -1):
        stack.setIndex(index)
        assert session.strokes("source-1") == states[index]
