"""An additive score whose every part is a monotone curve: fitted by penalised maximum likelihood.

A number is worth a sum of ramps between its knots, each with a weight that is zero or more (or
less, for a number that falls), so that the curve is monotone and level beyond its ends. What is
not known is worth what the typical quiet candidate has: nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import minimize

Curve = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a curve before anything is fitted."""

    knots: tuple[float, ...]
    rising: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """A fitted score; s = ramps of all curves, in order."""

    shapes: Mapping[str, Shape]
    middle: NDArray[np.float64]
    """(s,) mean of each ramp over the quiet candidates."""
    weights: NDArray[np.float64]
    """(s,) zero or more."""
    base: float
    """Log odds of the typical quiet candidate."""

    def of(self, rows: pd.DataFrame) -> NDArray[np.float64]:
        """Log odds (n,) of candidates."""
        return np.asarray(centred(ramps(rows, self.shapes), self.middle) @ self.weights + self.base)

    def curve(self, name: str) -> Curve:
        """Points of (number, log odds) of one curve."""
        shape = self.shapes[name]
        grid = pd.DataFrame(dict.fromkeys(self.shapes, np.nan), index=range(len(shape.knots)))
        grid[name] = shape.knots
        odds = self.of(grid) - self.base
        return [(float(at), float(worth)) for at, worth in zip(shape.knots, odds, strict=True)]


def ramps(rows: pd.DataFrame, shapes: Mapping[str, Shape]) -> NDArray[np.float64]:
    """Ramps (n, s) from 0 to 1 between neighbouring knots; NaN where a number is not known."""
    columns = []
    for name, shape in shapes.items():
        values = rows[name].to_numpy(np.float64)
        for low, high in zip(shape.knots, shape.knots[1:], strict=False):
            ramp = np.clip((values - low) / (high - low), 0, 1)
            columns.append(ramp if shape.rising else 1 - ramp)
    return np.stack(columns, axis=1)


def centred(ramp: NDArray[np.float64], middle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ramps (n, s) less their ``middle`` (s,); what is not known lies there."""
    return np.nan_to_num(ramp - middle, nan=0.0)


def fit(
    rows: pd.DataFrame, shapes: Mapping[str, Shape], weight: NDArray[np.float64], ridge: float
) -> Score:
    """Fit candidates (n) with a column ``change`` (bool), each counting ``weight`` (n,)."""
    ramp, change = ramps(rows, shapes), rows["change"].to_numpy(np.float64)
    quiet = change == 0
    middle = np.nansum((ramp * weight[:, None])[quiet], axis=0)
    middle /= (~np.isnan(ramp) * weight[:, None])[quiet].sum(axis=0)
    known = centred(ramp, middle)

    def loss(place: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = known @ place[1:] + place[0]
        miss = weight * (1 / (1 + np.exp(-odds)) - change)
        total = (weight * (np.logaddexp(0, odds) - change * odds)).sum()
        slope = np.concatenate([[miss.sum()], known.T @ miss + ridge * place[1:]])
        return total + ridge / 2 * (place[1:] ** 2).sum(), slope

    first = np.concatenate([[-3.0], np.full(known.shape[1], 0.1)])
    bounds = [(None, None), *[(0, None)] * known.shape[1]]
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds)
    return Score(shapes, middle, found.x[1:], float(found.x[0]))
