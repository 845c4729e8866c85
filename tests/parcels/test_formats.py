"""Every format that offices deliver parcels in gives the same parcels."""

import re
import shutil
import sqlite3
import struct
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from shapely.geometry import box

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import parcels

NAMES = ["河东村地块", "镕堃家庭农场", "麦田"]
IDS = ["3701000000000000001", "3701000000000000002", "3701000000000000003"]


def fields(crs="EPSG:4527") -> gpd.GeoDataFrame:
    squares = [box(39500000 + 300 * i, 4000000, 39500200 + 300 * i, 4000200) for i in range(3)]
    table = gpd.GeoDataFrame(
        {"YJJBNTTBBH": IDS, "名称": NAMES, "TBMJ": [4e4, 4e4, 9e4]}, geometry=squares, crs=4527
    )
    return table.to_crs(crs)


WRITTEN = {
    "f.gpkg": {},
    "f.gdb": {"driver": "OpenFileGDB"},
    "f.shp": {"encoding": "UTF-8"},
    "f.geojson": {},
    "f.fgb": {},
    "f.gml": {"driver": "GML"},
    "f.parquet": {},
}


def written(folder: Path, name: str, frame: gpd.GeoDataFrame | None = None) -> Path:
    path = folder / name
    frame = (
        fields("EPSG:4490" if name.endswith("json") else "EPSG:4527") if frame is None else frame
    )
    if name.endswith(".parquet"):
        frame.to_parquet(path)
    else:
        frame.to_file(path, **WRITTEN.get(name, {}))
    for side in (path.with_suffix(".gfs"), path.with_suffix(".xsd")):
        side.unlink(missing_ok=True)
    return path


def zipped(path: Path, inside: str) -> Path:
    archive = path.with_name("packed.zip")
    with zipfile.ZipFile(archive, "w") as packed:
        for part in sorted(path.parent.rglob(f"{path.stem}.*")):
            inner = [part] if part.is_file() else sorted(part.iterdir())
            for file in inner:
                packed.write(file, inside + str(file.relative_to(path.parent)))
    return archive


def check(read):
    assert list(read.frame["parcel_id"]) == IDS
    assert list(read.frame["名称"]) == NAMES
    assert next(iter(read.frame.columns)) == "parcel_id"
    assert read.area_m2 == pytest.approx([40000] * 3, rel=5e-3)
    assert not read.faults
    assert read.frame.geometry.is_valid.all()


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "f.fgb"])
@pytest.mark.parametrize("inside", [None, "", "县级成果/2025/"])
def test_every_format_plain_and_zipped(tmp_path, name, inside):
    path = written(tmp_path, name)
    source = path if inside is None else zipped(path, inside)
    before = sorted(tmp_path.rglob("*"))
    read = parcels.read(source)
    check(read)
    assert read.source == source.name
    assert sorted(tmp_path.rglob("*")) == before  # nothing is written beside the input


def test_flatgeobuf_in_the_order_of_the_file(tmp_path):
    read = parcels.read(written(tmp_path, "f.fgb"))
    assert sorted(read.frame["parcel_id"]) == IDS


def test_a_zip_whose_entry_names_are_gbk(tmp_path):
    class Named(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):  # noqa: N802  # the name is zipfile's
            return self.filename.encode("gbk"), self.flag_bits & ~0x800

    path = written(tmp_path, "f.shp")
    with zipfile.ZipFile(tmp_path / "g.zip", "w") as packed:
        for part in tmp_path.glob("f.*"):
            packed.writestr(Named(f"成果/地块{part.suffix}"), part.read_bytes())
    assert path.exists()
    check(parcels.read(tmp_path / "g.zip"))


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("language_id", [0x00, 0x57])
def test_chinese_shapefiles_with_and_without_cpg(tmp_path, encoding, declared, language_id):
    frame = fields()
    if encoding == "GBK":
        frame["名称"] = ["河东村地块", "李家农场", "麦田"]
    frame.to_file(tmp_path / "f.shp", encoding=encoding)
    if not declared:
        (tmp_path / "f.cpg").unlink()
    dbf = bytearray((tmp_path / "f.dbf").read_bytes())
    dbf[29] = language_id
    (tmp_path / "f.dbf").write_bytes(dbf)
    assert list(parcels.read(tmp_path / "f.shp").frame["名称"]) == list(frame["名称"])


