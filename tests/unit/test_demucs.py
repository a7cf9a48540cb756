"""The adapter of Demucs, with networks of the real package whose weights are random."""

import json
import pickle

import numpy as np
import plug_ins
import pytest
import soundfile

from sepstudio.cli import main
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation import registry
from sepstudio.separation.adapters.demucs import DemucsParams, separate
from sepstudio.separation.base import RunContext

RATE = plug_ins.RATE


@pytest.fixture(autouse=True)
def installed(monkeypatch, one_thread):
    plug_ins.with_packages(monkeypatch)
    yield
    plug_ins.unload()


@pytest.fixture
def song(rng):
    return AudioClip(rng.uniform(-0.5, 0.7, (2, 2 * RATE + 1234)), RATE)


def run(mixture, **params):
    return drain(separate(mixture, DemucsParams(**params), context=RunContext(device="cpu", seed=5)))


def by_the_package(network, mixture, **options):
    """Separate as ``demucs.api`` does."""
    import torch
    from demucs.apply import apply_model

    samples = torch.from_numpy(mixture.samples.copy())
    mean, deviation = samples.mean(0).mean(), samples.mean(0).std() + 1e-8
    with torch.no_grad():
        found = apply_model(network, ((samples - mean) / deviation)[None], shifts=0, **options)[0]
    return (found * deviation + mean).numpy()


@pytest.mark.parametrize("save", [plug_ins.save_th, plug_ins.save_safetensors])
@pytest.mark.parametrize("kind", plug_ins.TINY)
def test_it_gives_what_the_package_gives(kind, save, song, tmp_path):
    network = plug_ins.tiny_demucs(kind)
    suffix = ".th" if save is plug_ins.save_th else ".safetensors"
    path = save(network, tmp_path / f"tiny{suffix}")
    result = run(song, model=str(path), shifts=0, overlap=0.25)
    expected = by_the_package(network, song, overlap=0.25)
    assert list(result.stems) == [*plug_ins.SOURCES, "residual"]
    for name, samples in zip(plug_ins.SOURCES, expected, strict=True):
        np.testing.assert_allclose(result.stems[name].samples, samples, atol=2e-6)
    total = sum(stem.samples for stem in result.stems.values())
    np.testing.assert_allclose(total, song.samples, atol=1e-6)
    assert result.provenance.notes == (f"model tiny (tiny{suffix})",)
    assert len(result.provenance.model_hash) == 64
    assert result.provenance.versions["demucs"] == "4.1.0"


def fetched(kind, signatures, tmp_path, monkeypatch):
    """Put networks where the package would have put them."""
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "models--adefossez--HTDemucs-ft" / "snapshots" / "main"
    folder.mkdir(parents=True)
    networks = [plug_ins.tiny_demucs(kind, seed) for seed, _ in enumerate(signatures)]
    for network, signature in zip(networks, signatures, strict=True):
        plug_ins.save_safetensors(network, folder / f"{signature}.safetensors")
    return networks


def test_a_bag_of_networks_is_found_in_the_cache_of_the_hub(song, tmp_path, monkeypatch):
    from demucs.apply import BagOfModels

    networks = fetched("HDemucs", ["f7e0c4bc", "d12395a8", "92cfc3b6", "04573f0d"], tmp_path, monkeypatch)
    result = run(song, model="htdemucs_ft", shifts=0)
    expected = by_the_package(BagOfModels(networks, np.eye(4).tolist()), song)
    for name, samples in zip(plug_ins.SOURCES, expected, strict=True):
        np.testing.assert_allclose(result.stems[name].samples, samples, atol=2e-6)
    (note,) = result.provenance.notes
    assert "f7e0c4bc.safetensors" in note
    assert "provided only for scientific purposes" in note


def test_shifts_are_drawn_with_the_seed_and_averaged(song, tmp_path):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th"))
    first, again, plain = (
        run(song, model=path, shifts=2),
        run(song, model=path, shifts=2),
        run(song, model=path, shifts=0),
    )
    bass = first.stems["bass"].samples
    np.testing.assert_array_equal(bass, again.stems["bass"].samples)
    assert np.abs(bass - plain.stems["bass"].samples).max() > 1e-4
    assert np.corrcoef(bass.ravel(), plain.stems["bass"].samples.ravel())[0, 1] > 0.5


@pytest.mark.parametrize(("rate", "channels"), [(11025, 1), (8000, 3), (44100, 2)])
def test_rates_and_channels_of_the_file_are_kept(rate, channels, tmp_path, rng):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th"))
    mixture = AudioClip(rng.uniform(-0.5, 0.5, (channels, rate + 17)), rate)
    result = run(mixture, model=path)
    assert {(stem.channels, stem.length, stem.sample_rate) for stem in result.stems.values()} == {
        (channels, rate + 17, rate)
    }
    assert min(np.abs(result.stems[name].samples).max() for name in plug_ins.SOURCES) > 1e-3
    np.testing.assert_allclose(sum(stem.samples for stem in result.stems.values()), mixture.samples, atol=1e-6)


