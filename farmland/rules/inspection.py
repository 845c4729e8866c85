"""How visits are grouped, as one frozen value; numbers, units and sources: inspection.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inspection:
    """One field for each entry of ``inspection.toml``, under the same name."""

    patches_per_round: int
    round_km: float
    interval: float
    photo_distance: float
