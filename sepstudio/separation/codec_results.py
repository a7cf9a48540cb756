"""Codes of a scene as matrices of a run, from which they can be decoded again or saved."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sepstudio.codec.codes import Codes, frames_of
from sepstudio.codec.config import CodecConfig
from sepstudio.separation.base import TIME_AXIS, Matrix

TOKENS, FACTS, MODEL = "tokens", "facts", "model"
_GAIN, _RATE, _SIZE = "gain", "bits per second", "entries of a codebook"


def matrices_of(codes: Codes, bits_per_second: float) -> dict[str, Matrix]:
    """Return codes as matrices.

    ``tokens`` [codebooks, frames] are the codes themselves, a frame beginning at its time in seconds; ``facts`` name
    the gain that was applied before encoding, the nominal rate of what was decoded and how many entries a codebook
    has, ``model`` holds the bytes of the SHA-256 of the weights.
    """
    config = codes.config
    times = np.arange(codes.frames, dtype=np.float64) * (config.hop_size / config.sample_rate)
    names = tuple(str(number) for number in range(1, codes.codebooks + 1))
    digest = np.frombuffer(bytes.fromhex(codes.model_sha256), np.uint8)
    return {
        TOKENS: Matrix(codes.codes, ("codebook", TIME_AXIS), (names, times)),
        FACTS: Matrix(
            np.array([codes.gain, bits_per_second, config.codebook_size]), ("fact",), ((_GAIN, _RATE, _SIZE),)
        ),
        MODEL: Matrix(digest, ("byte",), (np.arange(float(digest.size)),)),
    }


def codes_of(
    matrices: Mapping[str, Matrix] | None, config: CodecConfig, sha256: str, length: int, sample_rate: int
) -> Codes | None:
    """Return the codes that matrices of a run hold of a model and a number of samples; None where they hold others."""
    if not matrices or model_of(matrices) != sha256:
        return None
    tokens, gain = matrices[TOKENS].values, fact(matrices, _GAIN)
    if tokens.shape[1] != frames_of(length, sample_rate, config):
        return None
    return Codes(tokens, length, sample_rate, gain, sha256, config)


def model_of(matrices: Mapping[str, Matrix]) -> str:
    """Return the SHA-256 of the weights that made the tokens of a run, empty where it has none."""
    if not {TOKENS, FACTS, MODEL} <= matrices.keys():
        return ""
    return np.asarray(matrices[MODEL].values, np.uint8).tobytes().hex()


def rate_of(matrices: Mapping[str, Matrix]) -> float:
    """Return the nominal rate in bits per second of what a run decoded, 0 where that is not known."""
    return fact(matrices, _RATE)


def entries_of(matrices: Mapping[str, Matrix]) -> int:
    """Return how many entries a codebook of the model of a run has, 0 where that is not known."""
    return int(fact(matrices, _SIZE))


def fact(matrices: Mapping[str, Matrix], name: str) -> float:
    """Return one of the facts of a run, 0 where it has none."""
    facts = matrices.get(FACTS)
    names = facts.coordinates[0] if facts is not None else ()
    return float(facts.values[list(names).index(name)]) if facts is not None and name in names else 0.0
