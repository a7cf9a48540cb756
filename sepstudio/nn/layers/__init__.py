"""Layers of the notes on convolutional networks, each with the gradients that the notes derive.

J. Bouvrie, "Notes on Convolutional Neural Networks" (2006). Maps are tensors [batch, maps, height, width] of
float32 or float64. Every layer is an ``autograd.Function`` whose backward pass is the one of the notes, on the
fast kernels of torch; ``sepstudio.nn.gradient_check`` compares them with differences and with torch's own.

Maps in torch's ``channels_last`` order are the faster ones (dense convolutions by a quarter): bring the input of
a network to it, ``x.contiguous(memory_format=torch.channels_last)``, and all layers keep it. Learned combinations
are always computed and returned in it.

Gradients are those of first order: a second differentiation through these layers raises ``RuntimeError``.
"""

from sepstudio.nn.layers.activations import Logistic, ScaledTanh
from sepstudio.nn.layers.combination import FeatureMapCombination
from sepstudio.nn.layers.convolution import Convolution
from sepstudio.nn.layers.fully_connected import FullyConnected
from sepstudio.nn.layers.losses import cross_entropy, squared_error
from sepstudio.nn.layers.sparsity import entropy_sparsity, l1_sparsity
from sepstudio.nn.layers.subsampling import Subsample, down, up

__all__ = [
    "Convolution",
    "FeatureMapCombination",
    "FullyConnected",
    "Logistic",
    "ScaledTanh",
    "Subsample",
    "cross_entropy",
    "down",
    "entropy_sparsity",
    "l1_sparsity",
    "squared_error",
    "up",
]
