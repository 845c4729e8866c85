"""How a set of pixels is shaped. Dims: p = pixels, y, x = the window around them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def extents(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> tuple[float, float]:
    """Extent of pixels (p,) along and across their main axis, in pixels, the last one counted.

    The axis is the first principal component, the eigenvector of the larger eigenvalue of their
    covariance, whose angle has a closed form (Jolliffe 2002, 3.1). The sums are whole numbers, so
    nothing is lost; a set as wide as it is long is measured along rows and columns.
    """
    top, left, size = np.int64(rows[0]), np.int64(columns[0]), rows.size
    y_sum = x_sum = yy = xx = xy = 0
    for p in range(size):
        y, x = rows[p] - top, columns[p] - left
        y_sum += y
        x_sum += x
        yy += y * y
        xx += x * x
        xy += x * y
    tall = size * yy - y_sum * y_sum
    wide = size * xx - x_sum * x_sum
    angle = 0.5 * math.atan2(2 * (size * xy - x_sum * y_sum), tall - wide)
    down, right = math.cos(angle), math.sin(angle)
    low_along = low_across = math.inf
    high_along = high_across = -math.inf
    for p in range(size):
        y, x = rows[p] - top, columns[p] - left
        along, across = down * y + right * x, down * x - right * y
        low_along, high_along = min(low_along, along), max(high_along, along)
        low_across, high_across = min(low_across, across), max(high_across, across)
    return high_along - low_along + 1, high_across - low_across + 1


@compiled
def inside(rows: NDArray[np.int32], columns: NDArray[np.int32]) -> tuple[int, int, int]:
    """Sum and maximum over pixels (p,) of their steps to the outside, and how many sides are edge.

    Odd steps cross sides and even ones corners too: the octagonal distance (Rosenfeld & Pfaltz
    1968). Pixels are met step by step, each once: ``met`` has them in that order, the outside
    first, as places in a window (y, x) with a margin of one pixel. An even step reaches round
    corners that the odd one before left out, and so starts from the pixels of the last two.
    """
    top, left = rows.min() - 1, columns.min() - 1
    width = columns.max() - left + 2
    size = (rows.max() - top + 2) * width
    steps = np.zeros(size, np.int32)
    for p in range(rows.size):
        steps[(rows[p] - top) * width + columns[p] - left] = -1
    met = np.empty(size, np.int32)
    known = 0
    for place in range(size):
        if steps[place] == 0:
            met[known] = place
            known += 1
    around = np.array([-width, -1, 1, width, -width - 1, -width + 1, width - 1, width + 1])
    total = step = before = last = edge = 0
    while known < size:
        step += 1
        first = before if step % 2 == 0 else last
        before, last = last, known
        for n in range(first, last):
            for side in range(8 if step % 2 == 0 else 4):
                place = met[n] + around[side]
                if 0 <= place < size and steps[place] < 0:
                    steps[place] = step
                    met[known] = place
                    known += 1
        total += step * (known - last)
    for p in range(rows.size):
        place = (rows[p] - top) * width + columns[p] - left
        for side in range(4):
            edge += steps[place + around[side]] == 0
    return total, step, edge
