"""The attribute table of a shapefile, with the widths, decimals and encoding that are wanted.

GDAL's writer, as pyogrio drives it, knows no widths of numbers and marks no code page in the table
itself, so that a reader without the ``.cpg`` guesses. The format is that of dBase III.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.delivery import Filled
from farmland.layers import plain_text
from farmland.rules.profile import Field

TEXT_BYTES, NAME_BYTES = 254, 10
"""What a text and a field name may take."""

CODE_PAGE = 0x4D
"""Mark of code page 936, Chinese GBK (language driver id 77)."""

ENCODINGS = ("GBK", "GB18030")
"""The first that holds all texts: GB 18030 writes what GBK knows as GBK does, and the rest too."""

WRITTEN = (95, 7, 26)
"""Day of the last change, which nobody reads: always that of GDAL, so that the same table is the
same file."""

CHUNK = 4096
"""Rows made at a time."""

LETTERS = {"text": "C", "int": "N", "real": "N", "date": "D", "moment": "C"}


@dataclass(frozen=True, slots=True)
class Column:
    """One field as the file knows it."""

    name: bytes
    letter: str
    width: int
    field: Field


def encoding_of(filled: Filled) -> str:
    """The first of :data:`ENCODINGS` that holds every text and name of a table."""
    texts = [each.name for each in filled.table.fields]
    for each in filled.table.fields:
        if each.kind == "text":
            texts += [text for text in filled.frame[each.name].unique() if isinstance(text, str)]
    try:
        plain_text("\n".join(texts) or "").encode(ENCODINGS[0])  # type: ignore[union-attr]
    except UnicodeEncodeError:
        return ENCODINGS[1]
    return ENCODINGS[0]


def short_names(names: Sequence[str], encoding: str) -> list[str]:
    """Field names of at most ten bytes, each once whatever its case."""
    taken: set[str] = set()
    short = []
    for name in names:
        plain = _one_line(name).strip() or "field"
        free, n = _head(plain, NAME_BYTES, encoding), 1
        while free.casefold() in taken:
            n += 1
            free = f"{_head(plain, NAME_BYTES - len(f'_{n}'), encoding)}_{n}"
        taken.add(free.casefold())
        short.append(free)
    return short


def columns(filled: Filled, encoding: str) -> tuple[Column, ...]:
    """The fields of a table under names that fit; text without a length gets all there is."""
    fields = filled.table.fields
    names = short_names([each.name for each in fields], encoding)
    return tuple(
        Column(
            name=name.encode(encoding),
            letter=LETTERS[each.kind],
            width=min(each.length or TEXT_BYTES, TEXT_BYTES),
            field=each,
        )
        for name, each in zip(names, fields, strict=True)
    )


def size(filled: Filled) -> int:
    """Bytes of the file."""
    made = columns(filled, ENCODINGS[1])
    return 34 + 32 * len(made) + len(filled.frame) * (1 + sum(each.width for each in made))


def write(filled: Filled, path: Path, encoding: str) -> int:
    """Write the attributes of a table; geometry is not looked at.

    Nulls are blanks, of text and of numbers: a null is no 0.

    Returns
    -------
    int
        Texts that had to be cut.
    """
    made, rows = columns(filled, encoding), len(filled.frame)
    width = 1 + sum(each.width for each in made)
    head = struct.pack("<B3BIHH17xB2x", 3, *WRITTEN, rows, 33 + 32 * len(made), width, CODE_PAGE)
    shortened = 0
    with path.open("wb") as file:
        file.write(head)
        for each in made:
            letter, decimals = each.letter.encode(), each.field.decimals
            file.write(struct.pack("<11sc4xBB14x", each.name, letter, each.width, decimals))
        file.write(b"\r")
        for start in range(0, rows, CHUNK):
            records, cut = _records(made, filled.frame.iloc[start : start + CHUNK], encoding)
            file.write(records.tobytes())
            shortened += cut
        file.write(b"\x1a")
    return shortened


def _records(
    made: Sequence[Column], part: pd.DataFrame, encoding: str
) -> tuple[NDArray[np.uint8], int]:
    """Rows as bytes (rows, width), each behind a blank: not deleted; and how many were cut."""
    records = np.full((len(part), 1 + sum(each.width for each in made)), ord(" "), np.uint8)
    place, shortened = 1, 0
    for each in made:
        cells, cut = _cells(each, part[each.field.name], encoding)
        records[:, place : place + each.width] = cells
        place, shortened = place + each.width, shortened + cut
    return records, shortened


def _cells(column: Column, values: pd.Series[Any], encoding: str) -> tuple[NDArray[np.uint8], int]:
    """Cells (rows, width) filled up with blanks, and how many had to be cut."""
    cells, shortened = [], 0
    for text in _texts(column, values):
        raw = text.encode(encoding)
        if len(raw) > column.width:
            raw = _head(text, column.width, encoding).encode(encoding)
            shortened += 1
        right = column.letter == "N"
        cells.append(raw.rjust(column.width) if right else raw.ljust(column.width))
    return np.frombuffer(b"".join(cells), np.uint8).reshape(len(cells), column.width), shortened


def _texts(column: Column, values: pd.Series[Any]) -> Iterator[str]:
    """Values as text; a null is none."""
    if column.field.kind == "date":
        yield from values.dt.strftime("%Y%m%d").fillna("")
    elif column.field.kind == "moment":
        yield from values.dt.strftime("%Y-%m-%dT%H:%M:%SZ").fillna("")
    elif column.letter == "N":
        yield from (_number(column, value) for value in values.astype(object))
    else:
        yield from (_one_line(plain_text(value) or "") for value in values)


def _number(column: Column, value: Any) -> str:
    """A number in at most so many characters; with fewer digits where it has too many."""
    if pd.isna(value) or value in (np.inf, -np.inf):
        return ""
    decimals = column.field.decimals
    text = f"{value:.{decimals}f}" if column.field.kind == "real" else f"{int(value)}"
    return text if len(text) <= column.width else f"{value:.{max(1, column.width - 8)}g}"


def _one_line(text: str) -> str:
    """Text in one line, as a DBF has no other."""
    if text.isprintable():
        return text
    return "".join(" " if ord(each) < ord(" ") else each for each in text)


def _head(text: str, most: int, encoding: str) -> str:
    """The first characters of a text that fit into so many bytes."""
    while len(text.encode(encoding)) > most:
        text = text[:-1]
    return text
