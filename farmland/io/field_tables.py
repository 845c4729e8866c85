"""Read what comes back from the field: GeoPackage, XLSX or CSV, heads in either language."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize
from xml.etree.ElementTree import ParseError

import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from farmland.errors import UnusableInput
from farmland.layers import INSPECTION
from farmland.plain import from_csv

Row = dict[str, str]
"""Text by name of column; ``""`` where there is nothing."""

ALSO = {
    "patch": "patch_id",
    "图斑号": "patch_id",
    "核查结果": "verdict",
    "结论": "verdict",
    "日期": "inspected_on",
    "date": "inspected_on",
    "photo": "photos",
    "remark": "note",
}
"""Other heads people write."""

TITLES = 5
"""Lines among which the heads stand."""

LARGEST = 200_000_000
"""Bytes that are read; a list of visits is a thousand times smaller."""


def read(path: Path) -> tuple[Row, ...]:
    """Rows of a table by the names of ``layers.INSPECTION``; further columns are left out.

    Raises
    ------
    UnusableInput
        When it is no table, or has no column of patches.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"{path.stat().st_size} bytes")
        heads, lines = _headed(_table(path))
    except (
        *(DataSourceError, DataLayerError, OSError, ValueError, KeyError),
        *(zipfile.BadZipFile, ParseError, csv.Error, UnicodeError),
    ) as fault:
        raise _unreadable(path) from fault
    names = [known(head) for head in heads]
    if "patch_id" not in names:
        shown = ", ".join(str(head)[:40] for head in heads[:12])
        raise UnusableInput(
            f"The findings {path.name} have the columns {shown}: give patch_id and verdict, as "
            "in the list of visits.",
            f"核查结果 {path.name} 的字段为 {shown}：需要“图斑编号”和“核查结论”，与核查清单一致。",
        )
    return tuple(_row(names, line) for line in lines)


def known(head: Any) -> str:
    """Name of the column a head stands for; ``""`` where it is none of ours."""
    said = normalize("NFKC", _text(head)).strip().strip("\ufeff").casefold()
    return HEADS.get(said, "")


def _heads() -> Mapping[str, str]:
    heads = {key.casefold(): name for key, name in ALSO.items()}
    for column in INSPECTION.columns:
        for text in (column.name, column.title.en, column.title.zh):
            heads[normalize("NFKC", text).casefold()] = column.name
    return heads


HEADS = _heads()


def _row(names: list[str], line: Iterable[Any]) -> Row:
    """One row; the first filled cell of a column counts."""
    row: Row = {}
    for name, cell in zip(names, line, strict=False):
        if name and not row.get(name):
            row[name] = _text(cell).strip()
    return row


def _headed(lines: list[list[Any]]) -> tuple[list[Any], list[list[Any]]]:
    """Heads, and the lines below them that say something; a title may stand above."""
    first = next((n for n, line in enumerate(lines[:TITLES]) if _has_patches(line)), 0)
    return lines[first], [line for line in lines[first + 1 :] if any(map(_text, line))]


def _has_patches(line: Iterable[Any]) -> bool:
    return "patch_id" in map(known, line)


def _table(path: Path) -> list[list[Any]]:
    """All lines; at least one."""
    kind = path.suffix.lower()
    if kind in {".csv", ".txt"}:
        return _csv(path)
    if kind in {".xlsx", ".xlsm"}:
        return _workbook(path)
    present = [str(name) for name, _ in pyogrio.list_layers(path)]
    layer = INSPECTION.name if INSPECTION.name in present else present[0]
    frame = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    return [list(frame.columns), *frame.astype(object).to_numpy().tolist()]


def _csv(path: Path) -> list[list[Any]]:
    """A CSV file in UTF-8, or in the encodings that Excel writes in China."""
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = content.decode("utf-16")
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("gb18030")
    divided = max(",\t;", key=text.partition("\n")[0].count)
    lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=divided))
    if not lines:
        raise ValueError("empty")
    return [[from_csv(cell) for cell in line] for line in lines]


def _workbook(path: Path) -> list[list[Any]]:
    """The first sheet that has a column of patches, else the first."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except InvalidFileException as fault:
        raise ValueError(str(fault)) from fault
    try:
        sheets = [[list(row) for row in sheet.iter_rows(values_only=True)]
                  for sheet in book.worksheets]  # fmt: skip
    finally:
        book.close()
    filled = [rows for rows in sheets if rows]
    if not filled:
        raise ValueError("empty")
    return next((rows for rows in filled if any(map(_has_patches, rows[:TITLES]))), filled[0])


def _text(cell: Any) -> str:
    """A cell as text: days as ISO writes them, whole numbers without a point."""
    if cell is None or cell is pd.NaT or cell != cell:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _unreadable(path: Path) -> UnusableInput:
    return UnusableInput(
        f"The findings {path.name} cannot be read: give a GeoPackage, an XLSX or a CSV file.",
        f"无法读取核查结果 {path.name}：请给出 GeoPackage、XLSX 或 CSV 文件。",
    )
