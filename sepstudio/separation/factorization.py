"""What a factorisation of a spectrogram takes and returns: ``V ≈ W H`` with nonnegative matrices.

Shapes are those of the literature: spectrogram ``V`` [K bins, N frames], templates ``W`` [K, R
components], activations ``H`` [R, N]. ``nmf`` and ``nae`` do the factorising.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError
from sepstudio.separation.base import Curve

if TYPE_CHECKING:
    from torch import Tensor

Array = npt.NDArray[np.floating[Any]]
MatrixLike: TypeAlias = Union["npt.NDArray[Any]", "Tensor"]
Stopped = Literal["iterations", "converged"]

# A component that carries less than this share of the model is heard and seen by no one.
_DEAD_SHARE = 1e-9
_ERROR_COLUMNS = 1024


@dataclass(frozen=True)
class Factorization:
    """A finished factorisation.

    Attributes
    ----------
    templates : float [K, R]
        Nonnegative; columns sum to 1, those of dead components to 0.
    activations : float [R, N]
        Nonnegative, in units of ``V``.
    loss : Curve
        Loss in units of ``V`` after iteration 1, 2, … and the seconds that had passed by then.
    iterations : int
        How many were done.
    stopped : {"iterations", "converged"}
        Whether all iterations were done, or the loss had stopped falling before.
    encoder : float [R, K], optional
        Of an autoencoder: ``activations = activation_mask * max(encoder @ V, 0)``. May be negative.
    dead : tuple of int
        Components that contribute nothing.
    """

    templates: Array
    activations: Array
    loss: Curve
    iterations: int
    stopped: Stopped = "iterations"
    encoder: Array | None = None
    dead: tuple[int, ...] = ()


@dataclass(frozen=True)
class Snapshot:
    """A factorisation on its way, as a ``Progress`` carries it: arrays of its own, scaled as in the result."""

    iteration: int
    templates: Array
    activations: Array
    loss: Curve


@dataclass(frozen=True)
class StoppingRule:
    """When to stop: after ``iterations``, or when the loss hardly falls any more.

    ``improvement`` is the share of the loss by which ``window`` iterations must at least lower it;
    0 never stops early.
    """

    iterations: int
    improvement: float = 0.0
    window: int = 20

    def __post_init__(self) -> None:
        for name in ("iterations", "window"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise ParameterError(name, value, "a whole number of at least 1")
        if not 0 <= self.improvement < 1:
            raise ParameterError("improvement", self.improvement, "at least 0 and below 1")

    @classmethod
    def of(cls, iterations: int | StoppingRule) -> StoppingRule:
        """Return the rule that a number of iterations stands for; rules stay what they are."""
        return iterations if isinstance(iterations, StoppingRule) else cls(iterations)

    def met_by(self, losses: list[float]) -> bool:
        """Tell whether the losses so far, one per iteration, say that going on is useless."""
        if not self.improvement or len(losses) <= self.window:
            return False
        before = losses[-1 - self.window]
        # Not the fall but the change: with an unsteady optimiser a rise is no standstill, and a rounding error is one.
        return abs(before - losses[-1]) <= self.improvement * abs(before)


def l1_error(V: MatrixLike, W: MatrixLike, H: MatrixLike) -> float:
    """Return the mean over frames of ``Σ_k |V - W H|``, the error of the autoencoder paper's Table I.

    Parameters
    ----------
    V : [K, N], W : [K, R], H : [R, N]
        Arrays or tensors, in any one unit.

    Raises
    ------
    ParameterError
        If the shapes do not fit together or a value is not finite.
    """
    v, w, h = (matrix(values, name) for values, name in ((V, "V"), (W, "W"), (H, "H")))
    need_shapes(v.shape, w.shape, h.shape)
    total = 0.0
    for first in range(0, v.shape[1], _ERROR_COLUMNS):
        part = slice(first, first + _ERROR_COLUMNS)
        total += float(np.abs(v[:, part] - w @ h[:, part]).sum(dtype=np.float64))
    return total / int(v.shape[1])


def normalised(templates: Array, activations: Array) -> tuple[Array, Array, Array]:
    """Return templates whose columns sum to 1, activations scaled to match, and the sums [R] of before.

    A template of zeros keeps its zeros and its activations.
    """
    sums = templates.sum(axis=0, dtype=np.float64)
    scales = np.where(sums > 0, sums, 1.0)
    # In the precision of the matrices: of a long recording they are large, and copied for every picture.
    factors = scales.astype(templates.dtype)
    return templates / factors, activations * factors[:, None], scales


def dead_components(templates: Array, activations: Array) -> tuple[int, ...]:
    """Return the components that hold less than a billionth of the model's mass."""
    mass = templates.sum(axis=0, dtype=np.float64) * activations.sum(axis=1, dtype=np.float64)
    return tuple(int(index) for index in np.flatnonzero(mass <= _DEAD_SHARE * mass.sum()))


def scale_of(spectrogram: Array) -> float:
    """Return the maximum of a spectrogram, by which factorising divides it; 1 for silence."""
    largest = float(spectrogram.max())
    return largest if largest > 0 else 1.0


def matrix(values: MatrixLike, name: str, *, nonnegative: bool = False) -> Array:
    """Return an array or tensor as a finite floating-point array [rows, columns].

    Parameters
    ----------
    values : array or tensor
        Double precision stays, everything else becomes float32. Not copied where that can be avoided.
    name : str
        What the error calls it.
    nonnegative : bool
        Whether negative entries are an error.

    Raises
    ------
    ParameterError
        If it is no matrix, is empty, or has entries that are not finite or not allowed.
    """
    array = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)
    if array.ndim != 2 or array.size == 0:
        raise ParameterError(name, array.shape, "a matrix with at least one row and one column")
    if array.dtype.kind not in "biuf":
        raise ParameterError(name, str(array.dtype), "of real numbers")
    array = array.astype(np.float64 if array.dtype == np.float64 else np.float32, copy=False)
    # Not-a-number wins both extremes, so that no mask of the matrix's size is needed.
    smallest, largest = float(array.min()), float(array.max())
    if not (math.isfinite(smallest) and math.isfinite(largest)):
        raise ParameterError(name, "entries that are not finite", "finite everywhere")
    if nonnegative and smallest < 0:
        raise ParameterError(name, smallest, "nonnegative everywhere")
    return array


def need_shapes(spectrogram: tuple[int, ...], templates: tuple[int, ...], activations: tuple[int, ...]) -> None:
    """Refuse matrices that do not fit together.

    Raises
    ------
    ParameterError
        Naming the matrix that is wrong and the shape it should have.
    """
    bins, frames = spectrogram
    if templates[0] != bins:
        raise ParameterError("W", templates, f"of {bins} rows, as V has")
    expected = (templates[1], frames)
    if activations != expected:
        raise ParameterError("H", activations, f"of shape {expected}, for the columns of W and V")
