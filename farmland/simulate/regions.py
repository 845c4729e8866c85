"""Where a simulated county may lie: its soils, crop systems, field sizes, weather and sky."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from farmland.errors import WrongUsage


@dataclass(frozen=True, slots=True)
class Region:
    """One farming region of DOMAIN 5 and the sky above it."""

    name: str
    longitude: float
    latitude: float
    systems: Mapping[str, float]
    """Crop system to its share of the fields."""
    soils: Mapping[str, float]
    subsoils: tuple[str, ...]
    field_m2: float
    """Typical size at which a block is no longer divided; the median field is about half."""
    narrow_m: float
    """Typical width of the narrowest fields."""
    evergreen: bool
    """Whether trees and weeds stay green in winter."""
    cloudy: tuple[float, ...]
    """Mean share of cloud by month, 12 values."""
    rainy: tuple[float, ...]
    """Chance of rain on a day by month, 12 values."""
    snowy: float
    """Chance that a day from December to February lies under snow."""


def _seasons(winter: float, spring: float, summer: float, autumn: float) -> tuple[float, ...]:
    """Twelve monthly values from the four seasons (December to February is winter)."""
    return (winter, winter, *(spring,) * 3, *(summer,) * 3, *(autumn,) * 3, winter)


# Cloud: shares of cloudy looks after the MODIS climatology of Wilson & Jetz 2016 (PLoS Biology
# 14:e1002415): 45-50 % over the North China Plain, 60-70 % south of the Nanling.
# Soils: Genetic Soil Classification of China, main group of the region and its neighbours.
REGIONS: Mapping[str, Region] = {
    region.name: region
    for region in (
        Region(
            "north_china",
            116.0,
            35.0,
            {
                "wheat_maize": 0.74,
                "wheat_soybean": 0.08,
                "summer_maize": 0.05,
                "peanut": 0.05,
                "sweet_potato": 0.02,
                "vegetable": 0.06,
            },
            {"loam": 0.6, "loess": 0.3, "paddy_soil": 0.1},
            ("subsoil_yellow", "subsoil_pale", "subsoil_grey"),
            9000.0,
            28.0,
            evergreen=False,
            cloudy=_seasons(0.40, 0.42, 0.58, 0.44),
            rainy=_seasons(0.08, 0.15, 0.33, 0.17),
            snowy=0.05,
        ),
        Region(
            "huai",
            119.6,
            34.0,
            {
                "wheat_maize": 0.34,
                "wheat_rice": 0.40,
                "wheat_soybean": 0.08,
                "peanut": 0.06,
                "vegetable": 0.12,
            },
            {"loam": 0.5, "paddy_soil": 0.5},
            ("subsoil_yellow", "subsoil_grey"),
            8000.0,
            28.0,
            evergreen=False,
            cloudy=_seasons(0.42, 0.46, 0.60, 0.44),
            rainy=_seasons(0.15, 0.25, 0.38, 0.20),
            snowy=0.03,
        ),
        Region(
            "northeast",
            126.6,
            46.4,
            {"spring_maize": 0.5, "spring_soybean": 0.24, "rice_north": 0.2, "potato": 0.06},
            {"black_soil": 0.75, "loam": 0.25},
            ("subsoil_yellow", "subsoil_grey"),
            16000.0,
            36.0,
            evergreen=False,
            cloudy=_seasons(0.38, 0.46, 0.58, 0.42),
            rainy=_seasons(0.05, 0.15, 0.36, 0.15),
            snowy=0.7,
        ),
        Region(
            "middle_yangtze",
            113.2,
            30.3,
            {
                "rapeseed_rice": 0.34,
                "wheat_rice": 0.22,
                "single_rice": 0.22,
                "double_rice": 0.10,
                "vegetable": 0.12,
            },
            {"paddy_soil": 0.7, "loam": 0.2, "red_soil": 0.1},
            ("subsoil_yellow", "subsoil_red", "subsoil_grey"),
            5000.0,
            22.0,
            evergreen=True,
            cloudy=_seasons(0.58, 0.60, 0.58, 0.48),
            rainy=_seasons(0.25, 0.40, 0.40, 0.25),
            snowy=0.02,
        ),
        Region(
            "cloudy_south",
            110.3,
            23.2,
            {
                "double_rice": 0.50,
                "single_rice": 0.18,
                "potato_rice": 0.12,
                "vegetable": 0.20,
            },
            {"paddy_soil": 0.55, "red_soil": 0.45},
            ("subsoil_red", "subsoil_yellow"),
            3600.0,
            18.0,
            evergreen=True,
            cloudy=_seasons(0.63, 0.74, 0.66, 0.54),
            rainy=_seasons(0.25, 0.48, 0.50, 0.22),
            snowy=0.0,
        ),
    )
}


def region(name: str) -> Region:
    """Look a region up by name.

    Raises
    ------
    WrongUsage
        When no region has that name.
    """
    if name not in REGIONS:
        known = ", ".join(REGIONS)
        raise WrongUsage(
            f"There is no region {name!r} to simulate: choose one of {known}.",
            f"没有名为 {name!r} 的模拟区域：请从 {known} 中选择。",
        )
    return REGIONS[name]