def test_western_text_without_cpg_is_not_taken_for_chinese(tmp_path):
    frame = fields()
    frame["名称"] = ["Vårbyg", "Gærdet", "Ødemark"]
    frame = frame.rename(columns={"名称": "navn"})
    frame.to_file(tmp_path / "f.shp", encoding="ISO-8859-1")
    (tmp_path / "f.cpg").unlink()
    assert list(parcels.read(tmp_path / "f.shp").frame["navn"]) == list(frame["navn"])


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK"])
@pytest.mark.parametrize("declared", [True, False])
def test_names_cut_within_a_character(tmp_path, encoding, declared):
    """A field name of a shapefile has ten bytes, and GDAL cuts where they end."""
    frame = fields().rename(columns={"名称": "行政区代码名"})
    frame["行政区代码名"] = ["河东村地块", "李家农场", "麦田"]
    frame["a行政区代码"] = "x"
    with pytest.warns(RuntimeWarning, match="laundered"):
        frame.to_file(tmp_path / "f.shp", encoding=encoding)
    if not declared:
        (tmp_path / "f.cpg").unlink()
    read = parcels.read(tmp_path / "f.shp")
    cut = ("行政区", "a行政区") if encoding == "UTF-8" else ("行政区代码", "a行政区代")
    assert [name for name in read.frame.columns if not name.isascii()] == list(cut)
    assert list(read.frame[cut[0]]) == ["河东村地块", "李家农场", "麦田"]


def test_a_wrong_encoding_is_said(tmp_path):
    fields().to_file(tmp_path / "f.shp", encoding="GB18030")
    with pytest.raises(UnusableInput, match="not in UTF-8: give its true --encoding"):
        parcels.read(tmp_path / "f.shp", encoding="UTF-8")
    check(parcels.read(tmp_path / "f.shp", encoding="GB18030"))


def test_the_hash_names_the_geometry_and_the_ids(tmp_path):
    frame = fields()
    one = parcels.read(written(tmp_path, "f.gpkg"))
    two = parcels.read(written(tmp_path, "f.parquet"))
    frame["YJJBNTTBBH"] = list(reversed(IDS))
    other = parcels.read(written(tmp_path, "g.gpkg", frame))
    assert one.input_hash == two.input_hash != other.input_hash
    assert len(one.input_hash) == 64


def test_a_file_gdb_made_of_several_layers(tmp_path):
    path = tmp_path / "county.gdb"
    fields().to_file(path, driver="OpenFileGDB", layer="XZQ")
    fields().to_file(path, driver="OpenFileGDB", layer="CJDCQ")
    with pytest.raises(UnusableInput, match=r"several polygon layers \(XZQ, CJDCQ\).*--layer"):
        parcels.read(path)
    with pytest.raises(WrongUsage, match="no polygon layer 'DLTB': choose from XZQ, CJDCQ"):
        parcels.read(path, layer="DLTB")
    fields().to_file(path, driver="OpenFileGDB", layer="DLTB")
    assert parcels.read(path).layer == "DLTB"
    fields().to_file(path, driver="OpenFileGDB", layer="YJJBNTBHTB")
    assert parcels.read(path).layer == "YJJBNTBHTB"
    assert parcels.read(path, layer="xzq").layer == "XZQ"


def test_points_and_empty_layers_are_passed_over(tmp_path):
    path = tmp_path / "f.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(0, 0)], crs=4490).to_file(path, layer="p")
    fields().iloc[:0].to_file(path, layer="empty", geometry_type="Polygon")
    fields().to_file(path, layer="real")
    assert parcels.read(path).layer == "real"


