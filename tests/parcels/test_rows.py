"""Faults of single rows are repaired and counted; they never stop a run."""

import sqlite3
from contextlib import closing

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import parcels
from farmland.io.parcels.polygons import mend

SQUARE = box(117, 36, 117.002, 36.002)
BOW_TIE = Polygon([(117, 36), (117.002, 36.002), (117.002, 36), (117, 36.002)])
HIGH = Polygon([(117, 36, 5), (117.002, 36, 5), (117.002, 36.002, 5)])
SPIKE = Polygon([(117, 36), (117.002, 36), (117, 36)])


def layer(tmp_path, shapes, crs="EPSG:4490", **columns):
    path = tmp_path / "f.gpkg"
    gpd.GeoDataFrame(columns or {"a": range(len(shapes))}, geometry=shapes, crs=crs).to_file(path)
    return path


def test_every_fault_is_counted_and_the_rest_goes_on(tmp_path):
    bag = shapely.GeometryCollection([SQUARE, Point(117, 36)])
    shapes = [SQUARE, None, Polygon(), BOW_TIE, HIGH, Point(117, 36), SPIKE, bag]
    read = parcels.read(layer(tmp_path, shapes, BSM=list("abcdefgh")))
    assert read.faults == {
        "null_geometry": 1,
        "empty_geometry": 1,
        "self_crossing": 2,
        "three_dimensional": 1,
        "not_polygon": 2,
        "repaired": 2,
        "invalid_geometry": 4,
    }
    assert list(np.flatnonzero(~read.usable)) == [1, 2, 5, 6]
    assert list(read.fault_rows["repaired"]) == [3, 7]
    assert list(read.frame["parcel_id"]) == list("abcdefgh")
    assert np.isnan(read.area_m2[~read.usable]).all()
    assert not read.frame.geometry.has_z.any()
    assert read.frame.geometry[read.usable].is_valid.all()
    assert any("4 of 8 parcels have no usable geometry" in note.en for note in read.notes)
    assert any("8 个地块中有 2 个的图形已修复" in note.zh for note in read.notes)
    assert set(read.as_given) == {3, 5, 6, 7}
    assert read.as_given[3].equals_exact(BOW_TIE)


def test_a_bow_tie_keeps_both_wings():
    mended = mend(np.array([BOW_TIE], dtype=object))
    assert mended.shapes[0].area == pytest.approx(BOW_TIE.envelope.area / 2)


def test_coordinates_that_are_no_numbers(tmp_path):
    with np.errstate(invalid="ignore"):
        broken = Polygon([(117, 36), (np.nan, 36), (117, 36.1)])
    mended = mend(np.array([broken, SQUARE], dtype=object))
    assert mended.shapes[0] is None
    assert list(mended.faults["not_finite"]) == [0]
    assert tmp_path.exists()


def test_a_rebuilt_polygon_that_is_no_better_is_joined():
    """Parts that share an edge, here with coordinates far out: GEOS calls them rebuilt."""
    corners = [(0, 0), (0, 1e300), (1, 1), (0, 0), (1, 0), (1, 1)]
    with np.errstate(all="ignore"):
        mended = mend(np.array([Polygon(corners), SQUARE], dtype=object))
    assert mended.shapes[0].is_valid
    assert mended.shapes[1] == SQUARE


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=9, unique=True)
)
def test_whatever_a_ring_does_it_comes_out_valid_or_none(corners):
    mended = mend(np.array([Polygon(corners)], dtype=object))
    shape = mended.shapes[0]
    assert shape is None or (
        shape.is_valid and shape.area > 0 and isinstance(shape, Polygon | MultiPolygon)
    )
    if shape is not None:
        assert shape.within(Polygon(corners).convex_hull.buffer(1e-9))


@pytest.mark.parametrize(
    "shapes", [[], [None, None], [Point(117, 36)], [LineString([(117, 36), (117.1, 36)])]]
)
def test_nothing_usable_is_code_4(tmp_path, shapes):
    path = tmp_path / "f.geojson"
    gpd.GeoDataFrame({"a": range(len(shapes))}, geometry=shapes, crs=4326).to_file(path)
    with pytest.raises(UnusableInput, match=r"no usable polygon|no vector file"):
        parcels.read(path)


# --- ids ----------------------------------------------------------------------


