"""Every format gives back what was handed over: codes, names, nulls, lengths, shapes."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import in_qgis
import numpy as np
import pandas as pd
import pyogrio
import pytest
from export.cases import bare, beside, exported, overlay, silent, table
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

from farmland.delivery import Delivery, Filled, cut
from farmland.errors import FarmlandError, Unreachable, UnusableInput
from farmland.export.shape import Changed, filled, listed, one_line
from farmland.io import export as files
from farmland.io import parcels as reader
from farmland.io.export import dbase, features, formats, shapefile
from farmland.layers import plain_text
from farmland.rules import Words
from farmland.rules.profile import FORMATS, Field, Table

DIGITS = "4101050010020000001"
"""Nineteen: more than a double has."""

NOTHING = Words("", "")


def field(name: str, kind: str = "text", length: int = 254, decimals: int = 0) -> Field:
    return Field(name, kind, name, Words(name, name), NOTHING, length, decimals)


def delivered(fields: list[Field], frame: pd.DataFrame, *, shown: bool = True) -> Delivery:
    """One table handed over, with squares for shapes."""
    made = Table("clues", "conversions", shown, Words("clues", "线索"), tuple(fields))
    if shown:
        squares = [MultiPolygon([box(114 + n / 100, 34, 114.005 + n / 100, 34.005)])
                   for n in range(len(frame))]  # fmt: skip
        frame = gpd.GeoDataFrame(frame, geometry=squares, crs="EPSG:4490")
    return Delivery("test", (Filled(made, frame),), ())


def of_texts(*texts: str | None, length: int = 254) -> Delivery:
    return delivered([field("BZ", length=length)], pd.DataFrame({"BZ": [*texts]}, dtype=object))


def open_table(path: Path, kind: str, name: str) -> gpd.GeoDataFrame:
    """A table as an ordinary reader finds it."""
    if kind == "parquet":
        try:
            return gpd.read_parquet(path / f"{name}.parquet")
        except ValueError:
            return pd.read_parquet(path / f"{name}.parquet")
    if kind in {"gdb", "gpkg"}:
        return pyogrio.read_dataframe(path, layer=name)
    ending = ".geojson" if kind == "geojson" else ".shp"
    plain = path / f"{name}.dbf"
    file = path / f"{name}{ending}"
    options = {"DATE_AS_STRING": "YES"} if kind == "geojson" else {}
    return pyogrio.read_dataframe(file if file.exists() else plain, **options)


@pytest.fixture(scope="module")
def handed() -> Delivery:
    """Suspect patches with all that is hard: nineteen digits, nulls beside zeros, two parts."""
    result = bare(calibration="of 2026")
    parcels = result.parcels.copy()
    parcels["ZLDWDM"], parcels["ZLDWMC"] = DIGITS, "王舍人镇垚鑫村"
    conversions = result.conversions.copy()
    shapes = list(conversions.geometry)
    left, bottom, right, top = shapes[3].bounds
    middle = (left + right) / 2
    hole = box(middle - 1e-5, bottom + 1e-5, middle + 1e-5, bottom + 2e-5)
    ring = Polygon(box(left, bottom, right, top).exterior, [hole.exterior])
    shapes[3] = MultiPolygon([ring, box(right + 1e-4, bottom, right + 2e-4, top)])
    conversions = conversions.set_geometry(gpd.GeoSeries(shapes, crs=conversions.crs))
    result = replace(result, parcels=parcels, conversions=conversions)
    result = overlay(
        result,
        {"of": 0, "area_m2": 10.0, "pbf": 1, "pbf_id": DIGITS, "place_code": "410105001002"},
        {"of": 1, "area_m2": 10.0, "pbf": 0, "place_code": "410105001002"},
    )
    return exported(result)


@pytest.fixture(scope="module")
def written(handed, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "到 <县>"
    paths, _ = files.write(handed, folder, "县_cn", FORMATS, silent)
    assert [path.name for path in paths] == [
        "县_cn_shp", "县_cn.gdb", "县_cn.gpkg", "县_cn_parquet", "县_cn_geojson",
    ]  # fmt: skip
    assert {path.name for path in folder.iterdir()} == {path.name for path in paths}
    return folder


ENDINGS = {"shp": "_shp", "gdb": ".gdb", "gpkg": ".gpkg", "parquet": "_parquet",
           "geojson": "_geojson"}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_every_cell_comes_back(kind, handed, written):
    wanted = table(handed)
    found = open_table(beside(written, ENDINGS[kind]), kind, "suspect_patch")
    assert [name for name in found.columns if name != "geometry"] == [
        each.name for each in wanted.table.fields
    ]
    for each in wanted.table.fields:
        own, other = wanted.frame[each.name], found[each.name]
        assert own.isna().tolist() == other.isna().tolist(), each.name
        held = own.notna().to_numpy()
        if each.kind == "text":
            assert own[held].tolist() == other[held].tolist(), each.name
        else:
            assert own[held].astype(float).tolist() == other[held].astype(float).tolist(), each.name
    assert found["ZLDWDM"][0] == DIGITS
    assert found["YNTBBH"][0] == DIGITS
    assert found["NTMJ"].tolist()[:2] == [10.0, 0.0]
    assert found["NTMJ"].isna().tolist()[2:] == [True] * 5


@pytest.mark.parametrize("kind", FORMATS)
def test_every_shape_comes_back(kind, handed, written):
    wanted = table(handed).frame
    found = open_table(beside(written, ENDINGS[kind]), kind, "suspect_patch")
    assert found.crs.to_epsg() == (4326 if kind == "geojson" else 4490)
    near = {"gdb": 2e-9, "geojson": 1.1e-7}.get(kind, 0.0)
    for own, other in zip(wanted.geometry, found.geometry, strict=True):
        assert own.hausdorff_distance(other) <= near
        assert other.is_valid
        if near == 0.0:
            assert own.equals(other)
    assert len(found.geometry.iloc[3].geoms) == 2
    assert (
        len(found.geometry.iloc[3].geoms[0].interiors)
        + len(found.geometry.iloc[3].geoms[1].interiors)
        == 1
    )


@pytest.mark.parametrize("kind", ["shp", "gdb", "gpkg", "parquet"])
def test_companions_come_too(kind, handed, written):
    place = beside(written, ENDINGS[kind])
    for each in handed.tables[1:]:
        if (kind, each.table.name) != ("shp", "meta"):
            assert len(open_table(place, kind, each.table.name)) == len(each.frame)
    if kind == "shp":
        text = (place / "meta.csv").read_bytes()
        assert text.startswith(b"\xef\xbb\xbfMC,NR\n")


def test_text_has_its_length(handed, written):
    with closing(sqlite3.connect(beside(written, ".gpkg"))) as database:
        found = {row[1]: row[2] for row in database.execute("PRAGMA table_info(suspect_patch)")}
    for each in table(handed).table.fields:
        kinds = {"text": f"TEXT({each.length})", "real": "REAL", "int": "MEDIUMINT"}
        assert found[each.name] == kinds[each.kind]


def test_a_dbf_has_widths_and_decimals(handed, written):
    raw = (beside(written, "_shp") / "suspect_patch.dbf").read_bytes()
    fields = table(handed).table.fields
    assert raw[29] == 0x4D  # GBK for those that read no .cpg
    assert int.from_bytes(raw[8:10], "little") == 33 + 32 * len(fields)
    for n, each in enumerate(fields):
        entry = raw[32 + 32 * n : 64 + 32 * n]
        assert entry[:11].rstrip(b"\0").decode() == each.name
        assert chr(entry[11]) == ("C" if each.kind == "text" else "N")
        assert (entry[16], entry[17]) == (each.length, each.decimals)
    assert len(raw) == dbase.size(table(handed))


@pytest.mark.parametrize("told", [True, False], ids=["with .cpg", "without .cpg"])
def test_our_reader_and_an_ordinary_one_read_the_gbk(told, handed, written, tmp_path):
    place = tmp_path / "shp"
    shutil.copytree(beside(written, "_shp"), place)
    assert (place / "suspect_patch.cpg").read_text() == "GBK"
    if not told:
        (place / "suspect_patch.cpg").unlink()
    read = reader.read(place / "suspect_patch.shp")
    plain = pyogrio.read_dataframe(place / "suspect_patch.shp")
    for frame in (read.frame, plain):
        assert frame["SM"].tolist() == table(handed).frame["SM"].tolist()
        assert frame["ZLDWDM"][0] == DIGITS
    assert read.frame.crs.to_epsg() == 4490
    if shutil.which("ogrinfo"):
        shown = subprocess.run(
            ["ogrinfo", "-al", "-q", "-geom=NO", str(place / "suspect_patch.shp")],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert "卫星监测线索，需实地核查，不作为处罚依据" in shown


QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer
application = QgsApplication([], False)
application.initQgis()
found = {}
for path in sys.argv[1:]:
    layer = QgsVectorLayer(path, "x", "ogr")
    first = next(layer.getFeatures())
    found[path] = [layer.isValid(), layer.featureCount(), layer.crs().authid(),
                   str(first["SM"]), str(first["YNTBBH"]),
                   {field.name(): field.length() for field in layer.fields()
                    if field.typeName() == "String"}]
print(json.dumps(found, ensure_ascii=False))
"""


