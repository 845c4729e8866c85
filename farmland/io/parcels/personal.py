"""Personal information in attribute tables: found by column name and by what the text looks like.

A parcel database carries the names, identity numbers and telephones of those responsible for a
parcel. None of it is needed to watch land, so it is dropped as it is read (DOMAIN 3.1, 9.2). The
names are data (``rules/parcel_fields.toml``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.rules.parcel_fields import standard

SHARE_OF_SHAPED = 0.5
"""Of the values shaped like an identity number, the share that must pass its check digit. Codes of
18 digits pass by chance in one case of eleven at most (ISO 7064, MOD 11-2)."""

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])", re.ASCII)
_ELEVEN = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?(\d{11})(?![0-9A-Za-z])", re.ASCII)
_MOBILE = re.compile(r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9\d)\d{8}", re.ASCII)
_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))
_CHECKS = np.frombuffer(b"10X98765432", np.uint8)


def personal_columns(table: pd.DataFrame) -> tuple[str, ...]:
    """Names of the columns that hold personal information, in their order."""
    names = [str(name) for name in table.columns]
    known = standard()
    codes = {known.recognise(names).get(field) for field in known.codes}
    codes |= {name for name in names if name.casefold() in {"parcel_id", "id"}}
    return tuple(
        name
        for name in names
        if known.is_personal(name) or _holds(table[name], is_code=name in codes)
    )


def but(named: Collection[str]) -> Callable[[str], bool]:
    """Which columns to read: none that is called like a person, but those that were named."""
    known, asked = standard(), {each.casefold() for each in named}
    return lambda column: column.casefold() in asked or not known.is_personal(column)


def are_citizen_ids(texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which texts are citizen identity numbers: birth date and check digit (GB 11643), shape (n,).

    The texts have 17 digits and a digit or an X.
    """
    if not texts:
        return np.zeros(0, bool)
    signs = np.frombuffer("".join(texts).upper().encode(), np.uint8).reshape(-1, 18)
    digits = signs[:, :17].astype(np.int64) - ord("0")
    year, month, day = (
        digits[:, first:last] @ 10 ** np.arange(last - first)[::-1]
        for first, last in ((6, 10), (10, 12), (12, 14))
    )
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[M]")
    start += (month - 1).astype("timedelta64[M]")
    after = start + np.timedelta64(1, "M")
    length = (after.astype("datetime64[D]") - start.astype("datetime64[D]")).astype(int)
    born = (year >= 1880) & (year <= 2100) & (month >= 1) & (month <= 12)
    born &= (day >= 1) & (day <= length)
    right: NDArray[np.bool_] = born & (signs[:, 17] == _CHECKS[digits @ _WEIGHTS % 11])
    return right


def is_mobile_number(text: str) -> bool:
    """Whether eleven digits are a mobile telephone number of mainland China."""
    return _MOBILE.fullmatch(text) is not None


def _holds(values: pd.Series, *, is_code: bool) -> bool:
    """Whether the values of a column look like identity numbers or mobile telephones."""
    text = _joined(values)
    if not text:
        return False
    identities = _IDENTITY.findall(text)
    if identities and are_citizen_ids(identities).mean() >= SHARE_OF_SHAPED:
        return True
    if is_code:
        return False
    numbers = _ELEVEN.findall(text)
    return bool(numbers) and sum(map(is_mobile_number, numbers)) >= SHARE_OF_SHAPED * len(numbers)


def _joined(values: pd.Series) -> str:
    """Distinct values as one text, a line each; those too short or too small left out."""
    kind = values.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_datetime64_any_dtype(kind):
        return ""
    if pd.api.types.is_numeric_dtype(kind):
        large = values[(values >= 1e10) & (values < 1e18)].dropna().unique()
        return "\n".join(f"{int(value)}" for value in large if value == int(value))
    if pd.api.types.is_string_dtype(kind) and not pd.api.types.is_object_dtype(kind):
        return "\n".join(values[values.str.len() >= 11].unique().tolist())
    distinct = values.dropna().unique()
    return "\n".join(each for each in distinct if isinstance(each, str) and len(each) >= 11)
