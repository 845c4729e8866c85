"""Which layer of a file, a folder or an archive is meant."""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from itertools import count
from pathlib import Path, PurePosixPath

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from farmland.errors import UnusableInput, WrongUsage
from farmland.rules import Words

FORMATS = ".gpkg .gdb .shp .geojson .json .fgb .parquet .geoparquet .gml .xml .kml .tab .csv"
"""Endings of the files that hold a whole layer (a shapefile is named by its ``.shp``)."""

PARQUET = (".parquet", ".geoparquet")

OPEN_OPTIONS: dict[str, dict[str, str]] = {
    ".gml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
    ".xml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
    ".shp": {"ADJUST_TYPE": "YES"},
}
"""GML: no file beside the input and no schema from the network. Shapefile: numbers of 19 digits
stay whole."""

PREFERRED = ("YJJBNTBHTB", "YJJBNTTB", "YJJBNT", "永久基本农田", "JBNTTB", "基本农田", "DLTB")
"""Layers of protected farmland and of the land survey, the likelier meant first (DOMAIN 3.1)."""


_PART = Words(
    "is only one file of a shapefile: give the one that ends in .shp, with the others beside it.",
    "只是 Shapefile 的一个组成文件：请给出 .shp 文件，并与其余文件放在一起。",
)
_GDB = Words(
    "is one file out of a File GDB, which is a folder: give the whole folder that ends in .gdb.",
    "只是 File GDB 文件夹中的一个文件：请给出以 .gdb 结尾的整个文件夹。",
)
_PACKED = Words(
    "is an archive of a kind that is not opened: unpack it, or pack it as zip.",
    "是不支持的压缩格式：请解压后使用，或改用 zip 压缩。",
)
_OFFICE = Words(
    "is a format that has no open reader: export it as GeoPackage or File GDB first.",
    "的格式没有开放的读取程序：请先导出为 GeoPackage 或 File GDB。",
)

NOT_A_LAYER: dict[str, Words] = {
    **dict.fromkeys((".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx"), _PART),
    **dict.fromkeys((".gdbtable", ".gdbtablx", ".gdbindexes", ".atx"), _GDB),
    **dict.fromkeys((".rar", ".7z", ".001", ".tgz", ".tar", ".gz"), _PACKED),
    **dict.fromkeys((".mdb", ".vct"), _OFFICE),
}
"""What people give in good faith and what to give instead (DOMAIN 3.5)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One layer that may hold polygons."""

    dataset: str
    """Path as GDAL takes it; the name within ``archive`` for Parquet."""
    layer: str
    suffix: str
    archive: str = ""
    rows: int = -1
    """Number of features; -1 where only reading would tell."""


def find(file: Path, layer: str = "") -> Source:
    """The layer called ``layer``, or without a name the one that is meant.

    Several layers with polygons: the one called like protected farmland or the land survey.

    Raises
    ------
    WrongUsage
        When there is no such layer.
    UnusableInput
        When there is no layer with polygons, or it is not clear which one is meant.
    """
    found = [source for dataset in _datasets(file) for source in _layers(*dataset)]
    if not found:
        raise no_vectors(file.name)
    if layer:
        return _named(found, layer, file.name)
    filled = [source for source in found if source.rows]
    if len(filled) < 2:
        return (filled or found)[0]
    for wanted in PREFERRED:
        for source in filled:
            if wanted == source.layer.upper():
                return source
    names = [source.layer for source in filled]
    raise UnusableInput(
        f"{file.name} has several polygon layers ({', '.join(names)}): name one with --layer.",
        f"{file.name} 含多个面图层（{'、'.join(names)}）：请用 --layer 指定其一。",
    )


def no_vectors(name: str) -> UnusableInput:
    """The sentence for a file without polygons."""
    about = NOT_A_LAYER.get(PurePosixPath(name).suffix.lower())
    if about is not None:
        return UnusableInput(f"{name} {about.en}", f"{name} {about.zh}")
    return UnusableInput(
        f"{name} is no vector file with polygons: give a GeoPackage, File GDB, shapefile, "
        "GeoJSON, FlatGeobuf or GeoParquet, also zipped.",
        f"{name} 不是含面要素的矢量文件：请给出 GeoPackage、File GDB、Shapefile、GeoJSON、"
        "FlatGeobuf 或 GeoParquet（可为 zip 压缩包）。",
    )


def _named(found: list[Source], layer: str, name: str) -> Source:
    for source in found:
        if source.layer.casefold() == layer.casefold():
            return source
    names = [source.layer for source in found]
    raise WrongUsage(
        f"{name} has no polygon layer {layer!r}: choose from {', '.join(names)}.",
        f"{name} 中没有面图层 {layer!r}：请从 {'、'.join(names)} 中选择。",
    )


def _datasets(file: Path) -> list[tuple[str, str, str]]:
    """Candidates as (GDAL path, ending, archive); those in sub-folders of an archive too."""
    if file.is_dir() and file.suffix.lower() != ".gdb":
        inside = [str(each) for each in sorted(file.iterdir())]
        return [(name, suffix, "") for name, suffix in _whole(inside)]
    if file.is_file() and zipfile.is_zipfile(file):
        root = f"/vsizip/{{{file.resolve()}}}/"
        inside = _members(file)
        return [
            (name, suffix, str(file)) if suffix in PARQUET else (root + name, suffix, "")
            for name, suffix in _whole(inside)
        ]
    if file.suffix.lower() in FORMATS.split() and not _is_recipe(file):
        return [(str(file), file.suffix.lower(), "")]
    return []


def _members(file: Path) -> list[str]:
    """Names in a zip archive whose checksums are right: GDAL may crash on broken ones."""
    try:
        with zipfile.ZipFile(file) as archive:
            broken = archive.testzip()
            if broken is None:
                return archive.namelist()
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError) as fault:
        broken = str(fault)
    raise UnusableInput(
        f"The archive {file.name} is damaged or locked ({broken}): pack it again unlocked.",
        f"压缩包 {file.name} 已损坏或加密（{broken}）：请重新打包，且不设密码。",
    )


def _whole(names: list[str]) -> list[tuple[str, str]]:
    """Names that stand for a data set, with their endings; a ``.gdb`` folder counts once."""
    found: dict[str, str] = {}
    for name in names:
        path = PurePosixPath(name)
        steps = [*reversed(path.parents), path]
        whole = next((step for step in steps if step.suffix.lower() == ".gdb"), path)
        if whole.suffix.lower() in FORMATS.split():
            found[str(whole)] = whole.suffix.lower()
    return list(found.items())


def _is_recipe(file: Path) -> bool:
    """Whether a file only points elsewhere (a virtual layer, a web service): never followed."""
    if file.is_dir():
        return False
    with file.open("rb") as stream:
        return b"<OGR" in stream.read(4096)


def _layers(dataset: str, suffix: str, archive: str) -> list[Source]:
    """The layers of one data set that may hold polygons."""
    if suffix in PARQUET:
        return [Source(dataset, PurePosixPath(dataset).stem, suffix, archive)]
    found: list[Source] = []
    for number in count():
        try:
            about = pyogrio.read_info(
                dataset, layer=number, force_feature_count=True, **OPEN_OPTIONS.get(suffix, {})
            )
        except (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError):
            return found
        if _polygonal(about["geometry_type"]):
            rows = int(about["features"])
            found.append(Source(dataset, about["layer_name"], suffix, rows=rows))
    raise AssertionError("unreachable")


def _polygonal(kind: str | None) -> bool:
    """Whether a layer of that geometry type may hold polygons."""
    return kind is not None and not any(word in kind for word in ("Point", "Line"))
