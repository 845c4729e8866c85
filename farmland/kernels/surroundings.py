"""How much of a mask lies around each pixel. Dims: y, x."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def count_around(mask: NDArray[np.bool_], radius: int) -> NDArray[np.int32]:
    """Number of set pixels in the square of ``2 * radius + 1`` pixels around each (y, x).

    Outside the array nothing is set. One pass builds the summed-area table, one reads it.
    """
    height, width = mask.shape
    table = np.zeros((height + 1, width + 1), np.int32)
    for y in range(height):
        row = 0
        for x in range(width):
            row += mask[y, x]
            table[y + 1, x + 1] = table[y, x + 1] + row
    out = np.empty((height, width), np.int32)
    for y in range(height):
        top, bottom = max(0, y - radius), min(height, y + radius + 1)
        for x in range(width):
            left, right = max(0, x - radius), min(width, x + radius + 1)
            out[y, x] = (
                table[bottom, right] - table[top, right] - table[bottom, left] + table[top, left]
            )
    return out
