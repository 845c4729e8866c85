"""Whatever is done to the bytes of a parcel file, it is read or gets a sentence: no traceback.

Files are read in another process, so that a crash or a hang of a driver is a finding too.
``FARMLAND_FUZZ_EXAMPLES`` asks for more examples than the suite has time for.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import sys
import traceback
import warnings
import zipfile
from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon, box

EXAMPLES = int(os.environ.get("FARMLAND_FUZZ_EXAMPLES", "0"))

PATIENCE = 60.0
"""Seconds one small file may take."""

ROOM = 6 * 2**30
"""Bytes the reading process may ask for: a file that lies about its size must not take them all."""


# --- reading elsewhere -----------------------------------------------------------


def _serve(pipe, home: list[str]) -> None:
    """Read every path that comes along, and say how it ended."""
    sys.path[:] = home
    resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # what GDAL writes past Python
    warnings.simplefilter("error")
    from farmland.errors import FarmlandError
    from farmland.io import parcels

    while True:
        path, options = pipe.recv()
        try:
            read = parcels.read(path, **options)
            assert len(read.frame["parcel_id"]) == len(read.area_m2)
            assert read.frame["parcel_id"].is_unique
            assert read.frame.geometry.dropna().is_valid.all()
            assert (read.area_m2[read.usable] > 0).all()
            pipe.send(("read", ""))
        except FarmlandError as fault:
            pipe.send(("said", f"{fault.english}\n{fault.chinese}"))
        except BaseException:  # everything else is what is looked for
            pipe.send(("traceback", traceback.format_exc()))


class Reader:
    """A process that reads parcel files, begun again after a crash."""

    def __init__(self) -> None:
        self.process = None
        self.counts: dict[str, int] = {}

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, there = context.Pipe()
        self.process = context.Process(target=_serve, args=(there, sys.path), daemon=True)
        self.process.start()
        there.close()

    def read(self, path: Path, **options: str) -> str:
        """How reading ended, or the failure of the test."""
        if self.process is None or not self.process.is_alive():
            self.start()
        self.pipe.send((str(path), options))
        try:
            if not self.pipe.poll(PATIENCE):
                self.stop()
                pytest.fail(f"{path} was not read within {PATIENCE:.0f} s")
            ending, text = self.pipe.recv()
        except EOFError:
            self.process.join(5)
            pytest.fail(f"reading {path} ended the process: {self.process.exitcode}")
        assert ending != "traceback", text
        self.counts[ending] = self.counts.get(ending, 0) + 1
        return ending

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.join()


@pytest.fixture(scope="module")
def reader():
    reading = Reader()
    yield reading
    reading.stop()


# --- small files of every format ----------------------------------------------------


def sample(shared: Path) -> gpd.GeoDataFrame:
    """A few real parcels with Chinese text, dates, gaps, holes and parts."""
    folder = shared / "data" / "lpis_samples" / "nl"
    real = gpd.read_file(folder / "brpgewaspercelen_definitief_2023.gpkg")
    shapes = list(real.geometry.iloc[:6])
    shapes.append(MultiPolygon([box(0, 0, 9, 9), box(20, 0, 29, 9)]))
    shapes.append(Polygon(box(0, 0, 50, 50).exterior, [box(5, 5, 9, 9).exterior]))
    count = len(shapes)
    table = {
        "BSM": [f"41010520001{row:07d}" for row in range(count)],
        "DLBM": ["0102"] * count,
        "TBMJ": np.linspace(1, 9, count),
        "KCXS": [None, *np.linspace(0, 0.1, count - 1)],
        "ZLDWMC": ["河东村", None, *["镇"] * (count - 2)],
        "SJNF": np.full(count, 2023, "int32"),
    }
    return gpd.GeoDataFrame(table, geometry=shapes, crs=real.crs)


TEXT = """[属性描述]
坐标系=2000国家大地坐标系
几度分带=3
带号=38
[地块坐标]
5,0.1,1,某地块,面,,,0102,@
J1,1,4000000,38500000
J2,1,4000000,38500100
J3,1,4000100,38500100
J4,1,4000100,38500000
J1,1,4000000,38500000
"""


@pytest.fixture(scope="module")
def files(shared, tmp_path_factory) -> dict[str, dict[str, bytes]]:
    """The files of each format by name; a folder for a File GDB and a shapefile."""
    folder = tmp_path_factory.mktemp("seeds")
    frame = sample(shared)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame.to_file(folder / "f.gpkg", layer="DLTB")
        frame.to_file(folder / "f.shp", encoding="GBK")
        frame.to_file(folder / "f.gdb", driver="OpenFileGDB", promote_to_multi=True)
        frame.to_crs(4326).to_file(folder / "f.geojson")
        frame.to_file(folder / "f.fgb")
        frame.to_file(folder / "f.gml", driver="GML")
        frame.to_parquet(folder / "f.parquet")
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(WKT=frame.geometry.to_wkt())
    table.to_csv(folder / "f.csv", index=False)
    (folder / "f.txt").write_text(TEXT, "gbk")
    seeds = {
        name: {f"f.{name}": (folder / f"f.{name}").read_bytes()}
        for name in ("gpkg", "geojson", "fgb", "gml", "parquet", "csv", "txt")
    }
    seeds["shp"] = {
        file.name: file.read_bytes()
        for file in folder.glob("f.*")
        if file.suffix in {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    }
    seeds["gdb"] = {
        f"f.gdb/{file.name}": file.read_bytes() for file in (folder / "f.gdb").iterdir()
    }
    return seeds


FORMATS = ("gpkg", "geojson", "fgb", "gml", "parquet", "csv", "txt", "shp", "gdb")


# --- what is done to them --------------------------------------------------------------

places = st.floats(0, 1, exclude_max=True)
blobs = st.binary(min_size=1, max_size=12) | st.sampled_from(
    [b"\0" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x01\x0a\0\0\0", b"nan"]
)
damages = st.one_of(
    st.tuples(st.just("write"), places, blobs),
    st.tuples(st.just("write"), st.floats(0, 0.02), blobs),
    st.tuples(st.just("insert"), places, blobs),
    st.tuples(st.just("cut"), places, st.just(b"")),
    st.tuples(st.just("drop"), places, st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("double"), places, st.binary(min_size=1, max_size=40)),
)


def damaged(content: bytes, damage: tuple[str, float, bytes]) -> bytes:
    kind, place, blob = damage
    at = int(place * len(content))
    size = len(blob)
    return {
        "write": content[:at] + blob + content[at + size :],
        "insert": content[:at] + blob + content[at:],
        "cut": content[:at],
        "drop": content[:at] + content[at + size :],
        "double": content[: at + size] + content[at:],
    }[kind]


def laid_out(folder: Path, parts: dict[str, bytes], packed: bool) -> Path:
    """The parts as files, or in an archive; the path to give to the reader."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    if packed:
        with zipfile.ZipFile(folder / "f.zip", "w") as archive:
            for name, content in parts.items():
                archive.writestr(f"县/{name}", content)
        return folder / "f.zip"
    for name, content in parts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(content)
    first = min(parts, key=lambda name: (not name.endswith(".shp"), name))
    return folder / "f.gdb" if first.startswith("f.gdb/") else folder / first


