"""Options that say nothing together or alone are wrong usage, in both languages."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from result.example import example_result
from shapely.geometry import box

from farmland.cli import main
from farmland.io import geopackage

ALONE = {
    "strip": (["report", "x.gpkg", "--strip-exif"], "--strip-exif", "--import"),
    "inspector": (
        ["report", "x.gpkg", "--keep-inspector", "--budget", "3"], "--keep-inspector", "--import"
    ),
    "rules": (["report", "x.gpkg", "--rules", "cn"], "--rules", "--budget or --import"),
    "rules of sheets": (
        ["report", "x.gpkg", "--rules", "cn", "--sheets"], "--rules", "--budget or --import"
    ),
    "every": (
        ["ndvi", "x.gpkg", "--period", "2024", "--out", "d", "--every", "year"], "--every",
        "--composite",
    ),
}  # fmt: skip

IDLE = {
    "to beside import": (
        ["report", "x.gpkg", "--import", "y.csv", "--to", "d"], "--to", "--import"
    ),
    "to beside relink": (["report", "x.gpkg", "--relink", "--to", "d"], "--to", "--relink"),
    "format": (
        ["ndvi", "x.gpkg", "--period", "2024", "--out", "d", "--composite", "max", "--no-table",
         "--format", "csv"], "--format", "--no-table",
    ),
    "host": (
        ["detect", "x.gpkg", "--out", "y.gpkg", "--offline", "--allow-host", "a.org"],
        "--allow-host", "--offline",
    ),
}  # fmt: skip

APART = {
    "two": (["report", "x.gpkg", "--relink", "--import", "y.csv"], "--relink", "--import"),
    "list": (["report", "x.gpkg", "--budget", "3", "--import", "y.csv"], "--import", "--budget"),
    "documents": (["report", "x.gpkg", "--budget", "3", "--sheets"], "--budget", "--sheets"),
    "all": (["report", "x.gpkg", "--all", "--import", "y.csv"], "--import", "--all"),
}


def said(words: list[str], language: str, capsys: pytest.CaptureFixture[str]) -> str:
    """The last sentence of a command that is wrong usage."""
    assert main([*words, "--lang", language]) == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize("name", ALONE)
def test_an_option_that_needs_another(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, one, other = ALONE[name]
    assert said(words, "en", capsys).startswith(f"{one} says nothing without {other}:")
    assert said(words, "zh", capsys).startswith(
        f"{one} 须与 {other.replace(' or ', ' 或 ')} 合用："
    )


@pytest.mark.parametrize("name", IDLE)
def test_an_option_that_another_makes_idle(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, one, other = IDLE[name]
    assert said(words, "en", capsys).startswith(f"{one} says nothing beside {other}:")
    assert said(words, "zh", capsys).startswith(f"{one} 与 {other} 合用不起作用：")


@pytest.mark.parametrize("name", APART)
def test_two_things_at_once(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, one, other = APART[name]
    assert said(words, "en", capsys).startswith(f"{one} and {other} do two different things:")
    assert said(words, "zh", capsys).startswith(f"{one} 与 {other} 是两件事")


def test_a_batch_that_no_field_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    geopackage.write(example_result(rows=4, columns=6), tmp_path / "x.gpkg")
    words = ["export", str(tmp_path / "x.gpkg"), "--to", str(tmp_path / "d"), "--batch", "2026Q2"]
    assert "no field for a batch" in said([*words, "--profile", "generic"], "en", capsys)
    assert "没有批次号字段" in said([*words, "--profile", "generic"], "zh", capsys)
    assert main([*words, "--profile", "cn", "--format", "geojson", "-qq"]) == 0


def test_an_encoding_of_what_is_no_shapefile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    field = gpd.GeoDataFrame(geometry=[box(117, 36, 117.001, 36.001)], crs=4490)
    field.to_file(tmp_path / "x.gpkg")
    words = ["parcels", "check", str(tmp_path / "x.gpkg"), "--encoding", "GBK"]
    assert "x.gpkg is no shapefile" in said(words, "en", capsys)
    assert "x.gpkg 不是 Shapefile" in said(words, "zh", capsys)
    field.assign(name="田").to_file(tmp_path / "x.shp", encoding="GBK")
    words[2] = str(tmp_path / "x.shp")
    assert main([*words, "-qq"]) == 0
