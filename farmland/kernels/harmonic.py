"""Regressions of series on seasons: least squares with gaps, robust, or with a lasso.

The normal equations of a look are sums, so they take looks one at a time, in any order and from
several machines: :func:`gather` adds to them, and what is solved later is what a run over all
looks at once would give. A column of the design may be anything; the first one must be ones.

Dims: t = looks, n = series, k = lanes of a block, p = coefficients, q = sums.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from farmland.kernels import lanes, network
from farmland.kernels._jit import compiled_to_divide
from farmland.kernels.lanes import LANES

SETTLED = 1e-8
"""Change of coefficients below which coordinate descent has arrived."""

YEAR = 365.25


def design(
    days: NDArray[np.float64], origin: float, harmonics: int, trend: bool
) -> NDArray[np.float64]:
    """Columns (p, t): ones, years since ``origin`` if ``trend``, cosine and sine of each harmonic.

    ``days`` and ``origin`` since 1970-01-01; the seasons are those of a year of 365.25 days, as
    in CCDC (Zhu & Woodcock 2014), without a jump at New Year.
    """
    turn = 2 * np.pi * days / YEAR
    columns = [np.ones(days.size)] + [(days - origin) / YEAR] * trend
    for order in range(1, harmonics + 1):
        columns += [np.cos(order * turn), np.sin(order * turn)]
    return np.stack(columns)


def products(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper triangle (p (p + 1) / 2, t) of the outer products of each look's columns (p, t)."""
    first, second = np.triu_indices(columns.shape[0])
    paired: NDArray[np.float64] = columns[first] * columns[second]
    return paired


def room(parameters: int) -> int:
    """Sums of a series: Gram matrix, moments, sum of squares."""
    return parameters * (parameters + 3) // 2 + 1


@compiled_to_divide
def gather(
    series: NDArray[np.float32],
    columns: NDArray[np.float64],
    pairs: NDArray[np.float64],
    sums: NDArray[np.float64],
) -> None:
    """Add looks (t, n) to the ``sums`` (q, n) of their series; NaN adds nothing.

    ``columns`` (p, t) from :func:`design`, ``pairs`` from :func:`products`.
    """
    looks, total = series.shape
    wide = lanes.width(looks)
    value, weight = np.empty((looks, LANES)), np.empty((looks, LANES))
    seen, block = np.empty(LANES), np.empty((sums.shape[0], LANES))
    for first in range(0, total, wide):
        count = min(wide, total - first)
        lanes.lay(series, first, count, value, weight, seen)
        _sum_up(value, weight, columns, pairs, count, block)
        for q in range(sums.shape[0]):
            row = sums[q, first : first + count]
            for k in range(count):
                row[k] += block[q, k]


@compiled_to_divide
def solve(
    sums: NDArray[np.float64],
    least: float,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
) -> None:
    """Write ``coefficients`` (p, n) and ``sigma`` (n,), see :func:`fit`, of ``sums`` (q, n)."""
    parameters, total = coefficients.shape
    found, block = np.empty((parameters, LANES)), np.empty((sums.shape[0], LANES))
    seen, work = np.empty(LANES), np.empty((2, LANES))
    for first in range(0, total, LANES):
        count = min(LANES, total - first)
        block[:, :count] = sums[:, first : first + count]
        seen[:count] = block[0, :count]
        lanes.eliminate(block, parameters, count, found, work)
        _tell(found, block, seen, least, first, count, coefficients, sigma)


