"""The methods ``nmf`` and ``nae``: stems, sums, groups, matrices, warm starts, ends at any moment."""

import dataclasses
import gc
import weakref

import numpy as np
import pytest
from two_hands import HANDS, NOTES, RATE, SCORE, SECONDS, piece, sdr

from sepstudio.dsp.stft import stft
from sepstudio.errors import DeviceError, MissingInputError, ParameterError
from sepstudio.io.clip import AudioClip, only_part
from sepstudio.io.scores.records import ActivationPatch, Note, Score
from sepstudio.io.scratch import MemorySink
from sepstudio.io.steps import drain
from sepstudio.separation.base import Progress, RunContext, needed
from sepstudio.separation.factorization import Snapshot
from sepstudio.separation.parameters import from_json, to_json
from sepstudio.separation.registry import method, separate
from sepstudio.separation.score_constraints import constraints
from sepstudio.separation.score_params import NaeParams, NmfParams
from sepstudio.separation.score_run import grid_of

FAST = {"iterations": 30}


def run(method_id, *, clip=None, score=SCORE, context=None, **params):
    spec = method(method_id)
    context = context or RunContext(score=score, device="cpu")
    return drain(spec.run(clip or piece(), from_json(spec.params, FAST | params), context=context))


def assert_adds_up(separation, clip):
    total = sum(stem.samples.astype(np.float64) for stem in separation.stems.values())
    np.testing.assert_allclose(total, clip.samples, atol=1e-6)
    assert all(stem.length == clip.length and stem.channels == clip.channels for stem in separation.stems.values())


@pytest.mark.parametrize("method_id", ["nmf", "nae"])
def test_hands_come_out_of_a_stereo_recording(method_id):
    clip = piece()
    separation = run(method_id, iterations=100)
    assert list(separation.stems) == ["right", "left", "residual"]
    assert_adds_up(separation, clip)
    for name, true in HANDS.items():
        assert sdr(true, separation.stems[name].samples) > sdr(true, clip.samples) + 10


@pytest.mark.parametrize("group", ["track", "pitch", "note", "all"])
@pytest.mark.parametrize("leftover", [False, True])
def test_stems_and_residual_sum_to_the_mixture(group, leftover):
    clip = piece()
    assert_adds_up(run("nmf", group=group, leftover=leftover), clip)


def test_stems_are_named_after_what_they_hold():
    assert list(run("nmf", group="pitch").stems) == ["G2", "C3", "B4", "D5", "residual"]
    assert list(run("nmf", group="all").stems) == ["notes", "residual"]
    notes = ["C3_000.000s", "B4_000.100s", "D5_000.900s", "G2_001.000s", "B4_001.500s", "residual"]
    assert list(run("nmf", group="note").stems) == notes


def test_notes_of_one_pitch_are_told_apart_by_time():
    separation = run("nmf", group="note")
    first, second = (separation.stems[name].samples for name in ("B4_000.100s", "B4_001.500s"))
    assert (first[:, round(1.5 * RATE) :] ** 2).sum() < 0.01 * (first**2).sum()
    assert (second[:, : round(1.2 * RATE)] ** 2).sum() < 0.01 * (second**2).sum()
    assert (second**2).sum() > 1.0
    # Kept as the stretch that sounds.
    assert only_part(separation.stems["D5_000.900s"]).clip.length < 0.75 * SECONDS * RATE


def test_hands_share_a_pitch_by_what_is_written():
    notes = (Note(1, 0.0, 1.0, 60, track="a"), Note(2, 1.0, 1.0, 60, track="b"))
    time = np.arange(2 * RATE) / RATE
    clip = AudioClip((0.3 * np.sin(2 * np.pi * 261.63 * time))[np.newaxis].astype(np.float32), RATE)
    stems = run("nmf", clip=clip, score=Score("one", notes, ("a", "b"))).stems
    early, late = slice(800, round(0.85 * RATE)), slice(round(1.15 * RATE), 2 * RATE - 800)
    np.testing.assert_allclose(stems["a"].samples[:, early], clip.samples[:, early], atol=0.02)
    np.testing.assert_allclose(stems["b"].samples[:, late], clip.samples[:, late], atol=0.02)


def test_what_no_note_covers_is_left_to_the_residual():
    late = Score("late", (Note(1, 1.5, 0.7, 71, track="right"),), ("right",))
    separation = run("nmf", score=late)
    silent = slice(0, round(1.1 * RATE))
    np.testing.assert_allclose(separation.stems["right"].samples[:, silent], 0.0, atol=1e-7)
    np.testing.assert_allclose(separation.stems["residual"].samples[:, silent], piece().samples[:, silent], atol=1e-7)


def test_leaving_the_rest_out_gives_more_to_the_residual():
    noisy = AudioClip(piece().samples + 0.05 * np.random.default_rng(1).standard_normal(piece().samples.shape), RATE)
    full, bare = (run("nmf", clip=noisy, leftover=leftover).stems["residual"].samples for leftover in (False, True))
    assert (bare**2).sum() > 2 * (full**2).sum()