def test_a_folder_of_shapefiles(tmp_path):
    written(tmp_path, "f.shp")
    check(parcels.read(tmp_path))


def curve_layer(path: Path) -> Path:
    """A GeoPackage whose polygons are bounded by an arc, as CAD programs write them."""
    fields().iloc[:1].to_file(path, layer="f")
    points = [(0, 0), (100, 100), (200, 0), (100, -100), (0, 0)]
    arc = struct.pack("<BII", 1, 8, len(points)) + b"".join(
        struct.pack("<dd", 39500000 + x, 4000000 + y) for x, y in points
    )
    header = b"GP\0\x01" + struct.pack("<i", 4527)
    blob = header + struct.pack("<BII", 1, 10, 1) + arc
    with closing(sqlite3.connect(path)) as database, database:
        for (trigger,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE f SET geom = ?", (blob,))
        database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
    database.close()
    return path


def arcs(kind: str) -> bytes:
    """WKB of a disk of radius 100 m, as a curved polygon or as a surface of one."""
    points = [(0, 0), (100, 100), (200, 0), (100, -100), (0, 0)]
    arc = struct.pack("<BII", 1, 8, len(points)) + b"".join(
        struct.pack("<dd", 39500000 + x, 4000000 + y) for x, y in points
    )
    disk = struct.pack("<BII", 1, 10, 1) + arc
    return disk if kind == "CURVEPOLYGON" else struct.pack("<BII", 1, 12, 1) + disk


DISK = np.pi * 100**2


def test_curves_become_polygons(tmp_path):
    read = parcels.read(curve_layer(tmp_path / "f.gpkg"))
    assert read.faults == {"curve": 1}
    assert read.frame.geometry.area[0] == pytest.approx(DISK, rel=1e-4)
    assert "1 parcels was made of arcs" in read.notes[-1].en
    assert "含圆弧" in read.notes[-1].zh


@pytest.mark.parametrize(
    ("name", "driver", "kind"),
    [("c.gpkg", "GPKG", "Unknown"), ("c.gdb", "OpenFileGDB", "MultiPolygon"),
     ("c.gml", "GML", "Unknown")],
)  # fmt: skip
def test_arcs_of_every_format_are_counted_in_their_rows(tmp_path, name, driver, kind):
    plain = shapely.to_wkb(box(39500000, 4000000, 39500100, 4000100))
    blobs = np.array([plain, arcs("CURVEPOLYGON"), plain, arcs("MULTISURFACE")], dtype=object)
    ids = np.array(list("abcd"), dtype=object)
    pyogrio.raw.write(
        tmp_path / name, blobs, [ids], ["BSM"], driver=driver, geometry_type=kind,
        crs="EPSG:4527", layer="f",
    )  # fmt: skip
    read = parcels.read(tmp_path / name)
    assert read.frame.geometry.area.tolist() == pytest.approx([1e4, DISK, 1e4, DISK], rel=1e-4)
    assert list(read.fault_rows["curve"]) == [1, 3]


def test_arcs_in_text(tmp_path):
    table = (
        'BSM,WKT\na,"CURVEPOLYGON(CIRCULARSTRING(39500000 4000000,39500100 4000100,'
        '39500200 4000000,39500100 3999900,39500000 4000000))"\n'
    )
    (tmp_path / "c.csv").write_text(table, "utf-8")
    read = parcels.read(tmp_path / "c.csv", crs="EPSG:4527")
    assert read.frame.geometry.area[0] == pytest.approx(DISK, rel=1e-4)
    assert read.faults["curve"] == 1


def test_measures_and_heights_are_dropped(tmp_path):
    measured = "POLYGON ZM((39500000 4000000 1 2,39500100 4000000 1 2,39500100 4000100 1 2,"
    (tmp_path / "m.csv").write_text(f'BSM,WKT\na,"{measured}39500000 4000000 1 2))"\n', "utf-8")
    read = parcels.read(tmp_path / "m.csv", crs="EPSG:4527")
    assert read.frame.geometry.area[0] == pytest.approx(5000)
    assert read.faults["three_dimensional"] == 1
    assert shapely.get_coordinate_dimension(read.frame.geometry[0]) == 2


# --- real layers of some thirty countries -------------------------------------

SAID = {
    "BD_JECAM_CIRAD_2023_feb.dbf": "only one file of a shapefile",
    "BD_JECAM_CIRAD_2023_feb.prj": "only one file of a shapefile",
    "BD_JECAM_CIRAD_2023_feb.shx": "only one file of a shapefile",
    "KMRS_2023.rar": "unpack it",
    "RPG_2-0__GPKG_LAMB93_FXX_2022-01-01.7z.001": "unpack it",
    "README.md": "no vector file",
    "Continente.gpkg": "several polygon layers",
}
"""Samples that are no layer, or more than one, and what is said of them."""

LAYERS = {"Continente.gpkg": "OcupacoesSolo_Aveiro"}

COUNTRIES = {
    "ai4sf": (102, 8, 110, 24),
    "at": (9.5, 46.3, 17.2, 49.1),
    "be": (2.5, 49.4, 6.5, 51.6),
    "bg": (22.3, 41.2, 28.7, 44.3),
    "br": (-74, -34, -34, 6),
    "ch": (5.9, 45.8, 10.6, 47.9),
    "cz": (12, 48.5, 18.9, 51.1),
    "de": (5.8, 47.2, 15.1, 55.1),
    "dk": (8, 54.5, 15.3, 57.8),
    "es": (-9.4, 36, 3.4, 43.9),
    "fi": (19, 59.7, 31.6, 70.1),
    "hr": (13.4, 42.3, 19.5, 46.6),
    "ie": (-10.7, 51.4, -5.9, 55.5),
    "india": (68, 6.5, 97.5, 35.7),
    "it": (6.6, 35.4, 18.6, 47.1),
    "jecam": (-5.6, 9.4, 2.5, 15.1),  # Burkina Faso
    "jp": (122.9, 24, 146, 45.6),
    "lt": (20.9, 53.8, 26.9, 56.5),
    "lv": (20.9, 55.6, 28.3, 58.1),
    "nl": (3.3, 50.7, 7.3, 53.6),
    "nz": (166, -47.4, 178.7, -34.3),
    "pt": (-9.6, 36.9, -6.1, 42.2),
    "ro": (20.2, 43.6, 29.8, 48.3),
    "se": (10.9, 55.3, 24.2, 69.1),
    "si": (13.3, 45.4, 16.7, 46.9),
    "sk": (16.8, 47.7, 22.6, 49.7),
    "us": (-125, 24, -66, 49.5),
}
"""West, south, east, north of the countries of the samples, roughly."""

ELSEWHERE = {"RO_ny.zip": (22.3, 43.5, 28.7, 44.3), "LV_2021.zip": (20.9, 55.6, 28.3, 58.1)}
"""The Romanian excerpt lies along the Danube, parts of it on the other bank."""

CODES = {
    "ai4sf": 32648, "at": 31287, "at_block": 31287, "be_vlg": 31370, "be_wal": 3035, "bg": 32635,
    "br_ba_lem": 4326, "ch": 2056, "cz": 4258, "de_bb": 25833, "de_sh": 4647, "dk": 25832,
    "ec_lv": 3059, "ec_ro": 32635, "ec_si": 3794, "es_cat": 25831, "fi": 3067, "hr": 3765,
    "ie": 4258, "india_10k": 4326, "it_1": 3035, "jecam": 4326, "jp": 6668, "lt": 3035,
    "lv": 3059, "nl": 28992, "nl_block": 28992, "nz": 2193, "pt": 3763, "se": 3006, "sk": 5514,
    "us_ca_scm": 4269, "us_usda_cropland": 5070,
}  # fmt: skip
"""EPSG of each folder of samples."""

ROWS = {"se": 10, "be_wal": 10}
"""Where there are not 100."""

PERSONS = {
    "cz": {"ID_UZ", "JI", "ID_SZR", "ICO", "REGCISZAD", "CISPREDTIS", "CISJED"},
    "dk": {"Journalnr", "CVR"},
    "sk": {"SUBJEKT_NA"},
    "hr": {"jpaid"},
}
"""Columns by which a person or a firm is found."""


def samples(shared: Path, tmp_path: Path) -> list[tuple[str, Path]]:
    """Folder and file of each; one is read from a copy: nothing may appear beside it."""
    files = sorted((shared / "data" / "lpis_samples").glob("*/*"))
    return [
        (file.parent.name, Path(shutil.copy(file, tmp_path)) if file.suffix == ".xml" else file)
        for file in files
    ]


def test_every_sample_of_real_layers_opens_or_says_why(shared, tmp_path):
    opened = 0
    for folder, path in samples(shared, tmp_path):
        if path.suffix == ".csv" or path.name in SAID:
            with pytest.raises(UnusableInput, match=SAID.get(path.name, "no vector file")):
                parcels.read(path)
            if path.name not in LAYERS:
                continue
        read = parcels.read(path, layer=LAYERS.get(path.name, ""))
        opened += 1
        assert read.usable.all(), path.name
        assert len(read) == ROWS.get(folder, 100), path.name
        assert read.frame["parcel_id"].is_unique
        assert (read.area_m2 > 0).all()
        assert 5e3 < np.sum(read.area_m2) < 1e10, path.name
        assert read.frame.crs.to_epsg() == CODES[folder], path.name
        assert read.kind == "", path.name
        assert not any("axes" in note.en for note in read.notes), path.name
        west, south, east, north = read.frame.geometry.to_crs(4326).total_bounds
        box = ELSEWHERE.get(path.name) or COUNTRIES[folder.removeprefix("ec_").split("_")[0]]
        assert box[0] < west < east < box[2], (path.name, west, east)
        assert box[1] < south < north < box[3], (path.name, south, north)
        measured = any("Measures (M)" in note.en for note in read.notes)
        assert measured == (folder == "us_ca_scm")
        assert mojibake(read.frame) == [], path.name
        assert not PERSONS.get(folder, set()) & set(read.frame.columns), path.name
        assert read.faults.get("personal_columns", 0) == len(PERSONS.get(folder, ())), path.name
    assert opened == 34
    assert [each.name for each in tmp_path.iterdir()] == ["1_100.xml"]


def mojibake(frame) -> list[str]:
    """Texts with signs that no language writes: UTF-8 read as Latin 1, or what cannot be read."""
    texts = [str(name) for name in frame.columns]
    for name in frame.columns[:-1]:
        texts += [text for text in frame[name].dropna().unique() if isinstance(text, str)]
    strange = re.compile("[\x80-\x9f\ufffd]|[\u00c2-\u00c5\u00e2][\u0080-\u00bf]")
    return [text for text in texts if strange.search(text)]


def test_strange_signs_are_seen():
    for text in ("Orná pôda", "Mähwiese", "Ødemark"):
        frame = gpd.GeoDataFrame({"a": [text, text.encode().decode("latin1")]}, geometry=[None] * 2)
        assert mojibake(frame) == [text.encode().decode("latin1")]


def test_the_flanders_parcels(shared):
    read = parcels.read(shared / "data" / "s2_flanders_2018_2019" / "parcels.gpkg")
    assert len(read) == 18
    assert read.frame["parcel_id"][0] == "BE001"
    assert list(read.frame.columns[1:3]) == ["crop_type", "land_cover"]
    assert read.area_m2[0] == pytest.approx(21414.16, abs=0.01)
