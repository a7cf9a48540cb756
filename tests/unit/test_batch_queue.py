"""The batch queue: order, one bad file among good ones, pausing, cancelling, trying again."""

import errno
import threading
from dataclasses import dataclass, replace

import numpy as np
import pytest
import soundfile

from sepstudio.batch import queue as queue_module
from sepstudio.batch.inputs import collect, collect_steps
from sepstudio.batch.naming import NameTemplate
from sepstudio.batch.outputs import FileFormat
from sepstudio.batch.queue import BatchQueue
from sepstudio.batch.records import Placing, Recipe
from sepstudio.errors import ParameterError
from sepstudio.io.failures import unwritable
from sepstudio.io.steps import drain
from sepstudio.jobs.runner import JobRunner, JobState
from sepstudio.separation import registry
from sepstudio.separation.base import MethodSpec, Progress, Provenance, Separation
from sepstudio.separation.parameters import param, to_json

RATE = 8000


@dataclass(frozen=True)
class SplitParams:
    gain: float = param(0.5, lo=0.0, hi=4.0, label="Gain")
    fails: bool = param(False, label="Fails")


class Split:
    """Separates into ``part`` (scaled by gain) and ``rest`` in ten steps; counts what it did."""

    def __init__(self):
        self.begun = self.closed = 0

    def __call__(self, mixture, params, *, context):
        self.begun += 1
        try:
            for step in range(10):
                yield Progress(step / 10, "look", stage_fraction=0.5)
            if params.fails:
                raise RuntimeError("out of order")
            part = mixture.samples * np.float32(params.gain)
            stems = {}
            for name, samples in {"part": part, "rest": mixture.samples - part}.items():
                writer = context.sink.open(name, mixture.channels, mixture.length, mixture.sample_rate)
                writer.write(samples)
                stems[name] = writer.finish()
            return Separation(stems, Provenance("split", to_json(params), 0, {}, "cpu", 0.1, 5))
        finally:
            self.closed += 1


@pytest.fixture
def split(monkeypatch):
    method = Split()
    spec = MethodSpec("split", "Split", "Splits.", SplitParams, method, lambda *_: 0)
    monkeypatch.setitem(registry.methods(), "split", spec)
    return method


@pytest.fixture
def placing(tmp_path):
    return Placing(tmp_path / "out", NameTemplate("{track}/{stem}"), FileFormat(".wav", "FLOAT", False))


@pytest.fixture
def recipe(placing):
    return Recipe("split", SplitParams(), "Split", placing)


def recording(path, seconds=0.25):
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(7).uniform(-0.9, 0.9, (int(seconds * RATE), 2)).astype(np.float32)
    soundfile.write(path, samples, RATE, "FLOAT")
    return path


@pytest.fixture
def music(tmp_path):
    """Two recordings around one that is none."""
    for name in ("a", "c"):
        recording(tmp_path / "music" / f"{name}.wav")
    (tmp_path / "music" / "b.wav").write_text("this is no audio")
    return tmp_path / "music"


def filled(recipe, *paths):
    queue = BatchQueue()
    queue.add(collect(paths, recipe.placing.output), recipe)
    return queue


def states(queue):
    return [entry.state.value for entry in queue.entries]


def ids(queue):
    return [entry.id for entry in queue.entries]


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def until(steps, reached):
    """Take steps until a condition holds."""
    while not reached():
        next(steps)


def test_one_bad_file_does_not_stop_the_others(split, recipe, music, tmp_path):
    queue = filled(recipe, music)
    told = []
    for step in queue.work():
        told.append((step.fraction, step.stage))
    assert states(queue) == ["done", "failed", "done"]
    good, bad, _ = queue.entries
    assert good.outputs == (tmp_path / "out/a/part.wav", tmp_path / "out/a/rest.wav")
    assert good.seconds > 0
    assert bad.problem.what == str(music / "b.wav")
    assert bad.problem.details == ""
    assert not bad.kept
    assert files(tmp_path / "out") == ["a", "a/part.wav", "a/rest.wav", "c", "c/part.wav", "c/rest.wav"]
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert told[0][1].startswith("1 of 3  a: ")
    assert told[-1][1].startswith("3 of 3  c: ")


def test_stems_sum_to_the_mixture_at_its_rate_and_depth(split, recipe, music, tmp_path):
    drain(filled(recipe, music / "a.wav").work())
    stems = [soundfile.read(tmp_path / f"out/a/{name}.wav", dtype="float32") for name in ("part", "rest")]
    np.testing.assert_array_equal(stems[0][0] + stems[1][0], soundfile.read(music / "a.wav", dtype="float32")[0])
    assert soundfile.info(tmp_path / "out/a/part.wav").samplerate == RATE


def test_a_defect_fails_its_entry_with_the_traceback(split, recipe, music, tmp_path):
    queue = filled(replace(recipe, params=SplitParams(fails=True)), music / "a.wav")
    queue.add(collect([music / "c.wav"], tmp_path), recipe)
    drain(queue.work())
    assert states(queue) == ["failed", "done"]
    problem = queue.entries[0].problem
    assert "RuntimeError: out of order" in problem.line
    assert "Traceback" in problem.details
    assert split.closed == split.begun == 2