def test_qgis_opens_them(handed, written, tmp_path):
    in_qgis.needed()
    paths = [
        str(beside(written, "_shp") / "suspect_patch.shp"),
        f"{beside(written, '.gdb')}|layername=suspect_patch",
        f"{beside(written, '.gpkg')}|layername=suspect_patch",
    ]
    found = json.loads(in_qgis.run(tmp_path, "-c", QGIS, *paths).strip().splitlines()[-1])
    reason = table(handed).frame["SM"][0]
    lengths = {each.name: each.length for each in table(handed).table.fields if each.kind == "text"}
    for path in paths:
        assert found[path] == [True, 7, "EPSG:4490", reason, DIGITS, lengths]


def test_a_geopackage_says_what_its_fields_mean(written):
    with closing(sqlite3.connect(beside(written, ".gpkg"))) as database:
        (found,) = database.execute(
            "SELECT title FROM gpkg_data_columns WHERE table_name = 'suspect_patch' "
            "AND column_name = 'JCBH'"
        ).fetchone()
    assert found == "图斑编号 / patch number"


def test_rare_characters_go_beyond_gbk_and_are_said(tmp_path):
    rare = "𠮷家村㐂䶮"  # four bytes each in GB 18030, none in GBK
    _, notes = files.write(of_texts(rare, "耕地"), tmp_path, "x", ["shp"], silent)
    assert "GB 18030" in notes[0].en
    assert "GBK" in notes[0].zh
    assert (tmp_path / "x_shp" / "clues.cpg").read_text() == "GB18030"
    for told in (True, False):
        if not told:
            (tmp_path / "x_shp" / "clues.cpg").unlink()
        assert reader.read(tmp_path / "x_shp" / "clues.shp").frame["BZ"].tolist() == [rare, "耕地"]
    assert (
        pyogrio.read_dataframe(tmp_path / "x_shp" / "clues.shp", encoding="GB18030")["BZ"][0]
        == rare
    )


