"""Strokes on finished runs: exact sums, untouched surroundings, blocks, names, and a song that gets better."""

import dataclasses

import numpy as np
import pytest

import sepstudio
from sepstudio.dsp.stft import frame_count, istft, stft
from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip
from sepstudio.io.scratch import ScratchSink
from sepstudio.io.steps import drain
from sepstudio.io.strokes.records import PaintedSource, Stroke, Strokes
from sepstudio.metrics.distortion import si_sdr
from sepstudio.paths import resource
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method
from sepstudio.separation.stroke_bins import painted_bins
from sepstudio.separation.stroke_naming import assigned, proposed
from sepstudio.separation.stroke_run import most_memory

RATE = 8000
LENGTH = 4 * RATE
SIZES = {"fft_size": 512, "hop_size": 128}
SHARP = SIZES | {"feather": 0}
NAMES = ("vocals", "drums", "bass")
SPEC = method("reweight")


@pytest.fixture
def stems(rng):
    return {name: (0.1 * rng.standard_normal((2, LENGTH))).astype(np.float32) for name in NAMES}


def sources(*names):
    return tuple(PaintedSource(f"id-{name}", name, "#E69F00") for name in names)


def box(name, start, stop, low, high, **more):
    return Stroke("box", f"id-{name}", ((start, low), (stop, high)), **more)


def reweighted(stems, strokes, mixture=None, **params):
    x = sum(stems.values()) if mixture is None else mixture
    return sepstudio.separate("reweight", x, RATE, stems=stems, strokes=strokes, **(SIZES | params)).stems


def run_in(stems, strokes, **context):
    clips = {name: AudioClip(samples, RATE) for name, samples in stems.items()}
    mixture = AudioClip(sum(stems.values()), RATE)
    work = SPEC.run(mixture, SPEC.params(**SIZES), context=RunContext(stems=clips, strokes=strokes, **context))
    return drain(work).stems


# -- what is heard -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 2])
def test_stems_are_those_of_the_masks_after_the_strokes(stems, channels):
    stems = {name: samples[:channels] for name, samples in stems.items()}
    strokes = Strokes(
        sources("vocals", "drums"),
        (box("vocals", 0.5, 1.5, 500, 2000, opacity=0.75), box("drums", 1.0, 3.0, 1000, 3000, against=True)),
    )
    found = reweighted(stems, strokes, feather=0)
    x = {name: stft(samples, **SIZES) for name, samples in stems.items()}
    frames = frame_count(LENGTH, **SIZES)
    with_bass = dataclasses.replace(strokes, sources=sources("vocals", "drums", "bass"))
    painted = painted_bins(with_bass, sample_rate=RATE, frames=frames, **SIZES)
    opacity, allowed = np.zeros((257, frames)), np.ones((3, 257, frames), bool)
    opacity[painted.bins, painted.frames] = painted.weights
    allowed[:, painted.bins, painted.frames] = painted.allowed.T
    weights = {name: (np.abs(one) ** 2).sum(axis=0) * may for (name, one), may in zip(x.items(), allowed, strict=True)}
    taken = sum(opacity * ~may * one for one, may in zip(x.values(), allowed, strict=True))
    for (name, one), may in zip(x.items(), allowed, strict=True):
        share = weights[name] / sum(weights.values())
        expected = istft(one - opacity * ~may * one + share * taken, length=LENGTH, **SIZES)
        np.testing.assert_allclose(found[name].samples, expected, atol=3e-6)


@pytest.mark.parametrize("feather", [0, 3])
@pytest.mark.parametrize("against", [False, True])
def test_the_sum_stays_the_mixture(stems, feather, against):
    strokes = Strokes(sources("vocals"), (box("vocals", 0.7, 2.1, 300, 2500, opacity=0.6, against=against),))
    found = reweighted(stems, strokes, feather=feather)
    assert list(found) == list(NAMES)
    np.testing.assert_allclose(sum(clip.samples for clip in found.values()), sum(stems.values()), atol=1e-6)


