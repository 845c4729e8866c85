"""The numbers by which a parcel layer is checked, as frozen values; data: checks.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Checks:
    """Thresholds; unit and source of each stand in checks.toml."""

    overlap_m2: float
    same_share: float
    sliver_m2: float
    sliver_width_m: float
    sliver_aspect: float
    sliver_compactness: float
    sliver_shape_index: float
    sliver_marks: int
    tiny_m2: float
    hole_m2: float
    spike_degrees: float
    spike_m: float
    repeated_m: float
    area_share: float
    unit_share: float
    net_m2: float
    share_rounding: float
    repair_m2: float
