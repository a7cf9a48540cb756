"""What each codebook adds."""

import numpy as np
import pytest
from tiny_codecs import TINY, noise, tiny_codec

from sepstudio.codec.codec import Codec
from sepstudio.errors import CheckpointError
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.metrics import mel_distance, si_sdr
from sepstudio.separation.codec_books import book_steps, stretch_of

RATE = TINY.sample_rate


def done(steps):
    told = []
    while True:
        try:
            told.append(next(steps))
        except StopIteration as end:
            return end.value, told


def test_scores_are_those_of_the_decoded_stretch():
    codec = tiny_codec()
    x = noise(length=4000)
    codes = codec.encode(x, RATE)
    scores, told = done(book_steps(codec, codes, AudioClip(x, RATE)))
    assert (len(scores.first), len(scores.without)) == (3, 3)
    so_far = [each.partial for each in told if each.partial is not None]
    assert [len(each.first) + len(each.without) for each in so_far] == [1, 2, 3, 4, 5, 6]
    fractions = [each.fraction for each in told]
    assert fractions == sorted(fractions)
    inside = slice(10 * TINY.hop_size, 4000 - 10 * TINY.hop_size)
    decoded = codec.decode(codes, 2).samples[:, inside]
    expected = np.mean([si_sdr(a, b) for a, b in zip(x[:, inside], decoded, strict=True)])
    assert scores.first[1].si_sdr == pytest.approx(expected, rel=1e-4)
    assert scores.first[1].mel == pytest.approx(mel_distance(x[0, inside], decoded[0], sample_rate=RATE), rel=1e-4)
    assert scores.without[0].si_sdr != scores.first[2].si_sdr
    # Leaving out the last of all is decoding the ones before it.
    assert scores.without[2] == scores.first[1]


def test_codes_of_another_model_are_refused():
    x = noise(length=1000)
    codes = tiny_codec().encode(x, RATE)
    with pytest.raises(CheckpointError, match="come from"):
        next(book_steps(tiny_codec(seed=1), codes, AudioClip(x, RATE)))


@pytest.mark.parametrize("rate", [RATE, 11025])
def test_a_stretch_is_where_it_says(rate):
    codec: Codec = tiny_codec()
    x = noise(length=3 * rate)
    codes = codec.encode(x, rate)
    part, begin = stretch_of(codes, 1.0, 0.5)
    assert part.frames == pytest.approx(0.5 * RATE / TINY.hop_size, abs=1)
    assert begin == pytest.approx(rate, abs=2 * TINY.hop_size)
    whole = codec.decode(codes)
    decoded = codec.decode(part)
    margin = part.length // 4
    same = excerpt(whole, begin, begin + part.length).read(margin, part.length - margin)
    error = decoded.read(margin, part.length - margin) - same
    assert np.abs(error).max() < (1e-5 if rate == RATE else 0.2) * np.abs(same).max()
    last, end = stretch_of(codes, 99.0, 0.5)
    assert end + last.length == pytest.approx(codes.length, abs=TINY.hop_size * 2)
    everything, start = stretch_of(codes, 0.0, 99.0)
    assert (start, everything.frames) == (0, codes.frames)
