"""Areas that count, as one frozen value; numbers, units and sources: sizes.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sizes:
    """One field for each entry of ``sizes.toml``, under the same name."""

    construction_m2: float
    agricultural_m2: float
    other_m2: float
    desert_m2: float
    agreement_mu: float
    pbf_counts_from_m2: float
