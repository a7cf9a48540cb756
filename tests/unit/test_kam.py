"""Kernel additive modelling as a user meets it: stems that add up, takes, odd input, refusals.

That the values are those of the paper is shown in tests/reference/test_kam.py.
"""

import functools

import numpy as np
import pytest

from sepstudio.errors import DeviceError, ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import SourceSet
from sepstudio.separation.parameters import from_json, to_json

RATE = 44100
SUM = 1e-6


@functools.cache
def music(channels=2, seconds=0.7, seed=0):
    """Tones and clicks at different places, peak about 0.9, read-only float32 [channels, samples]."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * f * time) for f in (110, 330, 1760)) * rng.uniform(0.1, 1, (channels, 1))
    clicks = np.zeros((channels, len(time)))
    clicks[:, :: RATE // 6] = rng.uniform(0.5, 1, (channels, 1))
    x = tones + clicks * 4 + 0.01 * rng.standard_normal(tones.shape)
    x = (0.9 * x / np.abs(x).max()).astype(np.float32)
    x.setflags(write=False)
    return x


def run(samples, rate=RATE, context=None, **params):
    """Separate with small transforms unless told otherwise."""
    settings = KamParams(**{"fft_size": 1024, "hop_size": 256} | params)
    return drain(METHOD.run(AudioClip(samples, rate), settings, context=context or RunContext()))


def total(result):
    return sum(clip.samples.astype(np.float64) for clip in result.stems.values())


def assert_adds_up(result, samples):
    assert all(np.isfinite(clip.samples).all() for clip in result.stems.values())
    assert all(clip.samples.shape == samples.shape for clip in result.stems.values())
    assert np.abs(total(result) - samples).max(initial=0.0) <= SUM * max(1.0, np.abs(samples).max(initial=0.0))


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 3, 8])
@pytest.mark.parametrize("iterations", [1, 2, 10])
def test_stems_sum_to_the_mixture(channels, spatial, iterations):
    x = music(channels)
    result = run(x, iterations=iterations, spatial=spatial)
    assert list(result.stems) == ["harmonic", "percussive"]
    assert_adds_up(result, x)


def test_stems_sum_to_the_mixture_at_the_settings_of_the_paper():
    x = music(2, 1.5)
    assert_adds_up(run(x, fft_size=4096, hop_size=1024), x)


def share(stem, samples):
    return float((stem.samples**2).sum() / (samples**2).sum())


def test_tones_and_clicks_are_told_apart():
    time = np.arange(RATE) / RATE
    tone = np.float32(0.5) * np.stack([np.sin(2 * np.pi * 440 * time)] * 2).astype(np.float32)
    click = np.zeros_like(tone)
    click[:, 4000::8000] = 0.9
    result = run(tone + click)
    harmonic, percussive = (result.stems[name].samples for name in ("harmonic", "percussive"))
    inner = slice(2000, -2000)
    assert 10 * np.log10((tone**2)[:, inner].sum() / ((harmonic - tone) ** 2)[:, inner].sum()) > 15
    assert 10 * np.log10((click**2)[:, inner].sum() / ((percussive - click) ** 2)[:, inner].sum()) > 10


def test_the_spatial_model_says_nothing_about_mono():
    x = music(1)
    plain, spatial = run(x, spatial=False, iterations=3), run(x, spatial=True, iterations=3)
    for name in plain.stems:
        assert np.abs(plain.stems[name].samples - spatial.stems[name].samples).max() <= 1e-4


@pytest.mark.parametrize("sources", ["", "a=horizontal:9, b=vertical:9@1, c=disc:5", "p=periodic:20:2@2, q=disc:3"])
def test_every_kept_take_is_a_run_of_that_many_iterations(sources):
    x = music()
    chosen = {"sources": SourceSet.from_text(sources)}
    kept = run(x, iterations=4, keep_iterations=True, **chosen)
    plain = {"sources": SourceSet.from_text(sources.replace("@1", "").replace("@2", ""))}
    for n in range(1, 5):
        alone = run(x, iterations=n, **plain)
        assert not alone.takes
        for name, clip in alone.stems.items():
            assert len(kept.takes[name]) == 4
            assert np.array_equal(kept.takes[name][n - 1].samples, clip.samples)
    assert set(kept.takes) == set(kept.stems) - {"residual"}


def test_sources_may_take_different_iterations_and_leave_a_residual():
    x = music()
    result = run(x, iterations=5, sources=SourceSet.from_text("harmonic=horizontal:17@2, percussive=vertical:17"))
    assert list(result.stems) == ["harmonic", "percussive", "residual"]
    assert np.array_equal(result.stems["harmonic"].samples, run(x, iterations=2).stems["harmonic"].samples)
    assert np.array_equal(result.stems["percussive"].samples, run(x, iterations=5).stems["percussive"].samples)
    assert_adds_up(result, x)
    assert result.stems["residual"].samples.any()


def test_the_same_early_iteration_for_all_leaves_no_residual():
    x = music()
    sources = SourceSet.from_text("harmonic=horizontal:17@2, percussive=vertical:17@2")
    result = run(x, iterations=5, sources=sources)
    assert list(result.stems) == ["harmonic", "percussive"]
    assert_adds_up(result, x)


def test_the_residual_reads_in_parts():
    x = music()
    sources = SourceSet.from_text("harmonic=horizontal:17@1, percussive=vertical:17")
    residual = run(x, sources=sources).stems["residual"]
    whole = residual.samples
    assert residual.length == x.shape[1]
    assert np.array_equal(residual.read(1000, 3000), whole[:, 1000:3000])
    assert np.array_equal(residual.read(-5, 10)[:, 5:], whole[:, :10])
    assert not residual.read(-5, 0).any()


def test_one_source_is_the_mixture():
    x = music()
    result = run(x, sources=SourceSet.from_text("all=disc:5"), iterations=3)
    assert np.abs(result.stems["all"].samples - x).max() <= SUM


def test_eight_sources():
    x = music(2, 0.3)
    text = "a=horizontal:9, b=vertical:9, c=disc:5, d=cross:5x5, e=rectangle:3x3, f=periodic:9:1, g=drawn:#.#, h=disc:3"
    result = run(x, sources=SourceSet.from_text(text))
    assert list(result.stems) == list("abcdefgh")
    assert_adds_up(result, x)


# -- odd input ---------------------------------------------------------------------------------


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize("length", [0, 1, 2, 255, 256, 1023, 5000])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_clips_of_any_length(channels, length, spatial):
    x = music(channels)[:, :length]
    assert_adds_up(run(x, spatial=spatial, iterations=3), x)


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("budget", [1 << 30, 1])
def test_silence_gives_silence(channels, budget):
    result = run(np.zeros((channels, 150_000), np.float32), context=RunContext(memory_budget=budget))
    assert all(not clip.samples.any() for clip in result.stems.values())
    assert all(clip.samples.shape == (channels, 150_000) for clip in result.stems.values())


def left_only(x):
    return np.concatenate([x[:1], np.zeros_like(x[:1])])


def with_a_gap(x):
    y = x.copy()
    y[:, x.shape[1] // 4 : x.shape[1] * 3 // 4] = 0.0
    return y


def faded_away(x):
    return x * (10.0 ** np.linspace(0, -12, x.shape[1])).astype(np.float32)


DEGENERATE = {
    "dual mono": lambda x: np.concatenate([x[:1], x[:1]]),
    "left only": left_only,
    "right only": lambda x: left_only(x)[::-1],
    "opposite phase": lambda x: np.concatenate([x[:1], -x[:1]]),
    "gap": with_a_gap,
    "fade into nothing": faded_away,
    "one click": lambda x: np.eye(2, x.shape[1], 5000, dtype=np.float32),
    "constant": lambda x: np.full_like(x, 0.5),
    "clipped": lambda x: np.clip(x * 50, -1, 1),
    "dual mono in eight": lambda x: np.repeat(x[:1], 8, axis=0),
    "six of eight silent": lambda x: np.concatenate([x, np.zeros((6, x.shape[1]), np.float32)]),
}


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize("case", DEGENERATE)
def test_degenerate_mixtures_stay_finite_and_add_up(case, spatial):
    x = np.ascontiguousarray(DEGENERATE[case](music()))
    assert_adds_up(run(x, spatial=spatial, iterations=4), x)


def test_dual_mono_is_what_mono_gives():
    mono = music(1)
    dual = np.concatenate([mono, mono])
    for spatial in (False, True):
        one, two = run(mono, spatial=spatial), run(dual, spatial=spatial)
        for name in one.stems:
            assert np.abs(two.stems[name].samples - one.stems[name].samples).max() <= 1e-4


def test_a_silent_channel_stays_silent():
    result = run(left_only(music()), iterations=3)
    assert all(np.abs(clip.samples[1]).max() <= 1e-6 for clip in result.stems.values())


@pytest.mark.parametrize("gain", [1e-10, 1e-6, 1e4])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_level_makes_no_difference(channels, gain):
    x = music(channels)
    expected = run(x)
    scaled = run(x * np.float32(gain))
    for name, clip in expected.stems.items():
        assert np.abs(scaled.stems[name].samples / gain - clip.samples).max() <= 1e-4


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("peak", [1e-38, 1e-30, 1e-20, 1e15])
def test_absurd_levels_stay_finite(channels, peak):
    x = (music(channels) * peak).astype(np.float32)
    result = run(x)
    assert np.isfinite(total(result)).all()
    # Energies below the smallest single-precision number, at -450 dB and less, may vanish.
    assert np.abs(total(result) - x).max() <= max(SUM * np.abs(x).max(), 1e-22)


def test_high_rates_and_odd_rates_change_nothing_but_the_label():
    x = music()
    expected = run(x)
    for rate in (8000, 192_000, 37_337):
        result = run(x, rate=rate)
        for name, clip in expected.stems.items():
            assert result.stems[name].sample_rate == rate
            assert np.array_equal(result.stems[name].samples, clip.samples)


@pytest.mark.parametrize(
    "sizes",
    [
        {"fft_size": 64, "hop_size": 16},
        {"fft_size": 1000, "hop_size": 333},
        {"fft_size": 1024, "hop_size": 512},
        {"fft_size": 16384, "hop_size": 1024},
        {"fft_size": 65536, "hop_size": 32768},
    ],
)
def test_any_transform(sizes):
    x = music()
    assert_adds_up(run(x, **sizes), x)


@pytest.mark.parametrize("lengths", [(1, 1), (255, 255), (3, 101)])
def test_any_length_of_kernels(lengths):
    x = music()
    assert_adds_up(run(x, harmonic_length=lengths[0], percussive_length=lengths[1]), x)


def test_results_do_not_depend_on_chance_or_threads():
    x = music(3)
    expected = run(x, context=RunContext(threads=1))
    for context in (RunContext(threads=1, seed=5), RunContext(threads=2), RunContext(threads=4)):
        result = run(x, context=context)
        for name, clip in expected.stems.items():
            assert np.array_equal(result.stems[name].samples, clip.samples)


def test_the_mixture_is_not_changed():
    x = np.array(music())
    before = x.copy()
    run(x, iterations=3)
    assert np.array_equal(x, before)


# -- periodic kernels --------------------------------------------------------------------------


def test_a_loop_is_told_from_what_is_played_once():
    rng = np.random.default_rng(3)
    length = 192 * 256
    loop = np.convolve(rng.standard_normal(length) * (rng.random(length) < 0.0005), np.hanning(400), "same")
    background = np.tile(loop, 6)
    once = np.zeros_like(background)
    once[120_000:140_000] = np.sin(2 * np.pi * 700 * np.arange(20_000) / RATE) * np.hanning(20_000)
    mixture = np.stack([background + once] * 2).astype(np.float32)
    sources = SourceSet.from_text("background=periodic:auto:3, foreground=disc:3")
    result = run(mixture, sources=sources, iterations=1)
    error = ((result.stems["background"].samples - background) ** 2)[:, 120_000:140_000].sum()
    assert 10 * np.log10((once**2).sum() * 2 / error) > 10
    assert "periodic:192:3" in result.provenance.params["sources"]
    assert_adds_up(result, mixture)


def test_the_period_that_was_found_repeats_the_run():
    x = np.tile(music(2, 0.9), 5)
    first = run(x, sources=SourceSet.from_text("b=periodic:auto:2, f=disc:3"))
    again = drain(METHOD.run(AudioClip(x, RATE), from_json(KamParams, first.provenance.params), context=RunContext()))
    assert "auto" not in first.provenance.params["sources"]
    for name, clip in first.stems.items():
        assert np.array_equal(again.stems[name].samples, clip.samples)


@pytest.mark.parametrize("length", [0, 1, 5000])
def test_a_period_is_sought_in_anything(length):
    x = music()[:, :length]
    assert_adds_up(run(x, sources=SourceSet.from_text("b=periodic:auto:3, f=disc:3")), x)


# -- parameters --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"harmonic_length": 16}, "harmonic_length"),
        ({"harmonic_length": 0}, "harmonic_length"),
        ({"percussive_length": 257}, "percussive_length"),
        ({"iterations": 0}, "iterations"),
        ({"iterations": 51}, "iterations"),
        ({"iterations": 2.5}, "iterations"),
        ({"spatial": "yes"}, "spatial"),
        ({"border": "wrap"}, "border"),
        ({"fft_size": 63}, "fft_size"),
        ({"fft_size": 1 << 17}, "fft_size"),
        ({"hop_size": 2049}, "hop_size"),
        ({"hop_size": 0}, "hop_size"),
        ({"sources": SourceSet.from_text("a=horizontal:3@3, b=vertical:3")}, "iteration of a"),
    ],
)
def test_parameters_off_their_range_are_refused_by_name(wrong, named):
    with pytest.raises(ParameterError, match=f"^{named}"):
        KamParams(**wrong)


def test_a_device_that_it_does_not_run_on_is_refused_before_any_work():
    with pytest.raises(DeviceError, match="cuda"):
        run(music(), context=RunContext(device="cuda"))


def test_the_short_form_is_used_for_harmonic_and_percussive_alone():
    plain = KamParams(harmonic_length=31, percussive_length=9)
    assert plain.with_sources(plain.source_set) == plain
    own = SourceSet.from_text("harmonic=horizontal:31@1, percussive=vertical:9")
    assert plain.with_sources(own).sources == own
    other = SourceSet.from_text("harmonic=disc:31, percussive=vertical:9")
    assert plain.with_sources(other).source_set == other
    assert plain.with_sources(SourceSet.from_text("harmonic=horizontal:5, percussive=vertical:7")) == KamParams(
        harmonic_length=5, percussive_length=7
    )


@pytest.mark.parametrize("preset", METHOD.presets, ids=lambda preset: preset.name)
def test_presets_run_and_survive_json(preset):
    assert from_json(KamParams, to_json(preset.params)) == preset.params
    x = music(2, 0.4)
    assert_adds_up(drain(METHOD.run(AudioClip(x, RATE), preset.params, context=RunContext())), x)


def test_what_was_done_is_written_down():
    result = run(music(), iterations=3, context=RunContext(seed=11))
    provenance = result.provenance
    assert (provenance.method, provenance.seed, provenance.device) == ("kam", 11, "cpu")
    assert provenance.params["iterations"] == 3
    assert {"numpy", "scipy", "numba"} <= set(provenance.versions)
    assert 0 < provenance.wall_seconds < 60
    assert provenance.peak_memory_bytes > 0
    assert provenance.notes == ()
