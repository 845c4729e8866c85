"""Sets of pixels that reach one level or another, as candidates. Dims: p = pixels of a parcel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels._jit import compiled
from farmland.kernels.patches import sets


@compiled
def _hold(label: NDArray[np.int32], held: NDArray[np.int64], alike: float) -> None:
    """Note the pixels of each set of the last of some levels, unless one like it is held below.

    ``label`` is (levels, p) and ``held`` (levels, sets); at the first pixel of a set it is asked in
    which sets it lies.
    """
    level = label.shape[0] - 1
    size = np.bincount(label[level])
    for p in range(label.shape[1]):
        n = label[level, p]
        if n and size[n]:
            held[level, n] = size[n]
            for below in range(level):
                outer = held[below, label[below, p]]
                if outer and size[n] > alike * outer:
                    held[level, n] = 0
            size[n] = 0


@compiled
def _listed(
    label: NDArray[np.int32],
    held: NDArray[np.int64],
    members: NDArray[np.int64],
    starts: NDArray[np.int64],
    count: int,
) -> int:
    """Append the pixels of the sets (n,) of one level that are held, and return how many now are.

    ``label`` is (p,); ``starts`` has the first of the members of each set and the end.
    """
    place = np.empty_like(held)
    for n in range(held.size):
        if held[n]:
            place[n] = starts[count]
            count += 1
            starts[count] = starts[count - 1] + held[n]
    for p in range(label.size):
        n = label[p]
        if held[n]:
            members[place[n]] = p
            place[n] += 1
    return count


@compiled
def nested(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    height: NDArray[np.float32],
    levels: NDArray[np.float32],
    least: int,
    alike: float,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Connected sets of the pixels that reach a level, level by level, and last all pixels.

    A set lies within one set of each level below, so the smaller is what the two share.

    Parameters
    ----------
    rows, columns : int32 arrays (p,)
        Pixels in any order, each once.
    height : float32 array (p,)
        What is compared with the levels; NaN reaches none.
    levels : float32 array
        Ascending.
    least : int
        Pixels that make a set, 1 or more; smaller ones are dropped.
    alike : float
        A set is left out where it and one before it share more than this of the larger.

    Returns
    -------
    members, starts : int64 arrays
        Positions (p) of the pixels, set by set and ascending in each; first member of each set,
        and the end.
    """
    size, count = rows.size, 0
    label = np.empty((levels.size, size), np.int32)
    held = np.zeros((levels.size, size // least + 1), np.int64)
    members = np.empty((levels.size + 1) * size, np.int64)
    starts = np.zeros(levels.size * (size // least) + 2, np.int64)
    for level in range(levels.size):
        label[level] = sets(rows, columns, height >= levels[level], least)
        _hold(label[: level + 1], held[: level + 1], alike)
        count = _listed(label[level], held[level], members, starts, count)
    if size >= least and not (held > alike * size).any():
        members[starts[count] : starts[count] + size] = np.arange(size)
        count += 1
        starts[count] = starts[count - 1] + size
    return members[: starts[count]], starts[: count + 1]
