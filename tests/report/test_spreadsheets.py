"""Tables and ledger, read back with openpyxl and csv: they add up, and text stays text."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from result.example import NASTY, example_result

from farmland import areas, layers, plain, rules
from farmland.accounting import accounts
from farmland.errors import UnusableInput
from farmland.report import clues, spreadsheets, statistics, words
from farmland.report.statistics import by_place, ledger
from farmland.report.statistics.form import Column, Table
from farmland.result import Result
from farmland.rules import Words

from .test_bulletin import by_place as summed_up

ACCUSING = ("违法", "违规", "强制", "已处罚")


@pytest.fixture(scope="module")
def result() -> Result:
    return summed_up(example_result())


@pytest.fixture(scope="module")
def folder(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tables")
    paths = spreadsheets.write(result, folder, "zh")
    assert [path.name for path in paths] == [
        "tables.xlsx", "table_A.csv", "table_B.csv", "table_C.csv", "table_D.csv", "table_E.csv",
        "table_F.csv", "table_F2.csv", "ledger.csv",
    ]  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def book(folder: Path) -> Any:
    return openpyxl.load_workbook(folder / "tables.xlsx")


def rows_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def cents(value: Any) -> int:
    return round(float(value) * 100)


def test_each_table_has_a_sheet(book: Any) -> None:
    assert book.sheetnames == [
        "表A", "表B", "表C", "表D", "表E", "表F", "表F2", "图斑台账", "说明",
    ]  # fmt: skip
    assert book["表A"].freeze_panes == "A3"
    assert book["图斑台账"].freeze_panes == "A2"
    assert book["图斑台账"].auto_filter.ref.endswith("8")
    assert book["表A"].column_dimensions["B"].width > book["表A"].column_dimensions["A"].width


def test_what_is_wider_than_a_page_is_printed_legibly(book: Any) -> None:
    for sheet in book:
        setup = sheet.page_setup
        wide = sum(column.width for column in sheet.column_dimensions.values())
        repeated = sum(sheet.column_dimensions[name].width for name in "AB")
        if setup.fitToWidth > 1:
            assert sheet.print_title_cols == "$A:$B"
            wide = repeated + (wide - repeated) / setup.fitToWidth
        points = 10 * (270 if setup.paperSize == "8" else 190) / wide
        assert points > 6.5, sheet.title
    assert book["图斑台账"].page_setup.fitToWidth > 1


def test_rows_of_the_ledger_are_as_high_as_their_reasons(book: Any) -> None:
    sheet = book["图斑台账"]
    column = next(cell.column for cell in sheet[1] if cell.value == "判定依据")
    for row in range(2, sheet.max_row + 1):
        letters = 2 * len(sheet.cell(row, column).value)
        assert sheet.row_dimensions[row].height >= 12 * letters / 60 * 0.7
        assert sheet.cell(row, column).alignment.wrap_text


@pytest.mark.parametrize("name", ["A", "B", "C", "D", "E", "F"])
def test_rows_add_up_to_the_total(result: Result, name: str) -> None:
    table = statistics.of(result).tables[name]
    assert table.total
    for number, column in enumerate(table.columns):
        if column.kind in {"count", "area", "share"} and table.rows[-1][number] is not None:
            if column.title.en.startswith(("Full pixels", "Inflow", "Net change")):
                continue
            values = [row[number] for row in table.rows]
            unit = 1000 if column.kind == "share" else 100
            parts = [round(float(value) * unit) for value in values]  # type: ignore[arg-type]
            assert sum(parts[:-1]) == parts[-1]


def test_columns_add_up_across(result: Result) -> None:
    made = statistics.of(result).tables
    for row in made["A"].rows:
        classes = [n for n, column in enumerate(made["A"].columns) if ": " in column.title.en]
        assert len(classes) == 4
        assert sum(cents(row[n]) for n in classes) == cents(row[5])
    for row in made["B"].rows:
        assert sum(cents(cell) for cell in row[4:-2:2]) == cents(row[-1])
        assert sum(row[3:-2:2]) == row[-2]  # type: ignore[arg-type]
    for name, first, step in (("C", 5, 1), ("E", 6, 2)):
        titles = [column.title.en for column in made[name].columns]
        last = titles.index("On permanent basic farmland (mu)")
        for row in made[name].rows:
            assert sum(cents(cell) for cell in row[first:last:step]) == cents(row[4])


COLUMNS_C = [
    "into construction land", "into rural roads", "into garden land", "into forest land",
    "into grassland", "into ponds", "into agricultural facilities", "into other land",
    "into land of pending class",
]  # fmt: skip


def test_flows_are_told_apart_by_land_use(result: Result) -> None:
    table = statistics.of(result).tables["C"]
    titles = [column.title.en.removesuffix(": mu") for column in table.columns]
    assert titles[5:14] == COLUMNS_C
    assert titles[14:] == [
        "On permanent basic farmland (mu)", "Inflow (mu)", "Net change (mu)",
    ]  # fmt: skip


def test_approved_outflow_has_a_column_of_its_own(result: Result) -> None:
    flows = accounts.table(result.outflow, result.overlay, rules.load("cn"), approvals=True)
    table = statistics.of(replace(result, accounts=flows)).tables["C"]
    titles = [column.title.en for column in table.columns]
    assert titles[14] == "reasonable outflow (within approvals): mu"
    for row in table.rows:
        assert row[14]
        assert sum(cents(cell) for cell in row[5:15]) == cents(row[4])


def test_an_older_result_does_not_tell_flows_apart(result: Result) -> None:
    older = result.accounts[~result.accounts["item"].str.startswith("to_")]
    table = statistics.of(replace(result, accounts=older)).tables["C"]
    assert all(cell is None for row in table.rows if row[4] for cell in row[5:14])


def test_tables_hold_what_the_layers_hold(result: Result) -> None:
    made = statistics.of(result).tables
    patches = result.outflow
    assert made["A"].rows[-1][3:6] == (len(patches), 3, round(patches["area_mu"].sum(), 2))
    lawful = result.overlay[result.overlay["pbf"] == 1].groupby("patch_id")["area_m2"].sum()
    assert cents(made["D"].rows[-1][2]) == cents(lawful.sum())
    mu = lawful / areas.M2_PER_MU
    counted = [((mu >= low) & (mu < high)).sum() for low, high in
               ((0, 1), (1, 5), (5, 10), (10, np.inf))]  # fmt: skip
    assert [row[1] for row in made["D"].rows] == [*counted, len(mu)]
    assert made["F"].rows[-1][1] == len(result.parcels)
    scenes = result.scenes[result.scenes["duplicate_of"].isna()]
    assert made["F2"].rows[-1][1] == len(scenes)
    assert sum(int(row[1]) for row in made["F2"].rows[:-1]) == len(scenes)  # type: ignore[arg-type]


def test_the_parts_of_a_patch_count_in_their_own_policy_class(result: Result) -> None:
    parts = result.overlay.copy()
    parts.loc[parts["part"] == 2, "policy_class"] = "allowed"
    table = statistics.of(replace(result, overlay=parts)).tables["A"]
    titles = [column.title.en for column in table.columns]
    allowed = parts.loc[parts["policy_class"] == "allowed", "area_m2"].sum() / areas.M2_PER_MU
    found = table.rows[-1][titles.index("nothing against it in these rules: mu")]
    assert found == pytest.approx(allowed, abs=0.03)  # rounded in each of two places


def test_inflow_is_said_not_to_be_seen(result: Result, folder: Path) -> None:
    table = statistics.of(result).tables["C"]
    assert [column.title.zh for column in table.columns[-2:]] == ["流入（亩）", "净变化（亩）"]
    for row in table.rows:
        assert [cell.en for cell in row[-2:]] == ["not monitored", "cannot be told"]  # type: ignore[union-attr]
    assert table.notes[1].en.startswith("Net change = inflow - outflow.")
    for row in rows_of(folder / "tables" / "table_C.csv")[1:]:
        assert row[-2:] == ["未监测", "无法计算"]


def test_what_lies_outside_permanent_basic_farmland_is_said(result: Result) -> None:
    table = statistics.of(result).tables["D"]
    outside = result.overlay.loc[result.overlay["pbf"] != 1, "area_m2"].sum()
    assert words.area(outside).zh in table.notes[1].zh
    assert table.notes[1].en.endswith("any part on it: 0.")


# By hand, in square metres: 4000 + 2000 = 6000 (9 mu) have crops again, 1000 (1.5 mu) had them.
RESTORATION = [
    dict(zip(("place", "planting", "state", "parcels", "area_m2"), row, strict=True))
    for row in (
        ("370112001002", "JKHF", "returned", 2, 4000.0),
        ("370112001002", "GCHF", "returned", 1, 2000.0),
        ("370112001003", "JKHF", "left_again", 1, 1000.0),
        ("370112002001", "JKHF", "not_returned", 3, 3333.33),
        ("", "GCHF", "not_told", 4, 0.01),
    )
]


def test_restorable_land_is_told_by_place_and_mark(result: Result) -> None:
    told = replace(result, run={**result.run, "restoration": RESTORATION})
    table = statistics.of(told).tables["G"]
    assert [(row[1], row[2].en[:4] if row[2] else "", *row[3:]) for row in table.rows] == [  # type: ignore[union-attr,index]
        ("", "GCHF", 4, 0.0, 0, 0.0, 0, 0.0, 0, 0.0, 4, 0.0),
        ("370112001", "JKHF", 3, 7.5, 2, 6.0, 1, 1.5, 0, 0.0, 0, 0.0),
        ("370112001", "GCHF", 1, 3.0, 1, 3.0, 0, 0.0, 0, 0.0, 0, 0.0),
        ("370112002", "JKHF", 3, 5.0, 0, 0.0, 0, 0.0, 3, 5.0, 0, 0.0),
        ("", "", 11, 15.5, 3, 9.0, 1, 1.5, 3, 5.0, 4, 0.0),
    ]
    titles = {column.title.zh for column in table.columns}
    assert {"影像可见耕种周期：亩", "未见耕种周期：地块数"} <= titles
    assert not any(word in note.zh for note in table.notes for word in ACCUSING)


def test_without_marks_the_table_of_restoration_says_why(result: Result) -> None:
    absent = {name: why.zh for name, _, why in statistics.of(result).absent}
    assert "未提供含种植属性" in absent["G"]


def test_places_are_ranked_by_area(result: Result) -> None:
    table = statistics.of(result).tables["A"]
    sizes = [row[5] for row in table.rows[:-1]]
    assert sizes == sorted(sizes, reverse=True)  # type: ignore[type-var]
    assert [row[0] for row in table.rows] == [*range(1, len(sizes) + 1), None]


def test_the_widest_level_with_several_places_is_told(result: Result) -> None:
    assert by_place.level_of(result.summary) == "township"
    assert by_place.level_of(example_result().summary) == "all"
    one = result.summary[~result.summary["level"].isin(["township", "village"])]
    assert by_place.level_of(one) == "county"


# --- the ledger --------------------------------------------------------------


def test_the_ledger_has_every_patch_in_the_order_of_the_sheets(
    result: Result, folder: Path, book: Any
) -> None:
    found = clues.of(result.conversions)
    rows = rows_of(folder / "tables" / "ledger.csv")
    head = rows[0]
    assert [row[head.index("图斑编号")] for row in rows[1:]] == [clue.patch_id for clue in found]
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, len(found) + 1)]
    sheet = list(book["图斑台账"].iter_rows(values_only=True))
    assert list(sheet[0]) == head
    assert len(sheet) == len(rows)
    names = {f"{land.zh}（平方米）" for land in layers.OVERLAY.column("land").meanings.values()}
    lands = [n for n, name in enumerate(head) if name in names]
    assert len(lands) == 4
    for row in rows[1:]:
        parts = sum(cents(row[n]) for n in lands if row[n])
        assert parts == cents(row[head.index("面积（平方米）")])


def test_the_ledger_has_room_for_the_field(result: Result) -> None:
    table = ledger.of(result)
    blank = [column.title.zh for column in table.columns[-8:]]
    assert blank == ["核实人", "核实日期", "现地地类", "核实结论", "照片编号", "情况说明",
                     "待整改面积（亩）", "销号日期"]  # fmt: skip
    assert all(cell is None for row in table.rows for cell in row[-8:])


def test_the_number_stays_unsaid_until_it_is_calibrated(result: Result) -> None:
    titles = [column.title.en for column in ledger.of(result).columns]
    assert "Probability" not in titles
    told = ledger.of(replace(result, run={**result.run, "calibration": "assess 2026-03"}))
    number = [column.title.en for column in told.columns].index("Probability")
    assert told.rows[0][number] == 0.97


def test_old_and_new_are_told_where_all_parts_agree(result: Result) -> None:
    parts = result.overlay.copy()
    first, second = result.conversions["patch_id"][:2]
    parts.loc[parts["patch_id"] == first, "legacy"] = [1, 0]
    parts.loc[parts["patch_id"] == second, "legacy"] = 1
    table = ledger.of(replace(result, overlay=parts))
    column = [each.title.en for each in table.columns].index("Before the cut-off date")
    told = {row[1]: row[column] for row in table.rows}
    assert told[first].en == "cannot be told"  # type: ignore[union-attr]
    assert told[second].zh == "存量"  # type: ignore[union-attr]


# --- text stays text ---------------------------------------------------------


def test_no_cell_is_a_formula(book: Any, result: Result) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d", "inlineStr"}
    texts = {cell.value: cell for cell in cells if isinstance(cell.value, str)}
    parcels = set(result.conversions["parcel_id"])
    for name in (name for name in NASTY if name in parcels):
        assert texts[name].number_format == "@"
        assert texts[name].quotePrefix


def test_nineteen_digits_stay(result: Result, tmp_path: Path) -> None:
    patches = result.conversions.copy()
    patches["parcel_id"] = ["3701021002070000123", "=1+1", "+1", "-1", "@A1", "007", "\t=1"]
    spreadsheets.write(replace(result, conversions=patches), tmp_path, "en")
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Ledger of clues"]
    head = [cell.value for cell in sheet[1]]
    cells = [row[head.index("Parcel")] for row in sheet.iter_rows(min_row=2)]
    by_patch = dict(zip(patches["patch_id"], patches["parcel_id"], strict=True))
    order = [by_patch[clue.patch_id].strip() for clue in clues.of(patches)]
    assert [cell.value for cell in cells] == order
    assert all(cell.data_type == "s" for cell in cells)
    rows = rows_of(tmp_path / "tables" / "ledger.csv")
    written = [row[rows[0].index("Parcel")] for row in rows[1:]]
    assert written == [f"'{name}" if name[0] in "=+-@" else name for name in order]


@given(st.sampled_from(["", "=", "+", "-", "@", " =", "\t@", "\r\n+", "'="]), st.text(max_size=30))
def test_no_text_begins_a_formula_in_csv(head: str, rest: str) -> None:
    bare = plain.one_line(head + rest)
    shown = plain.in_csv(bare)
    assert not shown.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert shown in (bare, f"'{bare}")
    assert (shown != bare) == bare.startswith(("=", "+", "-", "@"))


def test_csv_is_what_excel_expects(folder: Path) -> None:
    for path in (folder / "tables").iterdir():
        content = path.read_bytes()
        assert content.startswith(b"\xef\xbb\xbf")
        assert content.count(b"\n") == content.count(b"\r\n") == len(rows_of(path))
        assert len({len(row) for row in rows_of(path)}) == 1


def test_numbers_are_numbers(book: Any, folder: Path) -> None:
    sheet = book["表D"]
    assert [cell.value for cell in sheet[2]] == [
        "占用永久基本农田面积", "图斑数", "面积（平方米）", "面积（亩）", "占比",
    ]  # fmt: skip
    assert [cell.number_format for cell in sheet[3]] == ["@", "0", "0.00", "0.00", "0.0%"]
    assert sheet["D7"].value == sum(cents(sheet[f"D{n}"].value) for n in range(3, 7)) / 100
    days = [cell for cell in book["图斑台账"][2] if cell.data_type == "d"]
    assert len(days) == 3
    assert {cell.number_format for cell in days} == {'yyyy"年"m"月"d"日"'}


# --- what may be missing -----------------------------------------------------


def test_what_is_absent_is_said(book: Any, tmp_path: Path) -> None:
    notes = [row[1].value for row in book["说明"].iter_rows()]
    assert any("未提供含种植属性" in note for note in notes if note)
    bare = replace(
        example_result(patches=False), accounts=layers.empty(layers.ACCOUNTS),
        scenes=layers.empty(layers.SCENES, 4326), run={},
    )  # fmt: skip
    paths = spreadsheets.write(bare, tmp_path, "en")
    assert [path.name for path in paths] == [
        "tables.xlsx", "table_A.csv", "table_F.csv", "ledger.csv",
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(tmp_path / "tables.xlsx")["Notes"]
    said = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert said["Table B Clues by place and cover"] == "Absent: there is no clue."
    assert said["Table C Where cultivated land went"] == "Absent: no accounts were kept."
    assert len(rows_of(tmp_path / "tables" / "ledger.csv")) == 1


def test_nobody_is_accused(book: Any, result: Result) -> None:
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(word in text for text in texts for word in ACCUSING)
    assert any(result.run["clue"]["zh"] in text for text in texts)


def test_the_same_run_gives_the_same_files(result: Result, tmp_path: Path) -> None:
    first, again = (
        [path.read_bytes() for path in spreadsheets.write(result, tmp_path / each, "zh")]
        for each in "ab"
    )
    assert first == again


def test_older_tables_go_and_foreign_files_stay(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    for name in ("table_D.csv", "mine.csv"):
        (tmp_path / "tables" / name).write_bytes(b"old")
    spreadsheets.write(example_result(patches=False), tmp_path, "en")
    names = {path.name for path in (tmp_path / "tables").iterdir()}
    assert "mine.csv" in names
    assert "table_D.csv" not in names


def test_a_folder_that_cannot_be_written(result: Result) -> None:
    with pytest.raises(UnusableInput, match="cannot be written"):
        spreadsheets.write(result, Path("/sys/kernel/X"), "en")


def test_a_row_fits_its_columns() -> None:
    column = Column(Words("a", "a"), "count")
    with pytest.raises(ValueError, match="as many cells"):
        Table(Words("t", "t"), (column,), ((1, 2),))
