"""What is written is read back cell for cell, and a reader never meets half a file."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
from result.example import CRS, NASTY, example_result

from farmland import layers
from farmland.errors import FarmlandError, UnusableInput
from farmland.io import geopackage
from farmland.layers import LAYERS
from farmland.result import Result

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def result() -> Result:
    return example_result()


@pytest.fixture(scope="module")
def written(result: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("result") / "结果 1.gpkg"
    geopackage.write(result, path)
    return path


def cells(table: pd.DataFrame) -> list[list[object]]:
    """Every cell as plain text or bytes, null as None."""
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
    rows = [
        [None if pd.isna(cell) else cell for cell in row] for row in plain.itertuples(index=False)
    ]
    if "geometry" in table:
        for row, shape in zip(rows, table.geometry, strict=True):
            row.append(shape and shape.wkb)
    return rows


@pytest.mark.parametrize(
    "name", ["conversions", "parcels", "overlay", "summary", "accounts", "scenes"]
)
def test_reads_back_cell_for_cell(result: Result, written: Path, name: str) -> None:
    table = getattr(result, name)
    frame = pyogrio.read_dataframe(written, layer=name)
    assert list(frame.columns) == list(table.columns)
    assert cells(frame) == cells(table)
    if LAYERS[name].geometry:
        assert frame.crs == table.crs
    assert cells(getattr(geopackage.read(written), name)) == cells(table)


def test_run_and_evidence_read_back(result: Result, written: Path) -> None:
    back = geopackage.read(written)
    assert back.run == result.run
    assert list(back.evidence) == list(result.evidence)
    for patch, item in result.evidence.items():
        read = back.evidence[patch]
        np.testing.assert_array_equal(read.curve.ndvi, item.curve.ndvi)
        np.testing.assert_array_equal(read.curve.days, item.curve.days)
        assert (read.after is None) == (item.after is None)
        assert (read.onset is None) == (item.onset is None)
        assert read.basic == item.basic
        assert read.before is not None
        assert item.before is not None
        assert read.before.window == item.before.window
        assert (read.before.item_id, read.before.day) == (item.before.item_id, item.before.day)
        np.testing.assert_array_equal(read.before.rgb, item.before.rgb)


def test_names_from_outside_are_data(written: Path) -> None:
    frame = pyogrio.read_dataframe(written, layer="parcels")
    assert frame["parcel_id"][: len(NASTY)].tolist() == list(NASTY)
    assert frame.geometry.iloc[-1] is None
    assert frame["status"].iloc[-1] == "invalid_geometry"


def test_is_a_sound_geopackage_of_version_1_3(written: Path) -> None:
    with closing(sqlite3.connect(f"file:{written}?mode=ro", uri=True)) as database:
        ask = lambda sql: database.execute(sql).fetchall()  # noqa: E731
        assert ask("PRAGMA integrity_check") == [("ok",)]
        assert ask("PRAGMA foreign_key_check") == []
        assert ask("PRAGMA application_id") == [(0x47504B47,)]
        assert ask("PRAGMA user_version") == [(10300,)]
        assert ask("PRAGMA journal_mode") == [("delete",)]
        tables = {name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables >= {
            "gpkg_contents", "gpkg_spatial_ref_sys", "gpkg_geometry_columns", "gpkg_extensions",
            "gpkg_data_columns", "gpkg_data_column_constraints", "layer_styles", "qgis_projects",
            *LAYERS,
        }  # fmt: skip
        types = dict(ask("SELECT table_name, data_type FROM gpkg_contents"))
        assert types == {
            "conversions": "features", "parcels": "features", "overlay": "features",
            "scenes": "features",
            "summary": "attributes", "accounts": "attributes", "run": "attributes",
            "layer_styles": "attributes",
        }  # fmt: skip
        moments = ask("SELECT update_time FROM layer_styles") + ask(
            "SELECT last_change FROM gpkg_contents"
        )
        for (moment,) in moments:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment)
        declared = {row[1]: row[2] for row in ask("PRAGMA table_info(conversions)")}
        assert declared["date_from"] == "DATE"
        assert declared["area_m2"] == "REAL"
        assert declared["geom"] == "MULTIPOLYGON"
    assert [entry.name for entry in written.parent.iterdir() if entry.is_file()] == [written.name]


def test_every_column_is_described_in_both_languages(written: Path) -> None:
    with closing(sqlite3.connect(written)) as database:
        rows = database.execute(
            "SELECT table_name, column_name, title, description, constraint_name "
            "FROM gpkg_data_columns"
        ).fetchall()
        extensions = database.execute(
            "SELECT table_name FROM gpkg_extensions WHERE extension_name = 'gpkg_schema'"
        ).fetchall()
        values = database.execute(
            "SELECT value FROM gpkg_data_column_constraints "
            "WHERE constraint_name = 'parcels_status' ORDER BY rowid"
        ).fetchall()
    expected = {(layer.name, name) for layer in LAYERS.values() for name in layer.names}
    assert {row[:2] for row in rows} == expected
    titles = {row[:2]: row[2] for row in rows}
    assert titles["conversions", "cover"] == "现状覆盖 / became"
    assert {name for (name,) in extensions} == {
        "gpkg_data_columns", "gpkg_data_column_constraints",
    }  # fmt: skip
    assert [code for (code,) in values] == list(layers.PARCELS.column("status").meanings)


def test_same_result_same_cells(result: Result, written: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.gpkg"
    geopackage.write(result, again)
    for name in LAYERS:
        with closing(sqlite3.connect(written)) as one, closing(sqlite3.connect(again)) as two:
            sql = f"SELECT * FROM {name}"  # noqa: S608
            assert one.execute(sql).fetchall() == two.execute(sql).fetchall()
    one, two = written.with_suffix("") / "evidence.sqlite", tmp_path / "again/evidence.sqlite"
    assert one.read_bytes() == two.read_bytes()


def test_a_result_without_patches_is_a_result(tmp_path: Path) -> None:
    empty = example_result(patches=False)
    geopackage.write(empty, tmp_path / "empty.gpkg")
    back = geopackage.read(tmp_path / "empty.gpkg")
    assert len(back.conversions) == 0
    assert back.conversions.crs == CRS
    assert list(back.conversions.columns[:-1]) == list(layers.CONVERSIONS.names)
    assert len(back.parcels) == len(empty.parcels)
    assert back.evidence == {}


# --- nothing half, nothing lost ----------------------------------------------


def test_killed_in_the_middle_the_old_file_stays(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "X.gpkg"
    geopackage.write(result, path)
    os.utime(path, (0, 0))
    old = path.read_bytes()
    command = [sys.executable, str(HERE / "write_again.py"), str(path)]
    with subprocess.Popen(command) as writer:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".X.writing-*/X.gpkg")) and time.monotonic() < deadline:
            time.sleep(0.002)
        writer.send_signal(signal.SIGKILL)
    drafts = list(tmp_path.glob(".X.writing-*/X.gpkg"))
    assert drafts, "the writer was not in the middle"
    assert path.read_bytes() == old
    os.utime(drafts[0].parent, (0, 0))
    geopackage.write(result, path)
    assert not list(tmp_path.glob(".X.*"))
    assert len(geopackage.read(path).parcels) == len(result.parcels)


def test_a_draft_that_fails_is_removed(result: Result, tmp_path: Path) -> None:
    path = tmp_path / "X.gpkg"
    geopackage.write(result, path)
    old = path.read_bytes()
    broken = Result(result.conversions, result.parcels, result.summary, result.scenes,
                    {"start": object()}, {}, result.overlay, result.accounts)  # fmt: skip
    with pytest.raises(TypeError):
        geopackage.write(broken, path)
    assert path.read_bytes() == old
    assert not list(tmp_path.glob(".X.*"))


def refused(result: Result, path: Path) -> FarmlandError:
    with pytest.raises(FarmlandError) as caught:
        geopackage.write(result, path)
    return caught.value


def test_an_output_that_is_a_folder(result: Result, tmp_path: Path) -> None:
    fault = refused(result, tmp_path)
    assert fault.exit_code == 4
    assert fault.english == (
        f"The output {tmp_path} is a folder: give the name of a file ending in .gpkg."
    )
    assert fault.chinese == f"输出 {tmp_path} 是文件夹：请给出以 .gpkg 结尾的文件名。"


def test_an_output_whose_folder_is_missing(result: Result, tmp_path: Path) -> None:
    fault = refused(result, tmp_path / "no" / "X.gpkg")
    assert fault.exit_code == 4
    assert "does not exist: make it or give another" in fault.english
    assert "不存在" in fault.chinese


def test_an_output_folder_that_cannot_be_written(result: Result) -> None:
    fault = refused(result, Path("/sys/kernel/X.gpkg"))
    assert fault.exit_code == 4
    assert fault.english.startswith("The folder of /sys/kernel/X.gpkg cannot be written (")
    assert fault.chinese.startswith("无法写入 /sys/kernel/X.gpkg 所在文件夹（")


def test_a_file_that_is_not_ours_is_not_replaced(
    result: Result, written: Path, tmp_path: Path
) -> None:
    text, parcels = tmp_path / "notes.gpkg", tmp_path / "parcels.gpkg"
    text.write_text("not a database, and long enough to be told from one" * 40)
    pyogrio.write_dataframe(pyogrio.read_dataframe(written, layer="parcels"), parcels)
    for path in (text, parcels):
        old = path.read_bytes()
        fault = refused(result, path)
        assert fault.exit_code == 4
        assert "exists and is no result of farmland" in fault.english
        assert path.read_bytes() == old
        with pytest.raises(UnusableInput):
            geopackage.read(path)
    with pytest.raises(UnusableInput, match="There is no file"):
        geopackage.read(tmp_path / "none.gpkg")


@pytest.fixture(params=["DELETE", "WAL"])
def opened(request: pytest.FixtureRequest, written: Path, tmp_path: Path) -> Iterator[Path]:
    """A result that another program reads, in the mode of GDAL or in that of QGIS."""
    path = tmp_path / "X.gpkg"
    shutil.copy(written, path)
    reader = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "d.execute('PRAGMA journal_mode = ' + sys.argv[2]);"
        "d.execute('BEGIN'); d.execute('SELECT * FROM run').fetchone();"
        "print('open', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", reader, str(path), request.param]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield path
        process.communicate("")


def test_a_file_open_elsewhere_is_left_alone(result: Result, opened: Path) -> None:
    fault = refused(result, opened)
    assert fault.exit_code == 4
    assert "is open in another program such as QGIS: close it there" in fault.english
    assert "正被其他程序（如 QGIS）打开" in fault.chinese


def test_side_files_of_a_reader_that_left_are_cleared(
    result: Result, written: Path, tmp_path: Path
) -> None:
    path = tmp_path / "X.gpkg"
    shutil.copy(written, path)
    crash = (
        "import sqlite3, sys, os; d = sqlite3.connect(sys.argv[1]);"
        "d.execute('PRAGMA journal_mode = WAL'); d.execute('DELETE FROM conversions');"
        "d.commit(); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", crash, str(path)], check=False)
    assert Path(f"{path}-wal").exists()
    geopackage.write(result, path)
    assert not Path(f"{path}-wal").exists()
    assert len(geopackage.read(path).conversions) == len(result.conversions)


FULL = """
import sys
sys.path[:0] = [{tests!r}]
from result.example import example_result
from farmland.errors import FarmlandError
from farmland.io import geopackage
try:
    geopackage.write(example_result(rows=40, columns=40), {path!r})
