"""The source of compiled medians: networks without branches, and the loops that feed them."""

from __future__ import annotations

from collections.abc import Sequence

from sepstudio.dsp.networks import Comparator, merging_network, pruned, selection_network

# Frames that over_taps and along_time take at a time, and the tile of along_frequency: with
# their sorted windows these stay in the first two levels of the cache.
STRIP = 256
TILE_FRAMES = 64
TILE_BINS = 64
SHARED_WINDOWS = (2, 4, 8)
_JIT = "@njit(fastmath=True, nogil=True, cache=True)"


def module_source(size: int) -> str:
    """Return a module of compiled medians of ``size`` values.

    It defines ``over_taps`` (any neighbourhood of ``size`` points) and, for odd sizes from 3,
    ``along_frequency`` and ``along_time``. Taps have constant distances in a small buffer:
    the compiler then proves by itself that outputs do not overlap inputs, and vectorises.
    """
    parts = [
        "from numba import njit\nimport numpy as np\n",
        _single_source("_single", size, [k * STRIP for k in range(size)]),
        _OVER_TAPS.format(jit=_JIT, size=size, strip=STRIP),
    ]
    if size % 2 and size >= 3:
        parts += [
            _line_source(size, "time", 1, STRIP, _ALONG_TIME),
            _line_source(size, "frequency", TILE_FRAMES, TILE_BINS * TILE_FRAMES, _ALONG_FREQUENCY),
        ]
    return "\n\n".join(parts)


def _line_source(size: int, axis: str, stride: int, span: int, loop: str) -> str:
    """Return the median of ``size`` values that lie ``stride`` apart, ``span`` of them at a time, and its loop.

    Neighbouring medians share most of their values: windows of 2, 4 and 8 are sorted once
    for all medians that hold them, and only the merging is left to each.
    """
    row = span + size * stride
    blocks = [block for block in SHARED_WINDOWS if 2 * block < size]
    names = ["buffer", *(f"rows_{block}" for block in blocks)]
    steps = list(zip(blocks, names, names[1:], strict=False))
    functions = [_merging_source(f"_merge_{axis}_{block}", block, stride, row) for block in blocks]
    if blocks:
        functions.append(_shared_source(f"_window_{axis}", size, blocks[-1], stride, row))
    else:
        functions.append(_single_source(f"_window_{axis}", size, [k * stride for k in range(size)]))
    text = loop.format(
        jit=_JIT,
        size=size,
        half=size // 2,
        strip=STRIP,
        frames=TILE_FRAMES,
        bins=TILE_BINS,
        rows="".join(f"    {target} = np.empty({block * row}, x.dtype)\n" for block, _, target in steps),
        merges="".join(
            f"            _merge_{axis}_{block}({source}, {target}, reach - {(block - 1) * stride})\n"
            for block, source, target in steps
        ),
        parts=f"{names[-1]}, " if blocks else "",
    )
    return "\n\n".join([*functions, text])


def _function(name: str, arguments: str, body: Sequence[str]) -> str:
    inner = "\n".join(f"        {line}" for line in body)
    return f"{_JIT}\ndef {name}(buffer, {arguments}, count):\n    for i in range(count):\n{inner}\n"


def _comparator_lines(comparators: Sequence[Comparator]) -> list[str]:
    lines: list[str] = []
    for low, high, keep_low, keep_high in comparators:
        if keep_low and keep_high:
            lines += [f"small = min(v{low}, v{high})", f"v{high} = max(v{low}, v{high})", f"v{low} = small"]
        elif keep_low:
            lines.append(f"v{low} = min(v{low}, v{high})")
        else:
            lines.append(f"v{high} = max(v{low}, v{high})")
    return lines


def _single_source(name: str, size: int, taps: Sequence[int]) -> str:
    """Return a function that takes one median of ``size`` taps per output."""
    middle = size // 2
    loads = [f"v{wire} = buffer[{tap} + i]" for wire, tap in enumerate(taps)]
    comparators = _comparator_lines(selection_network(size, (middle,)))
    return _function(name, "out", [*loads, *comparators, f"out[i] = v{middle}"])


def _merging_source(name: str, block: int, stride: int, row: int) -> str:
    """Return a function that merges sorted halves: row ``k`` of ``out`` gets rank ``k`` of each window of ``block``.

    ``buffer`` holds the sorted windows of ``block // 2`` values, one row per rank.
    """
    half = block // 2
    pairs, order = merging_network(range(half), range(half, block))
    loads = [f"v{k} = buffer[{k % half * row + k // half * half * stride} + i]" for k in range(block)]
    stores = [f"out[{k * row} + i] = v{wire}" for k, wire in enumerate(order)]
    return _function(name, "out", [*loads, *_comparator_lines(pruned(pairs, order)), *stores])


def _shared_source(name: str, size: int, block: int, stride: int, row: int) -> str:
    """Return a function that takes medians of which the windows of ``block`` values are sorted already.

    ``buffer`` holds the values, ``parts`` their sorted windows, one row per rank.
    """
    sorted_wires = size // block * block
    loads = [f"v{k} = parts[{k % block * row + k // block * block * stride} + i]" for k in range(sorted_wires)]
    loads += [f"v{k} = buffer[{k * stride} + i]" for k in range(sorted_wires, size)]
    lists: list[list[int]] = [list(range(k, k + block)) for k in range(0, sorted_wires, block)]
    lists += [[k] for k in range(sorted_wires, size)]
    pairs: list[tuple[int, int]] = []
    while len(lists) > 1:
        lists.sort(key=len)
        found, order = merging_network(lists[0], lists[1])
        pairs += found
        lists = [*lists[2:], order]
    middle = lists[0][size // 2]
    comparators = _comparator_lines(pruned(pairs, (middle,)))
    return _function(name, "parts, out", [*loads, *comparators, f"out[i] = v{middle}"])


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
            _single(buffer, out[f, start : start + count], count)
"""

_ALONG_TIME = """{jit}
def along_time(x, columns, out, first, last):
    length = x.shape[1]
    buffer = np.empty({strip} + {size}, x.dtype)
{rows}    for f in range(first, last):
        source = x[f]
        for start in range(0, length, {strip}):
            count = min({strip}, length - start)
            reach = count + 2 * {half}
            if start >= {half} and start + count + {half} <= length:
                part = source[start - {half} : start + count + {half}]
                for i in range(reach):
                    buffer[i] = part[i]
            else:
                for i in range(reach):
                    buffer[i] = source[columns[start + i]]
{merges}            _window_time(buffer, {parts}out[f, start : start + count], count)
"""

# A tile is one long row whose neighbours in frequency lie TILE_FRAMES apart.
_ALONG_FREQUENCY = """{jit}
def along_frequency(x, rows, out, first, last):
    length = x.shape[1]
    buffer = np.zeros(({bins} + {size}) * {frames}, x.dtype)
    result = np.empty({bins} * {frames}, x.dtype)
{rows}    for start in range(0, length, {frames}):
        count = min({frames}, length - start)
        for block in range(first, last, {bins}):
            height = min({bins}, last - block)
            for r in range(height + 2 * {half}):
                source = x[rows[block + r], start : start + count]
                target = buffer[r * {frames} : r * {frames} + count]
                for i in range(count):
                    target[i] = source[i]
            reach = (height + 2 * {half}) * {frames}
{merges}            _window_frequency(buffer, {parts}result, height * {frames})
            for r in range(height):
                target = out[block + r, start : start + count]
                source = result[r * {frames} : r * {frames} + count]
                for i in range(count):
                    target[i] = source[i]
"""
