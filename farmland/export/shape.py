"""Values brought into the fields of a profile: kind, length, decimals, and what is never empty."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from farmland.delivery import CODEC, ELLIPSIS, Filled, cut
from farmland.layers import plain_text
from farmland.rules import Words
from farmland.rules.profile import Field, Table


@dataclass(slots=True)
class Changed:
    """How many texts of each field did not stay as they were, by name of the field."""

    shortened: dict[str, int] = field(default_factory=dict)
    replaced: dict[str, int] = field(default_factory=dict)
    """Values that the field does not allow."""

    def notes(self) -> tuple[Words, ...]:
        """The same in sentences."""
        notes = []
        for name, count in self.shortened.items():
            notes.append(
                Words(
                    f"{count} texts of {name} were longer than the field: they were cut, with … "
                    "at the end.",
                    f"{name} 有 {count} 条文字超长，已截断并以 … 结尾。",
                )
            )
        for name, count in self.replaced.items():
            notes.append(
                Words(
                    f"{count} values of {name} are none that the field allows: it says that they "
                    "are not known.",
                    f"{name} 有 {count} 个值不在允许范围内，按未知填写。",
                )
            )
        return tuple(notes)


def filled(
    table: Table, values: Mapping[str, pd.Series[Any]], geometry: Any, changed: Changed
) -> Filled:
    """Fill a table from named values; ``geometry`` is a GeoSeries, or None for a plain table."""
    columns = {each.name: shaped(each, values.get(each.source), changed) for each in table.fields}
    rows = max((len(series) for series in values.values()), default=0)
    frame = pd.DataFrame(
        {
            each.name: pd.Series([None] * rows, dtype=object) if column is None else column
            for each, column in zip(table.fields, columns.values(), strict=True)
        },
        index=pd.RangeIndex(rows),
    )
    if geometry is None:
        return Filled(table, frame)
    shapes = gpd.GeoSeries(np.asarray(geometry.array, object), crs=geometry.crs)
    return Filled(table, gpd.GeoDataFrame(frame, geometry=shapes))


def shaped(field: Field, values: pd.Series[Any] | None, changed: Changed) -> pd.Series[Any] | None:
    """One column as its field wants it; None where there are no values."""
    if values is None:
        return None
    values = values.reset_index(drop=True)
    if field.kind == "text":
        return pd.Series([_text(field, value, changed) for value in values], dtype=object)
    if field.kind == "date":
        return pd.to_datetime(values).astype("datetime64[s]").dt.normalize()
    if field.kind == "moment":
        return pd.to_datetime(values, utc=True).astype("datetime64[ms, UTC]")
    numbers = pd.to_numeric(values)
    if field.kind == "int":
        return numbers.astype("Int64")
    reals = numbers.to_numpy(np.float64, na_value=np.nan)
    return pd.Series(np.round(reals, field.decimals) + 0.0)  # + 0.0: no negative zero


def one_line(value: Any) -> str | None:
    """Text without line breaks, control characters and blanks around it; nothing is None.

    A DBF fills a text up with blanks and knows no empty text, so all formats say the same.
    """
    text = plain_text(value)
    if text is None:
        return None
    if text.isprintable():
        return text.strip() or None
    flat = "".join(" " if unicodedata.category(each) in BREAKS else each for each in text)
    return flat.strip() or None


BREAKS = {"Cc", "Zl", "Zp"}
"""Unicode categories of control characters and of separators of lines and paragraphs."""


def listed(names: tuple[str, ...], size: int) -> str:
    """Names joined by semicolons; as many whole ones as fit, and then how many there are."""
    text, end = ";".join(names), f"{ELLIPSIS}（共{len(names)}个）"
    if not size or len(text.encode(CODEC)) <= size:
        return text
    room = size - len(end.encode(CODEC))
    ends = list(accumulate(len(name.encode(CODEC)) + 1 for name in names))
    return ";".join(names[: bisect_right(ends, room + 1)]) + end


def _text(field: Field, value: Any, changed: Changed) -> str | None:
    text = one_line(listed(value, field.length) if isinstance(value, tuple) else value)
    if text is None:
        return field.unknown if field.required else None
    if field.allowed and text not in field.allowed:
        changed.replaced[field.name] = changed.replaced.get(field.name, 0) + 1
        return field.unknown
    short = cut(text, field.length)
    if short != text:
        changed.shortened[field.name] = changed.shortened.get(field.name, 0) + 1
    return short
