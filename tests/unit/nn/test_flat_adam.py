"""Adam over one vector gives what torch's own gives."""

import copy
import subprocess
import sys

import torch

from sepstudio.nn.flat_adam import FlatAdam
from sepstudio.nn.layers import Convolution, FeatureMapCombination, Subsample


def network():
    generator = torch.Generator().manual_seed(1)
    return torch.nn.Sequential(
        Convolution(3, 4, 3, generator=generator),
        Subsample(4, 2),
        FeatureMapCombination(4, 2, 3, generator=generator),
    )


def gradients(module, seed):
    inputs = torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(seed))
    module(inputs).square().sum().backward()


def test_the_same_steps_as_those_of_torch():
    ours, peer = network(), network()
    flat, other = FlatAdam(ours, weight_decay=0.1), torch.optim.AdamW(peer.parameters(), weight_decay=0.1)
    for step in range(30):
        rate = 0.01 * (1 + step % 3)
        flat.zero()
        gradients(ours, step)
        flat.step(rate)
        other.param_groups[0]["lr"] = rate
        other.zero_grad()
        gradients(peer, step)
        other.step()
    for one, another in zip(ours.parameters(), peer.parameters(), strict=True):
        assert torch.allclose(one, another, rtol=1e-4, atol=1e-6)


def test_states_are_copied_and_loaded_in_place():
    module = network()
    optimizer = FlatAdam(module)
    before = copy.deepcopy(module.state_dict())
    gradients(module, 1)
    optimizer.step(0.1)
    assert not torch.equal(module[0].kernels, before["0.kernels"])
    module.load_state_dict(before)
    assert torch.equal(module[0].kernels, before["0.kernels"])
    optimizer.zero()
    gradients(module, 1)
    optimizer.step(0.1)
    assert not torch.equal(module[0].kernels, before["0.kernels"])


def test_the_compiler_of_torch_is_not_loaded():
    program = (
        "import sys, torch; from sepstudio.nn.flat_adam import FlatAdam; "
        "module = torch.nn.Linear(2, 2); adam = FlatAdam(module); module(torch.ones(2)).sum().backward(); "
        "adam.step(0.1); print('torch._dynamo' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
