"""The models that ship with the program are what their cards say, and separate what they say they separate."""

import numpy as np
import pytest

from sepstudio import separate
from sepstudio.io.audio import open_audio
from sepstudio.metrics.distortion import si_sdr
from sepstudio.nn.checkpoints import load_checkpoint
from sepstudio.nn.library import find_model, installed
from sepstudio.nn.phase_models import MODEL_KIND, read_model_card
from sepstudio.paths import resource

LARGEST = 52_000_000
SHIPPED = ("phase-small", "phase-small-amplitude")


def test_they_are_small_and_there():
    shipped = [model for model in installed() if model.shipped]
    assert [model.name for model in shipped] == ["hoa-small", *SHIPPED]
    assert sum(model.path.stat().st_size for model in shipped) <= LARGEST
    assert find_model("").name == "phase-small.safetensors"


@pytest.mark.parametrize("name", SHIPPED)
def test_their_cards_say_what_must_be_known(name):
    path = find_model(name)
    card = read_model_card(path)
    assert (card.name, card.instruments) == (name, ("bass", "drums", "other", "vocals"))
    assert card.licence
    assert all("(" in data_set for data_set in card.provenance.data_sets)
    assert {"held-out SDR in dB, mean", "held-out SDR in dB, mean of the ideal ratio mask"} <= set(
        card.provenance.figures
    )
    header, _ = load_checkpoint(path, kind=MODEL_KIND)
    assert header.sha256 == card.sha256


@pytest.mark.parametrize("name", SHIPPED)
def test_they_take_the_demo_song_apart(name):
    mixture = open_audio(resource("demo", "mixture.flac"))
    result = separate("dnn", mixture.read(0, mixture.length), mixture.sample_rate, model=name, device="cpu")
    total = sum(stem.read(0, mixture.length) for stem in result.stems.values())
    np.testing.assert_allclose(total, mixture.read(0, mixture.length), atol=1e-6)
    for instrument in ("bass", "drums"):
        true = open_audio(resource("demo", f"{instrument}.flac"))
        assert si_sdr(true, result.stems[instrument]) > si_sdr(true, mixture) + 2.0
