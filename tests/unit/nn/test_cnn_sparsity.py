"""Penalties on learned combinations: that of the notes does nothing, the entropy makes sparse."""

import itertools
import math

import pytest
import torch

from sepstudio.nn.layers import FeatureMapCombination, entropy_sparsity, l1_sparsity, squared_error

pytestmark = pytest.mark.usefixtures("one_thread")


def random(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def slope(penalty, c):
    return torch.autograd.grad(penalty(c), c)[0]


def test_the_penalty_as_written_is_the_number_of_outputs_and_has_no_gradient():
    c = (3 * random(5, 7)).requires_grad_()
    assert l1_sparsity(c).item() == pytest.approx(5)
    assert slope(l1_sparsity, c).abs().max() < 1e-15


def test_the_entropy_is_between_none_and_that_of_equal_shares():
    assert entropy_sparsity(torch.zeros(3, 4)).item() == pytest.approx(3 * math.log(4))
    single = torch.zeros(3, 4)
    single[:, 1] = 200
    single.requires_grad_()
    assert entropy_sparsity(single).item() == pytest.approx(0, abs=1e-12)
    assert torch.isfinite(slope(entropy_sparsity, single)).all()


def test_descending_the_entropy_makes_shares_sparse_and_descending_that_of_the_notes_does_not():
    finals = {}
    for penalty in (entropy_sparsity, l1_sparsity):
        c = random(4, 6).requires_grad_()
        begun, entropies = torch.softmax(c.detach(), 1), []
        for _ in range(200):
            entropies.append(entropy_sparsity(c).item())
            down_hill = slope(penalty, c)
            with torch.no_grad():
                c -= down_hill
        finals[penalty] = torch.softmax(c.detach(), 1)
        if penalty is entropy_sparsity:
            assert all(later < earlier for earlier, later in itertools.pairwise(entropies))
            assert torch.equal(finals[penalty].argmax(1), begun.argmax(1))
        else:
            torch.testing.assert_close(finals[penalty], begun)
    assert finals[entropy_sparsity].max(1).values.min() > 0.95
    assert finals[l1_sparsity].max(1).values.min() < 0.6


def test_a_layer_that_learns_under_the_entropy_ends_with_fewer_inputs_than_without():
    shares = {}
    x = random(4, 6, 8, 8)
    target = FeatureMapCombination(6, 2, 3, generator=torch.Generator().manual_seed(5)).double()(x).detach()
    for kind, strength in (("entropy", 20.0), ("l1", 20.0)):
        layer = FeatureMapCombination(6, 2, 3, generator=torch.Generator().manual_seed(6)).double()
        optimiser = torch.optim.Adam(layer.parameters(), lr=0.05)
        for _ in range(60):
            optimiser.zero_grad()
            (squared_error(layer(x), target) + strength * layer.sparsity(kind)).backward()
            optimiser.step()
        shares[kind] = entropy_sparsity(layer.c.detach()).item()
    assert shares["entropy"] < 0.5 * shares["l1"]
