"""The land that both readers read: simulated counties of real COGs, made once and kept.

Parcels are the villages' own: only those that lie whole in a third of the 512-pixel blocks are
kept, as farmland among hills and towns is. In the clear county every parcel stays and no pass meets
a cloud.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import Transformer

from farmland import simulate
from farmland.grid import PIXEL_M, Window
from farmland.periods import Period
from farmland.scene import BANDS, SCL
from farmland.simulate import archive
from farmland.simulate.passes import Publication, Sky

BLOCK = 512
"""Pixels along a block of the COGs, as on Planetary Computer and in the simulator."""

CRS = "EPSG:32650"
NORTHING, EASTINGS = 4_050_000, (486_000, 514_000)
"""Centres of two counties in metres, on both sides of a border of 100 km squares (MGRS tiles)."""

START, MONTHS = "2024-03-01", 4
"""Four months, a pass every five days: 25 dates."""


FIRST = Period.parse("2024-03-01/2024-06-30")
WHOLE = Period.parse("2024-03-01/2024-10-31")


@dataclass(frozen=True, slots=True)
class Place:
    """One simulated piece of land and how it is flown."""

    name: str
    easting: int
    blocks: int
    """Along a side."""
    months: int
    farmed: float
    """Share of the blocks whose parcels are kept."""
    clear: bool = False
    published: Period = WHOLE
    """Passes outside are not kept."""

    def folder(self, root: Path) -> Path:
        """Where it is kept."""
        return root / f"reading-{self.name}-{self.blocks}-{self.months}"


WEST = Place("west", EASTINGS[0], 5, 2 * MONTHS, 1 / 3)
EAST = Place("east", EASTINGS[1], 5, 2 * MONTHS, 1 / 3, published=FIRST)
CLEAR = Place("clear", EASTINGS[0], 3, MONTHS, 1.0, clear=True)
SMALL = Place("small", EASTINGS[0], 1, 1, 1.0)
"""For compiling kernels and warming up."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be read: parcels of some places over a period."""

    name: str
    title: str
    places: tuple[Place, ...]
    period: Period
    compared: bool = True
    """Whether the peer reads it too; else it is for the slope of our memory."""


SCENARIOS = (
    Scenario("county", "farmland in a third of the blocks, clouds", (WEST,), FIRST),
    Scenario("clear", "all clear, all farmland", (CLEAR,), FIRST),
    Scenario("area", "the first with twice the area", (WEST, EAST), FIRST, compared=False),
    Scenario("dates", "the first with twice the dates", (WEST,), WHOLE, compared=False),
)
WARMING = Scenario("small", "warm-up", (SMALL,), FIRST, compared=False)


def prepare(scenario: Scenario, root: Path) -> None:
    """Make what a scenario needs and is not there yet."""
    for place in scenario.places:
        if not (place.folder(root) / "items.json").exists():
            print(f"making the county {place.name} ...", flush=True)
            make(place, place.folder(root))
    parcels = [gpd.read_file(place.folder(root) / "parcels.gpkg") for place in scenario.places]
    joined = gpd.GeoDataFrame(pd.concat(parcels, ignore_index=True), crs=CRS)
    if len(scenario.places) > 1:
        joined["parcel_id"] = [f"F{number:06d}" for number in range(1, len(joined) + 1)]
    joined.to_file(root / f"reading-{scenario.name}.gpkg", layer="parcels", driver="GPKG")


def collection(scenario: Scenario, root: Path, base: str) -> dict[str, Any]:
    """All items of a scenario as one FeatureCollection, their files below ``base``."""
    features = [
        _located(item, f"{base}/{place.folder(root).name}")
        for place in scenario.places
        for item in json.loads((place.folder(root) / "items.json").read_text("utf-8"))
        if scenario.period.holds(pd.Timestamp(item["properties"]["datetime"]).date())
    ]
    return {"type": "FeatureCollection", "features": features, "links": []}


def make(place: Place, folder: Path) -> None:
    """Simulate a place and publish it; ``items.json`` comes last and says that all is there."""
    folder.mkdir(parents=True, exist_ok=True)
    county = _county(place)
    parcels = kept(place, county.window, county.parcels)
    with ThreadPoolExecutor(2) as pool:
        waiting: list[Future[None]] = []
        items = []
        for picture in simulate.pictures(county, 0.0):
            items.append(archive.describe(picture))
            while len(waiting) > 2 * len(BANDS):
                waiting.pop(0).result()
            waiting += [pool.submit(*job) for job in _files(picture, folder)]
        for written in waiting:
            written.result()
    parcels.to_file(folder / "parcels.gpkg", layer="parcels", driver="GPKG")
    (folder / "items.json").write_text(json.dumps(items), "utf-8")


def _county(place: Place) -> simulate.County:
    """One tile, one orbit, every pass published once, and truly."""
    there = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    flights = simulate.Flights(overlap=False, duplicates=0, misstated=0)
    county = simulate.county(
        1,
        size_m=place.blocks * BLOCK * PIXEL_M,
        start=START,
        months=place.months,
        position=there.transform(place.easting, NORTHING),
        flights=flights,
    )
    passes = tuple(
        said for said in county.sky.publications if place.published.holds(said.flight.when.date())
    )
    return replace(county, sky=_blue(passes) if place.clear else Sky(passes))


def _blue(passes: Iterable[Publication]) -> Sky:
    """The same passes without a cloud."""
    fine = {"cloud": 0.0, "haze": 0.0, "snow": 0.0, "partial": False}
    return Sky(
        tuple(
            replace(said, flight=replace(said.flight, **fine))  # type: ignore[arg-type]
            for said in passes
        )
    )


def kept(place: Place, window: Window, parcels: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The parcels that lie whole in a farmed block."""
    if place.farmed == 1:
        return parcels
    numbers = np.random.default_rng(7).permutation(place.blocks**2)
    farmed = numbers[: round(place.farmed * place.blocks**2)]
    left, _, _, top = window.bounds
    side = BLOCK * PIXEL_M
    rows, columns = np.divmod(farmed, place.blocks)
    x, y = left + columns * side, top - rows * side
    squares = shapely.STRtree(shapely.box(x, y - side, x + side, y))
    inside = squares.query(parcels.geometry.to_numpy(), predicate="within")[0]
    return parcels.iloc[np.sort(inside)].reset_index(drop=True)


def _files(picture: simulate.Picture, folder: Path) -> Iterator[tuple[Any, ...]]:
    """What is to be written of a picture: calls of ``write_cog``."""
    place = folder / picture.publication.item_id
    place.mkdir(exist_ok=True)
    sheets: Mapping[str, Any] = {**picture.bands, SCL: picture.scl}
    for name, data in sheets.items():
        path = place / f"{name}.tif"
        yield archive.write_cog, path, data, picture.publication.granule


def _located(item: dict[str, Any], base: str) -> dict[str, Any]:
    """An item whose files have whole addresses, as an API gives them."""
    assets = {
        name: {**asset, "href": f"{base}/{item['id']}/{name}.tif"}
        for name, asset in item["assets"].items()
    }
    return {**item, "assets": assets, "links": []}
