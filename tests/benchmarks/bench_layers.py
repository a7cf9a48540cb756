"""The layers of the CNN notes, forward and backward, against the operators of torch that they replace.

    python tests/benchmarks/bench_layers.py [THREADS]

Each layer takes turns with its rival, once on maps as they usually lie in memory and once on maps in the order of
channels_last; gradients arrive in the order in which the layer's output lies. The bar is 1.2 times the time of the
rival; a rival that computes less than the layer (another function, or none of its parameters) stands without one.
"""

import sys
import time

import numpy as np
import torch
from machine import Table, time_text
from torch import nn
from torch.nn import functional

from sepstudio.nn.layers import (
    Convolution,
    FeatureMapCombination,
    FullyConnected,
    Logistic,
    ScaledTanh,
    Subsample,
    cross_entropy,
    squared_error,
)

BAR, TURNS, ROUNDS = 1.2, 20, 5
BATCH, MAPS, HEIGHT, WIDTH, KERNEL, CLASSES = 2, 24, 192, 96, 5, 4


def both_ways(function, x):
    """A forward and a backward pass, to be called again and again; an error is its own end."""
    x = x.clone().requires_grad_()
    y = function(x).detach()
    slope = torch.randn_like(y) if y.ndim else None

    def work():
        x.grad = None
        function(x).backward(slope)

    return work


def in_turns(ours, peer, bar):
    """The best seconds of both, who go one after the other so that what else runs meets both.

    Where the bar is missed they go on for some rounds: a best time that others disturbed gets better.
    """
    seconds = [np.inf, np.inf]
    for _ in range(ROUNDS):
        for _ in range(TURNS):
            for place, work in enumerate((ours, peer)):
                begun = time.perf_counter()
                work()
                seconds[place] = min(seconds[place], time.perf_counter() - begun)
        if bar is None or seconds[0] <= bar * seconds[1]:
            break
    return seconds


def compared(table, what, ours, peer, x, bar=BAR):
    ours, peer = in_turns(both_ways(ours, x), both_ways(peer, x), bar)
    ratio = ours / peer
    met = None if bar is None else ratio <= bar
    bar_text = "" if bar is None else f"<= {bar:g} x"
    table.row(what, time_text(ours), peer=time_text(peer), ratio=f"{ratio:.2f} x", bar=bar_text, met=met)


def activations(table, x):
    compared(table, "ScaledTanh / 1.7159 tanh(2 / 3 u)", ScaledTanh(), lambda u: 1.7159 * torch.tanh(2 / 3 * u), x)
    compared(table, "ScaledTanh / tanh alone, another function", ScaledTanh(), torch.tanh, x, None)
    compared(table, "Logistic / sigmoid", Logistic(), torch.sigmoid, x)


def convolutions(table, x):
    peer = nn.Conv2d(MAPS, MAPS, KERNEL)
    compared(table, "Convolution / Conv2d", Convolution(MAPS, MAPS, KERNEL), peer, x)
    selection = torch.rand(MAPS, MAPS) < 0.5
    selection[:, 0] = True
    half = Convolution(MAPS, MAPS, KERNEL, selection=selection)
    compared(table, "Convolution, half of the maps selected / Conv2d of all", half, peer, x)


def sub_sampling(table, x):
    beta, bias = (nn.Parameter(torch.ones(MAPS, 1, 1)) for _ in range(2))
    pool = nn.AvgPool2d(2, divisor_override=1)
    compared(table, "Subsample / AvgPool2d, factor, bias", Subsample(MAPS), lambda x: pool(x) * beta + bias, x)
    compared(table, "Subsample / AvgPool2d alone, without its parameters", Subsample(MAPS), pool, x, None)


def combinations(table, x):
    each, mix = nn.Conv2d(MAPS, MAPS, KERNEL, groups=MAPS, bias=False), nn.Conv2d(MAPS, MAPS, 1)
    c = nn.Parameter(torch.randn(MAPS, MAPS))

    def peer(x):
        return functional.conv2d(each(x), torch.softmax(c, 1)[:, :, None, None], mix.bias)

    layer = FeatureMapCombination(MAPS, MAPS, KERNEL)
    compared(table, "FeatureMapCombination / depthwise, softmax, 1 x 1", layer, peer, x)
    compared(table, "the same / Conv2d of all pairs", layer, nn.Conv2d(MAPS, MAPS, KERNEL), x, None)


def errors(table, x):
    target = torch.randn_like(x)

    def halved(y):
        return 0.5 * functional.mse_loss(y, target, reduction="sum")

    compared(table, "squared_error / mse_loss", lambda y: squared_error(y, target), halved, x)
    u = x[:, :CLASSES].clone(memory_format=torch.preserve_format)
    shares = torch.softmax(torch.randn_like(u), 1)

    def entropy(u):
        return functional.cross_entropy(u, shares, reduction="sum")

    compared(table, "cross_entropy / cross_entropy", lambda u: cross_entropy(u, shares), entropy, u)


def main(arguments):
    torch.set_num_threads(int(arguments[0]) if arguments else 1)
    torch.manual_seed(1)
    title = (
        f"Layers, {BATCH} x {MAPS} maps of {HEIGHT} x {WIDTH}, forward and backward, {torch.get_num_threads()} threads"
    )
    table = Table(title, "torch")
    for order in (torch.contiguous_format, torch.channels_last):
        print(f"\n{str(order).removeprefix('torch.')}")
        x = torch.randn(BATCH, MAPS, HEIGHT, WIDTH).contiguous(memory_format=order)
        for part in (activations, convolutions, sub_sampling, combinations, errors):
            part(table, x)
    print()
    x = torch.randn(256, 1024)
    compared(table, "FullyConnected 1024 to 512 / Linear", FullyConnected(1024, 512), nn.Linear(1024, 512), x)
    return 0 if table.all_met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
