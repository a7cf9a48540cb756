"""Scores, matrices and curves in a project: all of it comes back, long matrices stay in their files."""

import dataclasses
import json
import os

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from sepstudio.errors import ProjectError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scores.plain import score_from_json, score_to_json
from sepstudio.io.scores.records import ActivationPatch, Note, Score, TemplatePatch
from sepstudio.project import ProjectData, RunData, SourceData, StemData, load_project, save_project
from sepstudio.project.encoding import text_of
from sepstudio.project.files import mapped_file
from sepstudio.project.shelf import Shelf
from sepstudio.separation.base import Curve, Matrix

RATE, LENGTH = 8000, 900
SCORE = Score(
    "Für Élise",
    (Note(3, 0.1, 0.25, 76, 80, "right", before=0.05), Note(1, 0.1 + 0.2, 1 / 3, 75, 64, "left", after=0.0)),
    ("right", "left", "nobody"),
    aligned=False,
    activation_patches=(ActivationPatch(76, 0.0, 0.1, True), ActivationPatch(75, 1 / 7, 0.5, False, "onset")) * 6,
    template_patches=(TemplatePatch(75, 440.5, 600.0, False),),
)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "song.sepstudio"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "song.wav"
    soundfile.write(path, np.zeros(LENGTH), RATE, "FLOAT")
    return SourceData("source-1", "song.wav", path, RATE, 1, LENGTH, "FLOAT")


def results(seed=0, frames=20):
    rng = np.random.default_rng(seed)
    frequencies, times, names = np.arange(6) * 100.0, 0.5 + np.arange(frames) * 0.01, ("D#5", "E5", "E5 onset")
    matrices = {
        "templates": Matrix(rng.random((6, 3), np.float32), ("frequency", "component"), (frequencies, names)),
        "activations": Matrix(rng.random((3, frames), np.float32), ("component", "time"), (names, times)),
        "activation-mask": Matrix(np.ones((3, frames), np.float32), ("component", "time"), (names, times)),
    }
    return matrices, {"error": Curve(rng.random(9), np.arange(9) * 0.1)}


def a_run(number=1, *, frames=20, score=SCORE):
    clip = AudioClip(np.full((1, LENGTH), number / 10, np.float32), RATE)
    matrices, curves = results(number, frames)
    return RunData(
        id=f"run-{number}",
        number=number,
        method="nmf",
        params={},
        seed=0,
        source_id="source-1",
        start=0,
        stop=LENGTH,
        stems=(StemData(f"run-{number}/right", "right", (clip,)),),
        arrays={"other": np.arange(3)},
        matrices=matrices,
        curves=curves,
        score=score,
    )


def a_project(source, *runs, **changes):
    return ProjectData((source,), runs, current_source="source-1", **changes)


def assert_same_results(run, other):
    assert run.score == other.score
    assert list(run.matrices) == list(other.matrices)
    for name, matrix in run.matrices.items():
        found = other.matrices[name]
        assert found.axes == matrix.axes
        assert found.values.dtype == matrix.values.dtype
        assert np.array_equal(found.values, matrix.values)
        for mine, theirs in zip(matrix.coordinates, found.coordinates, strict=True):
            assert isinstance(theirs, tuple) == isinstance(mine, tuple)
            assert np.array_equal(mine, theirs)
    assert list(run.curves) == list(other.curves)
    for name, curve in run.curves.items():
        assert other.curves[name].values.tolist() == curve.values.tolist()
        assert other.curves[name].seconds.tolist() == curve.seconds.tolist()


def document(folder):
    return json.loads((folder / "session.json").read_text(encoding="utf-8"))


def change(folder, edit):
    found = document(folder)
    edit(found)
    (folder / "session.json").write_text(json.dumps(found), encoding="utf-8")


def written(folder):
    return {path.relative_to(folder).as_posix(): path.stat().st_ino for path in folder.rglob("*.*")}


# -- scores as JSON ----------------------------------------------------------------------------------

