"""Periods: closed spans of image dates in UTC, written ``A/B``, ``2024`` or ``2024-06``."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from farmland.errors import WrongUsage

FIRST_SCENE = date(2015, 6, 1)
"""Sentinel-2A was launched on 2015-06-23; nothing earlier can be meant."""

DEKADS = (1, 11, 21)
"""Days of a month on which its dekads start (WMO)."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A closed span of days: both ends belong to it."""

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise WrongUsage(
                f"The period {self} ends before it starts: write the earlier date first.",
                f"时段 {self} 的结束早于开始：请把较早的日期写在前面。",
            )
        if self.start < FIRST_SCENE:
            raise WrongUsage(
                f"The period {self} starts before 2015-06, when Sentinel-2 began: start it later.",
                f"时段 {self} 早于 2015-06（哨兵二号开始成像）：请改用更晚的起始日期。",
            )

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read ``A/B``, a year, a month or a day; the end is the last day of what it names.

        Raises
        ------
        WrongUsage
            When the text is none of these, is reversed, or starts before 2015-06.
        """
        first, slash, last = text.strip().partition("/")
        return cls(_days(first, text)[0], _days(last if slash else first, text)[1])

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.end - self.start).days + 1

    def holds(self, day: date) -> bool:
        """Whether ``day`` lies in the period."""
        return self.start <= day <= self.end

    def overlaps(self, other: Period) -> bool:
        """Whether the two share a day."""
        return self.start <= other.end and other.start <= self.end

    def parted(self, every: str) -> tuple[Period, ...]:
        """Split into calendar ``"dekad"`` (1st, 11th, 21st), ``"month"`` or ``"year"``.

        The first and the last part end where the period does; ``"period"`` leaves it whole.
        """
        starts = {start for start in self._starts(every) if self.start < start <= self.end}
        edges = [self.start, *sorted(starts), self.end + timedelta(days=1)]
        return tuple(Period(one, after - timedelta(days=1)) for one, after in pairwise(edges))

    def _starts(self, every: str) -> Iterator[date]:
        """First days of the parts of all years that the period touches."""
        months = {"period": (), "year": (1,)}.get(every, range(1, 13))
        for year in range(self.start.year, self.end.year + 1):
            for month in months:
                for day in DEKADS if every == "dekad" else DEKADS[:1]:
                    yield date(year, month, day)

    @property
    def label(self) -> str:
        """``2024`` or ``2024-06`` where that is what it spans, else both days, fit for a name."""
        for length in (4, 7):
            short = self.start.isoformat()[:length]
            if _days(short, short) == (self.start, self.end):
                return short
        return f"{self.start.isoformat()}_{self.end.isoformat()}"

    def joined(self, other: Period) -> Period:
        """The shortest period that holds both."""
        return Period(min(self.start, other.start), max(self.end, other.end))

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


def months_before(day: date, months: int) -> date:
    """Return the same day of the month ``months`` earlier, or the month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def before(day: date, months: int) -> Period:
    """The ``months`` months that end on the day before ``day``."""
    return Period(months_before(day, months), day - timedelta(days=1))


def _days(text: str, whole: str) -> tuple[date, date]:
    """First and last day that ``text`` names."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text.strip())
    try:
        if match is None:
            raise ValueError
        year, month, day = (int(part) if part else None for part in match.groups())
        assert year is not None  # noqa: S101  # the pattern demands it
        if month is None:
            return date(year, 1, 1), date(year, 12, 31)
        if day is None:
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        return date(year, month, day), date(year, month, day)
    except ValueError:
        raise WrongUsage(
            f"The period {whole!r} was not understood: write 2024, 2024-06 or "
            "2024-06-01/2024-11-30.",
            f"无法理解时段 {whole!r}：请写成 2024、2024-06 或 2024-06-01/2024-11-30。",
        ) from None
