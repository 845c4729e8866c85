"""Why one parcel has the verdict it has: plain values, told as text or as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from farmland.result import Curve, Dismissal, Verdict

USED = "used"

REJECTED = ("cloud", "haze", "no_data", "unread", "set_aside")
"""Why a look was rejected: under the clear share that a look needs; clear by the classification,
yet haze or shadow against the looks beside it; a scene without data over the parcel; a scene that
stayed unreadable; a scene whose offset could not be told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the parcel."""

    day: date
    said: str
    """``used`` or one of ``REJECTED``."""
    period: str
    """``history``, ``after`` or ``between``."""
    clear: int | None
    """Percent of the parcel's inner pixels that the classification calls clear."""
    kept: int | None
    """Percent left after rescue and without haze and shadow."""
    ndvi: float | None
    own: tuple[float, float] | None
    """Band of the parcel's own past at this season."""
    neighbours: tuple[float, float] | None
    """Middle half of the parcels around it on the same day."""
    items: tuple[str, ...]
    """STAC item ids."""
    sources: tuple[str, ...]
    """Platform and tile of each, where they are known."""


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One patch of the parcel."""

    facts: Mapping[str, Any]
    """Its row of ``conversions``, plain values."""
    verdict: Verdict
    curve: Curve | None

    @property
    def odds(self) -> float:
        """What its tests add up to, log odds."""
        return total(self.verdict)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Everything that is known about one parcel of a result."""

    parcel: Mapping[str, Any]
    """Its row of ``parcels``, plain values."""
    run: Mapping[str, Any]
    """Table ``run`` of the result."""
    looks: tuple[Seen, ...]
    changes: tuple[Change, ...]
    dismissed: Dismissal | None
    """The strongest patch that was weighed and is not listed."""
    curve: Curve
    """NDVI of the whole parcel."""

    def counts(self) -> Mapping[str, int]:
        """Looks by what was said of them."""
        return Counter(look.said for look in self.looks)

    def used(self, period: str) -> int:
        """Looks used in ``"history"`` or ``"after"``."""
        return sum(look.said == USED and look.period == period for look in self.looks)

    def history_days(self) -> int:
        """Days from the first to the last look used in the history."""
        days = [look.day for look in self.looks if (look.said, look.period) == (USED, "history")]
        return (days[-1] - days[0]).days if days else 0

    def below(self) -> tuple[int, int]:
        """Looks used in the period after that lie below the own past, and how many could."""
        after = [look for look in self.looks if look.period == "after"]
        known = [(look.ndvi, look.own) for look in after]
        judged = [ndvi < own[0] for ndvi, own in known if ndvi is not None and own is not None]
        return sum(judged), len(judged)

    def text(self, language: str) -> str:
        """A page for a terminal of 80 columns, in ``"zh"`` or English."""
        from farmland.explanation.page import page

        return page(self, language)

    def as_json(self) -> dict[str, Any]:
        """The same for programs: what is not known is null."""
        return {
            "parcel": dict(self.parcel),
            "clue": self.run.get("clue"),
            "periods": self.run.get("periods"),
            "thresholds": self.run.get("thresholds"),
            "counts": dict(self.counts()),
            "looks": [asdict(look) | {"day": look.day.isoformat()} for look in self.looks],
            "patches": [
                dict(change.facts)
                | asdict(change.verdict)
                | {"log_odds": round(change.odds, 4), "curve": _rows(change.curve)}
                for change in self.changes
            ],
            "dismissed": None if self.dismissed is None else asdict(self.dismissed),
        }


def total(verdict: Verdict) -> float:
    """What the tests of a patch add up to, log odds."""
    return sum(test.odds for test in verdict.tests if test.odds is not None)


def _rows(curve: Curve | None) -> list[dict[str, Any]]:
    """A curve as one entry for each look."""
    if curve is None:
        return []
    names = ("ndvi", "own_low", "own_high", "neighbours_low", "neighbours_high")
    columns = [getattr(curve, name) for name in names]
    return [
        {"day": str(day)} | dict(zip(names, map(number, values), strict=True))
        for day, *values in zip(curve.days.astype("datetime64[D]"), *columns, strict=True)
    ]


def number(value: float) -> float | None:
    """A number to four decimals; None for NaN."""
    return None if math.isnan(value) else round(float(value), 4)
