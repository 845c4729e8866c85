"""Real Sentinel-2 parcels on which nothing was converted, as cases: every alarm on them is false.

Paths are the ``data`` folder of the shared files, whose README names origin and licence of each
set. ``SETS`` says of every set with a time series how it is used, or why it is not.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, NoReturn
from unittest import mock

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from real_places import KEYS

from contest.cases import Case
from farmland import detect, flow, rules
from farmland.grid import Window
from farmland.imagery.stack import Farmland, Stack, looks_worth, stack
from farmland.kernels import ground
from farmland.periods import Period
from farmland.plan import Periods, Plan
from farmland.rules.sentinel2 import CLEAR
from farmland.scene import BANDS
from farmland.tiling.tiles import Cell, Placed

FLANDERS = "s2_flanders_2018_2019"
SWISS = "agrisatpy"

TILES: Mapping[str, str] = {"T31TGM": "EPSG:32631", "T32TMT": "EPSG:32632"}
"""The tiles of the Swiss tables with the zone their pixels lie in."""

SAME_GROUND = 0.5
"""Share of a parcel under another one of the layer from which it is the same field once more."""

FLEMISH = Periods.settle(
    Period.parse("2019-06-01/2019-11-30"), Period.parse("2018-08-01/2019-05-31")
)
ALPINE = Periods.settle(
    Period.parse("2020-04-01/2020-07-31"), Period.parse("2019-10-01/2020-03-31")
)


class Set(NamedTuple):
    """What a set of real series is good for here."""

    name: str
    used: str
    """``"case"``, the function that uses a part of it, or ``""``."""
    reason: str


SETS = (
    Set(FLANDERS, "case", "18 parcels, 6 bands, classification; 10 months of history, 6 after"),
    Set(
        SWISS,
        "case",
        "47 fields in two tiles, 6 bands, classification; 6 months of winter before, 4 after, so "
        "nothing can be confirmed; 2 more footprints are fields of the set once more",
    ),
    Set("worldcereal/0000280849BAC91C", "", f"the series of {FLANDERS}, as published"),
    Set(
        "worldcereal/000028085BF08E7E",
        "parts.familiarity",
        "20 m bands only: no red, so no NDVI; novelty of red edge and short-wave infrared",
    ),
    Set("worldcereal/2021_TZA_COPERNICUS-GEOGLAM_POLY_1101950", "parts.familiarity", "likewise"),
    Set(
        "fusets",
        "",
        "red and nir of single fields in single seasons: no short-wave infrared, no neighbours, "
        "no past of the same months; bands would have to be invented",
    ),
    Set("sen2rts", "", "NDVI and classification of ten months: no bands at all"),
    Set(
        "salms",
        "parts.meadows",
        "red, nir, NDVI and soil index of one year, parcel means without places: no novelty, no "
        "own season, no neighbours; whether an event leaves a canopy can be told",
    ),
    Set("oscd", "pairs.separations", "two dates, top of atmosphere, no classification"),
    Set("gfmap", "", "composites or 19 dates of one season without short-wave infrared"),
    Set("ftw_danube", "", "two undated pictures without short-wave infrared"),
    Set("cog_29RKH", "", "one scene of a desert"),
)


def quiet(data: Path) -> tuple[Case, ...]:
    """All real quiet parcels."""
    return (flanders(data), *(swiss(data, tile) for tile in TILES))


@lru_cache
def flanders(data: Path) -> Case:
    """18 Flemish parcels of winter wheat, maize, beet, grassland, 2018-08 to 2019-11."""
    found = _given(data / FLANDERS / "parcels.gpkg", data / FLANDERS / "catalog.json")
    return _all_quiet("real quiet, Flanders", found, FLEMISH)


@lru_cache
def flemish_land(data: Path) -> Stack:
    """Every pixel of the window that the Flemish parcels lie in, as if it were one parcel.

    Its looks and its sky are those of :func:`flanders`.
    """
    cell = flanders(data).stack.cell
    window = gpd.GeoSeries([shapely.box(*cell.window.bounds)], crs=cell.crs)
    with tempfile.TemporaryDirectory() as folder:
        layer = Path(folder) / "window.gpkg"
        window.to_file(layer)
        return _given(layer, data / FLANDERS / "catalog.json")


class _Heard(Exception):
    """A run was about to detect."""


def _given(parcels: Path, catalog: Path) -> Stack:
    """The stack that the product's own run gives to its detector, for parcels of one cell.

    The run is the product's from the catalog to the detector, and ends there: who listens in the
    detector's place keeps the stack.
    """
    kept: list[Stack] = []

    def listen(given: Stack, *_others: object) -> NoReturn:
        kept.append(given)
        raise _Heard

    plan = Plan(
        parcels=str(parcels),
        catalog=str(catalog),
        before=FLEMISH.before,
        after=FLEMISH.after,
        offline=True,
        workers=1,
    )
    with mock.patch.object(detect, "find", listen), suppress(_Heard):
        flow.detect(plan, lambda _stage, _done, _total: None)
    (only,) = kept
    return only


@lru_cache
def swiss(data: Path, tile: str) -> Case:
    """The Swiss fields of one tile, 2019-10 to 2020-07; the others of the tile are neighbours.

    Counts are reflectance x 1e4 without offset. The tables leave out what was called cloud, shadow
    or snow; a count of zero is no data, whatever the classification says (all of T32TMT on
    2020-03-25).
    """
    inner = rules.load("cn").detection.inner_buffer
    farmland = Farmland.of(_fields(data / SWISS / "parcel_footprints.gpkg", tile), inner)
    wanted = ["x_coord", "y_coord", "date", "SCL_class", *KEYS.values()]
    table = pd.read_parquet(
        data / SWISS / "pixels.parquet", columns=wanted, filters=[("tile", "==", tile)]
    )
    return _all_quiet(f"real quiet, Switzerland {tile}", _stacked(farmland, table), ALPINE)


def _fields(layer: Path, tile: str) -> Cell:
    """The parcels of a tile as one cell, without those that are another one once more."""
    shapes = gpd.read_file(layer, layer=tile).geometry
    kept: list[shapely.Geometry] = []
    for shape in shapes.loc[shapes.area.sort_values(ascending=False, kind="stable").index]:
        again = max((shape.intersection(other).area for other in kept), default=0.0)
        if again < SAME_GROUND * shape.area:
            kept.append(shape)
    placed = (
        Placed(row, TILES[tile], (0, 0), Window.around(*shape.bounds), shape)
        for row, shape in enumerate(kept)
    )
    return Cell(TILES[tile], (0, 0), tuple(placed))


def _stacked(farmland: Farmland, table: pd.DataFrame) -> Stack:
    """The rows of a pixel table (one for each pixel and day) as a stack.

    Coordinates are upper left corners: so the 20 m bands, which came to 10 m without interpolation,
    are equal within the cells of 20 m, and nowhere else.
    """
    places = pd.MultiIndex.from_arrays([farmland.rows, farmland.columns])
    here = pd.MultiIndex.from_arrays([-table["y_coord"] // 10, table["x_coord"] // 10])
    table = table[here.isin(places)].assign(pixel=places.get_indexer(here[here.isin(places)]))
    days, look = np.unique(table["date"].to_numpy("datetime64[D]"), return_inverse=True)
    bands = table[list(KEYS.values())].to_numpy()
    at = look, table["pixel"].to_numpy()
    values = np.zeros((days.size, farmland.rows.size, len(BANDS)), np.int16)
    values[at] = bands
    flags = np.full(values.shape[:2], ground.SEEN, np.uint8)
    clear = np.isin(table["SCL_class"], CLEAR) & (bands > 0).all(axis=1)
    flags[at] |= np.where(clear, ground.CLEAR | ground.MEASURED, 0).astype(np.uint8)
    worth = looks_worth(flags)
    return stack(farmland, days.astype(np.int32), flags, worth, values[worth])


def _all_quiet(group: str, given: Stack, periods: Periods) -> Case:
    return Case(group, given, periods, np.ones(len(given.cell.parcels), np.bool_), ())


def unplaced(path: Path | str) -> rasterio.DatasetReader:
    """Open a file that does not say where on earth it lies."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        return rasterio.open(path)
