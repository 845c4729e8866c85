"""What inspectors filled in, taken over: every format, every mistake, and twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from inspection.filled import FIRST, MOMENT, SECOND, THIRD, csv_of, everything, states
from openpyxl import load_workbook

from farmland import layers, rules
from farmland.cli import main
from farmland.flow import cases
from farmland.flow.train import as_found
from farmland.inspection import cases as steps
from farmland.io import cases as table
from farmland.io import geopackage
from farmland.layers import INSPECTION
from farmland.rules import Words

RULES = rules.load("cn")


# --- every format ------------------------------------------------------------------------


def test_a_list_filled_in_as_a_workbook_comes_back(made: Path) -> None:
    assert main(["report", str(made), "--budget", "9", "--lang", "zh", "-qq"]) == 0
    filled = made.parent / "X" / "inspection.xlsx"
    book = load_workbook(filled)
    sheet = book.worksheets[0]
    heads = {cell.value: cell.column for cell in sheet[1]}
    line = [cell.value for cell in sheet["A"]].index(FIRST) + 1
    sheet.cell(line, heads["核查结论"], "属实")
    sheet.cell(line, heads["现场地类"], "坑塘")
    sheet.cell(line, heads["核查日期"], datetime(2026, 6, 18))
    sheet.cell(line, heads["说明"], "=1+1 已挖塘")
    sheet.cell(line, heads["说明"]).data_type = "s"
    book.save(filled)
    done = cases.bring_back(made, filled, moment=MOMENT)
    assert (done.findings, done.changed) == ({"verified": 1}, 1)
    (row,) = geopackage.read(made).cases.to_dict("records")
    assert (row["patch_id"], row["verdict"], row["land_found"]) == (FIRST, "verified", "pond")
    assert row["inspected_on"] == pd.Timestamp("2026-06-18")
    assert row["reason"] == "=1+1 已挖塘"
    assert row["imported_at"] == pd.Timestamp(MOMENT)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gbk"])
def test_a_table_from_excel_in_china_comes_back(made: Path, encoding: str) -> None:
    text = (
        "图斑编号,核查结论,现场地类,核查日期\n"
        f"1,不属实,,2026年6月1日\n{SECOND},属实,1104,2026/6/2\n"
    )
    done = cases.bring_back(made, csv_of(made.parent / "back", text, encoding), moment=MOMENT)
    assert done.findings == {"verified": 1, "dismissed": 1}
    found = geopackage.read(made).cases.set_index("patch_id")
    assert states(made)[FIRST] == "dismissed"
    assert found.loc[SECOND, "land_found"] == "1104"
    assert found.loc[FIRST, "inspected_on"] == pd.Timestamp("2026-06-01")


def test_the_layer_that_qgis_saved_comes_back(made: Path) -> None:
    assert main(["report", str(made), "--budget", "9", "--lang", "en", "-qq"]) == 0
    path = made.parent / "X" / "inspection.gpkg"
    with closing(sqlite3.connect(path)) as database:
        for name in table.SHAPE_FUNCTIONS:
            database.create_function(name, 1, lambda _: 0)
        database.execute(
            "UPDATE inspection SET verdict = 'closed', inspected_on = '2026-06-03' "
            "WHERE patch_id = ?", (THIRD,),
        )  # fmt: skip
        database.commit()
    assert cases.bring_back(made, path, moment=MOMENT).findings == {"closed": 1}
    assert states(made)[THIRD] == "closed"
    assert geopackage.read(made).cases["inspected_on"].to_list() == [pd.Timestamp("2026-06-03")]


DIGITS = "447927730000", "1234567890e5"
"""Ids that a spreadsheet takes for numbers."""


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"patch_id": " 000000000001 "}, {}),
        ({"patch_id": "００００００００００００１"[-12:]}, {}),
        ({"patch_id": "1"}, {}),
        ({"patch_id": "4.47928E+11"}, {"patch_id": DIGITS[0]}),
        ({"patch_id": "447927730000"}, {"patch_id": DIGITS[0]}),
        ({"patch_id": "1.23457E+14"}, {"patch_id": DIGITS[1]}),
        ({"patch_id": "123456789000000"}, {"patch_id": DIGITS[1]}),
        ({"verdict": "属实　"}, {}),
        ({"verdict": "ＶＥＲＩＦＩＥＤ"}, {}),
        ({"land_found": "１１０４"}, {"land_found": "1104"}),
        ({"inspected_on": "46191"}, {"inspected_on": date(2026, 6, 18)}),
        ({"inspected_on": "46191.4375"}, {"inspected_on": date(2026, 6, 18)}),
        ({"inspected_on": "２０２６－０６－１８"}, {"inspected_on": date(2026, 6, 18)}),
        ({"inspected_on": "2026年６月１８号"}, {"inspected_on": date(2026, 6, 18)}),
        ({"inspected_on": "2026/6/18 0:00"}, {"inspected_on": date(2026, 6, 18)}),
        ({"inspected_on": "12345"}, {"inspected_on": None}),
        ({"reason": "１号地块，属实"}, {"reason": "１号地块，属实"}),
    ],
)
def test_habits_of_spreadsheets_are_understood(
    written: dict[str, str], meant: dict[str, Any]
) -> None:
    row = {"patch_id": FIRST, "verdict": "verified"} | written
    (one,), told = steps.found([row], {FIRST, SECOND, *DIGITS}, RULES, date(2026, 6, 20))
    for name, value in ({"patch_id": FIRST, "verdict": "verified"} | meant).items():
        assert getattr(one, name) == value
    assert bool(told.counts) == (meant.get("inspected_on", "") is None)


def test_a_rounded_number_that_may_be_two_patches_is_none() -> None:
    row = {"patch_id": "4.47928E+11", "verdict": "verified"}
    patches = {"447927730000", "447927740000"}
    assert steps.found([row], patches, RULES, date(2026, 6, 20))[0] == ()


@pytest.mark.parametrize("encoding", ["utf-16", "gbk", "utf-8"])
@pytest.mark.parametrize("divided", [",", "\t", ";"])
def test_a_table_below_a_title_comes_back(made: Path, encoding: str, divided: str) -> None:
    lines = [["图斑编号", " 核查结论 ", "备注"], [FIRST, "属实  ", "a,b"], ["", "", ""]]
    text = "\r\n".join(divided.join(f'"{cell}"' for cell in line) for line in lines)
    title = f"历城区核查表{divided * 2}\r\n"
    given = csv_of(made.parent / "back", title + text, encoding)
    done = cases.bring_back(made, given, moment=MOMENT)
    assert (done.findings, done.told) == ({"verified": 1}, ())
    assert geopackage.read(made).cases["note"].to_list() == ["a,b"]


# --- nothing else changes, and twice is once -----------------------------------------------


def test_only_states_and_cases_change_and_twice_is_once(made: Path) -> None:
    before, whole = everything(made), geopackage.read(made)
    given = csv_of(made.parent / "back", f"patch_id,verdict\n{FIRST},verified\n{SECOND},unclear\n")
    assert cases.bring_back(made, given, moment=MOMENT).changed == 2
    after = everything(made)
    counted = {"gpkg_ogr_contents", "sqlite_sequence", "conversions", "qgis_projects"}
    for name in before.keys() - counted:
        others = [row for row in after[name] if "cases" not in {str(c)[:5] for c in row[:4]}]
        assert others == before[name]
    read = geopackage.read(made)
    pd.testing.assert_frame_equal(
        read.conversions.drop(columns="status"), whole.conversions.drop(columns="status")
    )
    assert [state for state in states(made).values() if state != "new"] == ["verified"]
    content = made.read_bytes()
    again = cases.bring_back(made, given, moment=datetime(2027, 1, 1, tzinfo=UTC))
    assert (again.changed, again.photos) == (0, 0)
    assert "nothing was changed" in again.said()[0].en
    assert made.read_bytes() == content


def test_a_later_visit_replaces_the_finding_and_keeps_the_others(made: Path) -> None:
    folder = made.parent / "back"
    text = f"patch_id,verdict\n{FIRST},verified\n{SECOND},dismissed\n"
    cases.bring_back(made, csv_of(folder, text), moment=MOMENT)
    later = csv_of(folder, f"patch_id,verdict\n{FIRST},closed\n")
    assert cases.bring_back(made, later, moment=MOMENT).changed == 1
    found = geopackage.read(made).cases.set_index("patch_id")["verdict"].to_dict()
    assert found == {FIRST: "closed", SECOND: "dismissed"}
    assert states(made)[SECOND] == "dismissed"


def test_an_earlier_visit_never_takes_a_later_one_away(made: Path) -> None:
    folder, rows = made.parent / "back", f"patch_id,verdict,inspected_on\n{FIRST},"
    cases.bring_back(made, csv_of(folder, f"{rows}closed,2026-06-18\n"), moment=MOMENT)
    content = made.read_bytes()
    late = cases.bring_back(made, csv_of(folder, f"{rows}dismissed,2026-06-17\n"), moment=MOMENT)
    assert f"before the one the result has, left out: 1 ({FIRST})" in late.told[0].en
    assert made.read_bytes() == content


def test_a_visit_before_the_change_says_nothing_of_it(made: Path) -> None:
    """The change of the first patch began after 2025-02-20."""
    folder, rows = made.parent / "back", f"patch_id,verdict,inspected_on\n{FIRST},dismissed,"
    early = cases.bring_back(made, csv_of(folder, f"{rows}2025-02-20\n"), moment=MOMENT)
    assert f"the state was left as it is: 1 ({FIRST})" in early.told[-1].en
    assert states(made)[FIRST] == "new"
    cases.bring_back(made, csv_of(folder, f"{rows}2025-02-21\n"), moment=MOMENT)
    assert states(made)[FIRST] == "dismissed"


def test_the_report_from_before_is_told_of(made: Path) -> None:
    folder = made.parent / "back"
    page = made.with_suffix("") / "report.html"
    page.parent.mkdir()
    page.write_text("old")
    unclear = csv_of(folder, f"patch_id,verdict\n{FIRST},unclear\n")
    assert cases.bring_back(made, unclear, moment=MOMENT).told == ()
    given = csv_of(folder, f"patch_id,verdict\n{FIRST},verified\n")
    (told,) = cases.bring_back(made, given, moment=MOMENT).told
    assert "farmland report X.gpkg writes it again" in told.en


# --- rules -------------------------------------------------------------------------------

OURS = """
extends = "cn"
id = "our_county"
version = "1"

