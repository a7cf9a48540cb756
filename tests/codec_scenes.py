"""Scenes of noise, and codecs with random weights among the user's models, for the method and the tab of the codec."""

import numpy as np
import soundfile
from tiny_codecs import tiny_codec_file

from sepstudio.codec.config import CodecConfig
from sepstudio.nn.library import SUFFIX, own_folder

RATE = 44100
SMALL = CodecConfig(
    encoder_dim=4, encoder_rates=(4, 8), decoder_dim=16, decoder_rates=(8, 4), latent_dim=8, codebooks=4,
    codebook_size=64, codebook_dim=4,
)  # fmt: skip


def install_codec(name="hoa-small", config=SMALL, seed=0):
    """Put a codec with random weights among the user's models; returns its file."""
    own_folder().mkdir(parents=True, exist_ok=True)
    return tiny_codec_file(own_folder() / f"{name}{SUFFIX}", config, seed)


def scene(seconds=1.0, channels=16, rate=RATE, seed=0):
    """Noise whose channels fall in level, float32 [channels, samples]."""
    noise = np.random.default_rng(seed).standard_normal((channels, round(seconds * rate)))
    return (0.1 * noise / (1 + np.sqrt(np.arange(channels)))[:, np.newaxis]).astype(np.float32)


def write_scene(path, seconds=1.0, channels=16, rate=RATE, seed=0, subtype="FLOAT"):
    """Write noise as a scene; returns the path."""
    soundfile.write(path, scene(seconds, channels, rate, seed).T, rate, subtype)
    return path
