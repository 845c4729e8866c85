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


# --- eastings without a zone ------------------------------------------------------


def bare(tmp_path, crs=4547, square=SQUARE, **columns):
    """A shapefile that does not say its CRS, with administrative codes."""
    frame = gpd.GeoDataFrame({"BSM": ["1"], **columns}, geometry=square.to_crs(crs))
    frame.to_file(tmp_path / "f.shp")
    (tmp_path / "f.prj").unlink(missing_ok=True)
    return tmp_path / "f.shp"


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"XZQDM": ["120105"]}, "EPSG:4548 (central meridian 117°), the zones of Tianjin"),
        ({"ZLDWDM": ["4101051002000000000"]}, "EPSG:4546 (central meridian 111°) or EPSG:4547"),
        (
            {"xzdm": ["410105"]},
            "or EPSG:4548 (central meridian 117°), the zones of Henan",
        ),
        ({"XZQDM": ["990105"]}, "one of EPSG:4534 to EPSG:4554"),
        ({"XZQDM": [None]}, "one of EPSG:4534 to EPSG:4554"),
        ({}, "one of EPSG:4534 to EPSG:4554"),
    ],
)
def test_the_province_of_the_codes_names_the_systems(tmp_path, columns, said):
    with pytest.raises(UnusableInput) as raised:
        parcels.read(bare(tmp_path, **columns))
    assert said in raised.value.english
    assert "请用 --crs 指明" in raised.value.chinese
    with pytest.raises(UnusableInput) as raised:
        reference.settle(_turn(gpd.read_file(tmp_path / "f.shp")), "", "f.shp")
    assert said in raised.value.english or not columns


def _turn(frame):
    shapes = shapely.transform(frame.geometry.array, lambda at: at[:, ::-1])
    return frame.set_geometry(gpd.GeoSeries(shapes)).set_crs(None, allow_override=True)


def test_provinces_of_two_codes_are_not_guessed(tmp_path):
    frame = gpd.GeoDataFrame({"XZQDM": ["120105", "410105"]}, geometry=[*SQUARE.to_crs(4547)] * 2)
    with pytest.raises(UnusableInput, match="one of EPSG:4534"):
        reference.settle(frame, "", "f")


def test_web_mercator_of_the_east_is_not_the_far_west(tmp_path):
    """At 121° east it looks like the 6-degree zone 13, which lies at 75°."""
    east = gpd.GeoSeries([box(121.5, 31.2, 121.502, 31.202)], crs=4490)
    with pytest.raises(UnusableInput, match="name it with --crs"):
        parcels.read(bare(tmp_path, 3857, east, XZQDM=["310115"]))
    west = gpd.GeoSeries([box(75.5, 39.2, 75.502, 39.202)], crs=4490)
    assert parcels.read(bare(tmp_path, 4491, west, XZQDM=["653101"])).frame.crs.to_epsg() == 4491


def test_every_province_lies_in_zones_that_reach_it():
    from farmland.rules.meridians import extents

    assert len(extents()) == 35
    for code, province in extents().items():
        assert 73 < province.west < province.east < 135.2
        for meridian in province.meridians:
            assert province.west - 1.5 < meridian < province.east + 1.5, code
        assert province.name.zh
    assert extents()["12"].meridians == (117,)
    assert extents()["41"].meridians == (111, 114, 117)
    assert extents()["82"].meridians == (114,)


# --- spellings of CGCS2000 ----------------------------------------------------------


def by_esri(name, datum, easting, meridian, scale=1.0):
    return CRS.from_wkt(
        f'PROJCS["{name}",GEOGCS["GCS_{datum}",DATUM["D_{datum}",'
        'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],'
        'UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
        f'PARAMETER["False_Easting",{easting}],PARAMETER["False_Northing",0.0],'
        f'PARAMETER["Central_Meridian",{meridian}],PARAMETER["Scale_Factor",{scale}],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )


@pytest.mark.parametrize("datum", ["China_2000", "CGCS_2000", "CGCS2000"])
@pytest.mark.parametrize(
    ("name", "easting", "meridian", "epsg"),
    [
        ("CGCS2000_3_Degree_GK_Zone_38", 38.5e6, 114, 4526),
        ("CGCS2000_3_Degree_GK_CM_114E", 5e5, 114, 4547),
        ("我们的坐标系", 38.5e6, 114, 4526),
        ("Unnamed", 5e5, 114, 4547),
        ("CGCS2000_GK_Zone_19", 19.5e6, 111, 4497),
    ],
)
def test_every_spelling_of_cgcs2000_gets_its_code(datum, name, easting, meridian, epsg):
    frame = gpd.GeoDataFrame(geometry=[box(easting, 4e6, easting + 100, 4e6 + 100)])
    given = frame.set_crs(by_esri(name, datum, easting, meridian))
    assert reference.settle(given, "", "f")[0].crs.to_epsg() == epsg


@pytest.mark.parametrize(
    ("easting", "meridian", "scale"),
    [(5e5, 114.2, 1.0), (38.5e6, 117, 1.0), (5e5, 114, 0.9996), (4e5, 114, 1.0)],
)
def test_systems_of_a_town_stay_as_they_are(easting, meridian, scale):
    crs = by_esri("Town", "China_2000", easting, meridian, scale)
    frame = gpd.GeoDataFrame(geometry=[box(easting, 4e6, easting + 100, 4e6 + 100)])
    found = reference.settle(frame.set_crs(crs), "", "f")[0].crs
    assert found == crs
    assert found.to_epsg() is None
