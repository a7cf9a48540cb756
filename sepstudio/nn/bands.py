"""Groups of neighbouring bins that grow with frequency as the ear's filters do."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sepstudio.errors import ParameterError

Integers = npt.NDArray[np.int64]


def erb_edges(bands: int, bins: int, *, bin_width: float) -> Integers:
    """Return where bands of equal width on the ERB-rate scale begin and end.

    The scale is that of Glasberg and Moore (1990), ``21.4 log10(1 + 0.00437 f)``. Bands are at
    least one bin wide, so that the lowest ones, narrower than a bin, become single bins.

    Parameters
    ----------
    bands : int, 1 to ``bins``
    bins : int
        How many bins there are, from 0 Hz.
    bin_width : float
        Hz between bins.

    Returns
    -------
    int64 array [bands + 1]
        Band b holds bins ``edges[b]`` to ``edges[b + 1] - 1``; from 0, strictly growing, to ``bins``.

    Raises
    ------
    ParameterError
        If there are fewer bins than bands.
    """
    if not 1 <= bands <= bins:
        raise ParameterError("bands", bands, f"between 1 and the number of bins ({bins})")
    order = np.arange(bands + 1)
    top = np.log10(1 + 0.00437 * bins * bin_width)
    wanted = np.rint((10 ** (order / bands * top) - 1) / 0.00437 / bin_width).astype(np.int64)
    grown = np.maximum.accumulate(wanted - order) + order
    return np.minimum(grown, bins - bands + order)
