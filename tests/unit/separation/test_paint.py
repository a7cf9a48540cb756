"""Learning from strokes: what it learns, keeps and says, on tones and clicks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.separation.base import RunContext, Separation
from sepstudio.separation.paint_cnn import METHOD
from sepstudio.separation.paint_params import PaintParams
from sepstudio.separation.paint_snapshots import PaintSnapshot

RATE = 8000
QUICK = PaintParams(fft_size=512, hop_size=128, steps=40, correction_steps=15, networks=1, hidden=16)
TONES, CLICKS = PaintedSource("t", "tones", "#ff0000"), PaintedSource("c", "clicks", "#00ff00")


def scene(seconds: float = 4.0) -> tuple[np.ndarray, np.ndarray]:
    """Three steady tones on the left, four clicks of noise a second on the right: float32 [2, samples] each."""
    rng = np.random.default_rng(0)
    time = np.arange(int(seconds * RATE)) / RATE
    tone = sum(np.sin(2 * np.pi * hertz * time) for hertz in (330.0, 660.0, 1320.0)) / 6
    click = rng.standard_normal(time.size) * np.exp(-((time % 0.25) / 0.01))
    tones, clicks = np.stack([tone, 0.6 * tone]), np.stack([0.6 * click, click])
    return tones.astype(np.float32), (clicks / 2).astype(np.float32)


def box(source: str, start: float, stop: float, low: float, high: float, *, against: bool = False) -> Stroke:
    return Stroke("box", source, ((start, low), (stop, high)), against=against)


# Clicks begin at whole quarters of a second; a frame lasts 64 ms.
STROKES = Strokes(
    (TONES, CLICKS),
    (
        box("t", 0.12, 0.2, 300, 360),
        box("t", 1.12, 1.2, 630, 690),
        box("t", 1.62, 1.7, 1290, 1350),
        box("c", 0.5, 0.52, 1800, 3000),
        box("c", 1.0, 1.02, 2000, 3600),
        box("c", 1.5, 1.52, 800, 1200),
    ),
)


def separated(mixture: np.ndarray, strokes: Strokes | None, params: PaintParams = QUICK, **context) -> Separation:
    return drain(METHOD.run(AudioClip(mixture, RATE), params, context=RunContext(strokes=strokes, **context)))


@pytest.fixture(scope="module")
def learned() -> Separation:
    return separated(sum(scene()), STROKES)


def sdr(true: np.ndarray, clip: AudioClip) -> float:
    error = true - clip.read(0, clip.length)
    return float(10 * np.log10((true**2).sum() / (error**2).sum()))


def test_two_sources_are_learned_from_six_strokes(learned: Separation) -> None:
    tones, clicks = scene()
    assert sdr(tones, learned.stems["tones"]) > 12
    assert sdr(clicks, learned.stems["clicks"]) > 6


def test_stems_are_named_as_painted_and_sum_to_the_mixture(learned: Separation) -> None:
    assert list(learned.stems) == ["tones", "clicks"]
    total = sum(clip.read(0, clip.length) for clip in learned.stems.values())
    np.testing.assert_allclose(total, sum(scene()), atol=1e-5)


def test_matrices_show_masks_combinations_and_weights(learned: Separation) -> None:
    masks = learned.matrices["mask tones"].values + learned.matrices["mask clicks"].values
    np.testing.assert_allclose(masks, 1.0, atol=2e-3)
    alpha = learned.matrices["alpha near"]
    assert alpha.axes == ("outputs", "inputs")
    np.testing.assert_allclose(alpha.values.sum(axis=1), 1.0, rtol=1e-5)
    assert learned.matrices["kernels near"].coordinates[0] == alpha.coordinates[1]
    assert len(learned.curves["training error"].values) == QUICK.steps


def test_a_seed_gives_the_same_stems(learned: Separation) -> None:
    again = separated(sum(scene()), STROKES)
    for name, clip in learned.stems.items():
        assert np.array_equal(clip.read(0, clip.length), again.stems[name].read(0, clip.length))


def test_a_correction_goes_on_from_the_networks_and_keeps_what_they_knew(learned: Separation) -> None:
    more = replace(STROKES, strokes=(*STROKES.strokes, box("c", 2.0, 2.02, 2800, 3600)))
    corrected = separated(sum(scene()), more, warm=learned.matrices)
    assert "went on from an earlier run" in corrected.provenance.notes
    assert len(corrected.curves["training error"].values) == QUICK.correction_steps
    tones, clicks = scene()
    assert sdr(tones, corrected.stems["tones"]) > 12
    assert sdr(clicks, corrected.stems["clicks"]) > 6


def test_networks_of_other_sources_are_not_gone_on_from(learned: Separation) -> None:
    other = Strokes((replace(TONES, name="bells"), CLICKS), STROKES.strokes)
    found = separated(sum(scene()), other, warm=learned.matrices)
    assert "the earlier run does not fit: started anew" in found.provenance.notes


def test_painting_against_a_source_moves_sound_away_from_it(learned: Separation) -> None:
    beside = replace(STROKES, strokes=(*STROKES.strokes, box("t", 0.3, 1.8, 1500, 4000, against=True)))
    found = separated(sum(scene()), beside)
    mask, before = found.matrices["mask tones"], learned.matrices["mask tones"]
    high = np.asarray(mask.coordinates[0], float) > 1500
    assert mask.values[high].mean() < before.values[high].mean()


def test_blocks_give_what_the_whole_gives(learned: Separation) -> None:
    found = separated(sum(scene(12.0)), STROKES, memory_budget=1 << 30)
    streamed = separated(sum(scene(12.0)), STROKES, memory_budget=0)
    assert any("streamed" in note for note in streamed.provenance.notes)
    for name, clip in found.stems.items():
        np.testing.assert_allclose(streamed.stems[name].read(0, clip.length), clip.read(0, clip.length), atol=1e-4)


def test_snapshots_come_while_it_learns() -> None:
    run = METHOD.run(AudioClip(sum(scene()), RATE), replace(QUICK, steps=400), context=RunContext(strokes=STROKES))
    snapshot = next(step.partial for step in run if isinstance(step.partial, PaintSnapshot))
    run.close()
    assert 0 < snapshot.step <= 400
    assert snapshot.training_error.dtype == np.float32
    assert set(snapshot.alphas) == set(snapshot.kernels)


def test_held_out_strokes_are_told_of_when_there_are_enough() -> None:
    many = tuple(box("t", 0.12 + 0.125 * n, 0.2 + 0.125 * n, 300, 360) for n in range(24))
    found = separated(sum(scene()), replace(STROKES, strokes=(*STROKES.strokes, *many)))
    assert len(found.curves["held-out error"].values) == QUICK.steps // 20


@pytest.mark.parametrize(
    ("strokes", "why"),
    [
        (None, "nothing has been painted yet"),
        (Strokes((TONES, CLICKS)), "nothing has been painted yet"),
        (replace(STROKES, strokes=STROKES.strokes[:3]), "only tones has strokes here"),
        (STROKES.moved(100.0), "no stroke lies within"),
    ],
)
def test_too_few_strokes_are_refused_with_a_remedy(strokes: Strokes | None, why: str) -> None:
    with pytest.raises(MissingInputError, match=why):
        separated(sum(scene()), strokes)


def test_other_things_than_strokes_are_refused() -> None:
    with pytest.raises(ParameterError, match="Strokes"):
        separated(sum(scene()), "strokes.json")  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 3])
def test_any_number_of_channels(channels: int) -> None:
    tones, clicks = scene()
    some = [0, 1, 0][:channels]
    found = separated(tones[some] + clicks[some], STROKES)
    assert sdr(tones[some], found.stems["tones"]) > 8
    assert found.stems["tones"].channels == channels


def test_silence_gives_silent_stems() -> None:
    found = separated(np.zeros((2, 4 * RATE), np.float32), STROKES)
    assert not any(clip.read(0, clip.length).any() for clip in found.stems.values())


def test_phase_derivatives_smoothing_and_sparsity_take_part() -> None:
    params = replace(QUICK, phases=True, smoothing=3, sparsity="entropy", sparsity_weight=0.1, refinement=0)
    found = separated(sum(scene()), STROKES, params)
    assert "phase in time, cosine" in found.matrices["alpha near"].coordinates[1]
    assert sdr(scene()[0], found.stems["tones"]) > 8
