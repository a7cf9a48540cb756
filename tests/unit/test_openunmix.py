"""The adapter of Open-Unmix, with networks of the real package whose weights are random."""

import hashlib
import json
import shutil
import sys

import numpy as np
import plug_ins
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.errors import CheckpointError, MissingToolError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation import registry
from sepstudio.separation.adapters import openunmix_files
from sepstudio.separation.adapters.openunmix import OpenUnmixParams, separate
from sepstudio.separation.base import RunContext

RATE = plug_ins.RATE


@pytest.fixture(autouse=True)
def installed(monkeypatch, one_thread):
    plug_ins.with_packages(monkeypatch)
    yield
    plug_ins.unload()


@pytest.fixture
def model(tmp_path):
    return plug_ins.tiny_unmix(tmp_path / "tiny")


@pytest.fixture
def song(rng):
    return AudioClip(rng.uniform(-0.5, 0.7, (2, 2 * RATE + 1234)), RATE)


def run(mixture, model, **params):
    return drain(separate(mixture, OpenUnmixParams(model=str(model), **params), context=RunContext(device="cpu")))


@pytest.mark.parametrize(
    ("targets", "iterations", "residual"), [("", 1, False), ("vocals", 0, False), ("vocals, bass", 2, True)]
)
def test_it_gives_what_the_package_gives(targets, iterations, residual, song, model):
    import torch
    from openunmix.utils import load_separator

    result = run(song, model, targets=targets, iterations=iterations, model_residual=residual, wiener_frames=100)
    names = [name.strip() for name in targets.split(",")] if targets else ["bass", "drums", "vocals"]
    theirs = load_separator(str(model), names, niter=iterations, residual=residual, wiener_win_len=100)
    theirs.freeze()
    with torch.no_grad():
        expected = theirs(torch.from_numpy(song.samples.copy())[None])[0].numpy()
    assert list(result.stems) == [*names, "residual"]
    for name, samples in zip(names, expected, strict=False):
        np.testing.assert_allclose(result.stems[name].samples, samples, atol=5e-6)
    np.testing.assert_allclose(sum(stem.samples for stem in result.stems.values()), song.samples, atol=1e-6)
    assert result.provenance.versions["openunmix"] == "1.3.0"
    assert len(result.provenance.model_hash) == 64


def test_a_long_recording_goes_in_stretches_that_agree_with_the_whole(song, model):
    # Without iterations the Wiener filter is local; the networks remember little of what they heard long ago.
    whole = run(song, model, iterations=0)
    parts = run(song, model, iterations=0, segment=1.0)
    for name in ("bass", "drums", "vocals"):
        error = parts.stems[name].samples - whole.stems[name].samples
        assert 0 < np.std(error) < 0.05 * np.std(whole.stems[name].samples)
    np.testing.assert_allclose(sum(stem.samples for stem in parts.stems.values()), song.samples, atol=1e-6)


@pytest.mark.parametrize(("rate", "channels", "width"), [(11025, 1, 2), (44100, 3, 2), (8000, 2, 1)])
def test_rates_and_channels_of_the_file_are_kept(rate, channels, width, tmp_path, rng):
    model = plug_ins.tiny_unmix(tmp_path / "model", ("speech", "noise"), channels=width)
    mixture = AudioClip(rng.uniform(-0.5, 0.5, (channels, rate + 17)), rate)
    stems = run(mixture, model).stems
    assert list(stems) == ["noise", "speech", "residual"]
    assert {(stem.channels, stem.length, stem.sample_rate) for stem in stems.values()} == {(channels, rate + 17, rate)}
    np.testing.assert_allclose(sum(stem.samples for stem in stems.values()), mixture.samples, atol=1e-6)


@pytest.mark.parametrize("length", [0, 1, 300, RATE + 1])
def test_a_last_stretch_of_hardly_anything(length, model):
    stems = run(AudioClip(np.full((2, length), 0.1), RATE), model, segment=1.0).stems
    assert {stem.length for stem in stems.values()} == {length}


def test_it_can_be_given_up_between_two_networks(song, model):
    steps = separate(song, OpenUnmixParams(model=str(model), segment=1.0), context=RunContext(device="cpu"))
    fractions = [next(steps).fraction for _ in range(12)]
    assert fractions == sorted(fractions)
    assert 0.0 < fractions[-1] < 1.0
    steps.close()


