"""Thirty wheat-maize fields over four years, made with plain arithmetic and the real stack.

No code of the simulator: two spectra, a curve of the cover of green leaves, weather and noise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry import box

from farmland.imagery.stack import Farmland, Stack, looks_worth, stack
from farmland.kernels import ground
from farmland.periods import Period
from farmland.plan import Periods
from farmland.tiling import tiles
from farmland.tiling.tiles import Cell

Array = NDArray[Any]
Story = Callable[[Array, NDArray[np.datetime64], Array], Array]
"""From reflectance (p, t, b), days (t,) and columns of the parcel (p,) to another reflectance."""

PERIODS = Periods.settle(Period.parse("2023-07-01/2024-06-30"))
DAYS = np.arange(np.datetime64("2020-07-01"), np.datetime64("2024-07-01"), np.timedelta64(5, "D"))

SOIL = np.array([0.085, 0.110, 0.145, 0.205, 0.290, 0.245])
LEAVES = np.array([0.030, 0.060, 0.035, 0.420, 0.200, 0.100])
ROOF = np.array([0.210, 0.225, 0.240, 0.265, 0.290, 0.270])
WATER = np.array([0.060, 0.070, 0.050, 0.030, 0.015, 0.010])
CHAR = np.array([0.040, 0.046, 0.055, 0.080, 0.120, 0.115])

ACROSS, DOWN, SIDE = 6, 5, 70


def cell() -> Cell:
    """Fields of half a hectare with lanes of ten metres between them."""
    shapes = [
        box(x, y, x + SIDE, y + SIDE)
        for n in range(ACROSS * DOWN)
        for x, y in [(500_000 + n % ACROSS * (SIDE + 10), 4_000_000 + n // ACROSS * (SIDE + 10))]
    ]
    (made,) = tiles.cells(tiles.place(gpd.GeoSeries(shapes, crs="EPSG:32650")))
    return made


def green(days: NDArray[np.datetime64], shift: float = 0.0, wheat: float = 1.0) -> Array:
    """Cover of green leaves: wheat tillers in winter, peaks in April; maize peaks in August."""
    day = (days - days.astype("datetime64[Y]")).astype(float) - shift
    spring = 0.9 * np.exp(-(((day - 112) / 30) ** 2))
    tillers = 0.25 * np.exp(-(((day - 345) / 30) ** 2)) + 0.25 * np.exp(-(((day + 20) / 45) ** 2))
    summer = 0.95 * np.exp(-(((day - 222) / 28) ** 2))
    return np.clip(wheat * (spring + tillers) + summer, 0, 1)


def mixed(cover: Array, soil: Array = SOIL) -> Array:
    """Reflectance (..., b) of leaves over soil."""
    return cover[..., None] * LEAVES + (1 - cover[..., None]) * soil


def build(stories: Mapping[int, Story], seed: int = 1) -> Stack:
    """Read the village as scenes would show it: noise, wet and dry days, clouds, gaps."""
    random = np.random.default_rng(seed)
    place = cell()
    land = Farmland.of(place, 5.0)
    truth = np.empty((land.rows.size, DAYS.size, 6))
    for g in range(len(place.parcels)):
        own = land.parcel == g
        shifts = random.normal(0, 5, 5)[DAYS.astype("datetime64[Y]").astype(int) - 50]
        cover = green(DAYS, shifts) * random.uniform(0.9, 1.0)
        field = np.repeat(mixed(cover)[None], own.sum(), axis=0)
        columns = land.columns[own] - land.columns[own].min()
        truth[own] = stories[g](field, DAYS, columns) if g in stories else field
    truth *= random.normal(1, 0.06, (1, DAYS.size, 1))
    truth += random.normal(0, 0.004, (1, DAYS.size, 1))
    truth *= random.normal(1, 0.03, truth.shape)
    flags = _flags(land, random)
    worth = looks_worth(flags)
    counts = np.clip(np.rint(truth * 1e4), 1, 20_000).astype(np.int16)
    return stack(land, DAYS.astype(np.int32), flags, worth, counts.transpose(1, 0, 2)[worth])


def _flags(land: Farmland, random: np.random.Generator) -> Array:
    """Flags (t, p) of every look, as far as clouds and swaths let it be seen."""
    flags = np.full((DAYS.size, land.rows.size), ground.SEEN | ground.MEASURED, np.uint8)
    for t in range(DAYS.size):
        clear = np.ones(land.rows.size, np.bool_)
        if random.random() < 0.4:
            clear[:] = False
        elif random.random() < 0.4:
            corner = land.columns.min() + random.integers(0, 40)
            clear = land.columns < corner if random.random() < 0.5 else land.columns > corner
        flags[t, clear] |= ground.CLEAR
    return flags


def turned(first: str, spectrum: Array, *, until: str = "2030-01-01", half: bool = False) -> Story:
    """The ground shows ``spectrum`` from one day to another, on all pixels or the western half."""

    def tell(field: Array, days: NDArray[np.datetime64], columns: Array) -> Array:
        when = (days >= np.datetime64(first)) & (days < np.datetime64(until))
        where = columns < SIDE / 20 if half else columns >= 0
        return np.where((where[:, None] & when)[..., None], spectrum, field)

    return tell


def sown(first: str, *, shift: float = 0.0, wheat: float = 1.0) -> Story:
    """From a day on the field follows another curve: sown late, or little but weeds."""

    def tell(field: Array, days: NDArray[np.datetime64], columns: Array) -> Array:
        other = mixed(green(days, shift, wheat))
        return np.where((days >= np.datetime64(first))[:, None], other, field)

    return tell