def slow(examples: int) -> settings:
    return settings(
        max_examples=EXAMPLES or examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@slow(25)
@given(st.data(), st.lists(damages, min_size=1, max_size=4), st.booleans())
@pytest.mark.parametrize("kind", FORMATS)
def test_damaged_bytes(reader, files, tmp_path_factory, kind, data, harm, packed):
    parts = dict(files[kind])
    for damage in harm:
        name = data.draw(st.sampled_from(sorted(parts)))
        parts[name] = damaged(parts[name], damage)
    reader.read(laid_out(tmp_path_factory.getbasetemp() / f"fuzz-{kind}", parts, packed))


@slow(25)
@given(st.lists(damages, min_size=1, max_size=3), st.sampled_from(FORMATS))
def test_damaged_archives(reader, files, tmp_path_factory, harm, kind):
    path = laid_out(tmp_path_factory.getbasetemp() / "fuzz-zip", files[kind], packed=True)
    for damage in harm:
        path.write_bytes(damaged(path.read_bytes(), damage))
    reader.read(path)


NAMES = st.sampled_from(
    ["f.shp", "f.SHP", "a/f.dbf", "../f.shp", "/f.shp", "f.gdb/", "f.gdb/x.gpkg", "f.gpkg", "", ".",
     "县/地块.geojson", "f.gpkg/f.shp", "a\\f.shp", "f.zip", "f.prj", "con.txt", "x" * 200 + ".shp",
     "f.parquet", "'f.shp", '"f".gpkg', "{f}.shp", "f.gml", "f.xml", "f.tab", "f?.shp", "%s.gpkg"]
)  # fmt: skip


@slow(40)
@given(st.data(), st.lists(NAMES, min_size=1, max_size=5))
def test_members_under_strange_and_swapped_names(reader, files, tmp_path_factory, data, names):
    contents = [content for parts in files.values() for content in parts.values()]
    packed = BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(packed, "w") as archive:
        warnings.simplefilter("ignore")  # the same name twice
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), data.draw(st.sampled_from(contents)))
    path = tmp_path_factory.getbasetemp() / "strange.zip"
    path.write_bytes(packed.getvalue())
    reader.read(path)


