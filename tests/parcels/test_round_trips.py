"""What is written comes back whole: codes of 19 digits, Chinese names, dates, gaps, geometry."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from farmland import checks, rules
from farmland.io import parcels, repaired

EVERYDAY = st.characters(codec="gb2312", categories=["Lo", "Lu", "Nd"])
names = st.none() | st.text(EVERYDAY, min_size=1, max_size=20)
codes = st.none() | st.integers(10**18, 10**19 - 1).map(str)
reals = st.none() | st.integers(-(10**9), 10**9).map(lambda cents: cents / 100)
wholes = st.integers(-(2**31), 2**31 - 1)
days = st.none() | st.dates(pd.Timestamp(1900, 1, 1).date(), pd.Timestamp(2100, 1, 1).date())


@st.composite
def tables(draw):
    """Parcels in metres, millimetres kept, with holes and several parts."""
    count = draw(st.integers(1, 5))
    table = {
        "TBBH": [f"{row:08d}" for row in range(count)],
        "ZLDWDM": draw(st.lists(codes, min_size=count, max_size=count)),
        "ZLDWMC": draw(st.lists(names, min_size=count, max_size=count)),
        "KCXS": draw(st.lists(reals, min_size=count, max_size=count)),
        "SJNF": draw(st.lists(wholes, min_size=count, max_size=count)),
        "BHKSSJ": draw(st.lists(days, min_size=count, max_size=count)),
    }
    shapes = [draw(shape(row)) for row in range(count)]
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=4526)
    frame["BHKSSJ"] = pd.to_datetime(frame["BHKSSJ"]).astype("datetime64[ms]")
    frame["SJNF"] = frame["SJNF"].astype("int32")
    return frame


@st.composite
def shape(draw, row):
    """A square, one with a hole, or two squares, in millimetres."""
    left = 38_500_000 + 1000 * row + draw(st.integers(0, 10**5)) / 1000
    bottom = 4_000_000 + draw(st.integers(0, 10**5)) / 1000
    side = draw(st.integers(20, 300))
    square = box(left, bottom, left + side, bottom + side)
    kind = draw(st.sampled_from(["plain", "holed", "parts"]))
    if kind == "holed":
        hole = box(left + 5, bottom + 5, left + 10, bottom + 10)
        return Polygon(square.exterior, [hole.exterior])
    if kind == "parts":
        return MultiPolygon([square, box(left + 400, bottom, left + 450, bottom + 9)])
    return square


FORMATS = {
    "f.gpkg": {},
    "f.gdb": {"driver": "OpenFileGDB", "promote_to_multi": True},
    "f.shp": {"encoding": "GBK"},
    "u.shp": {"encoding": "UTF-8"},
    "f.geojson": {"RFC7946": "NO", "COORDINATE_PRECISION": "9"},
    "f.fgb": {},
    "f.parquet": {},
}

STEP = {"f.gdb": 1e-4, "f.geojson": 3e-4}
"""Metres to which coordinates are kept where they are not kept exactly: the grid of a File GDB, and
nine digits of a degree."""


def write(frame, path, **options):
    """Write a layer; what GDAL remarks on times in shapefiles and File GDBs is no news."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Field BHKSSJ created as String")
        warnings.filterwarnings("ignore", message="Attempt at writing a datetime")
        frame.to_file(path, **options)


@settings(max_examples=5, deadline=None)
@given(tables())
@pytest.mark.parametrize("name", FORMATS)
def test_round_trips(tmp_path_factory, name, frame):
    path = tmp_path_factory.mktemp("trip") / name
    given = frame.to_crs(4490).set_crs(4326, allow_override=True) if "json" in name else frame
    write(given, path, **FORMATS[name])
    read = parcels.read(path).frame.sort_values("TBBH", ignore_index=True)  # FlatGeobuf sorts
    if "json" in name:
        read = read.set_crs(4490, allow_override=True).to_crs(4526)
    assert read.crs == frame.crs
    assert list(read.columns) == ["parcel_id", *frame.columns]
    for column in ("TBBH", "ZLDWDM", "ZLDWMC"):
        assert texts(read[column]) == texts(frame[column])
    for column in ("KCXS", "SJNF"):
        assert np.array_equal(read[column].astype(float), frame[column].astype(float), True)
    assert dates(read["BHKSSJ"]) == dates(frame["BHKSSJ"])
    check_geometry(read.geometry, frame.geometry, STEP.get(name, 0.0))


def texts(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(value) for value in values]


def dates(values: pd.Series) -> list[str | None]:
    return [None if pd.isna(value) else str(pd.Timestamp(value).date()) for value in values]


def check_geometry(read: gpd.GeoSeries, given: gpd.GeoSeries, step: float) -> None:
    """The same parts and points; byte for byte where the format keeps every digit."""
    for one, other in zip(read.map(canonical), given.map(canonical), strict=True):
        if step:
            assert shapely.hausdorff_distance(one, other) < step
            assert shapely.count_coordinates(one) == shapely.count_coordinates(other)
        else:
            assert shapely.to_wkb(one) == shapely.to_wkb(other)


def canonical(shape: shapely.Geometry) -> shapely.Geometry:
    """Rings from their least point and in one sense, parts in order: formats differ in both."""
    parts = MultiPolygon([shape]) if isinstance(shape, Polygon) else shape
    return shapely.normalize(parts)


@settings(max_examples=5, deadline=None)
@given(tables())
def test_the_repaired_copy_is_the_layer(tmp_path_factory, frame):
    folder = tmp_path_factory.mktemp("copy")
    write(frame, folder / "f.gdb", layer="DLTB", **FORMATS["f.gdb"])
    read = parcels.read(folder / "f.gdb")
    findings = checks.check(read, rules.load("cn")).findings
    repaired.write(read, checks.layer(read, findings), folder / "copy.gpkg")
    again = parcels.read(folder / "copy.gpkg")
    assert again.input_hash == parcels.read(folder / "copy.gpkg").input_hash
    assert again.fields == read.fields
    assert list(again.frame["parcel_id"]) == list(read.frame["parcel_id"])
    for column in ("ZLDWDM", "ZLDWMC"):
        assert texts(again.frame[column]) == texts(frame[column])
    check_geometry(again.frame.geometry, read.frame.geometry, 0.0)
    assert np.array_equal(again.area_m2, read.area_m2)
