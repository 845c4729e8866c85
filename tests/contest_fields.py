"""Small stacks by hand for the tests of the contest: fields of a known past."""

from __future__ import annotations

import numpy as np
import shapely
from contest.cases import Case, Truth

from farmland.grid import Window
from farmland.imagery.stack import Stack
from farmland.periods import Period
from farmland.plan import Periods
from farmland.tiling.tiles import Cell, Placed

PERIODS = Periods(Period.parse("2022/2023"), Period.parse("2024"), Period.parse("2022/2023"))
SIDE = 8
"""Pixels along a field; some lie side by side, two pixels apart."""

BARE = np.array((900, 1200, 1600, 2200, 3000, 2700), np.int16)
GREEN = np.array((300, 600, 300, 4500, 2000, 900), np.int16)


def fields(count: int, *, seed: int = 1, clear: float = 0.7, every: int = 5) -> Stack:
    """Fields with one crop a year, green from May to September, a little different each."""
    rng = np.random.default_rng(seed)
    first, last = np.datetime64("2022-01-01"), np.datetime64("2024-12-31")
    days = np.arange(first, last, np.timedelta64(every, "D")).astype(np.int32)
    width = SIDE + 2
    rows, columns = (a.ravel() for a in np.indices((SIDE, SIDE)))
    parcel = np.repeat(np.arange(count, dtype=np.int32), SIDE * SIDE)
    season = (days + rng.normal(0, 4, (count, 1))) % 365.25
    canopy = 1 / (1 + np.exp(-(season - 135) / 10)) - 1 / (1 + np.exp(-(season - 260) / 8))
    shown = BARE + canopy[:, :, None] * (GREEN - BARE)
    values = shown[parcel] * rng.normal(1, 0.03, (parcel.size, days.size, 1))
    placed = tuple(_placed(number, number * width) for number in range(count))
    sky = np.repeat(rng.random((1, days.size)) < clear, parcel.size, axis=0)
    edge = (rows > 0) & (rows < SIDE - 1) & (columns > 0) & (columns < SIDE - 1)
    return Stack(
        cell=Cell("EPSG:32650", (0, 0), placed),
        days=days,
        parcel=parcel,
        rows=np.tile(rows, count).astype(np.int32),
        columns=(np.tile(columns, count) + parcel * width).astype(np.int32),
        full=np.tile(edge, count),
        values=values.astype(np.int16),
        clear=np.ascontiguousarray(sky),
        lonely=np.zeros_like(sky),
        imaged=np.ones(parcel.size, np.bool_),
    )


def _placed(row: int, column: int) -> Placed:
    window = Window(0, column, SIDE, SIDE)
    return Placed(row, "EPSG:32650", (0, 0), window, shapely.box(*window.bounds))


def square(stack: Stack, parcel: int, side: int) -> np.ndarray:
    """Positions of a square in the upper left corner of a field."""
    own = stack.parcel == parcel
    column = stack.columns - parcel * (SIDE + 2)
    return np.flatnonzero(own & (stack.rows < side) & (column < side))


def convert(stack: Stack, pixels: np.ndarray, since: str, shown: np.ndarray) -> None:
    """Show something else from a day on."""
    looks = stack.days >= np.datetime64(since).astype(np.int32)
    noise = np.random.default_rng(9).normal(1, 0.02, (pixels.size, int(looks.sum()), 1))
    stack.values[np.ix_(pixels, looks)] = shown * noise


def case(
    *, since: str = "2024-06-20", cover: str = "built", side: int = 4, shown: np.ndarray = 2 * BARE
) -> Case:
    """Twelve fields of which the fourth is built on in a corner."""
    stack = fields(12)
    pixels = square(stack, 3, side)
    convert(stack, pixels, since, shown)
    quiet = np.ones(12, np.bool_)
    quiet[3] = False
    truth = Truth(3, pixels, cover, np.datetime64(since), 100.0 * pixels.size)
    return Case("by hand", stack, PERIODS, quiet, (truth,))