NUMBERS = [0.0, 0.01, -12.5, 123456789.12, 999999999999.99, 0.1 + 0.2, np.nan]


@pytest.mark.parametrize("kind", ["shp", "gdb", "gpkg", "parquet", "geojson"])
def test_reals_come_back_at_two_decimals_and_null_is_no_zero(kind, tmp_path):
    rounded = [round(number, 2) for number in NUMBERS]
    fields = [field("MJ", "real", 15, 2), field("N", "int", 9)]
    whole = pd.array([0, 1, -1, None, 999_999_999, 2, 3], dtype="Int64")
    given_ = delivered(fields, pd.DataFrame({"MJ": rounded, "N": whole}))
    ((path,), _) = files.write(given_, tmp_path, "x", [kind], silent)
    found = open_table(path, kind, "clues")
    assert found["MJ"].fillna(-1).tolist() == pd.Series(rounded).fillna(-1).tolist()
    assert found["N"].astype(float).fillna(-9).tolist() == [0, 1, -1, -9, 999_999_999, 2, 3]


@pytest.mark.parametrize("kind", ["shp", "gdb", "gpkg", "parquet"])
def test_days_and_moments(kind, tmp_path):
    days = pd.Series(pd.to_datetime(["2025-02-20", None])).astype("datetime64[s]")
    moments = pd.to_datetime(pd.Series(["2025-02-20T03:04:05Z", None]), utc=True)
    fields = [field("D", "date", 8), field("M", "moment", 24)]
    frame = pd.DataFrame({"D": days, "M": moments.astype("datetime64[ms, UTC]")})
    ((path,), _) = files.write(delivered(fields, frame), tmp_path, "x", [kind], silent)
    found = open_table(path, kind, "clues")
    assert pd.to_datetime(found["D"], utc=True)[0] == pd.Timestamp("2025-02-20", tz="UTC")
    assert pd.to_datetime(found["M"], utc=True)[0] == pd.Timestamp("2025-02-20T03:04:05Z")
    assert found["D"].isna()[1]
    assert found["M"].isna()[1]


