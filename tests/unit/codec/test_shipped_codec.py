"""The codec that ships with the program is what its card says, and decodes the demo scene as far as it says."""

import numpy as np
import pytest

from sepstudio.codec.cards import read_codec_card
from sepstudio.codec.config import PRESETS
from sepstudio.codec.library import find_codec
from sepstudio.codec.models import load
from sepstudio.io.audio import open_audio
from sepstudio.paths import resource

LARGEST = 12_000_000


@pytest.fixture(scope="module")
def decoded():
    codec = load(find_codec(""), device="cpu")
    clip = open_audio(resource("demo", "scene.ogg"))
    samples = clip.read(0, clip.length)
    # As the method and the tab encode: the loudest sample at half of full scale.
    codes = codec.encode(samples, clip.sample_rate, gain=0.5 / float(np.abs(samples).max()))
    return codes, samples, codec.decode(codes).samples


def test_its_card_says_what_must_be_known():
    card = read_codec_card(find_codec(""))
    assert card.size <= LARGEST
    assert card.description.config == PRESETS["small"]
    provenance = card.description.provenance
    assert provenance.licence
    assert all("(" in data_set for data_set in provenance.data_sets)
    assert {"validation mel", "validation SI-SDR of W in dB"} <= set(provenance.figures)
    assert "far from transparent" in card.description.summary


def test_its_codes_use_the_codebooks(decoded):
    codes, _, _ = decoded
    assert codes.codes.shape[0] == 18
    # Of a few seconds; a codebook that had collapsed would use a handful of its entries.
    used = [len(np.unique(row)) for row in codes.codes]
    assert min(used) > codes.codes.shape[1] / 12


def test_the_decoded_demo_scene_follows_the_scene(decoded):
    _, scene, out = decoded
    assert out.shape == scene.shape
    assert np.isfinite(out).all()
    levels = 10 * np.log10(np.square(out[:4]).mean(1) / np.square(scene[:4]).mean(1))
    assert np.abs(levels).max() < 6.0
