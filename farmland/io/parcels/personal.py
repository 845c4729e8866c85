"""Personal information in attribute tables: found by column name and by what the text looks like.

A parcel database carries the names, identity numbers and telephones of those responsible for a
parcel. None of it is needed to watch land, so it is dropped as it is read (DOMAIN 3.1, 9.2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import pandas as pd

_LISTED = "CFZR ZZRR ZRRZJHM ZRRMC LXDH JZDZ QLR ZJH SFZH DH XM DZ TXDZ YB"
_SPELT_OUT = (
    "姓名 身份证 身份证号 身份证号码 证件号码 联系电话 电话 手机 手机号 住址 地址 "
    "权利人 承包方 承包人 责任人 户主 邮编"
)
PERSONAL = frozenset(f"{_LISTED} {_SPELT_OUT}".split())
"""Persons, identity numbers, telephones and addresses: the columns of DOMAIN 9.2, item 4, and the
same things spelt out."""

_CODES = "PARCEL_ID YJJBNTTBBH TBBH BSM ID TBYBH YSDM XZQDM QSDWDM ZLDWDM"
CODES = frozenset(_CODES.split())
"""Columns of codes, in which eleven digits are no telephone."""

SHARE_OF_SHAPED = 0.5
"""Of the values shaped like an identity number, the share that must pass its check digit. Codes of
18 digits pass by chance in one case of eleven at most (ISO 7064, MOD 11-2)."""

_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_ELEVEN = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?(\d{11})(?![0-9A-Za-z])")
_MOBILE = re.compile(r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9\d)\d{8}")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def personal_columns(table: pd.DataFrame) -> tuple[str, ...]:
    """Names of the columns that hold personal information, in their order."""
    return tuple(
        str(name) for name in table.columns if _named(str(name)) or _holds(str(name), table[name])
    )


def is_citizen_id(text: str) -> bool:
    """Whether a text is a citizen identity number: birth date and check digit (GB 11643)."""
    if not _IDENTITY.fullmatch(text):
        return False
    try:
        born = date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    remainder = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, text[:17], strict=True))
    return 1880 <= born.year <= 2100 and text[17].upper() == "10X98765432"[remainder % 11]


def is_mobile_number(text: str) -> bool:
    """Whether eleven digits are a mobile telephone number of mainland China."""
    return _MOBILE.fullmatch(text) is not None


def _named(column: str) -> bool:
    """Whether a column is on the list, also as a copy (``ZRRMC_YS``, ``LXDH_1``, ``XM2``)."""
    bare = re.sub(r"(_YS)?(_?\d+)?$", "", column.upper())
    return column.upper() in PERSONAL or bare in PERSONAL


def _holds(name: str, values: pd.Series) -> bool:
    """Whether the values of a column look like identity numbers or mobile telephones."""
    texts = list(_texts(values))
    identities = [found for text in texts for found in _IDENTITY.findall(text)]
    if _mostly(map(is_citizen_id, identities), len(identities)):
        return True
    if name.upper() in CODES:
        return False
    numbers = [found for text in texts for found in _ELEVEN.findall(text)]
    return _mostly(map(is_mobile_number, numbers), len(numbers))


def _mostly(verdicts: Iterable[bool], count: int) -> bool:
    return count > 0 and sum(verdicts) >= SHARE_OF_SHAPED * count


def _texts(values: pd.Series) -> Iterable[str]:
    """Distinct values as text, those too short or too small to matter left out."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return
    distinct = values.dropna().astype(object).unique()
    if pd.api.types.is_numeric_dtype(values):
        yield from (f"{int(v)}" for v in distinct if 1e10 <= v < 1e18 and v == int(v))
        return
    yield from (str(value) for value in distinct if isinstance(value, str) and len(value) >= 11)