def ids(tmp_path, **columns):
    options = columns.pop("options", {})
    count = len(next(iter(columns.values())))
    return parcels.read(layer(tmp_path, [SQUARE] * count, **columns), **options)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"parcel_id": ["a", "b"], "BSM": ["c", "d"]}, ["a", "b"]),
        ({"BSM": ["c", "d"], "YJJBNTTBBH": ["1", "2"]}, ["1", "2"]),
        ({"TBBH": ["1", "1"], "BSM": ["c", "d"]}, ["c", "d"]),
        ({"TBBH": ["1", None], "bsm": ["c", "d"]}, ["c", "d"]),
        ({"TBBH": ["1", " "], "Id": [7, 8]}, ["7", "8"]),
        ({"BSM": [370000000000000001, 9223372036854775807]}, None),
        ({"id": [1.0, 2.0]}, ["1", "2"]),
        ({"id": [1.5, 2.0]}, ["1.5", "2"]),
        ({"name": ["x", "y"]}, ["F000001", "F000002"]),
    ],
)
def test_the_first_unique_column_gives_the_ids(tmp_path, columns, expected):
    read = ids(tmp_path, **columns)
    expected = expected or [str(value) for value in columns["BSM"]]
    assert list(read.frame["parcel_id"]) == expected
    assert "duplicate_id" not in read.faults


def test_numbers_instead_of_ids_are_said(tmp_path):
    read = ids(tmp_path, name=["x", "y"])
    assert "no column with unique ids" in read.notes[0].en
    assert "没有唯一编号字段" in read.notes[0].zh


def test_duplicates_and_gaps_of_a_named_column(tmp_path):
    columns = {"code": ["a", "a", "a#2", None, "a", ""]}
    read = ids(tmp_path, **columns, options={"id_field": "code"})
    assert list(read.frame["parcel_id"]) == ["a", "a#3", "a#2", "F000004", "a#4", "F000006"]
    assert (read.faults["duplicate_id"], read.faults["missing_id"]) == (2, 2)
    assert list(read.fault_rows["duplicate_id"]) == [1, 4]
    assert list(read.frame["code"][:3]) == ["a", "a", "a#2"]


@given(st.lists(st.sampled_from(["a", "b", "a#2", "a#3", None, "F000002", " "]), max_size=8))
def test_ids_are_always_unique(values):
    import pandas as pd

    from farmland.io.parcels.datasets import Source
    from farmland.io.parcels.ids import identify

    frame = pd.DataFrame({"code": pd.Series(values, dtype=object)})
    found = identify(frame, "code", Source("f", "f", ".gpkg"), "f")
    assert len(set(found.values)) == len(values)
    assert all(found.values)


def test_nineteen_digits_stay_whole(tmp_path):
    whole = [1234567890123456789, 1234567890123456788]
    assert list(ids(tmp_path, id=whole).frame["parcel_id"]) == [str(value) for value in whole]
    frame = gpd.GeoDataFrame({"id": whole}, geometry=[SQUARE] * 2, crs=4490)
    frame.to_file(tmp_path / "n.shp")
    assert list(parcels.read(tmp_path / "n.shp").frame["parcel_id"]) == [str(v) for v in whole]


def test_nineteen_digits_stay_whole_beside_gaps(tmp_path):

    path = layer(tmp_path, [SQUARE] * 2, code=[1234567890123456789, 1])
    with closing(sqlite3.connect(path)) as database, database:
        triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (trigger,) in database.execute(triggers).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE f SET code = NULL WHERE code = 1")
    database.close()
    read = parcels.read(path, id_field="code")
    assert list(read.frame["parcel_id"]) == ["1234567890123456789", "F000002"]


def test_a_column_that_does_not_exist(tmp_path):
    path = layer(tmp_path, [SQUARE], TBBH=["1"])
    with pytest.raises(WrongUsage, match="no column 'TBBN' for --id-field: the nearest is 'TBBH'"):
        parcels.read(path, id_field="TBBN")
    with pytest.raises(WrongUsage, match="no column '编号' for --field-map"):
        parcels.read(path, field_map={"YJJBNTTBBH": "编号"})


def test_a_field_map_gives_the_standard_name(tmp_path):
    path = layer(tmp_path, [SQUARE] * 2, 编号=["7", "8"], TBBH=["1", "2"])
    read = parcels.read(path, field_map={"YJJBNTTBBH": "编号"})
    assert list(read.frame["parcel_id"]) == ["7", "8"]
    assert list(read.frame["YJJBNTTBBH"]) == ["7", "8"]


def test_columns_that_bear_our_names_make_way(tmp_path):
    columns = {"Status": ["a", "b"], "area_m2": [1.0, 2.0], "parcel_id": ["x", "y"], "own": [1, 2]}
    read = ids(tmp_path, **columns)
    assert list(read.frame.columns) == ["parcel_id", "in_Status", "in_area_m2", "own", "geometry"]
