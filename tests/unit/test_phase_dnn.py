"""Separation with networks: which stems there are, that they sum to the mixture, and what is refused."""

import numpy as np
import pytest
import torch
from tiny_models import INSTRUMENTS, tiny_model

import sepstudio
from sepstudio.errors import CheckpointError, DeviceError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.nn.phase_estimates import Estimator
from sepstudio.nn.phase_models import load_model, read_model_card
from sepstudio.separation.base import RunContext
from sepstudio.separation.parameters import from_json, to_json
from sepstudio.separation.phase_dnn import METHOD, Instruments, PhaseDnnParams
from sepstudio.separation.registry import method

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44100


def noise(channels, length=6000, seed=0):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, length))).astype(np.float32)


def total(separation):
    return sum(clip.samples for clip in separation.stems.values())


@pytest.fixture(scope="module")
def band(tmp_path_factory):
    return tiny_model(tmp_path_factory.mktemp("model") / "band.safetensors")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [RATE, 48000, 22050, 96000])
def test_stems_sum_to_the_mixture(band, channels, rate):
    x = noise(channels, rate // 8)
    result = sepstudio.separate("dnn", x, rate, model=band)
    assert tuple(result.stems) == INSTRUMENTS
    assert all(stem.sample_rate == rate and stem.samples.shape == x.shape for stem in result.stems.values())
    np.testing.assert_allclose(total(result), x, atol=1e-6)
    assert all(np.abs(stem.samples).max() > 1e-3 for stem in result.stems.values())


@pytest.mark.parametrize("changes", [{"iterations": 0}, {"iterations": 3}, {"spatial": False}])
def test_every_filter_sums_to_the_mixture(band, changes):
    x = noise(2)
    result = sepstudio.separate("dnn", x, RATE, model=band, **changes)
    np.testing.assert_allclose(total(result), x, atol=1e-6)


def test_some_instruments_leave_the_sum_of_the_others(band):
    x = noise(2)
    whole = sepstudio.separate("dnn", x, RATE, model=band).stems
    some = sepstudio.separate("dnn", x, RATE, model=band, instruments="vocals, bass").stems
    assert tuple(some) == ("bass", "vocals", "rest")
    for name in ("bass", "vocals"):
        np.testing.assert_array_equal(some[name].samples, whole[name].samples)
    np.testing.assert_allclose(some["rest"].samples, whole["drums"].samples + whole["other"].samples, atol=1e-6)


@pytest.mark.parametrize("instruments", [("vocals",), ("bass", "drums")])
def test_what_no_network_finds_is_the_rest(tmp_path, instruments):
    path = tiny_model(tmp_path / "few.safetensors", instruments)
    x = noise(2)
    result = sepstudio.separate("dnn", x, RATE, model=path)
    assert tuple(result.stems) == (*instruments, "rest")
    np.testing.assert_allclose(total(result), x, atol=1e-6)
    # Ten times as loud: the networks, trained at another level, find little of it.
    loud = sepstudio.separate("dnn", 100 * x, RATE, model=path).stems["rest"].samples / 100
    assert np.square(loud).mean() > np.square(result.stems["rest"].samples).mean()


def test_silence_stays_silent(band):
    result = sepstudio.separate("dnn", np.zeros((2, 3000), np.float32), RATE, model=band)
    assert all(not stem.samples.any() for stem in result.stems.values())


@pytest.mark.parametrize("length", [1, 63, 64, 257])
def test_short_recordings(band, length):
    x = noise(2, length)
    np.testing.assert_allclose(total(sepstudio.separate("dnn", x, RATE, model=band)), x, atol=1e-6)


def test_equal_channels_stay_equal_and_mono_is_one_of_them(band):
    x = noise(1)
    mono = sepstudio.separate("dnn", x, RATE, model=band)
    stereo = sepstudio.separate("dnn", np.repeat(x, 2, axis=0), RATE, model=band)
    for name, stem in stereo.stems.items():
        np.testing.assert_allclose(stem.samples[0], stem.samples[1], atol=1e-6)
        # The same estimates; a spatial covariance of equal channels changes no ratio but for its small diagonal.
        np.testing.assert_allclose(mono.stems[name].samples[0], stem.samples[0], atol=1e-4)


def test_a_mono_model_looks_at_each_channel(tmp_path):
    path = tiny_model(tmp_path / "mono.safetensors", channels=1)
    x = noise(2)
    both = sepstudio.separate("dnn", x, RATE, model=path, iterations=0)
    for channel in range(2):
        alone = sepstudio.separate("dnn", x[channel : channel + 1], RATE, model=path, iterations=0)
        for name, stem in both.stems.items():
            np.testing.assert_allclose(stem.samples[channel], alone.stems[name].samples[0], atol=1e-6)


def test_pairs_of_channels_are_seen_as_stereo(band):
    x = noise(4)
    four = sepstudio.separate("dnn", x, RATE, model=band, iterations=0)
    for first in (0, 2):
        pair = sepstudio.separate("dnn", x[first : first + 2], RATE, model=band, iterations=0)
        for name, stem in four.stems.items():
            np.testing.assert_allclose(stem.samples[first : first + 2], pair.stems[name].samples, atol=1e-6)


def test_another_sample_rate_changes_little(tmp_path):
    """What sounds the same is separated the same: one sound at the model's own rate and at 48 kHz."""
    path = tiny_model(tmp_path / "fine.safetensors", fft_size=2048, hop_size=512)
    generator = np.random.default_rng(1)
    tones, starts = generator.uniform(50, 19000, 1200), generator.uniform(0, 2 * np.pi, (2, 1200))
    energies = {}
    for rate in (RATE, 48000):
        turns = 2 * np.pi * np.outer(np.arange(rate // 4) / rate, tones)
        x = np.stack([0.01 * np.sin(turns + start).sum(axis=1) for start in starts])
        stems = sepstudio.separate("dnn", x, rate, model=path).stems
        energies[rate] = [np.square(stem.samples).mean() for stem in stems.values()]
    np.testing.assert_allclose(energies[48000], energies[RATE], rtol=0.05)


def test_provenance_names_the_model(band):
    result = sepstudio.separate("dnn", noise(2), 48000, model=band, device="cpu")
    made = result.provenance
    assert (made.method, made.device) == ("dnn", "cpu")
    assert made.model_hash == read_model_card(band).sha256 == load_model(band).header.sha256
    assert "torch" in made.versions
    assert "model band" in made.notes
    assert any("48000 Hz" in note for note in made.notes)
    assert from_json(PhaseDnnParams, made.params) == PhaseDnnParams(model=str(band))


def test_a_model_is_loaded_once_for_two_runs(band):
    context = RunContext()
    for _ in range(2):
        drain(METHOD.run(AudioClip(noise(2), RATE), PhaseDnnParams(model=str(band)), context=context))
    assert [loaded.path for loaded in context.models.loaded()] == [band]


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"model": "nowhere"}, CheckpointError, "nowhere"),
        ({"instruments": "kazoo"}, ParameterError, "kazoo.*bass, drums, other, vocals"),
    ],
)
def test_what_is_not_there_is_told(band, params, error, message):
    with pytest.raises(error, match=message):
        sepstudio.separate("dnn", noise(2), RATE, **({"model": band} | params))


