"""Codecs in the library: listed beside other models, imported, converted from the reference's files, verified."""

import dataclasses
import hashlib
import json

import numpy as np
import pytest
import torch
from file_server import FileServer
from tiny_codecs import TINY, tiny_codec, tiny_codec_file
from tiny_models import tiny_model

from sepstudio.cli import main
from sepstudio.codec.cards import read_codec_card
from sepstudio.codec.models import load
from sepstudio.nn import library
from sepstudio.nn.library import own_folder
from sepstudio.nn.phase_cards import installed_phase_models

pytestmark = pytest.mark.usefixtures("one_thread")

MONO = dataclasses.replace(TINY, channels=1, tanh=True)


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    """A folder that stands for what ships with the program."""
    monkeypatch.setenv("no_proxy", "*")
    folder = tmp_path / "shipped"
    folder.mkdir()
    monkeypatch.setattr(library, "resource", lambda *_: folder)
    tiny_model(folder / "phase-small.safetensors", ("drums", "bass"))
    tiny_codec_file(folder / "hoa-small.safetensors")
    return folder


@pytest.fixture
def reference(tmp_path):
    """A file as descript-audio-codec writes it."""
    path = tmp_path / "weights.pth"
    arguments = {
        "encoder_dim": MONO.encoder_dim,
        "encoder_rates": list(MONO.encoder_rates),
        "latent_dim": MONO.latent_dim,
        "decoder_dim": MONO.decoder_dim,
        "decoder_rates": list(MONO.decoder_rates),
        "n_codebooks": MONO.codebooks,
        "codebook_size": MONO.codebook_size,
        "codebook_dim": MONO.codebook_dim,
        "quantizer_dropout": False,
        "sample_rate": MONO.sample_rate,
    }
    state = {name: torch.tensor(values) for name, values in tiny_codec(MONO).weights.items()}
    torch.save({"state_dict": state, "metadata": {"kwargs": arguments}}, path)
    return path


def told(capsys, *arguments):
    """Return exit status, what was printed, and the lines of complaint."""
    code = main(["models", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.splitlines()


def test_codecs_are_listed_beside_other_models(capsys):
    code, out, _ = told(capsys, "list")
    assert code == 0
    first, second = out.splitlines()
    assert first.split()[0] == "hoa-small"
    assert first.endswith("8 kHz  codec, 16 channels, 15 kbit/s")
    assert second.endswith("44.1 kHz  drums, bass")
    listed = json.loads(told(capsys, "list", "--json")[1])["models"]
    assert [model["card"]["kind"] for model in listed] == ["codec", "phase model"]
    assert listed[0]["card"]["network"] == TINY.to_json()


def test_the_card_of_a_codec_tells_channels_rate_and_origin(capsys):
    code, out, _ = told(capsys, "info", "hoa-small")
    assert code == 0
    for text in (
        "At random.",
        "16 channels",
        "15 kbit/s, 0.9375 kbit/s for each",
        "3 of 32 entries",
        "CC0",
        "mel  2.5",
    ):
        assert text in out
    assert read_codec_card(library.find_model("hoa-small")).sha256 in out


def test_a_codec_is_imported_verified_and_deleted(capsys, tmp_path):
    path = tiny_codec_file(tmp_path / "mine.safetensors", seed=4)
    assert told(capsys, "import", path)[0] == 0
    copy = own_folder() / "mine.safetensors"
    assert copy.read_bytes() == path.read_bytes()
    code, out, _ = told(capsys, "verify", "mine", "--json")
    assert (code, json.loads(out)["mine"]["sha256"]) == (0, tiny_codec(seed=4).sha256)
    content = bytearray(copy.read_bytes())
    content[-3] ^= 1
    copy.write_bytes(content)
    code, _, err = told(capsys, "verify", "mine")
    assert (code, "its weights are not those it was written with" in err[0]) == (2, True)
    assert told(capsys, "delete", "mine")[0] == 0
    assert not copy.exists()


def test_a_codec_that_is_there_already_is_not_imported_again(capsys, tmp_path):
    code, _, err = told(capsys, "import", tiny_codec_file(tmp_path / "again.safetensors"))
    assert (code, "is installed already, as hoa-small" in err[0]) == (2, True)


def test_a_file_of_the_reference_becomes_a_checkpoint_of_the_same_weights(capsys, reference):
    digest = hashlib.sha256(reference.read_bytes()).hexdigest()
    code, out, _ = told(capsys, "import", reference, "--name", "dac mono", "--sha256", digest)
    target = own_folder() / "dac mono.safetensors"
    assert (code, out) == (0, f"dac mono: {target}\n")
    codec, source = load(target, "cpu"), load(reference, "cpu")
    assert codec.sha256 == source.sha256 == tiny_codec(MONO).sha256
    assert codec.config == source.config
    assert codec.description.name == "dac mono"
    x = np.random.default_rng(0).standard_normal((1, 2000)).astype(np.float32)
    assert np.array_equal(codec.encode(x, 8000).codes, source.encode(x, 8000).codes)
    code, _, err = told(capsys, "import", reference)
    assert (code, "is installed already, as dac mono" in err[0]) == (2, True)


def test_a_file_of_the_reference_is_refused_where_it_is_another_or_no_name_is_free(capsys, reference):
    code, _, err = told(capsys, "import", reference, "--sha256", 64 * "0")
    assert (code, "is another file than was asked for" in err[0]) == (2, True)
    code, _, err = told(capsys, "import", reference, "--name", "hoa-small")
    assert (code, "one that no other model has" in err[0]) == (2, True)
    assert not own_folder().exists() or not list(own_folder().iterdir())


def test_a_damaged_file_of_the_reference_installs_nothing(capsys, reference):
    reference.write_bytes(reference.read_bytes()[:-500])
    code, _, err = told(capsys, "import", reference)
    assert (code, len(err)) == (2, 1)
    assert not own_folder().exists() or not list(own_folder().iterdir())


def test_codecs_are_downloaded_those_of_the_reference_too(capsys, tmp_path, reference):
    own = tiny_codec_file(tmp_path / "far.safetensors", seed=5)
    for path in (own, reference):
        with FileServer(path.read_bytes(), path.name).running() as server:
            code, out, err = told(capsys, "download", server.url)
        assert code == 0, err
        assert out == f"{path.stem}: {own_folder() / path.stem}.safetensors\n"


def test_methods_that_separate_are_not_offered_codecs(shipped):
    (shipped / "broken.safetensors").write_text("no model")
    assert [model.name for model in installed_phase_models()] == ["broken", "phase-small"]
