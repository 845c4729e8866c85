"""Sorting networks: which rows to compare, in an order that sorts whatever they hold.

Dims: t = rows, m = comparators, n = lanes sorted side by side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled

BOTH, LOWER, UPPER = range(3)
"""Which of its two answers a comparator has to keep."""


@compiled
def comparators(rows: int, first: int, last: int) -> NDArray[np.int32]:
    """Comparators (m, 3) that bring the values of ranks ``first`` to ``last`` into their rows.

    Each is a lower row, an upper row and which of the two is needed later on. Merge exchange
    (Batcher 1968; Knuth, The Art of Computer Programming 3, 5.2.2 M), without what changes no
    rank that is wanted.
    """
    found = np.empty((rows * rows + 1, 3), np.int32)
    size = 0
    top = 1
    while 2 * top < rows:
        top *= 2
    step = top
    while step > 0:
        half, bit, distance = top, 0, step
        while True:
            for row in range(rows - distance):
                if row & step == bit:
                    found[size] = row, row + distance, BOTH
                    size += 1
            if half == step:
                break
            distance, half, bit = half - step, half // 2, step
        step //= 2
    return _needed(found[:size], rows, first, last)


@compiled
def _needed(found: NDArray[np.int32], rows: int, first: int, last: int) -> NDArray[np.int32]:
    """The comparators that ranks ``first`` to ``last`` depend on."""
    wanted = np.zeros(rows, np.bool_)
    wanted[first : last + 1] = True
    keep = np.zeros(len(found), np.bool_)
    for m in range(len(found) - 1, -1, -1):
        lower, upper = wanted[found[m, 0]], wanted[found[m, 1]]
        keep[m] = lower or upper
        if keep[m]:
            found[m, 2] = BOTH if lower and upper else LOWER if lower else UPPER
            wanted[found[m, 0]] = wanted[found[m, 1]] = True
    return found[keep]


@compiled
def sort(network: NDArray[np.int32], rows: NDArray[np.float32]) -> None:
    """Run a network (m, 3) on rows (t, n): every lane is sorted, as far as it keeps ranks."""
    lanes = rows.shape[1]
    for m in range(network.shape[0]):
        lower, upper = rows[network[m, 0]], rows[network[m, 1]]
        if network[m, 2] == BOTH:
            for i in range(lanes):
                one, other = lower[i], upper[i]
                lower[i] = min(one, other)
                upper[i] = max(one, other)
        elif network[m, 2] == LOWER:
            for i in range(lanes):
                lower[i] = min(lower[i], upper[i])
        else:
            for i in range(lanes):
                upper[i] = max(lower[i], upper[i])
