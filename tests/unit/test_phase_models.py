"""Models of several networks in one file: what is saved is loaded, and described without torch."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from tiny_models import ORIGIN, network, tiny_model

from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.nn.checkpoints import load_checkpoint, read_header, save_checkpoint
from sepstudio.nn.phase_cards import MODEL_KIND
from sepstudio.nn.phase_checkpoints import load_network, save_network
from sepstudio.nn.phase_models import load_model, read_model_card, save_model
from sepstudio.nn.phase_network import parameter_count

pytestmark = pytest.mark.usefixtures("one_thread")


def test_a_model_is_what_was_saved(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums", "bass"))
    model = load_model(path)
    assert (model.name, tuple(model.networks), model.device) == ("band", ("drums", "bass"), "cpu")
    original, statistics = network("bass", seed=1)
    for name, weight in original.state_dict().items():
        assert torch.equal(model.networks["bass"].state_dict()[name], weight)
    np.testing.assert_array_equal(model.statistics["bass"].target.mean, statistics.target.mean)
    assert not any(part.training for part in model.networks.values())
    assert model.header.sha256 == read_header(path, kind=MODEL_KIND).sha256
    weights = sum(w.nbytes for part in model.networks.values() for w in part.state_dict().values())
    assert model.size == weights > 0


def test_a_card_tells_what_the_file_holds(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums", "bass"))
    card = read_model_card(path)
    assert card.instruments == ("drums", "bass")
    assert (card.sample_rate, card.channels, card.fft_size, card.hop_size) == (44100, 2, 256, 64)
    assert card.parameters == sum(parameter_count(config) for config in load_model(path).configs)
    assert card.size == path.stat().st_size
    assert card.sha256 == load_model(path).header.sha256
    assert (card.licence, card.data_sets, card.figures) == (ORIGIN.licence, ORIGIN.data_sets, ORIGIN.figures)


def test_a_card_needs_no_torch(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums",))
    code = (
        "import pathlib, sys; from sepstudio.nn.phase_models import read_model_card;"
        f"print(read_model_card(pathlib.Path({str(path)!r})).name, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["band", "False"]


def test_a_single_network_is_a_model_of_one_instrument(tmp_path):
    path = tmp_path / "my-bass.safetensors"
    save_network(path, *network("bass"), ORIGIN)
    model, card = load_model(path), read_model_card(path)
    assert tuple(model.networks) == card.instruments == ("bass",)
    assert model.name == card.name == "my-bass"
    assert "bass" in card.summary
    assert card.parameters == parameter_count(model.configs[0])
    alone = load_network(path).network.state_dict()
    assert all(torch.equal(weight, alone[name]) for name, weight in model.networks["bass"].state_dict().items())


def test_a_model_is_no_single_network(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums", "bass"))
    with pytest.raises(CheckpointError, match="'phase model', not 'phase network'"):
        load_network(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hop_size": 32}, "hop_size"),
        ({"fft_size": 128}, "fft_size"),
        ({"sample_rate": 48000}, "sample_rate"),
        ({"channels": 1}, "channels"),
    ],
)
def test_networks_that_cannot_share_a_spectrum_are_no_model(tmp_path, change, message):
    parts = {"bass": network("bass"), "drums": network("drums", **change)}
    with pytest.raises(ParameterError, match=message):
        save_model(tmp_path / "no.safetensors", parts, ORIGIN, name="no", summary="")
    assert not (tmp_path / "no.safetensors").exists()


@pytest.mark.parametrize(
    ("parts", "name"),
    [({}, "no"), ({"vocals": "bass"}, "no"), ({"bass": "bass"}, " "), ({"bass": "bass"}, "two\nlines")],
)
def test_what_is_no_model_is_not_written(tmp_path, parts, name):
    networks = {instrument: network(of) for instrument, of in parts.items()}
    with pytest.raises(ParameterError):
        save_model(tmp_path / "no.safetensors", networks, ORIGIN, name=name, summary="")


@pytest.mark.parametrize(
    "change",
    [
        lambda config, tensors: config["networks"].reverse(),
        lambda config, tensors: config["networks"].append(config["networks"][0]),
        lambda config, tensors: config.update(networks=[]),
        lambda config, tensors: config.update(networks="bass"),
        lambda config, tensors: config.update(name=3),
        lambda config, tensors: config.update(more=1),
        lambda config, tensors: config["networks"].pop(),
        lambda config, tensors: tensors.update({"7.weights.output_bias": np.zeros(3, np.float32)}),
        lambda config, tensors: tensors.pop("0.weights.output_bias"),
        lambda config, tensors: tensors.update(stray=np.zeros(3, np.float32)),
    ],
)
def test_a_file_that_does_not_fit_together_is_refused(tmp_path, change):
    path = tmp_path / "band.safetensors"
    parts = {"bass": network("bass", bands=4), "drums": network("drums", bands=5)}
    save_model(path, parts, ORIGIN, name="band", summary="")
    header, tensors = load_checkpoint(path, kind=MODEL_KIND)
    config = {**header.config, "networks": list(header.config["networks"])}
    change(config, tensors)
    save_checkpoint(path, tensors, kind=MODEL_KIND, config=config, provenance=ORIGIN)
    with pytest.raises(CheckpointError, match="does not fit together"):
        load_model(path)


def test_a_damaged_file_is_found_out(tmp_path):
    path = tiny_model(tmp_path / "band.safetensors", ("drums",))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(path)
