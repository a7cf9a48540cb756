"""The covariance loss within bands: what the broadband one cannot see, and known cases."""

import pytest

from sepstudio.errors import ParameterError

torch = pytest.importorskip("torch")

from sepstudio.codec.losses import banded_covariance_loss, covariance_loss  # noqa: E402

RATE = 16000


def noise(seed, channels=3, length=8000):
    return torch.randn(1, channels, length, generator=torch.Generator().manual_seed(seed))


def test_identical_and_louder_recordings_have_no_loss():
    x = noise(0)
    assert banded_covariance_loss(x, x, RATE) == 0
    assert banded_covariance_loss(x, x * torch.tensor([0.1, 3.0, 1.0])[:, None], RATE) < 1e-4


def test_a_turned_phase_counts_twice_in_every_band():
    x = noise(1, 1).expand(1, 2, -1)
    turned = x * torch.tensor([1.0, -1.0])[:, None]
    assert banded_covariance_loss(x, turned, RATE).item() == pytest.approx(2.0, abs=1e-5)
    assert banded_covariance_loss(x, turned, RATE, bands=1).item() == pytest.approx(2.0, abs=1e-5)


def test_permuted_channels_have_a_loss():
    alike = noise(2, 1)
    x = torch.cat([alike, alike, noise(3, 1)], dim=1)
    # ρ_01 = 1 becomes ρ_02 = 1, as in the broadband loss; with few bins noise is correlated by chance.
    assert banded_covariance_loss(x, x[:, [0, 2, 1]], RATE, bands=4).item() == pytest.approx(2.0, abs=0.3)


def test_loud_bass_does_not_hide_the_rest():
    times = torch.arange(8000) / RATE
    bass = torch.sin(2 * torch.pi * 62.5 * times).expand(1, 2, -1)
    quiet = 3e-2 * noise(4, 1)
    x = bass + torch.cat([quiet, quiet], dim=1)
    y = bass + torch.cat([quiet, -quiet], dim=1)
    assert covariance_loss(x, y) < 5e-3
    assert banded_covariance_loss(x, y, RATE) > 1.2


def test_silent_channels_correlate_with_nothing_and_gradients_are_finite():
    x, y = noise(5), noise(6)
    x[:, 1] = 0
    x.requires_grad_()
    loss = banded_covariance_loss(x, y, RATE)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(x.grad).all()
    assert (x.grad[:, 1] == 0).all()
    assert x.grad[:, 0].abs().max() > 0
    assert banded_covariance_loss(torch.zeros(1, 2, 2000), torch.zeros(1, 2, 2000), RATE) == 0


def test_gradients_agree_with_finite_differences():
    # Away from the absolute values of differences that are zero.
    x, y = (noise(seed, 2, 600).double().requires_grad_() for seed in (7, 8))
    assert torch.autograd.gradcheck(lambda a, b: banded_covariance_loss(a, b, RATE, 2), (x, y), fast_mode=True)


@pytest.mark.parametrize(("x", "y"), [((1, 2, 900), (1, 3, 900)), ((2, 900), (2, 900)), ((1, 2, 512), (1, 2, 512))])
def test_other_shapes_are_refused(x, y):
    with pytest.raises(ParameterError):
        banded_covariance_loss(torch.zeros(x), torch.zeros(y), RATE)
