"""Training from songs to files: that networks learn, alone as in company, and go on after whatever ended them."""

import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from training_songs import SIZE, tiny_plan, write_songs

from sepstudio.errors import CheckpointError, ParameterError, TrainingError
from sepstudio.io.steps import drain
from sepstudio.nn.phase_checkpoints import load_network
from sepstudio.nn.phase_models import load_model
from sepstudio.nn.training.curves import CSV_NAME, read_curves
from sepstudio.nn.training.loop import train_steps
from sepstudio.nn.training.plan import TrainingPlan

pytestmark = pytest.mark.usefixtures("own_cache")


@pytest.fixture
def own_cache(tmp_path, monkeypatch):
    """What is decoded and computed for one test is found by no other one."""
    monkeypatch.setenv("SEPSTUDIO_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_songs(tmp_path_factory.mktemp("data") / "songs")


def losses(results):
    return {result.trainee.label: (result.curve.training, result.curve.validation) for result in results}


def test_networks_learn_and_are_written(data, tmp_path):
    plan = tiny_plan(
        data, tmp_path / "out", epochs=12, rate=1e-2, per_song=8, licence="CC0-1.0", data_licences=("CC0",), name="Tiny"
    )
    told = []
    steps = train_steps(plan)
    while True:
        try:
            told.append(next(steps))
        except StopIteration as stop:
            results = stop.value
            break
    fractions = [step.fraction for step in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    epochs = [step.curves for step in told if step.curves]
    assert [len(curves[0].validation) for curves in epochs] == list(range(13))
    assert [result.trainee.label for result in results] == ["a-bass", "a-vocals", "a-dt-df-bass", "a-dt-df-vocals"]
    first = np.mean([result.curve.validation[0] for result in results])
    assert np.mean([result.curve.best for result in results]) < 0.6 * first
    for result in results:
        assert result.curve.training[-1] < 0.6 * result.curve.training[0]
        trained = load_network(result.path)
        assert trained.header.provenance.figures[f"validation loss, {result.trainee.instrument}"] == result.curve.best
        assert trained.header.provenance.licence == "CC0-1.0"
        assert trained.header.provenance.data_sets == ("songs (CC0)",)
    model = load_model(tmp_path / "out" / "a-dt-df.safetensors")
    assert (model.name, tuple(model.networks)) == ("Tiny", ("bass", "vocals"))
    assert read_curves(tmp_path / "out") == tuple(result.curve for result in results)
    assert len((tmp_path / "out" / CSV_NAME).read_text().splitlines()) == 1 + 4 * 12


def test_a_curve_does_not_depend_on_who_is_trained_beside(data, tmp_path):
    everyone = tiny_plan(
        data, tmp_path / "all", variants=("a", "phase-raw", "a-dt-df", "early", "a-dt-df-uncorrected"), epochs=2
    )
    together = losses(drain(train_steps(replace(everyone, instruments=("bass", "drums", "vocals"), at_once=2))))
    for variant in ("a", "a-dt-df", "a-dt-df-uncorrected"):
        alone = replace(everyone, output=tmp_path / variant, variants=(variant,), instruments=("vocals",))
        ((label, curve),) = losses(drain(train_steps(alone))).items()
        assert together[label] == curve


def test_another_seed_gives_another_curve_and_the_same_one_the_same(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "both", variants=("a",), instruments=("bass",), seeds=(3, 4), epochs=2)
    both = losses(drain(train_steps(plan)))
    assert set(both) == {"a-bass-seed3", "a-bass-seed4"}
    assert both["a-bass-seed3"] != both["a-bass-seed4"]
    alone = losses(drain(train_steps(replace(plan, output=tmp_path / "one", seeds=(4,)))))
    assert alone["a-bass"] == both["a-bass-seed4"]
    assert (tmp_path / "both" / "a-seed3.safetensors").exists()


KILLED = """
    import sys
    sys.path[:0] = [{tests!r}]
    from pathlib import Path
    from training_songs import tiny_plan
    from sepstudio.nn.training.loop import train_steps
    plan = tiny_plan(Path({data!r}), Path({out!r}), epochs=4, checkpoint_minutes=1e-6)
    for step in train_steps(plan):
        print(step.text, flush=True)
"""


def test_a_killed_training_goes_on_to_the_same_curve(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "whole", epochs=4)
    expected = drain(train_steps(plan))
    out = tmp_path / "killed"
    tests = Path(__file__).resolve().parent.parent
    script = textwrap.dedent(KILLED.format(tests=str(tests), data=str(data), out=str(out)))
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        seen = 0
        for line in process.stdout:
            seen += line.startswith("epoch 2 of 4")
            if seen == 6:
                process.send_signal(signal.SIGKILL)
                break
    assert process.returncode == -signal.SIGKILL
    assert 1 <= len(read_curves(out)[0].validation) < 4
    results = drain(train_steps(replace(plan, output=out, resume=True)))
    assert losses(results) == losses(expected)
    for result, other in zip(results, expected, strict=True):
        assert load_network(result.path).header.sha256 == load_network(other.path).header.sha256


def test_a_closed_training_goes_on_from_the_middle_of_an_epoch(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "out", variants=("a-dt",), epochs=3, checkpoint_minutes=1e-6)
    expected = losses(drain(train_steps(replace(plan, output=tmp_path / "whole"))))
    steps = train_steps(plan)
    while "epoch 2 of 3" not in next(steps).text:
        pass
    for _ in range(5):
        next(steps)
    steps.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(("examples", "networks"))]
    assert losses(drain(train_steps(replace(plan, resume=True)))) == expected


def test_a_finished_training_can_be_made_longer(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "out", variants=("a",), epochs=3, augmentation=None)
    expected = losses(drain(train_steps(replace(plan, output=tmp_path / "whole"))))
    drain(train_steps(replace(plan, epochs=2)))
    assert losses(drain(train_steps(replace(plan, resume=True)))) == expected


def test_a_folder_with_a_training_is_not_overwritten(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "out", variants=("a",), epochs=1)
    drain(train_steps(plan))
    with pytest.raises(CheckpointError, match="holds a training already; give --resume"):
        drain(train_steps(plan))
    with pytest.raises(CheckpointError, match="with other batch, rate"):
        drain(train_steps(replace(plan, resume=True, rate=1e-4, batch=3)))
    other = write_songs(tmp_path / "songs", count=3, seed=9)
    with pytest.raises(CheckpointError, match="with other data"):
        drain(train_steps(replace(plan, resume=True, data=(other,))))


def test_training_stops_when_validation_gains_nothing(data, tmp_path):
    # Steps of this size ruin a network.
    plan = tiny_plan(data, tmp_path / "out", variants=("a",), instruments=("bass",), epochs=40, rate=0.5, patience=3)
    ((result),) = drain(train_steps(plan))
    epochs = len(result.curve.validation)
    assert epochs < 40
    assert epochs == result.curve.best_epoch + 1 + 3
    assert result.curve.rate[-1] < result.curve.rate[0]


def test_weights_of_the_best_epoch_are_kept(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "out", variants=("a",), instruments=("bass",), epochs=6, rate=0.3, patience=3)
    (result,) = drain(train_steps(plan))
    best = result.curve.best_epoch
    again = replace(plan, output=tmp_path / "short", epochs=best + 1)
    (short,) = drain(train_steps(again))
    assert load_network(result.path).header.sha256 == load_network(short.path).header.sha256


def test_numbers_that_are_none_name_the_network(data, tmp_path, monkeypatch):
    from sepstudio.nn.training import learning_network

    honest = learning_network.squared_error
    calls = iter(range(10_000))

    def broken(hidden, *others):
        return honest(hidden * (float("nan") if next(calls) == 3 else 1.0), *others)

    monkeypatch.setattr(learning_network, "squared_error", broken)
    with pytest.raises(TrainingError, match=r"network a-dt-df-vocals.*nan"):
        drain(train_steps(tiny_plan(data, tmp_path / "out")))


def test_reduced_precision_learns_about_as_well(data, tmp_path):
    plan = tiny_plan(data, tmp_path / "full", variants=("a-dt-df",), instruments=("vocals",), epochs=4)
    (full,) = drain(train_steps(plan))
    (half,) = drain(train_steps(replace(plan, output=tmp_path / "half", precision="bfloat16")))
    assert half.curve.best == pytest.approx(full.curve.best, rel=0.1)


def test_plans_say_what_is_wrong_with_them(tmp_path):
    for changes, text in (
        ({"variants": ("a", "b")}, "variant = 'b'"),
        ({"variants": ("a", "a")}, "variants"),
        ({"seeds": (-1,)}, "seeds"),
        ({"epochs": 0}, "epochs"),
        ({"rate": float("nan")}, "rate"),
        ({"size": replace(SIZE, bands=5000)}, "bands"),
        ({"precision": "int8"}, "precision"),
    ):
        with pytest.raises(ParameterError, match=text):
            tiny_plan(tmp_path, tmp_path, **changes)
    with pytest.raises(ParameterError, match="data"):
        TrainingPlan(data=(), output=tmp_path)