def test_nothing_changes_where_nothing_is_painted(stems):
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 1.2, 500, 2000), box("vocals", 2.8, 3.0, 500, 2000)))
    found = reweighted(stems, strokes)
    reach = SIZES["fft_size"] / RATE
    seconds = np.arange(LENGTH) / RATE
    away = np.all([np.abs(seconds - middle) > 0.1 + reach for middle in (1.1, 2.9)], axis=0)
    assert 0.5 < away.mean() < 1.0
    for name, samples in stems.items():
        assert np.array_equal(found[name].samples[:, away], samples[:, away])
        assert not np.array_equal(found[name].samples, samples)
        # Other frequencies at the same time sound on too.
        change = np.abs(stft(found[name].samples - samples, **SIZES))
        frequencies = np.arange(257) * RATE / 512
        assert change[:, (frequencies > 2400) | (frequencies < 200)].max() < 0.05 * change.max()


def test_a_stem_without_changes_stays_the_clip_that_it_was(stems):
    clips = {name: AudioClip(samples, RATE) for name, samples in stems.items()}
    silent = dict(clips, bass=AudioClip(np.zeros((2, LENGTH)), RATE))
    mixture = AudioClip(clips["vocals"].samples + clips["drums"].samples, RATE)
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 1.2, 500, 2000),))
    found = drain(SPEC.run(mixture, SPEC.params(**SIZES), context=RunContext(stems=silent, strokes=strokes))).stems
    assert found["bass"] is silent["bass"]
    assert found["vocals"] is not silent["vocals"]


def test_edges_fade_above_and_below_and_what_is_painted_stays(stems):
    strokes = Strokes(sources("vocals"), (box("vocals", 0.0, 4.0, 1000, 2000),))
    x = stft(sum(stems.values()), **SIZES)

    def missing(feather):
        found = reweighted(stems, strokes, feather=feather)
        moved = np.abs(stft(found["vocals"].samples - stems["vocals"], **SIZES))
        return np.sqrt((moved**2).mean(axis=(0, 2)) / (np.abs(x) ** 2).mean(axis=(0, 2)))

    sharp, soft = missing(0), missing(6)
    inside, around = slice(70, 122), slice(132, 134)
    np.testing.assert_allclose(soft[inside], sharp[inside], rtol=0.05)
    assert (soft[around] > 2 * sharp[around]).all()
    assert soft[140:].max() < 0.02


def test_mixtures_that_stems_do_not_make_up_keep_their_residual(stems):
    hiss = stems.pop("bass")
    mixture = sum(stems.values()) + hiss
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 2.0, 500, 2000),))
    found = reweighted(stems, strokes, mixture)
    assert list(found) == ["vocals", "drums", "residual"]
    np.testing.assert_allclose(sum(clip.samples for clip in found.values()), mixture, atol=1e-6)
    # Under the stroke the residual has become vocals too.
    inside = stft(found["residual"].samples[:, RATE + 800 : 2 * RATE - 800], **SIZES)[:, 40:120, 3:-3]
    assert np.abs(inside).mean() < 0.01 * np.abs(stft(hiss, **SIZES)).mean()


def test_against_the_only_stem_goes_to_the_residual(stems):
    only = {"vocals": stems["vocals"]}
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 2.0, 0, 4000, against=True),))
    found = reweighted(only, strokes)
    assert list(found) == ["vocals", "residual"]
    middle = slice(int(1.2 * RATE), int(1.8 * RATE))
    np.testing.assert_allclose(found["residual"].samples[:, middle], only["vocals"][:, middle], atol=1e-4)
    assert np.abs(found["vocals"].samples[:, middle]).max() < 1e-4


def test_silence_stays_silence():
    silence = dict.fromkeys(NAMES, np.zeros((2, LENGTH), np.float32))
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 2.0, 0, 4000), box("vocals", 3, 4, 0, 99, against=True)))
    assert not any(clip.samples.any() for clip in reweighted(silence, strokes).values())


# -- blocks ------------------------------------------------------------------------------------------------------------


