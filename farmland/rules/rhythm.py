"""The thresholds of slow covers as one frozen value; numbers, units and sources: rhythm.toml."""

from __future__ import annotations

from dataclasses import dataclass

Curve = tuple[tuple[float, float], ...]
"""Points of (number, log odds), numbers ascending."""

NUMBERS = (
    "seasons",
    "reach",
    "swing",
    "above",
    "greener",
    "missing",
    "floor",
    "rough",
    "unlike",
    "changed",
    "patchy",
)
"""Numbers that the rules have a curve for."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """One field for each entry of ``rhythm.toml``, under the same name."""

    least_days: int
    listed_days: tuple[int, ...]
    watched_days: tuple[int, ...]
    step_days: int
    as_sure: float
    listed_confidence: float
    watched_confidence: float
    looks: int
    pixels: int
    clear_share: float
    parted: float
    parted_rise: float
    canopy: float
    weeds: float
    moved: float
    reach: float
    gap_green: float
    harvest: float
    neighbour_least: int
    season_window: float
    gap_days: int
    shift: int
    height: tuple[float, float]
    soil: float
    soil_spread: float
    alike: float
    shared: float
    odds_base: float
    odds_seasons: Curve
    odds_reach: Curve
    odds_swing: Curve
    odds_above: Curve
    odds_greener: Curve
    odds_missing: Curve
    odds_floor: Curve
    odds_rough: Curve
    odds_unlike: Curve
    odds_changed: Curve
    odds_patchy: Curve
