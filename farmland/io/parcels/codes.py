"""Codes of the standards as text, also where a table holds them as numbers."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from farmland.io.parcels import ids
from farmland.io.parcels.datasets import Source
from farmland.rules import Words
from farmland.rules.parcel_fields import standard

LAND_USE = ("DLBM", "KCDLBM")
"""Codes that begin with a zero, which a number loses."""

DIGITS = 4
"""Of a land-use code since 2007; 3 in the second survey, whose smallest codes are 011 to 043."""

OLD_DIGITS, OLD_UNDER = 3, 100


def as_text(frame: gpd.GeoDataFrame, source: Source) -> tuple[gpd.GeoDataFrame, tuple[Words, ...]]:
    """Turn numbers in the text fields of the standards into text, every digit kept.

    Land-use codes get back the zero in front: 102 is 0102, and 12, where codes under 100 occur,
    012 of the second survey.
    """
    known = standard()
    notes: list[Words] = []
    for field, column in known.recognise(str(name) for name in frame.columns).items():
        values = frame[column]
        number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
        if known.fields[field].type != "text" or not number:
            continue
        texts = ids.texts(frame, column, source)
        if field in LAND_USE:
            digits = OLD_DIGITS if (values.dropna() < OLD_UNDER).any() else DIGITS
            texts = [None if text is None else text.zfill(digits) for text in texts]
            notes.append(_padded(column, digits))
        frame[column] = pd.Series(texts, index=frame.index, dtype=object)
    return frame, tuple(notes)


def _padded(column: str, digits: int) -> Words:
    return Words(
        f"{column} holds numbers: zeros were put in front to make codes of {digits} digits.",
        f"字段 {column} 为数值型：已补前导零为 {digits} 位编码。",
    )
