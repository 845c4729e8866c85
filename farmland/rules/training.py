"""What learning needs and does, as one frozen value; numbers, units and sources: training.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Training:
    """One field for each entry of ``training.toml``, under the same name."""

    least_cases: int
    least_blocks: int
    least_of_cover: int
    block_km: float
    folds: int
    strengths: tuple[float, ...]
    reach: float
