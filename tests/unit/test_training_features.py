"""What networks are shown of an excerpt, and the loss they learn from: both against the plain formulas."""

from pathlib import Path

import numpy as np
import pytest
import torch
from training_songs import SIZE, tiny_plan

from sepstudio.dsp.phase import phase_features
from sepstudio.dsp.stft import stft
from sepstudio.nn.phase_network import start_network
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics
from sepstudio.nn.training.features import Analysis, FeatureKey, target_name
from sepstudio.nn.training.learner import Learner
from sepstudio.nn.training.learning_network import LearningNetwork
from sepstudio.nn.training.plan import Trainee
from sepstudio.nn.training.ranks import Ranks
from sepstudio.nn.training.squared_error import squared_error
from sepstudio.nn.training.variants import variant_config

FRAMES = 9
PLAN = tiny_plan(Path("songs"), Path("out"), rate=1e-2)
CONFIGS = [variant_config(name, "bass", SIZE) for name in ("a", "phase-raw", "a-dt-df", "a-df-uncorrected", "early")]
ANALYSIS = Analysis.of(FRAMES, CONFIGS)


@pytest.fixture
def song(rng):
    stems = {name: rng.standard_normal((2, 8000)).astype(np.float32) * 0.1 for name in ("bass", "vocals")}
    return stems["bass"] + stems["vocals"], stems


@pytest.fixture
def batch(song):
    mixture, stems = cut(song, 1024)
    arrays = ANALYSIS.arrays(mixture, stems)
    return ANALYSIS.batch_of({name: np.stack([values, values * 0.5]) for name, values in arrays.items()}, tuple(stems))


@pytest.fixture
def statistics(song):
    mixture, stems = song
    both = (BinStatistics.of(np.abs(stft(x, fft_size=256, hop_size=64))) for x in (mixture, stems["bass"]))
    return AmplitudeStatistics(*both)


def cut(song, start):
    """An excerpt of a song, from the first sample of the frame before its context."""
    mixture, stems = song
    stop = start + ANALYSIS.samples
    return mixture[:, start:stop], {name: samples[:, start:stop] for name, samples in stems.items()}


def test_features_of_an_excerpt_are_those_of_the_song(song):
    first = 20
    arrays = ANALYSIS.arrays(*cut(song, (first - 1) * 64 - 128))
    spectrum = stft(song[0], fft_size=256, hop_size=64)
    seen = slice(first, first + FRAMES + 2 * SIZE.context)
    np.testing.assert_allclose(arrays["amplitude"], np.abs(spectrum)[:, :100, seen], atol=1e-4)
    inner = slice(first + SIZE.context, first + SIZE.context + FRAMES)
    target = np.abs(stft(song[1]["vocals"], fft_size=256, hop_size=64))
    np.testing.assert_allclose(arrays[target_name("vocals")], target[..., inner], atol=1e-4)
    for config in CONFIGS[1:]:
        features = phase_features(
            spectrum, hop_size=64, kinds=config.phase_kinds, corrected=config.corrected, reference=64.0
        )
        rows = start_rows(config, features)[..., seen]
        shown = ANALYSIS.batch_of({k: v[None] for k, v in arrays.items()}, ("bass", "vocals")).phase(
            FeatureKey.of(config)
        )
        # A phase at the border may come out on either side of it.
        assert np.mean(np.abs(shown[0].numpy() - rows) > 1e-3) < 1e-3


def start_rows(config, features):
    """What a network averages over bands by itself, [kinds, channels, bands, frames]."""
    from sepstudio.nn.phase_network import PhaseNetwork

    return PhaseNetwork(config).rows("phase", torch.from_numpy(features)[None])[0].numpy()


@pytest.mark.parametrize("device", [False, True])
def test_some_frames_of_an_excerpt_are_enough(song, statistics, device):
    """What is estimated of each third frame is what is estimated of it among all frames."""
    whole, some = (Analysis.of(frames, CONFIGS, every=every) for frames, every in ((9, 1), (3, 3)))
    assert some.samples == whole.samples - 2 * 64
    network = start_network(CONFIGS[2], statistics, seed=1)
    results = []
    for analysis, every in ((whole, 1), (some, 3)):
        stop = 1024 + analysis.samples
        mixture, stems = song[0][:, 1024:stop], {name: x[:, 1024:stop] for name, x in song[1].items()}
        if device:
            audio = torch.from_numpy(np.stack([mixture, *stems.values()]))[None]
            batch = analysis.batch_on(audio, tuple(stems))
        else:
            arrays = analysis.arrays(mixture, stems)
            batch = analysis.batch_of({name: x[None] for name, x in arrays.items()}, tuple(stems))
        rows = {
            "amplitude": network.rows("amplitude", batch.amplitude),
            "phase": batch.phase(FeatureKey.of(CONFIGS[2])),
        }
        results.append((batch.targets["bass"], network.hidden(rows, every=every)))
    for all_frames, few in zip(*results, strict=True):
        torch.testing.assert_close(all_frames[..., ::3].detach(), few.detach(), atol=1e-4, rtol=1e-4)


