"""What the calendar leads one to expect of a year: greenness, standing water and yellow flower.

Dims: d = days of the year sampled every ``STEP`` days, f = features, k = systems.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from farmland.rules.calendars import Crop, Region, System

STEP = 5
"""Days between two samples of a curve."""

SAMPLES = 73
"""Samples of a year: 73 x 5 = 365."""

FEATURES = 3
GREEN, WET, YELLOW = range(FEATURES)

IDLE = 0.10
"""Greenness between two crops, of the field's own range: stubble and weeds."""

TILLERS = (0.40, 0.12)
"""Greenness of wheat in winter, sown early or late: NDVI 0.25-0.55 (DOMAIN 5.1); rapeseed, which
covers the ground by then, has 0.15 more than the early."""

SNOWY = (335, 60)
"""Days of the year between which snow may pass for water (METHODS 2.5)."""

FLOWER = 12
"""Days before and after the middle of a region's flowering on which any field of it is yellow;
before and behind that nobody knows."""

FLOODING = 14
"""Days for which a paddy stands under water before rice is transplanted into it."""


@dataclass(frozen=True, slots=True, eq=False)
class Templates:
    """The curves of a region's systems."""

    systems: tuple[System, ...]
    """(k,) in which those of a name follow each other."""
    curves: NDArray[np.float32]
    """(k, d, f) from the first of January; greenness 0-1 of the field's own range, water and
    yellow 0-1; NaN where nothing is expected."""

    @property
    def named(self) -> dict[str, int]:
        """Each name and the first of its systems, ascending."""
        first: dict[str, int] = {}
        for k, system in enumerate(self.systems):
            first.setdefault(system.name, k)
        return first


@cache
def of_region(region: Region) -> Templates:
    """The curves of all systems of a region, and of a year without a crop, the last.

    A system with winter wheat has two: sown early and late.
    """
    flowering = {crop.yellow for one in region.systems for crop in one.crops if crop.yellow}
    drawn = [
        (system, _system(system, flowering, tillers))
        for system in (*region.systems, System("none", ()))
        for tillers in (TILLERS if _tillers(system) else TILLERS[:1])
    ]
    curves = np.stack([curve for _, curve in drawn]).astype(np.float32)
    return Templates(tuple(system for system, _ in drawn), curves)


def between(curves: NDArray[np.float32], first: int, days: int) -> NDArray[np.float32]:
    """Curves (k, n, f) of ``days`` days from day ``first`` since 1970 on, every ``STEP`` days."""
    when = np.arange(first, first + days + STEP, STEP).astype("datetime64[D]")
    since = (when - when.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    return np.ascontiguousarray(curves[:, np.minimum(since // STEP, SAMPLES - 1)])


def _tillers(system: System) -> bool:
    """Whether a crop of the system passes the winter as tillers."""
    return any(crop.winter and not crop.yellow for crop in system.crops)


def _system(system: System, flowering: set[tuple[int, int]], tillers: float) -> NDArray[np.float64]:
    """Curves (d, f) of one system: every crop as of this year and of the years beside it."""
    day = np.arange(SAMPLES, dtype=np.float64) * STEP + 1
    out = np.full((SAMPLES, FEATURES), np.nan)
    out[:, GREEN], out[:, WET] = IDLE, 0.0
    for span in flowering:
        out[_within(day, *span), YELLOW] = 0.0
    for crop in system.crops:
        for year in (-365, 0, 365):
            _add(out, day - year, crop, tillers)
    out[(day >= SNOWY[0]) | (day < SNOWY[1]), WET] = np.nan
    return out


def _add(out: NDArray[np.float64], day: NDArray[np.float64], crop: Crop, tillers: float) -> None:
    """Lay one season of a crop over the curves; ``day`` counted from its year's beginning."""
    when, green = _growth(crop, tillers)
    grown = np.interp(day, when, green, left=0.0, right=0.0)
    out[:, GREEN] = np.maximum(out[:, GREEN], crop.height * grown)
    if crop.flooded:
        sow, shut = _middle(crop.sow), _middle(crop.green)
        water = np.interp(
            day, (sow - FLOODING, sow - FLOODING + STEP, shut - 15, shut), (0, 1, 1, 0)
        )
        out[:, WET] = np.maximum(out[:, WET], water)
    if crop.yellow:
        middle = _middle(crop.yellow)
        flower = np.interp(np.abs(day - middle), (FLOWER, FLOWER + 20), (1.0, 0.0))
        out[:, YELLOW] = np.fmax(out[:, YELLOW], np.where(flower > 0, flower, np.nan))


def _growth(crop: Crop, tillers: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Days and greenness of a season's corners, fields in the middle of the region's windows."""
    sow, green, ripe = _middle(crop.sow), _middle(crop.green), _middle(crop.harvest)
    length = crop.peak[1] - crop.peak[0]
    top, late = crop.peak[0] + length / 4, crop.peak[1] - length / 4
    end = (max(ripe - 14, late + 1), max(ripe, late + 8), max(ripe, late + 8) + 15)
    if crop.winter:
        autumn = min(sow + 45, green - 10)
        shoulder = TILLERS[0] + 0.15 if crop.yellow else tillers
        return (
            (sow, sow + 12, autumn, green, top, late, *end),
            (0.0, 0.05, shoulder, shoulder + 0.05, 1.0, 0.95, 0.6, 0.15, 0.0),
        )
    return (
        (sow, (sow + green) / 2, green, top, late, *end),
        (0.0, 0.12, 0.5, 1.0, 0.95, 0.55, 0.15, 0.0),
    )


def _middle(span: tuple[int, int]) -> float:
    return (span[0] + span[1]) / 2


def _within(day: NDArray[np.float64], first: int, last: int) -> NDArray[np.bool_]:
    """Days of the year within a span that may lie in the next year."""
    return np.asarray(
        ((day >= first) & (day <= last)) | ((day + 365 >= first) & (day + 365 <= last))
    )
