"""What is known of music beforehand: it helps with what it knows, and leaves the rest to the strokes."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.base import RunContext
from sepstudio.separation.paint_cnn import separate
from sepstudio.separation.paint_grid import PaintGrid
from sepstudio.separation.paint_maps import MapMaker
from sepstudio.separation.paint_params import PaintParams
from sepstudio.separation.paint_prior import Prior, shares_and_trust, usual_music
from sepstudio.separation.paint_probe import PROBABILITIES, feature_map_steps
from sepstudio.separation.paint_snapshots import SHARES

pytestmark = pytest.mark.usefixtures("one_thread")

RATE = 44_100
GRID = PaintGrid(RATE, 4096, 1024)
PARAMS = PaintParams(steps=12, networks=1, hidden=8, refinement=0)
NAMES = ("lead", "beat")


def names(channels, grid=GRID):
    return MapMaker(grid, channels, 1.0).names


def strokes(*boxes):
    sources = tuple(PaintedSource(name, name, "#0072B2") for name in NAMES)
    found = (Stroke("box", name, ((begin, low), (end, high))) for name, begin, end, low, high in boxes)
    return Strokes(sources, tuple(found))


@pytest.fixture(scope="module")
def stems():
    """A steady tone of a bass, and four clicks of noise a second: float32 [2, samples] each."""
    time = np.arange(2 * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 55 * number * time) / number for number in range(1, 9)) / 6
    click = 0.5 * np.random.default_rng(0).standard_normal(time.size) * np.exp(-((time % 0.25) / 0.02))
    return [np.stack([x, x]).astype(np.float32) for x in (tone, click)]


PAINTED = strokes(
    ("lead", 0.12, 0.2, 40, 120),
    ("lead", 1.1, 1.2, 200, 300),
    ("beat", 0.5, 0.53, 2000, 9000),
    ("beat", 1.0, 1.03, 900, 3000),
)


def run(stems, params=PARAMS, painted=PAINTED):
    mixture = AudioClip(sum(stems), RATE)
    return mixture, drain(separate(mixture, params, context=RunContext(strokes=painted, threads=1)))


@pytest.fixture(scope="module")
def found(stems):
    return run(stems)


def test_sources_get_the_classes_that_they_sound_like(found):
    shares = found[1].matrices[SHARES].values
    np.testing.assert_allclose(shares.sum(axis=0), 1.0, rtol=1e-5)
    bass, drums = shares[:, 0], shares[:, 1]
    assert bass[0] > 0.9
    assert drums[1] > 0.9


def test_a_stroke_that_it_hears_another_source_in_counts_less(stems):
    right = strokes(*[("lead", 0.1 + 0.25 * n, 0.2 + 0.25 * n, 40, 300) for n in range(6)],
                    *[("beat", 0.25 * n, 0.25 * n + 0.03, 900, 9000) for n in range(1, 6)])  # fmt: skip
    slip = Stroke("box", "lead", ((1.5, 900), (1.53, 9000)))
    painted = replace(right, strokes=(*right.strokes, slip))
    seen = {}

    def noted(*given):
        seen["trust"] = shares_and_trust(*given)[1]
        return shares_and_trust(*given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sepstudio.separation.paint_run.shares_and_trust", noted)
        run(stems, painted=painted)
    assert seen["trust"][-1] < 0.3
    assert np.median(seen["trust"][:-1]) > 0.9


def test_looking_inside_gives_the_masks_of_the_run(found):
    mixture, result = found
    for seconds, hertz in ((0.15, 110.0), (1.0, 5000.0), (1.6, 700.0)):
        said = drain(feature_map_steps(mixture, PARAMS, result.matrices, seconds, hertz))[PROBABILITIES].values
        for name, probability in zip(NAMES, said, strict=True):
            mask = result.matrices[f"mask {name}"]
            row, column = (
                np.abs(places - at).argmin() for places, at in zip(mask.coordinates, (hertz, seconds), strict=True)
            )
            assert probability == pytest.approx(mask.values[row, column], abs=2e-3)


def test_without_it_strokes_alone_count(stems, found):
    _, alone = run(stems, replace(PARAMS, prior=0.0))
    assert SHARES not in alone.matrices
    assert np.abs(alone.matrices["mask beat"].values - found[1].matrices["mask beat"].values).max() > 0.05


def test_a_run_of_a_version_without_it_is_gone_on_from(stems):
    mixture, alone = run(stems, replace(PARAMS, prior=0.0))
    context = RunContext(strokes=PAINTED, threads=1, warm=alone.matrices)
    again = drain(separate(mixture, PARAMS, context=context))
    assert "went on from an earlier run" in again.provenance.notes
    assert SHARES in again.matrices


def test_it_says_nothing_of_sources_that_it_cannot_tell_apart():
    network = usual_music(names(2), GRID)
    said = np.random.default_rng(0).dirichlet((1.0, 1.0), 50).T.astype(np.float32)
    classes = np.random.default_rng(1).dirichlet((1.0,) * 4, 50).T.astype(np.float32)
    joined = Prior(network, np.full((2, 4), 0.5, np.float32), 0.5).joined(said, classes)
    np.testing.assert_allclose(joined, said, atol=2e-3)


def test_strokes_win_where_they_are_sure():
    prior = Prior(usual_music(names(2), GRID), np.array([[0.975] * 4, [0.025] * 4], np.float32), 0.5)
    joined = prior.joined(np.array([[0.02], [0.98]], np.float32), np.full((4, 1), 0.25, np.float32))
    assert joined[1, 0] > 0.8


@pytest.mark.parametrize("grid", [PaintGrid(8000, 512, 128), PaintGrid(RATE, 1024, 1024), PaintGrid(RATE, 4096, 256)])
def test_grids_unlike_those_of_its_lessons_are_left_to_the_strokes(grid):
    assert usual_music(names(2, grid), grid) is None


def test_missing_maps_are_as_usual():
    stereo, mono = usual_music(names(2), GRID), usual_music(names(1), GRID)
    maps = torch.randn(1, len(names(2)), 6, 12, generator=torch.Generator().manual_seed(0))
    kept = [names(2).index(name) for name in names(1)]
    blanked = torch.zeros_like(maps)
    blanked[:, kept] = maps[:, kept]
    torch.testing.assert_close(mono(maps[:, kept]), stereo(blanked))


def test_rates_of_48_khz_are_near_enough():
    assert usual_music(names(2), PaintGrid(48_000, 4096, 1024)) is not None