times = st.floats(-10.0, 1e5)
tolerances = st.one_of(st.none(), st.floats(0.0, 5.0))
notes = st.builds(
    Note,
    st.integers(0, 10**6),
    times,
    times,
    st.integers(0, 127),
    st.integers(1, 127),
    st.text(),
    tolerances,
    tolerances,
)
parts = st.sampled_from(["note", "onset"])
scores = st.builds(
    lambda name, notes, tracks, aligned, activations, templates: Score(
        name, tuple(sorted(notes, key=lambda n: (n.onset, n.pitch, n.id))), tracks, aligned, activations, templates
    ),
    st.text(),
    st.lists(notes, max_size=8, unique_by=lambda note: note.id),
    st.lists(st.text(), max_size=3).map(tuple),
    st.booleans(),
    st.lists(st.builds(ActivationPatch, st.integers(0, 127), times, times, st.booleans(), parts)).map(tuple),
    st.lists(st.builds(TemplatePatch, st.integers(0, 127), times, times, st.booleans(), parts)).map(tuple),
)


@given(scores)
def test_any_score_comes_back_from_json(score):
    assert score_from_json(json.loads(json.dumps(score_to_json(score)))) == score


def test_numbers_of_numpy_are_saved_as_numbers():
    note = Note(1, np.float64(0.5), np.float32(0.25), np.int64(60), np.int32(80))
    assert score_from_json(json.loads(json.dumps(score_to_json(Score("x", (note,)))))).notes == (
        Note(1, 0.5, 0.25, 60, 80),
    )


def test_notes_that_stayed_are_the_same_rows():
    first = score_to_json(SCORE)
    after = SCORE.with_notes([dataclasses.replace(SCORE.note(3), pitch=77)])
    second = score_to_json(after, (SCORE, first))
    assert second["notes"]["1"] is first["notes"]["1"]
    assert second == score_to_json(after)


def test_what_is_no_score_is_refused():
    def refused(**changes):
        with pytest.raises(ValueError, match=r"\w+"):
            score_from_json({**score_to_json(SCORE), **changes})

    for changes in (
        {"name": 3},
        {"tracks": "right"},
        {"tracks": [1]},
        {"aligned": 1},
        {"notes": []},
        {"notes": {"x": [0.0, 1.0, 60, 64, "", None, None]}},
        {"notes": {"1": [0.0, 1.0, 60, 64, ""]}},
        {"notes": {"1": [0.0, float("nan"), 60, 64, "", None, None]}},
        {"notes": {"1": [0.0, 1.0, 60.5, 64, "", None, None]}},
        {"notes": {"1": [0.0, True, 60, 64, "", None, None]}},
        {"activation_patches": {"0": [60, 0.0, 1.0, True, "tail"]}},
        {"template_patches": {"0": [60, 0.0, 1.0, 1, "note"]}},
    ):
        refused(**changes)
    with pytest.raises(ValueError, match="no object"):
        score_from_json([])


# -- projects ----------------------------------------------------------------------------------------


def test_scores_matrices_and_curves_come_back(folder, source):
    edited = SCORE.without([3])
    data = a_project(source, a_run(1), a_run(2, score=None), scores={"source-1": edited})
    save_project(folder, data)
    found = load_project(folder)
    assert found.scores == {"source-1": edited}
    for run, other in zip(data.runs, found.runs, strict=True):
        assert_same_results(run, other)
        assert other.arrays["other"].tolist() == [0, 1, 2]
        assert list(other.arrays) == ["other"]
    with pytest.raises(ValueError, match="scores belong to the unknown source source-9"):
        dataclasses.replace(data, scores={"source-9": SCORE})


def test_a_note_takes_one_line_and_a_score_of_several_runs_one_file(folder, source):
    score = Score("long", tuple(Note(n, n / 10, 0.1, 60, track="piano") for n in range(1, 501)), ("piano",))
    save_project(folder, a_project(source, a_run(1, score=score), a_run(2, score=score), scores={"source-1": score}))
    text = (folder / "session.json").read_text(encoding="utf-8")
    assert text.count("\n") < 800
    assert '"7": [0.7, 0.1, 60, 64, "piano", null, null]' in text
    assert len(list((folder / "scores").iterdir())) == 1
    found = load_project(folder)
    assert found.runs[0].score is found.runs[1].score
    save_project(folder, a_project(source, scores={"source-1": score}))
    assert not list((folder / "scores").iterdir())


def test_a_text_to_read_says_what_json_says():
    value = {"a": [], "b": {}, "ü": [1, 2.5, None], "d": {"e": {"f": [[1], [2]], "g": "x\n"}}, "h": [{"i": True}, 3]}
    assert json.loads(text_of(value)) == value
    assert '"f": [\n' in text_of(value)
    assert '"\\u00fc": [1, 2.5, null]' in text_of(value)