except FarmlandError as fault:
    print(fault.exit_code, fault.english)
"""


@pytest.mark.parametrize("size", ["24k", "400k"])
def test_a_full_disk_is_said(tmp_path: Path, size: str) -> None:
    mount = f"mount -t tmpfs -o size={size} none {tmp_path}"
    probe = subprocess.run(["unshare", "-rm", "sh", "-c", mount], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip("a small disk needs user namespaces: unshare (package util-linux) refused")
    code = FULL.format(tests=str(HERE.parent), path=str(tmp_path / "X.gpkg"))
    script = f'{mount} && "$0" -c "$1"; ls -A {tmp_path}'
    said = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script, sys.executable, code],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert said.startswith("5 The disk of ")
    assert "is full: make room and run again." in said
    assert ".gpkg\n" not in said.split("\n", 1)[1]


def test_relink_changes_the_project_only(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "renamed & <moved>.gpkg"
    shutil.copy(written, path)
    geopackage.relink(path)
    with closing(sqlite3.connect(path)) as one, closing(sqlite3.connect(written)) as two:
        for name in (*LAYERS, "layer_styles", "gpkg_contents"):
            sql = f"SELECT * FROM {name}"  # noqa: S608
            assert one.execute(sql).fetchall() == two.execute(sql).fetchall()
        (metadata,) = one.execute("SELECT metadata FROM qgis_projects").fetchone()
    assert json.loads(metadata)["last_modified_user"] == ""
