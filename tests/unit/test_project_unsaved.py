"""Unsaved work: written while it is made, found after a crash, and given back whole or refused."""

import dataclasses
import gc
import json
import os
import time
import weakref

import numpy as np
import pytest
import soundfile

from sepstudio.errors import AudioFileError, ProjectError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.records import ActivationPatch, Note, Score
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.project import LaneData, ProjectData, RunData, SourceData, StemData, save_project
from sepstudio.project.journal import Journal, read_journal
from sepstudio.project.leftovers import OLD_SECONDS, leftover_of_project, leftover_steps
from sepstudio.project.places import Places
from sepstudio.project.recover import places_of, recover_steps
from sepstudio.project.shelf import Shelf
from sepstudio.project.snapshots import LongLine, Snapshots
from sepstudio.project.work import WorkFolder
from sepstudio.separation.base import Curve, Matrix

RATE = 8000


def written_out(snapshots, data, places):
    """Return a document with its scores, and take it as known."""
    draft = snapshots.draft(data, places)
    document = drain(draft.steps())
    snapshots.learn(draft)
    return document


class Document:
    """What a window keeps on disk of an open document."""

    def __init__(self, root, project=None):
        self.work = WorkFolder.create(root)
        self.project = project
        self.places = places_of(self.work.path, project)
        home = self.work.path if project is None else project / "autosave"
        self.journal = Journal(home / "journal.jsonl", {"work": str(self.work.path), "project": str(project or "")})
        self.work.point_to(self.journal.path)
        self.shelf = Shelf(self.work.path)
        self.snapshots = Snapshots(self.shelf)
        self.edits = 0

    def edit(self, data, *, store=True):
        self.edits += 1
        self.journal.record(written_out(self.snapshots, data, self.places), edits=self.edits)
        if store:
            drain(self.shelf.store_steps())

    def crash(self):
        """Leave everything as a killed program does."""
        self.journal.close()
        os.close(self.work._lock._descriptor)
        self.work._lock._descriptor = -1


@pytest.fixture
def root(tmp_path):
    return tmp_path / "recovery"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros((900, 2)), RATE, "FLOAT")
    return SourceData("source-1", "song.wav", path, RATE, 2, 900, "FLOAT")


def noise(seed):
    return AudioClip(np.random.default_rng(seed).standard_normal((2, 900)).astype(np.float32), RATE)


def a_run(number, takes=2, **changes):
    stems = tuple(
        StemData(f"run-{number}/{name}", name, tuple(noise(number * 100 + k * 10 + t) for t in range(takes)), takes)
        for k, name in enumerate(("harmonic", "percussive"))
    )
    return RunData(f"run-{number}", number, "kam", {"iterations": 2}, 0, "source-1", 0, 900, stems, **changes)


def a_project(source, *runs, gain=0.0, scores=None):
    return ProjectData((source,), runs, {"source-1": LaneData(gain)}, None, "source-1", scores=scores or {})


def leftovers(root):
    return drain(leftover_steps(root))


def recovered(leftover, work=None):
    places = places_of(work or leftover.work, leftover.project)
    return drain(recover_steps(leftover.journal, leftover.state, places))


def audio(data):
    return {
        f"{stem.id} {n}": take.samples.tobytes()
        for run in data.runs
        for stem in run.stems
        for n, take in enumerate(stem.takes)
    }


def test_work_that_was_never_saved_comes_back_with_its_audio(root, source):
    document = Document(root)
    data = a_project(source, a_run(1), a_run(2, takes=1, arrays={"loss": np.arange(3.0)}), gain=-3.0)
    document.edit(a_project(source))
    document.edit(data)
    assert leftovers(root) == ()
    document.crash()
    (leftover,) = leftovers(root)
    assert (leftover.name, leftover.project, leftover.state.edits) == ("song.wav", None, 2)
    found, problems = recovered(leftover)
    assert problems == ()
    assert audio(found) == audio(data)
    assert found.lanes == data.lanes
    assert found.runs[1].arrays["loss"].tolist() == [0.0, 1.0, 2.0]
    assert [dataclasses.replace(item, sha256="", size=None) for item in found.sources] == list(data.sources)


