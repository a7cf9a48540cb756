"""Adversarial losses where their values are known, and who receives gradients from them."""

import pytest

torch = pytest.importorskip("torch")

from sepstudio.codec.adversarial import discriminator_loss, generator_losses  # noqa: E402
from sepstudio.codec.discriminators import Discriminators  # noqa: E402


class Scaled(torch.nn.Module):
    """Two networks whose maps are multiples of the scene."""

    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(0.5))

    def forward(self, x):
        return [[x, self.gain * x], [2 * x, 3 * x, self.gain * x]]


def networks():
    torch.manual_seed(0)
    return Discriminators(2, periods=(2,), fft_sizes=(64,), width=8)


def test_values_of_constant_scenes():
    # Verdicts 0.5 on what is true and 1 on what is not: (1 - 0.5)² + 1² from each of two networks.
    real, fake = torch.ones(2, 3, 10), torch.full((2, 3, 10), 2.0)
    assert discriminator_loss(Scaled(), real, fake).item() == pytest.approx(2.5)
    losses = generator_losses(Scaled(), real, fake)
    assert losses.adversarial.item() == 0
    assert losses.features.item() == pytest.approx(1 + 2 + 3)


def test_losses_are_means_over_channels():
    real, fake = torch.randn(2, 4, 20), torch.randn(2, 4, 20)
    judge = Scaled()
    whole = generator_losses(judge, real, fake)
    each = [generator_losses(judge, real[:, k : k + 1], fake[:, k : k + 1]) for k in range(4)]
    for name in ("adversarial", "features"):
        mean = sum(getattr(one, name).item() for one in each) / 4
        assert getattr(whole, name).item() == pytest.approx(mean, rel=1e-5)


def test_an_identical_scene_has_the_features_of_the_truth():
    x = torch.randn(1, 2, 400)
    assert generator_losses(networks(), x, x.clone()).features == 0
    assert generator_losses(networks(), x, x[:, [1, 0]]).features > 0


def test_only_the_side_that_learns_receives_gradients():
    judge = networks()
    real, fake = torch.randn(1, 2, 400), torch.randn(1, 2, 400, requires_grad=True)
    discriminator_loss(judge, real, fake).backward()
    assert fake.grad is None
    assert all(weights.grad is not None for weights in judge.parameters())
    judge.zero_grad()
    sum(generator_losses(judge, real, fake)).backward()
    assert fake.grad.abs().max() > 0
    assert torch.isfinite(fake.grad).all()
    assert all(weights.grad is None and weights.requires_grad for weights in judge.parameters())


def test_silent_scenes_have_finite_losses_and_gradients():
    judge = networks()
    silent = torch.zeros(1, 2, 400, requires_grad=True)
    sum(generator_losses(judge, torch.zeros(1, 2, 400), silent)).backward()
    assert torch.isfinite(silent.grad).all()
    assert torch.isfinite(discriminator_loss(judge, torch.zeros(1, 2, 400), silent))


def test_networks_learn_to_tell_noise_from_tones():
    judge = networks()
    torch.manual_seed(1)
    tones = torch.sin(0.3 * torch.arange(400.0)).expand(4, 2, 400)
    noise = torch.randn(4, 2, 400)
    start = discriminator_loss(judge, tones, noise).item()
    for _ in range(12):
        weights = list(judge.parameters())
        slopes = torch.autograd.grad(discriminator_loss(judge, tones, noise), weights)
        with torch.no_grad():
            for own, slope in zip(weights, slopes, strict=True):
                own -= 1e-3 * slope.sign()
    assert discriminator_loss(judge, tones, noise).item() < 0.7 * start
    assert generator_losses(judge, tones, noise).adversarial > generator_losses(judge, tones, tones).adversarial
