"""Long recordings: blocks give what the whole gives, and stop where they are asked to."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from tiny_codecs import TINY, noise, tiny_codec

from sepstudio.codec.codes import Codes
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.reach import Reach, decoder_reach, encoder_reach
from sepstudio.codec.stream import decode_into, decode_steps, encode_steps, usual_block_frames
from sepstudio.errors import CheckpointError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain

pytestmark = pytest.mark.usefixtures("one_thread")

ODD = dataclasses.replace(TINY, channels=2, encoder_rates=(3, 5, 2), decoder_rates=(5, 6), decoder_dim=8)
DEEP = dataclasses.replace(TINY, channels=1, encoder_rates=(2, 2, 2), decoder_rates=(8,))


def clip_of(length=4003, sample_rate=TINY.sample_rate, channels=16):
    return AudioClip(noise(channels, length), sample_rate)


class Counted(AudioClip):
    """Notes what is read at a time."""

    def __init__(self, samples, sample_rate):
        super().__init__(samples, sample_rate)
        self.sizes = []

    def _read_inside(self, start, stop):
        self.sizes.append(stop - start)
        return super()._read_inside(start, stop)


def network_codes(codec, samples):
    """Return the codes that the network gives in one go."""
    return codec.network.codes_of(torch.tensor(samples)[None])[0].numpy()


def network_samples(codec, codes):
    """Return what the network decodes in one go."""
    latent = codec.network.latent_of(torch.tensor(codes.astype(np.int64))[None])
    return codec.network.decode(latent)[0].numpy()


def test_the_published_strides_reach_as_far_as_was_measured():
    assert encoder_reach(CodecConfig()) == Reach(8, 8)
    assert decoder_reach(CodecConfig()) == Reach(10, 10)


@pytest.mark.parametrize("config", [TINY, ODD, DEEP])
def test_the_encoder_sees_as_far_as_its_reach_and_no_further(config):
    network, reach = tiny_codec(config).network, encoder_reach(config)
    middle = reach.before + 2
    x = torch.randn(1, config.channels, (middle + reach.after + 3) * config.hop_size).requires_grad_()
    network.encoder(x)[0, :, middle].sum().backward()
    seen = np.flatnonzero(x.grad.abs().sum((0, 1)).numpy()) // config.hop_size - middle
    assert (seen.min(), seen.max()) == (-reach.before, reach.after)


@pytest.mark.parametrize("config", [TINY, ODD, DEEP])
def test_the_decoder_sees_as_far_as_its_reach_and_no_further(config):
    network, reach, hop = tiny_codec(config).network, decoder_reach(config), config.hop_size
    middle = reach.before + 2
    latent = torch.randn(1, config.latent_dim, middle + reach.after + 3).requires_grad_()
    network.decode(latent)[..., middle * hop : (middle + 1) * hop].sum().backward()
    seen = np.flatnonzero(latent.grad.abs().sum((0, 1)).numpy()) - middle
    assert (seen.min(), seen.max()) == (-reach.before, reach.after)


@pytest.mark.parametrize("config", [TINY, ODD, DEEP])
@pytest.mark.parametrize("block_frames", [5, 64, 10_000])
def test_blocks_give_the_codes_and_the_sound_of_the_whole(config, block_frames):
    codec, clip = tiny_codec(config), clip_of(length=803, channels=config.channels)
    codes = drain(encode_steps(codec, clip, gain=0.5, block_frames=block_frames))
    assert np.array_equal(codes.codes, network_codes(codec, clip.samples * np.float32(0.5)))
    assert (codes.length, codes.gain, codes.model_sha256) == (803, 0.5, codec.sha256)
    decoded = drain(decode_steps(codec, codes, block_frames=block_frames))
    assert (decoded.length, decoded.channels, decoded.sample_rate) == (803, config.channels, TINY.sample_rate)
    np.testing.assert_allclose(decoded.samples, 2 * network_samples(codec, codes.codes)[:, :803], atol=1e-5)
    assert np.ptp(codes.codes) > 5


@pytest.mark.parametrize("sample_rate", [6000, 11025, 48000])
def test_a_recording_of_another_rate_comes_back_at_its_own(sample_rate):
    codec, clip = tiny_codec(), clip_of(2001, sample_rate)
    codes = drain(encode_steps(codec, clip, block_frames=20))
    assert np.array_equal(codes.codes, codec.encode(clip.samples, sample_rate).codes)
    decoded = drain(decode_steps(codec, codes, block_frames=20))
    assert (decoded.length, decoded.sample_rate) == (2001, sample_rate)
    np.testing.assert_allclose(decoded.samples, codec.decode(codes).samples, atol=1e-5)


def test_codebooks_may_be_fewer_or_one_left_out():
    codec, clip = tiny_codec(), clip_of()
    codes = drain(encode_steps(codec, clip, codebooks=2))
    assert codes.codebooks == 2
    every = drain(encode_steps(codec, clip))
    assert np.array_equal(every.codes[:2], codes.codes)
    for chosen in ({"codebooks": 2}, {"left_out": 1}, {"codebooks": 2, "left_out": 0}):
        decoded = drain(decode_steps(codec, every, block_frames=30, **chosen))
        np.testing.assert_allclose(decoded.samples, codec.decode(every, **chosen).samples, atol=1e-5)


def test_no_more_is_read_at_a_time_than_a_block_and_what_is_around_it():
    clip = Counted(noise(16, 8_000), TINY.sample_rate)
    drain(encode_steps(tiny_codec(), clip, block_frames=50))
    reach = encoder_reach(TINY)
    assert max(clip.sizes) == (50 + reach.before + reach.after) * TINY.hop_size


def test_decoded_blocks_go_to_the_sink_as_they_are_known(tmp_path):
    codec = tiny_codec()
    codes = drain(encode_steps(codec, clip_of()))
    blocks = []
    drain(decode_into(blocks.append, codec, codes, block_frames=100))
    assert [block.shape for block in blocks] == [(16, 800)] * 5 + [(16, 3)]
    kept = drain(decode_steps(codec, codes, sink=ScratchSink(0, tmp_path), block_frames=100))
    assert np.array_equal(kept.samples, np.concatenate(blocks, axis=1))


def test_progress_rises_to_one_in_steps_smaller_than_a_block():
    codec = tiny_codec()
    for steps in (
        encode_steps(codec, clip_of(), block_frames=250),
        decode_steps(codec, tiny_codes(), block_frames=250),
    ):
        fractions = list(steps)
        assert len(fractions) > 10
        assert fractions == sorted(fractions)
        assert fractions[-1] == pytest.approx(1)


def tiny_codes():
    return drain(encode_steps(tiny_codec(), clip_of()))


def test_stopping_leaves_no_mode_of_torch_behind():
    for steps in (encode_steps(tiny_codec(), clip_of()), decode_steps(tiny_codec(), tiny_codes())):
        next(steps)
        assert not torch.is_inference_mode_enabled()
        steps.close()


def test_lost_frames_are_silent_and_leave_their_neighbours_alone():
    codec, codes = tiny_codec(), tiny_codes()
    hop, reach = TINY.hop_size, decoder_reach(TINY)
    noisy = codes.codes.copy()
    noisy[:, 100:140] = np.random.default_rng(5).integers(0, 32, (3, 40))
    lost = ((100, 140),)
    parts = {name: getattr(codes, name) for name in Codes.__dataclass_fields__} | {"codes": noisy, "lost": lost}
    decoded = drain(decode_steps(codec, Codes(**parts), block_frames=64)).samples
    sound = codec.decode(codes).samples
    assert not decoded[:, 101 * hop : 139 * hop].any()
    for before, after in ((0, 100 - reach.after), (140 + reach.before, 10_000)):
        np.testing.assert_allclose(
            decoded[:, before * hop : after * hop], sound[:, before * hop : after * hop], atol=1e-5
        )
    # What was damaged is not heard through the network either.
    same = Codes(**(parts | {"codes": codes.codes}))
    assert np.array_equal(decoded, drain(decode_steps(codec, same, block_frames=64)).samples)


def test_codes_of_which_nothing_is_sound_are_silence():
    codes = dataclasses.replace(tiny_codes(), lost=((0, 501),))
    assert not drain(decode_steps(tiny_codec(), codes)).samples[:, 8:-8].any()


def test_other_models_and_recordings_are_refused_before_anything_is_computed():
    with pytest.raises(CheckpointError, match="load the model that made them"):
        next(decode_steps(tiny_codec(seed=3), tiny_codes()))
    with pytest.raises(ParameterError, match="16 channels"):
        next(encode_steps(tiny_codec(), clip_of(channels=9)))
    with pytest.raises(ParameterError, match="from 1 to 3"):
        next(encode_steps(tiny_codec(), clip_of(), codebooks=4))
    with pytest.raises(ParameterError, match="at least 1"):
        next(encode_steps(tiny_codec(), clip_of(), block_frames=0))


def test_large_networks_take_shorter_blocks():
    sizes = [usual_block_frames(CodecConfig(encoder_dim=dim)) for dim in (8, 64, 1024)]
    assert sizes[0] == 172
    assert all(longer >= shorter for longer, shorter in itertools.pairwise(sizes))
    assert sizes[-1] < 40
