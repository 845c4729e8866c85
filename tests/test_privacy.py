"""No person and no place leaves: the whole program over a layer full of personal columns.

Real processes against a real server on loopback: every file they write, every line they say and
every request they make is searched, also inside databases, archives and packed columns.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import servers
from flow.running import environment
from pyarrow import parquet
from pyproj import Transformer

from farmland.grid import snapped_box
from farmland.simulate import sample_folder

PERIODS = ("--after", "2023-07/2024-06", "--before", "2022-07/2023-06", "--history",
           "2022-01/2023-06")  # fmt: skip
ROWS = slice(50, 65)
"""Parcels of the sample among which some were built on."""

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(n: int) -> str:
    """A citizen identity number, with its check digit (GB 11643)."""
    body = f"32082619{60 + n % 40:02d}0{1 + n % 9}1{n % 9}{137 + n:03d}"
    remainder = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, body, strict=True)) % 11
    return body + "10X98765432"[remainder]


def telephone(n: int) -> str:
    return f"1390{5271000 + 7919 * n:07d}"


def person(n: int) -> str:
    """A name that stands nowhere else."""
    return f"欧阳{chr(0x9F0E + n)}{chr(0x9EBB + n)}"


def address(n: int) -> str:
    return f"柳树巷{1700 + n}号院"


PERSONAL = {
    **dict.fromkeys(("CFZR", "ZZRR", "ZRRMC", "QLR", "XM", "ZRRMC_YS", "承包方", "户主"), person),
    **dict.fromkeys(("ZRRZJHM", "ZJH", "SFZH", "身份证号"), identity),
    **dict.fromkeys(("LXDH", "DH", "联系电话"), telephone),
    **dict.fromkeys(("JZDZ", "DZ", "TXDZ", "住址"), address),
}
"""Columns of the deny list and what stands in them."""

HIDDEN = {
    "BEIZHU": lambda n: f"已与 {identity(n)} 签订",
    "SHUOMING": lambda n: f"电话{telephone(n)}，晚上联系",
    "HAOMA": lambda n: int(telephone(n)),
}
"""Columns with harmless names; their values give them away."""


@dataclass
class Told:
    """Everything that came out of the program."""

    folder: Path
    box: tuple[float, float, float, float]
    """Of the parcels, in degrees."""
    codes: list[int] = field(default_factory=list)
    talk: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    """Method, path, headers and body of every request."""
    searches: list[dict[str, Any]] = field(default_factory=list)


def layer(path: Path) -> gpd.GeoDataFrame:
    """Parcels of the sample with everything a database of responsible persons has."""
    table = gpd.read_file(sample_folder() / "parcels.gpkg").iloc[ROWS].reset_index(drop=True)
    for name, made in (PERSONAL | HIDDEN).items():
        table[name] = [made(n) for n in range(len(table))]
    table.to_file(path, layer="YJJBNTTB")
    return table


def needles(rows: int) -> set[str]:
    """Every personal value, and what of it would be enough."""
    kinds = (identity, telephone, person, address)
    return {kind(n) for kind in kinds for n in range(rows)}


def run(told: Told, *words: object) -> None:
    """One command in a process of its own, as loud as it gets."""
    done = subprocess.run(
        [sys.executable, "-m", "farmland", *map(str, words), "-vv", "--log-json", "--json"],
        capture_output=True, env=environment(), cwd=told.folder, timeout=500,
    )  # fmt: skip
    told.codes.append(done.returncode)
    told.talk += [done.stdout.decode(), done.stderr.decode()]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The main jobs, one after the other, on one layer."""
    folder = tmp_path_factory.mktemp("private")
    parcels = tmp_path_factory.mktemp("owned") / "永久基本农田.gpkg"
    table = layer(parcels)
    edges = tuple(map(float, table.to_crs(4326).total_bounds))
    found = Told(folder, edges)  # type: ignore[arg-type]
    with pytest.MonkeyPatch.context() as patch:
        listen(patch, found)
        with servers.stac_api(sample_folder(), page_items=100) as api:
            reading = ("--catalog", api.url, "--workers", 1)
            run(found, "parcels", "check", parcels, "--out", "repaired.gpkg")
            run(found, "scenes", parcels, "--period", "2024-05", "--catalog", api.url)
            run(found, "ndvi", parcels, "--period", "2024-05", "--out", "ndvi", *reading)
            run(found, "detect", parcels, "--out", "x.gpkg", *PERIODS, *reading)
    run(found, "report", "x.gpkg")
    formats = [word for kind in ("shp", "gdb", "gpkg", "parquet", "geojson")
               for word in ("--format", kind)]  # fmt: skip
    run(found, "export", "x.gpkg", "--profile", "cn", "--to", "to", *formats)
    run(found, "export", "x.gpkg", "--profile", "generic", "--to", "to", *formats)
    run(found, "explain", "x.gpkg", "--parcel", table["parcel_id"][0], "--plot", "why.png")
    return found


