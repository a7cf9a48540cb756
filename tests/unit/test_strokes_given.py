"""How strokes reach a method that needs them: from the command line, the batch queue and a script."""

import dataclasses
import json

import numpy as np
import pytest
import soundfile

import sepstudio
from sepstudio.batch.inputs import collect
from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Entry, Placing, Recipe
from sepstudio.batch.store import Kept, QueueStore
from sepstudio.batch.stroke_inputs import stroked_steps
from sepstudio.cli import main
from sepstudio.errors import ParameterError, StrokeFileError
from sepstudio.io.steps import drain
from sepstudio.io.strokes.files import write_strokes
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.project import load_project
from sepstudio.separation import registry
from sepstudio.separation.base import Matrix, MethodSpec, Progress, Provenance, Separation
from sepstudio.separation.parameters import to_json

RATE = 8000
SOURCES = (PaintedSource("a", "Voice", "#E69F00"), PaintedSource("b", "Drums", "#56B4E9"))
STROKES = Strokes(
    SOURCES,
    (Stroke("box", "a", ((0.25, 0.0), (0.5, 4000.0))), Stroke("brush", "b", ((0.6, 100.0),), 0.1, 50.0, opacity=0.5)),
)


@dataclasses.dataclass(frozen=True)
class NoParams:
    pass


class Halves:
    """Gives each painted source its share, and remembers the strokes that it got."""

    def __init__(self):
        self.strokes = []

    def __call__(self, mixture, params, *, context):
        self.strokes.append(context.strokes)
        yield Progress(0.5, "halves")
        halves = {source.name: mixture for source in context.strokes.sources}
        matrix = Matrix(np.zeros(2, np.float32), ("time",), (np.array([0.0, 0.5]),))
        made = Provenance("halves", to_json(params), 0, {}, "cpu", 0.1, 5)
        return Separation(halves, made, matrices={"mask": matrix})


@pytest.fixture
def method(monkeypatch):
    halves = Halves()
    spec = MethodSpec("halves", "Halves", "", NoParams, halves, lambda *_: 0, needs=frozenset({"strokes"}))
    monkeypatch.setitem(registry.methods(), "halves", spec)
    return halves


@pytest.fixture
def music(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for name in "abc":
        soundfile.write(folder / f"{name}.wav", 0.1 * np.ones(RATE), RATE, "FLOAT")
    return folder


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "painted.json"
    write_strokes(path, STROKES)
    return path


def separate(out, *options):
    return main(["separate", "halves", *map(str, options), "-o", str(out)])


def told(capsys):
    return capsys.readouterr().err.splitlines()


# -- command line --------------------------------------------------------------------------------


def test_one_file_of_strokes_is_for_all_inputs(method, music, file, tmp_path):
    assert separate(tmp_path / "out", music, "--strokes", file) == 0
    assert method.strokes == [STROKES] * 3
    assert {path.name for path in (tmp_path / "out" / "b").iterdir()} == {"Voice.wav", "Drums.wav"}


def test_a_folder_has_strokes_for_each_input_by_its_name(method, music, tmp_path, capsys):
    folder = tmp_path / "strokes"
    folder.mkdir()
    write_strokes(folder / "a.json", STROKES)
    write_strokes(folder / "b.strokes.json", STROKES.moved(0.125))
    assert separate(tmp_path / "out", music, "--strokes", folder) == 1
    assert method.strokes == [STROKES, STROKES.moved(0.125)]
    line, count = told(capsys)
    assert "c.wav" in line
    assert "c.strokes.json" in line
    assert "1 of 3" in count


def test_without_the_option_strokes_beside_the_recording_are_taken(method, music, tmp_path):
    write_strokes(music / "a.strokes.json", STROKES)
    assert separate(tmp_path / "out", music / "a.wav") == 0
    assert method.strokes == [STROKES]


def test_a_stretch_gets_its_strokes_in_its_own_time_and_a_project_those_of_the_recording(method, music, file, tmp_path):
    options = ("--start", "0.25", "--stop", "0.75", "--project", tmp_path / "a")
    assert separate(tmp_path / "out", music / "a.wav", "--strokes", file, *options) == 0
    assert method.strokes == [STROKES.moved(-0.25)]
    project = load_project(tmp_path / "a.sepstudio")
    assert project.strokes == {"source-1": STROKES}
    assert project.runs[0].strokes == STROKES
    assert project.runs[0].matrices["mask"].coordinates[0].tolist() == [0.25, 0.75]


def test_without_strokes_nothing_is_done_and_a_remedy_named(method, music, tmp_path, capsys):
    assert separate(tmp_path / "out", music / "a.wav") == 2
    (line,) = told(capsys)
    assert "needs strokes" in line
    assert "--strokes" in line
    write_strokes(tmp_path / "bare.json", Strokes(SOURCES))
    assert separate(tmp_path / "out", music / "a.wav", "--strokes", tmp_path / "bare.json") == 2
    (line,) = told(capsys)
    assert "holds sources alone" in line
    assert method.strokes == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "does not exist"),
        ("{", "is no file of strokes"),
        ('{"format": "sepstudio strokes", "version": 9}', "newer version"),
        (
            json.dumps(
                {
                    "format": "sepstudio strokes",
                    "version": 1,
                    "sources": [],
                    "strokes": [{"tool": "brush", "source": "x", "points": [[0, 1]]}],
                }
            ),
            "strokes[0].source is 'x'",
        ),
    ],
)
def test_strokes_that_cannot_be_read_are_named_in_one_line(method, music, tmp_path, capsys, content, words):
    path = tmp_path / "strokes.json"
    if content is not None:
        path.write_text(content)
    assert separate(tmp_path / "out", music, "--strokes", path) == 2
    (line,) = told(capsys)
    assert str(path) in line
    assert words in line
    assert not (tmp_path / "out" / "a").exists()


