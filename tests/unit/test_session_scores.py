"""Scores of an open document: one gesture is one step of the history, and what a run returned comes back with it."""

import dataclasses
import gc
import sys
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch
from sepstudio.separation.base import Curve, Matrix
from sepstudio.session.commands import AddRun, AddSource, RenameRun
from sepstudio.session.records import Run, Source, Stem
from sepstudio.session.removal import RemoveRun, RemoveSource
from sepstudio.session.score_changes import ScoreChange
from sepstudio.session.score_commands import EditScore, SetScore
from sepstudio.session.session import Session

RATE = 8000
SCORE = Score(
    "Étude",
    (Note(1, 0.0, 0.5, 60, 80, "right"), Note(3, 0.5, 1.0, 48, 60, "left"), Note(2, 0.5, 0.5, 64, 70, "right")),
    ("right", "left"),
)


@pytest.fixture
def session(qapp, tmp_path):
    session = Session()
    source = Source("source-1", "song.wav", tmp_path / "song.wav", RATE, 1, RATE, "FLOAT")
    session.store_audio(source.id, [AudioClip(np.zeros((1, RATE), np.float32), RATE)])
    session.stack.push(AddSource(session, source))
    return session


@pytest.fixture
def told(session):
    heard = []
    session.scoreChanged.connect(heard.append)
    return heard


def attached(session, score=SCORE):
    session.stack.push(SetScore(session, "source-1", score, "Import Étude"))


def edit(session, after, text="Edit", key=None):
    before = session.score("source-1")
    session.stack.push(EditScore(session, "source-1", before, after, text, key))


def moved(score, by, note_id=2):
    note = score.note(note_id)
    return score.with_notes([dataclasses.replace(note, onset=note.onset + by)])


def factors():
    times, frequencies = np.arange(5) * 0.1, np.arange(4) * 100.0
    names = ("C3", "C4", "E4")
    matrices = {
        "templates": Matrix(np.ones((4, 3), np.float32), ("frequency", "component"), (frequencies, names)),
        "activations": Matrix(np.ones((3, 5), np.float32), ("component", "time"), (names, times)),
    }
    return matrices, {"error": Curve(np.array([3.0, 2.0]), np.array([0.1, 0.2]))}


def with_run(session):
    run = Run("run-1", 1, "nmf", {}, "source-1", 0, RATE, ("run-1/right",), score=session.score("source-1"))
    session.store_audio("run-1/right", [AudioClip(np.zeros((1, RATE), np.float32), RATE)])
    session.store_results("run-1", *factors())
    session.stack.push(AddRun(session, run, [Stem("run-1/right", "run-1", "right")]))
    return run


def test_a_score_is_attached_and_taken_away_by_undoable_steps(session, told):
    assert session.score("source-1") is None
    attached(session)
    assert session.score("source-1") == SCORE
    session.stack.push(SetScore(session, "source-1", None, "Remove Étude"))
    assert session.score("source-1") is None
    assert [session.stack.text(n) for n in (1, 2)] == ["Import Étude", "Remove Étude"]
    session.stack.undo()
    assert session.score("source-1") == SCORE
    session.stack.undo()
    assert session.score("source-1") is None
    assert told == ["source-1"] * 4


def test_a_session_goes_with_its_last_reference_and_not_in_a_cycle_with_its_history(qapp):
    session = Session()
    session.stack.push(AddSource(session, Source("source-1", "song.wav", "song.wav", RATE, 1, RATE, "FLOAT")))
    attached(session)
    gone = weakref.ref(session)
    gc.disable()
    try:
        del session
        assert gone() is None
    finally:
        gc.enable()