def test_matrices_have_axes_and_the_masks_of_the_score():
    separation = run("nae", group="pitch", onset_templates=True)
    params = NaeParams(onset_templates=True)
    grid = grid_of(piece(), params)
    allowed = constraints(SCORE, grid, params)
    matrices = separation.matrices
    assert set(matrices) == {"templates", "activations", "template-mask", "activation-mask", "encoder"}
    assert matrices["templates"].axes == ("frequency", "component")
    assert matrices["activations"].axes == ("component", "time")
    assert matrices["activations"].coordinates[0] == allowed.names
    assert matrices["templates"].coordinates[0][-1] == RATE / 2
    assert matrices["activations"].coordinates[1][1] == grid.hop_s
    np.testing.assert_array_equal(matrices["template-mask"].values, allowed.template_mask)
    np.testing.assert_array_equal(matrices["activation-mask"].values, allowed.activation_mask)
    for name, mask in (("templates", allowed.template_mask), ("activations", allowed.activation_mask)):
        assert not matrices[name].values[mask == 0].any()
    assert matrices["encoder"].values.shape == (8, grid.bins)
    assert len(separation.curves["error"].values) == FAST["iterations"]


def test_the_frame_keeps_its_length_at_every_rate():
    sizes = {rate: NmfParams().fft_size_at(rate) for rate in (8000, 22050, 44100, 48000, 96000)}
    assert sizes == {8000: 1024, 22050: 2048, 44100: 4096, 48000: 4096, 96000: 8192}
    assert NmfParams().hop_size_at(22050) == 1024


def test_channels_in_opposite_phase_do_not_vanish():
    mono = piece().samples[:1]
    separation = run("nmf", clip=AudioClip(np.concatenate([mono, -mono]), RATE))
    expected = np.abs(stft(mono, fft_size=1024, hop_size=512))[0]
    model = separation.matrices["templates"].values @ separation.matrices["activations"].values
    assert np.linalg.norm(model - expected) < 0.5 * np.linalg.norm(expected)


def test_without_a_score_only_a_rank_helps():
    for method_id in ("nmf", "nae"):
        with pytest.raises(MissingInputError, match="score"):
            run(method_id, score=None)
    separation = run("nmf", score=None, rank=3)
    assert list(separation.stems) == ["component 1", "component 2", "component 3", "residual"]
    assert_adds_up(separation, piece())
    assert set(separation.matrices) == {"templates", "activations"}
    again, other = (run("nmf", context=RunContext(seed=seed, device="cpu"), rank=3) for seed in (0, 1))
    np.testing.assert_array_equal(again.stems["component 1"].samples, separation.stems["component 1"].samples)
    assert not np.array_equal(other.stems["component 1"].samples, separation.stems["component 1"].samples)
    assert needed(method("nmf"), NmfParams(rank=3)) == frozenset()
    assert needed(method("nmf"), NmfParams()) == needed(method("nae"), NaeParams()) == {"score"}


@pytest.mark.parametrize("method_id", ["nmf", "nae"])
def test_a_warm_start_goes_on_where_the_last_run_ended(method_id):
    first = run(method_id, iterations=60)
    context = RunContext(score=SCORE, device="cpu", warm=first.matrices)
    again, cold = run(method_id, context=context, iterations=10), run(method_id, iterations=10)
    assert again.curves["error"].values[-1] < 1.05 * first.curves["error"].values[-1]
    assert again.curves["error"].values[-1] < cold.curves["error"].values[-1]
    assert again.provenance.notes == ("went on from an earlier run",)


def test_a_warm_start_lets_new_notes_sound_and_moved_windows_fit():
    fewer = SCORE.without({3, 5})
    first = run("nmf", score=fewer, iterations=60)
    start = 6000
    moved = {name: matrix.moved(-start / RATE) for name, matrix in first.matrices.items()}
    context = RunContext(score=SCORE.moved(-start / RATE), device="cpu", warm=moved)
    window = piece().section(start, 20000)
    separation = run("nmf", clip=window, context=context, iterations=60, group="pitch")
    assert_adds_up(separation, window)
    cold = run("nmf", clip=window, context=dataclasses.replace(context, warm=None), iterations=60, group="pitch")
    for name in ("D5", "B4"):
        assert sdr(cold.stems[name].samples, separation.stems[name].samples) > 15


def test_a_warm_start_of_other_bins_starts_anew():
    first = run("nmf", frame_ms=50.0)
    separation = run("nmf", context=RunContext(score=SCORE, device="cpu", warm=first.matrices))
    assert separation.provenance.notes == ("the earlier run does not fit: started anew",)


def test_a_warm_autoencoder_continues_a_factorisation_by_any_rule():
    first = run("nmf")
    context = RunContext(score=SCORE, device="cpu", warm=first.matrices)
    for optimizer in ("multiplicative", "rmsprop"):
        assert_adds_up(run("nae", context=context, iterations=3, optimizer=optimizer), piece())


