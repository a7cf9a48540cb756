"""The discriminators: sizes and names of the reference, channels together and one by one, levels."""

import pytest

from sepstudio.errors import ParameterError

torch = pytest.importorskip("torch")

from sepstudio.codec.discriminator_layers import in_periods, levelled, low_pass, slower, spectrogram  # noqa: E402
from sepstudio.codec.discriminators import Discriminators  # noqa: E402


def small(channels, **options):
    torch.manual_seed(0)
    return Discriminators(channels, **{"periods": (2, 3), "fft_sizes": (64,), "width": 8} | options)


def count(module):
    return sum(weights.numel() for weights in module.parameters())


def test_one_channel_has_the_size_and_the_names_of_the_reference():
    with torch.device("meta"):
        whole = Discriminators()
    assert count(whole) == 42_519_760
    assert [count(one) for one in whole.discriminators] == 5 * [8_221_154] + 3 * [471_330]
    shapes = {name: tuple(weights.shape) for name, weights in whole.state_dict().items()}
    assert len(shapes) == 5 * 6 * 3 + 3 * 26 * 3
    assert shapes["discriminators.0.convs.0.0.weight_g"] == (32, 1, 1, 1)
    assert shapes["discriminators.4.convs.4.0.weight_v"] == (1024, 1024, 5, 1)
    assert shapes["discriminators.4.conv_post.bias"] == (1,)
    assert shapes["discriminators.7.band_convs.4.0.0.weight_v"] == (32, 2, 3, 9)
    assert shapes["discriminators.7.conv_post.weight_v"] == (1, 32, 3, 3)


def test_sixteen_channels_change_the_first_and_the_last_layers_only():
    mono, wide, folded = Discriminators(width=8), Discriminators(16, width=8), Discriminators(16, width=8, folded=True)
    by_name = mono.state_dict()
    changed = {name for name, weights in wide.state_dict().items() if weights.shape != by_name[name].shape}
    ends = ("convs.0.0.weight_v", "conv_post.bias", "conv_post.weight_g", "conv_post.weight_v")
    inputs = tuple(f"band_convs.{band}.0.0.weight_v" for band in range(5))
    assert {name.split(".", 2)[2] for name in changed} == {*ends, *inputs}
    # Of the period networks 15 channels more in 8 filters of 5 taps, and 15 outputs more of 256 filters of 3 taps, each
    # with a gain and a bias; of the spectra, 30 inputs more in 5 bands of 8 filters of 27 taps.
    assert count(wide) - count(mono) == 5 * 15 * (40 + 768 + 2) + 3 * (30 * 5 * 8 * 27 + 15 * (72 + 2))
    assert count(folded) == count(mono)


def test_a_scale_network_has_the_size_of_the_reference():
    with torch.device("meta"):
        assert count(Discriminators(rates=(1,), periods=(), fft_sizes=())) == 5_641_362


@pytest.mark.parametrize("folded", [False, True])
def test_every_network_answers_with_its_maps_and_a_verdict_on_every_channel(folded):
    maps = small(4, folded=folded)(torch.randn(2, 4, 500))
    assert [len(some) for some in maps] == [6, 6, 26]
    verdicts = [some[-1] for some in maps]
    assert all(verdict.shape[:2] == ((8, 1) if folded else (2, 4)) for verdict in verdicts)
    assert all(torch.isfinite(one).all() for some in maps for one in some)


def test_folded_networks_judge_a_channel_by_itself_and_wide_ones_do_not():
    x = torch.randn(1, 3, 500)
    other = x.clone()
    other[:, 2] = torch.randn(1, 500)
    for folded, alike in ((True, True), (False, False)):
        networks = small(3, folded=folded)
        first, second = (networks(scene)[0][-1].flatten(0, 1)[0] for scene in (x, other))
        assert torch.allclose(first, second, atol=1e-6) == alike


def test_scales_answer_too():
    maps = small(2, rates=(1, 2), periods=(), fft_sizes=())(torch.randn(1, 2, 2000))
    assert [len(some) for some in maps] == [7, 7]
    assert maps[0][-1].shape[-1] > maps[1][-1].shape[-1]


def test_the_low_pass_keeps_what_stays_below_half_of_the_new_rate():
    times = torch.arange(4000) / 4000
    heard = slower(torch.stack([torch.sin(6.2832 * f * times) for f in (50.0, 1500.0)])[None], low_pass(2), 2)
    assert heard.shape == (1, 2, 2000)
    inner = heard[0, :, 100:-100].abs().amax(dim=-1)
    assert inner[0] == pytest.approx(1.0, abs=0.01)
    assert inner[1] < 1e-3


