"""Tables and ledger as a workbook (XLSX), and each as comma-separated values (CSV)."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from farmland.columns import width
from farmland.plain import in_csv, one_line
from farmland.report import statistics, words
from farmland.report.placing import clear, into, place
from farmland.report.sealed import sealed
from farmland.report.statistics import ledger
from farmland.report.statistics import wording as said
from farmland.report.statistics.form import DECIMALS, Cell, Column, Table
from farmland.report.told import Told
from farmland.result import Result
from farmland.rules import Words

WORKBOOK, FOLDER = "tables.xlsx", "tables"

NAME = re.compile(r"(ledger|table_[A-G]\d?)\.csv")
"""Names of our files in ``tables``; others are not touched."""

TEXT = "@"

FORMATS = {"text": TEXT, "count": "0", "area": "0.00", "share": "0.0%",
           "mille": "0.00", "degrees": "0.00000", "ratio": "0.00"}  # fmt: skip
"""Two decimals of an area, no separators (DOMAIN 8.1)."""

DAYS = {"zh": 'yyyy"年"m"月"d"日"', "en": "yyyy-mm-dd"}
"""How dates look (DOMAIN 8.3)."""

LONGEST = 32_000
"""Letters in a cell; Excel takes no more than 32,767."""

A4, A3 = 9, 8
"""Paper, as workbooks number it."""

ROOM_A4, ROOM_A3 = 200, 290
"""Letters across a page, lengthwise, that are printed at 7 points or more."""

LINE = 13.5
"""Points from line to line in a cell."""

MARGIN = 0.4
"""Inches around what is printed."""

GREY = PatternFill("solid", fgColor="D9D9D9")
THIN = Side(style="thin", color="BFBFBF")
EDGES = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
FACE = "Microsoft YaHei"
"""Has both scripts; where it is not installed, programs take another without serifs."""

BODY, STRONG = Font(FACE, 10), Font(FACE, 10, bold=True)
TITLE = Font(FACE, 14, bold=True)
WRAPPED = Alignment(wrap_text=True, vertical="top")
CENTRED = Alignment(wrap_text=True, horizontal="center", vertical="center")


def write(result: Result, folder: Path, language: str) -> tuple[Path, ...]:
    """Write ``tables.xlsx`` and ``tables/*.csv`` into a folder; older tables of ours go.

    Parameters
    ----------
    result : Result
    folder : Path
    language : {"zh", "en"}

    Returns
    -------
    tuple of Path
        The workbook first. A table that the result has no data for is absent, and the sheet of
        notes says why.

    Raises
    ------
    UnusableInput
        When the folder cannot be written.
    Unreachable
        When the disk is full.
    """
    made = statistics.of(result)
    lines = ledger.of(result)
    target = folder / FOLDER
    files = {f"table_{name}.csv": table for name, table in made.tables.items()}
    files |= {"ledger.csv": lines}
    with into(target):
        book = place(folder / WORKBOOK, [_workbook(result, made, lines, language)])
        written = [place(target / name, [_csv(table, language)]) for name, table in files.items()]
        clear(target, NAME, written)
    return (book, *written)


def _workbook(result: Result, made: statistics.Statistics, lines: Table, language: str) -> bytes:
    """All tables, the ledger and the notes, one sheet each; row by row, for ledgers are long."""
    book = Workbook(write_only=True)
    book.properties.creator = "farmland"
    for name, table in made.tables.items():
        title = said.TABLE.text(language).format(name=name)
        _sheet(book, title, table, language, f"{title}  {table.title.text(language)}")
    _sheet(book, said.LEDGER.text(language), lines, language, "")
    _notes(book, result, made, language)
    buffer = io.BytesIO()
    book.save(buffer)
    return sealed(buffer.getvalue(), Told.of(result.run).ended)


def _sheet(book: Workbook, name: str, table: Table, language: str, title: str) -> None:
    """One table under its title, the header frozen and repeated on every printed page.

    Of a table wider than a page the first two columns are repeated as well.
    """
    sheet = book.create_sheet(name)
    head = 2 if title else 1
    sheet.freeze_panes = f"A{head + 1}"
    sheet.print_title_rows = f"{head}:{head}"
    wide = [column.width + (2 if column.number else 0) for column in table.columns]
    for number, letters in enumerate(wide, 1):
        sheet.column_dimensions[get_column_letter(number)].width = letters
    if _page(sheet, sum(wide), repeated=sum(wide[:2])) > 1:
        sheet.print_title_cols = "A:B"
    sheet.row_dimensions[head].height = 62
    if title:
        sheet.append([_styled(sheet, title, TEXT, TITLE)])
    sheet.append([_head(sheet, column.title.text(language)) for column in table.columns])
    last = len(table.rows) - 1 if table.total else -1
    for number, row in enumerate(table.rows):
        font = STRONG if number == last else BODY
        pairs = zip(row, table.columns, strict=True)
        cells = [_cell(sheet, cell, column, language, font) for cell, column in pairs]
        for cell in cells:
            cell.border = EDGES
        if not title:
            sheet.row_dimensions[head + 1 + number].height = _wrapped(cells, wide)
        sheet.append(cells)
    for note in table.notes:
        sheet.append([_styled(sheet, note.text(language), TEXT, BODY)])
    if not title and table.rows:
        reach = f"{get_column_letter(len(table.columns))}{len(table.rows) + 1}"
        sheet.auto_filter.ref = f"A1:{reach}"


def _wrapped(cells: Sequence[Any], wide: Sequence[int]) -> float:
    """Break long texts of a row; its height in points."""
    lines = 1
    for cell, letters in zip(cells, wide, strict=True):
        cell.alignment = WRAPPED
        if isinstance(cell.value, str):
            lines = max(lines, math.ceil(1.1 * width(cell.value) / letters))
    return LINE * lines + 2


def _page(sheet: Any, wide: int, repeated: int = 0) -> int:
    """Print lengthwise on as many pages as it takes to stay legible; how many lie side by side.

    ``wide`` is that of all columns, ``repeated`` that of those on every page, in letters.
    """
    across = 1 if wide <= ROOM_A3 else math.ceil((wide - repeated) / (ROOM_A3 - repeated))
    setup = sheet.page_setup
    setup.orientation, setup.paperSize = "landscape", A4 if wide <= ROOM_A4 else A3
    setup.fitToWidth, setup.fitToHeight, setup.pageOrder = across, 0, "overThenDown"
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    margins = sheet.page_margins
    margins.left = margins.right = margins.top = MARGIN
    margins.bottom, margins.footer = 2 * MARGIN, MARGIN / 2
    sheet.oddFooter.center.text = "&A  &P / &N"
    return across


def _notes(book: Workbook, result: Result, made: statistics.Statistics, language: str) -> None:
    """What the tables mean, which are absent and why, and how all was made."""
    sheet = book.create_sheet(said.NOTES.text(language))
    _page(sheet, 28 + 110)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 28, 110
    for label, text in notes(result, made, language):
        second = _styled(sheet, text, TEXT, BODY)
        second.alignment = WRAPPED
        sheet.append([_styled(sheet, label, TEXT, STRONG), second])


def notes(result: Result, made: statistics.Statistics, language: str) -> Iterator[tuple[str, str]]:
    """Labels and texts that go with the tables."""
    told = Told.of(result.run)
    yield words.UI["clue"].text(language), told.clue.text(language)
    for key in ("after", "before"):
        yield words.UI[f"period_{key}"].text(language), told.period(key).text(language)
    for name, title, why in made.absent:
        yield (
            f"{said.TABLE.text(language).format(name=name)} {title.text(language)}",
            (said.ABSENT.text(language).format(why=why.text(language))),
        )
    for label, text in said.EXPLAINED:
        yield label.text(language), text.text(language)
    yield words.UI["imagery"].text(language), words.IMAGERY.text(language)
    yield "", told.attribution
    yield words.UI["rules"].text(language), told.rules
    moment = f"{told.minute.text(language)} UTC · farmland {told.version}"
    yield words.UI["generated"].text(language), moment


def _head(sheet: Any, text: str) -> Any:
    cell = _styled(sheet, text, TEXT, STRONG)
    cell.fill, cell.alignment, cell.border = GREY, CENTRED, EDGES
    return cell


def _cell(sheet: Any, value: Cell, column: Column, language: str, font: Font) -> Any:
    """One cell in the format of its column."""
    if isinstance(value, Words):
        value = value.text(language)
    form = DAYS[language] if column.kind == "date" else FORMATS[column.kind]
    return _styled(sheet, value, TEXT if isinstance(value, str) else form, font)


def _styled(sheet: Any, value: str | float | date | None, form: str, font: Font) -> Any:
    """A cell; a text stays text, be it 19 digits or something like a formula."""
    content: Any = one_line(value)[:LONGEST] if isinstance(value, str) else value
    cell = WriteOnlyCell(sheet, content)
    if isinstance(value, str):
        cell.data_type, cell.quotePrefix = "s", True
    cell.number_format, cell.font = form, font
    return cell


def _csv(table: Table, language: str) -> bytes:
    """A table as UTF-8 with a mark that tells Excel so, lines ended by CR and LF."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow([column.title.text(language) for column in table.columns])
    for row in table.rows:
        pairs = zip(row, table.columns, strict=True)
        writer.writerow([_in_csv(cell, column, language) for cell, column in pairs])
    return buffer.getvalue().encode("utf-8-sig")


def _in_csv(cell: Cell, column: Column, language: str) -> str:
    """A cell for programs: numbers with a point, days as ISO writes them, nothing for unknown."""
    if cell is None:
        return ""
    if isinstance(cell, Words):
        return in_csv(one_line(cell.text(language)))
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, int | float):
        return f"{cell:.{DECIMALS.get(column.kind, 4)}f}"
    return in_csv(one_line(cell))