def test_a_hundred_thousand_lines_are_written_in_pieces(tmp_path):
    count = dbase.CHUNK * 2 + 7
    texts = [f"地块{n}" for n in range(count)]
    given_ = delivered([field("BZ")], pd.DataFrame({"BZ": texts}, dtype=object), shown=False)
    files.write(given_, tmp_path, "x", ["shp"], silent)
    found = pyogrio.read_dataframe(tmp_path / "x_shp" / "clues.dbf")
    assert found["BZ"].tolist() == texts


# --- any text ----------------------------------------------------------------

anything = st.text(max_size=300) | st.text(
    st.characters(categories=["Lo", "So", "Nd"]), max_size=200
)


@given(anything, st.integers(2, 254))
def test_a_text_is_whole_or_cut_between_two_characters(text, size):
    line = one_line(text)
    if line is None:
        assert text.strip() == "" or not text.isprintable()
        return
    short = cut(line, size)
    raw = short.encode("gb18030")
    assert len(raw) <= size
    assert raw.decode("gb18030") == short
    if len(line.encode("gb18030")) <= size:
        assert short == line
    else:
        assert short.endswith("…")
        assert line.startswith(short[:-1])
        following = line[len(short) - 1]
        assert len((short[:-1] + following + "…").encode("gb18030")) > size


@given(st.lists(st.text("0123456789X", min_size=1, max_size=20), max_size=40), st.integers(30, 254))
def test_ids_are_whole_and_counted(names, size):
    text = listed(tuple(names), size)
    assert len(text.encode("gb18030")) <= size
    shown, mark, rest = text.partition("…")
    if mark:
        assert rest == f"（共{len(names)}个）"
        kept = shown.split(";") if shown else []
        assert kept == names[: len(kept)]
    else:
        assert text == ";".join(names)


@settings(max_examples=15)
@given(st.lists(st.none() | anything, min_size=1, max_size=6))
def test_any_text_comes_back_from_every_format(tmp_path_factory, texts):
    folder = tmp_path_factory.mktemp("any")
    made = Table(
        "clues", "conversions", False, Words("c", "c"), (field("BZ"), field("N", "int", 9))
    )
    values = {"BZ": pd.Series(texts, dtype=object), "N": pd.Series(range(len(texts)))}
    shaped = filled(made, values, None, Changed())
    wanted = shaped.frame["BZ"].tolist()
    files.write(
        Delivery("x", (shaped,), ()), folder, "x", ["shp", "gdb", "gpkg", "parquet"], silent
    )
    for kind in ("gdb", "gpkg", "parquet"):
        found = open_table(beside(folder, ENDINGS[kind]), kind, "clues")["BZ"]
        assert [None if pd.isna(one) else one for one in found] == wanted, kind
    encoding = (folder / "x_shp" / "clues.cpg").read_text()
    found = pyogrio.read_dataframe(folder / "x_shp" / "clues.dbf", encoding=encoding)["BZ"]
    assert [None if pd.isna(one) else one for one in found] == wanted
    with closing(sqlite3.connect(folder / "x.gpkg")) as database:
        (count,) = database.execute("SELECT count(*) FROM clues").fetchone()
    assert count == len(texts)


