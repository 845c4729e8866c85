"""The thresholds of detection as one frozen value; numbers, units and sources: detection.toml."""

from __future__ import annotations

from dataclasses import dataclass

Curve = tuple[tuple[float, float], ...]
"""Points of (number, log odds), numbers ascending."""


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
    usual_radius: float
    usual_reach: float
    usual_share: float
    unit_quantile: float
    unit_least: float
    unit_most: float
    season_apart: int
    novel: float
    novel_span: float
    fitting: float
    stripped: float
    neighbour_share: float
    neighbour_least: int
    season_window: float
    season_looks: int
    season_quantile: float
    neighbour_quantile: float
    deficit: float
    green: float
    candidate_score: float
    candidate_strengths: tuple[float, ...]
    kind_least: float
    listed_confidence: float
    rest_pixels: int
    open_ground: float
    inner_share: float
    whole_share: float
    odds_base: float
    odds_novelty: Curve
    odds_unusual: Curve
    odds_latest: Curve
    odds_colour: Curve
    odds_tint: Curve
    odds_missing: Curve
    odds_peak: Curve
    odds_recent: Curve
    odds_even: Curve
    odds_rest: Curve
    odds_apart: Curve
    odds_lasting: Curve
    odds_inner: Curve
