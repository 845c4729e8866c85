"""Which patches are most worth a visit, and in which rounds to see them.

Worth is confidence times area: the square metres a visit is expected to find changed where the
confidence is calibrated, and a mere score for ranking where it is not: then only the rank is told.
Everything here is pure and decided by its input alone: ties go to the smaller patch id.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from farmland import layers
from farmland.rules.inspection import Inspection

DONE = frozenset({"dismissed", "verified", "closed"})
"""Statuses of patches that somebody has been to."""

LEAST_GAIN_M = 1e-6
"""A tour must become shorter by more than this to be changed: rounding must not decide."""

Points = NDArray[np.float64]
"""Shape (n, 2), metres."""


@dataclass(frozen=True, slots=True)
class Hits:
    """How many of the visits are expected to find what was suspected."""

    expected: float
    least: int
    most: int
    """The interval that holds the number with the probability of the rules."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """The visits of a budget."""

    table: gpd.GeoDataFrame
    """In the shape of ``layers.INSPECTION``, by round and stop."""
    kilometres: tuple[float, ...]
    """Length of each round in straight lines, back to its first patch."""
    hits: Hits | None
    """None where the confidence is not calibrated."""


def visits(
    conversions: gpd.GeoDataFrame, budget: int, rules: Inspection, *, calibrated: bool
) -> Visits:
    """Choose ``budget`` patches and group them into rounds.

    Parameters
    ----------
    conversions : GeoDataFrame
        Patches in any CRS; those that somebody has been to and those of another crop are left out.
    budget : int
        Most visits; fewer patches than that are all visited.
    rules : Inspection
    calibrated : bool
        Whether the confidence is a probability.
    """
    chosen = ranked(conversions).head(budget).reset_index(drop=True)
    inside = chosen.geometry.representative_point()
    places = inside.to_crs(4326)
    found = rounds(in_metres(places), rules)
    rows = [(number, stop, row) for number, one in enumerate(found, 1)
            for stop, row in enumerate(one, 1)]  # fmt: skip
    order = [row for _, _, row in rows]
    table = chosen.assign(
        rank=np.arange(1, len(chosen) + 1),
        expected_m2=worth(chosen) if calibrated else None,
        lon=places.x,
        lat=places.y,
        reason=None,
    ).iloc[order]
    table = table.assign(round=[one for one, _, _ in rows], order=[stop for _, stop, _ in rows])
    known = [name for name in layers.INSPECTION.names if name in table]
    points = in_metres(places)
    return Visits(
        table=layers.coerce(layers.INSPECTION, table[[*known, table.geometry.name]]),
        kilometres=tuple(length(points[list(one)]) / 1000 for one in found),
        hits=hits(chosen["confidence"].to_numpy(np.float64), rules) if calibrated else None,
    )


def ranked(conversions: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Patches that wait for a visit, the most worth first; equal ones by id."""
    waiting = conversions[
        ~conversions["status"].isin(DONE)
        & (conversions["cover"] != "crop")
        & conversions.geometry.notna()
    ]
    keys = waiting["patch_id"].astype(str).to_numpy(object)
    return waiting.iloc[np.lexsort((keys.argsort().argsort(), -worth(waiting)))]


def worth(patches: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Confidence times area, square metres."""
    product: NDArray[np.float64] = patches["confidence"].to_numpy(np.float64) * patches[
        "area_m2"
    ].to_numpy(np.float64)
    return product


def hits(confidence: NDArray[np.float64], rules: Inspection) -> Hits:
    """Expected number of hits, and the interval of its distribution.

    The number is a sum of independent trials of different odds; its distribution is reckoned
    exactly, trial by trial. Neighbours that err together make the truth wider than this.
    """
    odds = np.ones(1)
    for one in confidence:
        odds = np.convolve(odds, [1 - one, one])
    below = np.cumsum(odds)
    tail = (1 - rules.interval) / 2
    last = len(confidence)
    least, most = (min(last, int(np.searchsorted(below, edge))) for edge in (tail, 1 - tail))
    return Hits(float(np.sum(confidence)), least, most)


def in_metres(places: gpd.GeoSeries) -> Points:
    """Places on the plane around their own middle; within a province right to a hundredth."""
    if not len(places):
        return np.zeros((0, 2))
    lon, lat = (float(np.median(axis)) for axis in (places.x, places.y))
    moved = places.to_crs(f"+proj=laea +lon_0={lon:.4f} +lat_0={lat:.4f} +datum=WGS84 +units=m")
    return np.column_stack([moved.x, moved.y])


def rounds(points: Points, rules: Inspection) -> tuple[tuple[int, ...], ...]:
    """Group places into rounds; every place is in exactly one.

    A round begins at the first place that is in none, and takes the nearest one left as long as it
    stays within the rules. ``points`` come the most worth first.
    """
    left = np.ones(len(points), bool)
    found = []
    while left.any():
        stops: tuple[int, ...] = (int(np.argmax(left)),)
        left[stops[0]] = False
        near = np.hypot(*(points - points[stops[0]]).T)
        while left.any() and len(stops) < rules.patches_per_round:
            nearest = int(np.argmin(np.where(left, near, math.inf)))
            longer = _shortest((*stops, nearest), points)
            if length(points[list(longer)]) > rules.round_km * 1000:
                break
            stops, left[nearest] = longer, False
            near = np.minimum(near, np.hypot(*(points - points[nearest]).T))
        found.append(stops)
    return tuple(found)


def _shortest(stops: Sequence[int], points: Points) -> tuple[int, ...]:
    """Stops in the order of a short tour that begins at the most worth of them."""
    order = tour(points[list(stops)])
    first = order.index(int(np.argmin(stops)))
    return tuple(stops[n] for n in (*order[first:], *order[:first]))


def length(points: Points) -> float:
    """Metres from place to place and back to the first."""
    return float(np.hypot(*(points - np.roll(points, -1, axis=0)).T).sum())


def tour(points: Points) -> tuple[int, ...]:
    """A short order of places, never longer than the one given.

    The nearest place left comes next; then, and in the given order too, two legs that cross are
    exchanged until none is left (2-opt). The shorter of both is taken.
    """
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    given = tuple(range(len(points)))
    tries = [_uncrossed(given, apart), _uncrossed(_nearest_next(apart), apart)]
    return min(tries, key=lambda order: length(points[list(order)]))


def _nearest_next(apart: NDArray[np.float64]) -> tuple[int, ...]:
    order, left = [0], set(range(1, len(apart)))
    while left:
        order.append(min(left, key=lambda n: (float(apart[order[-1], n]), n)))
        left.remove(order[-1])
    return tuple(order)


def _uncrossed(order: tuple[int, ...], apart: NDArray[np.float64]) -> tuple[int, ...]:
    """Exchange pairs of legs as long as that shortens the tour."""
    stops = list(order)
    changed = True
    while changed:
        changed = False
        for i in range(len(stops) - 1):
            for j in range(i + 1, len(stops)):
                a, b, c, d = stops[i - 1], stops[i], stops[j], stops[(j + 1) % len(stops)]
                if a == c or b == d:
                    continue
                gain = apart[a, b] + apart[c, d] - apart[a, c] - apart[b, d]
                if gain > LEAST_GAIN_M:
                    stops[i : j + 1] = stops[i : j + 1][::-1]
                    changed = True
    return tuple(stops)
