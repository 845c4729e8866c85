"""A simulated county: parcels, what truly happened to them, and the passes that saw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.features import rasterize
from rasterio.transform import from_origin
from shapely.geometry import Polygon, box

from farmland.grid import Window, utm_zone
from farmland.periods import Period, months_before
from farmland.simulate.conversions import Converted, convert
from farmland.simulate.covers import Phase, Site, lasting, standing
from farmland.simulate.fields import Crops, cultivate, decoy_table
from farmland.simulate.ground import Ground, Plots, rank
from farmland.simulate.layout import SUBPIXEL_M, Piece, draw, whole
from farmland.simulate.passes import Sky, sky_over
from farmland.simulate.regions import Region, region as region_named
from farmland.simulate.spectra import MATERIALS, Spectrum, variant

MARGIN_M = 60.0
"""Ground is drawn this much beyond the published window, so that shifted pixels find ground."""


@dataclass(frozen=True, slots=True, eq=False)
class County:
    """One simulated county, before any picture is taken of it."""

    seed: int
    region: Region
    crs: str
    """UTM zone of the ground, e.g. ``"EPSG:32650"``."""
    window: Window
    """Published extent on the zone's 10 m grid."""
    period: Period
    after: Period
    """The last twelve months."""
    parcels: gpd.GeoDataFrame
    """``parcel_id`` and polygons in ``crs``."""
    truth: gpd.GeoDataFrame
    """One row per true patch: parcel_id, cover, onset (date), area_m2, whole, changed_before."""
    decoys: pd.DataFrame
    """parcel_id, decoy, from, to."""
    ground: Ground
    segments: NDArray[np.int32]
    """Segment of every sub-pixel; the upper left corner lies ``MARGIN_M`` outside ``window``."""
    sky: Sky


def county(
    seed: int,
    *,
    region: str = "north_china",
    size_m: int = 4000,
    parcels_converted: float = 0.1,
    start: str = "2021-01-01",
    months: int = 48,
    cloudiness: float | None = None,
    decoys: float = 0.3,
    orbits: int = 2,
    overlap: bool = True,
    duplicates: float = 0.08,
    misstated: float = 0.04,
    position: tuple[float, float] | None = None,
    covers: Mapping[str, float] | None = None,
) -> County:
    """Make a county; the same arguments give the same county, pixel for pixel.

    Parameters
    ----------
    seed : int
    region : str
        One of ``regions.REGIONS``.
    size_m : int
        Side of the square in metres, a multiple of 20.
    parcels_converted : float
        Share of the parcels that are converted, whole or in part.
    start : str
        First day, ``YYYY-MM-DD``.
    months : int
        Length of the record; the last twelve are the "after" period.
    cloudiness : float, optional
        Mean share of cloud over the year; the region's own when left out.
    decoys : float
        Share of the parcels that meet a quiet disturbance in the last twelve months.
    orbits : int
        1, or 2 with a second orbit whose swath ends inside the county.
    overlap : bool
        Whether a second tile of the same pass covers a part of the county.
    duplicates : float
        Share of the passes that were published twice, from two baselines.
    misstated : float
        Share of the scenes whose metadata say the wrong thing about the offset of 1000 counts;
        as many again say nothing.
    position : (float, float), optional
        WGS 84 longitude and latitude of the centre; the region's own, moved a little, by default.
    covers : mapping, optional
        Cover to its relative frequency among the conversions.

    Raises
    ------
    WrongUsage
        When no region has that name.
    """
    place = region_named(region)
    rng = np.random.default_rng([seed, 1])
    first = date.fromisoformat(start)
    period = Period(first, months_before(first, -months) - timedelta(days=1))
    after = Period(months_before(first, 12 - months), period.end)
    if position is None:
        position = (
            place.longitude + rng.uniform(-0.05, 0.05),
            place.latitude + rng.uniform(-0.05, 0.05),
        )
    crs = utm_zone(*position)
    window = _window(crs, position, size_m)
    pieces = draw(place, box(*window.bounds).buffer(MARGIN_M, join_style="mitre"), rng)
    land = _Land(place, window, pieces, rng)
    crops = cultivate(land.centres, place, period.start, after.start, period.end, decoys, rng)
    converted = convert(
        land.fields, land.sites, land.farmed, crops, parcels_converted, covers, period, after, rng
    )
    ground, segments = _ground(land, crops, converted, rng)
    parcels = gpd.GeoDataFrame({"parcel_id": land.names}, geometry=land.fields, crs=crs)
    truth = _truth(converted, land.names, after, crs)
    sky = sky_over(
        seed, place, period, crs, window, cloudiness, orbits, overlap, duplicates, misstated
    )
    return County(
        seed,
        place,
        crs,
        window,
        period,
        after,
        parcels,
        truth,
        decoy_table(crops, land.names),
        ground,
        segments,
        sky,
    )


class _Land:
    """Fields, their names, soils and sites, and the pieces that are no fields."""

    def __init__(
        self, place: Region, window: Window, pieces: list[Piece], rng: np.random.Generator
    ) -> None:
        square = box(*window.bounds)
        inside = [p for p in pieces if p.use == "field" and square.contains(p.shape)]
        self.fields: list[Polygon] = [piece.shape for piece in inside]
        self.others = [p for p in pieces if p.use != "field" or not square.contains(p.shape)]
        self.names = [f"F{number:06d}" for number in range(1, len(inside) + 1)]
        self.centres = np.array([(f.centroid.x, f.centroid.y) for f in self.fields])
        self.place = place
        self.window = window
        self.soils = _soils(place, self.centres, rng)
        subsoil = variant(MATERIALS[str(rng.choice(place.subsoils))], rng, 0.05)
        self.sites = [
            Site(place, soil, variant(subsoil, rng, 0.08), field.area)
            for soil, field in zip(self.soils, self.fields, strict=True)
        ]
        self.farmed = rng.random(len(self.fields)) > 0.03
        """False: a parcel of the register that has been orchard, pond or greenhouse for years."""