def test_cancelling_takes_one_further_step(split, recipe, music, tmp_path):
    queue = filled(recipe, music / "a.wav", music / "c.wav")
    steps = queue.work()
    until(steps, lambda: split.begun == 1)
    queue.cancel([ids(queue)[0]])
    next(steps)
    assert states(queue) == ["cancelled", "running"]
    assert split.closed == 1
    queue.cancel(ids(queue))
    drain(steps)
    assert states(queue) == ["cancelled", "cancelled"]
    assert files(tmp_path / "out") == []
    queue.retry(ids(queue))
    drain(queue.work())
    assert states(queue) == ["done", "done"]


def test_what_waits_is_cancelled_at_once(split, recipe, music):
    queue = filled(recipe, music)
    queue.cancel(ids(queue)[1:])
    assert states(queue) == ["queued", "cancelled", "cancelled"]


def test_a_pause_takes_no_step_and_keeps_what_was_done(split, recipe, music, monkeypatch):
    monkeypatch.setattr(queue_module, "_REST_SECONDS", 0.001)
    queue = filled(recipe, music / "a.wav", music / "c.wav")
    steps = queue.work()
    until(steps, lambda: split.begun == 1)
    queue.pause()
    fraction = queue.entries[0].fraction
    for _ in range(20):
        assert next(steps).stage.endswith("paused")
    assert states(queue) == ["paused", "queued"]
    assert queue.entries[0].fraction == fraction
    queue.resume()
    drain(steps)
    assert states(queue) == ["done", "done"]
    assert split.begun == 2


def test_a_paused_file_can_be_cancelled_and_the_next_does_not_begin(split, recipe, music, monkeypatch):
    monkeypatch.setattr(queue_module, "_REST_SECONDS", 0.001)
    queue = filled(recipe, music / "a.wav", music / "c.wav")
    steps = queue.work()
    until(steps, lambda: split.begun == 1)
    queue.pause()
    next(steps)
    queue.cancel(ids(queue))
    assert list(steps) == []
    assert states(queue) == ["cancelled", "cancelled"]
    assert split.closed == 1


def test_closing_the_work_lets_its_entry_wait_again_and_leaves_no_files(split, recipe, music, tmp_path):
    queue = filled(recipe, music / "a.wav", music / "c.wav")
    steps = queue.work()
    until(steps, lambda: queue.entries[0].stage == "writing")
    steps.close()
    assert states(queue) == ["queued", "queued"]
    assert files(tmp_path / "out") == []
    assert split.closed == 1


