"""Strokes in a project: those of recordings and those of runs come back, and every gesture is in the journal."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile

from sepstudio.errors import ProjectError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.project import ProjectData, RunData, SourceData, StemData, load_project, save_project
from sepstudio.project.journal import Journal, read_journal
from sepstudio.project.recover import places_of, recover_steps
from sepstudio.project.shelf import Shelf
from sepstudio.project.snapshots import Snapshots

RATE, LENGTH = 8000, 900
VOICE = PaintedSource("voice", "Gesang", "#E69F00")
STROKES = Strokes(
    (VOICE, PaintedSource("drums", "Drums", "#56B4E9")),
    (
        Stroke("brush", "voice", ((0.1, 440.0), (1 / 3, 466.1637615180899)), 0.05, 0.25, "log", 0.7),
        Stroke("box", "drums", ((0.0, 0.0), (0.1, 4000.0)), against=True),
        Stroke("eraser", "", ((0.05, 300.0),), 0.2, 100.0),
    ),
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "song.sepstudio"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros(LENGTH), RATE, "FLOAT")
    return SourceData("source-1", "song.wav", path, RATE, 1, LENGTH, "FLOAT")


def a_run(number=1, strokes=STROKES):
    stem = StemData(f"run-{number}/Gesang", "Gesang", (AudioClip(np.zeros((1, LENGTH), np.float32), RATE),))
    return RunData(f"run-{number}", number, "paint", {}, 0, "source-1", 0, LENGTH, (stem,), strokes=strokes)


def a_project(source, *runs, strokes=STROKES):
    return ProjectData((source,), runs, current_source="source-1", strokes={"source-1": strokes})


def more(strokes, number):
    return dataclasses.replace(
        strokes, strokes=(*strokes.strokes, Stroke("brush", "voice", ((number, 100.0), (number, 200.0)), 0.1, 10.0))
    )


def test_strokes_of_recordings_and_runs_come_back(folder, source):
    edited = more(STROKES, 1)
    save_project(folder, a_project(source, a_run(1), a_run(2), a_run(3, None), strokes=edited))
    found = load_project(folder)
    assert found.strokes == {"source-1": edited}
    assert [run.strokes for run in found.runs] == [STROKES, STROKES, None]
    assert found.runs[0].strokes is found.runs[1].strokes
    assert '"points": [[0.0, 0.0], [0.1, 4000.0]]' in (folder / "session.json").read_text(encoding="utf-8")
    assert len(list((folder / "strokes").iterdir())) == 1
    save_project(folder, dataclasses.replace(found, runs=()))
    assert not list((folder / "strokes").iterdir())
    with pytest.raises(ValueError, match="strokes belong to the unknown source source-9"):
        dataclasses.replace(found, strokes={"source-9": STROKES})


def test_a_project_of_the_third_version_has_no_strokes(folder, source):
    save_project(folder, a_project(source, a_run(strokes=None), strokes=Strokes()))
    document = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    del document["strokes"], document["runs"][0]["strokes"], document["conventions"]
    (folder / "session.json").write_text(json.dumps({**document, "schema_version": 3}), encoding="utf-8")
    found = load_project(folder)
    assert found.strokes == {}
    assert found.runs[0].strokes is None
    save_project(folder, dataclasses.replace(found, strokes={"source-1": STROKES}))
    assert load_project(folder).strokes == {"source-1": STROKES}


def test_damaged_strokes_are_refused(folder, source):
    save_project(folder, a_project(source, a_run()))
    path = folder / "session.json"
    whole = path.read_text(encoding="utf-8")

    def refusal(edit):
        document = json.loads(whole)
        edit(document)
        path.write_text(json.dumps(document), encoding="utf-8")
        with pytest.raises(ProjectError) as caught:
            load_project(folder)
        return str(caught.value)

    def strokes(document):
        return document["strokes"]["source-1"]

    assert "strokes[1].opacity" in refusal(lambda found: strokes(found)["strokes"]["1"].update(opacity=2))
    assert "sources is no list" in refusal(lambda found: strokes(found).pop("sources"))
    assert "not counted from 0" in refusal(lambda found: strokes(found)["strokes"].pop("0"))
    assert "not in its strokes folder" in refusal(lambda found: found["runs"][0].update(strokes="scores/x.json"))
    (folder / json.loads(whole)["runs"][0]["strokes"]).write_text("[]", encoding="utf-8")
    assert "is no file of strokes" in refusal(lambda _: None)


def test_the_journal_holds_every_gesture_and_one_takes_a_short_line(tmp_path, source):
    shelf, places = Shelf(tmp_path), places_of(tmp_path, None)
    snapshots, journal = Snapshots(shelf), Journal(tmp_path / "journal.jsonl", {})
    # Nearly a hundred thousand points.
    long = Stroke("brush", "voice", tuple((n / 100, 440.0) for n in range(900)), 0.1, 10.0)
    strokes, sizes = dataclasses.replace(STROKES, strokes=(long,) * 100), []
    for edits in range(1, 20):
        draft = snapshots.draft(a_project(source, a_run(), strokes=strokes), places)
        assert draft.new_size == (90_000 if edits == 1 else 2)
        journal.record(drain(draft.steps()), edits=edits)
        snapshots.learn(draft)
        sizes.append(journal.path.stat().st_size)
        strokes = more(strokes, edits)
    drain(shelf.store_steps())
    journal.close()
    assert max(np.diff(sizes)) < 500
    project, problems = drain(recover_steps(journal.path, read_journal(journal.path), places))
    assert not problems
    assert more(project.strokes["source-1"], 19) == strokes
    assert project.runs[0].strokes == STROKES
    assert project.runs[0].paper_files["strokes"].parent == tmp_path / "strokes"


def test_a_run_whose_strokes_were_not_written_yet_is_told_to_be_lost(tmp_path, source):
    shelf, places = Shelf(tmp_path), places_of(tmp_path, None)
    journal = Journal(tmp_path / "journal.jsonl", {})
    draft = Snapshots(shelf).draft(a_project(source, a_run()), places)
    journal.record(drain(draft.steps()), edits=1)
    drain(shelf.store_steps())
    journal.close()
    for path in (tmp_path / "strokes").iterdir():
        path.unlink()
    project, problems = drain(recover_steps(journal.path, read_journal(journal.path), places))
    assert project.runs == ()
    assert len(problems) == 1
    assert project.strokes == {"source-1": STROKES}
