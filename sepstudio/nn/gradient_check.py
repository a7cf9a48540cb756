"""Gradients of all layers checked as the notes check theirs, section 4.4, and against torch's own.

Every gradient is compared with two others: central differences of the layer's own output,
``(E(w + eps) - E(w - eps)) / (2 eps)``, and automatic differentiation of the same layer written
a second time with plain operations of torch, which shares no code with the first.

The notes suggest eps = 1e-8. An error of size 1 is known to about 1e-16 in double precision, so that
difference would be right to 1e-16 / 1e-8 = 1e-8 at best; what a larger eps adds by the third derivative is
eps ** 2. Both are smallest together near the third root of 1e-16: eps = 6e-6 leaves about 1e-10.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass

import torch
from torch import Tensor

from sepstudio.nn.gradient_cases import Case, gradient_cases

STEP = torch.finfo(torch.float64).eps ** (1 / 3)
"""The eps of the differences, about 6e-6."""

DIFFERENCE_BAR = 1e-7
"""What the relative error against differences must stay below."""

AUTOMATIC_BAR = 1e-10
"""What the relative error against automatic differentiation must stay below."""

# Gradients that are 0 by theory are compared on the scale of an ordinary one.
_SMALLEST_SCALE = 1e-2


@dataclass(frozen=True)
class GradientRow:
    """How well one gradient of a layer agrees.

    Attributes
    ----------
    layer, parameter : str
        As the window shows them: "Convolution, selected maps", "kernels".
    values : int
        How many numbers were compared.
    by_differences, by_automatic : float, 0 or more
        The largest difference from central differences, and from automatic differentiation, over the
        largest magnitude of the gradient.
    """

    layer: str
    parameter: str
    values: int
    by_differences: float
    by_automatic: float

    @property
    def error(self) -> float:
        """The larger of both errors."""
        return max(self.by_differences, self.by_automatic)

    @property
    def passed(self) -> bool:
        """Whether both errors are below their bars; never where one is not a number."""
        return self.by_differences < DIFFERENCE_BAR and self.by_automatic < AUTOMATIC_BAR


@dataclass(frozen=True)
class GradientReport:
    """All gradients that were checked, in the order of the layers."""

    rows: tuple[GradientRow, ...]

    @property
    def passed(self) -> bool:
        """Whether every gradient agrees."""
        return all(row.passed for row in self.rows)

    def lines(self) -> list[str]:
        """Return the report as text, a line for each gradient and one for all."""
        head = f"{'layer':<32}{'gradient by':<14}{'values':>7}{'differences':>14}{'automatic':>12}  agrees"
        body = [
            f"{row.layer:<32}{row.parameter:<14}{row.values:>7}{row.by_differences:>14.1e}{row.by_automatic:>12.1e}"
            f"  {'yes' if row.passed else 'NO'}"
            for row in self.rows
        ]
        count = sum(row.passed for row in self.rows)
        return [head, *body, f"{count} of {len(self.rows)} gradients agree"]


def check_steps(seed: int = 0) -> Generator[float, None, GradientReport]:
    """Check the gradients of all layers in double precision, on small random maps.

    Parameters
    ----------
    seed : int, 0 or more
        Of the maps and weights; torch's global generator is left alone.

    Yields
    ------
    float
        The share that is done, after each layer.

    Returns
    -------
    GradientReport
    """
    cases = gradient_cases(torch.Generator().manual_seed(seed))
    rows: list[GradientRow] = []
    for done, case in enumerate(cases, start=1):
        rows += checked(case)
        yield done / len(cases)
    return GradientReport(tuple(rows))


def checked(case: Case) -> list[GradientRow]:
    """Return a row for each gradient of a layer."""
    leaves = {name: value.detach().requires_grad_() for name, value in case.values.items()}
    ours, automatic = (_gradients(error, leaves) for error in (case.error, case.reference))
    rows = []
    for name, gradient in ours.items():
        differences = central_differences(_varied(case, name), leaves[name])
        errors = (_relative(gradient, other) for other in (differences, automatic[name]))
        rows.append(GradientRow(case.layer, name, gradient.numel(), *errors))
    return rows


def central_differences(error: Callable[[Tensor], Tensor], at: Tensor, step: float = STEP) -> Tensor:
    """Return the gradient of a scalar at a float64 tensor by the notes' second-order differences."""
    at = at.detach().clone()
    slopes = torch.empty_like(at)
    with torch.no_grad():
        for place in range(at.numel()):
            values = at.view(-1)
            middle = float(values[place])
            values[place] = middle + step
            above = float(error(at))
            values[place] = middle - step
            slopes.view(-1)[place] = (above - float(error(at))) / (2 * step)
            values[place] = middle
    return slopes


def _varied(case: Case, name: str) -> Callable[[Tensor], Tensor]:
    """Return the error of a layer by one of its tensors, the others as they are."""
    return lambda value: case.error({**case.values, name: value})


def _gradients(error: Callable[[dict[str, Tensor]], Tensor], leaves: dict[str, Tensor]) -> dict[str, Tensor]:
    found = torch.autograd.grad(error(leaves), list(leaves.values()))
    return dict(zip(leaves, found, strict=True))


def _relative(gradient: Tensor, other: Tensor) -> float:
    scale = max(float(gradient.abs().max()), float(other.abs().max()), _SMALLEST_SCALE)
    return float((gradient - other).abs().max()) / scale
