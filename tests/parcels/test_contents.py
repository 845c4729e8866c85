"""Files are told by what they hold: names lie, or end in nothing."""

import shutil
import zipfile

import geopandas as gpd
import pytest
from shapely.geometry import box

from farmland.errors import UnusableInput
from farmland.io import parcels
from farmland.io.parcels.contents import suffix_of_bytes

FRAME = gpd.GeoDataFrame(
    {"BSM": ["1", "2"]}, geometry=[box(114 + x, 36, 114.01 + x, 36.01) for x in (0, 1)], crs=4490
)


KML = (
    "<Placemark><name>{}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>{}</coordinates>"
    "</LinearRing></outerBoundaryIs></Polygon></Placemark>"
)


def made(tmp_path, kind):
    path = tmp_path / f"f.{kind}"
    if kind == "parquet":
        FRAME.to_parquet(path)
    elif kind == "zip":
        FRAME.to_file(tmp_path / "f.gpkg")
        with zipfile.ZipFile(path, "w") as packed:
            packed.write(tmp_path / "f.gpkg", "a/f.gpkg")
    elif kind == "kml":
        rings = [[f"{x:.9f},{y:.9f}" for x, y in shape.exterior.coords] for shape in FRAME.geometry]
        marks = "".join(KML.format(at, " ".join(ring)) for at, ring in enumerate(rings))
        path.write_text(
            f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>{marks}'
            "</Document></kml>",
            "utf-8",
        )
    else:
        FRAME.to_crs(4326 if kind == "geojson" else 4490).to_file(path)
    return path


@pytest.mark.parametrize("kind", ["gpkg", "fgb", "geojson", "parquet", "zip", "gml", "kml"])
@pytest.mark.parametrize("name", ["parcels", "parcels.txt", "parcels.bak2023", "地块"])
def test_files_without_a_useful_ending(tmp_path, kind, name):
    path = made(tmp_path, kind)
    folder = tmp_path / "given"
    folder.mkdir()
    shutil.copy(path, folder / name)
    read = parcels.read(folder / name)
    assert len(read) == 2
    assert [each.name for each in folder.iterdir()] == [name]


def test_a_geopackage_called_shapefile(tmp_path):
    shutil.copy(made(tmp_path, "gpkg"), tmp_path / "x.shp")
    assert len(parcels.read(tmp_path / "x.shp")) == 2


RECIPE = (
    '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer>'
    "</OGRVRTDataSource>"
)


@pytest.mark.parametrize("name", ["x.gml", "x.xml", "x.json", "x", "x.txt", "x.csv"])
@pytest.mark.parametrize("packed", [False, True])
def test_files_that_point_elsewhere_are_not_followed(tmp_path, name, packed):
    target = made(tmp_path, "gpkg")
    given = tmp_path / "given"
    given.mkdir()
    path = given / name
    path.write_text(RECIPE.format(target), "utf-8")
    if packed:
        path = tmp_path / "x.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(given / name, name)
    for source in (path, given):
        with pytest.raises(UnusableInput, match="no vector file"):
            parcels.read(source)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.rar", "unpack it"),
        ("x.7z", "unpack it"),
        ("x.mdb", "no open reader"),
        ("x.vct", "no open reader"),
        ("x.gdbtable", "a folder"),
        ("x.dbf", "give the one that ends in .shp"),
        ("x.docx", "no vector file"),
    ],
)
def test_what_has_no_reader_gets_a_sentence(tmp_path, name, said):
    (tmp_path / name).write_bytes(b"HeadBegin\nsomething\n")
    with pytest.raises(UnusableInput, match=said):
        parcels.read(tmp_path / name)


def test_bytes_decide_before_names():
    assert suffix_of_bytes(b"SQLite format 3\0...", ".txt") == ".gpkg"
    assert suffix_of_bytes(b"PAR1....", ".geoparquet") == ".geoparquet"
    assert suffix_of_bytes(b"\xef\xbb\xbf  {}", "") == ".geojson"
    assert suffix_of_bytes(b"", ".txt") == ""
    assert suffix_of_bytes(b"nothing", ".docx") == ""
