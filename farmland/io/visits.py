"""The list of visits on paper and on screens: CSV and XLSX, and the styled GeoPackage.

A list that somebody has begun to fill in is never written over.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from farmland.errors import UnusableInput, disk_fault
from farmland.io import field_tables
from farmland.io.drafts import replacing
from farmland.io.export.spreadsheet import write_rows
from farmland.io.geopackage import labelling
from farmland.layers import INSPECTION
from farmland.rules import Words

NAMES = ("inspection.gpkg", "inspection.csv", "inspection.xlsx")

WIDTHS = {"patch_id": 16, "parcel_id": 22, "cover": 18, "verdict": 14, "land_found": 18,
          "reason": 36, "inspected_on": 13, "photos": 28, "note": 28}  # fmt: skip
"""Of columns in letters; the others take eleven."""

SPOKEN = ("cover", "level")
"""Columns whose codes are said in words; what is filled in keeps both."""


def write(
    visits: gpd.GeoDataFrame, folder: Path, language: str, covers: Mapping[str, Words]
) -> tuple[Path, ...]:
    """Write ``inspection.gpkg``, ``.csv`` and ``.xlsx`` into a folder.

    Raises
    ------
    UnusableInput
        When a list with findings lies there, or the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise disk_fault(fault, folder) from fault
    layer, plain, book = (folder / name for name in NAMES)
    for path in (layer, plain, book):
        _hold_empty(path)
    heads = [column.title.text(language) for column in INSPECTION.columns]
    labelling.write(visits, layer, language, covers)
    with replacing(plain) as draft:
        write_rows(draft, heads, _rows(visits, language))
    with replacing(book) as draft:
        draft.write_bytes(_workbook(heads, list(_rows(visits, language)), language, covers))
    return layer, plain, book


def _hold_empty(path: Path) -> None:
    """Refuse to write over what an inspector filled in."""
    if not path.exists():
        return
    filled = sum(bool(row.get("verdict")) for row in field_tables.read(path))
    if filled:
        raise UnusableInput(
            f"The list {path} has {filled} findings already: once they are taken over "
            "(--import), move it away or give another folder with --to.",
            f"清单 {path} 中已填写 {filled} 条核查结论：导入（--import）之后请移走该文件，"
            "或用 --to 另给目录。",
        )


def _rows(visits: gpd.GeoDataFrame, language: str) -> Iterator[list[Any]]:
    """Cells as people read them: codes in words, days as ISO writes them, nothing for null."""
    table = visits.drop(columns="geometry")
    for row in table.itertuples(index=False):
        yield [
            _said(value, name, language) for value, name in zip(row, INSPECTION.names, strict=True)
        ]


def _said(value: Any, name: str, language: str) -> Any:
    column = INSPECTION.column(name)
    if pd.isna(value):
        return ""
    if name in SPOKEN:
        known = column.meanings.get(value)
        return known.text(language) if known else value
    if column.kind == "real":
        return round(float(value), column.decimals)
    return int(value) if column.kind == "int" else str(value)


def _workbook(
    heads: list[str], rows: list[list[Any]], language: str, covers: Mapping[str, Words]
) -> bytes:
    """One sheet, its head frozen, and lists to choose findings and land from."""
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    book.properties.creator = "farmland"
    sheet: Any = book.active
    sheet.title = INSPECTION.title.text(language)
    sheet.freeze_panes = "B2"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"
    for number, name in enumerate(INSPECTION.names, 1):
        sheet.column_dimensions[get_column_letter(number)].width = WIDTHS.get(name, 11)
    for line, cells in enumerate([heads, *rows], 1):
        for number, value in enumerate(cells, 1):
            if value == "":
                continue
            cell = sheet.cell(line, number, value)
            if isinstance(value, str):
                cell.data_type, cell.number_format, cell.quotePrefix = "s", "@", True
            cell.font = Font(bold=line == 1)
    _offer(book, sheet, len(rows) + 1, language, covers)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _offer(book: Any, sheet: Any, last: int, language: str, covers: Mapping[str, Words]) -> None:
    """Lists to choose from, kept on a sheet of their own."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = book.create_sheet("lists")
    lists.sheet_state = "hidden"
    for number, (name, known) in enumerate(
        (("verdict", INSPECTION.column("verdict").meanings), ("land_found", covers)), 1
    ):
        letter = get_column_letter(number)
        for line, words in enumerate(known.values(), 1):
            lists.cell(line, number, words.text(language))
        rule = DataValidation(
            type="list",
            formula1=f"lists!${letter}$1:${letter}${len(known)}",
            allow_blank=True,
            showErrorMessage=name == "verdict",
        )
        sheet.add_data_validation(rule)
        column = get_column_letter(INSPECTION.names.index(name) + 1)
        rule.add(f"{column}2:{column}{max(last, 2)}")
