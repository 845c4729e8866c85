"""What is handed over: tables under the names of their receiver, filled, with what has to be said.

A value between the step that fills the tables and the writers of files.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

import pandas as pd

from farmland.rules import Words
from farmland.rules.profile import Table

CODEC = "gb18030"
"""Text is measured in the bytes of this encoding: those of GBK, and four where GBK has none."""

ELLIPSIS = "…"


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """One table with its rows."""

    table: Table
    frame: pd.DataFrame
    """A column for each field, in their order: text as str or None, ``Int64``, float64 (NaN is
    null), ``datetime64``. A GeoDataFrame where the table has a geometry."""


@dataclass(frozen=True, slots=True, eq=False)
class Delivery:
    """All that is handed over at once."""

    profile: str
    tables: tuple[Filled, ...]
    notes: tuple[Words, ...]
    """What was not known, cut or replaced, one sentence each."""


def cut(text: str, size: int) -> str:
    """Text of at most ``size`` bytes, cut between two characters with an ellipsis behind it.

    ``size`` 0 is no limit.
    """
    if not size or 4 * len(text) <= size or len(text.encode(CODEC)) <= size:
        return text
    ends = list(accumulate(len(character.encode(CODEC)) for character in text))
    return text[: bisect_right(ends, size - len(ELLIPSIS.encode(CODEC)))] + ELLIPSIS