@slow(30)
@given(st.binary(max_size=300), st.sampled_from([*FORMATS, "zip", "", "kml", "tab", "xml", "json"]))
def test_bytes_of_no_format(reader, tmp_path_factory, content, ending):
    path = tmp_path_factory.getbasetemp() / f"noise.{ending}"
    path.write_bytes(content)
    reader.read(path)


# --- tables ------------------------------------------------------------------------------

column_names = st.sampled_from(
    ["BSM", "bsm", "DLBM", "TBMJ", "KCXS", "id", "geometry_", "fid_", "parcel_id", "status", "XM",
     "XZQDM", "ZLDWDM", "名称", "area_m2", "a'b", 'a"b', "a b", "%s", "a;b", "in_status", "LXDH"]
)  # fmt: skip
values = st.one_of(
    st.none(),
    st.text(max_size=30),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32),
    st.booleans(),
    st.binary(max_size=9),
    st.dates(),
    st.datetimes(),
)
coordinates = st.floats(-2e7, 5e7) | st.sampled_from([0.0, np.inf, 1e300, -1e-300, 114.0, 36.0])
rings = st.lists(st.tuples(coordinates, coordinates), min_size=0, max_size=7)
systems = st.sampled_from([None, 4490, 4526, 4547, 4326, 3857, 32650, 4610, 3395, 3031])


def polygon(corners) -> shapely.Geometry | None:
    if len(corners) < 3:
        return None if not corners else shapely.Point(corners[0])
    with np.errstate(all="ignore"):
        return Polygon(corners)


@slow(40)
@given(
    st.lists(rings, min_size=1, max_size=4),
    st.dictionaries(column_names, st.lists(values, min_size=4, max_size=4), max_size=5),
    systems,
    st.sampled_from(["", "EPSG:4490", "EPSG:4526", "EPSG:3857"]),
)
def test_random_tables(reader, tmp_path_factory, shapes, columns, system, crs):
    table = {name: pd.Series(cells[: len(shapes)], dtype=object) for name, cells in columns.items()}
    frame = gpd.GeoDataFrame(table, geometry=[polygon(ring) for ring in shapes], crs=system)
    path = tmp_path_factory.getbasetemp() / "table.gpkg"
    path.unlink(missing_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            frame.to_file(path)
        except Exception:  # GDAL does not write every table
            return
    reader.read(path, crs=crs)


lines = st.one_of(
    st.sampled_from(TEXT.splitlines()),
    st.text("J0123456789.,-@[]=带号", max_size=20),
    st.tuples(st.integers(1, 9), st.integers(0, 3), coordinates, coordinates).map(
        lambda point: "J{},{},{},{}".format(*point)
    ),
)


@slow(40)
@given(st.lists(lines, max_size=25), st.sampled_from(["utf-8", "gbk", "utf-16"]))
def test_random_coordinate_files(reader, tmp_path_factory, rows, encoding):
    path = tmp_path_factory.getbasetemp() / "plots.txt"
    path.write_bytes("\n".join(["[地块坐标]", *rows]).encode(encoding, "ignore"))
    reader.read(path)


def test_whole_files_are_read(reader, files, tmp_path):
    """The seeds themselves, so that what is damaged is worth damaging."""
    for kind in FORMATS:
        for packed in (False, True):
            path = laid_out(tmp_path / "whole", files[kind], packed)
            assert reader.read(path, crs="EPSG:28992" if kind == "csv" else "") == "read", kind


def test_a_crash_and_a_traceback_would_be_seen(reader, tmp_path):
    with pytest.raises(AssertionError, match="TypeError"):
        reader.read(tmp_path / "x.gpkg", nonsense="x")
    reader.process.kill()
    reader.process.join()
    assert reader.read(tmp_path / "x.gpkg") == "said"
