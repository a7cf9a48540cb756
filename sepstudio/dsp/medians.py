"""Running medians along an axis and over any binary neighbourhood."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
import numpy.typing as npt

from sepstudio.dsp.generated import load_generated
from sepstudio.dsp.median_source import module_source
from sepstudio.dsp.networks import selection_network
from sepstudio.dsp.parallel import over_rows
from sepstudio.errors import ParameterError

if TYPE_CHECKING:
    import torch

Border = Literal["nearest", "reflect", "mirror"]
Floats = npt.NDArray[np.floating[Any]]

# numpy's names for the borders that scipy.ndimage calls nearest, reflect and mirror.
_PAD_MODES: dict[str, Literal["edge", "symmetric", "reflect"]] = {
    "nearest": "edge",
    "reflect": "symmetric",
    "mirror": "reflect",
}
# Beyond this a network spills its registers and its code takes seconds to compile.
LONGEST_NETWORK = 31
LARGEST_TAP_NETWORK = 63


@overload
def running_median(
    x: npt.NDArray[np.float32], *, length: int, axis: int, border: Border = ..., threads: int = ...
) -> npt.NDArray[np.float32]: ...
@overload
def running_median(
    x: torch.Tensor, *, length: int, axis: int, border: Border = ..., threads: int = ...
) -> torch.Tensor: ...
def running_median(x: Any, *, length: int, axis: int, border: Border = "nearest", threads: int = 2) -> Any:
    """Return the median of ``length`` neighbours along one axis of a matrix.

    Parameters
    ----------
    x : float array or torch tensor [bins, frames]
        Finite values; a tensor is filtered on its own device by the same network.
    length : int
        Odd; 1 returns a copy.
    axis : int
        0 along bins (frequency), 1 along frames (time); negative axes count from the end.
    border : str
        ``nearest`` replicates the edge, ``reflect`` mirrors half a sample beyond it,
        ``mirror`` on it (the names and results of scipy.ndimage).

    Returns
    -------
    Array or tensor like ``x``, bit for bit equal to ``scipy.ndimage.median_filter``.

    Raises
    ------
    ParameterError
        For an even length, another number of dimensions, another axis, or an unknown border.
    """
    if length < 1 or length % 2 == 0:
        raise ParameterError("length", length, "odd and positive")
    if x.ndim != 2:
        raise ParameterError("x", tuple(x.shape), "a matrix [bins, frames]")
    if not -2 <= axis <= 1:
        raise ParameterError("axis", axis, "0 (bins) or 1 (frames), or -2 or -1")
    shape = (length, 1) if axis % 2 == 0 else (1, length)
    if not isinstance(x, np.ndarray):
        return _tensor_median(x, np.ones(shape, bool), border)
    out = np.empty(x.shape, x.dtype)
    plan = MedianPlan(np.ones(shape, bool), border)
    plan.apply(x, out, 0, x.shape[0], threads)
    return out


def footprint_median(x: Any, footprint: npt.ArrayLike, *, border: Border = "nearest", threads: int = 2) -> Any:
    """Return the median over a binary neighbourhood of every point of a matrix.

    Parameters
    ----------
    x : float array or torch tensor [bins, frames]
        Finite values.
    footprint : bool array [height, width]
        The neighbourhood, its centre at ``(height // 2, width // 2)``. With an even number of
        points the upper of the two middle values is taken, as scipy.ndimage does.
    border : str
        As in ``running_median``.

    Raises
    ------
    ParameterError
        For an empty footprint, or other numbers of dimensions.
    """
    if x.ndim != 2:
        raise ParameterError("x", tuple(x.shape), "a matrix [bins, frames]")
    cells = np.asarray(footprint, dtype=bool)
    if not isinstance(x, np.ndarray):
        return _tensor_median(x, cells, border)
    out = np.empty(x.shape, x.dtype)
    MedianPlan(cells, border).apply(x, out, 0, x.shape[0], threads)
    return out


class MedianPlan:
    """A median over one neighbourhood, ready to be applied to ranges of rows of many matrices."""

    def __init__(self, footprint: npt.NDArray[np.bool_], border: Border = "nearest") -> None:
        if footprint.ndim != 2 or not footprint.any():
            raise ParameterError("footprint", footprint.shape, "a matrix with at least one point")
        if border not in _PAD_MODES:
            raise ParameterError("border", border, "one of " + ", ".join(_PAD_MODES))
        self.footprint = footprint
        self.border = border
        self.bins, self.frames = (
            points - size // 2 for points, size in zip(np.nonzero(footprint), footprint.shape, strict=True)
        )
        self.size = int(self.bins.size)
        self.reach = int(np.abs(self.frames).max())
        contiguous = self.size == max(footprint.shape) and min(footprint.shape) == 1 and self.size % 2 == 1
        self._line = contiguous and self.size >= 3

    @property
    def cost(self) -> float:
        """Time per point relative to a line of 17, for those who divide the work into even steps."""
        if self._line:
            return 1.0 if self.size <= LONGEST_NETWORK else 10.0
        if self.size <= LARGEST_TAP_NETWORK:
            return float(max(self.size / 17, 1.0) ** 1.5)
        starts = np.diff(self.footprint.astype(np.int8), axis=1) == 1
        return 15.0 + float(starts.sum() + self.footprint.shape[0]) / 2

    def neighbours(
        self, row: int, column: int, shape: tuple[int, int]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the rows and columns that the median at one point of a matrix is taken over, past its borders too."""
        high = int(np.abs(self.bins).max())
        rows = _border_map(shape[0], high, self.border)[row + high + self.bins]
        return rows, _border_map(shape[1], self.reach, self.border)[column + self.reach + self.frames]

    def apply(self, x: Floats, out: Floats, first: int, last: int, threads: int = 1) -> None:
        """Write the medians of the rows ``first`` to ``last`` of ``x`` [bins, frames] into ``out``."""
        if not x.size:
            return
        if self.size > (LONGEST_NETWORK if self._line else LARGEST_TAP_NETWORK):
            self._apply_long(x, out, first, last, threads)
        elif self._line:
            self._apply_line(x, out, first, last, threads)
        else:
            self._apply_taps(x, out, first, last, threads)

    def _apply_line(self, x: Floats, out: Floats, first: int, last: int, threads: int) -> None:
        compiled = _compiled(self.size)
        along_time = self.footprint.shape[0] == 1
        places = _border_map(x.shape[1 if along_time else 0], self.size // 2, self.border)
        kernel = compiled.along_time if along_time else compiled.along_frequency
        over_rows(lambda a, b: kernel(x, places, out, a, b), first, last, threads)

    def _apply_taps(self, x: Floats, out: Floats, first: int, last: int, threads: int) -> None:
        kernel = _compiled(self.size).over_taps
        high = int(np.abs(self.bins).max())
        rows = _border_map(x.shape[0], high, self.border)
        columns = _border_map(x.shape[1], self.reach, self.border)
        bins = self.bins + high
        over_rows(lambda a, b: kernel(x, rows, columns, bins, self.frames, self.reach, out, a, b), first, last, threads)

    def _apply_long(self, x: Floats, out: Floats, first: int, last: int, threads: int) -> None:
        high, wide = (size // 2 for size in self.footprint.shape)
        rows = _border_map(x.shape[0], high, self.border)
        columns = _border_map(x.shape[1], wide, self.border)

        def part(a: int, b: int) -> None:
            padded = x[rows[a : b + self.footprint.shape[0] - 1]][:, columns]
            out[a:b] = self._inside(padded)[: b - a, : x.shape[1]]

        over_rows(part, first, last, threads)

    def _inside(self, padded: Floats) -> Floats:
        """Return the medians of all windows that lie inside ``padded``."""
        if not self._line:
            from sepstudio.dsp.rank_median import rank_median

            return rank_median(padded, self.footprint)
        from scipy.ndimage import median_filter

        # scipy filters vectors in logarithmic, matrices in linear time of the length.
        along_time = self.footprint.shape[0] == 1
        flat = np.ascontiguousarray(padded if along_time else padded.T)
        half = self.size // 2
        filtered = median_filter(flat.ravel(), self.size).reshape(flat.shape)[:, half : flat.shape[1] - half]
        return np.asarray(filtered if along_time else filtered.T)


@functools.cache
def _compiled(size: int) -> Any:
    return load_generated(f"median_{size}", module_source(size))


def _border_map(length: int, reach: int, border: Border) -> npt.NDArray[np.int64]:
    return np.pad(np.arange(length), reach, mode=_PAD_MODES[border])


def _tensor_median(x: torch.Tensor, footprint: npt.NDArray[np.bool_], border: Border) -> torch.Tensor:
    import torch

    plan = MedianPlan(footprint, border)
    if not x.numel():
        return x.clone()
    high = int(np.abs(plan.bins).max())
    rows = torch.as_tensor(_border_map(x.shape[0], high, border), device=x.device)
    columns = torch.as_tensor(_border_map(x.shape[1], plan.reach, border), device=x.device)
    padded = x[rows][:, columns]
    wires = [
        padded[high + df : high + df + x.shape[0], plan.reach + dt : plan.reach + dt + x.shape[1]]
        for df, dt in zip(plan.bins.tolist(), plan.frames.tolist(), strict=True)
    ]
    middle = plan.size // 2
    for low, top, keep_low, keep_high in selection_network(plan.size, (middle,)):
        small, large = wires[low], wires[top]
        if keep_low:
            wires[low] = torch.minimum(small, large)
        if keep_high:
            wires[top] = torch.maximum(small, large)
    return wires[middle].contiguous()
