"""Training of the codec: from folders to models, on from where it was killed, transferred and from nothing."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tiny_codecs import TINY, noise, tiny_codec_file

from sepstudio.codec.models import load
from sepstudio.codec.training.curves import read_codec_curves
from sepstudio.codec.training.loop import train_steps
from sepstudio.codec.training.plan import RECIPES, CodecTrainingPlan, LossWeights
from sepstudio.codec.training.recordings import find_recordings
from sepstudio.codec.training.state import state_path
from sepstudio.errors import AudioFileError, CheckpointError, DataSetError, ParameterError
from sepstudio.io.steps import drain

CONFIG = dataclasses.replace(TINY, channels=16, quantizer_dropout=1.0)
MONO = dataclasses.replace(TINY, channels=1)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Two scenes, one of the fourth order at another rate, of sounds from one direction each."""
    folder = tmp_path_factory.mktemp("scenes")
    for name, channels, rate in (("a", 16, 8000), ("b", 25, 16000)):
        tone = np.sin(np.arange(6 * rate) * 0.05 * 8000 / rate) * np.sin(np.arange(6 * rate) / rate * 5)
        gains = np.cos(np.arange(channels))[:, np.newaxis]
        scene = 0.2 * gains * tone + 0.02 * noise(channels, 6 * rate)
        soundfile.write(folder / f"{name}.wav", scene.T, rate, subtype="FLOAT")
    (folder / "notes.txt").write_text("not a scene")
    return folder


def plan_of(data, output, **changes):
    plan = CodecTrainingPlan(
        data=(data,),
        output=output,
        config=CONFIG,
        discriminators="none",
        steps=4,
        batch=2,
        seconds=0.3,
        mel_channels=3,
        validate_every=2,
        validation_excerpts=1,
        device="cpu",
    )
    return dataclasses.replace(plan, **changes)


def weights_of(path):
    return load(path, device="cpu").weights


def test_a_training_leaves_a_model_and_its_curve(data, tmp_path):
    progress = []
    work = train_steps(plan_of(data, tmp_path, rate=3e-3, steps=8, validate_every=4, licence="CC0-1.0", name="Hall"))
    while True:
        try:
            progress.append(next(work))
        except StopIteration as stop:
            (result,) = stop.value
            break
    curve = result.curve
    assert curve.start == "random"
    assert curve.steps == (0, 4, 8)
    assert curve.best < 0.97 * curve.mel[0]
    assert read_codec_curves(tmp_path) == (curve,)
    assert [step.fraction for step in progress] == sorted(step.fraction for step in progress)
    assert progress[-1].curves == (curve,)
    codec = load(result.path, device="cpu")
    assert codec.config == CONFIG
    provenance = codec.description.provenance
    assert (codec.description.name, provenance.licence) == ("Hall", "CC0-1.0")
    assert provenance.figures["validation mel"] == curve.best
    assert codec.decode(codec.encode(noise(), 8000)).samples.shape == (16, 4000)


def test_a_training_that_was_killed_goes_on_to_the_same_bits(data, tmp_path):
    plan = plan_of(
        data,
        tmp_path / "whole",
        discriminators="joint",
        discriminator_width=8,
        checkpoint_minutes=1e-9,
        steps=3,
        batch=1,
    )
    drain(train_steps(plan))
    plan = dataclasses.replace(plan, output=tmp_path / "killed")
    work = train_steps(plan)
    for step in work:
        if step.text.startswith("step 3 "):
            work.close()
    with pytest.raises(CheckpointError, match="holds a training already"):
        drain(train_steps(plan))
    with pytest.raises(CheckpointError, match="with other rate"):
        drain(train_steps(dataclasses.replace(plan, resume=True, rate=1e-3)))
    drain(train_steps(dataclasses.replace(plan, resume=True)))
    whole, resumed = (weights_of(tmp_path / name / "codec.safetensors") for name in ("whole", "killed"))
    assert all(np.array_equal(whole[name], resumed[name]) for name in whole)
    one, two = (read_codec_curves(tmp_path / name)[0] for name in ("whole", "killed"))
    assert (one.mel, one.training, one.covariance) == (two.mel, two.training, two.covariance)


