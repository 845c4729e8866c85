"""When the satellites come, what weather they meet, and how each pass is published."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
from pyproj import Transformer

from farmland.grid import Window, utm_zone
from farmland.periods import Period
from farmland.simulate.fields import day_number
from farmland.simulate.regions import Region

OFFSET_FROM = date(2022, 1, 25)
"""First day of processing baseline 04.00, from which counts carry +1000 (ESA, 2021-11)."""

_BASELINES = (
    (date(2015, 1, 1), "02.11"),
    (date(2019, 5, 6), "02.12"),
    (date(2020, 2, 4), "02.14"),
    (date(2021, 3, 30), "03.00"),
    (date(2021, 6, 30), "03.01"),
    (OFFSET_FROM, "04.00"),
    (date(2022, 12, 6), "05.09"),
    (date(2023, 12, 13), "05.10"),
    (date(2024, 7, 23), "05.11"),
)
_BROKEN = 0.03
"""Share of passes whose datastrip ends inside the tile."""

_REPROCESSED = "05.00"
"""Baseline of the Collection-1 reprocessing, for scenes of any date."""


@dataclass(frozen=True, slots=True)
class Granule:
    """One tile as far as it covers the county."""

    tile: str
    crs: str
    window: Window


@dataclass(frozen=True, slots=True)
class Pass:
    """One overflight and the weather it meets."""

    number: int
    when: datetime
    platform: str
    orbit: int
    partial: bool
    """Whether the swath ends inside the county: always on the second orbit, seldom on the first,
    where a datastrip breaks off."""
    cloud: float
    """Share of cloud over the wider region."""
    softness: float
    """How slowly a cloud thins out towards its edge."""
    haze: float
    """Strength of thin haze, share of light that comes from it."""
    moisture: float
    """Wetness of open soil, 0-1."""
    snow: float
    """Share of ground under snow."""


@dataclass(frozen=True, slots=True)
class Publication:
    """One item of the catalog: a pass, on a tile, from one baseline."""

    item_id: str
    flight: Pass
    granule: Granule
    sequence: int
    baseline: str
    """Empty when the item does not say."""
    added: int
    """Counts really added to the pixels: 0 or 1000."""
    flag: bool | None
    """``earthsearch:boa_offset_applied``; ``None`` when absent."""
    offset: float | None
    """Declared offset in reflectance; ``None`` when the item has no ``raster:bands``."""
    statement: str
    """``none``, ``applied``, ``stated``, ``misstated`` or ``absent``: how the metadata and the
    pixels agree."""


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """All publications in order of time."""

    publications: tuple[Publication, ...]


@dataclass(frozen=True, slots=True)
class Flights:
    """How a county is flown and published."""

    orbits: int = 1
    """1, or 2 with a second orbit whose swath ends inside the county."""
    overlap: bool = True
    """Whether a second tile of the same pass covers a part of the county."""
    zone_edge: bool = False
    """Whether every pass is published on the neighbour zone's tile too, as near a zone edge."""
    duplicates: float = 0.08
    """Share of the passes that were published twice, from two baselines."""
    misstated: float = 0.04
    """Share of the scenes whose metadata say the wrong thing about the offset of 1000 counts; as
    many again say nothing."""


def sky_over(
    seed: int,
    region: Region,
    period: Period,
    crs: str,
    window: Window,
    cloudiness: float | None,
    flights: Flights,
    thickness: float = 1.0,
) -> Sky:
    """Plan every pass and publication over a window; arguments as in ``county``.

    ``thickness``: factor on the strength of haze.
    """
    rng = np.random.default_rng([seed, 2])
    granules = _granules(crs, window, flights.overlap, flights.zone_edge)
    scale = 1.0 if cloudiness is None else cloudiness / (sum(region.cloudy) / 12)
    wet = _moisture(region, period, rng)
    schedule = _schedule(period, flights.orbits, rng)
    passes = [
        _fly(number, *place, region, (scale, thickness), wet, rng)
        for number, place in enumerate(schedule)
    ]
    return Sky(
        tuple(
            publication
            for flight in passes
            for publication in _publish(flight, granules, flights, rng)
        )
    )


def _schedule(period: Period, orbits: int, rng: np.random.Generator) -> list[tuple[date, int, int]]:
    """Day, orbit and turn: every five days, a second orbit two or three days later."""
    first, shift = period.start + timedelta(days=int(rng.integers(5))), int(rng.integers(2, 4))
    days = [
        (first + timedelta(days=turn * 5 + orbit * shift), orbit, turn)
        for orbit in range(orbits)
        for turn in range(period.days // 5 + 1)
    ]
    return sorted(place for place in days if period.holds(place[0]))


def _fly(
    number: int,
    day: date,
    orbit: int,
    turn: int,
    region: Region,
    strength: tuple[float, float],
    wet: dict[date, float],
    rng: np.random.Generator,
) -> Pass:
    """One pass and its weather; the two platforms take turns.

    ``strength``: factors on the share of cloud and on haze.
    """
    seconds = int((10.6 - region.longitude / 15) * 3600 + orbit * 600 + rng.integers(0, 40))
    share = float(np.clip(region.cloudy[day.month - 1] * strength[0], 0.02, 0.97))
    # U-shaped: most days are mostly clear or mostly cloudy, as in the Flanders series
    # (27 of 72 dates under 5 % clear, 28 over 95 %).
    cloud = float(rng.beta(share * 0.7, (1 - share) * 0.7))
    haze = min(0.03 + float(rng.exponential(0.14)), 0.5) if rng.random() < 0.22 else 0.0
    winter = day.month in (12, 1, 2)
    return Pass(
        number,
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=seconds),
        "sentinel-2a" if (turn + orbit) % 2 == 0 else "sentinel-2b",
        orbit,
        bool(rng.random() < _BROKEN) or orbit > 0,
        cloud,
        float(rng.uniform(0.15, 0.9)),
        haze * strength[1],
        wet[day],
        float(rng.uniform(0.2, 0.95)) if winter and rng.random() < region.snowy else 0.0,
    )