def listen(patch: pytest.MonkeyPatch, told: Told) -> None:
    """Keep all that a client tells the server."""
    handler = servers._Handler
    catalog, asset = handler._catalog, handler._asset

    def heard(self: Any, body: Mapping[str, Any]) -> None:
        text = json.dumps(body, ensure_ascii=False)
        told.requests.append(f"{self.command} {self.path}\n{self.headers}\n{text}")

    def on_catalog(self: Any, path: str, wanted: Mapping[str, Any]) -> None:
        heard(self, wanted)
        if path.endswith("/search"):
            told.searches.append(dict(wanted))
        catalog(self, path, wanted)

    def on_asset(self: Any, name: str) -> None:
        heard(self, {})
        asset(self, name)

    patch.setattr(handler, "_catalog", on_catalog)
    patch.setattr(handler, "_asset", on_asset)


# --- searching -----------------------------------------------------------------


def pieces(data: bytes) -> Iterator[bytes]:
    """Bytes of a file, and those packed inside it."""
    yield data
    if data[:4] == b"PK\3\4":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield from pieces(archive.read(name))
    elif data[:2] == b"\x1f\x8b":
        yield from pieces(gzip.decompress(data))
    elif data[:4] == b"PAR1":
        table = parquet.read_table(io.BytesIO(data)).to_pandas()
        yield table.to_csv().encode()
    elif data[:15] == b"SQLite format 3":
        yield from cells(data)


def cells(data: bytes) -> Iterator[bytes]:
    """Every cell of a database; a project of QGIS lies there as a zip in hexadecimal."""
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(data)
        database.create_function("ST_IsEmpty", 1, lambda shape: 0)
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            if name.startswith("rtree_"):
                continue
            for row in database.execute(f'SELECT * FROM "{name}"'):  # noqa: S608
                for cell in row:
                    raw = cell.encode() if isinstance(cell, str) else cell
                    if isinstance(raw, bytes):
                        packed = re.fullmatch(rb"504b0304[0-9a-f]+", raw)
                        yield from pieces(bytes.fromhex(raw.decode()) if packed else raw)


def forms(value: str) -> set[bytes]:
    """A text as files hold it."""
    escaped = json.dumps(value)[1:-1]
    codecs = ("utf-8", "gb18030", "utf-16-le", "utf-32-le")
    return {value.encode(codec) for codec in codecs} | {escaped.encode()}


def leaks(files: Sequence[Path], values: set[str]) -> list[str]:
    """Which of the values stand in which files."""
    wanted = re.compile(
        b"|".join(sorted(re.escape(form) for each in values for form in forms(each)))
    )
    found = []
    for file in files:
        for piece in pieces(file.read_bytes()):
            hit = wanted.search(piece)
            if hit:
                found.append(f"{file.name}: {hit.group()!r}")
                break
    return found


