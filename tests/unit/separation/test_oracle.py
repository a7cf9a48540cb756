"""The ideal ratio mask and the oracle phase: against plain formulas, real songs, and what cannot be used."""

from pathlib import Path

import numpy as np
import pytest
from tiny_models import tiny_model

import sepstudio
from sepstudio.errors import MissingInputError, ParameterError
from sepstudio.io.audio import open_audio
from sepstudio.io.clip import AudioClip, excerpt
from sepstudio.io.steps import drain
from sepstudio.metrics import bss_eval, sdr
from sepstudio.separation.base import RunContext
from sepstudio.separation.registry import method

RATE = 8000
LENGTH = 9000
FFT, HOP = 512, 128
SIZES = {"fft_size": FFT, "hop_size": HOP}
MULTITRACKS = Path(__file__).parents[3].parent / "shared" / "data" / "multitracks"
INSTRUMENTS = ("bass", "drums", "other", "vocals")


@pytest.fixture
def true(rng):
    """Three stems of which one is silent half of the time, and one in the right channel."""
    stems = {name: 0.1 * rng.standard_normal((2, LENGTH)).astype(np.float32) for name in ("a", "b", "c")}
    stems["b"][:, : LENGTH // 2] = 0
    stems["c"][1] = 0
    return {name: AudioClip(samples, RATE) for name, samples in stems.items()}


def summed(stems):
    return sum(clip.samples for clip in stems.values())


def separated(method_id, mixture, references, **params):
    spec = method(method_id)
    clip = mixture if isinstance(mixture, AudioClip) else AudioClip(mixture, RATE)
    return drain(spec.run(clip, spec.params(**{**SIZES, **params}), context=RunContext(references=references)))


def transform(x, size=FFT, hop=HOP):
    """Centred frames of a periodic Hann window, [channels, bins, frames], written out in double precision."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    padded = np.pad(x.astype(np.float64), ((0, 0), (size // 2, size)))
    frames = [np.fft.rfft(window * padded[:, m * hop : m * hop + size]) for m in range(1 + LENGTH // hop)]
    return np.stack(frames, axis=-1)


def back(spectrum, size=FFT, hop=HOP):
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size)
    total = np.zeros((2, LENGTH + 2 * size))
    weight = np.full(LENGTH + 2 * size, 1e-300)
    for m in range(spectrum.shape[-1]):
        total[:, m * hop : m * hop + size] += window * np.fft.irfft(spectrum[..., m])
        weight[m * hop : m * hop + size] += window**2
    return (total / weight)[:, size // 2 : size // 2 + LENGTH]


@pytest.mark.parametrize(("ratio", "exponent"), [("amplitude", 1), ("power", 2)])
def test_the_mask_is_the_ratio_of_the_paper(true, ratio, exponent):
    mixture = summed(true)
    found = separated("irm", mixture, true, ratio=ratio)
    x = transform(mixture)
    weights = {name: np.abs(transform(clip.samples)) ** exponent for name, clip in true.items()}
    total = np.maximum(sum(weights.values()), 1e-300)
    for name, weight in weights.items():
        expected = back(weight / total * x)
        np.testing.assert_allclose(found.stems[name].samples, expected, atol=2e-6)


def test_stems_sum_to_the_mixture_and_a_stem_that_is_missing_is_the_residual(true):
    mixture = summed(true)
    whole = separated("irm", mixture, true)
    assert list(whole.stems) == ["a", "b", "c"]
    np.testing.assert_allclose(summed(whole.stems), mixture, atol=1e-6)
    part = separated("irm", mixture, {name: true[name] for name in ("a", "b")})
    assert list(part.stems) == ["a", "b", "residual"]
    np.testing.assert_allclose(summed(part.stems), mixture, atol=1e-6)
    # What is left over takes part like the stem that it is.
    for name in ("a", "b"):
        np.testing.assert_allclose(part.stems[name].samples, whole.stems[name].samples, atol=1e-5)
    assert any("leave" in note for note in part.provenance.notes)
    assert whole.provenance.notes == ()


def test_silence_is_shared_and_never_nan(true):
    quiet = {name: AudioClip(np.zeros((2, LENGTH), np.float32), RATE) for name in true}
    found = separated("irm", np.zeros((2, LENGTH), np.float32), quiet)
    assert all(not clip.samples.any() for clip in found.stems.values())
    one = separated("oracle_phase", summed(true), {"a": true["a"], "b": quiet["b"]}, amplitude="mask")
    assert np.isfinite(summed(one.stems)).all()


def test_the_oracle_phase_is_that_of_the_true_stem(true):
    mixture = summed(true)
    found = separated("oracle_phase", mixture, true, amplitude="mask")
    x = transform(mixture)
    spectra = {name: transform(clip.samples) for name, clip in true.items()}
    total = np.maximum(sum(np.abs(s) for s in spectra.values()), 1e-300)
    expected = back(np.abs(spectra["a"]) / total * np.abs(x) * np.exp(1j * np.angle(spectra["a"])))
    np.testing.assert_allclose(found.stems["a"].samples, expected, atol=2e-6)
    np.testing.assert_allclose(summed(found.stems), mixture, atol=1e-6)
    assert np.abs(found.stems["residual"].samples).max() > 1e-3


def test_the_true_phase_with_the_amplitudes_of_networks(true, tmp_path):
    from sepstudio.nn.phase_estimates import Estimator
    from sepstudio.nn.phase_models import load_model

    path = tiny_model(tmp_path / "tiny.safetensors", ("b", "a"), channels=2, sample_rate=RATE)
    mixture = AudioClip(summed(true), RATE)
    found = separated("oracle_phase", mixture, true, model=str(path))
    assert list(found.stems) == ["a", "b", "residual"]
    assert any("no network for c" in note for note in found.provenance.notes)
    assert found.provenance.model_hash == load_model(path).header.sha256
    np.testing.assert_allclose(summed(found.stems), mixture.samples, atol=1e-6)
    # All frames in one block, in plain numbers: amplitude of the network, angle of the true stem.
    estimator = Estimator(load_model(path), RATE)
    frames = 1 + LENGTH // 64
    amplitude = next(iter(list(estimator.amplitudes(estimator.frames(mixture, 0, frames)))[1:])).numpy()
    phase = np.exp(1j * np.angle(transform(true["a"].samples, 256, 64)))
    expected = back(amplitude * phase, 256, 64)
    np.testing.assert_allclose(found.stems["a"].samples, expected, atol=1e-5 * np.abs(expected).max())


def test_only_some_stems_can_be_taken(true):
    found = separated("irm", summed(true), true, stems=" b,a ")
    assert list(found.stems) == ["b", "a", "residual"]
    with pytest.raises(ParameterError, match=r"among the true stems: a, b, c"):
        separated("irm", summed(true), true, stems="drums")


def test_parts_that_are_counted_twice_are_refused(true):
    doubled = {**true, "all": AudioClip(summed(true), RATE)}
    with pytest.raises(ParameterError, match=r"together they hold more than it"):
        separated("irm", summed(true), doubled)
    assert list(separated("irm", summed(true), doubled, stems="a,b,c").stems) == ["a", "b", "c"]


def test_stems_of_another_recording_are_refused(true, rng):
    other = {"a": AudioClip(0.1 * rng.standard_normal((2, LENGTH)), RATE)}
    with pytest.raises(ParameterError, match=r"parts of the mixture"):
        separated("irm", summed(true), other)
    assert list(separated("irm", summed(true), {"a": true["a"]}).stems) == ["a", "residual"]


@pytest.mark.parametrize("method_id", ["irm", "oracle_phase"])
def test_what_is_missing_or_does_not_fit_is_said(true, method_id):
    params = {"amplitude": "mask"} if method_id == "oracle_phase" else {}
    for nothing in (None, {}):
        with pytest.raises(MissingInputError, match=r"it needs the true stems of the recording"):
            separated(method_id, summed(true), nothing, **params)
    with pytest.raises(ParameterError, match=r"channels"):
        separated(method_id, summed(true), {"a": AudioClip(true["a"].samples[:1], RATE)}, **params)
    with pytest.raises(ParameterError, match=r"16000 Hz"):
        separated(method_id, summed(true), {"a": AudioClip(true["a"].samples, 16000)}, **params)


def test_scripts_give_true_stems_as_arrays(true):
    mixture, arrays = summed(true), {name: clip.samples for name, clip in true.items()}
    found = sepstudio.separate("irm", mixture, RATE, references=arrays, **SIZES)
    expected = separated("irm", mixture, true)
    for name, clip in expected.stems.items():
        np.testing.assert_array_equal(found.stems[name].samples, clip.samples)
    mono = sepstudio.separate("irm", mixture[0], RATE, references={name: x[0] for name, x in arrays.items()}, **SIZES)
    assert mono.stems["a"].channels == 1


def test_a_run_can_be_given_up_at_every_step(true):
    spec = method("irm")
    run = spec.run(AudioClip(summed(true), RATE), spec.params(**SIZES), context=RunContext(references=true))
    fractions = [next(run).fraction for _ in range(2)]
    run.close()
    assert 0 < fractions[0] <= fractions[1] <= 1


@pytest.mark.skipif(not MULTITRACKS.is_dir(), reason="the multitracks are not here")
@pytest.mark.parametrize("song", ["rendered_dm14", "rendered_familiar_roads"])
def test_masks_of_real_songs_are_far_better_than_the_mixture_itself(song):
    clips = {name: open_audio(MULTITRACKS / song / f"{name}.flac") for name in INSTRUMENTS}
    mixture = open_audio(MULTITRACKS / song / "mixture.flac")
    start, stop = (round(second * mixture.sample_rate) for second in (20, 23))
    true = {name: excerpt(clip, start, stop) for name, clip in clips.items()}
    mixed = mixture.section(start, stop)
    stems = separated("irm", mixed, true, fft_size=4096, hop_size=1024).stems
    for name in INSTRUMENTS:
        assert sdr(true[name], stems[name]) > sdr(true[name], mixed) + 8, name
    both = [list(group.values()) for group in (true, {name: stems[name] for name in INSTRUMENTS})]
    assert bss_eval(*both, version="v3", sample_rate=mixture.sample_rate).summary()["sdr"].min() > 3
