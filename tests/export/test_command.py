"""``farmland export`` as people and programs use it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest
from export.cases import beside
from result.example import example_result

from farmland import flow
from farmland.cli import main
from farmland.io import export as files
from farmland.io import geopackage


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    path = tmp_path_factory.mktemp("result") / "县.gpkg"
    geopackage.write(example_result(), path)
    return path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_person_reads_what_was_written(lang, result, tmp_path, capsys):
    to = tmp_path / "new" / "handover"
    assert main(["export", str(result), "--to", str(to), "--lang", lang]) == 0
    said = capsys.readouterr()
    assert "suspect_patch" in said.out
    assert ("Table" if lang == "en" else "表") in said.out
    assert ("which does not mean none" if lang == "en" else "不代表为零") in said.err
    assert {path.name for path in to.iterdir()} == {"县_cn_shp", "县_cn.gdb", "县_cn.gpkg"}
    assert [path for path in to.parent.iterdir() if path.name.startswith(".")] == []


def test_a_program_reads_json(result, tmp_path, capsys):
    words = ["export", str(result), "--to", str(tmp_path / "to"), "--format", "gpkg", "--json"]
    assert main([*words, "--batch", "2026Q2", "--log-json"]) == 0
    said = capsys.readouterr()
    told = json.loads(said.out)
    assert told["profile"] == "cn"
    assert told["rows"]["suspect_patch"] == 7
    assert {"en", "zh"} == set(told["notes"][0])
    assert [Path(path).name for path in told["written"]] == ["县_cn.gpkg"]
    assert {"export"} <= {json.loads(line).get("stage") for line in said.err.splitlines()}
    found = pyogrio.read_dataframe(told["written"][0], layer="suspect_patch")
    assert set(found["PCH"]) == {"2026Q2"}


def test_the_same_result_gives_the_same_files(result, tmp_path):
    for name in ("one", "two"):
        assert main(["export", str(result), "--to", str(tmp_path / name), "-qq"]) == 0
    one, two = tmp_path / "one" / "县_cn_shp", tmp_path / "two" / "县_cn_shp"
    assert len(list(one.iterdir())) == 14
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes(), file.name


def test_a_run_under_other_rules_goes_as_it_is(result, tmp_path, capsys):
    own = tmp_path / "own.gpkg"
    shutil.copy(result, own)
    with closing(sqlite3.connect(own)) as database:
        database.execute("""UPDATE run SET value = '{"id": "be", "version": "1"}'
                         WHERE key = 'rules'""")
        database.commit()
    words = ["export", str(own), "--to", str(tmp_path / "to"), "--format", "shp", "--json", "-qq"]
    assert main(words) == 0
    assert json.loads(capsys.readouterr().out)["profile"] == "generic"
    assert main([*words, "--profile", "cn"]) == 0


def test_an_older_result_without_an_overlay(result, tmp_path, capsys):
    old = tmp_path / "old.gpkg"
    shutil.copy(result, old)
    with closing(sqlite3.connect(old)) as database:
        for table in ("gpkg_contents", "gpkg_geometry_columns", "gpkg_ogr_contents",
                      "gpkg_extensions", "gpkg_data_columns"):  # fmt: skip
            database.execute(f"DELETE FROM {table} WHERE table_name = 'overlay'")  # noqa: S608
        for table in ("overlay", "rtree_overlay_geom"):
            database.execute(f"DROP TABLE {table}")
        database.commit()
    words = ["export", str(old), "--to", str(tmp_path / "to"), "--format", "gpkg", "-qq"]
    assert main(words) == 0
    found = pyogrio.read_dataframe(tmp_path / "to" / "old_cn.gpkg", layer="suspect_patch")
    assert found["NTMJ"].isna().all()
    assert len(found) == 7


def test_under_redaction_no_place_is_left(result, tmp_path, capsys):
    to = tmp_path / "to"
    words = ["export", str(result), "--to", str(to), "--redact", "-qq"]
    assert main(words) == 0
    assert [path.name for path in (to / "县_cn_shp").glob("*.shp")] == []
    assert (to / "县_cn_shp" / "suspect_patch.dbf").is_file()
    for ending in (".gdb", ".gpkg"):
        found = pyogrio.list_layers(beside(to, ending))
        assert {kind for _, kind in found} == {None}
    table = pyogrio.read_dataframe(beside(to, ".gpkg"), layer="suspect_patch")
    assert set(table["ZXJD"]) == {116.43, 116.44}


BAD = {
    "no folder": (["x.gpkg"], 2, "give --to DIR", "请给出 --to"),
    "no result": (["no.gpkg", "--to", "t"], 2, "There is no file", "不存在"),
    "no profile": (["x.gpkg", "--to", "t", "--profile", "cm"], 2, "cn is the nearest", "cn"),
    "no format": (["x.gpkg", "--to", "t", "--format", "dwg"], 2, "dwg", "dwg"),
    "long batch": (["x.gpkg", "--to", "t", "--batch", "批" * 11], 2, "20 bytes", "20 字节"),
    "no text": (["x.gpkg", "--to", "t", "--batch", "a\nb"], 2, "20 bytes", "20 字节"),
    "not ours": (["other.gpkg", "--to", "t"], 4, "is no result of farmland", "不是 farmland"),
    "a file": (["x.gpkg", "--to", "file"], 4, "is a file: give a folder", "是一个文件"),
    "below a file": (["x.gpkg", "--to", "file/t"], 4, "cannot be used", "无法使用"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", BAD)
def test_bad_usage_gets_a_sentence(case, lang, result, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    shutil.copy(result, "x.gpkg")
    with closing(sqlite3.connect("other.gpkg")) as database:
        database.execute("CREATE TABLE t (a)")
        database.commit()
    words, code, english, chinese = BAD[case]
    assert main(["export", *words, "--lang", lang]) == code
    said = capsys.readouterr().err.strip().splitlines()[-1]
    assert (english if lang == "en" else chinese) in said
    assert Path("file").read_text() == "mine"
    assert not Path("t").exists() or list(Path("t").iterdir()) == []


@pytest.mark.parametrize(
    ("number", "code", "english", "chinese"),
    [(28, 5, "is full", "磁盘已满"), (13, 4, "cannot be written", "无法写入")],
)
def test_what_the_disk_refuses(
    number, code, english, chinese, result, tmp_path, monkeypatch, capsys
):
    def refuse(delivery, path):
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setitem(files.WRITERS, "gpkg", (".gpkg", refuse))
    for lang, said in (("en", english), ("zh", chinese)):
        words = ["export", str(result), "--to", str(tmp_path / "to"), "--format", "gpkg"]
        assert main([*words, "--lang", lang]) == code
        assert said in capsys.readouterr().err
    assert list((tmp_path / "to").iterdir()) == []


def test_another_run_that_writes_there(result, tmp_path, capsys):
    from farmland.io import lock

    with lock.held(tmp_path / "to"):
        assert main(["export", str(result), "--to", str(tmp_path / "to"), "--lang", "en"]) == 75
    assert "give another --to" in capsys.readouterr().err


def test_from_a_notebook(result, tmp_path):
    heard = []
    done = flow.export(result, tmp_path / "to", lambda *told: heard.append(told),
                       formats=["parquet", "parquet"])  # fmt: skip
    assert heard == [("export", 0, 1), ("export", 1, 1)]
    assert [path.name for path in done.paths] == ["县_cn_parquet"]
