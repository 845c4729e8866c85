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

from farmland.grid import Window, utm_zone
from farmland.periods import Period, months_before
from farmland.simulate.conversions import Converted, convert
from farmland.simulate.fields import cultivate, day_number, decoy_table
from farmland.simulate.ground import Ground
from farmland.simulate.land import assemble, survey
from farmland.simulate.layout import whole
from farmland.simulate.passes import Sky, sky_over
from farmland.simulate.regions import Region
from farmland.simulate.regions import region as region_named


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
    zone_edge: bool = False,
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
    zone_edge : bool
        Whether every pass is published on the neighbour zone's tile too, as near a zone edge.
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
    land = survey(place, window, rng)
    crops = cultivate(land.centres, place, period.start, after.start, period.end, decoys, rng)
    converted = convert(
        land.fields, land.sites, land.farmed, crops, parcels_converted, covers, period, after, rng
    )
    span = float(day_number(after.start)), float(day_number(after.end))
    ground, segments, beside = assemble(land, crops, converted, span, rng)
    names = [f"F{number:06d}" for number in range(1, len(land.fields) + 1)]
    quiet = [decoy for decoy in (*crops.decoys, *beside) if land.farmed[decoy.field]]
    sky = sky_over(
        seed,
        place,
        period,
        crs,
        window,
        cloudiness,
        orbits,
        overlap,
        zone_edge,
        duplicates,
        misstated,
    )
    return County(
        seed,
        place,
        crs,
        window,
        period,
        after,
        gpd.GeoDataFrame({"parcel_id": names}, geometry=land.fields, crs=crs),
        _truth(converted, names, after, crs),
        decoy_table(quiet, names),
        ground,
        segments,
        sky,
    )


def _window(crs: str, position: tuple[float, float], size_m: int) -> Window:
    """A square around a position, aligned to 20 m."""
    x, y = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform(*position)
    left, top = round((x - size_m / 2) / 20) * 20, round((y + size_m / 2) / 20) * 20
    return Window(-top // 10, left // 10, size_m // 10, size_m // 10)


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