def test_shapes_are_told_beforehand(song):
    arrays = ANALYSIS.arrays(*cut(song, 0))
    assert {name: x.shape for name, x in arrays.items()} == ANALYSIS.shapes(2, ("bass", "vocals"))
    assert all(x.dtype == np.float32 for x in arrays.values())


def test_a_device_computes_the_same_features(song):
    mixture, stems = cut(song, 640)
    audio = torch.from_numpy(np.stack([mixture, *stems.values()]))[None]
    there = ANALYSIS.batch_on(audio, tuple(stems))
    here = ANALYSIS.batch_of({name: x[None] for name, x in ANALYSIS.arrays(mixture, stems).items()}, tuple(stems))
    torch.testing.assert_close(there.amplitude, here.amplitude, atol=1e-4, rtol=1e-4)
    for name, target in here.targets.items():
        torch.testing.assert_close(there.targets[name], target, atol=1e-4, rtol=1e-4)
    for key, phase in here.phases.items():
        assert ((there.phases[key] - phase).abs() > 1e-3).float().mean() < 1e-3


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: f"{config.inputs}-{'-'.join(config.phase_kinds)}")
def test_the_loss_is_that_of_the_network_that_is_kept(config, statistics, batch, song):
    network = start_network(config, statistics, seed=1)
    module = LearningNetwork(network, statistics, "float32", 1)
    with torch.no_grad():
        for change in module.changes.values():
            change.uniform_(-0.3, 0.3, generator=torch.Generator().manual_seed(2))
    rows = {} if not config.phase_kinds else {"phase": batch.phase(FeatureKey.of(config))}
    amplitude = batch.amplitude if config.hears_amplitude else None
    loss = module(rows, amplitude, batch.targets["bass"]).detach()
    kept = module.trained()
    given = {"amplitude": kept.rows("amplitude", batch.amplitude)} if config.hears_amplitude else {}
    with torch.no_grad():
        estimate = kept.estimated(kept.hidden(given | rows))
    variance = np.mean(statistics.target.deviation(0.0) ** 2)
    expected = torch.square(estimate - batch.targets["bass"]).mean() * 2 / variance
    assert float(loss) == pytest.approx(float(expected), rel=1e-5)


def test_the_error_of_the_last_layer_has_the_gradients_of_autograd(rng):
    # More excerpts than are taken together.
    shapes = ((3, 5, 60), (11, 5), (11,), (3, 11, 60))
    hidden, weight, bias, target = (torch.from_numpy(rng.standard_normal(shape).astype(np.float32)) for shape in shapes)
    results = []
    for fused in (True, False):
        given = [x.clone().requires_grad_() for x in (hidden, weight, bias)]
        if fused:
            error = squared_error(*given, target)
        else:
            error = torch.square(torch.relu(given[1] @ given[0] + given[2][:, None]) - target).sum()
        (error * 0.5).backward()
        results.append([error.detach(), *(x.grad for x in given)])
    for fused, plain in zip(*results, strict=True):
        torch.testing.assert_close(fused, plain)
    with torch.no_grad():
        assert float(squared_error(hidden, weight, bias, target)) == pytest.approx(float(results[1][0]))


def test_the_unit_of_amplitudes_does_not_matter(batch, statistics):
    """A step of training a thousand times louder music is the same step."""

    def scaled(of, factor):
        return BinStatistics(of.count, of.mean * factor, of.squares * factor**2)

    found = []
    for factor in (1.0, 1000.0):
        own = AmplitudeStatistics(scaled(statistics.mixture, factor), scaled(statistics.target, factor))
        louder = type(batch)(batch.amplitude * factor, batch.phases, {k: x * factor for k, x in batch.targets.items()})
        learner = Learner(Trainee("a-dt-df", "bass", 0), CONFIGS[2], own, PLAN, device="cpu", ranks=Ranks())
        phase = louder.phase(learner.keys)
        found.append([learner.step(louder, phase, count=2, weight=1.0) for _ in range(10)])
    assert found[1] == pytest.approx(found[0], rel=1e-2)
    assert found[0][-1] < found[0][0]


def test_state_of_a_learner_can_be_taken_up(batch, statistics):
    def begun():
        return Learner(Trainee("a", "bass", 0), CONFIGS[0], statistics, PLAN, device="cpu", ranks=Ranks())

    first, second = begun(), begun()
    for _ in range(3):
        first.step(batch, None, count=2, weight=1.0)
    second.set_weights(first.weights())
    second.set_moments(*first.moments())
    assert [first.step(batch, None, count=2, weight=1.0) for _ in range(3)] == [
        second.step(batch, None, count=2, weight=1.0) for _ in range(3)
    ]
