"""The statistical tables that offices hand on (DOMAIN 8.2), as plain values.

What they hold comes from the layers of a result and adds up as those do. A table for which the
result has no data is absent, and :func:`of` says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from farmland.report.statistics import by_place, lands, quality, restoration
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import Table
from farmland.result import Result
from farmland.rules import Words

MAKERS: tuple[tuple[str, Words, Callable[[Result], Table | None]], ...] = (
    ("A", said.TITLE_A, by_place.overall),
    ("B", said.TITLE_B, by_place.covers),
    ("C", said.TITLE_C, by_place.flows),
    ("D", said.TITLE_D, lands.basic_farmland),
    ("E", said.TITLE_E, by_place.ages),
    ("F", said.TITLE_F, quality.statuses),
    ("F2", said.TITLE_F2, quality.months),
    ("G", said.TITLE_G, restoration.restored),
)
"""Every table under its name in DOMAIN 8.2, and what makes it of a result."""


@dataclass(frozen=True, slots=True)
class Statistics:
    """The tables of a result."""

    tables: dict[str, Table]
    absent: tuple[tuple[str, Words, Words], ...]
    """Name, title and reason of each table that is not there."""


def of(result: Result) -> Statistics:
    """The tables of a result, and which of them are not there for want of data."""
    made = {name: make(result) for name, _, make in MAKERS}
    return Statistics(
        tables={name: table for name, table in made.items() if table is not None},
        absent=tuple(
            (name, title, said.WHY_ABSENT[name]) for name, title, _ in MAKERS if made[name] is None
        ),
    )
