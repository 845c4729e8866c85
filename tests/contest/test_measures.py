"""Measures by hand: what a known detector did to a known case, counted by DESIGN 7."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from contest import cuts, measures, tables
from contest.cases import Alarm, Case, Detector
from contest.measures import Score, judge, replay
from contest_fields import case, square

from farmland.imagery.stack import Stack
from farmland.plan import Periods

DAY = np.timedelta64(1, "D")


def knows(given: Case, *, days: int = 0, sure: int = 0, cover: str = "built") -> Detector:
    """A detector that lists every truth after some days, and confirms it after some more."""

    def find(stack: Stack, periods: Periods) -> list[Alarm]:
        end = np.datetime64(periods.after.end)
        out = []
        for truth in given.truths:
            age = (end - truth.onset).astype(int)
            if age >= days:
                between = truth.onset - 5 * DAY, truth.onset + 5 * DAY
                out.append(Alarm(truth.parcel, truth.pixels, *between, age >= sure, cover))
        return out

    return find


def says(*alarms: Alarm) -> Detector:
    return lambda _stack, _periods: list(alarms)


@pytest.fixture
def one() -> Case:
    return case()


def alarm(given: Case, pixels: np.ndarray, parcel: int = 3) -> Alarm:
    day = np.datetime64("2024-07-01")
    return Alarm(parcel, pixels, None, day, False, "pond")


def test_all_is_right_of_a_detector_that_knows(one: Case) -> None:
    score = judge(knows(one), one)
    (row,) = score.truths.itertuples()
    assert (row.hit, row.confirmed, row.inside, row.called) == (True, True, True, "built")
    assert (row.iou, row.interval, row.late, row.age) == (1.0, 10, 5, 194)
    assert len(score.quiet) == 11
    assert not score.quiet["alarm"].any()
    assert score.quiet["years"].sum() == pytest.approx(11, rel=0.01)
    assert score.quiet["monitorable"].all()


@pytest.mark.parametrize(("pixels", "hit"), [(4, True), (3, False)])
def test_a_quarter_of_the_pixels_is_a_hit(one: Case, pixels: int, hit: bool) -> None:
    score = judge(says(alarm(one, one.truths[0].pixels[:pixels])), one)
    assert score.truths["hit"].tolist() == [hit]
    assert not score.truths["confirmed"].any()
    assert not score.quiet["alarm"].any()


def test_several_rows_of_a_parcel_add_up_and_those_of_others_do_not_count(one: Case) -> None:
    own = one.truths[0].pixels
    halves = alarm(one, own[:2]), alarm(one, own[2:4])
    assert judge(says(*halves), one).truths["hit"].all()
    strange = alarm(one, own, parcel=4)
    score = judge(says(strange), one)
    assert not score.truths["hit"].any()
    assert score.quiet["alarm"].sum() == 1


def test_the_outline_is_compared_pixel_by_pixel(one: Case) -> None:
    wide = alarm(one, square(one.stack, 3, 6))
    (row,) = judge(says(wide), one).truths.itertuples()
    assert row.iou == pytest.approx(16 / 36)
    assert not row.dated


@pytest.mark.parametrize(("moved", "inside"), [(10, True), (11, False), (-10, True), (-11, False)])
def test_an_onset_may_lie_ten_days_outside(one: Case, moved: int, inside: bool) -> None:
    onset = one.truths[0].onset
    first, last = sorted((onset + moved * DAY, onset + 3 * moved * DAY))
    found = Alarm(3, one.truths[0].pixels, first, last, False, "")
    assert judge(says(found), one).truths["inside"].tolist() == [inside]


def test_only_onsets_of_the_period_after_are_positives(one: Case) -> None:
    early = replace(one.truths[0], onset=np.datetime64("2023-12-31"))
    score = judge(knows(one), replace(one, truths=(early,)))
    assert score.truths.empty
    assert list(score.truths.columns) == list(measures.COLUMNS)
    assert len(Score.joined([score, judge(knows(one), one)]).truths) == 1


def test_a_parcel_without_looks_cannot_be_monitored(one: Case) -> None:
    one.stack.clear[one.stack.parcel == 5, 20:] = False
    score = judge(knows(one), one)
    assert (~score.quiet["monitorable"]).sum() == 1


def test_a_replay_finds_the_first_run_that_lists() -> None:
    given = case(since="2024-07-10")
    lags = replay(knows(given, days=30, sure=60), given, step_days=10)
    assert lags["listed"].tolist() == [34]
    assert lags["confirmed"].tolist() == [64]
    never = replay(says(), given)
    assert never["listed"].tolist() == [math.inf]


def test_a_replay_shows_nothing_of_the_future() -> None:
    given, ends = case(since="2024-07-10"), []

    def watch(stack: Stack, periods: Periods) -> list[Alarm]:
        assert stack.days.max() <= np.datetime64(periods.after.end).astype(int)
        ends.append(periods.after.end)
        return []

    replay(watch, given, step_days=60)
    assert len(ends) == 6
    assert max(ends) == given.periods.after.end


@pytest.mark.parametrize("since", ["2024-02-10", "2024-11-20"])
def test_winter_and_the_last_weeks_are_not_replayed(since: str) -> None:
    assert replay(says(), case(since=since)).empty


def test_the_wilson_interval() -> None:
    low, high = tables.wilson(8, 10)
    assert (low, high) == pytest.approx((0.490, 0.943), abs=1e-3)
    assert tables.wilson(0, 0) == (0.0, 1.0)
    assert tables.share(1, 3) == "33 (6–79; 3)"


def test_precision_and_f1_at_a_base_rate() -> None:
    assert tables.precision(0.85, 0.00045, 0.003) == pytest.approx(0.85, abs=0.005)
    assert tables.f1(0.8, 0.0) == pytest.approx(2 * 0.8 / 1.8)
    assert tables.f1(0.0, 0.1) == 0.0
    assert math.isnan(tables.precision(0, 0, 0.1))


def test_macro_f1_weighs_every_cover_alike() -> None:
    hits = pd.DataFrame({"cover": ["built"] * 3 + ["pond"], "called": ["built"] * 4})
    assert tables.macro_f1(hits) == pytest.approx((6 / 7 + 0) / 2)


def test_the_tables_of_a_case(one: Case) -> None:
    large = replace(one.truths[0], area_m2=2500.0)
    given = replace(one, truths=(large,))
    scores = {"knows": judge(knows(given), given), "silent": judge(says(), given)}
    found = tables.found("by hand", scores)
    row = dict(zip(found.columns, found.rows[0], strict=True))
    assert row["fast ≥ 1,000 m²"] == row["confirmed ≥ 120 d"] == "100 (21–100; 1)"
    assert row["400–1,000 m²"] == row["slow ≥ 200 d"] == "–"
    assert row["false alarms"].startswith("0.00")
    assert dict(zip(found.columns, found.rows[1], strict=True))["F1 at 10 %"] == "0.00"
    lags = {"knows": replay(knows(given, days=30), given)}
    said = tables.described("by hand", scores, lags)
    assert said.rows[0][1:] == (
        *("100 (21–100; 1)", "1.00", "100 (21–100; 1)", "10", "5", "1.00"),
        *("34 (1)", "34 (1)"),
    )
    assert set(said.rows[1][1:]) == {"–"}
    assert tables.confusion("by hand", scores["knows"]).rows == [("built", 1)]
    assert tables.by_cover("by hand", scores["knows"]).rows[0][3] == "100 (21–100; 1)"


def test_roads_are_counted_by_width_and_apart(one: Case) -> None:
    wide, narrow = (
        replace(one.truths[0], cover="road", area_m2=2500.0, width_m=width) for width in (15, 9)
    )
    given = replace(one, truths=(wide, narrow))
    table = tables.found("by hand", {"knows": judge(knows(given), given)})
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["roads ≥ 14 m"] == row["roads < 14 m"] == "100 (21–100; 1)"
    assert row["fast ≥ 1,000 m²"] == "–"


def test_the_case_of_a_year_is_growing_in_summer_only() -> None:
    given = case()
    assert measures.growing(given, np.datetime64("2024-07-15"))
    assert not measures.growing(given, np.datetime64("2024-02-15"))
    assert not measures.growing(cuts.only(given, np.zeros(12, np.bool_)), given.truths[0].onset)