def test_scores_and_matrices_come_back_and_edits_of_notes_are_short_lines(root, source):
    document = Document(root)
    score = Score("long", tuple(Note(n, n / 10, 0.1, 60) for n in range(2000)))
    values, names = np.random.default_rng(0).random((2, 300_000), np.float32), ("C4", "D4")
    matrix = Matrix(values, ("component", "time"), (names, np.arange(300_000) * 0.01))
    curve = Curve(np.arange(3.0), np.arange(3.0) / 10)
    run = a_run(1, takes=1, score=score, matrices={"activations": matrix}, curves={"error": curve})
    document.edit(a_project(source, run, scores={"source-1": score}))
    size = document.journal.path.stat().st_size
    for n in range(20):
        note = dataclasses.replace(score.note(n), pitch=61)
        score = score.with_notes([note])
        document.edit(a_project(source, run, scores={"source-1": score}))
    painted = dataclasses.replace(score, activation_patches=(ActivationPatch(60, 0.0, 1.0, True),))
    document.edit(a_project(source, run, scores={"source-1": painted}))
    assert document.journal.path.stat().st_size - size < 21 * 250
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert problems == ()
    assert found.scores == {"source-1": painted}
    assert found.runs[0].score == run.score
    assert np.array_equal(found.runs[0].matrices["activations"].values, values)
    assert found.runs[0].matrices["activations"].coordinates[0] == names
    assert found.runs[0].curves["error"].seconds.tolist() == curve.seconds.tolist()


@pytest.mark.parametrize("gone", ["arrays", "scores"])
def test_a_run_whose_matrices_or_score_were_not_written_is_left_out_and_told(root, source, gone):
    document = Document(root)
    curve = Curve(np.arange(3.0), np.arange(3.0))
    run = a_run(1, takes=1, curves={"error": curve}, score=Score("song", (Note(1, 0.0, 1.0, 60),)))
    document.edit(a_project(source, run, a_run(2, takes=1)))
    for path in (document.work.path / gone).iterdir():
        path.unlink()
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert [kept.id for kept in found.runs] == ["run-2"]
    assert problems[0].startswith("Run 1 (KAM) is lost")


def test_a_journal_of_an_earlier_version_is_read(root, source):
    document = Document(root)
    data = a_project(source, a_run(1, takes=1))
    written = written_out(document.snapshots, data, document.places)
    drain(document.shelf.store_steps())
    runs = written["runs"]["items"]
    for key in ("score", "matrices", "curves"):
        runs["run-1"].pop(key)
    written.pop("scores")
    document.journal.record(written | {"schema_version": 2}, edits=1)
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert problems == ()
    assert audio(found) == audio(data)
    assert found.runs[0].score is None


def test_what_a_revised_run_was_is_not_kept_for_ever(root, source):
    document = Document(root)

    def revised(seed):
        curve = Curve(np.random.default_rng(seed).random(1000), np.arange(1000.0))
        document.edit(a_project(source, a_run(1, takes=1, curves={"error": curve})))
        return weakref.ref(curve.values)

    known = [revised(seed) for seed in range(5)]
    gc.collect()
    # The last one is still in the document.
    assert [ref() is None for ref in known] == [True, True, True, True, False]
    arrays = document.work.path / "arrays"
    assert len(list(arrays.iterdir())) == 10
    document.shelf.moved({})
    document.shelf.sweep()
    assert len(list(arrays.iterdir())) == 2
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert problems == ()
    assert np.array_equal(found.runs[0].curves["error"].values, known[-1]())


def test_only_what_changed_is_written(root, source):
    document = Document(root)
    run = a_run(1, provenance={"versions": {"numpy": "2" * 3000}, "peak": np.float32(0.5)})
    document.edit(a_project(source, run))
    size = document.journal.path.stat().st_size
    for gain in range(20):
        document.edit(a_project(source, run, gain=-1.0 - gain))
    assert document.journal.path.stat().st_size - size < 20 * 200
    assert len(list((document.work.path / "audio").iterdir())) == 4
    document.crash()


def test_a_run_whose_audio_was_not_written_is_left_out_and_told(root, source):
    document = Document(root)
    first, second = a_run(1), a_run(2, label="Try")
    document.edit(a_project(source, first))
    lanes = {"run-1/residual": LaneData(-1.0), "run-2/harmonic": LaneData(-9.0), "run-2/residual": LaneData(-2.0)}
    document.edit(dataclasses.replace(a_project(source, first, second), lanes=lanes), store=False)
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert [run.id for run in found.runs] == ["run-1"]
    assert len(problems) == 1
    assert "Run Try is lost" in problems[0]
    assert found.lanes == {"run-1/residual": LaneData(-1.0)}


def test_audio_is_found_wherever_it_was_cut_off(root, source):
    document = Document(root)
    document.edit(a_project(source, a_run(1, takes=1)))
    document.crash()
    (leftover,) = leftovers(root)
    path = next((leftover.work / "audio").iterdir())
    whole = path.read_bytes()
    for length in (0, 10, 44, 100, len(whole) - 1):
        path.write_bytes(whole[:length])
        found, problems = recovered(leftover)
        assert found.runs == ()
        assert len(problems) == 1
    path.write_bytes(whole)
    assert len(recovered(leftover)[0].runs) == 1


