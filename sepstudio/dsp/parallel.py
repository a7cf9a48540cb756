"""Few threads over the rows of a matrix, for kernels that release the interpreter lock."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


def over_rows(work: Callable[[int, int], object], first: int, last: int, threads: int) -> None:
    """Call ``work(start, stop)`` on disjoint parts of the rows ``first`` to ``last``.

    Plain threads instead of OpenMP: its barriers spin, and took a hundred times longer
    whenever another process or the sound device held a core.
    """
    if threads <= 1 or last - first < 2:
        work(first, last)
        return
    bounds = [first + (last - first) * k // threads for k in range(threads + 1)]
    # The calling thread takes a part itself: starting a thread costs as much as a millisecond of work.
    with ThreadPoolExecutor(threads - 1) as pool:
        others = [pool.submit(work, a, b) for a, b in itertools.pairwise(bounds[1:])]
        work(bounds[0], bounds[1])
        for other in others:
            other.result()
