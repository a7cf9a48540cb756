"""Codecs small enough for tests, at random, whose codes vary."""

import functools

import numpy as np
import torch

from sepstudio.codec.cards import CodecDescription
from sepstudio.codec.codec import Codec
from sepstudio.codec.config import CodecConfig
from sepstudio.codec.models import save
from sepstudio.codec.rvqgan import Rvqgan
from sepstudio.nn.provenance import Provenance

TINY = CodecConfig(
    channels=16,
    sample_rate=8000,
    encoder_dim=4,
    encoder_rates=(2, 4),
    decoder_dim=16,
    decoder_rates=(4, 2),
    latent_dim=6,
    codebooks=3,
    codebook_size=32,
    codebook_dim=3,
)
ORIGIN = Provenance("CC0", ("noise",), seed=0, epochs=0, date="2026-11-21", figures={"mel": 2.5}, program="sepstudio")


@functools.cache
def tiny_codec(config=TINY, seed=0):
    """Return a codec of random weights; equal ones for equal arguments."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Rvqgan(config)
    return Codec.of(network, CodecDescription("tiny", "At random.", config, ORIGIN), device="cpu")


def tiny_codec_file(path, config=TINY, seed=0):
    """Write a codec of random weights and return the path."""
    save(path, tiny_codec(config, seed))
    return path


def noise(channels=16, length=4000, seed=1):
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, length))).astype(np.float32)