def test_a_mono_file_is_two_equal_channels(tmp_path, rng):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th"))
    mono = rng.uniform(-0.5, 0.5, (1, RATE)).astype(np.float32)
    narrow, wide = (run(AudioClip(samples, RATE), model=path, shifts=0) for samples in (mono, np.repeat(mono, 2, 0)))
    for name in plug_ins.SOURCES:
        mean = wide.stems[name].samples.mean(axis=0)
        np.testing.assert_allclose(narrow.stems[name].samples[0], mean, atol=1e-6)


@pytest.mark.parametrize("length", [0, 1, 100])
def test_silence_and_hardly_anything_at_all(length, tmp_path):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th"))
    result = run(AudioClip(np.zeros((2, length)), RATE), model=path)
    assert {stem.length for stem in result.stems.values()} == {length}
    assert all(np.abs(stem.samples).max(initial=0) < 1e-6 for stem in result.stems.values())


def test_progress_never_falls_and_it_can_be_given_up(song, tmp_path):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th"))
    steps = separate(song, DemucsParams(model=path), context=RunContext(device="cpu"))
    fractions = [next(steps).fraction for _ in range(6)]
    assert fractions == sorted(fractions)
    assert fractions[-1] < 1.0
    steps.close()


def test_weights_that_were_not_fetched_are_named_with_their_terms_and_the_command(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    soundfile.write(tmp_path / "song.wav", np.zeros((800, 2)), 8000)
    assert main(["separate", "demucs", str(tmp_path / "song.wav"), "-o", str(tmp_path / "out")]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    for named in (
        "Demucs htdemucs (provided only for scientific purposes)",
        "955717e8.safetensors of adefossez/HTDemucs",
        str(tmp_path / "hf" / "hub"),
        str(tmp_path / "torch" / "hub" / "checkpoints"),
        "get_model(",
    ):
        assert named in line
    assert sorted(tmp_path.rglob("*.safetensors")) == []


def test_a_pickle_that_would_run_something_is_refused(song, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    import torch

    torch.save({"klass": Evil(), "args": (), "kwargs": {}, "state": {}}, tmp_path / "evil.th")
    with pytest.raises(CheckpointError, match="no model of Demucs"):
        run(song, model=str(tmp_path / "evil.th"))
    assert not (tmp_path / "ran").exists()
    (tmp_path / "plain.th").write_bytes(pickle.dumps({"klass": 1}))
    with pytest.raises(CheckpointError, match="no model of Demucs"):
        run(song, model=str(tmp_path / "plain.th"))


def test_a_file_cannot_choose_what_is_imported(song, tmp_path):
    from safetensors.numpy import save_file

    metadata = {"klass": "antigravity.Anything", "args": json.dumps([]), "kwargs": json.dumps({})}
    save_file({"a": np.zeros(1)}, tmp_path / "odd.safetensors", metadata)
    with pytest.raises(CheckpointError, match=r"antigravity\.Anything"):
        run(song, model=str(tmp_path / "odd.safetensors"))


def test_settings_that_cannot_work_are_named(song, tmp_path):
    path = str(plug_ins.save_th(plug_ins.tiny_demucs("HTDemucs"), tmp_path / "tiny.th"))
    with pytest.raises(ParameterError, match=r"segment = 3.*at most the 1 s"):
        run(song, model=path, segment=3.0)
    with pytest.raises(ParameterError, match=r"model = 'tdemucs'.*htdemucs_ft.*mdx"):
        run(song, model="tdemucs")
    with pytest.raises(CheckpointError, match="no such file"):
        run(song, model=str(tmp_path / "absent.th"))
    with pytest.raises(ParameterError, match="segment"):
        DemucsParams(segment=0.01)


def test_it_runs_from_the_command_line(tmp_path, rng):
    path = plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th")
    soundfile.write(tmp_path / "song.wav", rng.uniform(-0.5, 0.5, (RATE, 2)), 11025, "FLOAT")
    command = ["separate", "demucs", str(tmp_path / "song.wav"), "-o", str(tmp_path / "out"), "--device", "cpu"]
    assert main([*command, "--model", str(path), "--shifts", "0"]) == 0
    written = sorted((tmp_path / "out" / "song").iterdir())
    assert [one.stem for one in written] == ["bass", "drums", "other", "residual", "vocals"]
    total = sum(soundfile.read(one)[0] for one in written)
    np.testing.assert_allclose(total, soundfile.read(tmp_path / "song.wav")[0], atol=1e-6)


def test_it_runs_from_a_script(song, tmp_path):
    path = plug_ins.save_th(plug_ins.tiny_demucs("HDemucs"), tmp_path / "tiny.th")
    result = registry.separate("demucs", song.samples, RATE, model=str(path), shifts=0, device="cpu")
    np.testing.assert_array_equal(
        result.stems["bass"].samples, run(song, model=str(path), shifts=0).stems["bass"].samples
    )


def test_the_memory_is_told_before(song):
    spec = registry.method("demucs")
    one, four = (spec.memory(song, DemucsParams(model=name), RunContext()) for name in ("htdemucs", "htdemucs_ft"))
    assert 0 < one < four