def test_nothing_in_a_csv_is_a_formula(tmp_path):
    texts = ["=1+1", "+1", "-1", "@x", "耕地"]
    fields = [field("KEY"), field("NR", length=0)]
    frame = pd.DataFrame({"KEY": texts, "NR": texts}, dtype=object)
    made = Table("meta", "run", False, Words("m", "m"), tuple(fields))
    given_ = Delivery("x", (Filled(made, frame),), ())
    files.write(given_, tmp_path, "x", ["shp", "geojson"], silent)
    for folder in ("x_shp", "x_geojson"):
        lines = (tmp_path / folder / "meta.csv").read_text("utf-8-sig").splitlines()[1:]
        assert [line.split(",")[0][0] for line in lines] == ["'", "'", "'", "'", "耕"]


# --- names -------------------------------------------------------------------


@given(st.lists(anything, max_size=30))
def test_short_names_fit_and_differ(names):
    plain = [plain_text(name) or "" for name in names]
    short = dbase.short_names(plain, "GB18030")
    assert len({name.casefold() for name in short}) == len(names)
    assert all(1 <= len(name.encode("gb18030")) <= 10 for name in short)


def test_short_names_by_hand():
    names = ["parcel_id", "clear_before", "clear_after", "CLEAR_BEFO", "永久基本农田图斑编号", ""]
    assert dbase.short_names(names, "GBK") == [
        "parcel_id", "clear_befo", "clear_afte", "CLEAR_BE_2", "永久基本农", "field",
    ]  # fmt: skip


# --- the layers as they are ---------------------------------------------------


def test_layers_as_they_are(tmp_path):
    result = bare()
    given_ = exported(result, "generic")
    _, notes = files.write(given_, tmp_path, "x", FORMATS, silent)
    for kind in ("gdb", "gpkg", "parquet"):
        place = beside(tmp_path, ENDINGS[kind])
        for name in ("conversions", "parcels", "summary", "scenes", "run", "overlay"):
            assert len(open_table(place, kind, name)) == len(table(given_, name).frame)
        found = open_table(place, kind, "conversions")
        assert found["reason_zh"].tolist() == result.conversions["reason_zh"].tolist()
    pairs = pd.read_csv(tmp_path / "x_shp" / "parcels_names.csv").set_index("column")["field"]
    found = pyogrio.read_dataframe(tmp_path / "x_shp" / "parcels.shp")
    assert found[pairs["ndvi_peak_before"]].round(4).equals(
        pd.Series(table(given_, "parcels").frame["ndvi_peak_before"])
    ) or np.allclose(
        found[pairs["ndvi_peak_before"]], table(given_, "parcels").frame["ndvi_peak_before"],
        equal_nan=True,
    )  # fmt: skip
    ids = found[pairs["parcel_id"]].tolist()
    assert ids == result.parcels["parcel_id"].tolist()
    assert any("ten bytes" in note.en for note in notes)
    assert any("RFC 7946" in note.en for note in notes)
    text = json.loads((tmp_path / "x_geojson" / "conversions.geojson").read_text("utf-8"))
    assert "crs" not in text
    assert len(text["features"]) == 7


def test_layers_as_they_are_without_places():
    given_ = exported(bare(), "generic", redact=True)
    assert not any(each.table.geometry for each in given_.tables)
    assert "ZLDWMC" not in table(given_, "parcels").frame


# --- what cannot be written ----------------------------------------------------