def test_every_edit_goes_back_and_forth(session):
    attached(session)
    states = [SCORE]
    for after in (
        moved(SCORE, 0.25),
        SCORE.with_notes([Note(4, 0.1, 0.2, 72, track="new")]),
        SCORE.without([1, 3]),
        SCORE.moved(0.5, 1.01),
        dataclasses.replace(SCORE, aligned=False, name="Walzer"),
        dataclasses.replace(SCORE, activation_patches=(ActivationPatch(60, 0.0, 0.1, True),)),
        dataclasses.replace(SCORE, template_patches=(TemplatePatch(60, 200.0, 300.0, False, "onset"),)),
    ):
        edit(session, after)
        states.append(after)
        assert session.score("source-1") == after
    for state in reversed(states[:-1]):
        session.stack.undo()
        assert session.score("source-1") == state
    for state in states[1:]:
        session.stack.redo()
        assert session.score("source-1") == state


def test_the_steps_of_a_drag_are_one_and_the_next_drag_is_another(session):
    attached(session)
    for step in range(1, 6):
        edit(session, moved(SCORE, step / 10), f"Move E4 by {step}", "drag-1")
    once = session.score("source-1")
    for step in range(1, 4):
        edit(session, moved(once, step / 10, 3), "Move C3", "drag-2")
    assert session.stack.count() == 4
    assert session.stack.text(2) == "Move E4 by 5"
    session.stack.undo()
    assert session.score("source-1") == once
    session.stack.undo()
    assert session.score("source-1") == SCORE
    session.stack.redo()
    assert session.score("source-1") == once


def test_edits_without_a_key_never_merge_and_a_drag_back_leaves_nothing(session):
    attached(session)
    edit(session, moved(SCORE, 0.1))
    edit(session, moved(SCORE, 0.2))
    assert session.stack.count() == 4
    before = session.score("source-1")
    edit(session, moved(before, 0.3), key="drag")
    edit(session, before, key="drag")
    assert session.stack.count() == 4
    assert session.score("source-1") == before


def test_a_stroke_of_painting_is_one_step(session):
    attached(session)
    first = dataclasses.replace(SCORE, activation_patches=(ActivationPatch(48, 0.0, 1.0, False),))
    edit(session, first, "Paint")
    for stop in (0.2, 0.3, 0.4):
        after = dataclasses.replace(
            first, activation_patches=(*first.activation_patches, ActivationPatch(60, 0.1, stop, True))
        )
        edit(session, after, "Paint C4", "stroke")
    assert session.score("source-1") == after
    assert session.stack.count() == 4
    session.stack.undo()
    assert session.score("source-1") == first


def test_an_edit_of_a_long_score_keeps_only_what_it_changed():
    score = Score("long", tuple(Note(n, n * 0.1, 0.1, 60) for n in range(5000)), ("",))
    score = dataclasses.replace(score, activation_patches=(ActivationPatch(60, 0.0, 1.0, True),) * 100)
    change = ScoreChange.between(
        score,
        dataclasses.replace(
            score.with_notes([Note(7, 0.75, 0.1, 61)]),
            activation_patches=(*score.activation_patches, ActivationPatch(61, 0.0, 1.0, True)),
        ),
    )
    assert dict(change.notes) == {7: (score.note(7), Note(7, 0.75, 0.1, 61))}
    assert not change.fields
    assert dict(change.patches) == {"activation_patches": (100, (), (ActivationPatch(61, 0.0, 1.0, True),))}
    assert sys.getsizeof(change.notes) < 1000


notes = st.lists(
    st.builds(
        Note,
        st.integers(1, 9),
        st.sampled_from([0.0, 0.5, 1.0]),
        st.sampled_from([0.25, 0.5]),
        st.integers(60, 62),
        track=st.sampled_from(["", "right", "left"]),
        before=st.sampled_from([None, 0.1]),
    ),
    max_size=6,
    unique_by=lambda note: note.id,
)
patches = st.lists(
    st.builds(ActivationPatch, st.integers(60, 62), st.just(0.0), st.just(1.0), st.booleans()), max_size=5
)
scores = st.builds(
    lambda notes, patches, aligned: dataclasses.replace(
        Score("x", ()).with_notes(notes), activation_patches=tuple(patches), aligned=aligned
    ),
    notes,
    patches,
    st.booleans(),
)