def test_blocks_agree_with_the_whole(stems, tmp_path):
    strokes = Strokes(
        sources("vocals", "drums"),
        (
            box("vocals", -1.0, 1.5, 500, 2000, opacity=0.75),
            Stroke("brush", "id-drums", ((0.2, 300.0), (2.9, 3500.0)), width=0.05, height=300.0),
            Stroke("eraser", "", ((1.0, 500.0), (1.2, 2500.0)), width=0.2, height=500.0),
            box("drums", 3.5, 9.0, 1000, 3000, against=True),
        ),
    )
    whole = run_in(stems, strokes)
    blocks = run_in(stems, strokes, memory_budget=1)
    files = run_in(stems, strokes, memory_budget=1, sink=ScratchSink(0, tmp_path))
    for name in NAMES:
        np.testing.assert_allclose(blocks[name].samples, whole[name].samples, atol=1e-6)
        np.testing.assert_array_equal(files[name].samples, blocks[name].samples)
        part = whole[name].read(2 * RATE, 3 * RATE + 77)
        np.testing.assert_array_equal(part, whole[name].samples[:, 2 * RATE : 3 * RATE + 77])
        assert blocks[name].length == LENGTH


def test_only_what_is_painted_is_read():
    class Watched(AudioClip):
        seen: int = 0

        def read(self, start, stop):
            self.seen += stop - start
            return super().read(start, stop)

    rng = np.random.default_rng(5)
    length = 60 * RATE
    clips = {name: Watched(0.1 * rng.standard_normal((1, length)), RATE) for name in (*NAMES, "residual")}
    mixture = Watched(sum(clip.samples for clip in clips.values()), RATE)
    strokes = Strokes(sources("vocals"), (box("vocals", 30.0, 30.5, 500, 2000),))
    found = drain(SPEC.run(mixture, SPEC.params(**SIZES), context=RunContext(stems=clips, strokes=strokes))).stems
    assert max(clip.seen for clip in (*clips.values(), mixture)) < RATE
    assert list(found) == [*NAMES, "residual"]


def test_progress_never_falls_and_steps_stay_short(stems):
    clips = {name: AudioClip(samples, RATE) for name, samples in stems.items()}
    strokes = Strokes(sources("vocals"), (box("vocals", 0.0, 4.0, 0, 4000),))
    mixture = AudioClip(sum(stems.values()), RATE)
    work = SPEC.run(mixture, SPEC.params(**SIZES), context=RunContext(stems=clips, strokes=strokes, memory_budget=1))
    fractions = [step.fraction for step in work]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert len(fractions) > 50


def test_memory_is_foretold():
    clip = AudioClip(np.zeros((2, 44100)), 44100)
    context = RunContext(stems=dict.fromkeys(NAMES, clip))
    assert SPEC.memory(clip, SPEC.params(), context) == most_memory(clip, 3, 4096) > 0


# -- names -------------------------------------------------------------------------------------------------------------


def test_a_source_that_no_stem_is_called_by_becomes_a_stem(stems):
    strokes = Strokes(
        sources(" Vocals", "hiss", "hum"), (box("hiss", 1.0, 2.0, 3000, 4000), box(" Vocals", 0, 1, 0, 99))
    )
    found = reweighted(stems, strokes, feather=0)
    assert list(found) == [*NAMES, "hiss"]
    np.testing.assert_allclose(sum(clip.samples for clip in found.values()), sum(stems.values()), atol=1e-6)
    high = np.abs(stft(found["hiss"].samples, **SIZES))
    assert high[:, 200:250, 80:120].mean() > 100 * high[:, 20:180].mean()


def test_strokes_against_a_source_that_is_no_stem_change_nothing(stems):
    found = reweighted(stems, Strokes(sources("hiss"), (box("hiss", 1.0, 2.0, 0, 4000, against=True),)))
    assert list(found) == list(NAMES)
    for name, clip in found.items():
        np.testing.assert_array_equal(clip.samples, stems[name])


def test_strokes_for_the_residual_take_away_from_all_stems(stems):
    found = reweighted(stems, Strokes(sources("Residual"), (box("Residual", 1.0, 2.0, 0, 4000),)))
    assert list(found) == [*NAMES, "residual"]
    middle = slice(int(1.2 * RATE), int(1.8 * RATE))
    np.testing.assert_allclose(found["residual"].samples[:, middle], sum(stems.values())[:, middle], atol=1e-4)