def test_existing_stems_are_skipped_renamed_or_replaced(split, recipe, music, tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.batch.workpiece.expected_stems", lambda params: ("part", "rest"))
    drain(filled(recipe, music / "a.wav").work())
    before = (tmp_path / "out/a/part.wav").read_bytes()
    other = replace(recipe, params=SplitParams(gain=0.25))
    again = filled(other, music / "a.wav")
    drain(again.work())
    assert states(again) == ["skipped"]
    assert split.begun == 1
    drain(filled(replace(other, placing=replace(recipe.placing, policy="rename")), music / "a.wav").work())
    assert files(tmp_path / "out/a") == ["part (2).wav", "part.wav", "rest (2).wav", "rest.wav"]
    assert (tmp_path / "out/a/part.wav").read_bytes() == before
    drain(filled(replace(other, placing=replace(recipe.placing, policy="replace")), music / "a.wav").work())
    assert (tmp_path / "out/a/part.wav").read_bytes() != before


def test_a_method_that_foretells_no_stems_skips_what_is_there_when_it_is_done(split, recipe, music):
    drain(filled(recipe, music / "a.wav").work())
    again = filled(recipe, music / "a.wav")
    drain(again.work())
    assert states(again) == ["skipped"]


def full_disk(monkeypatch):
    def write(stems, staging, file_format):
        yield 0.5
        raise unwritable(stems[0][1], OSError(errno.ENOSPC, "No space left on device"))

    monkeypatch.setattr("sepstudio.batch.workpiece.write_together", write)


def test_what_could_not_be_saved_is_saved_again_without_computing(split, recipe, music, tmp_path):
    queue = filled(recipe, music / "a.wav")
    with pytest.MonkeyPatch.context() as patch:
        full_disk(patch)
        drain(queue.work())
    (entry,) = queue.entries
    assert (entry.state.value, entry.kept) == ("failed", True)
    assert "disk is full" in entry.problem.line
    queue.retry([entry.id])
    queue.redirect([entry.id], tmp_path / "elsewhere")
    drain(queue.work())
    assert states(queue) == ["done"]
    assert split.begun == 1
    assert files(tmp_path / "elsewhere") == ["a", "a/part.wav", "a/rest.wav"]
    assert files(tmp_path / "out") == []


def test_only_so_many_unsaved_results_are_kept(split, recipe, tmp_path, monkeypatch):
    paths = [recording(tmp_path / "music" / f"{number}.wav") for number in range(queue_module.KEPT_RESULTS + 2)]
    queue = filled(recipe, *paths)
    with pytest.MonkeyPatch.context() as patch:
        full_disk(patch)
        drain(queue.work())
    assert [entry.kept for entry in queue.entries] == [False] * 2 + [True] * queue_module.KEPT_RESULTS
    queue.retry(ids(queue))
    drain(queue.work())
    assert states(queue) == ["done"] * len(paths)
    assert split.begun == len(paths) + 2


def test_an_output_folder_that_cannot_be_is_found_before_computing(split, recipe, music, tmp_path):
    (tmp_path / "out").write_text("a file")
    queue = filled(recipe, music / "a.wav")
    drain(queue.work())
    assert "is a file" in queue.entries[0].problem.line
    assert split.begun == 0


def test_a_disk_without_room_is_found_before_computing(split, recipe, music, monkeypatch):
    monkeypatch.setattr("sepstudio.batch.workpiece.expected_stems", lambda params: ("part", "rest"))
    monkeypatch.setattr("sepstudio.batch.workpiece._free_bytes", lambda folder: 1000)
    queue = filled(recipe, music / "a.wav")
    drain(queue.work())
    assert "disk is full" in queue.entries[0].problem.line
    assert split.begun == 0


def test_entries_move_together_until_they_meet_the_end(recipe, tmp_path):
    queue = filled(recipe, *(tmp_path / f"{name}.wav" for name in "abcd"))
    a, b, c, d = ids(queue)
    queue.move([b, c], -1)
    assert ids(queue) == [b, c, a, d]
    queue.move([b, c], -1)
    assert ids(queue) == [b, c, a, d]
    queue.move([b, a], 1)
    assert ids(queue) == [c, b, d, a]


def test_removing_and_clearing_leave_the_file_under_work(split, recipe, music):
    queue = filled(recipe, music)
    steps = queue.work()
    until(steps, lambda: split.begun == 2)
    assert states(queue) == ["done", "failed", "running"]
    queue.clear_finished()
    assert states(queue) == ["failed", "running"]
    queue.remove(ids(queue))
    assert states(queue) == ["running"]
    drain(steps)
    assert states(queue) == ["done"]


def test_what_waits_already_is_not_added_twice(split, recipe, music, tmp_path):
    queue = filled(recipe, music)
    assert queue.add(collect([music], tmp_path), recipe) == 0
    assert queue.add(collect([music / "a.wav"], tmp_path), replace(recipe, params=SplitParams(gain=1.0))) == 1
    assert len(queue.entries) == 4


def test_recordings_of_one_name_do_not_share_files(split, recipe, tmp_path):
    queue = filled(recipe, recording(tmp_path / "x" / "song.wav"))
    queue.add(collect([recording(tmp_path / "y" / "Song.wav")], tmp_path / "out"), recipe)
    drain(queue.work())
    assert [entry.track for entry in queue.entries] == ["song", "Song (2)"]
    assert states(queue) == ["done", "done"]


def test_an_empty_folder_becomes_a_failure_that_says_so(recipe, tmp_path):
    (tmp_path / "nothing").mkdir()
    queue = filled(recipe, tmp_path / "nothing")
    assert "holds no audio files" in queue.entries[0].problem.line


def test_a_template_without_the_track_is_refused(placing):
    with pytest.raises(ParameterError, match="track"):
        replace(placing, template=NameTemplate("{stem}"))


def test_many_files_are_searched_in_steps(recipe, tmp_path, monkeypatch):
    monkeypatch.setattr("sepstudio.batch.inputs._STEP_SECONDS", 0.0)
    for number in range(600):
        path = tmp_path / f"album {number % 20}" / f"{number}.wav"
        path.parent.mkdir(exist_ok=True)
        path.touch()
    steps = collect_steps([tmp_path], tmp_path / "out")
    told = [next(steps).stage for _ in range(300)]
    assert told[-1].endswith("recordings found")
    found = drain(steps)
    queue = BatchQueue()
    assert queue.add(found, recipe) == 600
    assert [entry.track for entry in queue.entries[:2]] == ["album 0/0", "album 0/100"]


def test_the_queue_can_be_edited_while_a_job_works_on_it(split, recipe, music):
    queue = filled(recipe, music)
    runner, ended = JobRunner(), threading.Event()
    events = []

    def hear(event):
        events.append(event)
        if event.state is not JobState.RUNNING:
            ended.set()

    runner.submit("queue", queue.work(), hear)
    for _ in range(50):
        queue.move(ids(queue), 1)
    assert ended.wait(30)
    runner.close()
    assert events[-1].state is JobState.DONE
    assert sorted(states(queue)) == ["done", "done", "failed"]


def test_kam_runs_in_the_queue_like_any_method(placing, music):
    spec = registry.method("kam")
    queue = filled(Recipe("kam", spec.params(), "KAM", placing), music / "a.wav")
    drain(queue.work())
    assert states(queue) == ["done"], queue.entries[0].problem
    assert {path.name for path in queue.entries[0].outputs} >= {"harmonic.wav", "percussive.wav"}
