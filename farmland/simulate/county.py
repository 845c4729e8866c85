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
from farmland.simulate.assembly import assemble
from farmland.simulate.conversions import Converted, convert
from farmland.simulate.fields import cultivate, day_number, decoy_table
from farmland.simulate.ground import Ground
from farmland.simulate.land import survey
from farmland.simulate.layout import whole
from farmland.simulate.passes import Flights, Sky, sky_over
from farmland.simulate.regions import Region
from farmland.simulate.regions import region as region_named
from farmland.simulate.world import World


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
    world: World


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
    covers: Mapping[str, float] | None = None,
    position: tuple[float, float] | None = None,
    flights: Flights | None = None,
    world: World | None = None,
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
    covers : mapping, optional
        Cover to its relative frequency among the conversions.
    position : (float, float), optional
        WGS 84 longitude and latitude of the centre; by default the region's own, moved a little.
    flights : Flights, optional
        How it is flown and published.
    world : World, optional
        What is true of every county: spectra, calendars, noise, errors of the classification.

    Raises
    ------
    WrongUsage
        When no region has that name.
    """
    first = date.fromisoformat(start)
    period = Period(first, months_before(first, -months) - timedelta(days=1))
    world = world or World()
    frame = _frame(seed, region_named(region), size_m, period, position)
    place = frame.region, period, frame.crs, frame.window
    sky = sky_over(seed, *place, cloudiness, flights or Flights(), world.noise)
    return _populate(frame, parcels_converted, covers, decoys, sky, world)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where and when."""

    seed: int
    region: Region
    crs: str
    window: Window
    period: Period
    after: Period


def _frame(
    seed: int,
    region: Region,
    size_m: int,
    period: Period,
    position: tuple[float, float] | None,
) -> _Frame:
    """Place the square on the 20 m grid of its zone and split the period."""
    east, north = np.random.default_rng([seed, 0]).uniform(-0.05, 0.05, 2)
    longitude, latitude = position or (region.longitude + east, region.latitude + north)
    crs = utm_zone(longitude, latitude)
    after = Period(months_before(period.end + timedelta(days=1), 12), period.end)
    return _Frame(seed, region, crs, _window(crs, (longitude, latitude), size_m), period, after)


def _populate(
    frame: _Frame,
    share: float,
    covers: Mapping[str, float] | None,
    decoys: float,
    sky: Sky,
    world: World,
) -> County:
    """Draw the land, sow it, convert a share of it."""
    rng = np.random.default_rng([frame.seed, 1])
    period, after = frame.period, frame.after
    land = survey(frame.region, frame.window, world.materials, rng)
    days = period.start, after.start, period.end
    crops = cultivate(land.centres, frame.region, *days, decoys, world.calendar_days, rng)
    converted = convert(land, crops, share, covers, period, after, world, rng)
    span = float(day_number(after.start)), float(day_number(after.end))
    ground, segments, beside = assemble(land, crops, converted, span, rng)
    names = [f"F{number:06d}" for number in range(1, len(land.fields) + 1)]
    quiet = [decoy for decoy in (*crops.decoys, *beside) if land.farmed[decoy.field]]
    return County(
        frame.seed,
        frame.region,
        frame.crs,
        frame.window,
        period,
        after,
        gpd.GeoDataFrame({"parcel_id": names}, geometry=land.fields, crs=frame.crs),
        _truth(converted, names, after, frame.crs),
        decoy_table(quiet, names),
        ground,
        segments,
        sky,
        world,
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