def test_sources_can_be_assigned_to_stems_by_hand(stems):
    strokes = Strokes(
        sources("singer", "choir", "hat", "noise"),
        (
            box("singer", 0, 1, 0, 4000),
            box("choir", 1, 2, 0, 4000),
            box("hat", 2, 3, 0, 4000),
            box("noise", 3, 4, 0, 9),
        ),
    )
    assert set(proposed(strokes, NAMES).values()) == {"singer", "choir", "hat", "noise"}
    chosen = assigned(strokes, {"id-singer": "vocals", "id-choir": "vocals", "id-hat": "drums", "id-noise": ""})
    assert [source.name for source in chosen.sources] == ["vocals", "drums"]
    assert [stroke.source for stroke in chosen.strokes] == ["id-singer", "id-singer", "id-hat"]
    found = reweighted(stems, chosen)
    assert list(found) == list(NAMES)
    mixture = sum(stems.values())
    for name, seconds in (("vocals", 0.5), ("vocals", 1.5), ("drums", 2.5)):
        middle = slice(int((seconds - 0.3) * RATE), int((seconds + 0.3) * RATE))
        np.testing.assert_allclose(found[name].samples[:, middle], mixture[:, middle], atol=1e-4)


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_stems_and_strokes_must_be_there(stems):
    strokes = Strokes(sources("vocals"), (box("vocals", 1.0, 2.0, 500, 2000),))
    erased = Strokes(sources("vocals"), (Stroke("eraser", "", ((1.0, 500.0),), width=1.0, height=100.0),))
    with pytest.raises(MissingInputError, match="stems of a finished run"):
        reweighted({}, strokes, np.zeros((2, LENGTH)))
    for none in (None, Strokes(), erased):
        with pytest.raises(MissingInputError, match="nothing is painted"):
            reweighted(stems, none)
    with pytest.raises(MissingInputError, match="outside of what was separated"):
        reweighted(stems, strokes.moved(10.0))
    with pytest.raises(ParameterError, match="stem drums must be like the mixture, which has 2 channels"):
        reweighted(stems | {"drums": stems["drums"][:1]}, strokes, sum(stems.values()))
    with pytest.raises(ParameterError, match="half of the FFT size"):
        reweighted(stems, strokes, hop_size=512)


# -- a song ------------------------------------------------------------------------------------------------------------


def test_right_strokes_make_a_run_of_kam_better():
    start, stop = 5 * 44100, 10 * 44100
    parts = {
        name: open_audio(resource("demo", f"{name}.flac")).read(start, stop)
        for name in ("drums", "bass", "other", "vocals")
    }
    rate = open_audio(resource("demo", "mixture.flac")).sample_rate
    true = {"percussive": parts["drums"], "harmonic": parts["bass"] + parts["other"] + parts["vocals"]}
    mixture = sum(true.values())
    run = {name: clip.samples for name, clip in sepstudio.separate("kam", mixture, rate).stems.items()}
    strokes = _right_strokes(true, rate)
    found = sepstudio.separate("reweight", mixture, rate, stems=run, strokes=strokes).stems
    np.testing.assert_allclose(sum(clip.samples for clip in found.values()), mixture, atol=1e-5)
    for name, reference in true.items():
        before, after = si_sdr(reference, run[name]), si_sdr(reference, found[name].samples)
        assert after > before + 0.5, (name, before, after)


def _right_strokes(true, rate):
    """Boxes over 1 s of a piece of the spectrum that one of two sources has almost alone."""
    energies = {
        name: (np.abs(stft(clip, fft_size=4096, hop_size=1024)) ** 2).sum(axis=0) for name, clip in true.items()
    }
    strokes = []
    for first in range(0, 210, 10):
        for low in range(4, 1024, 60):
            inside = (slice(low, low + 60), slice(first, first + 10))
            level = {name: float(energy[inside].sum()) for name, energy in energies.items()}
            loud, quiet = sorted(level, key=level.__getitem__, reverse=True)
            if level[loud] > 10 * level[quiet]:
                corners = (
                    (first * 1024 / rate, low * rate / 4096),
                    ((first + 10) * 1024 / rate, (low + 60) * rate / 4096),
                )
                strokes.append(Stroke("box", loud, corners))
    return Strokes(tuple(PaintedSource(name, name, "#56B4E9") for name in true), tuple(strokes))
