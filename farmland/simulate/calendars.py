"""Crop systems as stages through the year, after DOMAIN section 5.1 and 5.2.

A crop is a row of stages. A stage has a window of days of the year (above 365: the next year) in
which the fields of a county reach it, and what is then seen: green canopy, brown (ripe crop, straw,
stubble), and what covers the ground between the plants (water, film). Between stages all change
linearly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STAGES = 9
"""Every crop has this many stages, so that seasons stack into arrays."""


@dataclass(frozen=True, slots=True)
class Crop:
    """One crop: what is seen at each stage, and when."""

    name: str
    canopy: str
    """Material of the green canopy."""
    early: tuple[float, ...]
    """Day of the year on which the earliest fields reach each stage."""
    late: tuple[float, ...]
    green: tuple[float, ...]
    """Share of ground under green canopy in a field of full vigour."""
    brown: tuple[float, ...]
    """Share under ripe plants or straw."""
    water: tuple[float, ...]
    """Share of the *remaining* ground that stands under water."""
    flower: tuple[float, ...]
    """Share of the green canopy in yellow flower."""


def _annual(
    name: str,
    canopy: str,
    sow: tuple[float, float],
    green: tuple[float, float],
    peak: tuple[float, float],
    harvest: tuple[float, float],
    *,
    cover: float = 0.92,
    paddy: bool = False,
) -> Crop:
    """A crop sown bare that closes its canopy once: sowing, emergence, greening, peak, harvest."""
    middle = sum(peak) / 2
    lead = 14 if paddy else 1
    windows = (
        (sow[0] - lead, sow[1] - lead),
        sow,
        ((sow[0] + green[0]) / 2, (sow[1] + green[1]) / 2),
        green,
        (peak[0] - 4, min(peak[0] + 14, middle)),
        (max(peak[1] - 14, middle + 4), peak[1] + 4),
        (harvest[0] - 14, harvest[1] - 14),
        harvest,
        (harvest[0] + 18, harvest[1] + 22),
    )
    wet = (0.0, 0.9, 0.9, 0.8, 0.6, 0.3, 0.0, 0.0, 0.0) if paddy else (0.0,) * STAGES
    return Crop(
        name,
        canopy,
        tuple(low for low, _ in windows),
        tuple(high for _, high in windows),
        (0, 0, 0.06, 0.40, cover, cover * 0.96, 0.42, 0.04, 0.02),
        (0, 0, 0, 0, 0, 0.02, 0.40, 0.55, 0.28),
        wet,
        (0.0,) * STAGES,
    )


def _winter(
    name: str,
    canopy: str,
    sow: tuple[float, float],
    green: tuple[float, float],
    peak: tuple[float, float],
    harvest: tuple[float, float],
    *,
    shoulder: float,
    flower: float = 0.0,
) -> Crop:
    """A crop sown in autumn with an autumn shoulder, a pause in winter and a peak in spring."""
    start = sow[1] + 30
    windows = (
        sow,
        (sow[0] + 14, sow[1] + 14),
        (start, start + 20),
        (max(green[0] - 30, start + 21), max(green[0] - 20, start + 35)),
        (max(green[0], start + 40), green[1]),
        (peak[0], peak[0] + 14),
        (peak[1] - 12, peak[1]),
        harvest,
        (harvest[0] + 12, harvest[1] + 16),
    )
    return Crop(
        name,
        canopy,
        tuple(low for low, _ in windows),
        tuple(high for _, high in windows),
        (0, 0.03, shoulder, shoulder * 0.8, shoulder * 1.15, 0.93, 0.90, 0.05, 0.02),
        (0, 0, 0, 0.08, 0.02, 0, 0.04, 0.60, 0.35),
        (0.0,) * STAGES,
        (0, 0, 0, 0, 0, flower, flower * 0.6, 0, 0),
    )


def _short(name: str, day: float) -> Crop:
    """One short cycle of open vegetables (35-70 days)."""
    offsets = (0, 6, 14, 22, 34, 46, 54, 58, 66)
    return Crop(
        name,
        "vegetable",
        tuple(day + offset for offset in offsets),
        tuple(day + offset + 14 for offset in offsets),
        (0, 0.04, 0.15, 0.35, 0.70, 0.74, 0.50, 0.05, 0.02),
        (0, 0, 0, 0, 0, 0, 0.05, 0.15, 0.05),
        (0.0,) * STAGES,
        (0.0,) * STAGES,
    )


def _flush(name: str, day: float, cover: float) -> Crop:
    """Weeds on land left alone for a season, topped or ploughed under at its end."""
    offsets = (0, 20, 40, 60, 80, 100, 120, 140, 155)
    return Crop(
        name,
        "weeds",
        tuple(day + offset for offset in offsets),
        tuple(day + offset + 15 for offset in offsets),
        (0, 0.04, 0.12, 0.24, cover, cover, cover * 0.7, cover * 0.3, 0.03),
        (0, 0, 0, 0.03, 0.05, 0.10, 0.20, 0.25, 0.08),
        (0.0,) * STAGES,
        (0.0,) * STAGES,
    )


_CROPS = (
    # DOMAIN 5.1: windows of sowing, greening, peak and harvest by region.
    _winter("winter_wheat", "wheat", (274, 298), (416, 444), (465, 493), (513, 534), shoulder=0.38),
    _winter(
        "winter_wheat_south", "wheat", (293, 324), (401, 429), (444, 480), (503, 524), shoulder=0.36
    ),
    _winter(
        "winter_rapeseed",
        "rapeseed",
        (263, 300),
        (400, 420),
        (425, 465),
        (486, 512),
        shoulder=0.55,
        flower=0.6,
    ),
    _annual("summer_maize", "maize", (152, 176), (176, 196), (206, 240), (261, 283)),
    _annual("summer_soybean", "soybean", (159, 179), (186, 201), (213, 251), (265, 285)),
    _annual("spring_maize", "maize", (110, 135), (156, 176), (196, 234), (263, 291)),
    _annual("spring_soybean", "soybean", (121, 148), (161, 181), (199, 240), (258, 283)),
    _annual("peanut", "soybean", (118, 135), (152, 170), (196, 237), (250, 268), cover=0.85),
    _annual("sweet_potato", "potato", (135, 170), (171, 201), (213, 258), (274, 298), cover=0.85),
    _annual("potato", "potato", (105, 145), (161, 181), (186, 230), (244, 270), cover=0.84),
    _annual("winter_potato", "potato", (320, 345), (380, 400), (415, 440), (455, 480), cover=0.8),
    _annual("rice_north", "rice", (132, 156), (166, 186), (196, 232), (258, 285), paddy=True),
    _annual("rice_single", "rice", (150, 179), (182, 206), (213, 251), (262, 305), paddy=True),
    _annual("rice_early", "rice", (92, 118), (118, 138), (142, 170), (185, 203), paddy=True),
    _annual("rice_late", "rice", (206, 226), (230, 250), (258, 284), (300, 330), paddy=True),
    *(_short(f"vegetable_{day}", day) for day in (50, 105, 165, 225, 285)),
    *(
        _flush(f"weeds_{day}_{cover}", day, cover / 100)
        for day in (70, 160, 280)
        for cover in (20, 40, 60)
    ),
)

CROPS: Mapping[str, Crop] = {crop.name: crop for crop in _CROPS}
"""Every crop by name."""

ORDER: Mapping[str, int] = {name: number for number, name in enumerate(CROPS)}
"""Crop name to its row in ``stage_table``."""

VEGETABLES = ("vegetable_50", "vegetable_105", "vegetable_165", "vegetable_225", "vegetable_285")

SYSTEMS: Mapping[str, tuple[str, ...]] = {
    "wheat_maize": ("winter_wheat", "summer_maize"),
    "wheat_soybean": ("winter_wheat", "summer_soybean"),
    "summer_maize": ("summer_maize",),
    "peanut": ("peanut",),
    "sweet_potato": ("sweet_potato",),
    "spring_maize": ("spring_maize",),
    "spring_soybean": ("spring_soybean",),
    "potato": ("potato",),
    "rice_north": ("rice_north",),
    "single_rice": ("rice_single",),
    "wheat_rice": ("winter_wheat_south", "rice_single"),
    "rapeseed_rice": ("winter_rapeseed", "rice_single"),
    "double_rice": ("rice_early", "rice_late"),
    "potato_rice": ("winter_potato", "rice_single"),
    "vegetable": VEGETABLES,
}
"""Crop system to the crops sown in one calendar year (winter crops in its autumn)."""


def stage_table() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Early and late days, shape (crops, STAGES), and (crops, STAGES, 4) of what is seen.

    The last axis is green, brown, water, flower.
    """
    crops = CROPS.values()
    early = np.array([crop.early for crop in crops], np.float32)
    late = np.array([crop.late for crop in crops], np.float32)
    seen = np.array(
        [np.column_stack((crop.green, crop.brown, crop.water, crop.flower)) for crop in crops],
        np.float32,
    )
    return early, late, seen