[visited.frogs]
policy_class = "non_grain_A"
land_code = "1104"
patch_type = "03"
label = { en = "frog farm", zh = "养蛙池" }
pbf = { permission = "prohibited", basis = ["NG44"] }
cultivated = { permission = "monitored", basis = ["NG44"] }
other = { permission = "allowed", policy_class = "allowed" }
"""


def test_rules_of_an_office_name_what_may_be_found(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = made.parent / "ours.toml"
    ours.write_text(OURS, "utf-8")
    given = csv_of(made.parent / "back", f"patch_id,verdict,land_found\n{FIRST},verified,养蛙池\n")
    words = ["report", str(made), "--import", str(given), "--lang", "zh"]
    assert main(words) == 0
    assert f"已留空：1（{FIRST}: 养蛙池）" in capsys.readouterr().err
    assert main([*words, "--rules", str(ours)]) == 0
    assert "已留空" not in capsys.readouterr().err
    assert geopackage.read(made).cases["land_found"].to_list() == ["frogs"]
    assert main([*words, "--rules", str(ours.with_name("none.toml"))]) == 4


def test_a_result_of_rules_that_are_not_at_hand_is_told_of(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(made)) as database:
        database.execute("UPDATE run SET value = ? WHERE key = 'rules'",
                         ('{"id": "our_county", "version": "1"}',))  # fmt: skip
        database.commit()
    given = csv_of(made.parent / "back", f"patch_id,verdict,land_found\n{FIRST},verified,pond\n")
    for words in (["--import", str(given)], ["--budget", "3"]):
        for language, said in (
            ("en", "rules our_county, which are"),
            ("zh", "规则 our_county 得出"),
        ):
            assert main(["report", str(made), *words, "--lang", language]) == 0
            assert said in capsys.readouterr().err


# --- every mistake is a sentence ----------------------------------------------------------


def test_mistakes_are_counted_and_told(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        "patch_id,verdict,land_found,inspector,inspected_on,photos\n"
        f"{FIRST},verified,castle,Ann Example,2026-02-30,gone.jpg\n"
        f"{FIRST},dismissed,,,,\n"
        f"{SECOND},perhaps,,,,\n"
        "ffffffffffff,verified,,,,\n"
        f"{THIRD},,,,,\n"
    )
    given = csv_of(made.parent / "back", text)
    assert main(["report", str(made), "--import", str(given), "--lang", "en"]) == 0
    said = capsys.readouterr().err
    for sentence in (
        "Findings: 1 (dismissed 1)",
        "not in the result, left out: 1 (ffffffffffff)",
        f"left out: 1 ({SECOND}: perhaps)",
        f"cannot be, left empty: 1 ({FIRST}: 2026-02-30)",
        f"left empty: 1 ({FIRST}: castle)",
        f"the latest counts: 1 ({FIRST})",
        "without a finding, left out: 1",
    ):
        assert sentence in said
    assert states(made)[FIRST] == "dismissed"


@pytest.mark.parametrize(
    ("content", "code", "english", "chinese"),
    [
        ("patch_id,verdict\nffffffffffff,verified\n", 4, "None of the 1 patches", "均不在 X.gpkg"),
        ("name,verdict\nx,verified\n", 4, "have the columns name, verdict", "图斑编号"),
        ("", 4, "cannot be read", "无法读取核查结果"),
        (None, 2, "There is no file", "不存在"),
    ],
)
def test_a_file_that_cannot_be_meant(
    made: Path, content: str | None, code: int, english: str, chinese: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given = made.parent / "back.csv"
    if content is not None:
        given.write_text(content)
    before = made.read_bytes()
    for language, sentence in (("en", english), ("zh", chinese)):
        assert main(["report", str(made), "--import", str(given), "--lang", language]) == code
        assert sentence in capsys.readouterr().err
    assert made.read_bytes() == before


@pytest.mark.parametrize("suffix", [".xlsx", ".gpkg", ".csv", ".shp"])
@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00nonsense", b"PK\x03\x04broken"])
def test_a_broken_file_is_a_sentence(made: Path, suffix: str, content: bytes) -> None:
    given = made.parent / f"back{suffix}"
    given.write_bytes(content)
    assert main(["report", str(made), "--import", str(given), "-qq"]) == 4


# --- persons -----------------------------------------------------------------------------


def test_the_name_of_an_inspector_stays_out_unless_asked(
    made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = csv_of(made.parent / "back", f"patch_id,verdict,inspector\n{FIRST},verified,欧阳九\n")
    words = ["report", str(made), "--import", str(given), "--lang", "zh"]
    assert main(words) == 0
    assert "未写入结果的核查人姓名：1" in capsys.readouterr().err
    assert "欧阳九".encode() not in made.read_bytes()
    assert main([*words, "--keep-inspector"]) == 0
    assert geopackage.read(made).cases["inspector"].to_list() == ["欧阳九"]


# --- learning ----------------------------------------------------------------------------


def test_what_was_found_is_what_training_reads(made: Path) -> None:
    text = (
        "patch_id,verdict,land_found\n"
        f"{FIRST},verified,pond\n{SECOND},dismissed,\n{THIRD},verified,1104\n"
    )
    cases.bring_back(made, csv_of(made.parent / "back", text), moment=MOMENT)
    result = geopackage.read(made)
    read = as_found(result, RULES).conversions.set_index("patch_id")
    assert read.loc[[FIRST, SECOND, THIRD], "status"].to_list() == [
        "verified", "dismissed", "verified",
    ]  # fmt: skip
    assert read.loc[FIRST, "cover"] == "pond"
    kept = result.conversions.set_index("patch_id")["cover"]
    assert read["cover"].drop(FIRST).equals(kept.drop(FIRST))


# --- rows ---------------------------------------------------------------------------------

cells = st.text(max_size=12) | st.sampled_from(
    [
        "verified",
        "属实",
        "否",
        "pond",
        "1104",
        "2026-06-18",
        "20260618",
        "2026年13月1日",
        FIRST,
        "1",
    ]
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(INSPECTION.names, cells)), max_size=6))
def test_any_row_is_a_finding_or_a_count(rows: list[Mapping[str, str]]) -> None:
    found, told = steps.found(rows, {FIRST, SECOND}, RULES, date(2026, 6, 20))
    assert len({one.patch_id for one in found}) == len(found) <= len(rows)
    for one in found:
        assert one.verdict in layers.CASES.column("verdict").meanings
        assert one.inspected_on is None or one.inspected_on <= date(2026, 6, 20)
    assert all(isinstance(sentence, Words) for sentence in told.said())
    assert steps.found([*rows, *rows], {FIRST, SECOND}, RULES, date(2026, 6, 20))[0] == found


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        ("a.jpg;b.jpg；c.jpg", ("a.jpg", "b.jpg", "c.jpg")),
        ('["a.jpg", "b.jpg"]', ("a.jpg", "b.jpg")),
        ('"a b.jpg" "c.jpg"', ("a b.jpg", "c.jpg")),
        ("[broken", ("[broken",)),
        (" ; ", ()),
    ],
)
def test_photographs_are_named_in_any_way(cell: str, names: tuple[str, ...]) -> None:
    assert steps.photo_names(cell) == names
