"""Models of the codec for scripts: files, encoding and decoding, and what is said of wrong ones."""

import dataclasses
import os
import pickle
import zipfile

import dac_peer
import numpy as np
import pytest
import torch
from tiny_codecs import TINY, noise, tiny_codec, tiny_codec_file

from sepstudio import codec
from sepstudio.codec.cards import CodecDescription, Widening
from sepstudio.codec.codec import Codec
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.nn.checkpoints import save_checkpoint


@pytest.fixture
def model():
    return tiny_codec()


def test_a_model_comes_back_from_its_file(model, tmp_path):
    path = tmp_path / "a.safetensors"
    header = codec.save(path, model)
    found = codec.load(str(path), "cpu")
    assert found.sha256 == model.sha256 == header.sha256
    assert found.description == model.description
    samples = noise(length=700)
    assert np.array_equal(found.encode(samples, 8000).codes, model.encode(samples, 8000).codes)


def test_weights_are_kept_once_and_read_again_from_the_file_that_they_came_from(model, tmp_path):
    path = tmp_path / "a.safetensors"
    codec.save(path, model)
    found = codec.load(path, "cpu")
    kept = [value for value in vars(found).values() if isinstance(value, dict) and value]
    assert not kept
    assert found.size == sum(tensor.nbytes for tensor in model.weights.values())
    assert all(np.array_equal(tensor, model.weights[name]) for name, tensor in found.weights.items())
    codec.save(path, tiny_codec(seed=5))
    with pytest.raises(CheckpointError, match="load the model again"):
        codec.save(tmp_path / "b.safetensors", found)
    # To encode and decode they are not needed.
    samples = noise(length=700)
    assert np.array_equal(found.encode(samples, 8000).codes, model.encode(samples, 8000).codes)


def test_a_model_of_the_reference_becomes_a_checkpoint(tmp_path):
    read = codec.load(dac_peer.FIXTURES / "reference.pth", "cpu")
    codec.save(tmp_path / "a.safetensors", read)
    assert codec.load(tmp_path / "a.safetensors", "cpu").sha256 == read.sha256
    assert read.description.name == "reference"
    assert read.config.tanh


def test_a_recording_keeps_its_length_and_its_rate(model):
    for sample_rate, length in ((8000, 1003), (11025, 999), (6000, 1), (8000, 0)):
        codes = model.encode(noise(length=length), sample_rate)
        decoded = model.decode(codes)
        assert (decoded.channels, decoded.length, decoded.sample_rate) == (16, length, sample_rate)
        assert codes.model_sha256 == model.sha256


def test_another_rate_is_resampled_on_the_way():
    model = tiny_codec(dataclasses.replace(TINY, channels=1), seed=3)
    times = np.arange(4000) / 8000
    tone = 0.3 * np.sin(2 * np.pi * 200 * times)
    fast = 0.3 * np.sin(2 * np.pi * 200 * np.arange(8000) / 16000)
    at_rate, above = model.encode(tone, 8000), model.encode(fast, 16000)
    same = at_rate.codes[:, 20:-20] == above.codes[:, 20:-20]
    assert same.mean() > 0.99


def test_tensors_are_taken_as_well_as_arrays(model):
    samples = noise(length=300)
    tensor = torch.from_numpy(samples).requires_grad_()
    assert np.array_equal(model.encode(tensor, 8000).codes, model.encode(samples.astype(np.float64), 8000).codes)


def test_the_gain_is_undone_after_decoding(model):
    samples = noise(length=500)
    louder = model.encode(samples, 8000, gain=4.0)
    assert np.array_equal(louder.codes, model.encode(4 * samples, 8000).codes)
    plain = dataclasses.replace(louder, gain=1.0)
    np.testing.assert_allclose(4 * model.decode(louder).samples, model.decode(plain).samples, rtol=1e-6, atol=1e-7)


def test_fewer_codebooks_at_decoding_are_fewer_at_encoding(model):
    samples = noise(length=500)
    every, two = model.encode(samples, 8000), model.encode(samples, 8000, codebooks=2)
    expected = model.decode(two).samples
    assert np.array_equal(model.decode(every, codebooks=2).samples, expected)
    assert not np.allclose(model.decode(every).samples, expected)
    assert not np.allclose(model.decode(every, left_out=0).samples, model.decode(every, left_out=1).samples)


def test_a_codec_does_not_follow_the_network_that_it_was_made_of(model):
    network = model.trainable()
    made = Codec.of(network, model.description, device="cpu")
    samples = noise(length=300)
    before = made.decode(made.encode(samples, 8000)).samples
    with torch.no_grad():
        for values in network.parameters():
            values.add_(0.1)
    assert np.array_equal(made.decode(made.encode(samples, 8000)).samples, before)
    assert made.sha256 == model.sha256 != Codec.of(network, model.description, device="cpu").sha256


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"samples": noise(4)}, "16 channels"),
        ({"samples": np.full((16, 10), np.nan)}, "finite"),
        ({"codebooks": 0}, "from 1 to 3"),
        ({"codebooks": 4}, "from 1 to 3"),
        ({"gain": 0.0}, "gain"),
        ({"gain": float("inf")}, "gain"),
        ({"sample_rate": 0}, "sample_rate"),
    ],
)
def test_what_cannot_be_encoded_is_named(model, arguments, said):
    with pytest.raises(ParameterError, match=said):
        model.encode(**{"samples": noise(length=100), "sample_rate": 8000} | arguments)


