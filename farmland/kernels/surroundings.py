"""What lies around each cell of a classification. Dims: y, x.

Flags are bits of a byte, so cloud and shadow go through the same pass; every loop runs along rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled


@compiled
def opened(flags: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Bits of flags (y, x) that fill some square of ``side`` cells: a morphological opening.

    Outside the array every bit is set: what the edge cuts may go on there. ``fits[y, x]`` has the
    bits that fill the square whose last row and column are ``y`` and ``x``.
    """
    height, width = flags.shape
    fits = np.full((height + side - 1, width + side - 1), 255, np.uint8)
    out = np.zeros_like(flags)
    for down in range(side):
        for right in range(side):
            for y in range(height):
                for x in range(width):
                    fits[y + down, x + right] &= flags[y, x]
    for down in range(side):
        for right in range(side):
            for y in range(height):
                for x in range(width):
                    out[y, x] |= fits[y + down, x + right]
    return out


@compiled
def widened(flags: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """Bits of flags (y, x) found within ``reach`` rows and columns: a dilation by a square."""
    height, width = flags.shape
    tall = flags.copy()
    for y in range(height):
        for near in range(max(0, y - reach), min(height, y + reach + 1)):
            for x in range(width):
                tall[y, x] |= flags[near, x]
    out = tall.copy()
    for y in range(height):
        for step in range(1, min(reach, width - 1) + 1):
            for x in range(width - step):
                out[y, x] |= tall[y, x + step]
            for x in range(width - step):
                out[y, x + step] |= tall[y, x]
    return out


@compiled
def lone(
    asked: NDArray[np.bool_],
    hidden: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    radius: int,
    share: float,
) -> NDArray[np.bool_]:
    """Cells (y, x) asked about around which at most ``share`` of what has data is hidden.

    Around is the square of ``2 * radius + 1`` cells. ``veiled`` and ``known`` (x,) are the sums of
    its columns; each row adds the one that enters and takes away the one that leaves.
    """
    height, width = asked.shape
    out = np.zeros((height, width), np.bool_)
    veiled, known = np.zeros(width, np.int32), np.zeros(width, np.int32)
    for row in range(min(radius, height)):
        veiled += hidden[row]
        known += seen[row]
    for y in range(height):
        if y + radius < height:
            veiled += hidden[y + radius]
            known += seen[y + radius]
        if y > radius:
            veiled -= hidden[y - radius - 1]
            known -= seen[y - radius - 1]
        if asked[y].any():
            _along(asked[y], veiled, known, radius, share, out[y])
    return out


@compiled
def _along(
    asked: NDArray[np.bool_],
    veiled: NDArray[np.int32],
    known: NDArray[np.int32],
    radius: int,
    share: float,
    out: NDArray[np.bool_],
) -> None:
    """Answer for one row; all arrays (x,)."""
    width = asked.size
    cloud = veiled[: min(radius, width)].sum()
    ground = known[: min(radius, width)].sum()
    for x in range(width):
        if x + radius < width:
            cloud += veiled[x + radius]
            ground += known[x + radius]
        if x > radius:
            cloud -= veiled[x - radius - 1]
            ground -= known[x - radius - 1]
        out[x] = asked[x] & (cloud <= share * ground)