def test_two_gigabytes_are_refused_before_anything_is_written(tmp_path, monkeypatch):
    given_ = of_texts(*["x"] * 100)
    assert shapefile._shape_bytes(given_.tables[0]) == 100 + 100 * (52 + 4 + 5 * 16)
    files.write(given_, tmp_path / "fits", "x", ["shp"], silent)
    assert (tmp_path / "fits/x_shp/clues.shp").stat().st_size == 100 + 100 * (52 + 4 + 5 * 16)
    monkeypatch.setattr(shapefile, "MOST_BYTES", 20_000)
    with pytest.raises(UnusableInput, match="ends at 2 GB: give --format gdb") as caught:
        files.write(given_, tmp_path / "not", "x", ["gpkg", "shp"], silent)
    assert "2 GB" in caught.value.chinese
    assert list((tmp_path / "not").iterdir()) == []
    files.write(given_, tmp_path / "not", "x", ["gpkg"], silent)


def test_an_older_export_is_replaced_whole(tmp_path):
    files.write(of_texts("old", "old"), tmp_path, "x", FORMATS, silent)
    (tmp_path / "x_shp" / "clues.sbn").touch()
    files.write(of_texts("new"), tmp_path, "x", FORMATS, silent)
    for kind in FORMATS:
        place = beside(tmp_path, ENDINGS[kind])
        assert open_table(place, kind, "clues")["BZ"].tolist() == ["new"]
    assert not (tmp_path / "x_shp" / "clues.sbn").exists()
    assert sorted(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_not_ours_stays(kind, tmp_path):
    target = tmp_path / f"x{ENDINGS[kind]}"
    if kind == "gpkg":
        frame = gpd.GeoDataFrame({"a": [1]}, geometry=[box(0, 0, 1, 1)], crs=4490)
        frame.to_file(target, layer="mine", driver="GPKG")
    else:
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    with pytest.raises(UnusableInput, match="holds something else") as caught:
        files.write(of_texts("x"), tmp_path, "x", [kind], silent)
    assert str(target) in caught.value.chinese
    assert target.exists()


def test_what_is_open_elsewhere_stays(tmp_path):
    files.write(of_texts("old"), tmp_path, "x", ["gdb"], silent)
    (tmp_path / "x.gdb" / "_gdb.PC1.123.456.sr.lock").touch()
    with pytest.raises(UnusableInput, match="open in another program") as caught:
        files.write(of_texts("new"), tmp_path, "x", ["gdb"], silent)
    assert "ArcGIS" in caught.value.chinese
    assert open_table(tmp_path / "x.gdb", "gdb", "clues")["BZ"].tolist() == ["old"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_failure_leaves_the_old_one(kind, tmp_path, monkeypatch):
    files.write(of_texts("old"), tmp_path, "x", [kind], silent)

    def full(delivery, path):
        path.mkdir()
        (path / "half").write_text("half")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setitem(formats.WRITERS, kind, (ENDINGS[kind], full))
    with pytest.raises(Unreachable, match="is full") as caught:
        files.write(of_texts("new"), tmp_path, "x", [kind], silent)
    assert caught.value.exit_code == 5
    place = beside(tmp_path, ENDINGS[kind])
    assert open_table(place, kind, "clues")["BZ"].tolist() == ["old"]
    assert sorted(tmp_path.glob(".*")) == []


def test_a_folder_that_cannot_come_in_brings_the_old_one_back(tmp_path, monkeypatch):
    files.write(of_texts("old"), tmp_path, "x", ["shp"], silent)
    replace_ = Path.replace

    def refuse(self, target):
        if self.name == "x_shp" and self.parent.name.startswith("."):
            raise OSError(5, "Input/output error", str(target))
        return replace_(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(FarmlandError, match="cannot be written"):
        files.write(of_texts("new"), tmp_path, "x", ["shp"], silent)
    monkeypatch.undo()
    assert open_table(tmp_path / "x_shp", "shp", "clues")["BZ"].tolist() == ["old"]


def test_no_pyarrow_is_said_before_the_work(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnusableInput, match=r"farmland\[parquet\]"):
        files.write(of_texts("x"), tmp_path / "to", "x", ["gpkg", "parquet"], silent)
    assert list((tmp_path / "to").iterdir()) == []


def test_gdal_has_nothing_to_remark(handed, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features.append(table(handed, "scene_log"), tmp_path / "x.gdb", "OpenFileGDB", {})
