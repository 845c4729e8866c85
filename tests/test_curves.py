"""Curves for analysts: shapes of tiles and tables, days, and that a look at a time is enough."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from scipy.stats import norm

from farmland import curves
from farmland.errors import UnusableInput
from farmland.kernels.monitoring import BROKEN, TOO_FEW, WATCHED

BEGIN = np.datetime64("2022-01-01", "D")


def fields(shape: tuple[int, ...], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Green and bare once a year for four years, with gaps; days ``datetime64[D]``."""
    random = np.random.default_rng(seed)
    days = np.datetime64("2019-01-01", "D") + np.sort(random.choice(1460, 110, False)).astype(
        "timedelta64[D]"
    )
    wave = np.sin(2 * np.pi * days.astype(np.float64) / 365.25)
    ndvi = 0.5 + 0.3 * wave.reshape(-1, *[1] * len(shape)) + random.normal(0, 0.03, (110, *shape))
    ndvi[random.random(ndvi.shape) < 0.3] = np.nan
    return ndvi, days


def test_a_tile_and_a_table_are_smoothed_alike() -> None:
    ndvi, days = fields((3, 4))
    tile, table = curves.smoothed(ndvi, days), curves.smoothed(ndvi.reshape(110, 12), days)
    assert tile.ndvi.shape == (110, 3, 4)
    np.testing.assert_array_equal(tile.ndvi.reshape(110, 12), table.ndvi)
    np.testing.assert_array_equal(tile.days, days)
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * days.astype(np.float64) / 365.25)
    assert np.std(tile.ndvi - wave[:, None, None]) < 0.03


def test_a_curve_may_have_a_point_every_so_many_days() -> None:
    ndvi, days = fields((5,))
    line = curves.smoothed(ndvi, days, every=10)
    assert (np.diff(line.days) == np.timedelta64(10, "D")).all()
    assert line.days[0] == days[0]
    assert line.ndvi.shape == (line.days.size, 5)
    assert np.isfinite(line.ndvi).all()


def test_a_day_is_a_day_however_the_points_lie() -> None:
    ndvi, days = fields((5,))
    daily, looks = curves.smoothed(ndvi, days, every=1), curves.smoothed(ndvi, days)
    at = np.isin(daily.days, days)
    assert np.abs(daily.ndvi[at] - looks.ndvi).max() < 0.05


def test_a_robust_curve_passes_a_cloud_by() -> None:
    ndvi, days = fields((1,))
    ndvi[60] = -0.2
    near = [curves.smoothed(ndvi, days, robust=robust).ndvi[60, 0] for robust in (False, True)]
    wave = 0.5 + 0.3 * np.sin(2 * np.pi * days[60].astype(float) / 365.25)
    assert abs(near[1] - wave) < 0.05 < abs(near[0] - wave)


@pytest.mark.parametrize("method", ["least_squares", "robust", "lasso"])
def test_seasons_are_found(method: Literal["least_squares", "robust", "lasso"]) -> None:
    ndvi, days = fields((3, 4))
    found = curves.harmonics(ndvi, days, method=method)
    assert found.coefficients.shape == (6, 3, 4)
    assert found.sigma.shape == (3, 4)
    np.testing.assert_allclose(found.coefficients[3], 0.3, atol=0.04)
    assert np.nanstd(ndvi - found.expected(days)) < 0.04


def test_looks_of_two_months_add_up() -> None:
    ndvi, days = fields((3, 4))
    season = curves.Season(days[0])
    parts = [
        curves.gathered(ndvi[part], days[part], season) for part in (slice(60), slice(60, 110))
    ]
    found = curves.solved(parts[0] + parts[1])
    whole = curves.harmonics(ndvi, days)
    np.testing.assert_allclose(found.coefficients, whole.coefficients, atol=1e-5)
    assert found.sigma.shape == (3, 4)


def test_sums_of_other_seasons_do_not_add() -> None:
    ndvi, days = fields((2,))
    one, other = (curves.gathered(ndvi, days, curves.Season(days[0], n)) for n in (1, 2))
    with pytest.raises(UnusableInput, match="gather both alike"):
        _ = one + other


@pytest.mark.parametrize("test", ["ewma", "cusum"])
def test_a_look_at_a_time_gives_what_all_looks_give(test: Literal["ewma", "cusum"]) -> None:
    ndvi, days = fields((2, 3))
    ndvi[days > np.datetime64("2022-06-01"), 0] = 0.1
    whole = curves.monitored(ndvi, days, BEGIN, test=test)
    past = days < BEGIN
    chart = curves.monitored(ndvi[past], days[past], BEGIN, test=test)
    for look, day in zip(ndvi[~past], days[~past], strict=True):
        chart = curves.followed(chart, look, day)
    for name in ("process", "status", "since", "seen", "history"):
        np.testing.assert_array_equal(getattr(chart, name), getattr(whole, name))
    np.testing.assert_array_equal(chart.fit.coefficients, whole.fit.coefficients)


def test_cleared_fields_are_told_with_their_day() -> None:
    ndvi, days = fields((2, 200))
    ndvi[days > np.datetime64("2022-06-01"), 0] = 0.1
    chart = curves.monitored(ndvi, days, BEGIN, test="cusum")
    told = chart.status == BROKEN
    assert told[0].all()
    assert told[1].mean() < 0.3  # a trend of three years is carried on
    assert (chart.since[0] > np.datetime64("2022-06-01")).mean() > 0.8
    assert (chart.process[0] < 0).mean() > 0.8
    assert (np.isnat(chart.since) == (chart.status == WATCHED)).all()


def test_without_a_history_nothing_is_watched() -> None:
    ndvi, days = fields((2,))
    chart = curves.monitored(ndvi, days, days[0])
    assert (chart.status == TOO_FEW).all()
    assert np.isnat(chart.since).all()


@pytest.mark.parametrize("fault", ["twice", "none", "unlike"])
def test_days_must_ascend_one_for_each_look(fault: str) -> None:
    ndvi, days = fields((2,))
    if fault == "twice":
        days[1] = days[0]
    given = {"twice": (ndvi, days), "none": (ndvi[:0], days[:0]), "unlike": (ndvi[1:], days)}
    with pytest.raises(UnusableInput, match=r"must ascend|one day for each look"):
        curves.smoothed(*given[fault])


def test_the_critical_sum_is_crossed_by_chance_once_in_twenty() -> None:
    level = curves.RULES.critical
    assert 2 * (norm.cdf(level) - level * norm.pdf(level)) == pytest.approx(2 - 0.05, abs=1e-6)