def test_painted_activations_are_heard():
    patch = ActivationPatch(71, 0.0, 3.0, allowed=False)
    silenced = run("nmf", score=dataclasses.replace(SCORE, activation_patches=(patch,)), group="pitch")
    assert not silenced.stems["B4"].samples.any()
    # Where no note of the pitch reaches, the nearest one gets what was allowed.
    note = Score("short", (NOTES[4], Note(9, 0.0, 0.1, 48, track="left")), ("right", "left"))
    longer = dataclasses.replace(note, activation_patches=(ActivationPatch(71, 0.1, 0.7, allowed=True),))
    tight = {"before": 0.0, "after": 0.0}
    parts = [run("nmf", score=score, **tight).stems["right"].samples[:, 1600:4800] for score in (note, longer)]
    assert not parts[0].any()
    assert (parts[1] ** 2).sum() > 1.0


@pytest.mark.parametrize("samples", [0, 1, 700])
def test_clips_shorter_than_a_frame_are_separated(samples):
    clip = AudioClip(piece().samples[:, 2000 : 2000 + samples], RATE)
    for group in ("track", "note"):
        assert_adds_up(run("nmf", clip=clip, group=group, score=SCORE.moved(-0.25)), clip)


def test_silence_and_notes_elsewhere_give_silence():
    quiet = AudioClip(np.zeros((1, RATE), np.float32), RATE)
    for method_id in ("nmf", "nae"):
        separation = run(method_id, clip=quiet)
        assert all(not stem.samples.any() for stem in separation.stems.values())
    assert_adds_up(run("nmf", score=SCORE.moved(100.0)), piece())
    assert list(run("nmf", score=SCORE.moved(100.0)).stems) == ["residual"]


@pytest.mark.parametrize("method_id", ["nmf", "nae"])
def test_progress_never_falls_and_carries_snapshots(method_id):
    spec = method(method_id)
    params = spec.params(iterations=400, group="note")
    steps = []
    work = spec.run(piece(), params, context=RunContext(score=SCORE, device="cpu"))
    for step in iter(lambda: next(work, None), None):
        steps.append(step)
    assert all(isinstance(step, Progress) for step in steps)
    fractions = [step.fraction for step in steps]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)
    assert all(isinstance(step.partial, Snapshot) for step in steps if step.partial is not None)


def test_closing_a_run_lets_go_of_everything():
    class Sink(MemorySink):
        pass

    sink = Sink()
    gone = weakref.ref(sink)
    work = method("nmf").run(piece(), NmfParams(), context=RunContext(score=SCORE, device="cpu", sink=sink))
    next(work)
    work.close()
    del work, sink
    gc.collect()
    assert gone() is None


def test_provenance_repeats_a_run():
    first = run("nae")
    assert first.provenance.method == "nae"
    assert first.provenance.device == "cpu"
    again = drain(
        method("nae").run(
            piece(), from_json(NaeParams, first.provenance.params), context=RunContext(score=SCORE, device="cpu")
        )
    )
    for name, stem in first.stems.items():
        np.testing.assert_array_equal(stem.samples, again.stems[name].samples)


@pytest.mark.parametrize("spec", [method("nmf"), method("nae")], ids=lambda spec: spec.id)
def test_presets_pass_and_differ(spec):
    plain = [to_json(preset.params) for preset in spec.presets]
    assert all(
        from_json(spec.params, values) == preset.params for values, preset in zip(plain, spec.presets, strict=True)
    )
    assert all(plain.count(values) == 1 for values in plain)


def test_scripts_get_there_too():
    separation = separate("nmf", piece().samples, RATE, score=SCORE, device="cpu", iterations=5)
    assert list(separation.stems) == ["right", "left", "residual"]


def test_what_does_not_fit_is_refused():
    with pytest.raises(ParameterError, match="learning_rate"):
        NaeParams(optimizer="multiplicative", learning_rate=0.1)
    with pytest.raises(ParameterError, match="group"):
        NmfParams(group="voice")
    with pytest.raises(MissingInputError, match="no notes"):
        run("nmf", score=Score("empty", ()))
    with pytest.raises(DeviceError):
        run("nmf", context=RunContext(score=SCORE, device="cuda:99"))


def test_memory_is_estimated_before_a_run():
    context = RunContext(score=SCORE)
    short = method("nmf").memory(piece(), NmfParams(), context)
    double = AudioClip(np.tile(piece().samples, (1, 2)), RATE)
    assert short < method("nmf").memory(double, NmfParams(), context) < 2.2 * short
    assert method("nmf").memory(piece(), NmfParams(group="pitch"), context) > short


def test_a_thousand_notes_need_one_place():
    class Sink(MemorySink):
        opened = ()

        def open(self, name, channels, length, sample_rate):
            self.opened = (*self.opened, length)
            return super().open(name, channels, length, sample_rate)

    sink = Sink()
    notes = tuple(Note(number, 0.002 * number, 0.05, 60 + number % 12) for number in range(1000))
    context = RunContext(score=Score("many", notes), device="cpu", sink=sink)
    separation = run("nmf", context=context, iterations=2, group="note", before=0.0, after=0.05)
    assert len(separation.stems) == 1001
    assert len(sink.opened) == 1
    assert_adds_up(separation, piece())