def test_parts_of_a_batch_make_the_same_step(data, tmp_path):
    found = []
    for name, at_once in (("whole", None), ("parts", 1)):
        plan = plan_of(data, tmp_path / name, steps=1, discriminators="folded", discriminator_width=8, at_once=at_once)
        drain(train_steps(plan))
        found.append(read_codec_curves(tmp_path / name)[0])
    assert found[1].mel == pytest.approx(found[0].mel, rel=1e-4)
    assert found[1].training == pytest.approx(found[0].training, rel=1e-4)


def test_a_mono_model_is_transferred_beside_a_random_start(data, tmp_path):
    mono = tiny_codec_file(tmp_path / "mono.safetensors", MONO)
    plan = plan_of(data, tmp_path / "out", start=mono, widening="mean", compare=True, steps=2)
    transferred, random = drain(train_steps(plan))
    assert [transferred.curve.start, random.curve.start] == ["transfer", "random"]
    assert transferred.curve.mel[0] != random.curve.mel[0]
    assert load(transferred.path, device="cpu").description.widening.mode == "mean"
    assert load(random.path, device="cpu").description.widening is None
    assert [curve.start for curve in read_codec_curves(tmp_path / "out")] == ["transfer", "random"]


def test_a_model_is_trained_further(data, tmp_path):
    start = tiny_codec_file(tmp_path / "start.safetensors", CONFIG)
    (result,) = drain(train_steps(plan_of(data, tmp_path / "out", start=start, rate=1e-9, decay=1.0, steps=1)))
    assert result.curve.start == "further"
    before, after = weights_of(start), weights_of(result.path)
    assert all(np.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_a_model_of_other_channels_is_no_start(data, tmp_path):
    start = tiny_codec_file(tmp_path / "start.safetensors", dataclasses.replace(TINY, channels=4))
    with pytest.raises(CheckpointError, match="4 channels, not of 1 or 16"):
        drain(train_steps(plan_of(data, tmp_path / "out", start=start)))


@pytest.mark.parametrize(("channels", "seconds", "text"), [(9, 6, "order 2"), (16, 2, "is too short")])
def test_scenes_that_cannot_be_used(tmp_path, channels, seconds, text):
    soundfile.write(tmp_path / "scene.wav", noise(channels, 8000 * seconds).T, 8000)
    with pytest.raises((AudioFileError, DataSetError), match=text) as raised:
        drain(train_steps(plan_of(tmp_path, tmp_path / "out")))
    assert "scene.wav" in str(raised.value)


def test_recordings_are_found_once_and_not_in_the_output(data, tmp_path):
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "out").mkdir()
    for name in (".hidden/a.wav", "out/b.wav", "c.CAF", "d.txt"):
        (tmp_path / name).write_bytes(b"")
    assert find_recordings([tmp_path, tmp_path / "c.CAF"], tmp_path / "out") == [tmp_path / "c.CAF"]
    with pytest.raises(DataSetError, match="holds no recordings"):
        find_recordings([tmp_path / "out"], tmp_path / "out")
    with pytest.raises(DataSetError):
        find_recordings([tmp_path / "missing"], tmp_path)


def test_the_recipe_of_the_paper():
    plan = CodecTrainingPlan((Path("scenes"),), Path("out"), **RECIPES["paper"])
    assert (plan.steps, plan.batch, plan.seconds, plan.discriminators) == (400_000, 24, 5.0, "joint")
    assert dataclasses.astuple(plan.weights) == (15.0, 2.0, 1.0, 0.25, 1.0, 1.0)
    assert plan.config.decoder_dim == 1536


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"seconds": 0.0},
        {"mel_channels": 17},
        {"validation": 1.0},
        {"gain": -1.0},
        {"at_once": 0},
        {"compare": True},
        {"discriminators": "all"},
        {"seed": -1},
    ],
)
def test_values_out_of_range(change, tmp_path):
    with pytest.raises(ParameterError):
        plan_of(tmp_path, tmp_path, **change)


def test_no_data_and_negative_weights(tmp_path):
    with pytest.raises(ParameterError):
        CodecTrainingPlan((), tmp_path)
    with pytest.raises(ParameterError):
        LossWeights(mel=-1.0)


def test_a_state_of_other_scenes_is_refused(data, tmp_path):
    plan = plan_of(data, tmp_path / "out", steps=1)
    drain(train_steps(plan))
    assert state_path(plan).exists()
    other = dataclasses.replace(plan, data=(data / "a.wav",), resume=True)
    with pytest.raises(CheckpointError, match="with other scenes"):
        drain(train_steps(other))
