"""Project folders that are refused: damaged, of another version, or up to something."""

import json
import os

import numpy as np
import pytest
import soundfile

from sepstudio.errors import ProjectError
from sepstudio.io.clip import AudioClip
from sepstudio.project import (
    LaneData,
    ProjectData,
    RunData,
    SelectionData,
    SourceData,
    StemData,
    load_project,
    save_project,
)
from sepstudio.project.migrations import migrate

RATE = 44100


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "song.sepstudio"


@pytest.fixture
def saved(folder, tmp_path):
    """The folder with a project of one run in it."""
    save_project(folder, a_project(tmp_path))
    return folder


def a_project(tmp_path):
    takes = tuple(AudioClip(np.full((2, 1500), k / 4, np.float32), RATE) for k in range(3))
    stems = (StemData("stem-1a", "harmonic", takes, take=2), StemData("stem-1b", "drums", takes[:1]))
    arrays = {"mask": np.eye(4, 7, dtype=np.float32)}
    run = RunData("run-1", 1, "kam", {"iterations": 3}, 5, "source-1", 500, 2000, stems, arrays=arrays)
    source = SourceData("source-1", "song.wav", tmp_path / "song.wav", RATE, 2, 3000, "FLOAT")
    selection = SelectionData(100, 900, (200.0, 4000.5))
    return ProjectData((source,), (run,), {"source-1": LaneData(-6.5)}, selection, "source-1")


def session(folder):
    return json.loads((folder / "session.json").read_text())


def edit(folder, change):
    document = session(folder)
    change(document)
    (folder / "session.json").write_text(json.dumps(document))


def refusal(folder):
    with pytest.raises(ProjectError) as caught:
        load_project(folder)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    return str(caught.value)


def test_what_is_no_project(folder, tmp_path):
    assert "does not exist" in refusal(folder)
    assert "is no project folder" in refusal(tmp_path)
    (tmp_path / "file").touch()
    assert "is no project folder" in refusal(tmp_path / "file")


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff\xfe\0", b'{"a": 1}}', b"[" * 100_000, b'{"schema_version": 1' + b"0" * 5000]
)
def test_broken_json(folder, text):
    folder.mkdir()
    (folder / "session.json").write_bytes(text)
    assert "is damaged" in refusal(folder)


@pytest.mark.parametrize(
    "document", [[], 3, None, {}, {"schema_version": "1"}, {"schema_version": True}, {"schema_version": 0}]
)
def test_json_of_something_else(folder, document):
    folder.mkdir()
    (folder / "session.json").write_text(json.dumps(document))
    assert "no schema version" in refusal(folder)


def test_a_newer_version(saved):
    edit(saved, lambda document: document.update(schema_version=6))
    text = refusal(saved)
    assert "newer version" in text
    assert "update" in text


def test_older_versions_go_through_every_migration():
    migrations = {1: lambda old: {"names": [old["name"]]}, 2: lambda old: {"count": len(old["names"])}}
    document = migrate({"schema_version": 1, "name": "x"}, "p", migrations=migrations, current=3)
    assert document == {"schema_version": 3, "count": 1}
    assert migrate({"schema_version": 2, "names": []}, "p", migrations=migrations, current=3)["count"] == 0


