"""Closed spans of days: what is understood, what is refused, and how months are counted."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland.errors import WrongUsage
from farmland.periods import Period, before, months_before
from farmland.plan import Periods

DAYS = st.dates(date(2015, 6, 1), date(2035, 12, 31))
PERIODS = st.tuples(DAYS, DAYS).map(lambda pair: Period(min(pair), max(pair)))


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024-06-15", "2024-06-15", "2024-06-15"),
        ("2023/2024", "2023-01-01", "2024-12-31"),
        ("2023-11/2024-02", "2023-11-01", "2024-02-29"),
        (" 2023-07-01 / 2024-06-30 ", "2023-07-01", "2024-06-30"),
        ("2023-07-01/2024", "2023-07-01", "2024-12-31"),
        ("２０２４-０６", "2024-06-01", "2024-06-30"),
    ],
)
def test_a_period_ends_with_the_last_day_of_what_is_named(text: str, start: str, end: str) -> None:
    assert str(Period.parse(text)) == f"{start}/{end}"


@pytest.mark.parametrize(
    "text",
    ["", "/", "24", "2024-13", "2023-02-29", "2024-6", "2024/", "/2024", "2024/2025/2026", "now",
     "2024-01-01..2024-02-01"],
)  # fmt: skip
def test_what_is_no_period_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage) as fault:
        Period.parse(text)
    assert fault.value.exit_code == 2
    assert repr(text) in fault.value.english
    assert repr(text) in fault.value.chinese


def test_a_reversed_period_is_wrong_usage() -> None:
    with pytest.raises(WrongUsage, match="2024-06-01/2024-05-31 ends before it starts"):
        Period.parse("2024-06-01/2024-05-31")


def test_nothing_was_seen_before_the_launch() -> None:
    with pytest.raises(WrongUsage, match="starts before 2015-06"):
        Period.parse("2015-05-31/2016")
    assert Period.parse("2015-06").start == date(2015, 6, 1)


@given(PERIODS)
def test_what_is_written_is_read_back(period: Period) -> None:
    assert Period.parse(str(period)) == period


@given(PERIODS, DAYS)
def test_both_ends_belong_to_a_period(period: Period, day: date) -> None:
    inside = {period.start + timedelta(days=n) for n in range(period.days)}
    assert {period.start, period.end} <= inside
    assert period.holds(day) == (day in inside)


@given(PERIODS, PERIODS)
def test_periods_overlap_where_they_share_a_day(first: Period, second: Period) -> None:
    shares = any(second.holds(first.start + timedelta(days=n)) for n in range(first.days))
    assert first.overlaps(second) == second.overlaps(first) == shares
    whole = first.joined(second)
    assert whole.holds(first.start)
    assert whole.holds(second.end)
    assert {whole.start, whole.end} <= {first.start, first.end, second.start, second.end}


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 48))
def test_months_are_counted_by_the_calendar(day: date, months: int) -> None:
    earlier = months_before(day, months)
    assert (day.year - earlier.year) * 12 + day.month - earlier.month == months
    last = calendar.monthrange(earlier.year, earlier.month)[1]
    assert earlier.day == min(day.day, last)


def test_the_months_before_end_the_day_before() -> None:
    assert str(before(date(2024, 2, 29), 12)) == "2023-02-28/2024-02-28"
    assert str(before(date(2024, 3, 31), 1)) == "2024-02-29/2024-03-30"


def test_defaults_are_two_years_before_and_three_of_history() -> None:
    settled = Periods.settle(Period.parse("2023-07-01/2024-06-30"))
    assert str(settled.before) == "2021-07-01/2023-06-30"
    assert str(settled.history) == "2020-07-01/2023-06-30"
    assert str(settled.whole) == "2020-07-01/2024-06-30"
    assert settled.gap_days == 0


def test_the_history_always_includes_the_period_before() -> None:
    settled = Periods.settle(
        Period.parse("2024"), Period.parse("2019"), Period.parse("2022/2023-11")
    )
    assert str(settled.history) == "2019-01-01/2023-11-30"
    assert settled.gap_days == 31


@pytest.mark.parametrize(
    ("before_", "history", "sentence"),
    [
        ("2024", None, "must end ahead of the period after"),
        ("2025", None, "must end ahead of the period after"),
        ("2023/2024-01-01", None, "must end ahead of the period after"),
        ("2023", "2023/2024-01-01", "reaches into the period after"),
    ],
)
def test_periods_that_overlap_are_wrong_usage(
    before_: str, history: str | None, sentence: str
) -> None:
    past = Period.parse(history) if history else None
    with pytest.raises(WrongUsage, match=sentence):
        Periods.settle(Period.parse("2024"), Period.parse(before_), past)


@given(PERIODS, st.sampled_from(["dekad", "month", "year", "period"]))
def test_parts_make_the_whole(period: Period, every: str) -> None:
    parts = period.parted(every)
    assert parts[0].start == period.start
    assert parts[-1].end == period.end
    assert sum(part.days for part in parts) == period.days
    for one, other in pairwise(parts):
        assert other.start == one.end + timedelta(days=1)
        assert other.start.day == 1 if every != "dekad" else other.start.day in {1, 11, 21}
        assert every != "year" or other.start.month == 1
    longest = {"dekad": 11, "month": 31, "year": 366, "period": period.days}[every]
    assert max(part.days for part in parts) <= longest


def test_parts_by_hand() -> None:
    period = Period.parse("2023-11-15/2024-01")
    assert [part.label for part in period.parted("month")] == [
        "2023-11-15_2023-11-30",
        "2023-12",
        "2024-01",
    ]
    assert [part.start.isoformat() for part in period.parted("dekad")][:3] == [
        "2023-11-15",
        "2023-11-21",
        "2023-12-01",
    ]
    assert [part.label for part in Period.parse("2022/2023").parted("year")] == ["2022", "2023"]
    assert period.parted("period") == (period,)
    assert Period.parse("2015-06/2015").label == "2015-06-01_2015-12-31"