def test_a_file_that_is_no_model_is_told(tmp_path):
    path = tmp_path / "song.wav"
    path.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(CheckpointError, match=r"song\.wav.*is no checkpoint"):
        sepstudio.separate("dnn", noise(2), RATE, model=path)


def test_a_rate_far_from_the_models_is_told(band):
    with pytest.raises(ParameterError, match="44100 Hz"):
        sepstudio.separate("dnn", noise(2), 200, model=band)


def test_a_missing_device_is_told(band):
    with pytest.raises(DeviceError, match="cuda:99"):
        sepstudio.separate("dnn", noise(2), RATE, model=band, device="cuda:99")


@pytest.mark.parametrize("method_id", ["dnn", "oracle_phase"])
def test_too_little_memory_of_a_gpu_is_told(band, method_id, monkeypatch):
    def inputs(*given):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Estimator, "inputs", inputs)
    x = noise(2)
    with pytest.raises(DeviceError, match="its memory is too small"):
        sepstudio.separate(method_id, x, RATE, model=band, references={INSTRUMENTS[0]: x})


def test_instruments_have_a_text_form():
    assert Instruments.from_text(" bass,drums ") == Instruments(("bass", "drums"))
    assert Instruments.from_text("") == Instruments()
    params = PhaseDnnParams(instruments=Instruments(("bass", "vocals")))
    assert to_json(params)["instruments"] == "bass, vocals"
    assert from_json(PhaseDnnParams, to_json(params)) == params
    for text in ("bass,,drums", "bass, bass"):
        with pytest.raises(ParameterError):
            Instruments.from_text(text)


def test_the_method_is_registered_with_a_preset_for_each_shipped_model():
    spec = method("dnn")
    assert [preset.params.model for preset in spec.presets] == ["phase-small", "phase-small-amplitude"]
    assert spec.short == "Networks"
