"""``farmland ndvi``: one row per parcel and look, in a table that anybody opens."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from farmland.cli import main
from farmland.errors import UnusableInput
from farmland.io import ndvi_table

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
    assert tuple(text.columns) == tuple(binary.columns) == ndvi_table.COLUMNS
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
    rows = [("=1+1", day, 0.51234, 3, 4, 5, False), ("@x", day, None, 0, 4, 5, True)]
    written = ndvi_table.write(iter(rows), tmp_path / "a.csv")
    assert (written.rows, written.unread) == (2, 1)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        _, *lines = csv.reader(file)
    assert lines == [
        ["'=1+1", "2024-05-01", "0.5123", "3", "4", "5", "0"],
        ["'@x", "2024-05-01", "", "0", "4", "5", "1"],
    ]

    def broken() -> object:
        yield rows[0]
        raise UnusableInput("Stop.", "停。")

    with pytest.raises(UnusableInput):
        ndvi_table.write(broken(), tmp_path / "b.csv")  # type: ignore[arg-type]
    assert not (tmp_path / "b.csv").exists()
