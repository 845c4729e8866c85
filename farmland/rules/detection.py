"""The thresholds of detection as one frozen value; numbers, units and sources: detection.toml."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """One field for each entry of ``detection.toml``, under the same name."""

    candidate_looks: int
    candidate_days: int
    confirmed_looks: int
    confirmed_days: int
    confirmed_confidence: float
    prior_per_year: float
    medium_confidence: float
    high_area: float
    smallest_patch_pixels: int
    full_pixels: int
    inner_buffer: float
    look_clear_share: float
    history_looks: int
    after_looks: int
    max_unread_share: float
    max_unseen_share: float
    history_days: int