def _moisture(region: Region, period: Period, rng: np.random.Generator) -> dict[date, float]:
    """Wetness of the topsoil day by day: rain wets it, about a week dries it."""
    wet, level = {}, 0.3
    for step in range(-30, period.days):
        day = period.start + timedelta(days=step)
        level *= 0.84
        if rng.random() < region.rainy[day.month - 1]:
            level = min(1.0, level + rng.uniform(0.25, 0.9))
        wet[day] = float(level)
    return wet


def _publish(
    flight: Pass,
    granules: list[Granule],
    flights: Flights,
    rng: np.random.Generator,
) -> Iterator[Publication]:
    """Items of one pass; one statement about the offset holds for all its tiles."""
    day = flight.when.date()
    baseline = [name for since, name in _BASELINES if since <= day][-1]
    twice = rng.random() < flights.duplicates
    first = _statement(day >= OFFSET_FROM, flights.misstated, rng)
    if first.startswith("absent") and rng.random() < 0.3:
        baseline = ""
    again = _statement(True, flights.misstated / 2, rng)
    for granule in granules:
        yield _item(flight, granule, 0, baseline, first)
        if twice and granule is granules[0] and "" < baseline < _REPROCESSED:
            yield _item(flight, granule, 1, _REPROCESSED, again)


def _statement(shifted: bool, misstated: float, rng: np.random.Generator) -> str:
    """How metadata and pixels agree; Earth Search has all of these (METHODS 2.2)."""
    chance = rng.random()
    if chance < misstated:
        return (
            ("misstated_applied" if rng.random() < 0.5 else "misstated_kept") if shifted else "none"
        )
    if chance < 2 * misstated:
        return "absent" if shifted else "absent_old"
    if not shifted:
        return "none"
    return "applied" if rng.random() < 0.6 else "stated"


_RADIOMETRY: dict[str, tuple[int, bool | None, float | None]] = {
    "none": (0, False, 0.0),
    "applied": (0, True, -0.1),
    "stated": (1000, False, -0.1),
    "misstated_applied": (1000, True, -0.1),
    "misstated_kept": (0, False, -0.1),
    "absent": (1000, None, None),
    "absent_old": (0, None, None),
}
"""Statement to (counts added to the pixels, flag, declared offset)."""


def _item(
    flight: Pass, granule: Granule, sequence: int, baseline: str, statement: str
) -> Publication:
    added, flag, offset = _RADIOMETRY[statement]
    satellite = "S2A" if flight.platform.endswith("a") else "S2B"
    return Publication(
        f"{satellite}_{granule.tile}_{flight.when:%Y%m%d}_{sequence}_L2A",
        flight,
        granule,
        sequence,
        baseline,
        added,
        flag,
        offset,
        statement.split("_")[0],
    )


def _granules(crs: str, window: Window, overlap: bool, zone_edge: bool) -> list[Granule]:
    """The county's tile, one that overlaps a part of it, and one of the neighbour zone."""
    left, bottom, right, top = window.bounds
    granules = [Granule(mgrs_tile(crs, left, bottom), crs, window)]
    if overlap:
        rows = max(2, int(window.height * 0.3) // 2 * 2)
        part = Window(window.row + window.height - rows, window.column, rows, window.width)
        granules.append(Granule(mgrs_tile(crs, left, bottom - 100_000), crs, part))
    if zone_edge:
        to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
        longitude, latitude = to_degrees.transform((left + right) / 2, (bottom + top) / 2)
        edge = round(longitude / 6) * 6
        other = utm_zone(edge + (0.1 if longitude < edge else -0.1), latitude)
        x, y = Transformer.from_crs(crs, other, always_xy=True).transform(
            [left, left, right, right], [bottom, top, bottom, top]
        )
        around = Window.around(
            *(math.floor(min(side) / 20) * 20 for side in (x, y)),
            *(math.ceil(max(side) / 20) * 20 for side in (x, y)),
        )
        granules.append(Granule(mgrs_tile(other, min(x), min(y)), other, around))
    return granules


def mgrs_tile(crs: str, x: float, y: float) -> str:
    """Name of the 100 km square of a place in a northern UTM zone, e.g. ``"50SMC"``.

    Source: DMA TM 8358.1 (1990), chapter 3.
    """
    zone = int(crs[-2:])
    to_degrees = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    latitude = to_degrees.transform(x, y)[1]
    band = "CDEFGHJKLMNPQRSTUVWX"[int((latitude + 80) // 8)]
    columns = ("STUVWXYZ", "ABCDEFGH", "JKLMNPQR")[zone % 3]
    column = columns[int(np.clip(x // 100_000 - 1, 0, 7))]
    row = "ABCDEFGHJKLMNPQRSTUV"[(int(y // 100_000) + (5 if zone % 2 == 0 else 0)) % 20]
    return f"{zone:02d}{band}{column}{row}"


def days_of(flight: Pass) -> int:
    """Day number of a pass."""
    return day_number(flight.when.date())