def test_long_stems_stay_where_they_were_computed(root, source):
    document = Document(root)
    sink = ScratchSink(memory_limit=0, parent=document.work.path)
    takes = []
    for k in range(2):
        writer = sink.open("x", 2, 900, RATE)
        writer.write(noise(k).samples)
        takes.append(writer.finish())
    run = dataclasses.replace(a_run(1), stems=(StemData("run-1/x", "x", tuple(takes), 2),))
    document.edit(a_project(source, run))
    assert not (document.work.path / "audio").exists()
    document.crash()
    found, problems = recovered(leftovers(root)[0])
    assert problems == ()
    assert audio(found) == {f"run-1/x {k}": noise(k).samples.tobytes() for k in range(2)}


def test_work_on_a_saved_project_lies_in_its_folder_and_uses_its_audio(root, source, tmp_path):
    folder = tmp_path / "song.sepstudio"
    saved = a_project(source, a_run(1))
    files = drain(save_steps(folder, saved)).files
    document = Document(root, folder)
    document.shelf.moved(files)
    new = a_project(source, saved.runs[0], a_run(2, takes=1), gain=-3.0)
    document.edit(new)
    assert len(list((document.work.path / "audio").iterdir())) == 2
    assert (folder / "autosave" / "journal.jsonl").exists()
    document.crash()
    (leftover,) = leftovers(root)
    assert leftover.project == folder
    assert leftover_of_project(folder, root) == leftover
    found, problems = recovered(leftover)
    assert problems == ()
    assert audio(found) == audio(new)
    # Saving something else meanwhile leaves what the journal names.
    save_project(folder, a_project(source))
    assert audio(recovered(leftover)[0]) == audio(new)
    # Elsewhere the project brings its journal, but not the audio of what was not saved.
    moved = tmp_path / "elsewhere" / "song.sepstudio"
    moved.parent.mkdir()
    folder.rename(moved)
    travelled = leftover_of_project(moved, tmp_path / "other" / "recovery")
    found, problems = recovered(travelled)
    assert [run.id for run in found.runs] == ["run-1"]
    assert "Run 2 (KAM) is lost" in problems[0]
    travelled.discard()
    assert leftover_of_project(moved, tmp_path / "other" / "recovery") is None
    assert leftover.work.exists()


def save_steps(folder, data):
    from sepstudio.project import save_project_steps

    return save_project_steps(folder, data)


def test_a_journal_from_elsewhere_names_no_folder_that_would_be_deleted(root, source, tmp_path):
    folder, precious = tmp_path / "song.sepstudio", tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.txt").write_text("all of it")
    save_project(folder, a_project(source))
    for work in (precious, root / ".." / "precious", root, tmp_path):
        journal = Journal(folder / "autosave" / "journal.jsonl", {"work": str(work)})
        root.mkdir(exist_ok=True)
        journal.record({"schema_version": 2}, edits=1)
        journal.close()
        leftover_of_project(folder, root).discard()
        assert (precious / "thesis.txt").exists()
        assert source.path.exists()
        assert root.exists()


def test_nothing_is_found_of_who_lives_and_of_who_saved_all(root, source):
    alive, saved, begun = Document(root), Document(root), Document(root)
    alive.edit(a_project(source))
    saved.edit(a_project(source))
    saved.journal.record(written_out(saved.snapshots, a_project(source), saved.places), edits=0)
    saved.crash()
    begun.crash()
    (root / ".new-x").mkdir()
    assert leftovers(root) == ()
    assert {path.name for path in root.iterdir()} == {alive.work.path.name, ".new-x"}
    os.utime(root / ".new-x", (1, 1))
    assert leftovers(root) == ()
    assert {path.name for path in root.iterdir()} == {alive.work.path.name}
    alive.journal.remove()
    alive.work.remove()
    assert list(root.iterdir()) == []


def test_what_cannot_be_read_is_shown_and_stays(root, source):
    document = Document(root)
    document.edit(a_project(source))
    document.crash()
    document.journal.path.write_bytes(b"nonsense\n")
    (leftover,) = leftovers(root)
    assert leftover.state is None
    assert "no whole line" in leftover.problem
    assert document.work.path.exists()
    leftover.discard()
    assert not document.work.path.exists()


def test_attempts_are_counted_and_age_is_known(root, source):
    document = Document(root)
    document.edit(a_project(source))
    document.crash()
    (leftover,) = leftovers(root)
    assert (leftover.attempts, leftover.is_old) == (0, False)
    leftover.note_attempt(leftover.attempts + 1)
    assert leftovers(root)[0].attempts == 1
    leftover.note_attempt(0)
    assert leftovers(root)[0].attempts == 0
    old = dataclasses.replace(leftover, state=dataclasses.replace(leftover.state, time=time.time() - OLD_SECONDS - 60))
    assert old.is_old