def test_long_matrices_stay_in_their_files_and_nobody_writes_into_them(folder, source):
    data = a_project(source, a_run(1, frames=200_000))
    save_project(folder, data)
    before = written(folder)
    found = load_project(folder)
    activations = found.runs[0].matrices["activations"].values
    assert mapped_file(activations) == found.runs[0].array_files["matrix activations"]
    assert mapped_file(activations[:, 5:]) is None
    assert mapped_file(found.runs[0].matrices["templates"].values) is None
    assert_same_results(data.runs[0], found.runs[0])
    for array in found.runs[0].all_arrays.values():
        assert not array.flags.writeable
    # Saved again, where it lies and elsewhere.
    save_project(folder, found)
    after = written(folder)
    after.pop("session.json")
    assert after.items() <= before.items()
    save_project(folder.with_name("copy.sepstudio"), found)
    assert_same_results(data.runs[0], load_project(folder.with_name("copy.sepstudio")).runs[0])


def test_a_mapped_matrix_whose_file_is_gone_is_written_again(folder, source):
    save_project(folder, a_project(source, a_run(1, frames=200_000)))
    found = load_project(folder)
    save_project(folder, a_project(source))
    assert not list((folder / "arrays").glob("*matrix*")) or os.name == "nt"
    save_project(folder, found)
    assert_same_results(found.runs[0], load_project(folder).runs[0])


def test_a_project_of_the_second_version_has_neither_scores_nor_matrices(folder, source):
    run = dataclasses.replace(a_run(1), matrices={}, curves={}, score=None)
    save_project(folder, a_project(source, run))

    def older(found):
        assert [found.pop(name) for name in ("scores", "strokes", "conventions")] == [{}, {}, {}]
        assert found["schema_version"] == 5
        added = ("score", "strokes", "matrices", "curves")
        assert [found["runs"][0].pop(key) for key in added] == [None, None, {}, []]
        found["schema_version"] = 2

    change(folder, older)
    (folder / "scores").rmdir()
    found = load_project(folder)
    assert found.scores == {}
    assert_same_results(run, found.runs[0])
    assert found.runs[0].arrays["other"].tolist() == [0, 1, 2]
    save_project(folder, dataclasses.replace(found, scores={"source-1": SCORE}))
    assert load_project(folder).scores == {"source-1": SCORE}


def test_damaged_scores_and_matrices_are_refused(folder, source):
    save_project(folder, a_project(source, a_run(1), scores={"source-1": SCORE}))
    whole = (folder / "session.json").read_bytes()

    def refusal(edit):
        change(folder, edit)
        with pytest.raises(ProjectError) as caught:
            load_project(folder)
        (folder / "session.json").write_bytes(whole)
        return str(caught.value)

    def run(found):
        return found["runs"][0]

    assert "no row of 7" in refusal(lambda found: found["scores"]["source-1"]["notes"].update({"3": [1]}))
    assert "unknown source" in refusal(lambda found: found["scores"].update(other=found["scores"]["source-1"]))
    assert "do not fit" in refusal(lambda found: run(found)["matrices"]["templates"]["names"][1].pop())
    assert "do not fit" in refusal(lambda found: run(found)["matrices"]["templates"]["axes"].pop())
    assert "no array matrix templates" in refusal(lambda found: run(found)["arrays"].pop("matrix templates"))
    assert "no array curve error seconds" in refusal(lambda found: run(found)["arrays"].pop("curve error seconds"))
    assert "not a list of texts" in refusal(lambda found: run(found).update(curves=[1]))
    assert "not in its scores folder" in refusal(lambda found: run(found).update(score="scores/../session.json"))
    name = run(document(folder))["score"]
    (folder / name).write_text("{", encoding="utf-8")
    assert "is no file of scores" in refusal(lambda _: None)
    (folder / name).unlink()
    assert "does not exist" in refusal(lambda _: None)


def test_a_file_stays_as_long_as_one_of_those_that_lie_in_it_does(tmp_path):
    shelf, path = Shelf(tmp_path), tmp_path / "arrays" / "shared.npy"
    path.parent.mkdir()
    np.save(path, np.zeros(3))
    first, second = np.load(path), np.load(path)
    shelf.put(first, path)
    shelf.put(second, path)
    del second
    shelf.moved({})
    shelf.sweep()
    assert path.exists()
    del first
    shelf.moved({})
    shelf.sweep()
    assert not path.exists()