# -- scripts -------------------------------------------------------------------------------------


def test_a_script_gives_strokes_or_their_file(method, file):
    mixture = np.zeros((1, RATE), np.float32)
    for given in (STROKES, file, str(file)):
        assert list(sepstudio.separate("halves", mixture, RATE, strokes=given).stems) == ["Voice", "Drums"]
    assert method.strokes == [STROKES] * 3
    wrong = dataclasses.replace(STROKES.strokes[0], opacity=7.0)
    with pytest.raises(ParameterError, match=r"strokes\[0\].opacity"):
        sepstudio.separate("halves", mixture, RATE, strokes=Strokes(SOURCES, (wrong,)))
    with pytest.raises(StrokeFileError, match="does not exist"):
        sepstudio.separate("halves", mixture, RATE, strokes=file.with_name("nothing.json"))


# -- queue ---------------------------------------------------------------------------------------


@pytest.fixture
def recipe(tmp_path, method):
    placing = Placing(tmp_path / "out", NameTemplate("{track}/{stem}"), FileFormat(".wav", "FLOAT", False))
    return Recipe("halves", NoParams(), "Halves", placing)


def found(music, output):
    return drain(stroked_steps(collect([music], output), {(music / "a.wav").resolve(): STROKES}))


def test_the_queue_gives_a_recording_what_was_painted_on_it(music, recipe, method):
    write_strokes(music / "b.strokes.json", STROKES.moved(0.125))
    (music / "c.strokes.json").write_text("[]")
    queue = BatchQueue()
    assert queue.add(found(music, recipe.placing.output), recipe) == 3
    for _ in queue.work():
        pass
    assert [entry.state.value for entry in queue.entries] == ["done", "done", "failed"]
    assert method.strokes == [STROKES, STROKES.moved(0.125)]
    assert "c.strokes.json" in queue.entries[2].problem.what
    assert queue.add(collect([music / "a.wav"], recipe.placing.output), recipe) == 1
    for _ in queue.work():
        pass
    assert "needs strokes" in queue.entries[3].problem.why
    assert "a.strokes.json" in queue.entries[3].problem.remedy


def test_the_same_recording_painted_otherwise_is_another_entry(music, recipe):
    queue = BatchQueue()
    source = found(music, recipe.placing.output)[0]
    assert queue.add([source], recipe) == 1
    assert queue.add([dataclasses.replace(source, strokes=STROKES.moved(0.0))], recipe) == 0
    assert queue.add([dataclasses.replace(source, strokes=STROKES.moved(0.5))], recipe) == 1


def test_strokes_come_back_after_a_restart_and_go_with_their_entries(tmp_path, recipe):
    path, placing = tmp_path / "queue.json", recipe.placing
    entries = tuple(
        Entry(number, tmp_path / f"{number}.wav", str(number), recipe, strokes=strokes)
        for number, strokes in enumerate((STROKES, None, STROKES, STROKES.moved(1 / 3)), 1)
    )

    def kept(entries):
        store = QueueStore(path)
        store.save(entries, placing)
        store.close()
        return QueueStore(path).load()

    assert kept(entries) == Kept(entries, placing)
    folder = tmp_path / "queue.json.strokes"
    assert len(list(folder.iterdir())) == 2
    assert kept(entries[1:2]).entries == entries[1:2]
    assert not folder.exists()
    plain = json.loads(path.read_text())
    assert plain["entries"][0].pop("strokes") is None
    path.write_text(json.dumps(plain))
    assert QueueStore(path).load().entries == entries[1:2]
