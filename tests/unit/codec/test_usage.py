"""How much of codebooks is used."""

import numpy as np
import pytest

from sepstudio.codec.usage import usage_of
from sepstudio.errors import ParameterError


def test_known_cases():
    codes = np.array([np.arange(64) % 16, np.zeros(64), np.arange(64) % 2 * 3], np.uint16)
    usage = usage_of(codes, 16)
    assert (usage.codebooks, usage.size, usage.frames) == (3, 16, 64)
    assert usage.entropy_bits == pytest.approx([4.0, 0.0, 1.0])
    assert usage.perplexity == pytest.approx([16.0, 1.0, 2.0])
    assert usage.dead.tolist() == [0, 15, 14]
    assert usage.counts[2].tolist() == [32, 0, 0, 32, *[0] * 12]
    assert usage.shares.sum(axis=1) == pytest.approx(1.0)


def test_nothing_to_count():
    usage = usage_of(np.zeros((2, 0), np.uint16), 8)
    assert usage.frames == 0
    assert usage.entropy_bits == pytest.approx(0.0)
    assert usage.dead.tolist() == [8, 8]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="from 0 to 7"):
        usage_of(np.array([[8]]), 8)
    with pytest.raises(ParameterError, match="shape"):
        usage_of(np.zeros(4, int), 8)