def test_damaged_documents_in_a_journal_are_refused_by_its_name(root, source, tmp_path):
    for document in (
        {},
        {"schema_version": 2, "sources": {"order": [], "items": {}}, "runs": {"order": ["x"], "items": {}}},
        {"schema_version": 2, "sources": {"order": [], "items": {}}, "runs": {"order": ["x"], "items": {"x": 3}}},
        {"schema_version": 99, "sources": {"order": [], "items": {}}, "runs": {"order": [], "items": {}}},
        {"schema_version": 2, "sources": {"order": [], "items": {}}, "runs": {"order": [], "items": {}}},
    ):
        journal = Journal(tmp_path / "journal.jsonl", {})
        journal.record(document, edits=1)
        journal.close()
        with pytest.raises(ProjectError, match=r"journal\.jsonl"):
            drain(recover_steps(journal.path, read_journal(journal.path), Places(tmp_path, tmp_path)))


def test_names_in_a_journal_lead_nowhere_else(root, source, tmp_path):
    soundfile.write(tmp_path / "outside.wav", np.zeros((900, 2)), RATE, "FLOAT")
    document = Document(root)
    document.edit(a_project(source, a_run(1, takes=1)))
    document.crash()
    (leftover,) = leftovers(root)
    for name in (
        "work/../outside.wav",
        "work/a/../../outside.wav",
        "work/outside.wav",
        "work",
        "../outside.wav",
        str(tmp_path / "outside.wav"),
    ):
        state = json.loads(json.dumps(leftover.state.document))
        state["runs"]["items"]["run-1"]["stems"][0]["takes"][0]["file"] = name
        changed = dataclasses.replace(leftover, state=dataclasses.replace(leftover.state, document=state))
        assert recovered(changed)[0].runs == ()


def test_audio_that_does_not_fit_on_the_disk_is_tried_again(root, source, monkeypatch):
    document = Document(root)

    def full(path, clip):
        yield 0.5
        raise AudioFileError(str(path), "cannot be written because the disk is full", "free some space")

    with monkeypatch.context() as patch:
        patch.setattr("sepstudio.project.shelf.write_audio_steps", full)
        with pytest.raises(AudioFileError, match="disk is full"):
            document.edit(a_project(source, a_run(1, takes=1)))
    assert document.shelf.waiting
    # Abandoned in the middle, it begins again.
    steps = document.shelf.store_steps()
    next(steps)
    steps.close()
    drain(document.shelf.store_steps())
    assert not document.shelf.waiting
    document.crash()
    assert len(recovered(leftovers(root)[0])[0].runs) == 1


def test_what_a_save_has_stored_is_not_kept_twice(root, source, tmp_path):
    document, folder = Document(root), tmp_path / "song.sepstudio"
    first, second = a_project(source, a_run(1, takes=1)), a_run(2, takes=1)
    document.edit(first)
    files = drain(save_steps(folder, first)).files
    document.places = places_of(document.work.path, folder)
    document.shelf.moved(files)
    assert len(list((document.work.path / "audio").iterdir())) == 2
    document.shelf.sweep()
    assert list((document.work.path / "audio").iterdir()) == []
    document.edit(dataclasses.replace(first, runs=(*first.runs, second)))
    assert len(list((document.work.path / "audio").iterdir())) == 2
    # A save without the first run deletes its files; undone, it is written again.
    document.journal.remove()
    document.shelf.moved(drain(save_steps(folder, a_project(source))).files)
    document.snapshots.forget({})
    document.edit(first)
    document.crash()
    assert audio(recovered(dataclasses.replace(leftovers(root)[0], project=folder))[0]) == audio(first)


def test_a_long_line_that_is_taken_back_is_never_written(root, source):
    document = Document(root)
    score = Score("s", tuple(Note(n, n / 10, 0.1, 60) for n in range(1, 4)))
    document.edit(ProjectData((source,), ()))
    lines = []
    for _ in range(2):
        draft = document.snapshots.draft(ProjectData((source,), (), scores={source.id: score}), document.places)
        assert draft.new_size == draft.size == 3
        lines.append(LongLine(document.journal, draft, 2))
    lines[0].take_back()
    drain(lines[0].steps())
    assert read_journal(document.journal.path).document["scores"] == {}
    drain(lines[1].steps())
    assert len(read_journal(document.journal.path).document["scores"][source.id]["notes"]) == 3
    document.snapshots.learn(lines[1].draft)
    edited = score.with_notes([dataclasses.replace(score.notes[1], pitch=62)])
    draft = document.snapshots.draft(ProjectData((source,), (), scores={source.id: edited}), document.places)
    assert (draft.new_size, draft.size) == (1, 3)
    document.crash()
