"""The thresholds of the offset as one frozen value; numbers, units and sources: radiometry.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Radiometry:
    """One field for each entry of ``radiometry.toml``, under the same name."""

    reading_order: tuple[str, ...]
    first_bands: int
    dark_quantile: float
    dark_pixels: int
    dark_counts: int
    dark_bands: int
    floor_least: int
    floor_most: int
    floor_most_infrared: int
    floor_lowest: int
    compared_bands: tuple[str, ...]
    cells: int
    cell_share: float
    compared_clear_share: float
    common_cells: int
    near_counts: int
    near_spread: int
    near_ratio: float
    witnesses: int
    kind_scenes: int
    kind_share: float
    bright_scenes: int
    bright_share: float
    bright_clear_share: float
