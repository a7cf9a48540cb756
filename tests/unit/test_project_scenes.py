"""Conventions of scenes in a session and in a project: undone, saved, journalled, and missing in older projects."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile

from sepstudio.errors import ProjectError
from sepstudio.io.clip import AudioClip
from sepstudio.io.hoa import AMBIX, FUMA, N3D
from sepstudio.io.steps import drain
from sepstudio.project import ProjectData, SourceData, load_project, save_project
from sepstudio.project.journal import Journal, read_journal
from sepstudio.project.recover import places_of, recover_steps
from sepstudio.project.shelf import Shelf
from sepstudio.project.snapshots import Snapshots
from sepstudio.session.commands import AddRun, AddSource
from sepstudio.session.records import Run, Source, Stem
from sepstudio.session.scene_commands import SetConvention
from sepstudio.session.session import Session

RATE, LENGTH = 8000, 900


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "scene.wav"
    soundfile.write(path, np.zeros((LENGTH, 25)), RATE, "FLOAT")
    return SourceData("source-1", "scene.wav", path, RATE, 25, LENGTH, "FLOAT")


@pytest.fixture
def session(qapp, source):
    session = Session()
    names = {field.name for field in dataclasses.fields(Source)}
    session.store_audio("source-1", [AudioClip(np.ones((25, LENGTH), np.float32), RATE)])
    known = Source(**{name: getattr(source, name) for name in names})
    session.stack.push(AddSource(session, known))
    return session


def a_project(source, **conventions):
    return ProjectData((source,), current_source="source-1", conventions=conventions)


def test_a_convention_is_undone_and_told(session, qtbot):
    assert session.convention("source-1") == AMBIX
    with qtbot.waitSignal(session.conventionChanged, check_params_cb=lambda name: name == "source-1"):
        session.stack.push(SetConvention(session, "source-1", FUMA))
    assert session.convention("source-1") == FUMA
    assert session.stack.undoText() == "Read scene.wav as FuMa"
    assert session.content().conventions == {"source-1": FUMA}
    session.stack.undo()
    assert session.convention("source-1") == AMBIX
    assert session.content().conventions == {}


def test_what_is_left_of_a_scene_of_higher_order_is_that_of_its_first_channels(session):
    decoded = AudioClip(np.full((16, LENGTH), 0.25, np.float32), RATE)
    session.store_audio("run-1/decoded", [decoded])
    run = Run("run-1", 1, "codec", {}, "source-1", 0, LENGTH, ("run-1/decoded",))
    session.stack.push(AddRun(session, run, [Stem("run-1/decoded", "run-1", "decoded")]))
    error = session.clip("run-1/residual")
    assert error.channels == 16
    assert np.array_equal(error.read(0, LENGTH), np.full((16, LENGTH), 0.75, np.float32))


def test_conventions_come_back(tmp_path, source):
    folder = tmp_path / "scene.sepstudio"
    save_project(folder, a_project(source, **{"source-1": N3D}))
    assert load_project(folder).conventions == {"source-1": N3D}
    with pytest.raises(ValueError, match="a convention belongs to the unknown source source-9"):
        a_project(source, **{"source-9": N3D})


def test_a_project_of_the_fourth_version_has_no_conventions(tmp_path, source):
    folder = tmp_path / "scene.sepstudio"
    save_project(folder, a_project(source))
    document = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    assert document.pop("conventions") == {}
    (folder / "session.json").write_text(json.dumps({**document, "schema_version": 4}), encoding="utf-8")
    assert load_project(folder).conventions == {}


@pytest.mark.parametrize("damage", [{"ordering": "XYZ"}, {"normalisation": 3}, {"ordering": None}])
def test_damaged_conventions_are_refused(tmp_path, source, damage):
    folder = tmp_path / "scene.sepstudio"
    save_project(folder, a_project(source, **{"source-1": N3D}))
    document = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    document["conventions"]["source-1"] |= damage
    (folder / "session.json").write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(ProjectError, match="damaged"):
        load_project(folder)


def test_a_convention_is_in_the_journal(tmp_path, source):
    shelf, places = Shelf(tmp_path), places_of(tmp_path, None)
    snapshots, journal = Snapshots(shelf), Journal(tmp_path / "journal.jsonl", {})
    for edits, conventions in enumerate(({}, {"source-1": N3D}), 1):
        draft = snapshots.draft(a_project(source, **conventions), places)
        journal.record(drain(draft.steps()), edits=edits)
        snapshots.learn(draft)
    journal.close()
    project, problems = drain(recover_steps(journal.path, read_journal(journal.path), places))
    assert project.conventions == {"source-1": N3D}
    assert not problems