def written(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


# --- what must hold --------------------------------------------------------------


@pytest.mark.slow
def test_every_command_did_its_work(told: Told) -> None:
    assert told.codes == [0] * 8, told.talk[-1]
    names = {path.name for path in written(told.folder)}
    assert {"repaired.gpkg", "x.gpkg", "report.html", "run.json", "why.png", "x_cn.gpkg",
            "suspect_patch.dbf", "suspect_patch.geojson", "parcels.parquet"} <= names  # fmt: skip
    conversions = gpd.read_file(told.folder / "x.gpkg", layer="conversions")
    assert len(conversions) >= 1
    assert len(told.searches) >= 3
    assert sum("GET /assets/" in request for request in told.requests) > 100


@pytest.mark.slow
def test_no_personal_value_in_any_file(told: Told) -> None:
    rows = ROWS.stop - ROWS.start
    assert leaks(written(told.folder), needles(rows)) == []


@pytest.mark.slow
def test_no_personal_value_in_what_is_said_or_asked(told: Told) -> None:
    values = needles(ROWS.stop - ROWS.start)
    said = "\n".join([*told.talk, *told.requests])
    assert [value for value in values if value in said] == []
    assert "ZRRZJHM" in said  # that such a column was dropped is told, by its name


@pytest.mark.slow
def test_a_search_tells_half_a_degree_and_nothing_else(told: Told) -> None:
    west, south, east, north = told.box
    for wanted in told.searches:
        assert "intersects" not in wanted
        box = [float(edge) for edge in wanted["bbox"]]
        assert tuple(box) == snapped_box(*told.box)
        assert all(edge * 2 == round(edge * 2) for edge in box)
        assert box[0] <= west < east <= box[2]
        assert box[1] <= south < north <= box[3]


@pytest.mark.slow
def test_no_coordinate_of_a_parcel_in_what_is_said_or_asked(told: Told) -> None:
    assert coordinates("\n".join([*told.talk, *told.requests]), told.box) == []


def coordinates(text: str, box: tuple[float, float, float, float]) -> list[str]:
    """Numbers that tell where the parcels of a box lie, in degrees or in metres of a grid."""
    west, south, east, north = box
    near = 0.002
    spans = [(west - near, east + near), (south - near, north + near)]
    for crs in ("EPSG:32650", "EPSG:32651", "EPSG:4528", "EPSG:4549", "EPSG:3857"):
        change = Transformer.from_crs(4326, crs, always_xy=True)
        left, bottom, right, top = change.transform_bounds(west, south, east, north)
        spans += [(left - 10, right + 10), (bottom - 10, top + 10)]
    numbers = set(re.findall(r"(?<![\w.:-])-?\d+\.\d{2,}(?![\w.])", text))
    return sorted(
        number for number in numbers if any(low <= float(number) <= high for low, high in spans)
    )


# --- that it could fail ------------------------------------------------------------


@pytest.mark.parametrize("name", ["ZRRMC", "ZRRZJHM", "LXDH", "JZDZ"])
def test_a_column_that_is_kept_is_found(name: str, tmp_path: Path) -> None:
    """The same search over the same command, told to keep a column."""
    parcels = tmp_path / "owned" / "x.gpkg"
    parcels.parent.mkdir()
    table = layer(parcels)
    out = Told(tmp_path / "out", (0, 0, 0, 0))
    out.folder.mkdir()
    words = ("parcels", "check", parcels, "--out", "repaired.gpkg")
    run(out, *words)
    assert leaks(written(out.folder), needles(len(table))) == []
    run(out, *words, "--keep-columns", name)
    assert leaks(written(out.folder), set(table[name]))
    assert out.codes == [0, 0]


def test_a_value_is_found_wherever_it_hides(tmp_path: Path) -> None:
    value = person(3)
    frame = pd.DataFrame({"a": [value]})
    frame.to_parquet(tmp_path / "a.parquet")
    (tmp_path / "a.dbf").write_bytes(b"\3" + value.encode("gbk"))
    (tmp_path / "a.json").write_text(json.dumps({"a": value}))
    (tmp_path / "a.html").write_text(f"<p>{value}</p>", "utf-8")
    (tmp_path / "a.gz").write_bytes(gzip.compress(value.encode()))
    np.savez_compressed(tmp_path / "a.npz", text=np.array(value))
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.txt", value)
    packed = (tmp_path / "a.zip").read_bytes()
    for name, cell in (("text.gpkg", value), ("packed.gpkg", packed.hex()), ("blob.gpkg", packed)):
        with closing(sqlite3.connect(tmp_path / name)) as database:
            database.execute("CREATE TABLE t (a)")
            database.execute("INSERT INTO t VALUES (?)", (cell,))
            database.commit()
    files = written(tmp_path)
    found = {entry.split(":")[0] for entry in leaks(files, {value})}
    assert found == {path.name for path in files}
    assert leaks(files, {person(4)}) == []


@pytest.mark.parametrize(
    ("text", "count"),
    [('{"bbox": [119.98753, 33.9961, 120.0, 34.0]}', 2),
     ('{"bbox": [119.5, 33.5, 120.5, 34.5]}', 0),
     ("near 590123.45 3762011.02 in the zone", 2),
     ("took 12.25 s, 0.83, 3.14", 0)],
)  # fmt: skip
def test_a_coordinate_is_found(text: str, count: int) -> None:
    box = (119.986, 33.995, 119.989, 33.998)
    x, y = Transformer.from_crs(4326, 32650, always_xy=True).transform(119.9875, 33.9965)
    text = text.replace("590123.45", f"{x:.2f}").replace("3762011.02", f"{y:.2f}")
    assert len(coordinates(text, box)) == count


def test_the_planted_values_look_like_what_they_are() -> None:
    from farmland.io.parcels import personal

    rows = range(ROWS.stop - ROWS.start)
    frame = pd.DataFrame(
        {name: [made(n) for n in rows] for name, made in (PERSONAL | HIDDEN).items()}
    )
    assert set(personal.personal_columns(frame)) == set(PERSONAL) | set(HIDDEN)
