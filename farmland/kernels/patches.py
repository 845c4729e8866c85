"""Connected pixels. Dims: y, x."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def components(seed: NDArray[np.bool_], around: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Label (y, x) the 8-connected sets of ``around`` that hold a pixel of ``seed``; 0 = none.

    Two thresholds, one flood: strong pixels start a patch, weaker ones that touch it belong to it
    (hysteresis, Canny 1986). Labels follow the raster order of the first seed.
    """
    height, width = seed.shape
    out = np.zeros((height, width), np.int32)
    stack = np.empty((height * width, 2), np.int32)
    label = 0
    for y in range(height):
        for x in range(width):
            if not seed[y, x] or out[y, x]:
                continue
            label += 1
            out[y, x] = label
            stack[0, 0], stack[0, 1] = y, x
            top = 1
            while top:
                top -= 1
                row, column = stack[top]
                for r in range(max(0, row - 1), min(height, row + 2)):
                    for c in range(max(0, column - 1), min(width, column + 2)):
                        if around[r, c] and not out[r, c]:
                            out[r, c] = label
                            stack[top, 0], stack[top, 1] = r, c
                            top += 1
    return out