@given(scores, scores, scores)
def test_any_change_leads_there_and_back_and_two_are_one(first, second, third):
    one, two = ScoreChange.between(first, second), ScoreChange.between(second, third)
    assert one.made(first) == second
    assert one.unmade(second) == first
    both = one.then(two, third)
    assert both.made(first) == third
    assert both.unmade(third) == first
    assert bool(both) == (first != third)


def test_a_run_that_returns_has_its_score_matrices_and_curves(session):
    attached(session)
    run = with_run(session)
    edit(session, moved(SCORE, 0.25))
    assert session.runs[run.id].score == SCORE
    session.stack.push(RenameRun(session, run.id, "mine"))
    matrices, curves = session.matrices(run.id), session.curves(run.id)
    assert matrices["templates"].values.shape == (4, 3)
    assert curves["error"].values.tolist() == [3.0, 2.0]
    session.stack.push(RemoveRun(session, run.id))
    assert run.id not in session.content().matrices
    session.stack.undo()
    assert session.matrices(run.id) is matrices
    assert session.curves(run.id) is curves
    assert session.runs[run.id].score == SCORE
    while session.stack.canUndo():
        session.stack.undo()
    assert session.content().matrices == {}
    session.stack.setIndex(4)
    assert session.content().matrices[run.id] is matrices
    assert session.matrices("run-9") == session.curves("run-9") == {}


@pytest.mark.parametrize("removing", [False, True])
def test_a_run_that_was_revised_returns_as_it_was_last(session, removing):
    attached(session)
    run = with_run(session)
    if removing:
        session.stack.push(RemoveRun(session, run.id))
        session.stack.undo()
    revised = dataclasses.replace(run, score=moved(SCORE, 0.25))
    clip = AudioClip(np.ones((1, RATE), np.float32), RATE)
    session.revise_run(revised, [session.stems["run-1/right"]], {"run-1/right": (clip,)}, factors()[0])
    if removing:
        session.stack.redo()
    session.stack.undo()
    if not removing:
        session.stack.redo()
    assert session.runs[run.id] == revised
    assert session.clip("run-1/right") is clip


def test_nobody_writes_into_what_a_run_returned(session):
    run = with_run(session)
    for array in (
        session.matrices(run.id)["activations"].values,
        session.matrices(run.id)["activations"].coordinates[1],
        session.curves(run.id)["error"].values,
        session.curves(run.id)["error"].seconds,
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0


def test_a_source_returns_with_its_score_and_its_runs(session):
    attached(session)
    run = with_run(session)
    session.stack.push(RemoveSource(session, "source-1"))
    content = session.content()
    assert (content.scores, content.matrices) == ({}, {})
    session.stack.undo()
    assert session.score("source-1") == SCORE
    assert session.content().matrices.keys() == {run.id}


def test_another_document_brings_its_own(session, told):
    attached(session)
    with_run(session)
    content = session.content()
    other = Session()
    heard = []
    other.scoreChanged.connect(heard.append)
    other.replace_all(content)
    assert heard == ["source-1"]
    assert other.score("source-1") == SCORE
    assert other.matrices("run-1")["templates"].coordinates[1] == ("C3", "C4", "E4")
    assert other.content().curves["run-1"]["error"].seconds.tolist() == [0.1, 0.2]
    other.replace_all(type(content)())
    assert other.score("source-1") is None
    assert other.matrices("run-1") == {}


def test_a_matrix_says_what_its_rows_and_columns_are():
    with pytest.raises(ValueError, match="do not fit"):
        Matrix(np.ones((2, 3)), ("component", "time"), (("A", "B"), np.arange(2.0)))
    with pytest.raises(ValueError, match="do not fit"):
        Matrix(np.ones((2, 3)), ("component",), (("A", "B"), np.arange(3.0)))
    matrix = Matrix(np.ones((2, 3)), ("component", "time"), (("A", "B"), np.arange(3.0)))
    assert matrix.moved(1.5).coordinates[1].tolist() == [1.5, 2.5, 3.5]
    assert matrix.moved(1.5).values is matrix.values
