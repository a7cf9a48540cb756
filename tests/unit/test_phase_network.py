"""The networks of the phase-feature paper: their sizes, variants, start, and that they learn."""

import dataclasses
import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sepstudio.dsp.phase import phase_features
from sepstudio.dsp.stft import stft
from sepstudio.errors import ParameterError
from sepstudio.nn.bands import erb_edges
from sepstudio.nn.phase_config import PhaseNetworkConfig
from sepstudio.nn.phase_network import parameter_count, start_network, weight_shapes
from sepstudio.nn.statistics import AmplitudeStatistics, BinStatistics, collected

pytestmark = pytest.mark.usefixtures("one_thread")

BINS = 33
SMALL = PhaseNetworkConfig("bass", fft_size=64, hop_size=16, context=2, hidden=12)
VARIANTS = {
    "late": SMALL,
    "early": dataclasses.replace(SMALL, inputs="early"),
    "amplitude": dataclasses.replace(SMALL, inputs="amplitude", phase_kinds=()),
    "phase": dataclasses.replace(SMALL, inputs="phase"),
    "raw phase": dataclasses.replace(SMALL, inputs="phase", phase_kinds=("phase",), corrected=False),
    "one derivative, mono": dataclasses.replace(SMALL, phase_kinds=("frequency",), channels=1),
    "bands": dataclasses.replace(SMALL, bands=9, highest_bin=24, output_scale=True),
    "early bands": dataclasses.replace(SMALL, inputs="early", bands=9),
    "no context": dataclasses.replace(SMALL, context=0),
}


def statistics(seed=0, bins=BINS):
    generator = np.random.default_rng(seed)
    mixture, target = (generator.gamma(2, 3, (2, bins, 50)) for _ in range(2))
    return AmplitudeStatistics(BinStatistics.of(mixture), BinStatistics.of(target))


