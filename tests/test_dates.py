"""Dates as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

from farmland.dates import spoken, spoken_period


def test_people_write_dates_in_their_own_way() -> None:
    day = spoken(date(2026, 6, 18))
    assert (day.en, day.zh) == ("18 Jun 2026", "2026年6月18日")
    assert spoken(datetime(2026, 6, 8, 23, tzinfo=UTC), full=True).en == "8 June 2026"
    span = spoken_period("2025-01-01/2025-12-31")
    assert (span.en, span.zh) == ("1 Jan 2025 – 31 Dec 2025", "2025年1月1日—2025年12月31日")
    assert spoken_period("2025-01-01/2025-12-31", full=True).en.endswith("31 December 2025")
    assert spoken_period("soon").zh == "soon"
