"""The list of visits as files: in both languages, with a form, and safe from being lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import in_qgis
import numpy as np
import pytest
from matplotlib import image
from openpyxl import load_workbook
from result.example import example_result

from farmland.cli import main
from farmland.inspection.cases import photo_names
from farmland.io import field_tables, geopackage
from farmland.layers import INSPECTION

HERE = Path(__file__).parent
FILES = ("inspection.gpkg", "inspection.csv", "inspection.xlsx")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result of one's own."""
    path = tmp_path_factory.mktemp("field") / "X.gpkg"
    geopackage.write(example_result(), path)
    return path


@pytest.fixture(scope="module", params=["zh", "en"])
def listed(request: pytest.FixtureRequest, made: Path) -> Path:
    """A folder with the list in one language."""
    folder = made.parent / str(request.param)
    words = ["report", str(made), "--budget", "5", "--to", str(folder), "--lang", request.param]
    assert main(words) == 0
    return folder


@pytest.mark.parametrize("name", FILES)
def test_every_file_reads_back_as_the_same_visits(listed: Path, name: str) -> None:
    rows = field_tables.read(listed / name)
    assert [row["patch_id"] for row in rows] == [
        row["patch_id"] for row in field_tables.read(listed / FILES[0])
    ]
    assert len(rows) == 5
    assert [(row["round"], row["order"]) for row in rows] == [
        ("1", str(stop)) for stop in range(1, 6)
    ]
    assert {row["verdict"] for row in rows} == {""}
    assert set(rows[0]) == set(INSPECTION.names)


def test_the_tables_speak_the_language_and_keep_ids_as_text(listed: Path) -> None:
    titles = [column.title.text(listed.name) for column in INSPECTION.columns]
    content = (listed / "inspection.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.decode("utf-8-sig").splitlines()[0] == ",".join(titles)
    book = load_workbook(listed / "inspection.xlsx")
    sheet = book.worksheets[0]
    assert [cell.value for cell in sheet[1]] == titles
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("000000000001", "s")
    offered = {rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert len(offered) == 2
    assert all(one.startswith("lists!") for one in offered)


def test_a_list_that_is_filled_in_is_not_written_over(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["report", str(made), "--budget", "3", "--to", str(tmp_path), "--lang"]
    assert main([*words, "en"]) == 0
    assert main([*words, "en"]) == 0
    with closing(sqlite3.connect(tmp_path / "inspection.gpkg")) as database:
        database.create_function("ST_IsEmpty", 1, lambda _: 1)
        for edge in ("MinX", "MaxX", "MinY", "MaxY"):
            database.create_function(f"ST_{edge}", 1, lambda _: 0)
        database.execute("UPDATE inspection SET verdict = 'verified' WHERE fid = 2")
        database.commit()
    before = (tmp_path / "inspection.gpkg").read_bytes()
    capsys.readouterr()
    assert main([*words, "en"]) == 4
    assert "has 1 findings already: once they are taken over" in capsys.readouterr().err
    assert main([*words, "zh"]) == 4
    assert "已填写 1 条核查结论" in capsys.readouterr().err
    assert (tmp_path / "inspection.gpkg").read_bytes() == before


def test_what_is_said_of_hits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "X.gpkg"
    words = ["report", str(path), "--budget", "4", "--lang"]
    geopackage.write(example_result(), path)
    assert main([*words, "en"]) == 0
    assert "Not calibrated" in capsys.readouterr().err
    geopackage.write(example_result(calibration="200 verified cases"), path)
    assert main([*words, "zh"]) == 0
    assert "预计命中 3.3 个，大致在 2 至 4 个之间" in capsys.readouterr().err
    rows = field_tables.read(tmp_path / "X" / "inspection.csv")
    assert all(float(row["expected_m2"]) > 0 for row in rows)


@pytest.mark.parametrize("budget", ["0", "-3", "some"])
def test_a_budget_that_cannot_be_meant(
    made: Path, budget: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(made), "--budget", budget, "--lang", "en"]) == 2
    assert "--budget" in capsys.readouterr().err


def test_the_form_opens_in_qgis(listed: Path, tmp_path: Path) -> None:
    in_qgis.needed()
    path, picture = tmp_path / "inspection.gpkg", tmp_path / "map.png"
    path.write_bytes((listed / "inspection.gpkg").read_bytes())
    said = in_qgis.run(tmp_path, HERE / "label_in_qgis.py", path, picture)
    found: dict[str, Any] = json.loads(said)
    assert found["valid"]
    assert found["saved"]
    assert found["rows"] == 5
    assert {found["widgets"][name] for name in ("verdict", "land_found")} == {"ValueMap"}
    assert found["widgets"]["inspected_on"] == "DateTime"
    assert found["widgets"]["photos"] == "ExternalResource"
    words = INSPECTION.column("verdict").meanings
    assert [next(iter(one.items())) for one in found["verdicts"] if "" not in one] == [
        (said.text(listed.name), code) for code, said in words.items()
    ]
    assert found["several"]
    assert found["beside"] == str(tmp_path)
    assert photo_names(found["photos"]) == ("a b.jpg", "照片/2.jpg")
    assert found["lands"] > 25
    assert "patch_id" in found["read_only"]
    assert "verdict" not in found["read_only"]
    assert len(found["tabs"]) == 2
    assert len(found["legend"]) == 5
    assert found["labels"]
    assert found["aliases"]["note"] == INSPECTION.column("note").title.text(listed.name)
    assert float(np.ptp(image.imread(picture)[..., :3])) > 0.5
    assert [row["verdict"] for row in field_tables.read(path)].count("verified") == 1
