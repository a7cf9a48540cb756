"""An annotator that knows the true stems: how much it paints, and how much of it is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.separation.annotator import annotate
from sepstudio.separation.stroke_bins import painted_bins

RATE = 8000
SIZES = {"fft_size": 512, "hop_size": 128}


@pytest.fixture(scope="module")
def stems() -> dict[str, AudioClip]:
    rng = np.random.default_rng(1)
    time = np.arange(6 * RATE) / RATE
    low = np.sin(2 * np.pi * 200 * time) * (time % 2 < 1)
    high = rng.standard_normal(time.size) * np.exp(-((time % 0.5) / 0.03))
    return {name: AudioClip(x[None].astype(np.float32), RATE) for name, x in (("low", low), ("high", high))}


def painted(strokes, stems):
    frames = 1 + stems["low"].length // SIZES["hop_size"]
    return painted_bins(strokes, sample_rate=RATE, **SIZES, frames=frames), frames * (SIZES["fft_size"] // 2 + 1)


@pytest.mark.parametrize("share", [0.003, 0.01, 0.03])
def test_strokes_cover_at_most_the_share(stems, share: float) -> None:
    strokes = annotate(stems, share=share, **SIZES)
    found, bins = painted(strokes, stems)
    assert 0.1 * share < found.bins.size / bins <= share


def test_strokes_lie_where_their_source_is(stems) -> None:
    strokes = annotate(stems, share=0.02, **SIZES)
    found, _ = painted(strokes, stems)
    hertz = found.bins[found.allowed[:, 0]] * RATE / SIZES["fft_size"]
    assert np.median(hertz) == pytest.approx(200, abs=60)


@pytest.mark.parametrize("wrong", [0.1, 0.5])
def test_the_stated_part_of_strokes_is_wrong(stems, wrong: float) -> None:
    right, other = (annotate(stems, share=0.02, wrong=part, seed=3, **SIZES).strokes for part in (0.0, wrong))
    assert [stroke.points for stroke in right] == [stroke.points for stroke in other]
    changed = sum(a.source != b.source for a, b in zip(right, other, strict=True))
    assert changed == round(wrong * len(right))


def test_a_seed_paints_the_same_and_another_does_not(stems) -> None:
    assert annotate(stems, seed=1, **SIZES) == annotate(stems, seed=1, **SIZES)
    assert annotate(stems, seed=1, **SIZES) != annotate(stems, seed=2, **SIZES)


@pytest.mark.parametrize("options", [{"share": 0.0}, {"share": 1.5}, {"wrong": -0.1}])
def test_shares_out_of_range_are_refused(stems, options) -> None:
    with pytest.raises(ParameterError):
        annotate(stems, **options)
