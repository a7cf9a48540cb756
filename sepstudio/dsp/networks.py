"""Selection networks: medians as a fixed sequence of minima and maxima, without branches."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple


class Comparator(NamedTuple):
    """Puts the smaller of two wires on ``low`` and the larger on ``high``, as far as they are needed."""

    low: int
    high: int
    keep_low: bool
    keep_high: bool


def sorting_network(size: int) -> list[tuple[int, int]]:
    """Return the comparators of Batcher's merge exchange for any size (Knuth, TAOCP 3, 5.2.2 M)."""
    pairs: list[tuple[int, int]] = []
    top = 1 << max((size - 1).bit_length() - 1, 0)
    p = top
    while p > 0:
        q, r, d = top, 0, p
        while d > 0:
            pairs += [(i, i + d) for i in range(size - d) if i & p == r]
            d, q, r = q - p, q >> 1, p
        p >>= 1
    return pairs


def selection_network(size: int, ranks: Collection[int]) -> list[Comparator]:
    """Return the part of a sorting network that puts the given ranks (0 = smallest) on their wires."""
    needed = set(ranks)
    kept: list[Comparator] = []
    for low, high in reversed(sorting_network(size)):
        if low in needed or high in needed:
            kept.append(Comparator(low, high, low in needed, high in needed))
            needed |= {low, high}
    return kept[::-1]


def _network_lines(size: int, ranks: Collection[int], taps: Sequence[int]) -> list[str]:
    lines = [f"v{wire} = buffer[base + {tap} + i]" for wire, tap in enumerate(taps)]
    for low, high, keep_low, keep_high in selection_network(size, ranks):
        if keep_low and keep_high:
            lines += [f"small = min(v{low}, v{high})", f"v{high} = max(v{low}, v{high})", f"v{low} = small"]
        elif keep_low:
            lines.append(f"v{low} = min(v{low}, v{high})")
        else:
            lines.append(f"v{high} = max(v{low}, v{high})")
    return lines


def _function(name: str, arguments: str, body: Sequence[str]) -> str:
    inner = "\n".join(f"        {line}" for line in body)
    return f"{_JIT}\ndef {name}(buffer, base, {arguments}, count):\n    for i in range(count):\n{inner}\n"


def single_median_source(name: str, size: int, taps: Sequence[int]) -> str:
    """Return a function that takes one median of ``size`` taps per output."""
    middle = size // 2
    return _function(name, "out", [*_network_lines(size, (middle,), taps), f"out[i] = v{middle}"])


def pair_median_source(name: str, size: int, taps: Sequence[int]) -> str:
    """Return a function that takes two neighbouring medians of odd ``size`` per step.

    ``taps`` are the ``size + 1`` inputs of both windows in order. The windows share all but
    their ends: the two middle ranks of the shared ``size - 1`` are found once, and each
    median is the extra value clamped between them. That halves the work along frequency;
    along time it would need every second frame, and picking those apart costs more than it saves.
    """
    lower, upper = size // 2 - 1, size // 2
    lines = _network_lines(size - 1, (lower, upper), taps[1:-1])
    lines += [
        f"first[i] = max(v{lower}, min(buffer[base + {taps[0]} + i], v{upper}))",
        f"second[i] = max(v{lower}, min(buffer[base + {taps[-1]} + i], v{upper}))",
    ]
    return _function(name, "first, second", lines)


# Strips fit into the first-level cache: STRIP frames of up to ~30 rows, 4 bytes each.
STRIP = 256
ROW_BLOCK = 128
_JIT = "@njit(fastmath=True, nogil=True, cache=True)"


def module_source(size: int) -> str:
    """Return a module of compiled medians of ``size`` values.

    It defines ``over_taps`` (any neighbourhood of ``size`` points) and, for odd sizes from 3,
    ``along_frequency`` and ``along_time``. Taps have constant distances in a small buffer:
    the compiler then proves by itself that outputs do not overlap inputs, and vectorises.
    """
    parts = [
        "from numba import njit\nimport numpy as np\n",
        single_median_source("_single", size, [k * STRIP for k in range(size)]),
        _OVER_TAPS.format(jit=_JIT, size=size, strip=STRIP),
    ]
    if size % 2 and size >= 3:
        half = size // 2
        parts += [
            pair_median_source("_row_pair", size, [k * STRIP for k in range(size + 1)]),
            single_median_source("_window", size, range(size)),
            _ALONG_FREQUENCY.format(jit=_JIT, size=size, strip=STRIP, block=ROW_BLOCK),
            _ALONG_TIME.format(jit=_JIT, size=size, half=half, strip=4 * STRIP),
        ]
    return "\n\n".join(parts)


_OVER_TAPS = """{jit}
def over_taps(x, rows, columns, bins, frames, pad, out, first, last):
    length = x.shape[1]
    buffer = np.empty({size} * {strip}, x.dtype)
    for f in range(first, last):
        for start in range(0, length, {strip}):
            count = min({strip}, length - start)
            for k in range({size}):
                source = x[rows[f + bins[k]]]
                shifted = start + frames[k]
                base = k * {strip}
                if shifted >= 0 and shifted + count <= length:
                    part = source[shifted : shifted + count]
                    for i in range(count):
                        buffer[base + i] = part[i]
                else:
                    for i in range(count):
                        buffer[base + i] = source[columns[shifted + pad + i]]
            _single(buffer, 0, out[f, start : start + count], count)
"""

_ALONG_FREQUENCY = """{jit}
def along_frequency(x, rows, out, first, last):
    length = x.shape[1]
    buffer = np.empty(({block} + {size}) * {strip}, x.dtype)
    spare = np.empty({strip}, x.dtype)
    for start in range(0, length, {strip}):
        count = min({strip}, length - start)
        for block in range(first, last, {block}):
            height = min({block}, last - block)
            for r in range(min(height + {size}, rows.size - block)):
                source = x[rows[block + r], start : start + count]
                target = buffer[r * {strip} : r * {strip} + count]
                for i in range(count):
                    target[i] = source[i]
            for r in range(0, height, 2):
                second = out[block + r + 1, start : start + count] if r + 1 < height else spare
                _row_pair(buffer, r * {strip}, out[block + r, start : start + count], second, count)
"""

_ALONG_TIME = """{jit}
def along_time(x, columns, out, first, last):
    length = x.shape[1]
    buffer = np.empty({strip} + {size}, x.dtype)
    for f in range(first, last):
        source = x[f]
        for start in range(0, length, {strip}):
            count = min({strip}, length - start)
            if start >= {half} and start + count + {half} <= length:
                part = source[start - {half} : start + count + {half}]
                for i in range(count + 2 * {half}):
                    buffer[i] = part[i]
            else:
                for i in range(count + 2 * {half}):
                    buffer[i] = source[columns[start + i]]
            _window(buffer, 0, out[f, start : start + count], count)
"""
