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
    return pruned(sorting_network(size), ranks)


def merging_network(first: Sequence[int], second: Sequence[int]) -> tuple[list[tuple[int, int]], list[int]]:
    """Return the comparators that merge two sorted lists of wires, and the wires in sorted order (Batcher)."""
    if not first or not second:
        return [], [*first, *second]
    if len(first) == len(second) == 1:
        return [(first[0], second[0])], [first[0], second[0]]
    even_pairs, evens = merging_network(first[::2], second[::2])
    odd_pairs, odds = merging_network(first[1::2], second[1::2])
    between = list(zip(odds, evens[1:], strict=False))
    order = [evens[0], *(wire for pair in between for wire in pair)]
    order += odds[len(between) :] + evens[1 + len(between) :]
    return even_pairs + odd_pairs + between, order


def pruned(pairs: Sequence[tuple[int, int]], wanted: Collection[int]) -> list[Comparator]:
    """Return the comparators that the wanted wires depend on."""
    needed = set(wanted)
    kept: list[Comparator] = []
    for low, high in reversed(pairs):
        if low in needed or high in needed:
            kept.append(Comparator(low, high, low in needed, high in needed))
            needed |= {low, high}
    return kept[::-1]