def inputs(config, frames=9, batch=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    shape = (config.channels, config.bins, frames)
    amplitude = torch.rand(batch, *shape, generator=generator) * 10
    phase = (torch.rand(batch, len(config.phase_kinds), *shape, generator=generator) * 2 - 1) * np.pi
    return amplitude, phase


@pytest.fixture(params=VARIANTS.values(), ids=VARIANTS.keys())
def config(request):
    return request.param


@pytest.mark.parametrize(
    ("channels", "kinds", "count", "published"),
    [
        (1, (), 12_551_147, 12.5e6),
        (1, ("time", "frequency"), 36_365_647, 36.4e6),
        (2, (), 24_845_147, 24.8e6),
        (2, ("time", "frequency"), 72_223_147, 72.2e6),
    ],
)
def test_networks_have_the_sizes_of_the_paper(channels, kinds, count, published):
    variant = "late" if kinds else "amplitude"
    config = PhaseNetworkConfig("bass", inputs=variant, phase_kinds=kinds, channels=channels)
    assert parameter_count(config) == count == pytest.approx(published, rel=5e-3)


def test_bands_make_a_small_network():
    config = PhaseNetworkConfig("bass", bands=64, hidden=128, highest_bin=1485)
    assert parameter_count(config) < parameter_count(PhaseNetworkConfig("bass")) / 40


def test_every_variant_estimates_amplitudes_of_all_bins(config):
    network = start_network(config, statistics(), seed=1)
    estimate = network(*inputs(config))
    assert estimate.shape == (2, config.channels, BINS, 9)
    assert estimate.dtype == torch.float32
    assert estimate.isfinite().all()
    assert (estimate >= 0).all()
    assert len(estimate.unique()) > estimate.numel() / 2
    assert {name: tuple(x.shape) for name, x in network.state_dict().items()} == weight_shapes(config)


def test_gradients_reach_every_parameter(config):
    network = start_network(config, statistics(), seed=1)
    amplitude, phase = inputs(config)
    network(amplitude, phase).square().sum().backward()
    for name, weight in network.named_parameters():
        assert weight.grad is not None, name
        assert weight.grad.isfinite().all()
        assert weight.grad.count_nonzero() > weight.numel() / 3, name


def test_convolution_along_time_is_the_network_of_each_frame(config):
    network = start_network(config, statistics(), seed=1)
    given_ = inputs(config)
    whole = network(*given_)
    silent = [torch.nn.functional.pad(x, (config.context,) * 2) for x in given_]
    for frame in range(9):
        window = [x[..., frame : frame + 2 * config.context + 1] for x in silent]
        torch.testing.assert_close(network(*window, pad=False)[..., 0], whole[..., frame], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("variant", ["late", "early"])
def test_network_is_the_formula_of_the_paper(variant):
    # Written out with matrices for one frame in the middle, copies of the context and all.
    config = VARIANTS[variant]
    network = start_network(config, statistics(), seed=1)
    amplitude, phase = inputs(config, batch=1)
    mean, deviation = statistics().mixture.mean, statistics().mixture.deviation()
    around = slice(4 - config.context, 4 + config.context + 1)
    a = (amplitude[0, ..., around].double().numpy() - mean[:, None]) / deviation[:, None]
    rows = {"amplitude": a.reshape(-1, 5), "phase": phase[0, ..., around].double().numpy().reshape(-1, 5)}
    if variant == "early":
        rows = {"joint": np.concatenate(list(rows.values()))}
    hidden = []
    for name, stacked in rows.items():
        x = stacked.reshape(-1)
        for layer in (network.branches[name].first, network.branches[name].second):
            weight = layer.weight.detach().double().numpy().reshape(config.hidden, -1)
            x = np.maximum(weight @ x + layer.bias.detach().double().numpy(), 0)
        hidden.append(x)
    out = (network.output.weight.detach().double().numpy()[..., 0] @ np.concatenate(hidden)).reshape(2, BINS)
    expected = np.maximum(out + statistics().target.mean, 0)
    np.testing.assert_allclose(network(amplitude, phase)[0, ..., 4].detach(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("variant", ["phase", "raw phase"])
def test_network_of_phases_starts_from_the_mean_in_silence(variant):
    network = start_network(VARIANTS[variant], statistics(), seed=1)
    estimate = network(phase=torch.zeros(1, len(VARIANTS[variant].phase_kinds), 2, BINS, 3))
    expected = torch.from_numpy(statistics().target.mean).float()[:, None].expand(1, 2, BINS, 3)
    torch.testing.assert_close(estimate, expected, rtol=0, atol=0)


def test_amplitudes_at_their_mean_are_estimated_as_the_mean_of_the_target():
    config = dataclasses.replace(VARIANTS["amplitude"], context=0)
    network = start_network(config, statistics(), seed=1)
    mean = torch.from_numpy(statistics().mixture.mean).float()[:, None].expand(1, 2, BINS, 3)
    expected = torch.from_numpy(statistics().target.mean).float()[:, None].expand(1, 2, BINS, 3)
    torch.testing.assert_close(network(mean), expected, rtol=0, atol=0)


def test_new_network_keeps_near_the_mean(config):
    estimate = start_network(config, statistics(), seed=1)(*inputs(config)).detach().numpy()
    spread = (estimate - statistics().target.mean[:, None]) / statistics().target.deviation()[:, None]
    assert 0.01 < spread.std() < 0.5


def test_borders_are_silence(config):
    # Frames of digital silence around a recording change nothing.
    network = start_network(config, statistics(), seed=1)
    given_ = inputs(config)
    longer = [torch.nn.functional.pad(x, (4, 4)) for x in given_]
    torch.testing.assert_close(network(*longer)[..., 4:-4], network(*given_), rtol=1e-5, atol=1e-5)


def test_seed_decides_every_weight_and_nothing_else_does(config):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = start_network(config, statistics(), seed=1).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    again, other = (start_network(config, statistics(), seed=seed).state_dict() for seed in (1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["output.weight"], other["output.weight"])


def test_bins_above_the_highest_are_not_looked_at():
    config = VARIANTS["bands"]
    network = start_network(config, statistics(), seed=1)
    amplitude, phase = inputs(config)
    whole = network(amplitude, phase)
    amplitude[..., 25:, :], phase[..., 25:, :] = 99, 3
    assert torch.equal(network(amplitude, phase), whole)
    amplitude[..., 24, :] += 1
    assert not torch.equal(network(amplitude, phase), whole)


@pytest.mark.parametrize("variant", ["late", "bands"])
def test_tiny_network_learns_two_frames(variant):
    config = dataclasses.replace(VARIANTS[variant], hidden=32)
    network = start_network(config, statistics(), seed=1)
    amplitude, phase = inputs(config, frames=2, batch=1)
    target = torch.rand(1, 2, BINS, 2, generator=torch.Generator().manual_seed(3)) * 10
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    losses = []
    for _ in range(300):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(network(amplitude, phase), target)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.01 * losses[0]


def test_features_of_a_spectrum_fit_as_they_come():
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 500)).astype(np.float32)
    spectrum = stft(sound, fft_size=64, hop_size=16)
    phase = phase_features(spectrum, hop_size=16, kinds=SMALL.phase_kinds)
    amplitude = np.abs(spectrum)
    measured = AmplitudeStatistics(BinStatistics.of(amplitude), BinStatistics.of(amplitude))
    estimate = start_network(SMALL, measured, seed=0)(torch.from_numpy(amplitude)[None], torch.from_numpy(phase)[None])
    assert estimate.shape[1:] == amplitude.shape


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda a, p: (None, p), "amplitude"),
        (lambda a, p: (a, None), "phase"),
        (lambda a, p: (a[0], p), "amplitude"),
        (lambda a, p: (a[:, :, :-1], p), "amplitude"),
        (lambda a, p: (a, p[:, :1]), "phase"),
        (lambda a, p: (a[..., 1:], p), "phase"),
        (lambda a, p: (a[..., :0], p[..., :0]), "frames"),
    ],
)
def test_inputs_that_do_not_fit_are_named(change, name):
    network = start_network(SMALL, statistics(), seed=0)
    with pytest.raises(ParameterError) as caught:
        network(*change(*inputs(SMALL)))
    assert caught.value.name == name