@compiled_to_divide
def fit(
    series: NDArray[np.float32],
    columns: NDArray[np.float64],
    pairs: NDArray[np.float64],
    least: float,
    rounds: int,
    noise: float,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
) -> None:
    """Least squares of each series (t, n) on the columns (p, t); NaN was not seen.

    Parameters
    ----------
    series, columns, pairs : see :func:`gather`
    least : float
        Looks that a series needs.
    rounds : int
        How often looks are weighed anew by Tukey's bisquare of their residuals (iteratively
        reweighted least squares, Holland & Welsch 1977); 0 = ordinary least squares.
    noise : float
        Smallest spread about a fit that is believed.
    coefficients : float32 (p, n)
        Written; NaN with fewer than ``least`` looks, or looks that do not tell columns apart.
    sigma : float32 (n,)
        Written: square root of the weighted sum of squared residuals over looks minus p.
    """
    looks, total = series.shape
    parameters = columns.shape[0]
    wide = lanes.width(looks)
    value, weight = np.empty((looks, LANES)), np.empty((looks, LANES))
    found, block = np.empty((parameters, LANES)), np.empty((pairs.shape[0] + parameters + 1, LANES))
    seen, pair = np.empty(LANES), np.empty((2, LANES))
    residual = np.empty((looks if rounds else 0, LANES))
    work = np.empty((looks if rounds else 0, wide), np.float32)
    order = network.comparators(looks if rounds else 1, 0, looks // 2)
    across = columns.T.copy()
    for first in range(0, total, wide):
        count = min(wide, total - first)
        lanes.lay(series, first, count, value, weight, seen)
        _sum_up(value, weight, columns, pairs, count, block)
        lanes.eliminate(block, parameters, count, found, pair)
        for _ in range(rounds):
            lanes.product(across, found, count, residual)
            for t in range(looks):
                row = series[t, first : first + count]
                for k in range(count):
                    residual[t, k] = row[k] - residual[t, k]
            lanes.trust(residual, count, seen, noise, order, weight, work)
            _sum_up(value, weight, columns, pairs, count, block)
            lanes.eliminate(block, parameters, count, found, pair)
        _tell(found, block, seen, least, first, count, coefficients, sigma)


@compiled_to_divide
def lasso(
    sums: NDArray[np.float64],
    least: float,
    price: float,
    sweeps: int,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
) -> None:
    """Least of squared residuals / (2 looks) + ``price`` · sum of |coefficients| but the first.

    Coordinate descent on the normal equations (Friedman et al. 2010), for at most ``sweeps``
    rounds over the coefficients of a block; ``sums`` from :func:`gather`, the rest as in
    :func:`fit`. CCDC fits this way, at a price of 20 for reflectance x 10,000.
    """
    parameters, total = coefficients.shape
    found, block = np.empty((parameters, LANES)), np.empty((sums.shape[0], LANES))
    seen, pull = np.empty(LANES), np.empty(LANES)
    last = sums.shape[0] - 1
    for first in range(0, total, LANES):
        count = min(LANES, total - first)
        block[:, :count] = sums[:, first : first + count]
        seen[:count] = block[0, :count]
        found[:, :count] = 0.0
        for _ in range(sweeps):
            if _descend(block, parameters, price, count, seen, found, pull) < SETTLED:
                break
        for p in range(parameters):
            _pull(block, parameters, p, count, found, pull)
            for k in range(count):
                moment = block[last - parameters + p, k]
                block[last, k] -= found[p, k] * (moment + pull[k])
        _tell(found, block, seen, least, first, count, coefficients, sigma)


@compiled_to_divide
def _sum_up(
    value: NDArray[np.float64],
    weight: NDArray[np.float64],
    columns: NDArray[np.float64],
    pairs: NDArray[np.float64],
    count: int,
    sums: NDArray[np.float64],
) -> None:
    """Write the sums (q, k) of weighted looks (t, k)."""
    parameters, after = columns.shape[0], pairs.shape[0]
    lanes.product(pairs, weight, count, sums)
    last = after + parameters
    sums[last, :count] = 0.0
    for t in range(value.shape[0]):
        for k in range(count):
            weight[t, k] *= value[t, k]
            sums[last, k] += weight[t, k] * value[t, k]
    lanes.product(columns, weight, count, sums[after:])


@compiled_to_divide
def _tell(
    found: NDArray[np.float64],
    sums: NDArray[np.float64],
    seen: NDArray[np.float64],
    least: float,
    first: int,
    count: int,
    coefficients: NDArray[np.float32],
    sigma: NDArray[np.float32],
) -> None:
    """Write what was found of a block, NaN where looks are too few."""
    parameters, last = found.shape[0], sums.shape[0] - 1
    for k in range(count):
        left = max(sums[last, k], 0.0) / max(seen[k] - parameters, 1.0)
        sums[last, k] = np.sqrt(left) if seen[k] >= least else np.nan
    for p in range(parameters):
        row = coefficients[p, first : first + count]
        for k in range(count):
            row[k] = found[p, k] if seen[k] >= least else np.nan
    row = sigma[first : first + count]
    for k in range(count):
        row[k] = sums[last, k] if found[0, k] == found[0, k] else np.nan


@compiled_to_divide
def _pull(
    sums: NDArray[np.float64],
    parameters: int,
    chosen: int,
    count: int,
    found: NDArray[np.float64],
    pull: NDArray[np.float64],
) -> None:
    """Write what the residuals of a fit say for one column: its moment without the others'."""
    moment = parameters * (parameters + 1) // 2 + chosen
    for k in range(count):
        pull[k] = sums[moment, k]
    for p in range(parameters):
        low, high = min(p, chosen), max(p, chosen)
        at = low * parameters - low * (low - 1) // 2 + high - low
        for k in range(count):
            pull[k] -= sums[at, k] * found[p, k]


@compiled_to_divide
def _descend(
    sums: NDArray[np.float64],
    parameters: int,
    price: float,
    count: int,
    seen: NDArray[np.float64],
    found: NDArray[np.float64],
    pull: NDArray[np.float64],
) -> float:
    """Set every coefficient once to the best beside the others; the largest change of all."""
    moved, at = 0.0, 0
    for p in range(parameters):
        _pull(sums, parameters, p, count, found, pull)
        for k in range(count):
            own = sums[at, k]
            wanted = pull[k] + own * found[p, k]
            owed = price * seen[k] if p else 0.0
            size = max(abs(wanted) - owed, 0.0) / own if own > 0.0 else 0.0
            value = size if wanted > 0.0 else -size
            moved = max(moved, abs(value - found[p, k]))
            found[p, k] = value
        at += parameters - p
    return moved
