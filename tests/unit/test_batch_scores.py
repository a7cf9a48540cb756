"""Recordings with scores in the batch queue: each entry carries its own copy, also over a restart."""

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest
import soundfile

from sepstudio.batch.inputs import collect, scored_steps
from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Entry, EntryState, Placing, Recipe
from sepstudio.batch.store import Kept, QueueStore
from sepstudio.batch.workpiece import runnable
from sepstudio.errors import MissingInputError
from sepstudio.io.scores.records import Note, Score
from sepstudio.io.scores.writing import write_csv, write_midi
from sepstudio.io.steps import drain
from sepstudio.separation import registry
from sepstudio.separation.base import MethodSpec, Progress, Provenance, Separation
from sepstudio.separation.parameters import param, to_json

RATE = 8000
SCORE = Score("a", (Note(1, 0.05, 0.1, 69, 80, "right", before=0.1),), ("right",))


@dataclass(frozen=True)
class NotesParams:
    blind: bool = param(False, label="Blind")

    @property
    def needs(self):
        return frozenset() if self.blind else frozenset({"score"})


class Notes:
    """Gives a stem for each track of the score, and remembers the scores that it got."""

    def __init__(self):
        self.scores = []

    def __call__(self, mixture, params, *, context):
        self.scores.append(context.score)
        yield Progress(0.5, "notes")
        names = context.score.tracks if context.score is not None else ("part",)
        stems = dict.fromkeys(names, mixture)
        return Separation(stems, Provenance("notes", to_json(params), 0, {}, "cpu", 0.1, 5))


@pytest.fixture
def method(monkeypatch):
    notes = Notes()
    spec = MethodSpec("notes", "Notes", "", NotesParams, notes, lambda *_: 0, needs=frozenset({"score"}))
    monkeypatch.setitem(registry.methods(), "notes", spec)
    return notes


@pytest.fixture
def placing(tmp_path):
    return Placing(tmp_path / "out", NameTemplate("{track}/{stem}"), FileFormat(".wav", "FLOAT", False))


@pytest.fixture
def recipe(placing, method):
    return Recipe("notes", NotesParams(), "Notes", placing)


@pytest.fixture
def music(tmp_path):
    """Recordings: a's score is known, b's and d's lie beside them, c has none."""
    folder = tmp_path / "music"
    folder.mkdir()
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(RATE // 2) / RATE)
    for name in "abcde":
        soundfile.write(folder / f"{name}.wav", samples, RATE, "FLOAT")
    write_csv(replace(SCORE, name="b"), folder / "b.csv")
    (folder / "c.txt").write_text("words that are sung")
    write_midi(replace(SCORE, name="d"), folder / "d.mid")
    (folder / "e.mid").write_bytes(b"MThd no more")
    return folder


def found(music, output):
    return drain(scored_steps(collect([music], output), {(music / "a.wav").resolve(): SCORE}))


def test_recordings_get_the_score_that_is_known_or_lies_beside_them(music, tmp_path):
    a, b, c, d, e = found(music, tmp_path / "out")
    assert a.score is SCORE
    assert [note.pitch for note in b.score.notes] == [note.pitch for note in d.score.notes] == [69]
    assert (c.score, c.problem.what) == (None, str(music / "c.wav"))
    assert "Import score" in c.problem.remedy
    assert e.problem.what.endswith("e.mid")
    assert [source.problem for source in (a, b, d)] == [None] * 3


def test_the_queue_runs_a_method_that_needs_a_score(music, recipe, method):
    queue = BatchQueue()
    queue.add(found(music, recipe.placing.output), recipe)
    for _ in queue.work():
        pass
    assert [entry.state.value for entry in queue.entries] == ["done", "done", "failed", "done", "failed"]
    assert method.scores[0] == SCORE
    assert all(score.aligned for score in method.scores)
    a = queue.entries[0]
    assert [path.name for path in a.outputs] == ["right.wav"]
    # What cannot be put right by trying again says so again.
    c = queue.entries[2]
    queue.retry([c.id])
    for _ in queue.work():
        pass
    assert queue.entries[2].problem == c.problem


def test_the_same_recording_with_another_score_is_another_entry(music, recipe):
    queue = BatchQueue()
    source = found(music, recipe.placing.output)[0]
    assert queue.add([source], recipe) == 1
    assert queue.add([replace(source, score=SCORE.moved(0.0))], recipe) == 0
    assert queue.add([replace(source, score=SCORE.moved(0.5))], recipe) == 1


def test_a_blind_run_needs_no_score_and_other_needs_stay_refused(music, recipe, method, monkeypatch):
    queue = BatchQueue()
    blind = replace(recipe, params=NotesParams(blind=True))
    queue.add(collect([music / "c.wav"], recipe.placing.output), blind)
    for _ in queue.work():
        pass
    assert queue.entries[0].state is EntryState.DONE
    assert method.scores == [None]
    spec = MethodSpec("drawn", "Drawn", "", NotesParams, method, lambda *_: 0, needs=frozenset({"score", "stems"}))
    monkeypatch.setitem(registry.methods(), "drawn", spec)
    with pytest.raises(MissingInputError, match="Drawn cannot run in a queue: it needs stems"):
        runnable("drawn")


# -- over a restart ----------------------------------------------------------------------------------


def kept(path, entries, placing):
    store = QueueStore(path)
    store.save(entries, placing)
    store.close()
    return QueueStore(path).load()


def test_scores_come_back_after_a_restart_and_go_with_their_entries(tmp_path, recipe, placing):
    path = tmp_path / "queue.json"
    other = SCORE.moved(1 / 3)
    entries = tuple(
        Entry(number, tmp_path / f"{number}.wav", str(number), recipe, score=score)
        for number, score in enumerate((SCORE, other, None, SCORE, other.moved(0.0)), 1)
    )
    found = kept(path, entries, placing)
    assert found == Kept(entries, placing)
    assert found.entries[0].score is found.entries[3].score
    scores = tmp_path / "queue.json.scores"
    assert len(list(scores.iterdir())) == 2
    files = {file.name: file.stat().st_ino for file in scores.iterdir()}
    assert kept(path, found.entries[:1], placing).entries == entries[:1]
    (file,) = scores.iterdir()
    assert files[file.name] == file.stat().st_ino
    assert kept(path, (), placing).entries == ()
    assert not scores.exists()


def test_a_queue_written_before_there_were_scores_is_read(tmp_path, recipe, placing):
    path = tmp_path / "queue.json"
    entries = (Entry(1, tmp_path / "a.wav", "a", recipe),)
    kept(path, entries, placing)
    plain = json.loads(path.read_text())
    assert plain["entries"][0].pop("score") is None
    path.write_text(json.dumps(plain))
    assert QueueStore(path).load().entries == entries


@pytest.mark.parametrize("damage", ["gone", "broken", "outside"])
def test_an_entry_whose_score_cannot_be_read_is_left_out_and_named(tmp_path, recipe, placing, damage):
    path = tmp_path / "queue.json"
    entries = (Entry(1, tmp_path / "a.wav", "a", recipe, score=SCORE), Entry(2, tmp_path / "b.wav", "b", recipe))
    kept(path, entries, placing)
    (file,) = (tmp_path / "queue.json.scores").iterdir()
    if damage == "gone":
        file.unlink()
    elif damage == "broken":
        file.write_text('{"name": "a"}')
    else:
        plain = json.loads(path.read_text())
        plain["entries"][0]["score"] = f"../{path.name}"
        path.write_text(json.dumps(plain))
    found = QueueStore(path).load()
    assert found.entries == entries[1:]
    assert "a.wav is no longer in the queue" in found.problems[0]
