"""The ground of a county as segments: pieces that each show one spectrum on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.simulate.calendars import CROPS, STAGES, stage_table
from farmland.simulate.fields import Crops
from farmland.simulate.phases import Phase
from farmland.simulate.spectra import WET, Spectrum

_STAGE_SEEN = stage_table()[2]
_FADE_DAYS = 60.0
"""Stubble and straw left after harvest fade in about two months."""


@dataclass(frozen=True, slots=True, eq=False)
class Phases:
    """Phases of all segments of one rank (first, second, ... of its segment) as arrays."""

    segment: NDArray[np.int32]
    start: NDArray[np.float64]
    ramp: NDArray[np.float64]
    ground: NDArray[np.float64]
    soil_share: NDArray[np.float64]
    canopy: NDArray[np.float64]
    dormant: NDArray[np.float64]
    has_dormant: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    peak: NDArray[np.float64]
    width: NDArray[np.float64]
    grow: NDArray[np.float64]
    sprout: NDArray[np.float64]
    rough: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Plots:
    """What is particular to the ground of each field; arrays over fields."""

    soil: NDArray[np.float64]
    """Dry topsoil, shape (fields, 6)."""
    damp: NDArray[np.float64]
    """How much wetter the field is than the county."""
    watered: NDArray[np.float64]
    """Wetness just after irrigation; 0 where nobody irrigates."""
    weedy: NDArray[np.float64]
    """Share of open ground that weeds cover two months after a harvest."""
    phase: NDArray[np.float64]
    """0-1: where the field stands in the round of irrigation and of tillage."""
    evergreen: bool
    """Whether weeds grow in winter."""

    def wetness(self, day: float, moisture: float) -> NDArray[np.float64]:
        """Wetness of open soil, 0-1: rain on all fields, water on one after the other."""
        since = (day + 27 * self.phase) % 27
        wet = moisture + self.damp + self.watered * np.exp(-since / 3.5)
        return np.asarray(np.clip(wet, 0, 1))

    def bare(self, day: float, moisture: float) -> NDArray[np.float64]:
        """Spectrum of open soil: wetness, and a tone that tillage and crusting change by 5 %."""
        tone = 1 + 0.05 * np.sin(2 * np.pi * (day / 63 + 7 * self.phase))
        wet = self.wetness(day, moisture)[:, None]
        return np.asarray(self.soil * tone[:, None] * (1 - wet * (1 - WET)))

    def weeds(self, day: float) -> NDArray[np.float64]:
        """Share of open ground that weeds could cover at this season."""
        warmth = 0.5 - 0.5 * np.cos(2 * np.pi * (day % 365.25 - 20) / 365.25)
        return np.asarray(self.weedy * (0.45 + 0.55 * warmth if self.evergreen else warmth))


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """All segments of a county.

    Segment ``i`` shows field ``field[i]`` (-1: none) until its first phase replaces it.
    """

    field: NDArray[np.int32]
    plots: Plots
    crops: Crops
    ranks: tuple[Phases, ...]
    materials: Mapping[str, Spectrum]
    """What its world is made of."""


def rank(stories: Sequence[tuple[int, Sequence[Phase]]]) -> tuple[Phases, ...]:
    """Arrange phases of many segments by their place in the segment's story."""
    longest = max((len(story) for _, story in stories), default=0)
    return tuple(
        _columns([(segment, story[place]) for segment, story in stories if len(story) > place])
        for place in range(longest)
    )


def _columns(rows: Sequence[tuple[int, Phase]]) -> Phases:
    def each(name: str) -> NDArray[np.float64]:
        return np.array([getattr(phase, name) for _, phase in rows], np.float64)

    none = np.zeros(6)
    return Phases(
        np.array([segment for segment, _ in rows], np.int32),
        each("start"),
        each("ramp"),
        each("ground"),
        each("soil_share"),
        np.array([none if p.canopy is None else p.canopy for _, p in rows]),
        np.array([none if p.dormant is None else p.dormant for _, p in rows]),
        np.array([float(p.dormant is not None) for _, p in rows]),
        *(each(name) for name in ("low", "high", "peak", "width", "grow", "sprout", "rough")),
    )


def show(ground: Ground, day: float, moisture: float, snow: float) -> NDArray[np.float32]:
    """What every segment shows on a day.

    Parameters
    ----------
    day : float
        Days since 1970-01-01.
    moisture : float
        Wetness of open soil in the county, 0 dry to 1 saturated.
    snow : float
        Share of the ground under snow.

    Returns
    -------
    float32 array (segments, 12)
        Six reflectances, then the six deviations that belong to one standard deviation of the
        pattern inside a segment.
    """
    mean, spread = _fields(ground, day, moisture)
    shown, rough = mean[ground.field], spread[ground.field]
    for phases in ground.ranks:
        _replace(phases, day, moisture, shown, rough)
    white = ground.materials["snow"]
    shown += snow * (white - shown)
    rough *= 1 - 0.7 * snow
    return np.hstack((shown, rough)).astype(np.float32)


