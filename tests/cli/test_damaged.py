"""Damaged and strange files: a sentence or a result, never a traceback."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from farmland.cli import main

SQUARES = [box(117 + x, 36, 117.002 + x, 36.002) for x in (0, 0.01)]


def damage(path: Path, target: Path, wounds: list[tuple[int, int]]) -> Path:
    data = bytearray(path.read_bytes())
    for place, value in wounds:
        data[place % len(data)] = value
    target.write_bytes(data)
    return target


WOUNDS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=40)


@pytest.mark.parametrize("name", ["f.geojson", "f.gpkg", "f.fgb", "f.shp", "f.zip"])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wounds=WOUNDS)
def test_a_damaged_file_never_shows_a_traceback(name, wounds, tmp_path, capsys):
    folder = tmp_path / "whole"
    if not folder.exists():
        folder.mkdir()
        table = {"BSM": ["1", "2"], "名称": ["麦田", "稻田"], "n": [1, 2]}
        frame = gpd.GeoDataFrame(table, geometry=SQUARES, crs=4490)
        for each in ("f.geojson", "f.gpkg", "f.fgb", "f.shp"):
            frame.to_file(folder / each)
        shutil.make_archive(str(tmp_path / "f"), "zip", folder)
        shutil.move(tmp_path / "f.zip", folder)
    for part in folder.glob("f.*"):
        shutil.copy(part, tmp_path)
    path = damage(folder / name, tmp_path / name, wounds)
    code = main(["parcels", "check", str(path), "--json", "--lang", "en"])
    said = capsys.readouterr()
    assert code in {0, 4}, said.err
    assert "Traceback" not in said.err
    if code == 0:
        assert json.loads(said.out)["rows"] >= 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(-200, 200),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=12,
    ),
    st.sampled_from(["Polygon", "MultiPolygon", "Point", "GeometryCollection", "Spline"]),
)
def test_strange_geojson_never_shows_a_traceback(tmp_path, capsys, anything, kind):
    shape = {"type": kind, "coordinates": anything, "geometries": anything}
    feature = {"type": "Feature", "properties": {"a": anything}, "geometry": shape}
    good = {"type": "Feature", "properties": {}, "geometry": SQUARES[0].__geo_interface__}
    path = tmp_path / "f.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature, good]}))
    assert main(["parcels", "check", str(path), "--json"]) in {0, 4}
    assert "Traceback" not in capsys.readouterr().err


def test_names_of_layers_and_columns_are_only_text(tmp_path, capsys):
    """A layer may be called anything; the reader quotes it where it stands in a query."""
    path = tmp_path / "f.gpkg"
    name = 'x"; DROP TABLE y; --'
    frame = gpd.GeoDataFrame({'c"d': [2**60, 2]}, geometry=SQUARES, crs=4490)
    frame.to_file(path, layer=name)
    with closing(sqlite3.connect(path)) as database, database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute('DROP TRIGGER "{}"'.format(trigger.replace('"', '""')))
        quoted = name.replace('"', '""')
        database.execute(f'UPDATE "{quoted}" SET "c""d" = NULL WHERE fid = 2')  # noqa: S608
    database.close()
    words = ["parcels", "check", str(path), "--id-field", 'c"d', "--out", str(tmp_path / "o.gpkg")]
    assert main(words) == 0
    assert name in capsys.readouterr().out
    assert gpd.read_file(tmp_path / "o.gpkg", layer="parcels")["parcel_id"][0] == str(2**60)


def test_an_archive_with_a_password(tmp_path, capsys):
    """The bit that says so is enough; what it says must not be a traceback."""
    gpd.GeoDataFrame({"BSM": ["1", "2"]}, geometry=SQUARES, crs=4490).to_file(tmp_path / "f.gpkg")
    shutil.make_archive(str(tmp_path / "f"), "zip", tmp_path, "f.gpkg")
    data = bytearray((tmp_path / "f.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + place] |= 1
    (tmp_path / "f.zip").write_bytes(data)
    assert main(["parcels", "check", str(tmp_path / "f.zip"), "--lang", "zh"]) == 4
    assert "请重新打包，且不设密码" in capsys.readouterr().err
