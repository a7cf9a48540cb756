"""Convolution layers, section 3.1 of the notes: each output map sums convolutions of the input maps it selects."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sepstudio.errors import ParameterError
from sepstudio.nn.layers.shapes import Padding, Size, borders, check_maps, count, drawn, pair


class Convolution(nn.Module):
    """``x_j = f(sum over i in M_j of x_i * k_ij + b_j)``, with a kernel of its own for every selected pair.

    Kernels are stored as they are laid over the map (a cross-correlation): ``kernels[j, i]`` looks like the
    pattern that excites map j, and it can be shown so. The notes' ``conv2`` with a kernel k is the same layer
    with ``rot180(k)`` stored; which of the two is learnt makes no difference, and no pass has to rotate.

    Parameters
    ----------
    inputs, outputs : int, 1 or more
        Maps.
    kernel : int or (int, int)
        Height and width of the kernels.
    selection : bool [outputs, inputs], optional
        ``selection[j, i]`` says that output j looks at input i (the notes' M_j); all pairs by default. Each
        output needs at least one. Kernels of other pairs are 0, get no gradient, and are not looked at.
    activation : Module, optional
        The notes' f; none by default. ``ScaledTanh()``, ``Logistic()`` or any other of torch.
    padding : {"valid", "same"}
        "valid" is that of the notes: the output is ``kernel - 1`` smaller. "same" puts zeros around the maps.
    generator : torch.Generator, optional
        Draws the first kernels, evenly and with the variance 1 / (weights of an output); biases begin at 0.

    Raises
    ------
    ParameterError
        If a size is below 1, the selection of another shape or empty in a row, or an even kernel is to keep
        the size of the maps.
    """

    selection: Tensor | None

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: Size,
        *,
        selection: Tensor | None = None,
        activation: nn.Module | None = None,
        padding: Padding = "valid",
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.inputs, self.outputs = count("inputs", inputs), count("outputs", outputs)
        self.kernel = pair("kernel", kernel)
        self.border = borders(padding, self.kernel)
        self.activation = activation
        self.register_buffer("selection", _checked(selection, inputs, outputs), persistent=False)
        area = self.kernel[0] * self.kernel[1]
        self.kernels = drawn((outputs, inputs, *self.kernel), area * inputs, generator)
        if self.selection is not None:
            with torch.no_grad():
                chosen = self.selection.to(self.kernels.dtype)
                self.kernels.mul_((chosen * (inputs / chosen.sum(1, keepdim=True)).sqrt())[..., None, None])
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return the output maps.

        Parameters
        ----------
        x : float32 or float64 [batch, inputs, height, width]
            Finite, at least as large as the kernel with "valid" borders.

        Returns
        -------
        [batch, outputs, height, width]
            ``kernel - 1`` smaller with "valid" borders.

        Raises
        ------
        ParameterError
            If ``x`` is of another shape or too small.
        """
        least = (self.kernel[0] - 2 * self.border[0], self.kernel[1] - 2 * self.border[1])
        check_maps(x, self.inputs, least)
        u: Tensor = _Convolution.apply(x, self.kernels, self.bias, self.selection, self.border)  # type: ignore[no-untyped-call]
        return u if self.activation is None else self.activation(u)

    def extra_repr(self) -> str:
        """Return what ``print`` shows of it."""
        pairs = self.inputs * self.outputs if self.selection is None else int(self.selection.sum())
        return f"{self.inputs}, {self.outputs}, kernel={self.kernel}, pairs={pairs}, border={self.border}"


def _checked(selection: Tensor | None, inputs: int, outputs: int) -> Tensor | None:
    if selection is None:
        return None
    if selection.dtype != torch.bool or tuple(selection.shape) != (outputs, inputs):
        found = f"{selection.dtype} {tuple(selection.shape)}"
        raise ParameterError("selection", found, f"a bool tensor [{outputs}, {inputs}]")
    if not selection.any(dim=1).all():
        empty = int((~selection.any(dim=1)).nonzero()[0])
        raise ParameterError("selection", f"none for output {empty}", "at least one input for each output")
    return None if bool(selection.all()) else selection.clone()


class _Convolution(torch.autograd.Function):
    """Gradients of section 3.1.1; the activation's f' is already in the sensitivity that arrives."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, kernels: Tensor, bias: Tensor, selection: Tensor | None, border: tuple[int, int]
    ) -> Tensor:
        if selection is not None:
            kernels = kernels * selection[..., None, None]
        ctx.save_for_backward(x, kernels, selection)
        ctx.border = border
        return torch.conv2d(x, kernels, bias, padding=border)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, delta: Tensor) -> tuple[Tensor | None, ...]:
        x, kernels, selection = ctx.saved_tensors
        # By input: the full convolution of delta with rotated kernels (3.2.1); by kernel: eq. 7; by bias: its sum.
        by_input, by_kernel, by_bias = torch.ops.aten.convolution_backward(
            delta, x, kernels, [len(kernels)], [1, 1], ctx.border, [1, 1], False, [0, 0], 1, ctx.needs_input_grad[:3]
        )
        if selection is not None and by_kernel is not None:
            by_kernel.mul_(selection[..., None, None])
        return by_input, by_kernel, by_bias, None, None
