"""The CRS of parcels: declared, given, found from the coordinates, or refused in words."""

import csv

import geopandas as gpd
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import box

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import parcels
from farmland.io.parcels import crs as reference

SQUARE = gpd.GeoSeries([box(114.5, 36.6, 114.502, 36.602)], crs=4490)


def shapefile(tmp_path, crs, *, declared=True, swapped=False):
    """The square in a shapefile, whose .prj may be missing and whose axes may be swapped."""
    shapes = SQUARE.to_crs(crs)
    if swapped:
        shapes = gpd.GeoSeries(shapely.transform(shapes.array, lambda at: at[:, ::-1]), crs=crs)
    gpd.GeoDataFrame({"BSM": ["1"]}, geometry=shapes).to_file(tmp_path / "f.shp")
    if not declared:
        (tmp_path / "f.prj").unlink()
    return tmp_path / "f.shp"


@pytest.mark.parametrize("crs", [4490, 4526, 4508, 4498, 4547, 4326, 32650])
@pytest.mark.parametrize("swapped", [False, True])
def test_declared_systems_are_kept_and_axes_put_right(tmp_path, crs, swapped):
    read = parcels.read(shapefile(tmp_path, crs, swapped=swapped))
    assert read.frame.crs == CRS.from_epsg(crs)
    assert read.frame.geometry.to_crs(4490)[0].bounds == pytest.approx(SQUARE[0].bounds, abs=1e-4)
    assert any("axes" in note.en for note in read.notes) is swapped


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("crs", [4490, 4526, 4497])
def test_a_missing_system_is_found(tmp_path, crs, swapped):
    read = parcels.read(shapefile(tmp_path, crs, declared=False, swapped=swapped))
    assert read.frame.crs == CRS.from_epsg(crs)
    assert f"EPSG:{crs}" in read.notes[0].en
    assert "没有坐标参照系" in read.notes[0].zh


def test_every_zone_of_the_published_table_is_found(shared):
    with (shared / "domain" / "epsg_cgcs2000.csv").open(encoding="utf-8-sig") as table:
        zones = [row for row in csv.DictReader(table) if row["kind"].endswith("zone")]
    assert len(zones) == 32
    for row in zones:
        left = float(row["false_easting"])
        frame = gpd.GeoDataFrame(geometry=[box(left, 4e6, left + 100, 4e6 + 100)])
        found, _ = reference.settle(frame, "", "f")
        assert found.crs.to_epsg() == int(row["epsg"])


@pytest.mark.parametrize("crs", [4547, 32650, 3857])
def test_a_missing_system_that_cannot_be_told_asks_for_crs(tmp_path, crs):
    path = shapefile(tmp_path, crs, declared=False)
    with pytest.raises(UnusableInput, match="name it with --crs") as said:
        parcels.read(path)
    assert "请用 --crs 指明" in said.value.chinese
    assert parcels.read(path, crs=f"EPSG:{crs}").frame.crs == CRS.from_epsg(crs)
    assert parcels.read(path, crs=str(crs)).frame.crs == CRS.from_epsg(crs)


def test_metres_called_degrees_are_looked_at_again(tmp_path):
    """GeoJSON has no way to say another CRS than WGS 84, and people write metres into it."""
    frame = gpd.GeoDataFrame({"BSM": ["1"]}, geometry=SQUARE.to_crs(4526))
    frame.set_crs(4326, allow_override=True).to_file(tmp_path / "f.geojson", engine="pyogrio")
    assert parcels.read(tmp_path / "f.geojson").frame.crs == CRS.from_epsg(4526)


def test_a_crs_that_is_none(tmp_path):
    with pytest.raises(WrongUsage, match="--crs 'EPSG:1' is no coordinate reference system"):
        parcels.read(shapefile(tmp_path, 4526), crs="EPSG:1")


XIAN_BY_ESRI = (
    'PROJCS["Xian_1980_3_Degree_GK_Zone_38",GEOGCS["GCS_Xian_1980",DATUM["D_Xian_1980",'
    'SPHEROID["Xian_1980",6378140.0,298.257]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
    'PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],'
    'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
)
NAMELESS = "+proj=tmerc +lon_0=114 +k=1 +x_0=500000 +a=6378140 +rf=298.257 +units=m"


@pytest.mark.parametrize(
    "crs", [4214, 4610, 4555, 2326 + 36, 2349, 2401, 21416, XIAN_BY_ESRI, NAMELESS]
)
def test_systems_from_before_cgcs2000_are_refused(tmp_path, crs):
    frame = gpd.GeoDataFrame(geometry=[box(38500000, 4e6, 38500100, 4e6 + 100)])
    with pytest.raises(UnusableInput, match="before CGCS2000") as said:
        reference.settle(frame.set_crs(crs), "", "f.shp")
    assert "转换参数涉密" in said.value.chinese
    with pytest.raises(UnusableInput, match="before CGCS2000"):
        reference.settle(frame, str(crs), "f.shp")


@pytest.mark.parametrize("crs", [4179, 3844, 31700, 4284, 28404, 2393, 4326, 4490])
def test_other_old_systems_are_none_of_that_business(crs):
    """Pulkovo and its relatives share the ellipsoid of Beijing 1954, not its secrecy."""
    frame = gpd.GeoDataFrame(geometry=[box(25.0, 45.0, 25.1, 45.1)], crs=4326).to_crs(crs)
    assert reference.settle(frame, "", "f")[0].crs == CRS(crs)
