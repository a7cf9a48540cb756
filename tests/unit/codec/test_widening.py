"""Models of many channels that begin as mono ones."""

import dataclasses

import numpy as np
import pytest
from tiny_codecs import TINY, noise, tiny_codec

from sepstudio import codec
from sepstudio.codec.cards import Widening, read_codec_card
from sepstudio.codec.widening import end_keys
from sepstudio.errors import ParameterError

MONO = dataclasses.replace(TINY, channels=1, tanh=False)


@pytest.fixture(scope="module")
def mono():
    return tiny_codec(MONO, seed=2)


def test_equal_channels_give_the_codes_and_the_output_of_the_mono_model(mono):
    wide = codec.widen(mono, 16, "mean")
    samples = noise(1, 3000)
    alone, together = mono.encode(samples, 8000), wide.encode(np.repeat(samples, 16, axis=0), 8000)
    assert np.array_equal(together.codes, alone.codes)
    decoded = np.repeat(mono.decode(alone).samples, 16, axis=0)
    np.testing.assert_allclose(wide.decode(together).samples, decoded, atol=1e-6)


def test_the_output_is_that_before_the_tanh():
    mono = tiny_codec(dataclasses.replace(MONO, tanh=True), seed=2)
    wide = codec.widen(mono, 3, "mean")
    assert not wide.config.tanh
    codes = mono.encode(noise(1, 1000), 8000)
    together = dataclasses.replace(codes, config=wide.config, model_sha256=wide.sha256)
    np.testing.assert_allclose(np.tanh(wide.decode(together).samples[2]), mono.decode(codes).samples[0], atol=1e-6)


def test_one_channel_of_the_paper_s_kernels_is_the_mono_signal(mono):
    samples = noise(1, 2000)
    wide = codec.widen(mono, 4, "replicate")
    one = np.zeros((4, 2000), np.float32)
    one[2] = samples[0]
    assert np.array_equal(wide.encode(one, 8000).codes, mono.encode(samples, 8000).codes)


@pytest.mark.parametrize(("mode", "share"), [("replicate", 1.0), ("level", 0.5), ("mean", 1 / 16)])
def test_kernels_are_the_mono_one_by_a_factor(mono, mode, share):
    first, last = end_keys(MONO)
    wide = codec.widen(mono, 16, mode)
    kernel, ours = mono.network.encoder.block[0].weight, wide.network.encoder.block[0].weight
    np.testing.assert_allclose(ours, share * kernel.numpy().repeat(16, axis=1), atol=1e-6)
    changed = {key for key, values in wide.weights.items() if not np.array_equal(values, mono.weights[key])}
    assert changed == {
        f"{first}.weight_v",
        f"{first}.weight_g",
        *(f"{last}.{n}" for n in ("bias", "weight_g", "weight_v")),
    }


def test_diffuse_sound_is_as_loud_as_its_first_channel_after_levelling(mono):
    rng = np.random.default_rng(3)
    orders = np.repeat([0, 1, 2, 3], [1, 3, 5, 7])
    # The power of a diffuse field is shared evenly by the channels of an order.
    field = rng.standard_normal((16, 20000)) / np.sqrt(2 * orders + 1)[:, None]
    wide = codec.widen(mono, 16, "level").network.encoder.block[0].weight.numpy()
    alone = mono.network.encoder.block[0].weight.numpy()

    def power(kernels, signals):
        return np.mean([(kernel[:, 0] @ signals).var() for kernel in kernels])

    assert power(wide, field) == pytest.approx(power(alone, field[:1]), rel=0.05)


def test_widths_of_one_for_snakes_are_left_alone():
    narrow = tiny_codec(dataclasses.replace(MONO, decoder_dim=4), seed=5)
    assert narrow.network.decoder.model[-2].alpha.shape == (1, 1, 1)
    wide = codec.widen(narrow, 16, "mean")
    assert wide.network.decoder.model[-2].alpha.shape == (1, 1, 1)


def test_the_origin_is_kept_in_the_file(mono, tmp_path):
    wide = codec.widen(mono, 16, "level")
    codec.save(tmp_path / "wide.safetensors", wide)
    card = read_codec_card(tmp_path / "wide.safetensors")
    assert card.description.widening == Widening(mono.sha256, "level")
    assert card.description.config == dataclasses.replace(MONO, channels=16)
    assert codec.load(tmp_path / "wide.safetensors", "cpu").sha256 == wide.sha256 != mono.sha256


def test_what_cannot_be_widened_is_refused(mono):
    with pytest.raises(ParameterError, match="mode"):
        codec.widen(mono, 16, "loud")
    with pytest.raises(ParameterError, match="one channel"):
        codec.widen(codec.widen(mono, 2), 16)
    with pytest.raises(ParameterError, match="channels"):
        codec.widen(mono, 0)
