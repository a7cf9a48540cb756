"""What is said of a time-frequency point, against numpy's own transform and the reference of the algorithm."""

import dataclasses

import numpy as np
import pytest
from kam_reference import energy, kam_reference, updated, wiener_reference

from sepstudio.errors import ParameterError
from sepstudio.io.clip import AudioClip
from sepstudio.io.steps import drain
from sepstudio.separation.base import RunContext
from sepstudio.separation.explanation import ABOVE, BELOW, DECIDING, Explanation, Point, ProbedRun, ProbedStem
from sepstudio.separation.kam import METHOD, KamParams
from sepstudio.separation.kernels import SourceSet
from sepstudio.separation.probe import excerpt_steps, probe_steps, shares_at, transform_sizes, used_params

RATE, FFT, HOP = 16000, 512, 128
TONE_BIN = 40
TONE_HZ = TONE_BIN * RATE / FFT
CLICK_AT = 12_800


def sound(seconds=1.5, channels=2):
    """A sine in the middle of a bin and a click, each at its own place between the channels."""
    time = np.arange(int(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * TONE_HZ * time)
    click = np.zeros_like(tone)
    click[CLICK_AT] = 0.9
    places = np.linspace(1.0, 0.5, channels)[:, None]
    noise = 1e-4 * np.random.default_rng(3).standard_normal((channels, tone.size))
    return (places * tone + places[::-1] * click + noise).astype(np.float32)


def separated(samples, start=0, stop=None, **params):
    """A recording of which a stretch was separated."""
    stop = samples.shape[1] if stop is None else stop
    settings = KamParams(fft_size=FFT, hop_size=HOP, **params)
    mixture = AudioClip(samples, RATE)
    result = drain(METHOD.run(mixture.section(start, stop), settings, context=RunContext()))
    stems = tuple(
        ProbedStem(name, clip, result.takes.get(name, ()), len(result.takes.get(name, ())))
        for name, clip in result.stems.items()
        if name != "residual"
    )
    used = used_params(METHOD, settings, {"params": result.provenance.params})
    return ProbedRun(mixture, start, stop, stems, FFT, HOP), used


def spectrum(samples):
    """The STFT by numpy alone: centred frames, periodic Hann window; [channels, bins, frames] complex128."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)
    padded = np.pad(samples.astype(np.float64), ((0, 0), (FFT // 2, FFT)))
    frames = range(1 + samples.shape[1] // HOP)
    return np.stack([np.fft.rfft(padded[:, m * HOP : m * HOP + FFT] * window) for m in frames], axis=-1)


def read(run, params, seconds, hertz):
    return drain(probe_steps(run, seconds, hertz, METHOD, params))


def test_shares_are_those_of_the_transforms_of_the_stems():
    run, params = separated(sound())
    reading = read(run, params, 0.5, 2000.0)
    values = [spectrum(stem.clip.samples)[:, reading.point.bin, reading.point.frame] for stem in run.stems]
    energies = np.array([(np.abs(value) ** 2).sum() for value in values])
    assert [share.name for share in reading.shares] == ["harmonic", "percussive", "residual"]
    assert [share.energy for share in reading.shares[:2]] == pytest.approx(energies / energies.sum(), rel=1e-3)
    assert reading.shares[2].energy < 1e-6
    assert sum(share.energy for share in reading.shares) == pytest.approx(1.0)
    assert sum(share.mask for share in reading.shares) == pytest.approx(1.0, abs=1e-3)
    assert (reading.hertz, reading.seconds) == (64 * RATE / FFT, round(0.5 * RATE / HOP) * HOP / RATE)


def test_the_level_is_that_of_a_sine():
    run, params = separated(sound(channels=1))
    reading = read(run, params, 0.3, TONE_HZ)
    assert reading.level == pytest.approx(20 * np.log10(0.3), abs=0.05)


@pytest.mark.parametrize("spatial", [False, True])
def test_a_sine_is_harmonic_and_a_click_percussive(spatial):
    run, params = separated(sound(), spatial=spatial)
    tone = {share.name: share.energy for share in read(run, params, 0.3, TONE_HZ).shares}
    assert tone["harmonic"] > 0.95
    click = read(run, params, CLICK_AT / RATE, 6000.0)
    assert next(share.energy for share in click.shares if share.name == "percussive") > 0.95
    assert "Percussive is the loudest" in click.explanation.sentence
    assert "17 bins at this time" in click.explanation.sentence


@pytest.mark.parametrize("spatial", [False, True])
@pytest.mark.parametrize("iterations", [1, 2, 4])
@pytest.mark.parametrize("point", [(TONE_BIN, 60), (0, 0), (FFT // 2, 187), (3, 100)])
def test_the_median_is_the_one_that_the_algorithm_used(spatial, iterations, point):
    samples = sound()
    sources = SourceSet.from_text("a=horizontal:9, b=vertical:7, c=disc:5")
    run, params = separated(samples, sources=sources, iterations=iterations, spatial=spatial)
    x = spectrum(samples)
    states = reference_states(x, [source.kernel.footprint() for source in sources.sources], iterations, spatial)
    explanation = drain(METHOD.explain(run, Point(*point), params))
    loud = energy(x).max()
    for evidence, medians in zip(explanation.evidence, states, strict=True):
        found = 10 ** (evidence.level / 10) / (4 / FFT) ** 2
        assert found == pytest.approx(medians[point], rel=2e-3, abs=1e-9 * loud)


def reference_states(x, footprints, iterations, spatial):
    """The spectrograms of all sources after some updates, by the reference implementation."""
    estimates = wiener_reference(
        x, np.repeat(energy(x)[None] / (len(x) * len(footprints)), len(footprints), axis=0),
        np.tile(np.eye(len(x), dtype=np.complex128), (len(footprints), x.shape[1], 1, 1)),
    )  # fmt: skip
    if iterations > 1:
        estimates = kam_reference(x, footprints, iterations=iterations - 1, spatial=spatial)[-1]
    return [updated(e, f, spatial=spatial, border="reflect")[0] for e, f in zip(estimates, footprints, strict=True)]


def test_a_short_stretch_of_a_long_run_gives_the_same_median_without_the_spatial_model():
    samples = np.tile(sound(2.0), (1, 6)) + 0.01 * np.random.default_rng(1).standard_normal((2, 12 * RATE))
    run, params = separated(samples.astype(np.float32), spatial=False, harmonic_length=5, percussive_length=5)
    x = spectrum(run.mixture.samples)
    states = reference_states(x, [source.kernel.footprint() for source in params.source_set.sources], 2, False)
    for frame in (2, 700, run.frames - 1):
        evidence = drain(METHOD.explain(run, Point(70, frame), params)).evidence
        for one, medians in zip(evidence, states, strict=True):
            assert 10 ** (one.level / 10) / (4 / FFT) ** 2 == pytest.approx(medians[70, frame], rel=2e-3)


def test_the_neighbours_are_ranked_about_the_median():
    run, params = separated(sound())
    for evidence in read(run, params, 0.5, 3000.0).explanation.evidence:
        assert evidence.levels.size == 17
        assert evidence.level == np.sort(evidence.levels)[8]
        near = evidence.levels[evidence.standing == DECIDING]
        assert near.size == 3
        assert evidence.levels[evidence.standing == BELOW].max() <= near.min()
        assert evidence.levels[evidence.standing == ABOVE].min() >= near.max()


def test_past_an_edge_the_neighbours_are_mirrored():
    run, params = separated(sound())
    harmonic, percussive = read(run, params, 0.0, 0.0).explanation.evidence
    assert harmonic.frame_offsets.tolist() == list(range(-8, 9))
    assert harmonic.frames.tolist() == [7, 6, 5, 4, 3, 2, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert percussive.bins.tolist() == harmonic.frames.tolist()


def test_a_run_on_a_stretch_counts_its_frames_from_its_start():
    samples, start = sound(), 5000
    run, params = separated(samples, start, 20_000)
    reading = read(run, params, CLICK_AT / RATE, 6000.0)
    assert reading.point.frame == round((CLICK_AT - start) / HOP)
    stretch = spectrum(samples[:, start:20_000])
    expected = (np.abs(stretch[:, reading.point.bin, reading.point.frame]) ** 2).sum()
    assert 2 * 10 ** (reading.level / 10) / (4 / FFT) ** 2 == pytest.approx(expected, rel=1e-3)
    with pytest.raises(ParameterError, match="which this run covers"):
        read(run, params, 0.2, 1000.0)


def test_the_loudest_frequency_is_found():
    run, params = separated(sound())
    assert read(run, params, 0.3, None).point.bin == TONE_BIN


def test_each_stem_is_explained_at_its_own_iteration():
    run, params = separated(sound(), iterations=3, keep_iterations=True, spatial=False)
    first, third = (read(r, params, 0.5, 3000.0) for r in (with_takes(run, 1), run))
    assert [one.basis for one in first.explanation.evidence] == ["its estimate before iteration 1"] * 2
    assert [one.basis for one in third.explanation.evidence] == ["its estimate before iteration 3"] * 2
    assert first.explanation.evidence[0].level != third.explanation.evidence[0].level


def test_kernels_that_reach_too_far_are_explained_by_the_stems(monkeypatch):
    monkeypatch.setattr("sepstudio.separation.kam_probe.MOST_VALUES", 1000)
    samples = sound()
    run, params = separated(samples, iterations=3, keep_iterations=True)
    (explanation, finished, begun) = (
        read(r, params, 0.5, 3000.0).explanation for r in (run, with_takes(run, 3, kept=False), with_takes(run, 1))
    )
    assert explanation.evidence[0].basis == "the stem after iteration 2"
    assert finished.evidence[0].basis == "the finished stem"
    assert begun.evidence[0].basis.startswith("an equal part of the mixture")
    assert "too far" in explanation.notes[0]
    evidence = explanation.evidence[1]
    before = energy(spectrum(run.stems[1].takes[1].samples))[evidence.bins, evidence.frames] / 2
    assert 10 ** (evidence.levels / 10) / (4 / FFT) ** 2 == pytest.approx(before, rel=2e-3, abs=1e-9)
    # The first median was taken of the mixture itself: nothing about it is an approximation.
    exact = np.sort(energy(spectrum(samples))[begun.evidence[1].bins, begun.evidence[1].frames] / 8)[8]
    assert 10 ** (begun.evidence[1].level / 10) / (4 / FFT) ** 2 == pytest.approx(exact, rel=2e-3)


def with_takes(run, take, kept=True):
    """The same run with its stems as they were after an iteration, the others kept or forgotten."""
    stems = [
        ProbedStem(stem.name, stem.takes[take - 1], stem.takes if kept else (), take if kept else 0)
        for stem in run.stems
    ]
    return dataclasses.replace(run, stems=tuple(stems))


def test_silence_has_no_shares():
    run, params = separated(np.zeros((2, RATE), np.float32))
    reading = read(run, params, 0.5, 1000.0)
    assert [share.energy for share in reading.shares] == [0.0, 0.0, 0.0]
    assert reading.level == -np.inf


def test_a_method_that_does_not_explain_itself_has_shares_all_the_same():
    run, params = separated(sound())
    mute = dataclasses.replace(METHOD, explain=None)
    for spec, values in ((mute, params), (None, params), (METHOD, {"fft_size": FFT})):
        reading = drain(probe_steps(run, 0.5, 1000.0, spec, values))
        assert reading.explanation is None
        assert len(reading.shares) == 3


def test_sizes_come_from_the_parameters_or_are_the_usual_ones():
    assert transform_sizes(KamParams()) == (4096, 1024)
    assert transform_sizes({"fft_size": 1024}) == (1024, 256)
    assert transform_sizes({}) == (2048, 512)


def test_only_the_neighbours_are_heard():
    run, params = separated(sound())
    reading = read(run, params, 0.3, TONE_HZ)
    evidence = reading.explanation.evidence[0]
    excerpt = drain(excerpt_steps(run, run.stretch, evidence.bins, evidence.frames, reading.point.frame))
    samples = excerpt.clip.samples.astype(np.float64)
    middle = round(0.3 * RATE) - excerpt.start
    spectrum_there = np.abs(np.fft.rfft(samples[0, middle - 256 : middle + 256] * np.hanning(512)))
    assert np.argmax(spectrum_there) == TONE_BIN
    assert spectrum_there[:30].max() < 1e-2 * spectrum_there[TONE_BIN]
    # The window takes from the single bin what the two beside it hold of a sine.
    assert np.abs(samples[0, middle - 64 : middle + 64]).max() == pytest.approx(0.3, rel=0.4)
    assert excerpt.clip.length <= (17 + 10) * HOP
    assert np.abs(samples[:, [0, -1]]).max() < 1e-4


def test_all_points_together_are_the_recording():
    samples = sound(1.0)
    run, _ = separated(samples)
    bins, frames = (index.ravel() for index in np.indices(run.shape))
    excerpt = drain(excerpt_steps(run, run.stretch, bins, frames, 60))
    assert (excerpt.start, excerpt.clip.length) == (0, samples.shape[1])
    assert np.abs(excerpt.clip.samples - samples)[:, FFT:-FFT].max() < 1e-5


def test_shares_read_no_more_than_one_frame_of_each():
    class Watched(AudioClip):
        touched = 0

        def _read_inside(self, start, stop):
            self.touched += stop - start
            return super()._read_inside(start, stop)

    run, _ = separated(sound())
    mixture = Watched(run.mixture.samples, RATE)
    shares_at(dataclasses.replace(run, mixture=mixture), Point(10, 50))
    assert mixture.touched <= 2 * FFT


def test_another_method_explains_itself_in_its_own_way():
    run, params = separated(sound())

    def explain(of, point, given):
        assert (of, given) == (run, params)
        yield 0.5
        return Explanation(f"bin {point.bin}", ())

    spec = dataclasses.replace(METHOD, explain=explain)
    assert drain(probe_steps(run, 0.5, TONE_HZ, spec, params)).explanation.sentence == f"bin {TONE_BIN}"
