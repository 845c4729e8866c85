"""From a detection to the field and back, and into the next detection, with the real programs."""

from __future__ import annotations

import csv
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from inspection.filled import HEIC, SECRET, photo, states
from openpyxl import load_workbook

from farmland.flow.example import AFTER
from farmland.io import cases as table
from farmland.io import geopackage
from farmland.layers import INSPECTION
from farmland.simulate.sample import sample_folder

pytestmark = pytest.mark.slow

FIELDS = tuple(f"32090310120000000{number}" for number in ("07", "08", "10", "11", "12", "13"))
"""Neighbours of the sample; four of them have changed."""


def farmland(folder: Path, *words: str) -> str:
    """Run the command line in a folder, as a clerk does; what it says and prints."""
    done = subprocess.run(
        [sys.executable, "-m", "farmland", *words, "--lang", "zh"],
        cwd=folder, capture_output=True, text=True, encoding="utf-8", check=True, timeout=300,
    )  # fmt: skip
    return done.stderr + done.stdout


def detection(out: str, parcels: str = "fields.gpkg") -> list[str]:
    catalog = str(sample_folder() / "catalog.json")
    return ["detect", parcels, "--catalog", catalog, "--offline", "--after", str(AFTER),
            "--out", out, "-q"]  # fmt: skip


def in_a_workbook(path: Path, patch: str) -> None:
    """A pond, with a day that Excel keeps as a number."""
    book = load_workbook(path)
    sheet = book.worksheets[0]
    line = [cell.value for cell in sheet["A"]].index(patch) + 1
    filled = {"verdict": "属实 ", "land_found": "坑塘", "inspected_on": 45485, "reason": "已挖塘",
              "photos": "a.heic；b.jpg", "inspector": "欧阳九"}  # fmt: skip
    for name, value in filled.items():
        sheet.cell(line, INSPECTION.names.index(name) + 1, value)
    book.save(path)


def in_qgis(path: Path, patch: str) -> None:
    with closing(sqlite3.connect(path)) as database:
        for name in table.SHAPE_FUNCTIONS:
            database.create_function(name, 1, lambda _: 0)
        database.execute(
            "UPDATE inspection SET verdict = 'dismissed', inspected_on = '2024-07-11' "
            "WHERE patch_id = ?", (patch,),
        )  # fmt: skip
        database.commit()


def in_a_table(path: Path, patch: str) -> None:
    """Saved by Excel in China: GBK, full-width digits."""
    heads, *rows = csv.reader(path.read_text("utf-8-sig").splitlines())
    (row,) = (row for row in rows if row[0] == patch)
    row[heads.index("核查结论")], row[heads.index("核查日期")] = "已整改销号", "２０２４／７／１２"
    text = "\r\n".join(",".join(f'"{cell}"' for cell in line) for line in (heads, *rows))
    path.write_bytes(text.encode("gbk"))


def test_an_inspector_goes_it(tmp_path: Path) -> None:
    sample = gpd.read_file(sample_folder() / "parcels.gpkg")
    sample[sample["parcel_id"].isin(FIELDS)].to_file(tmp_path / "fields.gpkg")
    result, lists = tmp_path / "county.gpkg", tmp_path / "field"

    farmland(tmp_path, *detection("county.gpkg"))
    assert set(states(result).values()) == {"new"}
    farmland(tmp_path, "report", "county.gpkg", "--budget", "9", "--to", "field")
    pond, nothing, restored, left = states(result)
    in_a_workbook(lists / "inspection.xlsx", pond)
    in_qgis(lists / "inspection.gpkg", nothing)
    in_a_table(lists / "inspection.csv", restored)
    shutil.copy(HEIC, lists / "a.heic")
    photo(lists / "b.jpg")

    told = farmland(tmp_path, "report", "county.gpkg", "--import", "field/inspection.xlsx",
                    "--strip-exif")  # fmt: skip
    assert "属实 1" in told
    assert "照片 2 张" in told
    assert "核查人姓名：1" in told
    assert "farmland report county.gpkg 重新生成" in told
    farmland(tmp_path, "report", "county.gpkg", "--import", "field/inspection.gpkg")
    farmland(tmp_path, "report", "county.gpkg", "--import", "field/inspection.csv")
    decided = {pond: "verified", nothing: "dismissed", restored: "closed"}
    assert states(result) == decided | {left: "new"}
    everywhere(tmp_path, decided)

    earlier = result.read_bytes()
    killed(tmp_path, detection("county.gpkg"), seconds=4.0)
    assert result.read_bytes() == earlier
    told = farmland(tmp_path, *detection("county.gpkg"))
    assert "原结果共 4 个图斑：再次检出 4 个，沿用原编号和办理状态；未再检出 0 个" in told
    assert "保留实地核查结果 3 条。" in told
    assert states(result) == decided | {left: "ongoing"}
    everywhere(tmp_path, decided)
    told = farmland(tmp_path, "report", "county.gpkg", "--budget", "9", "--to", "next")
    assert "共 1 个图斑" in told

    without = sample["parcel_id"].isin(FIELDS) & (sample["parcel_id"] != FIELDS[0])
    sample[without].to_file(tmp_path / "fewer.gpkg")
    told = farmland(tmp_path, *detection("county.gpkg", "fewer.gpkg"))
    assert "保留实地核查结果 3 条，其中 1 条的图斑未再检出。" in told
    assert states(result).items() <= (decided | {left: "ongoing"}).items()
    assert len(photographs(result, pond)) == 2


def photographs(result: Path, patch: str) -> list[bytes]:
    """Those of a case, which lie where its row says, and tell nothing of a camera."""
    rows = geopackage.read(result).cases.set_index("patch_id")
    names = re.findall(r'"name": "([^"]+)"', rows.loc[patch, "photos"])
    found = [(result.with_suffix("") / "photos" / name).read_bytes() for name in names]
    assert not any(SECRET in content for content in found)
    return found


def everywhere(folder: Path, decided: dict[str, str]) -> None:
    """States stand in the page, the ledger and what is handed over, and photographs lie there."""
    farmland(folder, "report", "county.gpkg", "--all", "--to", "out")
    page = (folder / "out" / "report.html").read_text("utf-8")
    sheets = load_workbook(folder / "out" / "tables.xlsx").worksheets
    told = {str(cell.value) for sheet in sheets for row in sheet for cell in row}
    farmland(folder, "export", "county.gpkg", "--to", "out", "--format", "gpkg", "--profile",
             "generic")  # fmt: skip
    handed = gpd.read_file(folder / "out" / "county_generic.gpkg", layer="conversions")
    for patch, state in decided.items():
        assert state in page
        assert {"verified": "已核实", "dismissed": "已排除", "closed": "已销号"}[state] in told
        assert handed.set_index("patch_id").loc[patch, "status"] == state
    assert len(photographs(folder / "county.gpkg", next(iter(decided)))) == 2


def killed(folder: Path, words: list[str], seconds: float) -> None:
    """Begin a run and end it at once, the hard way."""
    words = [sys.executable, "-m", "farmland", *words]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(words, cwd=folder, **silent) as process:
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