def fetched(tmp_path, monkeypatch):
    """Put tiny weights where ``torch.hub`` would have put those of umxl, under names that fit to them."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    written = plug_ins.tiny_unmix(tmp_path / "tiny", ("vocals", "drums"))
    targets = {}
    for target in ("vocals", "drums"):
        content = (written / f"{target}.pth").read_bytes()
        targets[target] = f"{target}-{hashlib.sha256(content).hexdigest()[:8]}.pth"
        shutil.copy(written / f"{target}.pth", folder / targets[target])
    published = openunmix_files.Pretrained(targets, (RATE, 256, 64), "CC BY-NC-SA 4.0")
    monkeypatch.setitem(openunmix_files.PRETRAINED, "umxl", published)
    return folder, targets


def test_a_single_target_is_told_from_what_it_leaves(song, model):
    alone = run(song, model, targets="vocals", iterations=1)
    asked = run(song, model, targets="vocals", iterations=1, model_residual=True)
    np.testing.assert_array_equal(alone.stems["vocals"].samples, asked.stems["vocals"].samples)
    mask = run(song, model, targets="vocals", iterations=0)
    assert np.abs(mask.stems["vocals"].samples - alone.stems["vocals"].samples).max() > 1e-3


def test_published_weights_are_taken_from_the_cache(song, tmp_path, monkeypatch):
    folder, targets = fetched(tmp_path, monkeypatch)
    result = run(song, "umxl")
    assert list(result.stems) == ["vocals", "drums", "residual"]
    names = ", ".join(targets.values())
    assert result.provenance.notes == (f"model umxl ({names}), weights CC BY-NC-SA 4.0",)
    shutil.copy(folder / targets["drums"], folder / targets["vocals"])
    with pytest.raises(CheckpointError, match=f"{targets['vocals']} is damaged"):
        run(song, "umxl")


def test_the_names_of_the_published_files_are_those_of_the_package():
    import inspect

    import openunmix

    for name, model in openunmix_files.PRETRAINED.items():
        source = inspect.getsource(getattr(openunmix, f"{name}_spec"))
        assert all(f"/{file}" in source for file in model.targets.values())


def test_weights_that_were_not_fetched_are_named_with_their_terms_and_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    soundfile.write(tmp_path / "song.wav", np.zeros((800, 2)), 8000)
    assert main(["separate", "openunmix", str(tmp_path / "song.wav"), "-o", str(tmp_path / "out")]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    for named in ("umxl (CC BY-NC-SA 4.0, not for", "bass-2ca1ce51.pth", str(tmp_path / "torch"), "openunmix.umxl()"):
        assert named in line


def test_without_a_torchaudio_that_loads_the_reason_is_told(song, model, monkeypatch):
    plug_ins.unload()
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(MissingToolError, match=r"openunmix cannot be loaded: .*torchaudio"):
        run(song, model)


def test_files_and_settings_that_cannot_work_are_named(song, model, tmp_path):
    for changes, named in (
        ({"targets": "piano"}, "targets = 'piano'.*bass, drums, vocals"),
        ({"model": "umxxl"}, "umxl, umxhq"),
    ):
        with pytest.raises(ParameterError, match=named):
            run(song, **({"model": model} | changes))
    (model / "vocals.pth").write_bytes(b"no weights")
    with pytest.raises(CheckpointError, match=r"vocals\.pth is no network of Open-Unmix"):
        run(song, model)
    (model / "vocals.pth").unlink()
    with pytest.raises(CheckpointError, match=r"there is no vocals\.pth"):
        run(song, model)
    (model / "separator.json").write_text(json.dumps({"nfft": 256}))
    with pytest.raises(CheckpointError, match=r"separator\.json cannot be used"):
        run(song, model, targets="bass, drums")


def test_the_memory_grows_with_what_is_held_at_once(song):
    spec = registry.method("openunmix")
    short, long = (spec.memory(song, OpenUnmixParams(segment=one), RunContext()) for one in (0.5, 20.0))
    assert 0 < short < long