def changes():
    """Ways to damage a document, and a word of the message."""

    def put(*path_and_value):
        *path, key, value = path_and_value

        def change(document):
            for step in path:
                document = document[step]
            document[key] = value

        return change

    def drop(*path):
        def change(document):
            for step in path[:-1]:
                document = document[step]
            del document[path[-1]]

        return change

    stem = ("runs", 0, "stems", 0)
    return [
        (drop("sources"), "sources is not a list"),
        (put("sources", 0, 7), r"sources\[0\]"),
        (put("sources", 0, "name", 3), "name is not a text"),
        (put("sources", 0, "sample_rate", 0), "sample_rate"),
        (put("sources", 0, "length", 1.5), "length"),
        (drop("runs", 0, "params"), "params is not an object"),
        (put("runs", 0, "source", "source-9"), "unknown source source-9"),
        (put("runs", 0, "stop", 500), "stop"),
        (put("runs", 0, "start", 10**30), "start"),
        (put("runs", 0, "seed", True), "seed"),
        (put("runs", 0, "id", "source-1"), "source-1 is used twice"),
        (put(*stem, "take", 4), "take 4 of 3"),
        (put(*stem, "takes", []), "take 2 of 0"),
        (put(*stem, "takes", 0, "length", 1499), "1499 samples"),
        (put(*stem, "takes", 0, "sample_rate", 48000), "48000 Hz"),
        (drop("lanes", "source-1", "mute"), "mute is not true or false"),
        (put("lanes", "source-1", "gain_db", float("nan")), "gain_db"),
        (put("lanes", "source-1", "gain_db", 10**400), "gain_db"),
        (put("lanes", "source-1", "pan", 1.5), "pan"),
        (put("runs", 0, "band", 3), "band"),
        (put("runs", 0, "label", None), "label is not a text"),
        (put("true_stems", {"source-1": {"drums": "x"}}), "unknown source x"),
        (put("true_stems", {"source-1": 1}), "source-1 is not an object"),
        (drop("view"), "view is not an object"),
        (put("selection", "band", [1]), "band"),
        (put("selection", "band", [1, "x"]), "band: high"),
        (put("selection", "stop", 10), "stop"),
        (put("current_source", "x"), "current source x is unknown"),
    ]


@pytest.mark.parametrize(("change", "words"), changes())
def test_damaged_documents(saved, change, words):
    edit(saved, change)
    with pytest.raises(ProjectError, match=words):
        load_project(saved)


def test_a_missing_or_broken_stem(saved):
    path = next((saved / "audio").iterdir())
    path.write_bytes(path.read_bytes()[:-100])
    text = refusal(saved)
    assert path.name in text
    assert "truncated" in text
    path.unlink()
    assert "does not exist" in refusal(saved)


def test_a_missing_broken_or_pickled_array(saved):
    path = saved / session(saved)["runs"][0]["arrays"]["mask"]
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    assert "no array file" in refusal(saved)
    np.save(path, np.array([{"a": 1}], object), allow_pickle=True)
    assert "no array file" in refusal(saved)
    path.write_bytes(whole.replace(b"(4, 7)", b"(4, 9)"))
    assert "no array file" in refusal(saved)
    path.unlink()
    assert "does not exist" in refusal(saved)


@pytest.mark.parametrize(
    "name",
    [
        "../outside.wav",
        "audio/../../outside.wav",
        "audio/..",
        "audio",
        "",
        "outside.wav",
        "arrays/outside.wav",
        "audio/deeper/outside.wav",
        "audio\\..\\..\\outside.wav",
        "audio/..\\..\\outside.wav",
        "C:outside.wav",
        "audio/c:outside.wav",
        "audio/\0.wav",
        "{tmp_path}/outside.wav",
    ],
)
def test_no_name_leads_out_of_the_folder(saved, tmp_path, name):
    soundfile.write(tmp_path / "outside.wav", np.zeros((1500, 2)), RATE, subtype="FLOAT")
    name = name.replace("{tmp_path}", str(tmp_path))
    edit(saved, lambda document: document["runs"][0]["stems"][0]["takes"][0].update(file=name))
    assert "which is not in its audio folder" in refusal(saved)
    edit(saved, lambda document: document["runs"].clear())
    assert load_project(saved).runs == ()


@pytest.mark.skipif(os.name == "nt", reason="links need rights on this system")
def test_no_link_leads_out_of_the_folder(saved, tmp_path):
    path = saved / session(saved)["runs"][0]["stems"][0]["takes"][0]["file"]
    path.rename(tmp_path / "outside.wav")
    path.symlink_to(tmp_path / "outside.wav")
    assert "which is not in its audio folder" in refusal(saved)


def test_a_folder_of_other_things_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ProjectError, match="holds other things"):
        save_project(tmp_path, a_project(tmp_path))
    assert not (tmp_path / "audio").exists()


def test_places_that_cannot_be_written(tmp_path):
    with pytest.raises(ProjectError, match="folder does not exist"):
        save_project(tmp_path / "none" / "x.sepstudio", a_project(tmp_path))
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="file"):
        save_project(tmp_path / "file", a_project(tmp_path))
