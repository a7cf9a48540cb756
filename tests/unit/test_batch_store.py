"""The queue is there again after a restart."""

import json
from dataclasses import replace

import plug_ins
import pytest

from sepstudio.batch.inputs import Input
from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Entry, EntryState, Placing, Problem, Recipe
from sepstudio.batch.store import Kept, QueueStore
from sepstudio.separation.base import preset
from sepstudio.separation.registry import method


@pytest.fixture
def placing(tmp_path):
    return Placing(
        tmp_path / "Ausgänge", NameTemplate("{track}/{stem}"), FileFormat(".flac", "PCM_24", False), "rename"
    )


@pytest.fixture
def recipe(placing):
    return Recipe("kam", preset(method("kam"), "own-iterations").params, "KAM, own iterations", placing)


@pytest.fixture
def entries(tmp_path, recipe):
    queue = BatchQueue()
    names = ["a.wav", "ü 🎵.wav", "not \udcff utf-8.wav", "d.wav", "e.wav"]
    queue.add([Input(tmp_path / name, name) for name in names], recipe)
    a, b, c, d, e = queue.entries
    problem = Problem(str(c.path), "is truncated", "copy it again", "Traceback")
    return (
        replace(a, state=EntryState.DONE, fraction=1.0, seconds=2.5, outputs=(tmp_path / "x.flac",), notes=("n",)),
        replace(b, state=EntryState.RUNNING, fraction=0.4, stage="fit"),
        replace(c, state=EntryState.FAILED, problem=problem, kept=True),
        replace(d, state=EntryState.PAUSED, fraction=0.1),
        e,
    )


def kept(path, entries, placing):
    store = QueueStore(path)
    store.save(entries, placing)
    store.close()
    return QueueStore(path).load()


def test_everything_comes_back_and_what_was_interrupted_waits(tmp_path, entries, placing):
    found = kept(tmp_path / "state" / "queue.json", entries, placing)
    a, b, c, d, e = entries
    waiting = {"state": EntryState.QUEUED, "fraction": 0.0, "stage": ""}
    assert found == Kept((a, replace(b, **waiting), replace(c, kept=False), replace(d, **waiting), e), placing)


def test_new_entries_get_new_ids_after_a_restart(tmp_path, entries, placing, recipe):
    queue = BatchQueue(kept(tmp_path / "queue.json", entries, placing).entries)
    queue.add([Input(tmp_path / "new.wav", "new")], recipe)
    assert len({entry.id for entry in queue.entries}) == 6


def test_nothing_was_kept_yet(tmp_path):
    assert QueueStore(tmp_path / "queue.json").load() == Kept()


def test_the_newest_state_is_what_is_written(tmp_path, entries, placing):
    store = QueueStore(tmp_path / "queue.json")
    for count in range(1, 6):
        store.save(entries[:count], placing)
    store.close()
    assert len(QueueStore(tmp_path / "queue.json").load().entries) == 5
    assert [path.name for path in tmp_path.iterdir()] == ["queue.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 99}', '{"schema": 1, "entries": [{}]}'])
def test_a_damaged_file_is_put_aside_and_the_program_starts(tmp_path, text):
    path = tmp_path / "queue.json"
    path.write_text(text)
    found = QueueStore(path).load()
    assert found.entries == ()
    assert "queue.json.broken" in found.problems[0]
    assert (tmp_path / "queue.json.broken").read_text() == text
    assert not path.exists()


@pytest.fixture
def bare(monkeypatch):
    plug_ins.without_packages(monkeypatch)
    yield
    plug_ins.forget()


def test_an_entry_of_a_method_whose_package_is_not_installed_here_is_left_out(tmp_path, bare, entries, placing):
    path = tmp_path / "queue.json"
    store = QueueStore(path)
    store.save(entries, placing)
    store.close()
    plain = json.loads(path.read_text(encoding="utf-8"))
    plain["recipes"][0]["method"] = "demucs"
    path.write_text(json.dumps(plain), encoding="utf-8")
    found = QueueStore(path).load()
    assert found.entries == ()
    assert len(found.problems) == len(entries)
    assert "runs in the package demucs, which is not installed" in found.problems[0]


def test_an_entry_of_a_method_that_has_gone_is_left_out_and_named(tmp_path, entries, placing, recipe):
    gone = replace(recipe, title="Gone")
    path = tmp_path / "queue.json"
    kept(path, (entries[0], Entry(9, tmp_path / "gone.wav", "gone", gone)), placing)
    plain = json.loads(path.read_text())
    plain["recipes"][1]["method"] = "gone"
    path.write_text(json.dumps(plain))
    found = QueueStore(path).load()
    assert found.entries == (entries[0],)
    (line,) = found.problems
    assert "gone.wav" in line


def test_a_place_that_cannot_be_written_to_is_survived(tmp_path, entries, placing):
    (tmp_path / "file").touch()
    assert kept(tmp_path / "file" / "queue.json", entries, placing).entries == ()