def test_levels_are_those_of_the_reference_or_of_the_loudest_channel():
    x = (torch.randn(2, 3, 400) + 0.3) * torch.tensor([1.0, 0.1, 0.0])[:, None]
    alone, together = levelled(x, jointly=False), levelled(x, jointly=True)
    for scene in (alone, together):
        assert scene.mean(dim=-1).abs().max() < 1e-6
    assert torch.allclose(alone[:, :2].abs().amax(dim=-1), torch.tensor(0.8), atol=1e-4)
    assert torch.allclose(together.abs().amax(dim=(1, 2)), torch.tensor(0.8), atol=1e-4)
    # The level between channels stays.
    centred = x - x.mean(dim=-1, keepdim=True)
    assert torch.allclose(together[0, 0] / together[0, 0].norm(), centred[0, 0] / centred[0, 0].norm(), atol=1e-6)
    ratio = together[0, 1].norm() / together[0, 0].norm()
    assert ratio == pytest.approx((centred[0, 1].norm() / centred[0, 0].norm()).item(), rel=1e-5)


def test_joint_levels_let_networks_see_differences_of_level():
    x = torch.randn(1, 2, 500)
    quieter = x * torch.tensor([1.0, 0.2])[:, None]
    for jointly, alike in ((False, True), (True, False)):
        networks = small(2, jointly=jointly)
        assert torch.allclose(networks(x)[0][-1], networks(quieter)[0][-1], atol=1e-5) == alike


def test_columns_of_a_period_hold_every_sample_of_their_phase():
    columns = in_periods(torch.arange(7.0)[None, None], 3)
    assert columns.shape == (1, 1, 3, 3)
    assert columns[0, 0, :2].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert columns[0, 0, 2].tolist() == [6, 5, 4]
    assert in_periods(torch.arange(6.0)[None, None], 3).shape == (1, 1, 3, 3)


def test_spectra_have_a_frame_for_each_hop_and_two_parts_for_each_channel():
    x = torch.randn(1, 3, 1000)
    spectra = spectrogram(x, torch.hann_window(64))
    assert spectra.shape == (1, 6, 63, 33)
    # Frames tile the signal: the sixth begins (64 - 16) / 2 samples before sample 96.
    frame = torch.fft.rfft(x[0, 1, 72:136] * torch.hann_window(64))
    assert torch.allclose(spectra[0, 2, 6], frame.real, atol=1e-4)
    assert torch.allclose(spectra[0, 3, 6], frame.imag, atol=1e-4)


def test_silence_gives_finite_gradients():
    x = torch.zeros(1, 2, 500)
    x[0, 0] = torch.randn(500)
    x.requires_grad_()
    sum(some[-1].square().mean() for some in small(2)(x)).backward()
    assert torch.isfinite(x.grad).all()


@pytest.mark.parametrize("options", [{"channels": 0}, {"width": 12}, {"periods": (), "fft_sizes": ()}])
def test_impossible_networks_are_refused(options):
    with pytest.raises(ParameterError):
        Discriminators(**{"channels": 1} | options)


def test_scenes_of_other_channels_are_refused():
    with pytest.raises(ParameterError, match="batch, 2"):
        small(2)(torch.zeros(1, 3, 500))


def filled(module):
    """Give weights values that do not depend on random numbers."""
    with torch.no_grad():
        for number, (name, weights) in enumerate(sorted(module.named_parameters())):
            k = torch.arange(weights.numel(), dtype=torch.float64)
            values = 1.5 + torch.sin(k) if name.endswith("weight_g") else torch.sin(0.37 * k + number)
            weights.copy_(values.reshape(weights.shape))
    return module


# Of descript-audio-codec 1.0.0 with these weights: mean magnitudes of the first map and of the verdict, and how that
# begins.
@pytest.mark.parametrize(
    ("options", "first", "verdict", "begins"),
    [
        ({"periods": (3,)}, 0.6236712, 0.03338277, (0.011957275, 0.011245064, 0.012486596)),
        ({"fft_sizes": (256,)}, 1.122108, 0.4489721, (-0.3397741, -0.36374772, -0.41529453)),
        ({"rates": (1,)}, 0.4242614, 0.01699752, (0.024451312, 0.020101193, 0.019556185)),
    ],
)
def test_answers_are_those_of_the_reference(options, first, verdict, begins):
    times = torch.arange(1501.0)
    x = torch.sin(0.05 * times) + 0.3 * torch.sin(0.9 * times + 0.001 * times * times)
    with torch.no_grad():
        (maps,) = filled(Discriminators(**{"periods": (), "fft_sizes": ()} | options))(x[None, None])
    assert maps[0].abs().mean().item() == pytest.approx(first, rel=1e-4)
    assert maps[-1].abs().mean().item() == pytest.approx(verdict, rel=1e-4)
    assert maps[-1].flatten()[:3].tolist() == pytest.approx(begins, rel=1e-3)
