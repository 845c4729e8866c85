"""Ids of parcels: always text, always unique, every digit kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.errors import WrongUsage
from farmland.io.parcels import vectors
from farmland.io.parcels.datasets import COORDINATES, PARQUET, Source
from farmland.rules import Words
from farmland.rules.parcel_fields import standard

ID_FIELDS = ("parcel_id", "YJJBNTTBBH", "TBBH", "BSM", "id")
"""Where ids are looked for, first to last."""

EXACT = 2**53
"""Whole numbers up to here are exact as reals."""


@dataclass(frozen=True, slots=True, eq=False)
class Ids:
    """One unique text for each row."""

    values: list[str]
    field: str
    """Column they come from, or ``""`` when they are numbers of features."""
    faults: dict[str, NDArray[np.intp]]
    """Rows of ``duplicate_id`` (all but the first) and ``missing_id``."""
    notes: tuple[Words, ...]


def identify(frame: pd.DataFrame, id_field: str, source: Source, name: str) -> Ids:
    """Take ids from the column that was named, else from the first that is unique and complete.

    A row without an id gets the number of its feature (``F000001``), a row whose id was already
    given gets ``#2`` behind it.

    Raises
    ------
    WrongUsage
        When ``id_field`` is no column.
    """
    field, given = _field(frame, id_field, source, name)
    missing = np.array([text is None for text in given], bool)
    filled = [text or f"F{row:06d}" for row, text in enumerate(given, start=1)]
    values, again = _unique(filled)
    faults = {"duplicate_id": again, "missing_id": np.flatnonzero(missing)} if field else {}
    return Ids(values, field, faults, _notes(field, faults, name))


def no_column(given: str, names: Iterable[object], name: str, option: str) -> WrongUsage:
    """The sentence for a column that does not exist."""
    columns = [str(each) for each in names if each != "geometry"]
    near = get_close_matches(given, columns, 1, 0.0) or ["-"]
    return WrongUsage(
        f"{name} has no column {given!r} for {option}: the nearest is {near[0]!r}.",
        f"{name} 中没有 {option} 所指的字段 {given!r}：最接近的是 {near[0]!r}。",
    )


def column(names: Iterable[object], given: str, name: str, option: str) -> str:
    """The column that is called ``given``, in whatever case.

    Raises
    ------
    WrongUsage
        When there is none.
    """
    exact = [str(each) for each in names]
    columns = {each.casefold(): each for each in exact}
    if given.casefold() not in columns or given.casefold() == "geometry":
        raise no_column(given, exact, name, option)
    return given if given in exact else columns[given.casefold()]


def _field(
    frame: pd.DataFrame, id_field: str, source: Source, name: str
) -> tuple[str, list[str | None]]:
    """The column to take ids from, or ``""``; and what it holds as text."""
    columns = {str(each).casefold(): str(each) for each in frame.columns}
    if id_field:
        field = column(frame.columns, id_field, name, "--id-field")
        return field, texts(frame, field, source)
    known = standard().recognise(columns.values())
    for wanted in ID_FIELDS:
        found = columns.get(wanted.casefold()) or known.get(wanted)
        if found is None or not len(frame) or not frame[found].is_unique:
            continue
        given = texts(frame, found, source)
        if None not in given and len(set(given)) == len(given):
            return found, given
    return "", [None] * len(frame)


def texts(frame: pd.DataFrame, field: str, source: Source) -> list[str | None]:
    """Values as text; numbers that a real cannot hold are read again, digit by digit."""
    values = frame[field]
    inexact = pd.api.types.is_float_dtype(values) and (values.abs() >= EXACT).any()
    if inexact and source.suffix not in (*PARQUET, COORDINATES):
        return vectors.whole_numbers(source, field)
    if pd.api.types.is_string_dtype(values) and not pd.api.types.is_object_dtype(values):
        values = values.str.replace("\0", "", regex=False).str.strip()
        return [text or None for text in values.astype(object).where(values.notna(), None)]
    plain = values.astype(object).where(values.notna(), None).tolist()
    return [None if value is None else _text(value) for value in plain]


def _text(value: object) -> str | None:
    """One value as text without blanks around it; ``None`` where nothing is left."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\0", "").strip() or None


def _unique(texts: list[str]) -> tuple[list[str], NDArray[np.intp]]:
    """Mark every repeated text ``#2``, ``#3`` ... with the next that is free."""
    given, seen, counts = set(texts), set[str](), Counter[str]()
    if len(given) == len(texts):
        return texts, np.array([], np.intp)
    values, again = [], []
    for row, text in enumerate(texts):
        value = text
        if text in seen:
            again.append(row)
            counts[text] = max(counts[text], 1)
            while value in seen or value in given:
                counts[text] += 1
                value = f"{text}#{counts[text]}"
        seen.add(value)
        values.append(value)
    return values, np.array(again, np.intp)


def _notes(field: str, faults: dict[str, NDArray[np.intp]], name: str) -> tuple[Words, ...]:
    """What was assumed about ids, in words."""
    if not field:
        return (
            Words(
                f"{name} has no column with unique ids: parcels are numbered F000001 onwards.",
                f"{name} 没有唯一编号字段：地块按 F000001 起依次编号。",
            ),
        )
    again, missing = (len(faults[kind]) for kind in ("duplicate_id", "missing_id"))
    notes = []
    if again:
        notes.append(
            Words(
                f"{again} ids of {field} were given before: they got #2, #3 ... behind them.",
                f"字段 {field} 中有 {again} 个重复编号：已加 #2、#3 等后缀。",
            )
        )
    if missing:
        notes.append(
            Words(
                f"{missing} rows have no {field}: they are called after their number, F000001.",
                f"{missing} 行没有 {field}：已按序号命名（F000001 形式）。",
            )
        )
    return tuple(notes)