def test_too_few_frames_without_padding():
    network = start_network(SMALL, statistics(), seed=0)
    assert network(*inputs(SMALL, frames=5), pad=False).shape[-1] == 1
    with pytest.raises(ParameterError, match="5 or more"):
        network(*inputs(SMALL, frames=4), pad=False)


def test_statistics_of_other_bins_are_refused():
    with pytest.raises(ParameterError, match="33 bins"):
        start_network(SMALL, statistics(bins=32), seed=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"instrument": " "},
        {"inputs": "both"},
        {"inputs": "amplitude"},
        {"inputs": "phase", "phase_kinds": ()},
        {"phase_kinds": ("time", "time")},
        {"phase_kinds": ("speed",)},
        {"corrected": 1},
        {"channels": 0},
        {"channels": True},
        {"hidden": 12.0},
        {"fft_size": 63},
        {"hop_size": 65},
        {"highest_bin": 33},
        {"bands": 34},
        {"highest_bin": 4, "bands": 6},
    ],
)
def test_wrong_configurations_are_refused(wrong):
    with pytest.raises(ParameterError):
        dataclasses.replace(SMALL, **wrong)


def test_configuration_survives_its_json(config):
    assert PhaseNetworkConfig.from_json(config.to_json()) == config
    for wrong in ({}, {**config.to_json(), "more": 1}, {**config.to_json(), "phase_kinds": "time"}):
        with pytest.raises(ParameterError):
            PhaseNetworkConfig.from_json(wrong)


@given(st.integers(1, 400), st.integers(0, 400), st.floats(0.5, 2000))
def test_bands_cover_all_bins_once_and_grow(bands, more, width):
    edges = erb_edges(bands, bands + more, bin_width=width)
    assert edges[0] == 0
    assert edges[-1] == bands + more
    assert len(edges) == bands + 1
    assert (np.diff(edges) >= 1).all()


def test_bands_are_as_wide_as_those_of_the_ear():
    edges = erb_edges(40, 2049, bin_width=44100 / 4096)
    hz = edges * 44100 / 4096
    rate = 21.4 * np.log10(1 + 0.00437 * hz)
    np.testing.assert_allclose(np.diff(rate), rate[-1] / 40, atol=0.4)


def test_bands_average_their_bins():
    config = dataclasses.replace(VARIANTS["bands"], context=0)
    network = start_network(config, statistics(), seed=1)
    amplitude, phase = inputs(config)
    edges = config.band_edges()
    averaged = phase.clone()
    for first, end in itertools.pairwise(edges):
        averaged[..., first:end, :] = phase[..., first:end, :].mean(dim=-2, keepdim=True)
    torch.testing.assert_close(network(amplitude, averaged), network(amplitude, phase), rtol=1e-5, atol=1e-5)
    assert (np.diff(edges) > 1).any()


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=6), st.floats(-3, 6), st.integers(0, 2**32 - 1))
def test_statistics_of_blocks_are_those_of_the_whole(sizes, level, seed):
    generator = np.random.default_rng(seed)
    sizes = [*sizes, 3]
    # Amplitudes with a mean that is far from 0 against their spread.
    whole = ((generator.gamma(2, 1, (2, 7, sum(sizes))) + 100) * 10**level).astype(np.float32)
    blocks = np.split(whole, np.cumsum(sizes)[:-1], axis=-1)
    found = collected(blocks)
    assert found.count == 2 * sum(sizes)
    np.testing.assert_allclose(found.mean, whole.astype(np.float64).mean(axis=(0, 2)), rtol=1e-10)
    np.testing.assert_allclose(found.deviation(0), whole.astype(np.float64).std(axis=(0, 2)), rtol=1e-6)


def test_statistics_merge_in_any_order():
    generator = np.random.default_rng(0)
    a, b, c = (BinStatistics.of(generator.gamma(2, 1, (1, 5, size)) * 10.0**size) for size in (1, 2, 3))
    left, right, other = a.merged(b).merged(c), a.merged(b.merged(c)), c.merged(a).merged(b)
    for result in (right, other):
        np.testing.assert_allclose(result.mean, left.mean, rtol=1e-13)
        np.testing.assert_allclose(result.squares, left.squares, rtol=1e-13)
        assert result.count == left.count


def test_deviation_has_a_floor():
    block = np.zeros((1, 3, 4))
    block[0, 1] = [0, 2, 0, 2]
    assert BinStatistics.of(block).deviation(0.01).tolist() == [0.01, 1.0, 0.01]
    assert BinStatistics.of(np.full((1, 2, 3), 7.0)).deviation().tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    "blocks", [[], [np.zeros((2, 5, 0))], [np.zeros((1, 5, 2)), np.zeros((1, 4, 2))], [np.full((1, 5, 2), np.nan)]]
)
def test_statistics_of_nothing_or_of_what_differs_are_refused(blocks):
    with pytest.raises(ParameterError):
        collected(blocks)
