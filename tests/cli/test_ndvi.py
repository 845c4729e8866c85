"""``farmland ndvi``: a table that anybody opens, and composites beside it when asked for."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio

from farmland.cli import main
from farmland.errors import UnusableInput
from farmland.io import index_table

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "samples"

pytestmark = pytest.mark.filterwarnings("ignore::farmland.errors.FarmlandWarning")


def run(out: Path, *words: str, catalog: Path = SAMPLE) -> int:
    given = ["ndvi", str(SAMPLE / "parcels.gpkg"), "--catalog", str(catalog / "catalog.json")]
    return main([*given, "--offline", "--period", "2023-05", "--out", str(out), *words])


def test_both_formats_hold_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run(tmp_path / "deep" / "out") == 0
    assert "rows in" in capsys.readouterr().out
    assert run(tmp_path, "--format", "parquet", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    text = pd.read_csv(tmp_path / "deep/out/ndvi.csv", dtype={"parcel_id": str})
    binary = pd.read_parquet(told["written"][0])
    assert tuple(text.columns) == tuple(binary.columns) == index_table.columns(["ndvi"])
    assert len(text) == len(binary) == told["rows"] > 500
    assert text["parcel_id"].str.len().eq(19).all()
    assert text["parcel_id"].tolist() == binary["parcel_id"].tolist()
    assert [date.fromisoformat(day) for day in text["date"]] == binary["date"].tolist()
    np.testing.assert_allclose(text["ndvi"], binary["ndvi"], atol=5.1e-5)
    assert text["ndvi"].isna().equals(text["clear"] == 0)
    assert (text["clear"] <= text["seen"]).all()
    assert not text["unread"].any()


def test_what_stays_unread_ends_with_3_and_is_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    shutil.copytree(SAMPLE, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*202305*/nir.tif"):
        path.write_bytes(path.read_bytes()[:2000])
    assert run(tmp_path / "out", catalog=tmp_path / "copy") == 3
    assert "未读取" in capsys.readouterr().err
    table = pd.read_csv(tmp_path / "out/ndvi.csv")
    assert table["unread"].any()
    assert table.loc[table["unread"] == 1, "ndvi"].isna().all()


def test_composites_lie_beside_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert run(tmp_path, "--composite", "median", "--composite", "q10", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    table, collection = map(Path, told["written"])
    assert table == tmp_path / "ndvi.csv"
    assert collection == tmp_path / "composites" / "collection.json"
    assert told["unread_share"] == 0
    assert told["composites"][:2] == ["ndvi_median_2023-05_utm50n", "ndvi_q10_2023-05_utm50n"]
    assert told["without_looks"] == []
    for name in told["composites"]:
        with rasterio.open(collection.parent / f"{name}.tif") as file:
            assert np.isfinite(file.read(1)).any()
    assert not list(tmp_path.glob(".*"))
    assert not list(collection.parent.glob(".*"))


def test_another_index_has_composites_and_a_table_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    given = ["--composite", "max", "--index", "lswi", "--every", "dekad", "--memory", "1GB"]
    assert run(tmp_path, *given) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["composites", "lswi.csv"]
    assert pd.read_csv(tmp_path / "lswi.csv")["lswi"].between(-1, 1).any()
    assert "幅合成影像；所需数据中 0.0% 未读取；无影像的时段：" in capsys.readouterr().out
    made = {path.name for path in (tmp_path / "composites").glob("*_max_2*.tif")}
    assert "lswi_max_2023-05-11_2023-05-20_utm50n.tif" in made


def test_composites_with_gaps_end_with_3(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    shutil.copytree(SAMPLE, tmp_path / "copy")
    for path in (tmp_path / "copy").rglob("*202305*/nir.tif"):
        path.write_bytes(path.read_bytes()[:2000])
    given = ["--composite", "median", "--no-table"]
    assert run(tmp_path / "out", *given, catalog=tmp_path / "copy") == 3
    assert "farmland:unread_days of the items names them" in capsys.readouterr().err
    assert not (tmp_path / "out" / "ndvi.csv").exists()
    item = json.loads(next((tmp_path / "out/composites").glob("ndvi_median*.json")).read_text())
    assert item["properties"]["farmland:unread_looks"] > 0


@pytest.mark.parametrize(
    ("words", "code", "english", "chinese"),
    [
        (["--composite", "mean"], 2, "--composite 'mean' is no composite: give", "不是已知的合成"),
        (
            ["--index", "EV", "--composite", "max"],
            2,
            "There is no index 'EV', EVI",
            "没有指数 'EV'",
        ),
        (["--no-table"], 2, "There is nothing to write: --no-table needs", "没有可输出的内容"),
        (
            ["--index", "NDRE", "-q"],
            4,
            "NDRE needs the band rededge1, which no scene",
            "NDRE 需要波段",
        ),
    ],
)
def test_what_cannot_be_composed_is_said(
    words: list[str],
    code: int,
    english: str,
    chinese: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for locale, sentence in (("C.UTF-8", english), ("zh_CN.UTF-8", chinese)):
        monkeypatch.setenv("LC_ALL", locale)
        assert run(tmp_path / "out", *words) == code
        said = capsys.readouterr().err
        assert sentence in said
        assert len(said.splitlines()) == 1
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--period", ""], "It is not said which period is meant: give --period 2024-06/2025-05."),
        (["--period", "2024-13"], "2024-13"),
    ],
)
def test_a_period_is_demanded(
    words: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert main(["ndvi", str(SAMPLE / "parcels.gpkg"), "--out", "x", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_an_id_is_never_a_formula_and_a_killed_table_is_none(tmp_path: Path) -> None:
    day = date(2024, 5, 1)
    rows = [
        ("=1+1", day, (0.51234,), 3.25, 4.0, 5.123456, False),
        ("@x", day, (None,), 0.0, 4.0, 5.0, True),
    ]
    written = index_table.write(iter(rows), ["ndvi"], tmp_path / "a.csv")
    assert (written.rows, written.unread) == (2, 1)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        _, *lines = csv.reader(file)
    assert lines == [
        ["'=1+1", "2024-05-01", "0.5123", "3.2500", "4.0000", "5.1235", "0"],
        ["'@x", "2024-05-01", "", "0.0000", "4.0000", "5.0000", "1"],
    ]

    def broken() -> object:
        yield rows[0]
        raise UnusableInput("Stop.", "停。")

    with pytest.raises(UnusableInput):
        index_table.write(broken(), ["ndvi"], tmp_path / "b.csv")  # type: ignore[arg-type]
    assert not (tmp_path / "b.csv").exists()
