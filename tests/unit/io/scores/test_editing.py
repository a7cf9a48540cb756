"""What edits by hand make of notes, whatever is asked for."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.io.scores import editing
from sepstudio.io.scores.editing import SHORTEST_S, Edit
from sepstudio.io.scores.records import Note, Score

# Eighths of a second are exact in binary: what is moved there and back must be the same.
eighths = st.integers(0, 400).map(lambda n: n / 8)
far = st.integers(-800, 800).map(lambda n: n / 8)


@st.composite
def scores(draw, least=1):
    count = draw(st.integers(least, 12))
    notes = [
        Note(
            id=index + 1,
            onset=draw(eighths),
            duration=draw(st.integers(1, 32)) / 8,
            pitch=draw(st.integers(0, 127)),
            velocity=draw(st.integers(1, 127)),
            track=draw(st.sampled_from(("", "left", "right"))),
        )
        for index in range(count)
    ]
    return Score("piece", ()).with_notes(notes)


@st.composite
def scores_and_ids(draw):
    score = draw(scores())
    ids = draw(st.sets(st.sampled_from([note.id for note in score.notes]), min_size=1))
    return score, frozenset(ids)


def is_possible(note):
    return (
        note.onset >= 0 and note.duration >= SHORTEST_S - 1e-9 and 0 <= note.pitch <= 127 and 1 <= note.velocity <= 127
    )


def total(score):
    return sum(note.duration for note in score.notes)


@given(scores_and_ids(), far, st.integers(-140, 140))
def test_notes_move_together_and_stay_possible(made, seconds, semitones):
    score, ids = made
    before = editing.notes_of(score, ids)
    after = editing.moved(before, seconds, semitones)
    assert all(is_possible(note) for note in after)
    assert len({new.onset - old.onset for old, new in zip(before, after, strict=True)}) == 1
    assert len({new.pitch - old.pitch for old, new in zip(before, after, strict=True)}) == 1
    assert [note.duration for note in after] == [note.duration for note in before]
    low, high = min(n.pitch for n in before), max(n.pitch for n in before)
    if -low <= semitones <= 127 - high and seconds >= -min(n.onset for n in before):
        assert editing.moved(after, -seconds, -semitones) == before


@given(scores_and_ids(), far, far)
def test_ends_can_be_pulled_anywhere_and_a_note_remains(made, start_by, end_by):
    score, ids = made
    notes = editing.notes_of(score, ids)
    assert all(is_possible(note) for note in editing.resized(notes, start_by, end_by))
    # Pulling one end leaves the other where it is, unless the note would become too short or begin too early.
    for old, new in zip(notes, editing.resized(notes, start_by=start_by), strict=True):
        assert new.offset == pytest.approx(max(old.offset, SHORTEST_S))
    for old, new in zip(notes, editing.resized(notes, end_by=end_by), strict=True):
        assert new.onset == old.onset


@given(scores_and_ids())
def test_what_is_split_sounds_as_long_and_joins_again(made):
    score, ids = made
    cut = editing.split(score, ids)
    halves = cut.on(score)
    assert len(halves.notes) == len(score.notes) + len(ids)
    assert total(halves) == pytest.approx(total(score))
    for note in editing.notes_of(score, ids):
        parts = [half for half in cut.notes if half.id == note.id or half.onset == note.onset + note.duration / 2]
        together = {half.id for half in parts if (half.pitch, half.track) == (note.pitch, note.track)}
        if len(together) == 2:
            again = editing.joined(halves, together).on(halves)
            assert again.note(note.id) == note


def test_a_cut_lies_where_it_is_wanted_and_keeps_the_outer_tolerances():
    score = Score("piece", (Note(1, 1.0, 2.0, 60, before=0.1, after=0.2), Note(2, 5.0, 1.0, 62)))
    first, second = editing.split(score, {1}, 1.5).notes
    assert (first.onset, first.offset, first.before, first.after) == (1.0, 1.5, 0.1, None)
    assert (second.onset, second.offset, second.before, second.after) == (1.5, 3.0, None, 0.2)
    assert second.id == 3
    # The cut lies outside of this one: it is halved.
    assert editing.split(score, {2}, 1.5).notes[0].offset == 5.5
    assert not editing.split(Score("piece", (Note(1, 0.0, SHORTEST_S, 60),)), {1})


def test_only_notes_of_one_pitch_and_track_are_joined():
    notes = (
        Note(1, 0.0, 1.0, 60, 40, "left", after=0.3), Note(2, 2.0, 1.0, 60, 90, "left", after=0.4),
        Note(3, 2.0, 1.0, 60, 50, "right"), Note(4, 3.0, 1.0, 61, 50, "left"),
    )  # fmt: skip
    score = Score("piece", notes)
    after = editing.joined(score, {1, 2, 3, 4}).on(score)
    assert [note.id for note in after.notes] == [1, 3, 4]
    assert after.note(1) == Note(1, 0.0, 3.0, 60, 90, "left", after=0.4)
    assert not editing.joined(score, {1, 3})


@given(scores_and_ids())
def test_copies_follow_what_they_are_copies_of(made):
    score, ids = made
    edit = editing.duplicated(score, ids)
    after = edit.on(score)
    assert len(after.notes) == len(score.notes) + len(ids)
    assert {note.id for note in edit.notes}.isdisjoint(note.id for note in score.notes)
    assert min(note.onset for note in edit.notes) == max(n.offset for n in editing.notes_of(score, ids))
    assert after.without({note.id for note in edit.notes}) == score


@given(scores_and_ids())
def test_an_edit_knows_whether_it_changes_anything(made):
    score, ids = made
    notes = editing.notes_of(score, ids)
    assert not Edit(notes).changes(score)
    assert Edit(notes).on(score) == score
    assert Edit(removed=ids).changes(score)
    assert Edit(removed=ids).on(score).notes == tuple(note for note in score.notes if note.id not in ids)
    louder = editing.with_velocity(notes, 1000)
    assert {note.velocity for note in louder} == {127}


def test_tolerances_are_of_one_side_and_can_be_given_back():
    note = Note(1, 1.0, 1.0, 60)
    (own,) = editing.with_tolerance([note], before=-1.0)
    assert (own.before, own.after) == (0.0, None)
    (both,) = editing.with_tolerance([own], after=0.25)
    assert (both.before, both.after) == (0.0, 0.25)
    assert editing.with_usual_tolerances([both]) == (note,)
    assert editing.with_track([note], "left")[0] == dataclasses.replace(note, track="left")


@given(scores())
def test_neighbours_lead_through_the_whole_score(score):
    place, seen = editing.neighbour(score, None, 1), []
    while place is not None:
        seen.append(place)
        place = editing.neighbour(score, place.id, 1)
    assert tuple(seen) == score.notes
    assert editing.neighbour(score, None, -1) == score.notes[-1]
    assert editing.neighbour(score, score.notes[0].id, -1) is None


def test_the_nearest_note_sounds_now_or_soonest():
    score = Score("piece", (Note(1, 1.0, 1.0, 60), Note(2, 4.0, 1.0, 62)))
    assert [editing.nearest(score, s).id for s in (0.0, 1.5, 2.5, 3.5, 9.0)] == [1, 1, 1, 2, 2]
    assert editing.nearest(Score("piece", ()), 1.0) is None


def test_notes_beyond_the_recording_are_found():
    notes = (Note(1, 0.0, 1.0, 60), Note(2, 4.0, 1.02, 60), Note(3, 4.0, 1.2, 60), Note(4, 5.0, 1.0, 60))
    assert editing.beyond(Score("piece", notes), 5.0) == {3, 4}