def test_codes_of_another_model_are_refused(model):
    codes = tiny_codec(seed=7).encode(noise(length=100), 8000)
    with pytest.raises(CheckpointError, match="load the model that made them"):
        model.decode(codes)


@pytest.mark.parametrize(
    "choice", [{"codebooks": 3}, {"codebooks": 0}, {"left_out": 2}, {"codebooks": 1, "left_out": 0}]
)
def test_codebooks_that_are_not_there_are_refused(model, choice):
    codes = model.encode(noise(length=100), 8000, codebooks=2)
    with pytest.raises(ParameterError):
        model.decode(codes, **choice)


def test_files_that_are_no_models_are_refused(tmp_path):
    (tmp_path / "text").write_text("hello, this is no model")
    (tmp_path / "empty").write_bytes(b"")
    save_checkpoint(
        tmp_path / "other", {}, kind="phase model", config={}, provenance=tiny_codec().description.provenance
    )
    for name, said in (
        ("text", "no checkpoint"),
        ("empty", "no checkpoint"),
        ("other", "kind"),
        ("missing", "missing"),
    ):
        with pytest.raises(CheckpointError, match=said):
            codec.load(tmp_path / name)


def test_a_damaged_file_is_refused(tmp_path):
    path = tiny_codec_file(tmp_path / "a.safetensors")
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged"):
        codec.load(path)


def test_weights_of_another_size_are_refused(model, tmp_path):
    wrong = dataclasses.replace(TINY, codebook_size=64)
    description = CodecDescription("x", "", wrong, model.description.provenance)
    config = description.to_json()
    save_checkpoint(tmp_path / "a", model.weights, kind="codec", config=config, provenance=description.provenance)
    with pytest.raises(CheckpointError, match="tensor quantizer"):
        codec.load(tmp_path / "a", "cpu")


def test_a_pickle_that_runs_something_is_refused_and_does_not(tmp_path):
    class Runs:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "made"),)

    torch.save({"state_dict": {}, "metadata": {"kwargs": Runs()}}, tmp_path / "new.pth")
    (tmp_path / "old.pth").write_bytes(pickle.dumps({"state_dict": Runs()}, protocol=2))
    for name in ("new.pth", "old.pth"):
        with pytest.raises(CheckpointError, match="safely"):
            codec.load(tmp_path / name)
    assert not (tmp_path / "made").exists()


def test_packages_of_programs_and_other_archives_are_refused(tmp_path):
    for name, entry, said in (("a", "model/.data/extern_modules", "torch.package"), ("b", "photo.jpg", "archive")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(entry, b"x")
        with pytest.raises(CheckpointError, match=said):
            codec.load(tmp_path / name)


def _changed(path, change):
    read = codec.load(dac_peer.FIXTURES / "reference.pth", "cpu")
    weights = {name: torch.from_numpy(values.copy()) for name, values in read.weights.items()}
    content = {"state_dict": weights, "metadata": {"kwargs": dac_peer.TINY | {"quantizer_dropout": False}}}
    change(content)
    torch.save(content, path)
    return path


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content.pop("metadata"), "no model of descript-audio-codec"),
        (lambda content: content["metadata"]["kwargs"].pop("latent_dim"), "no model of descript-audio-codec"),
        (lambda content: content["metadata"]["kwargs"].update(n_codebooks=5), "quantizers.4"),
        (lambda content: content["metadata"]["kwargs"].update(codebook_dim=[4, 4, 4, 4]), "codebook_dim"),
        (lambda content: content["state_dict"].popitem(), "missing"),
        (lambda content: content["state_dict"]["encoder.block.0.bias"].fill_(float("nan")), "finite"),
        (lambda content: content["state_dict"].update(more=torch.zeros(2)), "more"),
    ],
)
def test_models_of_the_reference_that_fit_nothing_are_refused(change, said, tmp_path):
    with pytest.raises(CheckpointError, match=said):
        codec.load(_changed(tmp_path / "a.pth", change), "cpu")


def test_a_latent_that_is_not_given_is_as_wide_as_the_encoder(tmp_path):
    def change(content):
        content["metadata"]["kwargs"]["latent_dim"] = None

    # Four channels, doubled twice: that is not the latent of eight that the weights have.
    with pytest.raises(CheckpointError, match=r"16"):
        codec.load(_changed(tmp_path / "a.pth", change), "cpu")


def test_descriptions_must_fit():
    origin = tiny_codec().description.provenance
    with pytest.raises(ParameterError, match="name"):
        CodecDescription(" ", "", TINY, origin)
    with pytest.raises(ParameterError, match="source_sha256"):
        Widening("short", "mean")
    with pytest.raises(ParameterError, match="mode"):
        Widening("0" * 64, "loud")
