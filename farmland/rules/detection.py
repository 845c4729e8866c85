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
    cloud_opening: float
    cloud_buffer: float
    shadow_buffer: float
    lonely_radius: float
    lonely_share: float
    rescue_looks: int
    rescue_share: float
    spike_rise: int
    spike_fall: float
    spike_reach: int
    spike_keep: int
    feature_noise: tuple[float, ...]
    scale_quantile: float
    season_apart: int
    scale_floor: float
    scale_cap: float
    novel: float
    novel_span: float
    neighbour_share: float
    neighbour_least: int
    season_window: float
    season_looks: int
    season_quantile: float
    neighbour_quantile: float
    deficit: float
    green: float
    candidate_score: float
    odds_base: float
    look_gap: float
    novelty_each: float
    novelty_most: float
    novel_alone: float
    barren_most: float
    season_most: float
    rest_most: float
    kind_least: float
    listed_confidence: float
    rim_most: float
    inner_share: float
    whole_share: float
    bare: float
    bare_span: float
    bare_most: float
    season_days: int
    confirmed_peak: float
