"""The loss of directions where angles are known, and its gradients."""

import math

import numpy as np
import pytest

from sepstudio.dsp.ambisonics import spherical_harmonics
from sepstudio.errors import ParameterError

torch = pytest.importorskip("torch")

from sepstudio.codec.intensity_loss import intensity_loss  # noqa: E402

RATE = 16000


def wave(azimuth, elevation=0.0, order=1):
    directions = spherical_harmonics(np.radians(azimuth), np.radians(elevation), order).reshape(-1, 1)
    sound = 0.1 * torch.randn(6000, generator=torch.Generator().manual_seed(0))
    return torch.tensor(directions, dtype=torch.float32)[None] * sound


@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (40, 0), (90, 0), (180, 0), (0, 60)])
def test_it_is_one_less_the_cosine_of_the_angle(azimuth, elevation):
    angle = math.radians(max(azimuth, elevation))
    assert intensity_loss(wave(azimuth, elevation), wave(0), RATE).item() == pytest.approx(
        1 - math.cos(angle), abs=1e-4
    )


def test_levels_and_higher_orders_do_not_count():
    x = wave(30, order=2)
    x[:, 4:] = 0
    assert intensity_loss(0.1 * x, wave(30, order=2), RATE).item() == pytest.approx(0, abs=1e-4)


def test_permuted_channels_have_a_loss():
    assert intensity_loss(wave(30)[:, [0, 2, 3, 1]], wave(30), RATE) > 0.3


def test_silence_has_no_direction_and_no_infinite_gradient():
    silent = torch.zeros(1, 4, 6000)
    assert intensity_loss(wave(0), silent, RATE) == 0
    x = silent.clone().requires_grad_()
    loss = intensity_loss(x, wave(0), RATE)
    loss.backward()
    assert loss.item() == pytest.approx(1, abs=1e-4)
    assert torch.isfinite(x.grad).all()


def test_descending_turns_the_scene():
    x, start = wave(60), None
    for _ in range(8):
        x.requires_grad_()
        loss = intensity_loss(x, wave(0), RATE)
        start = start or loss.item()
        (slope,) = torch.autograd.grad(loss, x)
        x = x.detach() - 0.03 * slope / slope.square().mean().sqrt()
    assert intensity_loss(x, wave(0), RATE).item() < 0.5 * start


def test_the_diffuse_does_not_count():
    diffuse = 0.1 * torch.randn(1, 4, 6000, generator=torch.Generator().manual_seed(1))
    target = torch.cat([wave(0), diffuse], dim=2)
    # All the weight is where the target has one direction, and there they agree.
    assert intensity_loss(torch.cat([wave(0), -diffuse[:, [0, 3, 1, 2]]], dim=2), target, RATE) < 0.2
    assert intensity_loss(torch.cat([wave(90), diffuse], dim=2), target, RATE) > 0.8


@pytest.mark.parametrize(("x", "y"), [((1, 3, 6000),) * 2, ((1, 4, 4095),) * 2, ((1, 4, 6000), (1, 5, 6000))])
def test_other_shapes_are_refused(x, y):
    with pytest.raises(ParameterError):
        intensity_loss(torch.zeros(x), torch.zeros(y), RATE)
