"""What inspectors filled in, taken over: every format, every mistake, twice, with photographs."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
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
from openpyxl import load_workbook
from PIL import Image
from result.example import example_result

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
MOMENT = datetime(2026, 6, 20, 1, 2, 3, tzinfo=UTC)
FIRST, SECOND, THIRD = "000000000001", "000000001ef0", "000000003ddf"
SECRET = b"SN-4711-0815"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result."""
    path = tmp_path_factory.mktemp("result") / "X.gpkg"
    geopackage.write(example_result(rows=4, columns=6), path)
    return path


@pytest.fixture
def made(written: Path, tmp_path: Path) -> Path:
    """A result of one's own."""
    return Path(shutil.copy(written, tmp_path / "X.gpkg"))


def csv_of(folder: Path, text: str, encoding: str = "utf-8-sig") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "back.csv"
    path.write_bytes(text.encode(encoding))
    return path


def states(path: Path) -> dict[str, str]:
    frame = geopackage.read(path).conversions
    return dict(zip(frame["patch_id"], frame["status"], strict=True))


def photo(path: Path, *, seed: int = 0) -> Path:
    """A picture from 36.5 N 116.75 E, looking east, with the number of its camera."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Maker " + SECRET.decode()
    exif[0x8825] = {
        1: "N", 2: (36.0, 30.0, 0.0), 3: "E", 4: (116.0, 45.0, 0.0), 16: "T", 17: 90.0,
        29: "2026:06:18",
    }  # fmt: skip
    exif[0x8769] = {0x9003: "2026:06:18 10:20:30", 0x9011: "+08:00", 0xA431: SECRET.decode()}
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.effect_noise((64, 48), 20 + seed).convert("RGB")
    picture.save(path, exif=exif.tobytes(), comment=SECRET)
    return path


def everything(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All tables of a database, cell for cell."""
    with closing(sqlite3.connect(path)) as database:
        names = [name for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]  # fmt: skip
        return {
            name: database.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608
            for name in names
        }


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
    counted = {"gpkg_ogr_contents", "sqlite_sequence", "conversions"}
    for name in before.keys() - counted:
        assert [row for row in after[name] if not str(row[0]).startswith("cases")] == before[name]
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


# --- photographs --------------------------------------------------------------------------


def photos_of(path: Path) -> list[dict[str, Any]]:
    (row,) = geopackage.read(path).cases.to_dict("records")
    held: list[dict[str, Any]] = json.loads(row["photos"])
    return held


@pytest.mark.parametrize("strip", [False, True])
def test_photographs_come_with_position_and_direction(made: Path, strip: bool) -> None:
    folder = made.parent / "back"
    source = photo(folder / "DCIM" / "a.jpg")
    photo(folder / "b.jpg", seed=9)
    text = f"patch_id,verdict,photos\n{FIRST},verified,DCIM\\a.jpg; b.jpg\n"
    given = csv_of(folder, text)
    assert cases.bring_back(made, given, strip_exif=strip, moment=MOMENT).photos == 2
    one, two = photos_of(made)
    assert (one["name"], two["name"]) == (f"{FIRST}_1.jpg", f"{FIRST}_2.jpg")
    stored = (made.with_suffix("") / "photos" / one["name"]).read_bytes()
    assert hashlib.sha256(stored).hexdigest() == one["sha256"]
    assert (one["lon"], one["lat"], one["direction"]) == (116.75, 36.5, 90.0)
    assert one["taken_at"] == "2026-06-18T10:20:30+08:00"
    assert (stored == source.read_bytes()) is not strip
    assert (SECRET in stored) is not strip
    with Image.open(io.BytesIO(stored)) as image, Image.open(source) as given_image:
        gps = image.getexif().get_ifd(0x8825)
        assert (image.getexif()[0x0112], float(gps[17]), gps[3]) == (6, 90.0, "E")
        assert (29 in gps) is not strip
        assert image.size == given_image.size
        apart = [abs(a - b) for a, b in zip(image.tobytes(), given_image.tobytes(), strict=True)]
        assert max(apart) <= 3
    before = made.read_bytes()
    assert cases.bring_back(made, given, strip_exif=strip, moment=MOMENT).photos == 0
    assert made.read_bytes() == before


def test_a_changed_photograph_is_told_and_mended_from_its_source(made: Path) -> None:
    folder = made.parent / "back"
    source = photo(folder / "a.jpg")
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.jpg\n")
    cases.bring_back(made, given, moment=MOMENT)
    stored = made.with_suffix("") / "photos" / f"{FIRST}_1.jpg"
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-9])
    moved = source.rename(folder.parent / "a.jpg")
    told = " ".join(one.en for one in cases.bring_back(made, given, moment=MOMENT).said())
    assert f"missing or were changed since: 1 ({FIRST}_1.jpg)" in told
    shutil.copy(moved, source)
    assert cases.bring_back(made, given, moment=MOMENT).photos == 1
    assert stored.read_bytes() == whole


@pytest.mark.parametrize("name", ["../secret.jpg", "{outside}", "link.jpg", "\0", "x" * 400])
def test_a_photograph_outside_the_folder_is_never_read(made: Path, name: str) -> None:
    outside = photo(made.parent / "secret.jpg")
    folder = made.parent / "back"
    folder.mkdir()
    (folder / "link.jpg").symlink_to(outside)
    said = name.format(outside=outside)
    rows = [{"patch_id": FIRST, "verdict": "verified", "photos": said}]
    pd.DataFrame(rows).to_csv(folder / "back.csv", index=False)
    assert cases.bring_back(made, folder / "back.csv", moment=MOMENT).photos == 0
    assert not (made.with_suffix("") / "photos").exists()


def test_what_is_no_photograph_is_told(made: Path) -> None:
    folder = made.parent / "back"
    given = csv_of(folder, f"patch_id,verdict,photos\n{FIRST},verified,a.jpg;b.jpg\n")
    (folder / "a.jpg").write_bytes(b"<svg onload=alert(1)>")
    (folder / "b.jpg").write_bytes(b"\xff\xd8\xff\xe1\x00\x10Exif\x00\x00broken")
    done = cases.bring_back(made, given, moment=MOMENT)
    assert done.photos == 0
    assert "no JPEG or HEIC photograph, left out: 2 (a.jpg, b.jpg)" in " ".join(
        w.en for w in done.said()
    )


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
