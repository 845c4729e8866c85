"""Which layer of a file, a folder or an archive is meant."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.parcels import contents
from farmland.rules import Words
from farmland.rules.parcel_fields import standard

PARQUET = (".parquet", ".geoparquet")

COORDINATES = ".txt"

OPEN_OPTIONS: dict[str, dict[str, str]] = {
    ".gml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
    ".xml": {"WRITE_GFS": "NO", "DOWNLOAD_SCHEMA": "NO"},
    ".shp": {"ADJUST_TYPE": "YES"},
}
"""GML: no file beside the input and no schema from the network. Shapefile: numbers of 19 digits
stay whole."""

OWN = "parcels"
"""The layer of parcels in a file that was written here, which holds others too."""

UNDECLARED = "ISO-8859-1"
"""What GDAL assumes for a shapefile that says nothing, or nothing true, about its text; every byte
is a sign in it."""

MANY_MORE = 10
"""A layer with so many times the rows of every other is the one that is meant."""


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
    **dict.fromkeys((".mdb", ".vct", ".accdb", ".dwg"), _OFFICE),
}
"""What people give in good faith and what to give instead (DOMAIN 3.5)."""


@dataclass(frozen=True, slots=True)
class Source:
    """One layer that may hold polygons."""

    dataset: str
    """Path as GDAL takes it; the name within ``archive`` for Parquet and coordinate files."""
    layer: str
    suffix: str
    archive: str = ""
    rows: int = -1
    """Number of features; -1 where only reading would tell."""
    fields: tuple[str, ...] = ()
    """Names of the columns, as far as they are known before reading."""
    file: str = ""
    """Name of the file without its ending, when it holds no other layer."""
    notes: tuple[Words, ...] = ()
    """What was assumed about it."""


def find(file: Path, layer: str = "") -> Source:
    """The layer called ``layer``, or without a name the one that is meant.

    Several layers with polygons: the one that is called like protected farmland or the land
    survey, else the one that has their fields, else the one with far the most rows.

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
    if len(found) == 1:
        found = [replace(found[0], file=file.stem)]
    if layer:
        return _named(found, layer, file.name)
    filled = [source for source in found if source.rows]
    if len(filled) < 2:
        return (filled or found)[0]
    meant = _meant(filled)
    if meant is not None:
        return replace(meant, notes=(_chosen(meant, filled, file.name),))
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


def _meant(sources: Sequence[Source]) -> Source | None:
    """The one of several layers that is meant; ``None`` where that is not clear."""
    known = standard()
    ranks = [known.rank(source.layer) for source in sources]
    best = min((rank for rank in ranks if rank is not None), default=None)
    likely = [source for source, rank in zip(sources, ranks, strict=True) if rank == best]
    if best is None:
        own = [source for source in sources if source.layer == OWN]
        if own:
            return own[0]
        kinds = [known.kind(source.layer, source.fields) for source in sources]
        first = next((each.kind for each in known.layers if each.kind in kinds), "")
        likely = [source for source, kind in zip(sources, kinds, strict=True) if kind == first]
    plainly = [source for source in likely if source.layer.upper() in _plain_names()]
    for choice in (likely, plainly):
        if len(choice) == 1:
            return choice[0]
    return _largest(likely)


def _plain_names() -> set[str]:
    return {name for each in standard().layers for name in each.names}


def _largest(sources: Sequence[Source]) -> Source | None:
    """The layer with far the most rows, where the rows of all are known."""
    largest, *others = sorted(sources, key=lambda source: -source.rows)
    known = all(source.rows > 0 for source in sources)
    return largest if known and largest.rows >= MANY_MORE * others[0].rows else None


def _chosen(meant: Source, sources: Sequence[Source], name: str) -> Words:
    others = [source.layer for source in sources if source is not meant]
    return Words(
        f"{name} has several polygon layers: {meant.layer} was read, not {', '.join(others)} "
        "(--layer names another).",
        f"{name} 含多个面图层：已读取 {meant.layer}，未读取 {'、'.join(others)}"
        "（可用 --layer 另行指定）。",
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
        whole = _whole([str(each) for each in sorted(file.iterdir())])
        held = [(name, contents.suffix_of(Path(name))) for name, _ in whole]
        return [(name, suffix, "") for name, suffix in held if suffix]
    if file.is_file() and zipfile.is_zipfile(file):
        return _packed(file)
    suffix = contents.suffix_of(file)
    return [(str(file), suffix, "")] if suffix else []


def _packed(file: Path) -> list[tuple[str, str, str]]:
    """The same for the members of an archive."""
    root = f"/vsizip/{{{file.resolve()}}}/"
    found = []
    for name, suffix in _whole(_members(file)):
        if suffix == ".gdb":
            found.append((root + name, suffix, ""))
            continue
        with zipfile.ZipFile(file) as archive, archive.open(name) as stream:
            holds = contents.suffix_of_bytes(stream.read(contents.HEAD), suffix)
        ours = holds in PARQUET or holds == COORDINATES
        found += [(name, holds, str(file)) if ours else (root + name, holds, "")] if holds else []
    return found


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
        if whole.suffix.lower() in contents.FORMATS.split():
            folder = whole.suffix.lower() == ".gdb"
            found[str(whole) if folder else name] = whole.suffix.lower()
    return list(found.items())


def _layers(dataset: str, suffix: str, archive: str) -> list[Source]:
    """The layers of one data set that may hold polygons."""
    if suffix in PARQUET or suffix == COORDINATES:
        return [Source(dataset, PurePosixPath(dataset).stem, suffix, archive)]
    found: list[Source] = []
    for number in count():
        try:
            about = _about(dataset, number, OPEN_OPTIONS.get(suffix, {}))
        except (DataSourceError, DataLayerError, ValueError):
            return found
        if _polygonal(about["geometry_type"]):
            rows, fields = int(about["features"]), tuple(map(str, about["fields"]))
            found.append(Source(dataset, about["layer_name"], suffix, rows=rows, fields=fields))
    raise AssertionError("unreachable")


def _about(dataset: str, number: int, options: dict[str, str]) -> dict[str, Any]:
    """What GDAL knows about a layer; names of fields may be cut within a character."""
    about: dict[str, Any]
    try:
        about = pyogrio.read_info(dataset, layer=number, force_feature_count=True, **options)
    except UnicodeDecodeError:
        about = pyogrio.read_info(
            dataset, layer=number, force_feature_count=True, encoding=UNDECLARED, **options
        )
    return about


def _polygonal(kind: str | None) -> bool:
    """Whether a layer of that geometry type may hold polygons."""
    return kind is not None and not any(word in kind for word in ("Point", "Line"))