def _window(crs: str, position: tuple[float, float], size_m: int) -> Window:
    """A square around a position, aligned to 20 m."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*position)
    left, top = round((x - size_m / 2) / 20) * 20, round((y + size_m / 2) / 20) * 20
    return Window(-top // 10, left // 10, size_m // 10, size_m // 10)


def _soils(place: Region, centres: NDArray[np.float64], rng: np.random.Generator) -> list[Spectrum]:
    """Topsoil of every field: belts of soil types, and each field its own tone."""
    names, shares = list(place.soils), np.array(list(place.soils.values()))
    waves = rng.uniform(1 / 3000, 1 / 800, (6, 2)) * rng.choice((-1, 1), (6, 2))
    phase = rng.uniform(0, 2 * np.pi, 6)
    belt = np.sin(2 * np.pi * centres @ waves.T + phase).mean(axis=1)
    tone = np.argsort(np.argsort(belt)) / max(len(belt), 1)
    edges = np.cumsum(shares)
    soils = []
    for value in tone:
        near = np.exp(-((value - (edges - shares / 2)) ** 2) / 0.03) + 1e-6
        mixed: Spectrum = sum(
            (MATERIALS[name] * part for name, part in zip(names, near / near.sum(), strict=True)),
            np.zeros(6),
        )
        soils.append(variant(mixed, rng, 0.10))
    return soils


def _ground(
    land: _Land, crops: Crops, converted: list[Converted], rng: np.random.Generator
) -> tuple[Ground, NDArray[np.int32]]:
    """Segments and where they lie. Segment 0 is rough grass wherever nothing else is drawn."""
    common = Site(land.place, land.soils[0], land.sites[0].subsoil, 1e4)
    shapes: list[tuple[Polygon, int]] = []
    owner = [-1]
    stories: list[tuple[int, list[Phase]]] = [(0, [standing("verge", common, rng)])]
    for piece in land.others:
        use = "verge" if piece.use == "field" else piece.use
        stories.append((len(owner), [standing(use, common, rng)]))
        shapes.append((piece.shape, len(owner)))
        owner.append(-1)
    for number, field in enumerate(land.fields):
        if not land.farmed[number]:
            stories.append((len(owner), [_settled(land.sites[number], rng)]))
        shapes.append((field, len(owner)))
        owner.append(number)
    for patch in converted:
        for strip, story in patch.strips:
            stories.append((len(owner), story))
            shapes.append((strip, len(owner)))
            owner.append(patch.field)
    ground = Ground(np.array(owner, np.int32), _plots(land, rng), crops, rank(stories))
    return ground, _raster(land.window, shapes)


def _plots(land: _Land, rng: np.random.Generator) -> Plots:
    """The particulars of every field's ground."""
    fields = len(land.fields)
    dry = not land.place.evergreen
    return Plots(
        soil=np.array(land.soils),
        damp=np.clip(rng.normal(0, 0.08, fields), -0.2, 0.3),
        watered=np.where(rng.random(fields) < (0.5 if dry else 0.3), rng.uniform(0.4, 0.8), 0.0),
        weedy=rng.beta(1.2, 4.0 if dry else 2.2, fields),
        phase=rng.random(fields),
        evergreen=land.place.evergreen,
    )


def _settled(site: Site, rng: np.random.Generator) -> Phase:
    """A parcel that has been something else than a field since long before the record."""
    use = str(rng.choice(["orchard", "water", "wood"], p=[0.5, 0.3, 0.2]))
    return standing(use, site, rng)


def _raster(window: Window, shapes: list[tuple[Polygon, int]]) -> NDArray[np.int32]:
    """Segment of every sub-pixel."""
    left, bottom, right, top = window.bounds
    margin = int(MARGIN_M / SUBPIXEL_M)
    height = int((top - bottom) / SUBPIXEL_M) + 2 * margin
    width = int((right - left) / SUBPIXEL_M) + 2 * margin
    raster: NDArray[np.int32] = rasterize(
        shapes,
        (height, width),
        fill=0,
        transform=from_origin(left - MARGIN_M, top + MARGIN_M, SUBPIXEL_M, SUBPIXEL_M),
        dtype="int32",
    )
    return raster


def _truth(
    converted: list[Converted], names: list[str], after: Period, crs: str
) -> gpd.GeoDataFrame:
    """One row per true patch."""
    return gpd.GeoDataFrame(
        {
            "parcel_id": [names[patch.field] for patch in converted],
            "cover": [patch.cover for patch in converted],
            "onset": [patch.onset for patch in converted],
            "area_m2": [round(patch.shape.area, 2) for patch in converted],
            "whole": [patch.whole for patch in converted],
            "changed_before": [patch.onset < after.start for patch in converted],
        },
        geometry=[whole(patch.shape) for patch in converted],
        crs=crs,
    )


__all__ = ["County", "county", "lasting"]