def _fields(
    ground: Ground, day: float, moisture: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Spectrum of every field and its inner deviation; a last row of zeros stands for none."""
    crops, materials = ground.crops, ground.materials
    soil = ground.plots.bare(day, moisture)
    green, brown, water, flower, idle, canopy = _stand(crops, materials, day, len(soil))
    weeds = idle * ground.plots.weeds(day)[:, None]
    soil += weeds * (materials["weeds"] - soil)
    open_ground = water * materials["paddy_water"] + (1 - water) * soil
    for event in crops.events:
        share = event.share * _passing(event.first, event.last, day)
        if share and not event.over:
            open_ground[event.field] += share * (
                materials[event.material] - open_ground[event.field]
            )
            brown[event.field] *= 1 - share
    leaves = canopy + flower * (materials["flower"] - canopy)
    mean = green * leaves + brown * materials["residue"] + (1 - green - brown) * open_ground
    for event in crops.events:
        share = event.share * _passing(event.first, event.last, day)
        if share and event.over:
            mean[event.field] += share * (materials[event.material] - mean[event.field])
    # Uneven vigour thins the canopy by about an eighth of itself; open soil varies by 5 %.
    spread = 0.12 * green * (leaves - open_ground) + 0.05 * (1 - green) * open_ground
    none = np.zeros((1, 6))
    return np.vstack((mean, none)), np.vstack((spread, none))


def _stand(
    crops: Crops, materials: Mapping[str, Spectrum], day: float, fields: int
) -> tuple[NDArray[np.float64], ...]:
    """Green, brown, water, flower and idle shares, each (fields, 1), and the canopy (fields, 6).

    Idle rises from 0 at harvest to 1 two months later and is 0 again ten days before sowing.
    """
    now = np.flatnonzero((crops.days[:, 0] <= day) & (day < crops.until))
    days, row = crops.days[now].astype(np.float64), crops.crop[now]
    stage = np.clip((days <= day).sum(axis=1) - 1, 0, STAGES - 2)
    every = np.arange(len(now))
    left, right = days[every, stage], days[every, stage + 1]
    passed = np.clip((day - left) / np.maximum(right - left, 0.5), 0, 1)[:, None]
    seen = (1 - passed) * _STAGE_SEEN[row, stage] + passed * _STAGE_SEEN[row, stage + 1]
    since = np.maximum(day - days[:, -1], 0)
    fade = np.exp(-since / _FADE_DAYS)
    shares = np.zeros((5, fields, 1))
    field = crops.field[now]
    shares[0, field, 0] = np.minimum(seen[:, 0] * crops.vigour[now], 0.97)
    shares[1, field, 0] = np.minimum(seen[:, 1] * fade, 1 - shares[0, field, 0])
    shares[2, field, 0] = seen[:, 2]
    shares[3, field, 0] = seen[:, 3]
    shares[4, field, 0] = np.clip(since / _FADE_DAYS, 0, 1) * (crops.until[now] > day + 10)
    canopy = np.zeros((fields, 6))
    leaves = np.array([materials[crop.canopy] for crop in CROPS.values()])
    canopy[field] = leaves[row]
    return (*shares, canopy)


def _passing(first: float, last: float, day: float) -> float:
    """Strength of a passing cover: full between its days, fading over a week."""
    return float(np.clip((day - first) / 2, 0, 1) * np.clip((last + 7 - day) / 7, 0, 1))


def _replace(
    phases: Phases,
    day: float,
    moisture: float,
    shown: NDArray[np.float64],
    rough: NDArray[np.float64],
) -> None:
    """Lay one rank of phases over what was shown before."""
    with np.errstate(invalid="ignore"):
        done = np.clip(
            np.where(np.isinf(phases.start), 1, (day - phases.start) / phases.ramp), 0, 1
        )
    now = np.flatnonzero(done > 0)
    if not len(now):
        return
    done, segment = done[now, None], phases.segment[now]
    wet = 1 - moisture * phases.soil_share[now, None] * (1 - WET)
    canopy, missing = _season(phases, now, day)
    under = phases.ground[now] * wet
    face = canopy * phases.canopy[now] + missing * phases.dormant[now]
    face += (1 - canopy - missing) * under
    shown[segment] += done * (face - shown[segment])
    rough[segment] += done * (phases.rough[now, None] * face - rough[segment])


def _season(
    phases: Phases, now: NDArray[np.intp], day: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Canopy share on the day and the share of what stands there out of season, each (n, 1)."""
    age = np.where(np.isinf(phases.start[now]), 1e6, day - phases.start[now])
    sprout = phases.sprout[now]
    grown = sprout + (1 - sprout) * np.clip(age / phases.grow[now], 0, 1)
    away = np.abs((day + 0.25 - phases.peak[now] + 182.6) % 365.25 - 182.6)
    bloom = 1 / (1 + np.exp((away - phases.width[now]) / 12.0))
    low, high = phases.low[now], phases.high[now]
    canopy = grown * (low + (high - low) * bloom)
    missing = phases.has_dormant[now] * (grown * high - canopy) * 0.8
    return canopy[:, None], missing[:, None]


def onset(strips: Sequence[tuple[float, Phase]]) -> float:
    """First day on which half of a patch has left its old cover.

    Parameters
    ----------
    strips : sequence of (area, first phase)
        Parts of the patch and the first phase of each.
    """
    total = sum(area for area, _ in strips)
    day = np.floor(min(phase.start for _, phase in strips))
    while True:
        left = sum(
            area * float(np.clip((day - phase.start) / phase.ramp, 0, 1)) for area, phase in strips
        )
        if left >= total / 2:
            return float(day)
        day += 1
