"""Learned combinations of feature maps, section 3.3 of the notes: which inputs an output map sums is learnt."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sepstudio.errors import ParameterError
from sepstudio.nn.layers.shapes import Padding, Size, borders, check_maps, count, drawn, pair
from sepstudio.nn.layers.sparsity import entropy_sparsity, l1_sparsity


class FeatureMapCombination(nn.Module):
    """``x_j = f(sum over i of alpha_ij (x_i * k_i) + b_j)`` with ``alpha_j = softmax(c_j)``.

    One kernel for each input map, and for each output the shares of the inputs, which are at least 0 and sum
    to 1. Kernels are stored as they are laid over the map, see ``Convolution``.

    Parameters
    ----------
    inputs, outputs : int, 1 or more
        Maps.
    kernel : int or (int, int)
        Height and width of the kernels.
    activation : Module, optional
        The notes' f; none by default.
    padding : {"valid", "same"}
        See ``Convolution``.
    generator : torch.Generator, optional
        Draws the first kernels with the variance 1 / (values of a kernel), and the first ``c`` with a
        deviation of 1: with all shares equal, all outputs would be the same and stay it.

    Attributes
    ----------
    kernels : float [inputs, kernel height, kernel width]
    c : float [outputs, inputs]
        The free weights below the shares.
    bias : float [outputs]

    Raises
    ------
    ParameterError
        If a size is below 1, or an even kernel is to keep the size of the maps.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Size,
        *,
        activation: nn.Module | None = None,
        padding: Padding = "valid",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs = count("inputs", inputs), count("outputs", outputs)
        self.kernel = pair("kernel", kernel)
        self.border = borders(padding, self.kernel)
        self.activation = activation
        self.kernels = drawn((inputs, *self.kernel), self.kernel[0] * self.kernel[1], generator)
        self.c = drawn((outputs, inputs), 1, generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    @property
    def alpha(self) -> Tensor:
        """The shares [outputs, inputs], without a gradient: rows sum to 1."""
        return torch.softmax(self.c.detach(), dim=1)

    def sparsity(self, kind: Literal["entropy", "l1"] = "entropy") -> Tensor:
        """Return the penalty on the shares to be added to an error, times the notes' lambda.

        "entropy" drives each output to few inputs; "l1" is that of the notes, which does nothing: see
        ``l1_sparsity``. Raises ParameterError for another kind.
        """
        if kind == "entropy":
            return entropy_sparsity(self.c)
        if kind == "l1":
            return l1_sparsity(self.c)
        raise ParameterError("kind", kind, '"entropy" or "l1"')

    def forward(self, x: Tensor) -> Tensor:
        """Return the output maps.

        Parameters
        ----------
        x : float32 or float64 [batch, inputs, height, width]
            At least as large as the kernel with "valid" borders.

        Returns
        -------
        [batch, outputs, height, width]
            ``kernel - 1`` smaller with "valid" borders.

        Raises
        ------
        ParameterError
            If ``x`` is of another shape or too small.
        """
        check_maps(x, self.inputs, (self.kernel[0] - 2 * self.border[0], self.kernel[1] - 2 * self.border[1]))
        u: Tensor = _Combination.apply(x, self.kernels, self.c, self.bias, self.border)  # type: ignore[no-untyped-call]
        return u if self.activation is None else self.activation(u)

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        return f"{self.inputs}, {self.outputs}, kernel={self.kernel}, border={self.border}"


class _Combination(torch.autograd.Function):
    """Gradients of section 3.3; the activation's f' is already in the sensitivity that arrives.

    Maps are taken in the order of ``channels_last``: convolutions of one map each are three times as fast so,
    and the combination is one product of matrices, [points, inputs] by [inputs, outputs].
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernels: Tensor, c: Tensor, bias: Tensor, border: tuple[int, int]) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        alpha = torch.softmax(c, dim=1)
        convolved = torch.conv2d(x, kernels[:, None], padding=border, groups=len(kernels))
        points = _points(convolved)
        ctx.save_for_backward(x, kernels, alpha, points)
        ctx.border = border
        return _maps(torch.addmm(bias, points, alpha.t()), convolved)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, kernels, alpha, points = ctx.saved_tensors
        by_x, by_kernels, by_c, by_bias = ctx.needs_input_grad[:4]
        delta = _points(gradient)
        to_x: Tensor | None = None
        to_kernels: Tensor | None = None
        if by_x or by_kernels:
            to_x, to_kernels, _ = torch.ops.aten.convolution_backward(
                _maps(delta @ alpha, gradient),
                x,
                kernels[:, None],
                [0],
                [1, 1],
                ctx.border,
                [1, 1],
                False,
                [0, 0],
                len(kernels),
                (by_x, by_kernels, False),
            )
        to_kernels = None if to_kernels is None else to_kernels[:, 0]
        to_c = _through_softmax(delta.t() @ points, alpha) if by_c else None
        return to_x, to_kernels, to_c, delta.sum(0) if by_bias else None, None


def _through_softmax(by_alpha: Tensor, alpha: Tensor) -> Tensor:
    """Return the gradient by c from that by alpha: eq. 10."""
    return alpha * (by_alpha - (by_alpha * alpha).sum(1, keepdim=True))


def _points(maps: Tensor) -> Tensor:
    """Return [batch * height * width, maps]: the same memory where maps are ``channels_last``."""
    return maps.permute(0, 2, 3, 1).reshape(-1, maps.shape[1])


def _maps(points: Tensor, like: Tensor) -> Tensor:
    """Return [batch, maps, height, width] of points, sized as ``like`` is but for the number of maps."""
    batch, _, height, width = like.shape
    return points.view(batch, height, width, -1).permute(0, 3, 1, 2)
