"""Round the parts of a total so that they add up to the rounded total: largest remainders.

Every part is first cut down to whole units (0.01 at two decimals); the units still missing from
the total go to the parts that lost most (Hamilton's method, DOMAIN 8.2). So no part moves by a
whole unit, and the last digit of a printed table adds up. A leaf of the import tree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def largest_remainder(
    values: ArrayLike, total: float | None = None, decimals: int = 2
) -> NDArray[np.float64]:
    """Round values so that they add up to their rounded total.

    Parameters
    ----------
    values : array of float, shape (n,)
        Parts of the total, of any sign and in any unit; NaN stays NaN and takes no part.
    total : float, optional
        What they must add up to once it is rounded itself; without it, their own sum. A total
        that rounding alone cannot reach is shared out in proportion to the values.
    decimals : int

    Returns
    -------
    ndarray of float64, shape (n,)
        Of equal remainders the earlier value is rounded up first.

    Raises
    ------
    ValueError
        When a total that is not zero is to be shared among values that add up to zero.
    """
    parts = np.asarray(values, np.float64)
    totals = None if total is None else np.array([total], np.float64)
    return in_groups(parts, np.zeros(parts.size, np.intp), totals, decimals)


def in_groups(
    values: NDArray[np.float64],
    groups: NDArray[np.intp],
    totals: NDArray[np.float64] | None = None,
    decimals: int = 2,
) -> NDArray[np.float64]:
    """:func:`largest_remainder` within each of many groups at once.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    groups : ndarray of int, shape (n,)
        Group of each value, from 0.
    totals : ndarray of float64, shape (groups,), optional
    decimals : int

    Returns
    -------
    ndarray of float64, shape (n,)

    Raises
    ------
    ValueError
        As :func:`largest_remainder`.
    """
    known = np.isfinite(values)
    group = groups[known]
    count = int(groups.max(initial=-1)) + 1 if totals is None else totals.size
    unit = 10.0**decimals
    parts = values[known] * unit
    sums = np.bincount(group, parts, count).astype(np.float64)
    whole = np.rint(sums if totals is None else totals * unit)
    parts = _reaching(parts, group, sums, whole)
    floors = np.floor(parts)
    missing = whole - np.bincount(group, floors, count)
    order = np.lexsort((floors - parts, group))
    sizes = np.bincount(group, minlength=count)
    place = np.arange(group.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    floors[order] += place < missing[group[order]]
    rounded = np.full(values.shape, np.nan)
    rounded[known] = (floors + 0.0) / unit
    return rounded


def _reaching(
    parts: NDArray[np.float64],
    group: NDArray[np.intp],
    sums: NDArray[np.float64],
    whole: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The parts, in proportion to the total in groups that rounding alone does not bring there."""
    missing = whole - np.bincount(group, np.floor(parts), whole.size)
    beyond = (missing < 0) | (missing > np.bincount(group, minlength=whole.size))
    if (beyond & (sums == 0)).any():
        raise ValueError("a total that is not zero cannot be shared among parts that add up to 0")
    factor = np.divide(whole, sums, out=np.ones_like(whole), where=beyond)
    return np.asarray(parts * factor[group], np.float64)
